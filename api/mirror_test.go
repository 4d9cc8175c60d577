package api_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// mirror copies everything from Postgres into the warehouse, as a first snapshot does.
func (w *world) mirror(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	conn := w.Owner(t)
	var lsn uint64
	require.NoError(t, conn.QueryRow(ctx, `select (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint`).Scan(&lsn))
	require.NoError(t, w.store.Reset(ctx))
	load, err := w.store.Begin(ctx)
	require.NoError(t, err)
	defer func() { _ = load.Rollback() }()
	at := time.Now()
	for _, table := range warehouse.Tables {
		require.NoError(t, load.Append(ctx, snapshot(t, conn, table, at, "")))
	}
	require.NoError(t, load.Commit(ctx, warehouse.Checkpoint{SystemID: "test", Timeline: 1, Slot: "test", LSN: lsn, CommittedAt: at, SnapshotLSN: lsn}))
	require.NoError(t, w.store.SaveStatus(ctx, warehouse.Status{State: "streaming", UpdatedAt: at, LoadedLSN: lsn, LastCommit: at}))
}

func snapshot(t testing.TB, conn *pgx.Conn, table *warehouse.Table, at time.Time, where string) *warehouse.Batch {
	t.Helper()
	var columns []string
	for _, c := range table.Columns {
		columns = append(columns, asText(c))
	}
	rows, err := conn.Query(t.Context(), fmt.Sprintf("select %s from %s.%s %s", strings.Join(columns, ", "), table.Schema, table.Name, where))
	require.NoError(t, err)
	b := warehouse.NewBatch(table)
	for seq := uint32(0); rows.Next(); seq++ {
		values := make([]*string, len(columns))
		targets := make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		require.NoError(t, rows.Scan(targets...))
		b.AddRow(warehouse.OpSnapshot, 0, 0, seq, at.UnixMicro())
		for i, v := range values {
			add(t, &b.Columns[i], table.Columns[i], v)
		}
	}
	require.NoError(t, rows.Err())
	return b
}

func asText(c warehouse.Column) string {
	switch c.Kind {
	case warehouse.KindTime:
		return "(extract(epoch from " + c.Name + ") * 1000000)::bigint::text"
	case warehouse.KindDate:
		return "(" + c.Name + " - date '1970-01-01')::text"
	case warehouse.KindBool:
		return c.Name + "::int::text"
	}
	return c.Name + "::text"
}

func add(t testing.TB, data *warehouse.ColumnData, c warehouse.Column, v *string) {
	t.Helper()
	if v == nil {
		data.AddAbsent(warehouse.Null)
		return
	}
	switch c.Kind {
	case warehouse.KindUUID:
		data.AddUUID(uuid.MustParse(*v))
	case warehouse.KindText:
		data.AddText([]byte(*v))
	case warehouse.KindDecimal:
		data.AddInt(decimal.RequireFromString(*v).Shift(int32(c.Scale)).IntPart())
	default:
		n, err := strconv.ParseInt(*v, 10, 64)
		require.NoError(t, err)
		data.AddInt(n)
	}
}
