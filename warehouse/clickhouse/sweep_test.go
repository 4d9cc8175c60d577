package clickhouse_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

// count reads how many rows there are, whether they count or not.
func count(t *testing.T, s *clickhouse.Store, query string) string {
	t.Helper()
	n, err := s.Select(t.Context(), "SELECT toString(count()) FROM "+query)
	require.NoError(t, err)
	return n[0]
}

// TestSweep takes away what ended and what was left behind, and nothing else: all answers stay.
func TestSweep(t *testing.T) {
	s, err := clickhouse.Open(t.Context(), clickhouse.Options{URL: chtest.NewURL(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	w := warehousetest.NewWorld(7)
	for round := range 6 {
		for range 40 {
			w.Grow()
		}
		if round == 3 { // a load that comes to nothing
			load, err := s.Begin(t.Context())
			require.NoError(t, err)
			for _, b := range w.Pending() {
				require.NoError(t, load.Append(t.Context(), b))
			}
			require.NoError(t, load.Rollback())
		}
		w.Load(t.Context(), t, s)
	}
	ask := warehouse.Ask{Period: warehouse.Period{From: warehousetest.At("2025-01-01"), To: warehousetest.At("2026-01-01")}, AsOf: warehousetest.At("2027-01-01")}
	early := ask
	early.UntilLSN = w.LSN() / 2
	answers := func() (all []string) {
		for _, a := range []warehouse.Ask{ask, early} {
			some, err := warehousetest.Answers(t.Context(), s, warehouse.EverythingScope(), a)
			require.NoError(t, err)
			all = append(all, some...)
		}
		return all
	}
	before := answers()
	require.NotEqual(t, "0", count(t, s, "ended"))
	logged := count(t, s, "opportunity_history_log")
	require.NoError(t, s.Sweep(t.Context()))
	require.Equal(t, before, answers())
	require.Equal(t, "0", count(t, s, "ended"))
	require.Equal(t, count(t, s, "(SELECT DISTINCT opportunity_id FROM opportunity_wide)"), count(t, s, "opportunity_wide"), "one row for each opportunity")
	require.NotEqual(t, logged, count(t, s, "opportunity_history_log"), "what was left behind is gone")
	require.Equal(t, count(t, s, "opportunity_move"), count(t, s, "opportunity_history_log"))
	for range 40 {
		w.Grow()
	}
	w.Load(t.Context(), t, s)
	require.NotEqual(t, before, answers())
}
