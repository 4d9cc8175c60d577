package warehousetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// How long something may take that should happen soon, and how often one looks.
const (
	waitLong  = 10 * time.Second
	waitShort = time.Millisecond
)

// Answers asks every question and gives the answers as text, each with its watermark.
func Answers(ctx context.Context, v warehouse.Metrics, who warehouse.Scope, a warehouse.Ask) ([]string, error) {
	var out []string
	won, err := v.Won(ctx, who, a)
	if err != nil {
		return nil, err
	}
	lost, err := v.Lost(ctx, who, a)
	if err != nil {
		return nil, err
	}
	amount, err := v.AmountOpen(ctx, who, a)
	if err != nil {
		return nil, err
	}
	rate, err := v.WinRate(ctx, who, a)
	if err != nil {
		return nil, err
	}
	funnel, err := v.Funnel(ctx, who, a)
	if err != nil {
		return nil, err
	}
	briefing, err := v.Briefing(ctx, who, a)
	if err != nil {
		return nil, err
	}
	rows, err := v.Rows(ctx, who, a, warehouse.Cell{Metric: warehouse.MetricWon}, 100, 0)
	if err != nil {
		return nil, err
	}
	for _, x := range []struct {
		rows any
		mark warehouse.Watermark
	}{
		{won.Rows, won.Watermark},
		{lost.Rows, lost.Watermark},
		{amount.Rows, amount.Watermark},
		{rate.Rows, rate.Watermark},
		{briefing.Rows, briefing.Watermark},
		{rows.Rows, rows.Watermark},
	} {
		out = append(out, fmt.Sprint(x.rows, x.mark))
	}
	for _, f := range funnel.Rows {
		out = append(out, fmt.Sprint(f.Name, f.Reached, f.WentOn, f.StillHere, f.Won, f.Amount, f.OpenStays, funnel.Watermark))
	}
	return out, nil
}

// testView holds that a view stays at its moment while loads go on, and ends when it is told to.
func testView(t *testing.T, open func(t testing.TB) warehouse.Store) {
	s := open(t)
	who := warehouse.EverythingScope()
	ask := warehouse.Ask{Period: Quarter(1), AsOf: Midyear}
	empty, err := s.View(t.Context())
	require.NoError(t, err, "also of a store that has nothing yet")
	require.Zero(t, empty.Watermark())
	_, err = empty.Won(t.Context(), who, ask)
	require.ErrorIs(t, err, warehouse.ErrNotReady)
	zero, err := empty.Won(t.Context(), warehouse.Scope{}, ask)
	require.NoError(t, err, "who sees nothing is not told that there is nothing")
	require.Empty(t, zero.Rows)
	require.NoError(t, empty.Close())

	g := NewGolden()
	g.Load(t.Context(), t, s)
	t.Run("stays at its moment", func(t *testing.T) { viewStays(t, s, g, who) })
	t.Run("ends", func(t *testing.T) { viewEnds(t, s, who, ask) })
}

func viewStays(t *testing.T, s warehouse.Store, g *Golden, who warehouse.Scope) {
	asks := []warehouse.Ask{
		{Period: Quarter(1), AsOf: Midyear},
		{Period: Quarter(1), AsOf: At("2025-03-10"), By: warehouse.ByPartner},
		{Period: Quarter(1), AsOf: Midyear, KnownAt: At("2025-05-01")},
		{Period: Quarter(1), AsOf: Midyear, Filter: warehouse.Filter{Families: []string{"Hardware"}}},
	}
	v, err := s.View(t.Context())
	require.NoError(t, err)
	at := v.Watermark()
	require.Equal(t, g.LSN(), at.LSN)
	before, err := s.Watermark(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, at)
	var first [][]string
	for _, a := range asks {
		answers, err := Answers(t.Context(), v, who, a)
		require.NoError(t, err)
		first = append(first, answers)
	}
	k := Connection{Vendor: g.Acme, Partner: g.North, Region: "North", Tier: "gold"}
	for i := range 3 { // loads of one change, of many, and one that deletes what the view still reads
		for n := range 1 + 60*i {
			g.Opportunity(fmt.Sprint("later ", i, " ", n), k, g.Standard, "2025-01-10", "Qualify", "7", "EUR").Line(g.Pump, "1", "7").Move("2025-02-01", "Won")
		}
		if i == 2 {
			g.Transaction(func() { g.Row(warehouse.OpTruncate, "opportunity_line", nil) })
			g.Transaction(func() { g.Row(warehouse.OpTruncate, "opportunity_history", nil) })
		}
		g.Load(t.Context(), t, s)
		for j, a := range asks {
			again, err := Answers(t.Context(), v, who, a)
			require.NoError(t, err)
			require.Equal(t, first[j], again, "after load %d", i)
		}
	}
	require.Equal(t, at, v.Watermark())
	won, err := v.Won(t.Context(), who, asks[0])
	require.NoError(t, err)
	require.Equal(t, at, won.Watermark)

	later, err := s.View(t.Context())
	require.NoError(t, err)
	require.Equal(t, g.LSN(), later.Watermark().LSN)
	now, err := Answers(t.Context(), later, who, asks[0])
	require.NoError(t, err)
	require.NotEqual(t, first[0], now)
	require.NoError(t, later.Close())
	require.NoError(t, v.Close())
}

func viewEnds(t *testing.T, s warehouse.Store, who warehouse.Scope, ask warehouse.Ask) {
	v, err := s.View(t.Context())
	require.NoError(t, err)
	require.NoError(t, v.Close())
	require.NoError(t, v.Close(), "closing twice does no harm")
	_, err = v.Won(t.Context(), who, ask)
	require.ErrorIs(t, err, warehouse.ErrViewEnded)

	ctx, cancel := context.WithCancel(t.Context())
	v, err = s.View(ctx)
	require.NoError(t, err)
	cancel()
	require.Eventually(t, func() bool {
		_, err := v.Won(t.Context(), who, ask)
		return err != nil
	}, waitLong, waitShort, "it ends with its context")
	_, err = s.View(ctx)
	require.ErrorIs(t, err, context.Canceled)
	for range 100 { // more than there can be at once: nothing stays behind
		ctx, cancel := context.WithTimeout(t.Context(), waitLong)
		v, err := s.View(ctx)
		require.NoError(t, err)
		if cancel(); v.Watermark().LSN == 0 {
			require.NoError(t, v.Close())
		}
	}
}
