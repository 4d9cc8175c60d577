package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// role is what a program does of all that there is to do.
type role struct {
	name   string
	serves bool // API and pages
	works  bool // the pipeline, and the jobs behind the requests
}

var (
	everything = role{"up", true, true}
	server     = role{"serve", true, false}
	worker     = role{"pipelines run", false, true}
)

// needs says which settings a role cannot do without: several programs share what one alone keeps in its data folder.
func (r role) needs(c Config) error {
	if r.serves && r.works {
		return nil
	}
	var missing []string
	for _, s := range []struct{ name, value string }{{"DATABASE_URL", c.DatabaseURL}, {"WAREHOUSE_URL", c.WarehouseURL}, {"SHAREPARTNER_SECRET", c.Secret}} {
		if s.value == "" {
			missing = append(missing, s.name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("sharepartner %s shares database, warehouse and secret with other programs, and has no %s. Nothing was started; set what is missing to the same everywhere, or run all in one program with sharepartner up",
			r.name, strings.Join(missing, ", "))
	}
	return nil
}

type serveCommand struct {
	Config
}

// Run serves API and pages until it is told to stop.
func (c *serveCommand) Run(ctx context.Context) error {
	return runAs(ctx, server, c.Config, func(a *App) { fmt.Printf("\nSharePartner is at http://%s\n", a.Addr()) })
}

type workCommand struct {
	Config
}

// Run works behind the requests until it is told to stop.
func (c *workCommand) Run(ctx context.Context) error {
	return runAs(ctx, worker, c.Config, func(*App) { fmt.Println("Working behind the requests. Stop with Ctrl-C.") })
}

func runAs(ctx context.Context, as role, cfg Config, started func(*App)) error {
	if err := errors.Join(cfg.check(), as.needs(cfg)); err != nil {
		return err
	}
	app, err := startAs(ctx, as, cfg, cfg.logger())
	if err != nil {
		return err
	}
	defer app.Stop()
	started(app)
	return app.Wait(ctx)
}

// work begins what goes on behind the requests.
func (a *App) work(ctx context.Context) (err error) {
	if err := a.startJobs(ctx); err != nil {
		return err
	}
	a.startPipeline()
	if a.control, err = openControl(a.cfg.Data, controlOf(a.pipeline, a.store, a.parity)); err != nil {
		a.log.Warn("commands cannot reach this program", "error", err) // a path can be too long for a socket
	}
	return nil
}

// measure serves metrics where they are asked for: of the own pipeline, or of the one that keeps the store.
func (a *App) measure() (err error) {
	if a.cfg.MetricsAddr == "" {
		return nil
	}
	status := a.store.Status
	if a.pipeline != nil {
		status = a.pipeline.Status
	}
	a.metrics, a.metricsAddr, err = serveMetrics(a.cfg.MetricsAddr, gauges{status}, a.log)
	return err
}
