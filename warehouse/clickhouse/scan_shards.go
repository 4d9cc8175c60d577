package clickhouse

import (
	"bytes"
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/sharepartner/sharepartner/warehouse"
)

// cursor stands at a row of the rows of one shard.
type cursor struct {
	rows driver.Rows
	row  *row
	at   *warehouse.Batch // that row alone
	over bool
}

func (c *cursor) next() error {
	c.at.Reset()
	if !c.rows.Next() {
		c.over = true
		return c.rows.Err()
	}
	return c.row.read(c.rows)
}

// merge reads the rows of all shards in the order of their keys. Of what all shards have, only rows that are the same on all are
// given: one that is not is missing for whoever compares, and is brought everywhere.
func (v *view) merge(ctx context.Context, t *warehouse.Table, query string, each func(*warehouse.Batch) error) error {
	var cursors []*cursor
	for _, sh := range v.shards {
		rows, err := sh.db.Query(ctx, query)
		if err != nil {
			return fmt.Errorf("read the rows of %s: %w", t.Name, told(ctx, err))
		}
		defer func() { _ = rows.Close() }()
		at := warehouse.NewBatch(t)
		c := &cursor{rows: rows, at: at, row: newRow(at)}
		if err := c.next(); err != nil {
			return fmt.Errorf("read the rows of %s: %w", t.Name, told(ctx, err))
		}
		cursors = append(cursors, c)
	}
	copies := 1
	if len(v.store.holders(t)) == 1 {
		copies = len(cursors)
	}
	page := warehouse.NewBatch(t)
	for first := foremost(cursors, t); len(first) > 0; first = foremost(cursors, t) {
		if copies == 1 || len(first) == copies && alike(first) {
			page.AddAll(first[0].at)
			first = first[:copies]
		}
		for _, c := range first {
			if err := c.next(); err != nil {
				return fmt.Errorf("read the rows of %s: %w", t.Name, told(ctx, err))
			}
		}
		if page.Len() == scanPage {
			if err := each(page); err != nil {
				return err
			}
			page.Reset()
		}
	}
	if page.Len() == 0 {
		return nil
	}
	return each(page)
}

// foremost are the cursors that stand at the smallest key.
func foremost(cursors []*cursor, t *warehouse.Table) (first []*cursor) {
	key := t.Index(t.Key[0])
	for _, c := range cursors {
		if c.over {
			continue
		}
		order := -1
		if len(first) > 0 {
			order = bytes.Compare(c.at.Columns[key].UUIDs[0][:], first[0].at.Columns[key].UUIDs[0][:])
		}
		switch {
		case order < 0:
			first = []*cursor{c}
		case order == 0:
			first = append(first, c)
		}
	}
	return first
}

// alike says that all stand at the same row.
func alike(cursors []*cursor) bool {
	for _, c := range cursors[1:] {
		if c.at.RecordLSN[0] != cursors[0].at.RecordLSN[0] {
			return false
		}
		for i := range c.at.Columns {
			if !same(&c.at.Columns[i], &cursors[0].at.Columns[i]) {
				return false
			}
		}
	}
	return true
}

func same(a, b *warehouse.ColumnData) bool {
	if a.State[0] != b.State[0] || a.State[0] != warehouse.Present {
		return a.State[0] == b.State[0]
	}
	switch a.Kind {
	case warehouse.KindUUID:
		return a.UUIDs[0] == b.UUIDs[0]
	case warehouse.KindText:
		return bytes.Equal(a.Text(0), b.Text(0))
	}
	return a.Ints[0] == b.Ints[0]
}
