package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal"
	"github.com/sharepartner/sharepartner/cmd/sharepartner/demo"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/imports"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/parity"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/distant"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// App is the running program, everything built from a Config.
type App struct {
	cfg      Config
	role     role
	log      *slog.Logger
	listener net.Listener
	server   *http.Server
	folder   *folderLock
	ground   *ground
	store    warehouse.Store
	jobs     *jobs.Jobs // these are nil in a program that only serves
	pipeline *pipelines.Pipeline
	control  *control
	parity   *parity.Runner

	metrics     *http.Server // nil where none are asked for
	metricsAddr net.Addr

	stopPipeline context.CancelFunc
	pipelineDone chan struct{}
	failed       chan error
}

// Start builds everything and serves.
func Start(ctx context.Context, cfg Config, log *slog.Logger) (*App, error) {
	return startAs(ctx, everything, cfg, log)
}

// startAs builds what a role needs. What was started before a fault is stopped again.
func startAs(ctx context.Context, as role, cfg Config, log *slog.Logger) (_ *App, err error) {
	if err := as.needs(cfg); err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, role: as, log: log, failed: make(chan error, 2)}
	defer func() {
		if err != nil {
			a.Stop()
		}
	}()
	// The address first: a port that is taken should be said before anything is made.
	if as.serves {
		if a.listener, err = net.Listen("tcp", cfg.Addr); err != nil {
			return nil, fmt.Errorf("cannot serve on %s: %w. Nothing was started; choose another address with --addr", cfg.Addr, err)
		}
	}
	if as.works {
		if a.folder, err = lockFolder(cfg.Data); err != nil {
			return nil, err
		}
	}
	if a.ground, err = openGround(ctx, cfg, log); err != nil {
		return nil, err
	}
	if a.store, err = cfg.openWarehouse(ctx, log); err != nil {
		return nil, err
	}
	if as.works {
		if err := a.work(ctx); err != nil {
			return nil, err
		}
	}
	if err := a.measure(); err != nil {
		return nil, err
	}
	if as.serves {
		a.serve()
	}
	return a, nil
}

// openWarehouse opens the engine that the settings name. It alone knows them.
func (c Config) openWarehouse(ctx context.Context, log *slog.Logger) (warehouse.Store, error) {
	if c.WarehouseURL == "" {
		return orNone(duckdb.Open(ctx, duckdb.Options{Path: c.warehouseFile(), MemoryLimit: c.DuckDBMemory, Threads: c.DuckDBThreads, Log: log}))
	}
	return orNone(distant.Open(ctx, distant.Options{
		Engine: "clickhouse", Log: log,
		Open: func(ctx context.Context) (warehouse.Store, error) {
			return orNone(clickhouse.OpenChecked(ctx, c.clickHouse(log)))
		},
		Greet: func(ctx context.Context) error { return clickhouse.Preflight(ctx, c.clickHouse(log)) },
	}))
}

// orNone gives no store where there is a fault: one that is nil in its own type is something to an interface.
func orNone[T warehouse.Store](store T, err error) (warehouse.Store, error) {
	if err != nil {
		return nil, err
	}
	return store, nil
}

// preflightWarehouse says whether the engine is there and will do, and where it is; it changes nothing.
func (c Config) preflightWarehouse(ctx context.Context) (string, error) {
	if c.WarehouseURL == "" {
		return "DuckDB in the data folder", nil
	}
	return "WAREHOUSE_URL", clickhouse.Preflight(ctx, c.clickHouse(nil))
}

func (c Config) clickHouse(log *slog.Logger) clickhouse.Options {
	return clickhouse.Options{URL: c.WarehouseURL, Cluster: c.WarehouseCluster, Engine: clickhouse.Engine(c.WarehouseEngine), Log: log}
}

func (c Config) warehouseFile() string { return filepath.Join(c.Data, "warehouse.duckdb") }

// chainPause is how long an event may stay unchained where the machine keeps up.
const chainPause = 500 * time.Millisecond

func (a *App) startJobs(ctx context.Context) error {
	workers, err := a.postmen()
	if err != nil {
		return err
	}
	work, err := jobs.New(a.ground.Jobs, a.log, append(workers, imports.NewRunner(a.ground.Jobs).Worker())...)
	if err != nil {
		return err
	}
	work.Hourly(jobs.Chore{Name: "ended sessions", Do: func(ctx context.Context) error {
		_, err := identity.NewAdmin(a.ground.Jobs).Sweep(ctx)
		return err
	}})
	chain := audit.NewChain(a.ground.Jobs)
	work.Steadily(chainPause, jobs.Chore{Name: "chain the audit", Do: func(ctx context.Context) error {
		_, err := chain.Extend(ctx)
		return err
	}})
	work.Hourly(jobs.Chore{Name: "check the audit", Do: chain.Check})
	a.jobs = work
	return work.Start(ctx)
}

