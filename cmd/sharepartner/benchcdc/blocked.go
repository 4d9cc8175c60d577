package benchcdc

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// BlockedResult says what it costs when the warehouse takes nothing for a while, and people go on working.
type BlockedResult struct {
	Changes  int           // written while it was blocked
	Pace     float64       // of them in a second
	Slowest  time.Duration // transaction of the writer
	Grown    int64         // resident memory of this whole process at most, beyond what it was before; bytes
	Late     int64         // the part of it that came in the second half
	Retained int64         // log that the server kept at the end
	Limit    int64         // and that it would keep
	CatchUp  time.Duration // until all that was written until then is visible, while people go on working
	Restarts int64         // interruptions of the pipeline
	Compared int64         // rows, at the end
	Differed int64
}

// blockedStore takes nothing while its gate is locked.
type blockedStore struct {
	warehouse.Store
	gate sync.RWMutex
}

func (s *blockedStore) Begin(ctx context.Context) (warehouse.Load, error) {
	load, err := s.Store.Begin(ctx)
	return &blockedLoad{load, s}, err
}

type blockedLoad struct {
	warehouse.Load
	store *blockedStore
}

func (l *blockedLoad) Append(ctx context.Context, b *warehouse.Batch) error {
	l.store.gate.RLock()
	defer l.store.gate.RUnlock()
	return l.Load.Append(ctx, b)
}

// Blocked lets the warehouse take nothing for a while, during which so many changes a second are written.
func Blocked(ctx context.Context, s Source, rows int, pace float64, while time.Duration) (BlockedResult, error) {
	var r BlockedResult
	b, err := loaded(ctx, s, rows, DuckDB(duckdb.Options{}))
	if err != nil {
		return r, err
	}
	defer b.end(ctx)
	store := &blockedStore{Store: b.store}
	p := pipelines.New(pipelines.Config{SourceURL: s.CDCURL, Store: store, DriftEvery: -1})
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- p.Run(running) }()
	err = r.measure(ctx, s, b.channel, p, store, rows, pace, while)
	stop()
	return r, errors.Join(err, <-done)
}

func (r *BlockedResult) measure(ctx context.Context, s Source, c *channel, p *pipelines.Pipeline, store *blockedStore, rows int, pace float64, while time.Duration) error {
	if err := c.reached(ctx, p); err != nil { // it follows the log
		return err
	}
	looking, err := newLooker(ctx, s)
	if err != nil {
		return err
	}
	defer looking.close(ctx)
	debug.FreeOSMemory() // what was needed for the rows of before hides nothing
	before, err := resident()
	if err != nil {
		return err
	}
	store.gate.Lock()
	open := sync.OnceFunc(store.gate.Unlock)
	defer open()
	writing, end := context.WithCancel(ctx)
	defer end()
	wrote := make(chan error, 1)
	w := &steadyWriter{channel: c, rows: rows, every: time.Duration(float64(time.Second) * changesPerTransaction / pace)}
	go func() { wrote <- w.write(writing) }()
	if r.Grown, r.Late, err = growth(ctx, before, while); err == nil {
		r.Changes, r.Slowest = w.so()
		r.Pace = float64(r.Changes) / while.Seconds()
		err = r.release(ctx, p, looking, open)
	}
	end()
	if err = errors.Join(err, <-wrote); err != nil {
		return err
	}
	if err := c.reached(ctx, p); err != nil {
		return err
	}
	return r.compare(ctx, p)
}

// release frees the warehouse and waits until it has what was written by then.
func (r *BlockedResult) release(ctx context.Context, p *pipelines.Pipeline, looking *looker, open func()) error {
	status, err := p.Status(ctx)
	if err != nil {
		return err
	}
	r.Retained = status.Slot.RetainedBytes
	if status.Slot.LimitBytes != nil {
		r.Limit = *status.Slot.LimitBytes
	}
	place, err := looking.place(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	open()
	waiting, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	err = p.WaitFor(waiting, place)
	r.CatchUp = time.Since(began)
	return err
}

// compare holds all rows of both sides against each other.
func (r *BlockedResult) compare(ctx context.Context, p *pipelines.Pipeline) error {
	for {
		done, err := p.CheckDrift(ctx)
		if err != nil {
			return fmt.Errorf("compare all rows: %w", err)
		}
		if !done {
			continue
		}
		status, err := p.Status(ctx)
		if err != nil {
			return err
		}
		r.Compared, r.Differed, r.Restarts = status.Drift.Compared, status.Drift.Differences, status.Restarts
		return nil
	}
}

// reached waits until all that is written is loaded.
func (c *channel) reached(ctx context.Context, p *pipelines.Pipeline) error {
	text, err := c.place(ctx)
	if err != nil {
		return err
	}
	place, err := pgsource.ParseLSN(text)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	return p.WaitFor(ctx, place)
}
