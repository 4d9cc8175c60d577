package warehousetest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// anything asks every question and says how many rows came back.
func anything(t *testing.T, s warehouse.Store, who warehouse.Scope, a warehouse.Ask, cells ...warehouse.Cell) int {
	t.Helper()
	ctx := t.Context()
	won, err := s.Won(ctx, who, a)
	require.NoError(t, err)
	lost, err := s.Lost(ctx, who, a)
	require.NoError(t, err)
	amount, err := s.AmountOpen(ctx, who, a)
	require.NoError(t, err)
	rate, err := s.WinRate(ctx, who, a)
	require.NoError(t, err)
	funnel, err := s.Funnel(ctx, who, a)
	require.NoError(t, err)
	briefing, err := s.Briefing(ctx, who, a)
	require.NoError(t, err)
	n := len(won.Rows) + len(lost.Rows) + len(amount.Rows) + len(rate.Rows) + len(funnel.Rows) + len(briefing.Rows)
	for _, c := range cells {
		rows, err := s.Rows(ctx, who, a, c, 100, 0)
		require.NoError(t, err)
		n += len(rows.Rows)
	}
	return n
}

func (g *Golden) cells() []warehouse.Cell {
	return []warehouse.Cell{
		{Metric: warehouse.MetricWon},
		{Metric: warehouse.MetricLost},
		{Metric: warehouse.MetricAmountOpen},
		{Metric: warehouse.MetricWinRate},
		{Metric: warehouse.MetricBriefing, Event: "new"},
		{Metric: warehouse.MetricFunnel, Stage: g.Standard.Stage("Qualify").ID, Part: "reached"},
	}
}

func testScope(t *testing.T, open func(t testing.TB) warehouse.Store) {
	g, s := loadedGolden(t, open)
	for _, a := range []warehouse.Ask{{Period: Quarter(1), AsOf: Midyear}, {Period: Quarter(1), AsOf: Midyear, KnownAt: At("2025-06-01")}, {Period: Quarter(1), AsOf: At("2025-03-10")}} {
		require.Zero(t, anything(t, s, warehouse.Scope{}, a, g.cells()...), "the zero scope sees nothing")
		for _, nobody := range []uuid.UUID{uuid.Nil, ID("nobody"), g.North} {
			require.Zero(t, anything(t, s, warehouse.VendorScope(nobody), a, g.cells()...), "not a vendor of anything")
		}
		for _, nobody := range []uuid.UUID{uuid.Nil, ID("nobody"), g.Acme} {
			require.Zero(t, anything(t, s, warehouse.PartnerScope(nobody), a, g.cells()...), "not a partner of anything")
		}
		require.NotZero(t, anything(t, s, warehouse.VendorScope(g.Acme), a, g.cells()...))
	}
	// A filter never widens a scope, and its text is never part of the question.
	for _, f := range []warehouse.Filter{{Partners: []uuid.UUID{g.South}}, {Regions: []string{"South') OR true --"}}, {Currency: "' OR '1'='1"}, {Families: []string{"x' UNION SELECT"}}, {Processes: []uuid.UUID{g.Short.ID}}} {
		require.Zero(t, anything(t, s, warehouse.PartnerScope(g.North), warehouse.Ask{Period: Quarter(1), AsOf: Midyear, Filter: f}, g.cells()...))
	}
	t.Run("a vendor has no vendors", func(t *testing.T) { vendorUnknown(t, g, s) })
	t.Run("rows stay inside", func(t *testing.T) {
		all := map[uuid.UUID]*Opportunity{}
		for _, o := range g.Opportunities() {
			all[o.ID] = o
		}
		for _, c := range []struct {
			who    warehouse.Scope
			count  int
			inside func(Connection) bool
		}{
			{warehouse.PartnerScope(g.South), 7, func(k Connection) bool { return k.Partner == g.South }}, // 5, 6, 7, 8, 17, 18 and its own
			{warehouse.VendorScope(g.South), 3, func(k Connection) bool { return k.Vendor == g.South }},   // the same company with its other hat: d1, d2, sd
			{warehouse.PartnerScope(g.Below), 2, func(k Connection) bool { return k.Partner == g.Below }}, // d1, d2
		} {
			rows, err := s.Rows(t.Context(), c.who, warehouse.Ask{Period: warehouse.Period{From: At("2024-01-01"), To: At("2026-01-01")}, AsOf: Midyear}, warehouse.Cell{Metric: warehouse.MetricBriefing, Event: "new"}, 1000, 0)
			require.NoError(t, err)
			require.Len(t, rows.Rows, c.count)
			for _, r := range rows.Rows {
				require.True(t, c.inside(all[r.OpportunityID].Connection), "%+v", r)
			}
		}
	})
}

