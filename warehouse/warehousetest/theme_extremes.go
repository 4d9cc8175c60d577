package warehousetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

func testExtremes(t *testing.T, open func(t testing.TB) warehouse.Store) {
	t.Run("texts", func(t *testing.T) { testTexts(t, open(t)) })
	t.Run("empty texts and null", func(t *testing.T) { testEmptyTexts(t, open(t)) })
	t.Run("instants", func(t *testing.T) { testInstants(t, open(t)) })
	t.Run("amounts", func(t *testing.T) { testAmounts(t, open(t)) })
	t.Run("long lists", func(t *testing.T) { testLongLists(t, open(t)) })
}

// always is a question about all that ever happened.
func always() warehouse.Ask {
	return warehouse.Ask{Period: warehouse.Period{From: At("0001-01-02"), To: At("9999-12-31")}, AsOf: At("9999-12-31")}
}

// testTexts asks for texts that mean something to an engine, or to what carries them there.
func testTexts(t *testing.T, s warehouse.Store) {
	texts := []string{
		`'`, `"`, "`", `\`, `\\`, `\'`, `\N`, `\t`, `\x41`, "\t", "\n", "\r", "\r\n", " ", "a ", "\u00a0", "\b\f\x1b", `%`, `_`, `{region_1:String}`, `$region_1`, `?`, `@key`, ";", "--", "/*",
		"NULL", "null", "nan", "true", "[1]", "(1)", "0", "2025-01-01", "🦊", "e\u0301", "é", "\u202e", "\ufeff", strings.Repeat("long", 5000),
	}
	c, k, p := simple()
	for i, text := range texts {
		name := fmt.Sprint(i)
		c.OpportunityWithID(ID(name), Connection{Vendor: k.Vendor}, p, Event{EffectiveAt: At("2025-01-01"), Stage: p.Stage("Won"), Amount: Amount("1"), Currency: text, Region: text, Tier: text}).
			Line(c.Product(k.Vendor, name, text), "1", "1")
	}
	c.Load(t.Context(), t, s)
	who, byRegion := warehouse.VendorScope(k.Vendor), always()
	byRegion.By = warehouse.ByRegion
	all, err := s.Won(t.Context(), who, byRegion)
	require.NoError(t, err)
	require.Len(t, all.Rows, len(texts))
	for i, text := range texts {
		ask := byRegion
		ask.Filter = warehouse.Filter{Regions: []string{text}, Tiers: []string{"another", text}, Families: []string{text}, Currency: text}
		rows, err := s.Rows(t.Context(), who, ask, warehouse.Cell{Metric: warehouse.MetricWon, Key: text}, 10, 0)
		require.NoError(t, err, "%q", text)
		require.Len(t, rows.Rows, 1, "%q", text)
		require.Equal(t, [2]any{ID(fmt.Sprint(i)), text}, [2]any{rows.Rows[0].OpportunityID, rows.Rows[0].Currency})
		require.True(t, slices.ContainsFunc(all.Rows, func(r warehouse.Tally) bool { return r.Key == text && r.Currency == text && r.Count == 1 }), "%q", text)
	}
	for _, never := range []string{"\x00", "a\x00", "' \x00"} { // Postgres keeps no such text, and a caller may ask for it all the same
		ask := byRegion
		ask.Filter = warehouse.Filter{Regions: []string{never, "'"}, Tiers: []string{never, "'"}}
		rows, err := s.Rows(t.Context(), who, ask, warehouse.Cell{Metric: warehouse.MetricWon, Key: never}, 10, 0)
		require.NoError(t, err, "%q", never)
		require.Empty(t, rows.Rows)
	}
}

// testEmptyTexts holds that both are one key, as nobody sees a difference, and that only the empty text is asked for by it.
func testEmptyTexts(t *testing.T, s warehouse.Store) {
	c, k, p := simple()
	for i, region := range []any{nil, "", "North"} {
		o := c.OpportunityWithID(ID(fmt.Sprint(i)), Connection{Vendor: k.Vendor}, p, Event{EffectiveAt: At("2025-01-01"), Stage: p.Stage("Qualify"), Amount: Amount("1"), Currency: "EUR"})
		row := o.HistoryRow(o.Latest())
		row["version"], row["seq"], row["region"], row["tier"], row["stage_id"], row["stage_type"], row["stage_position"] = 2, 100+i, region, region, p.Stage("Won").ID, "won", p.Stage("Won").Position
		c.Transaction(func() { c.Row(warehouse.OpInsert, "opportunity_history", row) })
	}
	c.Load(t.Context(), t, s)
	for _, known := range []time.Time{{}, At("2000-01-01"), At("2026-01-01")} {
		ask := always()
		ask.KnownAt = known
		for by, filter := range map[warehouse.Dimension]warehouse.Filter{warehouse.ByRegion: {Regions: []string{""}}, warehouse.ByTier: {Tiers: []string{""}}} {
			ask.By, ask.Filter = by, warehouse.Filter{}
			answer, err := s.Won(t.Context(), warehouse.VendorScope(k.Vendor), ask)
			require.NoError(t, err)
			if known.Year() == 2000 {
				require.Empty(t, answer.Rows)
				continue
			}
			requireTallies(t, []warehouse.Tally{row("", "EUR", 2, "2"), row("North", "EUR", 1, "1")}, answer.Rows)
			rows, err := s.Rows(t.Context(), warehouse.VendorScope(k.Vendor), ask, warehouse.Cell{Metric: warehouse.MetricWon}, 10, 0)
			require.NoError(t, err)
			require.Len(t, rows.Rows, 2)
			ask.Filter = filter
			answer, err = s.Won(t.Context(), warehouse.VendorScope(k.Vendor), ask)
			require.NoError(t, err)
			requireTallies(t, []warehouse.Tally{row("", "EUR", 1, "1")}, answer.Rows)
		}
	}
}

