package clickhouse_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

// What is derived in parts is what is derived at once, of a first copy and of a later load, however the parts come out.
func TestLoadsAreDerivedInParts(t *testing.T) {
	t.Parallel()
	const opportunities = 500
	ask := warehouse.Ask{Period: warehouse.Period{From: warehousetest.At("2024-01-01"), To: warehousetest.At("2025-01-01")}, AsOf: warehousetest.At("2030-01-01")}
	var whole [2]string
	for _, c := range []struct {
		name        string
		rows, among int
	}{
		{"at once", 1_000_000, 1},
		{"in parts", 1_000, 4},
		{"more parts than bounds are known", 10, 150},
	} {
		s := openAt(t, chtest.NewURL(t))
		s.Piecemeal(c.rows, c.among)
		for i, load := range []func() error{
			func() error { return s.Fill(t.Context(), opportunities) },
			func() error { return s.MoveAll(t.Context(), opportunities) },
		} {
			require.NoError(t, load(), c.name)
			briefing, err := s.Briefing(t.Context(), warehouse.EverythingScope(), ask)
			require.NoError(t, err)
			funnel, err := s.Funnel(t.Context(), warehouse.EverythingScope(), ask)
			require.NoError(t, err)
			require.NotEmpty(t, briefing.Rows)
			require.NotEmpty(t, funnel.Rows)
			found, err := json.Marshal([]any{briefing.Rows, funnel.Rows})
			require.NoError(t, err)
			if whole[i] == "" {
				whole[i] = string(found)
			}
			require.True(t, whole[i] == string(found), "%s, load %d", c.name, i)
		}
		require.False(t, whole[0] == whole[1], "the later load changes figures")
		require.NoError(t, s.Close())
	}
}
