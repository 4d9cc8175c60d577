package duckdb_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/google/uuid"
	"github.com/sharepartner/sharepartner/warehouse"
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

func TestAsk(t *testing.T) {
	s := open(t)
	c := warehousetest.NewChannel()
	v, p := c.Vendor("V"), c.Partner("P")
	k := c.Connect(v, p, "North", "gold")
	proc := c.Process(v, "Standard", "Qualify", "Propose", "Negotiate")
	o := c.Opportunity("one", k, proc, "2025-01-10", "Qualify", "100.00", "EUR")
	o.Move("2025-01-20", "Propose")
	o.Move("2025-02-01", "Won")
	o.Reopen("2025-03-01", "Qualify")
	o.Line(c.Product(v, "A", "F"), "1", "2")
	c.Load(t.Context(), t, s)
	for _, a := range []warehouse.Ask{
		{AsOf: warehousetest.At("2026-01-01")}, {AsOf: warehousetest.At("2025-02-02")}, {AsOf: warehousetest.At("2026-01-01"), KnownAt: warehousetest.At("2025-05-01")},
		{AsOf: warehousetest.At("2026-01-01"), UntilLSN: c.LSN() - 1, Filter: warehouse.Filter{Families: []string{"F"}, Partners: []uuid.UUID{p, uuid.Nil}}},
	} {
		a.Period = warehouse.Period{From: warehousetest.At("2025-01-01"), To: warehousetest.At("2026-01-01")}
		for _, by := range []warehouse.Dimension{"", "partner", "region", "tier", "stage", "day"} {
			a.By = by
			won, err := s.Won(t.Context(), warehouse.VendorScope(v), a)
			require.NoError(t, err, won.SQL)
			t.Log(won.Rows)
			wr, err := s.WinRate(t.Context(), warehouse.PartnerScope(p), a)
			require.NoError(t, err, wr.SQL)
			t.Log(wr.Rows)
			ao, err := s.AmountOpen(t.Context(), warehouse.EverythingScope(), a)
			require.NoError(t, err, ao.SQL)
			t.Log(ao.Rows)
		}
		a.By = ""
		fu, err := s.Funnel(t.Context(), warehouse.VendorScope(v), a)
		require.NoError(t, err, fu.SQL)
		t.Log(fu.Rows)
		br, err := s.Briefing(t.Context(), warehouse.VendorScope(v), a)
		require.NoError(t, err, br.SQL)
		t.Log(br.Rows)
		for _, cell := range []warehouse.Cell{{Metric: "won"}, {Metric: "briefing", Event: "won"}, {Metric: "funnel", Stage: proc.Stage("Propose").ID, Part: "moved_back"}, {Metric: "amount_open"}} {
			ro, err := s.Rows(t.Context(), warehouse.VendorScope(v), a, cell, 10, 0)
			require.NoError(t, err, ro.SQL)
			t.Log(ro.Rows)
		}
	}
}