// vendorUnknown holds that a vendor gets the same answer for the dimension of vendors as for one that nobody knows.
func vendorUnknown(t *testing.T, g *Golden, s warehouse.Store) {
	who := warehouse.VendorScope(g.Acme)
	ask := func(by warehouse.Dimension) []string {
		a := warehouse.Ask{Period: Quarter(1), AsOf: Midyear, By: by}
		_, won := s.Won(t.Context(), who, a)
		_, lost := s.Lost(t.Context(), who, a)
		_, open := s.AmountOpen(t.Context(), who, a)
		_, rate := s.WinRate(t.Context(), who, a)
		_, rows := s.Rows(t.Context(), who, a, warehouse.Cell{Metric: warehouse.MetricWon, Key: g.Acme.String()}, 1, 0)
		var texts []string
		for _, err := range []error{won, lost, open, rate, rows} {
			require.Error(t, err, by)
			texts = append(texts, strings.ReplaceAll(err.Error(), string(by), "..."))
		}
		return texts
	}
	require.Equal(t, ask("phase"), ask(warehouse.ByVendor))
}

func testEmpty(t *testing.T, open func(t testing.TB) warehouse.Store) {
	s := open(t)
	ask := warehouse.Ask{Period: Quarter(1), AsOf: Midyear}
	c, ok, err := s.Checkpoint(t.Context())
	require.NoError(t, err)
	require.False(t, ok)
	require.Zero(t, c)
	mark, err := s.Watermark(t.Context())
	require.NoError(t, err)
	require.Zero(t, mark)
	_, err = s.Won(t.Context(), warehouse.EverythingScope(), ask)
	require.ErrorIs(t, err, warehouse.ErrNotReady)
	zero, err := s.Won(t.Context(), warehouse.Scope{}, ask)
	require.NoError(t, err, "who sees nothing is not told that there is nothing")
	require.Empty(t, zero.Rows)

	empty := NewChannel()
	empty.lsn = 2000
	empty.Load(t.Context(), t, s)
	g := NewGolden()
	for _, a := range []warehouse.Ask{ask, {Period: Quarter(1), AsOf: Midyear, KnownAt: Midyear}} {
		require.Zero(t, anything(t, s, warehouse.EverythingScope(), a, g.cells()...))
	}
	_, err = s.Won(t.Context(), warehouse.EverythingScope(), warehouse.Ask{Period: Quarter(1)})
	require.Error(t, err, "the instant is missing")
	_, err = s.Won(t.Context(), warehouse.EverythingScope(), warehouse.Ask{Period: Quarter(1), AsOf: Midyear, By: "phase of the moon"})
	require.Error(t, err)
	_, err = s.AmountOpen(t.Context(), warehouse.EverythingScope(), warehouse.Ask{AsOf: Midyear, By: warehouse.ByDay})
	require.Error(t, err, "an instant has no days")
	_, err = s.Rows(t.Context(), warehouse.EverythingScope(), ask, warehouse.Cell{Metric: warehouse.MetricFunnel, Part: "nothing"}, 1, 0)
	require.Error(t, err)
}

func testTime(t *testing.T, open func(t testing.TB) warehouse.Store) {
	s := open(t)
	c, k, p := simple()
	// The quarter of an organisation at UTC+2 ends at 22:00 UTC.
	end := At("2025-03-31 22:00")
	for i, at := range []time.Time{end.Add(-time.Microsecond), end, end.Add(time.Microsecond)} {
		c.OpportunityWithID(ID(at.String()), k, p, Event{EffectiveAt: at.In(time.FixedZone("+2", 7200)), Stage: p.Stage("Won"), Amount: Amount([]string{"1", "10", "100"}[i]), Currency: "EUR"})
	}
	c.Load(t.Context(), t, s)
	ask := warehouse.Ask{Period: warehouse.Period{From: At("2024-12-31 22:00"), To: end}, AsOf: At("2026-01-01"), By: warehouse.ByDay, UTCOffset: 2 * time.Hour}
	before, err := s.Won(t.Context(), warehouse.VendorScope(k.Vendor), ask)
	require.NoError(t, err)
	requireTallies(t, []warehouse.Tally{row("2025-03-31", "EUR", 1, "1")}, before.Rows)
	ask.Period = warehouse.Period{From: end.In(time.FixedZone("+2", 7200)), To: At("2025-07-01")}
	after, err := s.Won(t.Context(), warehouse.VendorScope(k.Vendor), ask)
	require.NoError(t, err)
	requireTallies(t, []warehouse.Tally{row("2025-04-01", "EUR", 2, "110")}, after.Rows)
	rows, err := s.Rows(t.Context(), warehouse.VendorScope(k.Vendor), ask, warehouse.Cell{Metric: warehouse.MetricWon, Key: "2025-04-01"}, 10, 0)
	require.NoError(t, err)
	require.Equal(t, []time.Time{end.Add(time.Microsecond), end}, []time.Time{rows.Rows[0].At, rows.Rows[1].At})
	ask.AsOf = end
	upTo, err := s.Won(t.Context(), warehouse.VendorScope(k.Vendor), ask)
	require.NoError(t, err)
	requireTallies(t, []warehouse.Tally{row("2025-04-01", "EUR", 1, "10")}, upTo.Rows)
}

