package duckdb_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse/duckdb"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

func open(t testing.TB) *duckdb.Store {
	t.Helper()
	s, err := duckdb.Open(context.Background(), duckdb.Options{Path: filepath.Join(t.TempDir(), "warehouse.duckdb")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestLoadSmall(t *testing.T) {
	s := open(t)
	c := warehousetest.NewChannel()
	v, p := c.Vendor("V"), c.Partner("P")
	k := c.Connect(v, p, "North", "gold")
	proc := c.Process(v, "Standard", "Qualify", "Propose", "Negotiate")
	o := c.Opportunity("one", k, proc, "2025-01-10", "Qualify", "100.00", "EUR")
	o.Move("2025-01-20", "Propose")
	c.Load(t.Context(), t, s)
	o.Move("2025-02-01", "Won")
	c.Load(t.Context(), t, s)
	o.Worth("2025-02-10", "500")
	o.Reopen("2025-03-01", "Qualify")
	c.Load(t.Context(), t, s)
	o.MoveBackdated("2025-01-15", "2025-03-10", "Negotiate")
	c.Load(t.Context(), t, s)
	require.NoError(t, s.Dump(t.Context(), t.Logf))
}
