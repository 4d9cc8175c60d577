package pipelines

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// The usual pace of the check.
const (
	driftEvery   = time.Minute
	driftRows    = 20_000
	driftTimeout = 5 * time.Minute
	fewKeys      = 50 // up to here rows are looked at again one by one, else the whole range
)

// drift is how far the check has come: it goes through all tables by ranges of keys, and then begins again.
type drift struct {
	table int
	from  uuid.UUID
	began time.Time
	round warehouse.Check
}

// watchDrift compares a few rows now and then, so that one that was changed by hand is found within hours and not at the
// end of the year. What it finds is put right. It never stops the pipeline.
func (p *Pipeline) watchDrift(ctx context.Context) error {
	if p.cfg.DriftEvery < 0 {
		return nil
	}
	for {
		sleep(ctx, p.cfg.DriftEvery)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if _, err := p.CheckDrift(ctx); err != nil && ctx.Err() == nil {
			p.meter.driftFault(err)
			p.cfg.Log.WarnContext(ctx, "rows could not be compared; tried again later", "error", err)
		}
	}
}

// CheckDrift compares the next rows with Postgres and puts right what is not the same. It says whether that was the end of
// a round through all tables.
func (p *Pipeline) CheckDrift(ctx context.Context) (done bool, err error) {
	p.drifting.Lock()
	defer p.drifting.Unlock()
	ctx, cancel := context.WithTimeout(ctx, driftTimeout)
	defer cancel()
	d := &p.drift
	if d.began.IsZero() {
		d.began, d.round = time.Now(), warehouse.Check{}
	}
	found, err := p.compareSome(ctx, d)
	if err != nil {
		return false, err
	}
	for _, f := range found {
		repaired, err := p.repair(ctx, f)
		if err != nil {
			return false, err
		}
		d.round.Repaired += repaired
		p.cfg.Log.WarnContext(ctx, "rows of the warehouse were not as in Postgres and have been put right", "table", f.table.Name, "rows", repaired)
	}
	if done = d.table == len(p.cfg.Tables); done {
		d.round.Seconds = time.Since(d.began).Seconds()
		d.table, d.from, d.began = 0, uuid.Nil, time.Time{}
	}
	p.meter.drifted(d.round, done, len(found) > 0)
	return done, nil
}

// differing is a range of keys in which something is not the same.
type differing struct {
	table *warehouse.Table
	spans []warehouse.KeySpan

	derived []uuid.UUID // what is derived of them is not what their history says

	brought []warehouse.TableColumn // columns that are as in Postgres afterwards
}

// compareSome goes on by about DriftRows rows, at one fence.
func (p *Pipeline) compareSome(ctx context.Context, d *drift) ([]differing, error) {
	m, err := p.Fence(ctx)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	r, err := m.source.Reader(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var found []differing
	d.round.LSN, d.round.At = m.LSN, p.cfg.Clock().UTC()
	for left := p.cfg.DriftRows; left > 0 && d.table < len(p.cfg.Tables); {
		table := p.cfg.Tables[d.table]
		span := warehouse.KeySpan{From: d.from}
		to, more, err := r.Bound(ctx, table, d.from, left)
		if err != nil {
			return nil, err
		}
		if more {
			span.To = to
		}
		f, seen, err := m.compareRange(ctx, r, table, span)
		if err != nil {
			return nil, err
		}
		if left -= int(seen.compared); more {
			d.from = to
		} else {
			d.table, d.from = d.table+1, uuid.Nil
		}
		d.count(table, seen.compared, seen.differed+int64(len(f.derived)))
		if len(f.spans)+len(f.derived) > 0 {
			found = append(found, f)
		}
	}
	return found, nil
}

// count adds to the round, in all and for a table.
func (d *drift) count(t *warehouse.Table, compared, differ int64) {
	d.round.Compared += compared
	d.round.Differences += differ
	at := slices.IndexFunc(d.round.Measures, func(m warehouse.Measure) bool { return m.Name == t.Name })
	if at < 0 {
		at = len(d.round.Measures)
		d.round.Measures = append(d.round.Measures, warehouse.Measure{Name: t.Name})
	}
	d.round.Measures[at].Compared += compared
	d.round.Measures[at].Differences += differ
}

// compareRange compares a range of keys of a table, and what is derived of it.
func (m *Moment) compareRange(ctx context.Context, r *pgsource.Reader, table *warehouse.Table, span warehouse.KeySpan) (differing, *repairs, error) {
	f := differing{table: table}
	seen := newRepairs(m.LSN, r, func(*warehouse.Batch) error { return nil })
	if err := compare(ctx, m.View, r, table, span, seen, nil); err != nil {
		return f, nil, err
	}
	if seen.differed > 0 {
		f.spans = seen.spans(span)
	}
	if table.AppendOnly { // what is derived comes from these
		derived, err := m.View.Misderived(ctx, span)
		if err != nil {
			return f, nil, ofStore("look at what is derived", err)
		}
		f.derived = derived
	}
	return f, seen, nil
}

// spans are the keys that differ, each on its own while they are few.
func (r *repairs) spans(whole warehouse.KeySpan) []warehouse.KeySpan {
	if len(r.keys) > fewKeys {
		return []warehouse.KeySpan{whole}
	}
	var spans []warehouse.KeySpan
	for id := range r.keys {
		spans = append(spans, warehouse.KeySpan{From: id, To: after(id)})
	}
	return spans
}

// after is the next id in the order of keys; there is none after the last.
func after(id uuid.UUID) uuid.UUID {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i]++; id[i] != 0 {
			break
		}
	}
	return id
}

