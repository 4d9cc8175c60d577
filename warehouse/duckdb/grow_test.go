package duckdb_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

// A file of an earlier program gets what is mirrored now, keeps what it has, and says that a comparison is due.
func TestFileGrowsWithTheProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "warehouse.duckdb")
	with := func(tables []*warehouse.Table) *duckdb.Store {
		s, err := duckdb.Open(t.Context(), duckdb.Options{Path: path, Tables: tables})
		require.NoError(t, err)
		return s
	}
	c := warehousetest.NewChannel()
	vendor := c.Vendor("V")
	c.Product(vendor, "Pump", "Hardware")
	earlier := without(t, "product", "name")
	s := with(earlier)
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.ErrorContains(t, load.Append(t.Context(), c.Pending()[1]), "is not one of the tables that this store was opened with")
	require.NoError(t, load.Rollback())
	loadEarlier(t, s, c, earlier)
	view, err := s.View(t.Context())
	require.NoError(t, err)
	product := slices.IndexFunc(earlier, func(x *warehouse.Table) bool { return x.Name == "product" })
	scanned := 0
	scan := func(table *warehouse.Table) error {
		return view.Scan(t.Context(), table, warehouse.KeySpan{}, func(b *warehouse.Batch) error { scanned += b.Len(); return nil })
	}
	require.ErrorContains(t, scan(warehouse.Tables[product]), "is not one of the tables that this store was opened with")
	require.NoError(t, scan(earlier[product]), "the question was not asked: the view goes on")
	require.Equal(t, 1, scanned)
	require.NoError(t, view.Close())
	require.NoError(t, s.Close())

	s = with(nil)
	name := []warehouse.TableColumn{{Table: warehouse.Tables[product], Column: "name"}}
	awaited := func(s *duckdb.Store) []warehouse.TableColumn {
		t.Helper()
		columns, err := s.Awaited(t.Context())
		require.NoError(t, err)
		return columns
	}
	require.Equal(t, name, awaited(s))
	require.Equal(t, []string{"1 Hardware -"}, selected(t, s, "SELECT count(*) || ' ' || any_value(family) || ' ' || coalesce(any_value(name), '-') FROM product"))
	c.Product(vendor, "Valve", "Hardware")
	c.Load(t.Context(), t, s)
	require.Equal(t, name, awaited(s), "what comes says nothing of what there was")
	for _, end := range []func(warehouse.Load) error{warehouse.Load.Rollback, func(l warehouse.Load) error { return l.Commit(t.Context(), c.Checkpoint()) }} {
		require.Equal(t, name, awaited(s))
		load, err := s.Begin(t.Context())
		require.NoError(t, err)
		require.NoError(t, load.Brought(t.Context(), name))
		require.NoError(t, end(load))
	}
	require.Empty(t, awaited(s))
	require.NoError(t, s.Close())

	s = with(earlier) // the program of before, again
	require.Empty(t, awaited(s))
	c.Product(vendor, "Pipe", "Hardware")
	loadEarlier(t, s, c, earlier)
	require.Equal(t, []string{"-", "-", "Valve"}, selected(t, s, "SELECT coalesce(name, '-') FROM product ORDER BY 1"))
	require.NoError(t, s.Reset(t.Context()))
	require.NoError(t, s.Close())
}

// without is what is mirrored, less a column.
func without(t *testing.T, table, column string) []*warehouse.Table {
	tables := slices.Clone(warehouse.Tables)
	for i := range tables {
		if tables[i].Name == table {
			less := *tables[i]
			less.Columns = slices.Delete(slices.Clone(less.Columns), less.Index(column), less.Index(column)+1)
			tables[i] = &less
		}
	}
	return tables
}

// loadEarlier loads what is pending in the columns that the earlier program mirrors.
func loadEarlier(t *testing.T, s *duckdb.Store, c *warehousetest.Channel, tables []*warehouse.Table) {
	t.Helper()
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	for _, b := range c.Pending() {
		less := *b
		less.Table = tables[slices.Index(warehouse.Tables, b.Table)]
		less.Columns = nil
		for _, column := range less.Table.Columns {
			less.Columns = append(less.Columns, b.Columns[b.Table.Index(column.Name)])
		}
		require.NoError(t, load.Append(t.Context(), &less))
	}
	require.NoError(t, load.Commit(t.Context(), c.Checkpoint()))
	c.ForgetPending()
}

func selected(t *testing.T, s *duckdb.Store, query string) []string {
	t.Helper()
	values, err := s.Select(t.Context(), query)
	require.NoError(t, err)
	return values
}
