package warehousetest

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// held says whose some opportunities of the golden channel are, and loads them: 5 and 1 are Sue's, 11 is Ann's and
// South Ltd's own one Tom's, as is its direct sale; 5 is of the type Big and 16 of the type Small; the connection of 6 has ended.
func (g *Golden) held(t *testing.T, s warehouse.Store) {
	t.Helper()
	holders := map[uuid.UUID]Holder{}
	for name, h := range map[string]Holder{
		"1": {Contact: ID("Sue")}, "5": {Contact: ID("Sue"), Type: ID("Big")}, "6": {Frozen: true}, "16": {Type: ID("Small")},
		"11": {Member: ID("Ann")}, "own": {Member: ID("Tom")}, "sd": {Member: ID("Tom")},
	} {
		holders[ID("opportunity "+name)] = h
	}
	for _, o := range g.Opportunities() {
		if h, ok := holders[o.ID]; ok {
			o.Held(h)
		}
	}
	g.Load(t.Context(), t, s)
}

func (g *Golden) connection(vendor, partner uuid.UUID) uuid.UUID {
	return ID("connection " + vendor.String() + partner.String())
}

// testBranches holds every kind of branch against the number of won opportunities in the first quarter, by hand.
// Acme: 1 1000, 15 100, 16 250 through North; 5 4000, 6 800 through South; 11 5000 direct. South Ltd's own: 77;
// as a vendor d1 3000 through Below Ltd, sd 450 direct.
func testBranches(t *testing.T, open func(t testing.TB) warehouse.Store) {
	g, s := loadedGolden(t, open)
	g.held(t, s)
	north, south, below := g.connection(g.Acme, g.North), g.connection(g.Acme, g.South), g.connection(g.South, g.Below)
	of := func(part warehouse.Part, change func(*warehouse.Branch)) warehouse.Branch {
		b := warehouse.Branch{Part: part, AllTypes: true, Fields: warehouse.Fields}
		if change != nil {
			change(&b)
		}
		return b
	}
	links := func(ids ...uuid.UUID) warehouse.Branch {
		return of(warehouse.PartConnections, func(b *warehouse.Branch) { b.Connections = ids })
	}
	own := of(warehouse.PartUnconnected, nil)
	mine := func(who string) warehouse.Branch {
		return of(warehouse.PartUnconnected, func(b *warehouse.Branch) { b.Private, b.Membership = true, ID(who) })
	}
	living, sues, untyped, big := links(south), links(south), links(north, south), links(north, south)
	living.Living = true
	sues.Private, sues.Contacts = true, []uuid.UUID{ID("Sue"), ID("somebody")}
	untyped.AllTypes = false
	big.AllTypes, big.RecordTypes = false, []uuid.UUID{ID("Big")}
	others := of(warehouse.PartOthers, func(b *warehouse.Branch) { b.Partner, b.Living = g.North, true })
	nothing := warehouse.Branch{AllTypes: true, Fields: warehouse.Fields}
	for _, c := range []struct {
		name   string
		who    warehouse.Scope
		count  int64
		amount string
	}{
		{"vendor, whole", warehouse.NewScope(warehouse.VendorWall, g.Acme, of(warehouse.PartAll, nil)), 6, "11150"},
		{"vendor, direct business", warehouse.NewScope(warehouse.VendorWall, g.Acme, own), 1, "5000"},
		{"vendor, one's own direct business", warehouse.NewScope(warehouse.VendorWall, g.Acme, mine("Ann")), 1, "5000"},
		{"vendor, nobody's direct business", warehouse.NewScope(warehouse.VendorWall, g.Acme, mine("Tom")), 0, ""},
		{"vendor, a managed connection", warehouse.NewScope(warehouse.VendorWall, g.Acme, links(north)), 3, "1350"},
		{"vendor, managed connections and one's own", warehouse.NewScope(warehouse.VendorWall, g.Acme, links(north, south), mine("Ann")), 6, "11150"},
		{"vendor, a connection of another vendor", warehouse.NewScope(warehouse.VendorWall, g.Acme, links(g.connection(g.Bolt, g.Shared))), 0, ""},
		{"vendor, no connection", warehouse.NewScope(warehouse.VendorWall, g.Acme, links()), 0, ""},
		{"vendor, types", warehouse.NewScope(warehouse.VendorWall, g.Acme, untyped), 3, "1900"},
		{"vendor, types and none", warehouse.NewScope(warehouse.VendorWall, g.Acme, big), 4, "5900"},
		{"partner, own business", warehouse.NewScope(warehouse.PartnerWall, g.South, own), 1, "77"},
		{"partner, one's own", warehouse.NewScope(warehouse.PartnerWall, g.South, mine("Tom")), 1, "77"},
		{"partner, a connection", warehouse.NewScope(warehouse.PartnerWall, g.South, links(south)), 2, "4800"},
		{"partner, what has not ended", warehouse.NewScope(warehouse.PartnerWall, g.South, living), 1, "4000"},
		{"partner, one's own in a connection", warehouse.NewScope(warehouse.PartnerWall, g.South, sues), 1, "4000"},
		{"partner, all", warehouse.NewScope(warehouse.PartnerWall, g.South, own, links(south)), 3, "4877"},
		{"partner, a connection of others", warehouse.NewScope(warehouse.PartnerWall, g.South, links(north)), 0, ""},
		{"all partners", warehouse.NewScope(warehouse.VendorWall, g.Acme, links(north), others), 4, "5350"},
		{"the middle as a vendor, whole", warehouse.NewScope(warehouse.VendorWall, g.South, of(warehouse.PartAll, nil)), 2, "3450"},
		{"the middle as a vendor, direct business", warehouse.NewScope(warehouse.VendorWall, g.South, own), 1, "450"},
		{"the middle as a vendor, one's own", warehouse.NewScope(warehouse.VendorWall, g.South, mine("Tom")), 1, "450"},
		{"the middle as a vendor, its channel", warehouse.NewScope(warehouse.VendorWall, g.South, links(below)), 1, "3000"},
		{"the middle as a vendor, what it sells for another", warehouse.NewScope(warehouse.VendorWall, g.South, links(south)), 0, ""},
		{"the middle as a partner, its channel", warehouse.NewScope(warehouse.PartnerWall, g.South, links(below)), 0, ""},
		{"the middle as a partner, both tiers", warehouse.NewScope(warehouse.PartnerWall, g.South, own, links(south, below)), 3, "4877"},
		{"below, all", warehouse.NewScope(warehouse.PartnerWall, g.Below, own, links(below)), 1, "3000"},
		{"below, the tier above", warehouse.NewScope(warehouse.PartnerWall, g.Below, own, links(south)), 0, ""},
		{"the vendor above, the tier below", warehouse.NewScope(warehouse.VendorWall, g.Acme, links(below)), 0, ""},
		{"nothing", warehouse.NewScope(warehouse.VendorWall, g.Acme, nothing), 0, ""},
		{"no branch", warehouse.NewScope(warehouse.VendorWall, g.Acme), 0, ""},
		{"nobody", warehouse.NewScope(warehouse.PartnerWall, uuid.Nil, own), 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, until := range []uint64{0, g.LSN() - 1} {
				a := warehouse.Ask{Period: Quarter(1), AsOf: Midyear, UntilLSN: until}
				answer, err := s.Won(t.Context(), c.who, a)
				require.NoError(t, err)
				rows, err := s.Rows(t.Context(), c.who, a, warehouse.Cell{Metric: warehouse.MetricWon}, 100, 0)
				require.NoError(t, err)
				require.Len(t, rows.Rows, int(c.count))
				if c.count == 0 {
					require.Empty(t, answer.Rows)
					continue
				}
				requireTallies(t, []warehouse.Tally{row("", "EUR", c.count, c.amount)}, answer.Rows)
				requireUntold(t, answer, g.North, g.South, g.Acme, g.Below, north, south, below, ID("Sue"), ID("Ann"), ID("Big"))
			}
		})
	}
}