// repair compares the keys again, at a fence at which the log stands still, and loads what differs there. Nothing newer of
// these rows is loaded then, and all that is newer comes behind.
func (p *Pipeline) repair(ctx context.Context, what differing) (rows int64, err error) {
	source, err := p.stand(ctx, func(ctx context.Context, source *pgsource.Moment, at warehouse.Checkpoint) (*warehouse.Checkpoint, error) {
		r, err := p.loadRepairs(ctx, source, what, at)
		if err != nil {
			return nil, err
		}
		if rows = r.differed; rows+int64(len(what.brought)) == 0 {
			return nil, nil // nothing was loaded, so that the checkpoint is where it was
		}
		return &at, nil
	})
	if err != nil {
		return 0, fmt.Errorf("put rows of %s right: %w", what.table.Name, err)
	}
	source.Close()
	return rows, nil
}

func (p *Pipeline) loadRepairs(ctx context.Context, source *pgsource.Moment, what differing, at warehouse.Checkpoint) (*repairs, error) {
	reader, err := source.Reader(ctx)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	load, err := p.cfg.Store.Begin(ctx)
	if err != nil {
		return nil, ofStore("begin the repair", err)
	}
	defer func() {
		_ = load.Rollback()
		p.aside.forgotten() // nothing, after a commit
	}()
	view, err := p.cfg.Store.View(ctx) // behind Begin, which may open the store again
	if err != nil {
		return nil, ofStore("open a view for the repair", err)
	}
	defer func() { _ = view.Close() }() // nothing was written
	var aside func([]warehouse.DeadLetter) error
	if len(what.brought) > 0 { // else they have been set aside before
		if err := p.known(ctx); err != nil {
			return nil, err
		}
		aside = func(letters []warehouse.DeadLetter) error { return p.aside.keep(ctx, load, letters) }
	}
	t := tally{began: time.Now()}
	r := newRepairs(source.LSN+at.Shift, reader, func(b *warehouse.Batch) error {
		t.add(b)
		return ofStore("append to "+b.Table.Name, load.Append(ctx, b))
	})
	for _, span := range what.spans {
		if err := compare(ctx, view, reader, what.table, span, r, aside); err != nil {
			return nil, err
		}
	}
	if len(what.derived) > 0 {
		if err := load.Derive(ctx, what.derived); err != nil {
			return nil, ofStore("derive anew", err)
		}
		r.differed += int64(len(what.derived))
	}
	if r.differed == 0 && len(what.brought) == 0 {
		return r, nil
	}
	if err := load.Brought(ctx, what.brought); err != nil {
		return nil, ofStore("note columns that are new", err)
	}
	t.ending = time.Now()
	if err := load.Commit(ctx, stored(at)); err != nil {
		return nil, ofStore("commit the repair", errors.Join(err, load.Rollback()))
	}
	p.aside.kept()
	p.meter.loaded(at, &t)
	return r, nil
}
