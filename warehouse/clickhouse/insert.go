package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	engine "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/sharepartner/sharepartner/warehouse"
)

func named(name string, value any) driver.NamedValue { return engine.Named(name, value) }

// insertParts writes a batch, each shard's rows to it.
func (s *Store) insertParts(ctx context.Context, b *warehouse.Batch, write func(ctx context.Context, db driver.Conn, b *warehouse.Batch) error) error {
	parts := s.parts(b)
	return s.each(ctx, func(ctx context.Context, sh *shard) error {
		part := parts[slices.Index(s.shards, sh)]
		if part.Len() == 0 {
			return nil
		}
		return write(ctx, sh.db, part)
	})
}

// insertLog writes a batch into the log of its table.
func (s *Store) insertLog(ctx context.Context, b *warehouse.Batch, load uint64) error {
	return s.insertParts(ctx, b, func(ctx context.Context, db driver.Conn, b *warehouse.Batch) error {
		ops := make([]uint8, b.Len())
		for i, op := range b.Ops {
			ops[i] = uint8(op)
		}
		return insert(ctx, db, b.Table.Name+"_log", b, "_op, _lsn, _rec, _seq, _commit_at, _load", ops, b.CommitLSN, b.RecordLSN, b.Seq, b.CommitAt, slices.Repeat([]uint64{load}, b.Len()))
	})
}

// insertLatest writes a batch into the latest state of its table.
func (s *Store) insertLatest(ctx context.Context, b *warehouse.Batch, load uint64) error {
	return s.insertParts(ctx, b, func(ctx context.Context, db driver.Conn, b *warehouse.Batch) error {
		return insert(ctx, db, b.Table.Name, b, "_rec, _load", b.RecordLSN, slices.Repeat([]uint64{load}, b.Len()))
	})
}

// insert writes the columns of a batch and others beside them, of whole numbers.
func insert(ctx context.Context, db driver.Conn, table string, b *warehouse.Batch, names string, numbers ...any) error {
	batch, err := db.PrepareBatch(ctx, "INSERT INTO "+table+" ("+list(b.Table.Columns)+", "+names+")")
	if err != nil {
		return fmt.Errorf("write to %s: %w", table, told(ctx, err))
	}
	if err := fill(batch.Columns(), b, numbers); err != nil {
		return errors.Join(fmt.Errorf("write to %s: %w", table, err), batch.Abort())
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("write to %s: %w", table, told(ctx, err))
	}
	return nil
}

// insertRow writes one row with all columns of a table.
func insertRow(ctx context.Context, db driver.Conn, what, table string, values ...any) error {
	batch, err := db.PrepareBatch(ctx, "INSERT INTO "+table)
	if err != nil {
		return fmt.Errorf("%s: %w", what, told(ctx, err))
	}
	if err := batch.Append(values...); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", what, err), batch.Abort())
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("%s: %w", what, told(ctx, err))
	}
	return nil
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
