package pipelines

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// repairs gathers what a comparison found, as rows for the log. They stand right before the place at which both sides
// were compared: behind all that was loaded until then, before all that comes.
type repairs struct {
	place uint64 // of the comparison, as the store counts
	at    int64
	seq   uint32
	batch *warehouse.Batch
	full  func(*warehouse.Batch) error // takes a batch; it is used again afterwards
	read  func(pgsource.Piece)         // is told of each piece of Postgres; may be nil

	compared, differed int64
	keys               map[uuid.UUID]bool
}

const repairRows = 20_000

func newRepairs(place uint64, r *pgsource.Reader, full func(*warehouse.Batch) error) *repairs {
	return &repairs{place: place, at: r.At.UnixMicro(), full: full, keys: map[uuid.UUID]bool{}}
}

// add notes a row that has to change. Its version is that of the row that it takes the place of, so that the next change
// of it is newer, also one that was written before the comparison and committed after it.
func (r *repairs) add(op warehouse.Op, from *warehouse.Batch, row int, version uint64) error {
	r.differed++
	if len(r.keys) <= fewKeys {
		r.keys[from.Columns[from.Table.KeyColumns()[0]].UUIDs[row]] = true
	}
	if r.batch == nil {
		r.batch = warehouse.NewBatch(from.Table)
	}
	r.batch.AddRow(op, r.place-1, version, r.seq, r.at)
	r.batch.TakeValues(from, row, op == warehouse.OpGone)
	r.seq++
	if r.batch.Len() < repairRows {
		return nil
	}
	return r.flush()
}

func (r *repairs) flush() error {
	if r.batch == nil {
		return nil
	}
	b := r.batch
	r.batch = nil
	return r.full(b)
}

// comparison walks through a range of one table on both sides, which come in the order of their keys.
type comparison struct {
	key    []int
	pieces <-chan pgsource.Piece
	aside  map[string]bool // keys of rows that the warehouse cannot keep: what it has of them stands
	letter func([]warehouse.DeadLetter) error
	to     *repairs

	ours   *warehouse.Batch // of Postgres
	at     int
	before *warehouse.Batch // the row of Postgres that was passed last
	row    int
}

// compare holds a range of a table in a view against Postgres and notes every row that is not the same.
func compare(ctx context.Context, v warehouse.View, r *pgsource.Reader, t *warehouse.Table, span warehouse.KeySpan, to *repairs, letter func([]warehouse.DeadLetter) error) error {
	pieces := make(chan pgsource.Piece, 2)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(pieces)
		return r.Read(ctx, t, span, func(p pgsource.Piece) error {
			select {
			case pieces <- p:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	g.Go(func() error {
		c := &comparison{key: t.KeyColumns(), pieces: pieces, aside: map[string]bool{}, letter: letter, to: to}
		if err := v.Scan(ctx, t, span, c.pass); err != nil {
			return ofStore("read "+t.Name, err)
		}
		return c.rest(ctx)
	})
	if err := g.Wait(); err != nil {
		return fmt.Errorf("compare %s: %w", t.Name, err)
	}
	return to.flush()
}

// have makes the next row of Postgres the present one.
func (c *comparison) have() (bool, error) {
	for c.ours == nil || c.at == c.ours.Len() {
		p, ok := <-c.pieces
		if !ok {
			return false, nil
		}
		for _, l := range p.Aside {
			c.aside[l.Key] = true
		}
		if len(p.Aside) > 0 && c.letter != nil {
			if err := c.letter(p.Aside); err != nil {
				return false, err
			}
		}
		c.ours, c.at = p.Batch, 0
		if c.to.read != nil {
			c.to.read(p)
		}
	}
	return true, nil
}

func (c *comparison) next() {
	c.before, c.row = c.ours, c.at
	c.at++
	c.to.compared++
}

// pass takes the next rows of the warehouse.
func (c *comparison) pass(theirs *warehouse.Batch) error {
	for i := range theirs.Len() {
		if err := c.passRow(theirs, i); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) passRow(theirs *warehouse.Batch, i int) error {
	for {
		more, err := c.have()
		if err != nil {
			return err
		}
		order := 1
		if more {
			order = c.ours.CompareKey(c.key, c.at, theirs, i)
		}
		switch {
		case order > 0:
			return c.surplus(theirs, i)
		case order < 0:
			err = c.to.add(warehouse.OpRepair, c.ours, c.at, 0) // the warehouse has no such row
			c.next()
		default:
			if !c.ours.SameRow(c.at, theirs, i) {
				err = c.to.add(warehouse.OpRepair, c.ours, c.at, theirs.RecordLSN[i])
			}
			c.next()
			return err
		}
		if err != nil {
			return err
		}
	}
}

// surplus is a row that Postgres does not have, or that the warehouse has twice.
func (c *comparison) surplus(theirs *warehouse.Batch, i int) error {
	switch {
	case c.before != nil && c.before.CompareKey(c.key, c.row, theirs, i) == 0:
		return c.to.add(warehouse.OpRepair, c.before, c.row, theirs.RecordLSN[i])
	case c.aside[theirs.KeyText(i)]:
		return nil
	}
	return c.to.add(warehouse.OpGone, theirs, i, theirs.RecordLSN[i])
}

// rest takes what Postgres has behind the last row of the warehouse. A read that was broken off looks like an end.
func (c *comparison) rest(ctx context.Context) error {
	for {
		more, err := c.have()
		if err != nil || !more {
			return errors.Join(err, ctx.Err())
		}
		if err := c.to.add(warehouse.OpRepair, c.ours, c.at, 0); err != nil {
			return err
		}
		c.next()
	}
}
