package clickhouse_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
)

func accounts() *warehouse.Table {
	for _, t := range warehouse.Tables {
		if t.Name == "account" {
			return t
		}
	}
	return nil
}

// manyAccounts have so many different industries that their places in the dictionary of a batch do not fit into a byte.
func manyAccounts(rows int) *warehouse.Batch {
	b := warehouse.NewBatch(accounts())
	for i := range rows {
		b.AddRow(warehouse.OpSnapshot, 0, 0, 0, 0)
		id := [16]byte{1: byte(i >> 8), 2: byte(i), 9: 255}
		for at := range b.Columns {
			c, name := &b.Columns[at], b.Table.Columns[at].Name
			switch {
			case name == "industry" && i%7 == 0:
				c.AddAbsent(warehouse.Null)
			case name == "industry" && i%7 == 1:
				c.AddText(nil)
			case name == "industry":
				c.AddText(fmt.Appendf(nil, "Gewerk %d ü", i%600))
			case name == "country":
				c.AddText([]byte("Germany"))
			case name == "updated_at" && i%2 == 0:
				c.AddAbsent(warehouse.Null)
			case c.Kind == warehouse.KindUUID:
				c.AddUUID(id)
			default:
				c.AddInt(int64(-i) << 40)
			}
		}
	}
	return b
}

func TestColumnsAreReadAsTheyWereWritten(t *testing.T) {
	s, wrote := openAt(t, chtest.NewURL(t)), manyAccounts(2000)
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, load.Append(t.Context(), wrote))
	require.NoError(t, load.Commit(t.Context(), warehouse.Checkpoint{LSN: 1}))
	v, err := s.View(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, v.Close()) }()
	read := warehouse.NewBatch(wrote.Table)
	require.NoError(t, v.Scan(t.Context(), wrote.Table, warehouse.KeySpan{}, func(b *warehouse.Batch) error {
		for at := range b.Columns {
			from, to := &b.Columns[at], &read.Columns[at]
			to.State, to.Ints, to.UUIDs = append(to.State, from.State...), append(to.Ints, from.Ints...), append(to.UUIDs, from.UUIDs...)
			for i := range from.Ends {
				to.Bytes = append(to.Bytes, from.Text(i)...)
				to.Ends = append(to.Ends, uint32(len(to.Bytes)))
			}
		}
		return nil
	}))
	require.Equal(t, wrote.Columns, read.Columns)
}

// TestColumnOfAnotherType that somebody made by hand takes nothing: what is written is in the form of the type that it should be of.
func TestColumnOfAnotherType(t *testing.T) {
	address := chtest.NewURL(t)
	s := openAt(t, address)
	require.NoError(t, chtest.Connect(t, address).Exec(t.Context(), "ALTER TABLE account_log MODIFY COLUMN created_at Nullable(Float64)"))
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = load.Rollback() }()
	require.NoError(t, load.Append(t.Context(), manyAccounts(3)), "rows of a copy wait for more")
	require.ErrorContains(t, load.Commit(t.Context(), warehouse.Checkpoint{LSN: 1}), "column created_at is of type Nullable(Float64) there, and should be Nullable(Int64)")
}
