package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	engine "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/sharepartner/sharepartner/warehouse"
)

func named(name string, value any) driver.NamedValue { return engine.Named(name, value) }

// insertLog writes a batch into the log of its table.
func (s *Store) insertLog(ctx context.Context, b *warehouse.Batch, load uint64) error {
	ops := make([]uint8, b.Len())
	for i, op := range b.Ops {
		ops[i] = uint8(op)
	}
	columns := append(mirrored(b), ops, b.CommitLSN, b.RecordLSN, b.Seq, b.CommitAt, repeat(load, b.Len()))
	return s.insert(ctx, b.Table.Name+"_log", list(b.Table.Columns)+", _op, _lsn, _rec, _seq, _commit_at, _load", columns)
}

// insertLatest writes a batch into the latest state of its table.
func (s *Store) insertLatest(ctx context.Context, b *warehouse.Batch, load uint64) error {
	return s.insert(ctx, b.Table.Name, list(b.Table.Columns)+", _rec, _load", append(mirrored(b), b.RecordLSN, repeat(load, b.Len())))
}

// insert writes whole columns.
func (s *Store) insert(ctx context.Context, table, names string, columns []any) error {
	batch, err := s.db.PrepareBatch(ctx, "INSERT INTO "+table+" ("+names+")")
	if err != nil {
		return fmt.Errorf("write to %s: %w", table, told(ctx, err))
	}
	for i, c := range columns {
		if err := batch.Column(i).Append(c); err != nil {
			return errors.Join(fmt.Errorf("write to %s: %w", table, err), batch.Abort())
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("write to %s: %w", table, told(ctx, err))
	}
	return nil
}

func repeat[T any](value T, times int) []T {
	all := make([]T, times)
	for i := range all {
		all[i] = value
	}
	return all
}

// mirrored gives the columns of a batch as the driver takes them.
func mirrored(b *warehouse.Batch) []any {
	columns := make([]any, len(b.Columns), len(b.Columns)+6)
	for i := range b.Columns {
		c, d := b.Table.Columns[i], &b.Columns[i]
		if slices.Contains(b.Table.Key, c.Name) {
			columns[i] = keys(c, d)
			continue
		}
		columns[i] = values(c, d)
	}
	return columns
}

// keys are never null; a row that empties the table has zeros.
func keys(c warehouse.Column, d *warehouse.ColumnData) any {
	if c.Kind != warehouse.KindUUID {
		return d.Ints
	}
	ids := make([]uuid.UUID, len(d.UUIDs))
	for i, id := range d.UUIDs {
		ids[i] = id
	}
	return ids
}

func values(c warehouse.Column, d *warehouse.ColumnData) any {
	switch c.Kind {
	case warehouse.KindUUID:
		return present(d, func(i int) *uuid.UUID { return (*uuid.UUID)(&d.UUIDs[i]) })
	case warehouse.KindText:
		if few(c) {
			return fewTexts(d)
		}
		return present(d, func(i int) *string { text := string(d.Text(i)); return &text })
	case warehouse.KindDecimal:
		return present(d, func(i int) *decimal.Decimal { v := decimal.New(d.Ints[i], -int32(c.Scale)); return &v })
	case warehouse.KindDate:
		return present(d, func(i int) *int32 { v := int32(d.Ints[i]); return &v })
	case warehouse.KindBool:
		return present(d, func(i int) *bool { v := d.Ints[i] != 0; return &v })
	default:
		return present(d, func(i int) *int64 { return &d.Ints[i] })
	}
}

// present has nil where a value is not there.
func present[T any](d *warehouse.ColumnData, value func(i int) *T) []*T {
	all := make([]*T, len(d.State))
	for i, state := range d.State {
		if state == warehouse.Present {
			all[i] = value(i)
		}
	}
	return all
}

// fewTexts boxes each text once: the driver finds them by what is in the box.
func fewTexts(d *warehouse.ColumnData) []any {
	boxed := map[string]any{}
	all := make([]any, len(d.State))
	for i, state := range d.State {
		if state != warehouse.Present {
			continue
		}
		text := d.Text(i)
		box, ok := boxed[string(text)]
		if !ok {
			box = string(text)
			boxed[string(text)] = box
		}
		all[i] = box
	}
	return all
}

// choose takes some rows of a batch, in their order; the batch itself when that is all of them.
func choose(b *warehouse.Batch, rows []int) *warehouse.Batch {
	if len(rows) == b.Len() {
		return b
	}
	chosen := warehouse.NewBatch(b.Table)
	chosen.Grow(len(rows))
	for _, i := range rows {
		chosen.AddRow(b.Ops[i], b.CommitLSN[i], b.RecordLSN[i], b.Seq[i], b.CommitAt[i])
	}
	for at := range b.Columns {
		from, to := &b.Columns[at], &chosen.Columns[at]
		for _, i := range rows {
			addValue(to, from, i)
		}
	}
	return chosen
}

func addValue(to, from *warehouse.ColumnData, i int) {
	switch {
	case from.State[i] != warehouse.Present:
		to.AddAbsent(from.State[i])
	case from.Kind == warehouse.KindUUID:
		to.AddUUID(from.UUIDs[i])
	case from.Kind == warehouse.KindText:
		to.AddText(from.Text(i))
	default:
		to.AddInt(from.Ints[i])
	}
}
