package benchcdc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/parity"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// ParityResult says how the metrics of both sides compared under load.
type ParityResult struct {
	Changes     int
	Comparisons int
	Compared    int64
	Least       warehouse.Measure // the metric of which least was compared, in the last of them
	Differences int64
	Slowest     time.Duration
}

const (
	loadEvery    = 250 * time.Millisecond // a transaction of inserts and updates
	compareEvery = 5 * time.Second
)

// Parity writes a mixed load for a while and meanwhile computes every metric on both sides, again and again.
func Parity(ctx context.Context, s Source, rows int, while time.Duration) (ParityResult, error) {
	var r ParityResult
	b, err := loaded(ctx, s, rows, DuckDB(duckdb.Options{}))
	if err != nil {
		return r, err
	}
	defer b.end(ctx)
	p := pipelines.New(pipelines.Config{SourceURL: s.CDCURL, Store: b.store})
	running, stop := context.WithCancel(ctx)
	done, written := make(chan error, 1), make(chan error, 1)
	go func() { done <- p.Run(running) }()
	until := time.Now().Add(while)
	go func() { written <- b.load(running, rows, until, &r.Changes) }()
	err = r.compare(ctx, parity.NewRunner(p, time.Now, slog.New(slog.DiscardHandler)), until, min(compareEvery, while/4))
	err = errors.Join(err, <-written)
	stop()
	return r, errors.Join(err, <-done)
}

// load writes transactions at a steady rate.
func (c *channel) load(ctx context.Context, rows int, until time.Time, count *int) error {
	for time.Now().Before(until) && ctx.Err() == nil {
		n, err := c.change(ctx, rows, 1)
		*count += n
		if err != nil {
			return err
		}
		time.Sleep(loadEvery)
	}
	return nil
}

func (r *ParityResult) compare(ctx context.Context, metrics *parity.Runner, until time.Time, every time.Duration) error {
	for time.Now().Before(until) {
		began := time.Now()
		found, err := metrics.Compare(ctx)
		if err != nil && !errors.Is(err, pipelines.ErrNotStreaming) {
			return fmt.Errorf("compare: %w", err)
		}
		if err == nil {
			r.Comparisons++
			r.Compared += found.Compared
			r.Least = slices.MinFunc(found.Measures, func(a, b warehouse.Measure) int { return cmp.Compare(a.Compared, b.Compared) })
			r.Differences += found.Differences
			r.Slowest = max(r.Slowest, time.Since(began))
		}
		time.Sleep(every)
	}
	return nil
}