// testSummerTime holds that days are those of the people where the clocks go forward and back: Berlin in 2025.
func testSummerTime(t *testing.T, open func(t testing.TB) warehouse.Store) {
	s := open(t)
	c, k, p := simple()
	for i, at := range []string{
		"2025-03-29 22:59", "2025-03-29 23:00", // midnight is at 23:00 UTC in winter
		"2025-03-30 00:59:59", "2025-03-30 01:00", // two o'clock, and the three o'clock that follows it
		"2025-03-30 21:59", "2025-03-30 22:00", // and midnight at 22:00 UTC in summer
		"2025-10-25 21:59", "2025-10-25 22:00", "2025-10-26 22:30", "2025-10-26 23:00",
	} {
		c.OpportunityWithID(ID(at), k, p, Event{EffectiveAt: At(at), Stage: p.Stage("Won"), Amount: decimal.New(1, int32(i)), Currency: "EUR"})
	}
	c.Load(t.Context(), t, s)
	ask := warehouse.Ask{
		Period: warehouse.Period{From: At("2024-12-31 23:00"), To: At("2025-12-31 23:00")}, AsOf: At("2026-01-01"), By: warehouse.ByDay, UTCOffset: time.Hour,
		Switches: []warehouse.Switch{{At: At("2025-03-30 01:00"), UTCOffset: 2 * time.Hour}, {At: At("2025-10-26 01:00"), UTCOffset: time.Hour}},
	}
	want := []warehouse.Tally{
		row("2025-03-29", "EUR", 1, "1"), row("2025-03-30", "EUR", 4, "11110"), row("2025-03-31", "EUR", 1, "100000"),
		row("2025-10-25", "EUR", 1, "1000000"), row("2025-10-26", "EUR", 2, "110000000"), row("2025-10-27", "EUR", 1, "1000000000"),
	}
	for _, known := range []time.Time{{}, At("2026-01-01")} {
		ask.KnownAt = known
		answer, err := s.Won(t.Context(), warehouse.VendorScope(k.Vendor), ask)
		require.NoError(t, err)
		requireTallies(t, want, answer.Rows)
		for _, day := range want {
			rows, err := s.Rows(t.Context(), warehouse.VendorScope(k.Vendor), ask, warehouse.Cell{Metric: warehouse.MetricWon, Key: day.Key}, 10, 0)
			require.NoError(t, err)
			require.Len(t, rows.Rows, int(day.Count), day.Key)
		}
	}
}

func testValues(t *testing.T, open func(t testing.TB) warehouse.Store) {
	s := open(t)
	c, k, p := simple()
	// The largest amounts, and one that no binary fraction holds: a float would lose the cents.
	const largest = "9999999999999999.99"
	for i, amount := range []string{largest, largest, "0.10", "0.20", "0"} {
		c.OpportunityWithID(ID(string(rune('a'+i))), k, p, Event{EffectiveAt: At("2025-01-01"), Stage: p.Stage("Won"), Amount: Amount(amount), Currency: "EUR"})
	}
	odd := "a'b\"; DROP TABLE -- ü\u202e日本"
	c.OpportunityWithID(ID("odd"), Connection{Vendor: k.Vendor, Region: odd}, p, Event{EffectiveAt: At("1950-06-01"), Stage: p.Stage("Won"), Amount: Amount("1"), Currency: "XXX", Region: odd})
	c.Load(t.Context(), t, s)
	ask := warehouse.Ask{Period: warehouse.Period{From: At("1900-01-01"), To: At("2100-01-01")}, AsOf: At("2100-01-01"), By: warehouse.ByRegion}
	answer, err := s.Won(t.Context(), warehouse.VendorScope(k.Vendor), ask)
	require.NoError(t, err)
	requireTallies(t, inOrder(row("", "EUR", 5, "20000000000000000.28"), row(odd, "XXX", 1, "1")), answer.Rows)
	rows, err := s.Rows(t.Context(), warehouse.VendorScope(k.Vendor), ask, warehouse.Cell{Metric: warehouse.MetricWon, Key: odd}, 10, 0)
	require.NoError(t, err)
	require.Len(t, rows.Rows, 1)
	require.Equal(t, At("1950-06-01"), rows.Rows[0].At)
}
