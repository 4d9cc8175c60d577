package clickhouse_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

// TestPlanning holds that the engine has not many times as much to plan for questions about the past as for those about the present:
// on small data planning takes most of their time.
func TestPlanning(t *testing.T) {
	s, err := clickhouse.Open(t.Context(), clickhouse.Options{URL: chtest.NewURL(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Fill(t.Context(), 20))
	present := warehouse.Ask{Period: warehouse.Period{From: warehousetest.At("2024-01-01"), To: warehousetest.At("2026-01-01")}, AsOf: warehousetest.At("2030-01-01")}
	happened, known := present, present
	happened.AsOf, known.KnownAt = warehousetest.At("2024-07-01"), warehousetest.At("2024-07-01")
	all := warehouse.EverythingScope()
	for metric, put := range map[warehouse.Metric]func(ctx context.Context, a warehouse.Ask) (string, map[string]any, error){
		warehouse.MetricWon: func(ctx context.Context, a warehouse.Ask) (string, map[string]any, error) {
			answer, err := s.Won(ctx, all, a)
			return answer.SQL, answer.Params, err
		},
		warehouse.MetricAmountOpen: func(ctx context.Context, a warehouse.Ask) (string, map[string]any, error) {
			answer, err := s.AmountOpen(ctx, all, a)
			return answer.SQL, answer.Params, err
		},
		warehouse.MetricFunnel: func(ctx context.Context, a warehouse.Ask) (string, map[string]any, error) {
			answer, err := s.Funnel(ctx, all, a)
			return answer.SQL, answer.Params, err
		},
		warehouse.MetricBriefing: func(ctx context.Context, a warehouse.Ask) (string, map[string]any, error) {
			answer, err := s.Briefing(ctx, all, a)
			return answer.SQL, answer.Params, err
		},
	} {
		planned := func(a warehouse.Ask) int {
			sql, params, err := put(t.Context(), a)
			require.NoError(t, err)
			lines, err := s.Planned(t.Context(), sql, params)
			require.NoError(t, err)
			return lines
		}
		now := planned(present)
		for name, ask := range map[string]warehouse.Ask{"as it was": happened, "as it was known": known} {
			t.Run(string(metric)+" "+name, func(t *testing.T) {
				past := planned(ask)
				t.Logf("%d lines, and %d of the present", past, now)
				require.Less(t, past, 5*now)
			})
		}
	}
}
