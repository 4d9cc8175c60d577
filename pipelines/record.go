package pipelines

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/sharepartner/sharepartner/warehouse"
)

const (
	saveEvery = time.Second
	saveIdle  = 10 * time.Second
	lagEvery  = 5 * time.Second
)

// record keeps the status in the store while the pipeline runs, for other processes and for the pages: every second
// while it changes, and now and then while it does not. It goes on in every state and during a long load, which is when
// people look.
func (p *Pipeline) record(ctx context.Context) {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	var kept warehouse.Status
	var sampled time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if s := p.meter.snapshot(); changed(kept, s) {
			p.keep(ctx, s)
			kept = s
		}
		if now := p.cfg.Clock(); now.Sub(sampled) >= lagEvery {
			sampled = now
			p.letters(ctx)
			p.sample(ctx, p.meter.snapshot())
		}
	}
}

// changed says whether a status is worth writing, given the one that was written last.
func changed(kept, now warehouse.Status) bool {
	age := now.UpdatedAt.Sub(kept.UpdatedAt)
	kept.UpdatedAt, kept.InStepAt, kept.Slot.At = now.UpdatedAt, now.InStepAt, now.Slot.At
	return age >= saveIdle || !reflect.DeepEqual(kept, now)
}

// save keeps the status as it is now.
func (p *Pipeline) save(ctx context.Context) { p.keep(ctx, p.meter.snapshot()) }

// keep writes a status. While the store is at fault only memory has it.
func (p *Pipeline) keep(ctx context.Context, s warehouse.Status) {
	if p.quiet.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err := p.cfg.Store.SaveStatus(ctx, s)
	switch {
	case err == nil || errors.Is(err, context.Canceled):
	case errors.Is(err, warehouse.ErrAway): // who keeps the store has told so
		p.cfg.Log.DebugContext(ctx, "pipeline status not saved", "error", err)
	default:
		p.cfg.Log.WarnContext(ctx, "pipeline status not saved", "error", err)
	}
}

// sample adds to the history of the lag.
func (p *Pipeline) sample(ctx context.Context, s warehouse.Status) {
	if p.quiet.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	l := warehouse.LagSample{At: s.UpdatedAt, Seconds: s.LagSeconds, LagBytes: s.Slot.LagBytes, RetainedBytes: s.Slot.RetainedBytes}
	if err := p.cfg.Store.SaveLag(ctx, l); err != nil && !errors.Is(err, context.Canceled) {
		p.cfg.Log.DebugContext(ctx, "lag not saved", "error", err)
	}
}

// NoteParity keeps how a comparison of the metrics came out.
func (p *Pipeline) NoteParity(c warehouse.Check) { p.meter.compared(c) }

// NoteNoParity keeps that the metrics could not be compared, beside what the last comparison found.
func (p *Pipeline) NoteNoParity(err error) { p.meter.uncompared(err) }

// letters counts what was set aside and is still open, from time to time: others settle letters too.
func (p *Pipeline) letters(ctx context.Context) {
	counts, err := p.cfg.Store.LetterCounts(ctx)
	if err != nil {
		p.cfg.Log.DebugContext(ctx, "rows that were set aside not counted", "error", err)
		return
	}
	open := int64(0)
	for _, c := range counts {
		if c.State == warehouse.LetterOpen {
			open += c.Count
		}
	}
	p.meter.aside(open)
}

// recall takes over from the last run what is still worth knowing. Without it nobody could say how old the data is while
// the server is away.
func (p *Pipeline) recall(ctx context.Context) error {
	before, err := p.cfg.Store.Status(ctx)
	if errors.Is(err, warehouse.ErrAway) {
		return err
	}
	if err != nil {
		p.cfg.Log.WarnContext(ctx, "status of the last run not readable", "error", err)
	}
	at, err := p.cfg.Store.Watermark(ctx)
	if errors.Is(err, warehouse.ErrAway) {
		return err
	}
	if err != nil {
		p.cfg.Log.WarnContext(ctx, "place of the last run not readable", "error", err)
	}
	p.meter.recall(before, at)
	return nil
}

// recallWhenThere waits for a store that is away: what is kept there is of the last run, and would be written over.
func (p *Pipeline) recallWhenThere(ctx context.Context) {
	for tries := 1; ctx.Err() == nil; tries++ {
		err := p.recall(ctx)
		if err == nil {
			return
		}
		p.meter.begin()
		p.ran.Store(true) // the store cannot say how it is
		p.move(ctx, stateStarting, "looking for the warehouse")
		p.meter.fault(err)
		p.move(ctx, stateWaiting, err.Error())
		sleep(ctx, pause(tries))
	}
}
