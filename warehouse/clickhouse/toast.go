package clickhouse

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// resolve fills in the values that the sender left out because they did not change: from an earlier row of the batch, or from
// the latest state. The log and the latest state then hold whole rows. A row that has nothing before it cannot be made whole:
// it is left out, and noted as missing.
func (l *load) resolve(ctx context.Context, b *warehouse.Batch) (*warehouse.Batch, error) {
	if !slices.ContainsFunc(b.Columns, func(c warehouse.ColumnData) bool { return slices.Contains(c.State, warehouse.Unchanged) }) {
		return b, nil
	}
	if len(b.Table.Key) != 1 {
		return nil, fmt.Errorf("%s: an unchanged value in a table with a key of %d columns", b.Table.Name, len(b.Table.Key))
	}
	key := b.Columns[b.Table.Index(b.Table.Key[0])].UUIDs
	before, err := l.rowsBefore(ctx, b, key)
	if err != nil {
		return nil, err
	}
	whole := warehouse.NewBatch(b.Table)
	last := make(map[[16]byte]place, b.Len()) // the last whole row of a key, so far
	for i, id := range before.Columns[b.Table.Index(b.Table.Key[0])].UUIDs {
		last[id] = place{before, i}
	}
	for i, op := range b.Ops {
		ends := op == warehouse.OpDelete || op == warehouse.OpTruncate
		from, known := last[origin(b, key, i)]
		if !known && !ends && leavesOut(b, i) {
			l.miss(b, key[i])
			continue
		}
		whole.AddRow(op, b.CommitLSN[i], b.RecordLSN[i], b.Seq[i], b.CommitAt[i])
		for c := range b.Columns {
			if b.Columns[c].State[i] == warehouse.Unchanged && known {
				addValue(&whole.Columns[c], &from.batch.Columns[c], from.row)
				continue
			}
			addValue(&whole.Columns[c], &b.Columns[c], i)
		}
		if !ends {
			last[key[i]] = place{whole, whole.Len() - 1}
		}
	}
	return whole, nil
}

// place is where a row stands.
type place struct {
	batch *warehouse.Batch
	row   int
}

func leavesOut(b *warehouse.Batch, i int) bool {
	return slices.ContainsFunc(b.Columns, func(c warehouse.ColumnData) bool { return c.State[i] == warehouse.Unchanged })
}

// miss notes a row that should be there.
func (l *load) miss(b *warehouse.Batch, id uuid.UUID) {
	row := warehouse.MissingRow{Table: b.Table, ID: id}
	if !slices.Contains(l.missing, row) {
		l.missing = append(l.missing, row)
	}
}

// origin is the key that the row had before: a change of the key comes as a delete of the old one and an insert of
// the new one from one record of the log.
func origin(b *warehouse.Batch, key [][16]byte, i int) [16]byte {
	if i > 0 && b.Ops[i-1] == warehouse.OpDelete && b.RecordLSN[i-1] == b.RecordLSN[i] {
		return key[i-1]
	}
	return key[i]
}

// rowsBefore reads the latest state of the rows that leave something out.
func (l *load) rowsBefore(ctx context.Context, b *warehouse.Batch, key [][16]byte) (*warehouse.Batch, error) {
	var ids []uuid.UUID
	for i := range b.Len() {
		if leavesOut(b, i) {
			ids = append(ids, origin(b, key, i))
		}
	}
	t := b.Table
	before := warehouse.NewBatch(t)
	ctx, err := beside(ctx, map[string][]uuid.UUID{"wanted": ids})
	if err != nil {
		return nil, err
	}
	query := fmt.Sprintf("SELECT %s, _rec FROM %s WHERE %s IN (SELECT UUIDToNum(id) FROM wanted)", list(t.Columns), l.store.table(l.moment(), t.Name, t.Key[0]), keyOrder(t))
	for _, sh := range l.store.holders(t) {
		err := l.store.ask(ctx, sh, func(ctx context.Context, sh *shard) error { return scan(ctx, sh.db, query, before) })
		if err != nil {
			return nil, fmt.Errorf("find the unchanged values of %s: %w", t.Name, err)
		}
	}
	return before, nil
}