// testInstants asks for days long ago and far away, from derived rows and from the history.
func testInstants(t *testing.T, s warehouse.Store) {
	c, k, p := simple()
	when := map[uuid.UUID]time.Time{}
	for _, at := range []string{"0001-01-03 13:00", "1582-10-10", "1815-06-18 11:30", "1899-12-31 23:59:59", "1969-12-31 23:59:59", "1970-01-01", "2299-12-31 23:59:59", "2300-01-01", "2554-07-21", "9999-12-30"} {
		c.OpportunityWithID(ID(at), k, p, Event{EffectiveAt: At(at), Stage: p.Stage("Won"), Amount: Amount("1"), Currency: "EUR"})
		when[ID(at)] = At(at)
	}
	slow := c.OpportunityWithID(ID("slow"), k, p, Event{EffectiveAt: At("1700-01-01"), Stage: p.Stage("Qualify"), Amount: Amount("1"), Currency: "USD"})
	won := slow.Latest()
	won.EffectiveAt, won.RecordedAt, won.Stage = At("2600-01-01"), time.Time{}, p.Stage("Lost")
	slow.Add(won)
	c.Load(t.Context(), t, s)
	days := map[time.Duration][]string{
		0:               {"0001-01-03", "1582-10-10", "1815-06-18", "1899-12-31", "1969-12-31", "1970-01-01", "2299-12-31", "2300-01-01", "2554-07-21", "9999-12-30"},
		-14 * time.Hour: {"0001-01-02", "1582-10-09", "1815-06-17", "1899-12-31", "1969-12-31", "1969-12-31", "2299-12-31", "2299-12-31", "2554-07-20", "9999-12-29"},
		14 * time.Hour:  {"0001-01-04", "1582-10-10", "1815-06-19", "1900-01-01", "1970-01-01", "1970-01-01", "2300-01-01", "2300-01-01", "2554-07-21", "9999-12-30"},
	}
	who := warehouse.VendorScope(k.Vendor)
	for _, known := range []time.Time{{}, At("9999-12-31"), At("2590-01-01")} {
		for offset, keys := range days {
			ask := always()
			ask.By, ask.UTCOffset, ask.KnownAt = warehouse.ByDay, offset, known
			answer, err := s.Won(t.Context(), who, ask)
			require.NoError(t, err)
			count := map[string]int64{}
			for _, key := range keys {
				if known.Year() != 2590 || key < "2590" {
					count[key]++
				}
			}
			require.Len(t, answer.Rows, len(count))
			last := ""
			for _, r := range answer.Rows {
				require.Equal(t, count[r.Key], r.Count, r.Key)
				require.Greater(t, r.Key, last, "in the order of days")
				last = r.Key
				if r.Count == 1 && offset != 0 {
					continue // days of two cost enough
				}
				rows, err := s.Rows(t.Context(), who, ask, warehouse.Cell{Metric: warehouse.MetricWon, Key: r.Key}, 10, 0)
				require.NoError(t, err)
				require.Len(t, rows.Rows, int(r.Count))
				for _, ref := range rows.Rows {
					require.Equal(t, when[ref.OpportunityID], ref.At)
				}
			}
		}
		rows, err := s.Rows(t.Context(), who, warehouse.Ask{Period: always().Period, AsOf: always().AsOf, By: warehouse.ByDay, KnownAt: known}, warehouse.Cell{Metric: warehouse.MetricWon, Key: "20000"}, 10, 0)
		require.NoError(t, err)
		require.Empty(t, rows.Rows, "a number of days is no day")
	}
	funnel, err := s.Funnel(t.Context(), who, always())
	require.NoError(t, err)
	for _, f := range funnel.Rows {
		if f.Currency == "USD" && f.Name == "Qualify" {
			require.InDelta(t, 900*365+218, *f.MedianDays, 1e-9, "900 years, 218 of them leap years")
		}
	}
}

