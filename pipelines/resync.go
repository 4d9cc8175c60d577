package pipelines

import (
	"context"
	"fmt"
	"time"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// OtherDeploymentError says that the warehouse holds the data of another deployment. Nothing was touched on either side.
type OtherDeploymentError struct{ Store, Server, Slot string }

func (e *OtherDeploymentError) Error() string {
	return fmt.Sprintf("the warehouse was filled from another deployment (%s, by slot %s) and this database belongs to deployment %s; nothing was changed on either side. "+
		"Start the program with the data folder that belongs to this database, or with an empty one: it is filled by a new snapshot", e.Store, e.Slot, e.Server)
}

// stored is the checkpoint as the store counts, of one whose LSN is the server's.
func stored(c warehouse.Checkpoint) warehouse.Checkpoint {
	c.LSN += c.Shift
	return c
}

// begun is the checkpoint of a store that is brought to the snapshot of a new slot. Its places go on behind all that the
// store has, however far back the server counts.
func begun(before warehouse.Checkpoint, server pgsource.Server, slot string, lsn uint64) warehouse.Checkpoint {
	c := warehouse.Checkpoint{
		Deployment: server.Deployment, SystemID: server.SystemID, Timeline: server.Timeline, Slot: slot, LSN: lsn,
		Shift: before.Shift, Epoch: before.Epoch + 1,
	}
	if last := lsn - 1 + c.Shift; last < before.LSN {
		c.Shift += before.LSN - last
	}
	c.SnapshotLSN = c.LSN + c.Shift
	return c
}

// resync brings a store that cannot go on from its checkpoint to the snapshot of a new slot: all tables are compared, and
// what differs goes into the log, in one load. So history stays, and until the end answers come from the state before. Cut
// off anywhere it leaves the store as it was, and the next attempt begins again.
func (p *Pipeline) resync(ctx context.Context, server pgsource.Server, before warehouse.Checkpoint, reason Reason) (*pgsource.Stream, warehouse.Checkpoint, error) {
	p.move(ctx, stateResync, "waiting for running transactions, to begin the comparison")
	p.cfg.Log.WarnContext(ctx, "pipeline compares all rows, since it cannot go on from where it was", "slot", p.source.Slot(), "reason", string(reason))
	p.meter.resume(warehouse.Checkpoint{CommittedAt: before.CommittedAt})
	p.meter.resyncing(reason, before.Epoch)
	p.save(ctx) // a slot that is gone does not tell why
	var none warehouse.Checkpoint
	if err := p.source.DropSlot(ctx); err != nil {
		return nil, none, err
	}
	snapshot, err := p.source.CreateSlot(ctx)
	if err != nil {
		return nil, none, err
	}
	defer snapshot.Close()
	c := begun(before, server, p.source.Slot(), snapshot.LSN)
	r, err := p.loadDifferences(ctx, snapshot, &c, reason)
	if err != nil {
		return nil, none, err
	}
	p.cfg.Log.InfoContext(ctx, "all rows compared", "slot", c.Slot, "rows", r.compared, "differed", r.differed)
	stream, err := snapshot.Stream(ctx)
	return stream, c, err
}

func (p *Pipeline) loadDifferences(ctx context.Context, snapshot *pgsource.Snapshot, c *warehouse.Checkpoint, reason Reason) (*repairs, error) {
	reader, err := snapshot.Reader(ctx)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	load, err := p.cfg.Store.Begin(ctx)
	if err != nil {
		return nil, ofStore("begin the comparison", err)
	}
	defer func() {
		_ = load.Rollback()
		p.aside.forgotten() // nothing, after a commit
	}()
	view, err := p.cfg.Store.View(ctx) // behind Begin, which may open the store again
	if err != nil {
		return nil, ofStore("open a view for the comparison", err)
	}
	defer func() { _ = view.Close() }() // nothing was written
	if err := p.known(ctx); err != nil {
		return nil, err
	}
	t, wanted := tally{began: time.Now()}, true
	r := newRepairs(c.LSN+c.Shift, reader, func(b *warehouse.Batch) error {
		if !wanted {
			return nil
		}
		t.add(b)
		return ofStore("append to "+b.Table.Name, load.Append(ctx, b))
	})
	far := newProgress("comparing", p.cfg.Tables)
	if far.about, err = reader.About(ctx, p.cfg.Tables); err != nil {
		return nil, err
	}
	r.read = func(piece pgsource.Piece) {
		far.add(piece.Batch.Table, int64(piece.Batch.Len()+len(piece.Aside)))
		p.meter.progressed(far, fmt.Sprintf("; %d differ so far, and answers come from the state before", r.differed))
	}
	for _, table := range p.cfg.Tables {
		aside := func(letters []warehouse.DeadLetter) (err error) {
			wanted, err = p.aside.gather(ctx, load, letters)
			return err
		}
		if err := compare(ctx, view, reader, table, warehouse.KeySpan{}, r, aside); err != nil {
			return nil, err
		}
		far.done(table)
	}
	if err := p.aside.verdict(true); err != nil {
		return nil, err
	}
	if err := p.markAll(ctx, load); err != nil {
		return nil, err
	}
	c.CommittedAt, t.ending = reader.At, time.Now()
	p.meter.finishing(far, fmt.Sprintf("making %d rows that differed visible", r.differed))
	if err := load.Commit(ctx, stored(*c)); err != nil {
		return nil, ofStore("commit what differed", err)
	}
	p.aside.kept()
	p.meter.resynced(reason, r.compared, r.differed, time.Since(t.began)) // first: whoever awaits the place reads it then
	p.meter.loaded(*c, &t)
	return r, nil
}

// markAll notes tables and columns that are new: a comparison of all fills them too.
func (p *Pipeline) markAll(ctx context.Context, load warehouse.Load) error {
	added, err := p.uncopied(ctx)
	if err != nil {
		return err
	}
	for _, t := range added {
		if err := load.Copied(ctx, t); err != nil {
			return ofStore("note the copy of "+t.Name, err)
		}
	}
	awaited, err := p.awaited(ctx)
	if err != nil {
		return err
	}
	return ofStore("note columns that are new", load.Brought(ctx, awaited))
}
