package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"text/tabwriter"
	"time"

	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/parity"
	"github.com/sharepartner/sharepartner/warehouse"
)

type parityCommand struct {
	Config
}

// Run has the running program compare, or brings the warehouse up to date and compares itself when none runs on the
// folder. A difference is an error, so that a script notices.
func (c *parityCommand) Run(ctx context.Context) error {
	var found warehouse.Check
	err := askControl(ctx, c.Data, http.MethodPost, "/parity", &found)
	if errors.Is(err, errNoProgram) {
		err = withPipeline(ctx, c.Config, func(p *pipelines.Pipeline) (err error) {
			found, err = parity.NewRunner(p, time.Now, c.logger()).Compare(ctx)
			return err
		})
	}
	if err != nil {
		return err
	}
	return printParity(os.Stdout, found)
}

func printParity(w io.Writer, c warehouse.Check) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "metric\tvalues\tdifferences")
	for _, m := range c.Measures {
		fmt.Fprintf(table, "%s\t%d\t%d\n", m.Name, m.Compared, m.Differences)
	}
	for _, d := range c.Found {
		fmt.Fprintf(table, "%s of vendor %s in %s, %s %s:\tPostgres %s\twarehouse %s\n", d.Name, d.Vendor, d.Period, d.Key, d.Value, d.Source, d.Warehouse)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if c.Differences > 0 {
		return fmt.Errorf("%d of %d values differ. Nothing was changed", c.Differences, c.Compared)
	}
	return nil
}

// upToDate is how long the warehouse may need to load what was written while nothing ran.
const upToDate = 10 * time.Minute

// withPipeline runs a pipeline on the data folder until something was done with it. The folder belongs to one program.
func withPipeline(ctx context.Context, cfg Config, do func(p *pipelines.Pipeline) error) (err error) {
	if err := cfg.check(); err != nil {
		return err
	}
	folder, err := lockFolder(cfg.Data)
	if err != nil {
		return err
	}
	defer folder.release()
	log := cfg.logger()
	g, err := openGround(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer g.Close()
	store, err := cfg.openWarehouse(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	p := pipelines.New(pipelines.Config{SourceURL: g.CDCURL, Store: store, Log: log, Clock: time.Now, Version: postgres.Version(), Shared: cfg.WarehouseURL != ""})
	if err := elsewhere(p.Alone(ctx, func(context.Context) error { return nil })); err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- p.Run(running) }()
	defer func() {
		stop()
		err = errors.Join(err, <-done)
	}()
	if err := await(ctx, g, p, upToDate); err != nil {
		return err
	}
	return do(p)
}
