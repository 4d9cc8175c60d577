package api_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// between loads something after the first question of a briefing.
type between struct {
	warehouse.Store
	load func()
}

func (b *between) View(ctx context.Context) (warehouse.View, error) {
	v, err := b.Store.View(ctx)
	return &betweenView{v, b}, err
}

type betweenView struct {
	warehouse.View
	store *between
}

func (v *betweenView) Briefing(ctx context.Context, s warehouse.Scope, a warehouse.Ask) (warehouse.Answer[warehouse.BriefingRow], error) {
	got, err := v.View.Briefing(ctx, s, a)
	if v.store.load != nil {
		v.store.load()
		v.store.load = nil
	}
	return got, err
}

// loadDeal brings one more opportunity through the log, in a transaction whose commit begins at the watermark.
func (w *world) loadDeal(t *testing.T, id string) {
	c, _, err := w.store.Checkpoint(t.Context())
	require.NoError(t, err)
	history := slices.IndexFunc(warehouse.Tables, func(x *warehouse.Table) bool { return x.Name == "opportunity_history" })
	b := snapshot(t, w.Owner(t), warehouse.Tables[history], time.Now(), "where opportunity_id = '"+id+"'")
	for i := range b.Ops {
		b.Ops[i], b.CommitLSN[i] = warehouse.OpInsert, c.LSN
	}
	load, err := w.store.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, load.Append(t.Context(), b))
	c.LSN += 100
	require.NoError(t, load.Commit(t.Context(), c))
}

// A briefing that the pipeline overtakes speaks of what its first question saw, and its receipts say so.
func TestABriefingHasOneWatermark(t *testing.T) {
	w := newWorld(t)
	season(t, w)
	before, _, err := w.store.Checkpoint(t.Context())
	require.NoError(t, err)
	late := w.deal(t, w.pia, w.connA1, "late", "50", "EUR", "2024-04-20T00:00:00Z")
	deps := w.deps
	deps.Warehouse = &between{w.store, func() { w.loadDeal(t, late) }}
	s, ada := api.NewAnalytics(deps), w.ada.Actor

	brief := briefing(t, s, ada, "2024-Q2")
	require.EqualValues(t, 0, brief.Rows[0].Count, "new in the quarter, without the late one")
	now, _, err := w.store.Checkpoint(t.Context())
	require.NoError(t, err)
	require.Greater(t, now.LSN, before.LSN)
	for _, r := range []api.ReceiptNote{brief.Receipt, brief.Previous.Receipt, brief.YearBefore.Receipt} {
		again, err := s.Recompute(t.Context(), ada, r.ID)
		require.NoError(t, err)
		require.True(t, again.Same, again.Why)
		require.Equal(t, brief.Watermark.LSN, again.Watermark.LSN)
	}
	brief = briefing(t, s, ada, "2024-Q2")
	require.EqualValues(t, 1, brief.Rows[0].Count)
}

func briefing(t *testing.T, s *api.Analytics, actor operational.Actor, period string) *api.BriefingAnswer {
	t.Helper()
	view, err := s.View(t.Context(), actor)
	require.NoError(t, err)
	defer view.Close()
	brief, err := view.Briefing(t.Context(), api.AnalyticsInput{Period: period})
	require.NoError(t, err)
	return brief
}
