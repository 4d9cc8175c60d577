package warehousetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Values are the columns of a row by name; a column that is absent is null.
type Values map[string]any

// Unchanged stands for a value that the sender left out because it did not change.
var Unchanged = new(struct{ unchanged bool })

// Transaction gathers the rows that the function adds into one transaction.
func (c *Channel) Transaction(rows func()) { c.transaction(rows) }

func (c *Channel) transaction(rows func()) {
	c.seq, c.added = 0, c.added[:0]
	c.commitAt = c.commitAt.Add(time.Second)
	rows()
	c.lsn += 10 // the end of the transaction; its commit record begins a little before
	for _, a := range c.added {
		a.batch.CommitLSN[a.row] = c.lsn - commitLength
		a.batch.CommitAt[a.row] = c.commitAt.UnixMicro()
	}
}

// addedRow is a row of the open transaction, whose place of commit is not known yet.
type addedRow struct {
	batch *warehouse.Batch
	row   int
}

// batchOf is the batch of a table that waits for the next load.
func (c *Channel) batchOf(table string) *warehouse.Batch {
	for _, b := range c.pending {
		if b.Table.Name == table {
			return b
		}
	}
	for _, t := range warehouse.Tables {
		if t.Name == table {
			c.pending = append(c.pending, warehouse.NewBatch(t))
			return c.pending[len(c.pending)-1]
		}
	}
	panic("no table " + table)
}

// Row adds a row to the open transaction; only tests of the log itself need it.
func (c *Channel) Row(op warehouse.Op, table string, values Values) {
	if c.snapshot && op == warehouse.OpInsert {
		op = warehouse.OpSnapshot
	}
	b := c.batchOf(table)
	if op == warehouse.OpSnapshot {
		b.AddRow(op, 0, 0, 0, c.commitAt.UnixMicro())
	} else {
		c.seq++
		c.lsn += 10
		b.AddRow(op, 0, c.lsn, c.seq, 0)
		c.added = append(c.added, addedRow{b, b.Len() - 1})
	}
	for i, column := range b.Table.Columns {
		addValue(&b.Columns[i], column, values[column.Name])
	}
}

// KeyChange adds an update that changes the key, as it comes: a delete and an insert from one record of the log.
func (c *Channel) KeyChange(table string, before, after Values) {
	c.Row(warehouse.OpDelete, table, before)
	c.Row(warehouse.OpInsert, table, after)
	b := c.batchOf(table)
	b.RecordLSN[b.Len()-1] = b.RecordLSN[b.Len()-2]
}

func addValue(c *warehouse.ColumnData, column warehouse.Column, value any) {
	switch v := value.(type) {
	case nil:
		c.AddAbsent(warehouse.Null)
	case uuid.UUID:
		c.AddUUID(v)
	case string:
		c.AddText([]byte(v))
	case int:
		c.AddInt(int64(v))
	case int64:
		c.AddInt(v)
	case bool:
		if v {
			c.AddInt(1)
		} else {
			c.AddInt(0)
		}
	case decimal.Decimal:
		c.AddInt(v.Shift(int32(column.Scale)).IntPart())
	case time.Time:
		if column.Kind == warehouse.KindDate {
			c.AddInt(v.Unix() / 86400)
		} else {
			c.AddInt(v.UnixMicro())
		}
	default:
		if value == any(Unchanged) {
			c.AddAbsent(warehouse.Unchanged)
			return
		}
		panic(fmt.Sprintf("column %s: a value of type %T", column.Name, value))
	}
}

// Load fills the store with what is pending, in one load.
func (c *Channel) Load(ctx context.Context, t testing.TB, store warehouse.Loader) {
	t.Helper()
	require.NoError(t, c.TryLoad(ctx, store))
}

// TryLoad is Load for tests that expect a fault: what was pending stays so then.
func (c *Channel) TryLoad(ctx context.Context, store warehouse.Loader) error {
	load, err := store.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = load.Rollback() }()
	for _, b := range c.pending {
		if err := load.Append(ctx, b); err != nil {
			return err
		}
	}
	if err := load.Commit(ctx, c.Checkpoint()); err != nil {
		return err
	}
	c.pending = nil
	return nil
}