// requireUntold holds that a statement and its parameters tell none of these ids.
func requireUntold[T any](t *testing.T, a warehouse.Answer[T], ids ...uuid.UUID) {
	t.Helper()
	for _, id := range ids {
		require.NotContains(t, a.SQL, id.String())
		for name, value := range a.Params {
			require.NotContains(t, fmt.Sprint(value), id.String(), name)
		}
	}
}

// testFields holds that what depends on a hidden field is as unknown as what nobody knows, and that counts go on
// without amounts.
func testFields(t *testing.T, open func(t testing.TB) warehouse.Store) {
	g, s := loadedGolden(t, open)
	a := warehouse.Ask{Period: Quarter(2), AsOf: Midyear}
	blind := warehouse.NewScope(warehouse.VendorWall, g.Acme, warehouse.Branch{Part: warehouse.PartAll, AllTypes: true, Fields: []warehouse.Field{warehouse.FieldStage}})
	// 5 and 6 taken back, 5 again, 10, and 13 in another currency: 3 less 2.
	won, err := s.Won(t.Context(), blind, a)
	require.NoError(t, err)
	requireTallies(t, []warehouse.Tally{row("", "", 1, "0")}, won.Rows)
	rows, err := s.Rows(t.Context(), blind, a, warehouse.Cell{Metric: warehouse.MetricWon}, 10, 0)
	require.NoError(t, err)
	require.Len(t, rows.Rows, 5)
	for _, r := range rows.Rows {
		require.True(t, r.Amount.IsZero() && r.Currency == "", "%+v", r)
	}
	for name, ask := range map[string]warehouse.Ask{
		`the dimension "partner" is not known`: {Period: a.Period, AsOf: a.AsOf, By: warehouse.ByPartner},
		`the dimension "region" is not known`:  {Period: a.Period, AsOf: a.AsOf, By: warehouse.ByRegion},
		`the dimension "tier" is not known`:    {Period: a.Period, AsOf: a.AsOf, By: warehouse.ByTier},
		`the dimension "phase" is not known`:   {Period: a.Period, AsOf: a.AsOf, By: "phase"},
		`the bound "known_at" is not known`:    {Period: a.Period, AsOf: a.AsOf, KnownAt: a.AsOf},
		`the filter "partner" is not known`:    {Period: a.Period, AsOf: a.AsOf, Filter: warehouse.Filter{Partners: []uuid.UUID{g.North}}},
		`the filter "region" is not known`:     {Period: a.Period, AsOf: a.AsOf, Filter: warehouse.Filter{Regions: []string{"North"}}},
		`the filter "tier" is not known`:       {Period: a.Period, AsOf: a.AsOf, Filter: warehouse.Filter{Tiers: []string{"gold"}}},
		`the filter "product" is not known`:    {Period: a.Period, AsOf: a.AsOf, Filter: warehouse.Filter{Products: []uuid.UUID{g.Pump}}},
		`the filter "family" is not known`:     {Period: a.Period, AsOf: a.AsOf, Filter: warehouse.Filter{Families: []string{"Service"}}},
		`the filter "currency" is not known`:   {Period: a.Period, AsOf: a.AsOf, Filter: warehouse.Filter{Currency: "EUR"}},
	} {
		_, err := s.Won(t.Context(), blind, ask)
		require.EqualError(t, err, name)
	}
	stageless := warehouse.NewScope(warehouse.VendorWall, g.Acme, warehouse.Branch{Part: warehouse.PartAll, AllTypes: true, Fields: []warehouse.Field{warehouse.FieldAmount}})
	for m, ask := range map[warehouse.Metric]func() error{
		warehouse.MetricWon:        func() error { _, err := s.Won(t.Context(), stageless, a); return err },
		warehouse.MetricLost:       func() error { _, err := s.Lost(t.Context(), stageless, a); return err },
		warehouse.MetricAmountOpen: func() error { _, err := s.AmountOpen(t.Context(), stageless, a); return err },
		warehouse.MetricWinRate:    func() error { _, err := s.WinRate(t.Context(), stageless, a); return err },
		warehouse.MetricFunnel:     func() error { _, err := s.Funnel(t.Context(), stageless, a); return err },
	} {
		require.EqualError(t, ask(), `the metric "`+string(m)+`" is not known`)
	}
	briefing, err := s.Briefing(t.Context(), stageless, a)
	require.NoError(t, err)
	require.Len(t, briefing.Rows, 1)
	require.Equal(t, [3]any{"new", "EUR", int64(1)}, [3]any{briefing.Rows[0].Event, briefing.Rows[0].Currency, briefing.Rows[0].Count}, "17")
	_, err = s.Rows(t.Context(), stageless, a, warehouse.Cell{Metric: warehouse.MetricBriefing, Event: "won"}, 10, 0)
	require.EqualError(t, err, `the event "won" is not known`)
}
