package parity

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse"
)

// How often all metrics are compared, and how long that may take: Postgres keeps old rows for as long.
const (
	soon  = 20 * time.Second
	every = 5 * time.Minute
	limit = 2 * time.Minute
)

// Runner compares the metrics again and again, and keeps the result in the pipeline's status.
type Runner struct {
	pipeline *pipelines.Pipeline
	clock    func() time.Time
	log      *slog.Logger

	comparing sync.Mutex // one comparison at a time
	turn      int
}

// NewRunner makes one; Run starts it.
func NewRunner(p *pipelines.Pipeline, clock func() time.Time, log *slog.Logger) *Runner {
	return &Runner{pipeline: p, clock: clock, log: log}
}

// Run compares until ctx ends. While the pipeline does not follow the log there is nothing to compare.
func (r *Runner) Run(ctx context.Context) {
	for wait := soon; ; wait = every {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		c, err := r.Compare(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, pipelines.ErrNotStreaming):
		case err != nil:
			r.log.WarnContext(ctx, "metrics not compared", "error", err)
		case c.Differences > 0:
			r.log.ErrorContext(ctx, "metrics differ between Postgres and the warehouse", "differences", c.Differences, "first", c.Found[0])
		}
	}
}

// Compare compares now, and keeps the result. One that could not be made takes the place of none: what the last one
// found stands, and beside it why there is no newer one.
func (r *Runner) Compare(ctx context.Context) (warehouse.Check, error) {
	r.comparing.Lock()
	defer r.comparing.Unlock()
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c, err := r.compare(limited)
	switch {
	case err == nil:
		c.At = r.clock().UTC()
		r.pipeline.NoteParity(c)
	case errors.Is(err, pipelines.ErrNotStreaming) || ctx.Err() != nil: // nothing is wrong with the metrics
	default:
		r.pipeline.NoteNoParity(err)
	}
	return c, err
}

func (r *Runner) compare(ctx context.Context) (warehouse.Check, error) {
	m, err := r.pipeline.Fence(ctx)
	if err != nil {
		return warehouse.Check{}, err
	}
	defer m.Close()
	conn, err := m.Begin(ctx)
	if err != nil {
		return warehouse.Check{}, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	r.turn++
	return Compare(ctx, conn, m.View, Options{AsOf: r.clock(), Turn: r.turn})
}
