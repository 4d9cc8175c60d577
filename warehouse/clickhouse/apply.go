package clickhouse

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// changes is what the rows of a batch do.
type changes struct {
	truncate bool
	rewrites bool        // some row may take the place of another
	replaced []uuid.UUID // keys of these
	last     []int       // the rows that are there afterwards
}

func changesOf(b *warehouse.Batch) (c changes) {
	if !slices.ContainsFunc(b.Ops, func(op warehouse.Op) bool { return !op.Adds() }) { // all of them are
		for i := range b.Ops {
			c.last = append(c.last, i)
		}
		return c
	}
	c.rewrites = true
	key := b.Columns[b.Table.Index(b.Table.Key[0])].UUIDs
	last := make(map[[16]byte]int)
	for i, op := range b.Ops {
		switch {
		case op == warehouse.OpTruncate:
			c.truncate = true
			clear(last)
			continue
		case !op.Adds():
			c.replaced = append(c.replaced, key[i])
		}
		last[key[i]] = i
	}
	for i, op := range b.Ops {
		if op == warehouse.OpTruncate || op == warehouse.OpDelete || op == warehouse.OpGone {
			continue
		}
		if at, ok := last[key[i]]; ok && at == i {
			c.last = append(c.last, i)
		}
	}
	return c
}

// bringForward ends the rows that the batch takes the place of, and adds those that are there afterwards.
func (l *load) bringForward(ctx context.Context, b *warehouse.Batch, number uint64) error {
	c := changesOf(b)
	if c.rewrites {
		if err := l.endReplaced(ctx, b.Table, c, number); err != nil {
			return err
		}
	}
	if len(c.last) == 0 {
		return nil
	}
	return l.store.insertLatest(ctx, choose(b, c.last), number)
}

func (l *load) endReplaced(ctx context.Context, t *warehouse.Table, c changes, number uint64) error {
	query := fmt.Sprintf("INSERT INTO ended SELECT '%s', %s, _load, {load:UInt64} FROM %s", t.Name, ident(t.Key[0]), l.store.table(l.moment(), t.Name, t.Key[0]))
	if !c.truncate {
		var err error
		if ctx, err = beside(ctx, map[string][]uuid.UUID{"replaced": c.replaced}); err != nil {
			return err
		}
		query += " WHERE " + keyOrder(t) + " IN (SELECT UUIDToNum(id) FROM replaced)"
	}
	return l.store.exec(ctx, "end what changed in "+t.Name, query, named("load", number))
}

// table is a table as it is at a moment: the rows that count and were not replaced.
func (s *Store) table(m moment, name, key string) string {
	return fmt.Sprintf("(SELECT * FROM %s WHERE %s AND (%s, _load) NOT IN (SELECT id, dead FROM ended WHERE kind = '%s' AND %s))",
		name, m.counts("_load"), ident(key), kindOf(name), m.counts("_load"))
}

// kindOf names the rows that end together.
func kindOf(table string) string {
	if table == "opportunity_stay" {
		return "opportunity_wide"
	}
	return table
}

// logged is a log as it is at a moment.
func logged(m moment, name string) string {
	return fmt.Sprintf("(SELECT * FROM %s WHERE %s)", name, m.counts("_load"))
}
