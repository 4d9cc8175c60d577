package pipelines

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// uncopied lists the tables that the store has not had so far, of one that goes on from its checkpoint.
func (p *Pipeline) uncopied(ctx context.Context) ([]*warehouse.Table, error) {
	tables, err := p.cfg.Store.Uncopied(ctx)
	return tables, ofStore("read which tables were copied", err)
}

// copyAdded copies tables that are new among the mirrored ones, and no others: at a fence, where the log stands still.
// Their changes are passed over until there, since the copy holds them, and taken from there on.
func (p *Pipeline) copyAdded(ctx context.Context, tables []*warehouse.Table, decoder *pgsource.Decoder) error {
	if len(tables) == 0 {
		return nil
	}
	for {
		source, err := p.stand(ctx, func(_ context.Context, source *pgsource.Moment, at warehouse.Checkpoint) (*warehouse.Checkpoint, error) {
			if err := p.loadAdded(ctx, source, tables, at); err != nil {
				return nil, err
			}
			decoder.PassOver(nil) // the follower waits for this
			return &at, nil
		})
		if err == nil {
			source.Close()
			return nil
		}
		var blocked *pgsource.BlockedError
		if !errors.As(err, &blocked) {
			return fmt.Errorf("copy the tables that are new: %w", err)
		}
		p.meter.detail("following the log; tables that are new wait to be copied: " + err.Error())
		sleep(ctx, fenceWait)
	}
}

func (p *Pipeline) loadAdded(ctx context.Context, source *pgsource.Moment, tables []*warehouse.Table, at warehouse.Checkpoint) error {
	reader, err := source.Reader(ctx)
	if err != nil {
		return err
	}
	defer reader.Close()
	load, err := p.cfg.Store.Begin(ctx)
	if err != nil {
		return ofStore("begin the copy", err)
	}
	defer func() {
		_ = load.Rollback()
		p.aside.forgotten() // nothing, after a commit
	}()
	t := tally{began: time.Now()}
	for _, table := range tables {
		err := reader.Read(ctx, table, warehouse.KeySpan{}, func(piece pgsource.Piece) error {
			t.add(piece.Batch)
			p.meter.detail(fmt.Sprintf("following the log; copying %s, which is new, %d rows so far", table.Name, t.rows))
			wanted, err := p.aside.gather(ctx, load, piece.Aside)
			if err != nil || !wanted {
				return err
			}
			return ofStore("append to "+table.Name, load.Append(ctx, piece.Batch))
		})
		if err != nil {
			return err
		}
		if err := load.Copied(ctx, table); err != nil {
			return ofStore("note the copy of "+table.Name, err)
		}
	}
	if err := p.aside.verdict(true); err != nil {
		return err
	}
	t.ending = time.Now()
	if err := load.Commit(ctx, stored(at)); err != nil {
		return ofStore("commit the copy", err)
	}
	p.aside.kept()
	p.meter.loaded(at, &t)
	p.meter.detail("following the log")
	p.cfg.Log.InfoContext(ctx, "tables that are new are copied", "tables", len(tables), "rows", t.rows, "lsn", pgsource.FormatLSN(source.LSN))
	return nil
}
