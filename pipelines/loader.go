package pipelines

import (
	"context"
	"time"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// job is a batch for the loader. Without a checkpoint it ends inside a transaction: the load stays open for the rest.
type job struct {
	changes    *pgsource.Changes
	checkpoint *warehouse.Checkpoint
	brought    []warehouse.TableColumn // columns that are as in Postgres from this checkpoint on
	tell       bool                    // the server waits to hear of it

	act func() // instead: something else to do with the store
}

// loader is the one writer of the store. While it writes one batch the next is decoded.
type loader struct {
	store   warehouse.Store
	meter   *meter
	jobs    chan job
	free    chan *pgsource.Changes
	confirm func(lsn uint64, atOnce bool)
	aside   *aside
	missing *missing
	replays <-chan *replay
	tables  []*warehouse.Table

	over  chan struct{} // closed when it works no more
	load  warehouse.Load
	tally tally // of the open load
}

func newLoader(p *Pipeline, confirm func(uint64, bool)) *loader {
	return &loader{
		store: p.cfg.Store, meter: p.meter, jobs: make(chan job, 1), free: make(chan *pgsource.Changes, 2), confirm: confirm, over: make(chan struct{}),
		aside: p.aside, missing: p.missing, replays: p.replays, tables: p.cfg.Tables,
	}
}

func (l *loader) run(ctx context.Context) error {
	defer close(l.over)
	defer l.rollback()
	for {
		replays := l.replays
		if l.load != nil {
			replays = nil // a load of its own, when the open one is over
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r := <-replays:
			r.serve(ctx, l.store, l.tables, l.aside.clock())
		case j := <-l.jobs:
			if err := l.take(ctx, j); err != nil {
				return err
			}
		}
	}
}

func (l *loader) take(ctx context.Context, j job) error {
	if j.act != nil {
		j.act()
		return nil
	}
	if l.load == nil {
		load, err := l.store.Begin(ctx)
		if err != nil {
			return ofStore("begin a load", err)
		}
		l.load, l.tally = load, tally{began: time.Now()}
	}
	if err := l.aside.keep(ctx, l.load, j.changes.Aside); err != nil {
		return err
	}
	for _, b := range j.changes.Batches() {
		if err := l.load.Append(ctx, b); err != nil {
			return ofStore("append to "+b.Table.Name, err)
		}
		l.tally.add(b)
	}
	l.tally.bytes += j.changes.Bytes
	if j.checkpoint != nil {
		if err := l.load.Brought(ctx, j.brought); err != nil {
			return ofStore("note columns that are new", err)
		}
		l.tally.ending = time.Now()
		if err := l.load.Commit(ctx, stored(*j.checkpoint)); err != nil {
			return ofStore("commit a load", err)
		}
		l.aside.kept()
		l.meter.loaded(*j.checkpoint, &l.tally)
		l.confirm(j.checkpoint.LSN, j.tell) // only now may the server forget it
		l.missing.add(l.load.Missing())
		l.load = nil
	}
	j.changes.Reset()
	l.free <- j.changes
	return nil
}

func (l *loader) rollback() {
	if l.load != nil {
		_ = l.load.Rollback()
		l.load = nil
		l.aside.forgotten()
	}
}
