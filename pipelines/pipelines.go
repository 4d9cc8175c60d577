package pipelines

import (
	"context"
	"log/slog"
	"time"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Config says from where to where.
type Config struct {
	SourceURL   string // of the login sharepartner_cdc
	Store       warehouse.Store
	Slot        string // default "sharepartner_" and the name of the database: slots are named server-wide
	Publication string // default "sharepartner"
	Log         *slog.Logger
	Clock       func() time.Time
}

// Pipeline keeps one store in step with one database.
type Pipeline struct {
	cfg Config
}

// New makes a pipeline; Run starts it.
func New(cfg Config) *Pipeline { return &Pipeline{cfg: cfg} }

// Run works until ctx ends and then gives nil. It meets faults itself: it notes them in the status and tries again.
func (p *Pipeline) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Preflight says whether the pipeline could start: nil, or what is wrong and what to do.
func (p *Pipeline) Preflight(ctx context.Context) error { return nil }

// Status says how the pipeline is doing: this process's own, or the one kept in the store when it runs elsewhere.
func (p *Pipeline) Status(ctx context.Context) (warehouse.Status, error) {
	return p.cfg.Store.Status(ctx)
}

// WaitFor waits until everything committed before lsn can be read in the warehouse.
func (p *Pipeline) WaitFor(ctx context.Context, lsn uint64) error {
	<-ctx.Done()
	return ctx.Err()
}