// testAmounts adds the largest amounts up in every metric, and reads them back.
func testAmounts(t *testing.T, s warehouse.Store) {
	const largest = "9999999999999999.99"
	c, k, p := simple()
	product := c.Product(k.Vendor, "Pump", "Hardware")
	for i := range 30 {
		o := c.Opportunity(fmt.Sprint(i), k, p, "2025-01-01", "Qualify", largest, "EUR").Line(product, "99999999999999.9999", largest).Move("2025-02-01", "Won")
		if i%3 == 0 {
			o.Reopen("2025-03-01", "Qualify")
		}
		if i%3 == 1 {
			o.Reopen("2025-03-01", "Qualify").Move("2025-04-01", "Lost")
		}
	}
	c.Load(t.Context(), t, s)
	times := func(n int64) string { return Amount(largest).Mul(Amount(fmt.Sprint(n))).String() }
	march := always()
	march.Period = warehouse.Period{From: At("2025-03-01"), To: At("2025-04-01")}
	for _, known := range []time.Time{{}, At("2024-01-01"), At("2100-01-01")} {
		all, reopened := always(), march
		all.KnownAt, reopened.KnownAt = known, known
		if known.Year() == 2024 {
			answer, err := s.Won(t.Context(), warehouse.VendorScope(k.Vendor), all)
			require.NoError(t, err)
			require.Empty(t, answer.Rows)
			continue
		}
		for _, x := range []struct {
			metric warehouse.Metric
			ask    warehouse.Ask
			count  int64
		}{{warehouse.MetricWon, all, 10}, {warehouse.MetricLost, all, 10}, {warehouse.MetricAmountOpen, all, 10}, {warehouse.MetricWon, reopened, -20}} {
			got, err := tallies(t.Context(), s, x.metric, warehouse.VendorScope(k.Vendor), x.ask)
			require.NoError(t, err)
			requireTallies(t, []warehouse.Tally{row("", "EUR", x.count, times(x.count))}, got)
		}
		funnel, err := s.Funnel(t.Context(), warehouse.VendorScope(k.Vendor), all)
		require.NoError(t, err)
		require.Equal(t, []string{times(30), times(10)}, []string{funnel.Rows[0].Amount.String(), funnel.Rows[0].AmountWon.String()})
		briefing, err := s.Briefing(t.Context(), warehouse.VendorScope(k.Vendor), all)
		require.NoError(t, err)
		require.Equal(t, []string{times(30), times(20)}, []string{briefing.Rows[0].Amount.String(), briefing.Rows[6].Amount.String()})
	}
	v := view(t, s)
	for table, column := range map[string]string{"opportunity": "vendor_net_amount", "opportunity_history": "vendor_net_amount", "opportunity_line": "unit_price"} {
		_, rows := scanned(t, v, table, warehouse.KeySpan{})
		require.NotZero(t, rows.Len())
		for _, n := range rows.Columns[rows.Table.Index(column)].Ints {
			require.EqualValues(t, 999_999_999_999_999_999, n, table)
		}
	}
}

// testLongLists asks with lists longer than anybody's.
func testLongLists(t *testing.T, s warehouse.Store) {
	c, k, p := simple()
	product := c.Product(k.Vendor, "Pump", "Hardware")
	c.Opportunity("1", k, p, "2025-01-01", "Won", "10", "EUR").Line(product, "1", "1").Held(Holder{Contact: ID("Sue"), Type: ID("Big")})
	c.Load(t.Context(), t, s)
	among := func(one uuid.UUID, n int) []uuid.UUID {
		ids := make([]uuid.UUID, n)
		for i := range ids {
			ids[i] = uuid.New()
		}
		ids[n/2] = one
		return ids
	}
	branch := warehouse.Branch{
		Part: warehouse.PartConnections, Connections: among(k.ID, 20_000), Private: true, Contacts: among(ID("Sue"), 2000), RecordTypes: among(ID("Big"), 200), Fields: warehouse.Fields,
	}
	texts := make([]string, 1000)
	for i := range texts {
		texts[i] = fmt.Sprint("a region of a long name, and of number ", i)
	}
	north, gold, hardware := append(texts[:999:999], k.Region), append(texts[:999:999], k.Tier), append(texts[:999:999], "Hardware")
	who := warehouse.NewScope(warehouse.VendorWall, k.Vendor, branch)
	for _, known := range []time.Time{{}, At("2024-12-31")} { // the history is looked at, and was not known
		ask := always()
		ask.KnownAt = known
		for i, f := range []warehouse.Filter{
			{},
			{Partners: among(k.Partner, 1000), Products: among(product, 1000), Processes: among(p.ID, 1000)},
			{Regions: north, Tiers: gold, Families: hardware},
		} {
			ask.Filter = f
			won, err := s.Won(t.Context(), who, ask)
			require.NoError(t, err)
			funnel, err := s.Funnel(t.Context(), who, ask)
			require.NoError(t, err)
			if !known.IsZero() {
				require.Empty(t, won.Rows)
				require.Empty(t, funnel.Rows)
				continue
			}
			requireTallies(t, []warehouse.Tally{row("", "EUR", 1, "10")}, won.Rows)
			require.NotEmpty(t, funnel.Rows, "filter %d", i)
		}
	}
}
