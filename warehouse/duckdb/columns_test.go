package duckdb_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

// sample is a value of each kind, and how DuckDB writes it.
func sample(column warehouse.Column, n int) (value any, text string) {
	switch column.Kind {
	case warehouse.KindUUID:
		id := uuid.NewSHA1(uuid.Nil, []byte(fmt.Sprint(column.Name, n)))
		return id, id.String()
	case warehouse.KindText:
		return strings.Repeat("long 日本 ", n*40) + column.Name, strings.Repeat("long 日本 ", n*40) + column.Name
	case warehouse.KindInt:
		return int64(-5 + 9_000_000_000_000*n), fmt.Sprint(-5 + 9_000_000_000_000*n)
	case warehouse.KindDecimal:
		d := decimal.New(-999_999_999_999_999_999, -int32(column.Scale))
		return d, d.StringFixed(int32(column.Scale))
	case warehouse.KindTime:
		at := time.Date(1969, 12, 31, 23, 59, 59, 123_456_000, time.UTC).AddDate(n, 0, 0)
		return at, at.Format("2006-01-02 15:04:05.000000")
	case warehouse.KindDate:
		return time.Date(2000+n, 2, 29, 0, 0, 0, 0, time.UTC), time.Date(2000+n, 2, 29, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	case warehouse.KindBool:
		return n%2 == 1, fmt.Sprint(n%2 == 1)
	}
	return nil, ""
}

// Every column of every table comes through as it was, into the log and into the latest state, and null as null.
func TestColumns(t *testing.T) {
	s := open(t)
	c := warehousetest.NewChannel()
	want := map[string][]string{}
	for _, table := range warehouse.Tables {
		for n := range 3 {
			row, texts := warehousetest.Values{}, make([]string, 0, len(table.Columns))
			for i, column := range table.Columns {
				value, text := sample(column, n)
				isKey := column.Name == table.Key[0] || column.Name == table.Key[len(table.Key)-1]
				if table.AppendOnly || isKey || (i+n)%3 > 0 { // history has no nulls where metrics are made of it
					row[column.Name] = value
				} else {
					text = "null"
				}
				texts = append(texts, text)
			}
			want[table.Name] = append(want[table.Name], strings.Join(texts, "|"))
			c.Transaction(func() { c.Row(warehouse.OpInsert, table.Name, row) })
		}
	}
	c.Load(t.Context(), t, s)
	for _, table := range warehouse.Tables {
		columns := make([]string, len(table.Columns))
		for i, column := range table.Columns {
			columns[i] = fmt.Sprintf(`coalesce("%s"::VARCHAR, 'null')`, column.Name)
		}
		query := "SELECT concat_ws('|', " + strings.Join(columns, ", ") + ") FROM "
		got, err := s.Select(t.Context(), query+table.Name+"_log ORDER BY _lsn, _seq")
		require.NoError(t, err)
		require.Equal(t, want[table.Name], got, table.Name)
		if !table.AppendOnly {
			got, err = s.Select(t.Context(), query+table.Name+" ORDER BY _rec")
			require.NoError(t, err)
			require.Equal(t, want[table.Name], got, table.Name)
		}
	}
}

// What the log says of a change: its kind, where its transaction and its record stand, and when it was committed.
func TestLogColumns(t *testing.T) {
	s := open(t)
	c := warehousetest.NewChannel()
	c.Vendor("V")
	c.Transaction(func() {
		c.Row(warehouse.OpUpdate, "organisation", warehousetest.Values{"id": warehousetest.ID("organisation V"), "name": "W"})
		c.Row(warehouse.OpDelete, "organisation", warehousetest.Values{"id": warehousetest.ID("organisation V")})
	})
	c.Load(t.Context(), t, s)
	got, err := s.Select(t.Context(), "SELECT concat_ws(' ', chr(_op::INTEGER), coalesce(name, 'null'), _lsn, _rec, _seq, _commit_at) FROM organisation_log ORDER BY _lsn, _seq")
	require.NoError(t, err)
	require.Equal(t, []string{"I V 1018 1010 1 2025-01-01 00:00:01", "U W 1048 1030 1 2025-01-01 00:00:02", "D null 1048 1040 2 2025-01-01 00:00:02"}, got)
	left, err := s.Select(t.Context(), "SELECT name FROM organisation")
	require.NoError(t, err)
	require.Empty(t, left)
}