// deps are the services, each on the login it may use.
func (a *App) deps() api.Deps {
	db := a.ground.API
	inter := interconnect.New(db)
	cat, acc, opp := catalog.New(db), accounts.New(db), opportunities.New(db)
	people := identity.New(db, a.ground.Secret, identity.PrivateProviders(a.cfg.Private), identity.SendsMail(a.cfg.Mail.SMTP != ""))
	places, _ := api.ParsePlaces(a.cfg.Proxies) // the check of the settings has read them
	return api.Deps{
		DB: db, Identity: people, Interconnect: inter, Invitations: interconnect.NewInvitations(db, people, a.tickets(), a.cfg.Mail.SMTP != ""), Catalog: cat, Accounts: acc, Opportunities: opp,
		Imports: imports.New(db), Warehouse: a.store, Secret: a.ground.Secret, Clock: time.Now, Log: a.log,
		Secure: a.cfg.Secure, Address: a.cfg.Mail.URL, Places: places, Resets: identity.NewResets(db, a.ground.Secret, a.cfg.Mail.SMTP != ""), Rate: float64(a.cfg.Rate), Burst: 2 * a.cfg.Rate,
	}
}

func (a *App) startPipeline() {
	a.pipeline = pipelines.New(pipelines.Config{
		SourceURL: a.ground.CDCURL, Store: a.store, Log: a.log, Clock: time.Now, AsidePerMinute: a.cfg.Aside,
		DriftEvery: a.cfg.DriftEvery, DriftRows: a.cfg.DriftRows, Version: postgres.Version(), Shared: a.cfg.WarehouseURL != "",
	})
	ctx, cancel := context.WithCancel(context.Background())
	a.stopPipeline, a.pipelineDone = cancel, make(chan struct{})
	a.parity = parity.NewRunner(a.pipeline, time.Now, a.log)
	var beside sync.WaitGroup
	beside.Go(func() { a.parity.Run(ctx) })
	go func() {
		defer close(a.pipelineDone)
		defer beside.Wait()
		if err := a.pipeline.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			a.failed <- fmt.Errorf("the pipeline: %w", err)
		}
	}()
}

// serve mounts the API and the pages side by side.
func (a *App) serve() {
	deps := a.deps()
	handler := api.New(deps)
	mux := http.NewServeMux()
	mux.Handle("/v1/", handler)
	mux.Handle("/openapi.json", handler)
	mux.Handle("/openapi.yaml", handler)
	mux.Handle("/", portal.New(portal.Deps{API: handler, Deps: deps}))
	a.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			a.failed <- fmt.Errorf("serve: %w", err)
		}
	}()
}

// Addr is where the program serves.
func (a *App) Addr() string { return a.listener.Addr().String() }

// Now is the program's time.
func (a *App) Now() time.Time { return a.ground.API.Now() }

// WaitLoaded waits until the warehouse has all that is committed now.
func (a *App) WaitLoaded(ctx context.Context, limit time.Duration) error {
	return await(ctx, a.ground, a.pipeline, limit)
}

func await(ctx context.Context, g *ground, p *pipelines.Pipeline, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var lsn int64
	if err := g.Jobs.Login().QueryRow(ctx, `select pg_current_wal_insert_lsn() - '0/0'::pg_lsn`).Scan(&lsn); err != nil {
		return fmt.Errorf("ask for the place in the log: %w", postgres.Translate(err))
	}
	return p.WaitFor(ctx, uint64(lsn))
}

func (a *App) demoDeps() demo.Deps {
	return demo.Deps{API: a.ground.API, Jobs: a.ground.Jobs}
}

// Wait returns when ctx ends or a part of the program fails for good.
func (a *App) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		a.log.Info("stopping")
		return nil
	case err := <-a.failed:
		return err
	case <-a.ground.exited():
		return errors.New("the private Postgres ended; its log is in the data folder. Start the program again")
	}
}

// Stop ends all in order: no new requests, then jobs, pipeline, column store and database.
func (a *App) Stop() {
	if a.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if err := a.server.Shutdown(ctx); err != nil {
			_ = a.server.Close() // somebody is slow; others wait for the end
		}
	} else if a.listener != nil {
		a.listener.Close()
	}
	if a.jobs != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		if err := a.jobs.Stop(ctx); err != nil {
			a.log.Warn("jobs did not stop in time", "error", err)
		}
	}
	a.control.close()
	if a.metrics != nil {
		_ = a.metrics.Close()
	}
	if a.stopPipeline != nil {
		a.stopPipeline()
		<-a.pipelineDone
	}
	if a.store != nil {
		if err := a.store.Close(); err != nil {
			a.log.Warn("close the column store", "error", err)
		}
	}
	if a.ground != nil {
		a.ground.Close()
	}
	a.folder.release()
}
