package warehousetest

import (
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Quarter of 2025, as a half-open period.
func Quarter(n int) warehouse.Period {
	bounds := []string{"2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01", "2026-01-01"}
	return warehouse.Period{From: At(bounds[n-1]), To: At(bounds[n])}
}

// Midyear is the instant at which the golden channel is looked at.
var Midyear = At("2025-07-01")

// tallyAnswer is a hand-made answer; the rows are key, currency, count, amount.
type tallyAnswer struct {
	name  string
	who   warehouse.Scope
	ask   warehouse.Ask
	which warehouse.Metric
	rows  []warehouse.Tally
}

func row(key, currency string, count int64, amount string) warehouse.Tally {
	return warehouse.Tally{Key: key, Currency: currency, Count: count, Amount: Amount(amount)}
}

func (g *Golden) tallyAnswers() []tallyAnswer {
	acme := warehouse.VendorScope(g.Acme)
	q1, q2 := warehouse.Ask{Period: Quarter(1), AsOf: Midyear}, warehouse.Ask{Period: Quarter(2), AsOf: Midyear}
	by := func(a warehouse.Ask, d warehouse.Dimension) warehouse.Ask { a.By = d; return a }
	only := func(a warehouse.Ask, f warehouse.Filter) warehouse.Ask { a.Filter = f; return a }
	march := warehouse.Ask{AsOf: At("2025-03-01")}
	return []tallyAnswer{
		// 1 1000 · 5 4000 · 6 800 · 11 5000 · 15 100 · 16 250
		{"won in Q1", acme, q1, warehouse.MetricWon, []warehouse.Tally{row("", "EUR", 6, "11150")}},
		// EUR: 5 taken back 4000, 6 taken back 800, 5 again 4500, 10 1250.75 = 2 - 2 and 950.75; USD: 13 1000
		{"won in Q2", acme, q2, warehouse.MetricWon, []warehouse.Tally{row("", "EUR", 0, "950.75"), row("", "USD", 1, "1000")}},
		// 2 2000 · 8 700 · 20 90
		{"lost in Q1", acme, q1, warehouse.MetricLost, []warehouse.Tally{row("", "EUR", 3, "2790")}},
		// 12; 18 is lost at the first instant of Q3
		{"lost in Q2", acme, q2, warehouse.MetricLost, []warehouse.Tally{row("", "EUR", 1, "350")}},
		{"won in Q1 as of February 20", acme, warehouse.Ask{Period: Quarter(1), AsOf: At("2025-02-20")}, warehouse.MetricWon, // 16, 1, 6
			[]warehouse.Tally{row("", "EUR", 3, "2050")}},
		{"won in Q1 by region", acme, by(q1, warehouse.ByRegion), warehouse.MetricWon, // 11 · 1, 16 · 5, 6, 15
			[]warehouse.Tally{row("HQ", "EUR", 1, "5000"), row("North", "EUR", 2, "1250"), row("South", "EUR", 3, "4900")}},
		{
			"won in Q1 by tier", acme, by(q1, warehouse.ByTier), warehouse.MetricWon,
			[]warehouse.Tally{row("", "EUR", 1, "5000"), row("gold", "EUR", 2, "1250"), row("platinum", "EUR", 1, "100"), row("silver", "EUR", 2, "4800")},
		},
		{"won in Q1 by partner", acme, by(q1, warehouse.ByPartner), warehouse.MetricWon, inOrder( // 11 · 1, 15, 16 · 5, 6
			row("", "EUR", 1, "5000"), row(g.North.String(), "EUR", 3, "1350"), row(g.South.String(), "EUR", 2, "4800"))},
		{"won in Q1 by stage", acme, by(q1, warehouse.ByStage), warehouse.MetricWon, []warehouse.Tally{row(g.Standard.Stage("Won").ID.String(), "EUR", 6, "11150")}},
		{"won in Q2 by day", acme, by(q2, warehouse.ByDay), warehouse.MetricWon, []warehouse.Tally{
			row("2025-04-10", "EUR", -1, "-4000"), row("2025-05-15", "EUR", 1, "1250.75"),
			row("2025-05-20", "EUR", 1, "4500"), row("2025-06-01", "EUR", -1, "-800"), row("2025-06-10", "USD", 1, "1000"),
		}},
		{"won in Q1, hardware", acme, only(q1, warehouse.Filter{Families: []string{"Hardware"}}), warehouse.MetricWon, []warehouse.Tally{row("", "EUR", 1, "1000")}},
		{"lost in Q1, care", acme, only(q1, warehouse.Filter{Products: []uuid.UUID{g.Care}}), warehouse.MetricLost, []warehouse.Tally{row("", "EUR", 1, "2000")}},
		{"lost in Q1, a product of another family", acme, only(q1, warehouse.Filter{Products: []uuid.UUID{g.Care}, Families: []string{"Hardware"}}), warehouse.MetricLost, nil},
		{"won in Q1, direct", acme, only(q1, warehouse.Filter{Partners: []uuid.UUID{uuid.Nil}}), warehouse.MetricWon, []warehouse.Tally{row("", "EUR", 1, "5000")}},
		{"won in Q1, direct or North Ltd", acme, only(q1, warehouse.Filter{Partners: []uuid.UUID{uuid.Nil, g.North}}), warehouse.MetricWon, []warehouse.Tally{row("", "EUR", 4, "6350")}},
		{"won in Q1, South", acme, only(q1, warehouse.Filter{Regions: []string{"South"}}), warehouse.MetricWon, []warehouse.Tally{row("", "EUR", 3, "4900")}},
		{"won in Q1, South and silver", acme, only(q1, warehouse.Filter{Regions: []string{"South"}, Tiers: []string{"silver", "gold"}}), warehouse.MetricWon, []warehouse.Tally{row("", "EUR", 2, "4800")}},
		{"won in Q2, dollars", acme, only(q2, warehouse.Filter{Currency: "USD"}), warehouse.MetricWon, []warehouse.Tally{row("", "USD", 1, "1000")}},
		// 4 3000 · 6 900 · 7 600 · 9 1500 · 17 60 · 19 40; dollars: 14
		{"open at midyear", acme, q2, warehouse.MetricAmountOpen, []warehouse.Tally{row("", "EUR", 6, "6100"), row("", "USD", 1, "2000")}},
		// 4 3000 · 5 4000 · 7 600 · 8 700 · 9 1500 · 10 1000.50 · 12 350 · 15 100
		{"open on March 1", acme, march, warehouse.MetricAmountOpen, []warehouse.Tally{row("", "EUR", 8, "11250.50")}},
		{"open on March 1 by stage", acme, by(march, warehouse.ByStage), warehouse.MetricAmountOpen, g.byStage("4450.50", 4, "2100", 2)},
		{
			"open on March 1 by stage, as known on April 1", acme, by(warehouse.Ask{AsOf: At("2025-03-01"), KnownAt: At("2025-04-01")}, warehouse.ByStage), warehouse.MetricAmountOpen,
			g.byStage("5950.50", 5, "600", 1),
		}, // 9 was not yet known to have gone on
		{"South Ltd, won in Q1", warehouse.PartnerScope(g.South), q1, warehouse.MetricWon, []warehouse.Tally{row("", "EUR", 3, "4877")}}, // 5, 6 and its own
		{"South Ltd, won in Q1 by vendor", warehouse.PartnerScope(g.South), by(q1, warehouse.ByVendor), warehouse.MetricWon, // its own · 5, 6
			[]warehouse.Tally{row("", "EUR", 1, "77"), row(g.Acme.String(), "EUR", 2, "4800")}},
		{"South Ltd, lost in Q1 by vendor", warehouse.PartnerScope(g.South), by(q1, warehouse.ByVendor), warehouse.MetricLost, []warehouse.Tally{row(g.Acme.String(), "EUR", 1, "700")}}, // 8
		{"Shared Ltd, open at midyear by vendor", warehouse.PartnerScope(g.Shared), by(q1, warehouse.ByVendor), warehouse.MetricAmountOpen, // 9 · b2
			inOrder(row(g.Acme.String(), "EUR", 1, "1500"), row(g.Bolt.String(), "EUR", 1, "8000"))},
		{"Shared Ltd, won in Q1", warehouse.PartnerScope(g.Shared), q1, warehouse.MetricWon, []warehouse.Tally{row("", "EUR", 1, "10000")}},
		{"Bolt, won in Q1", warehouse.VendorScope(g.Bolt), q1, warehouse.MetricWon, []warehouse.Tally{row("", "EUR", 1, "10000")}},
		// In the middle of two tiers each side has its own: d1, sd · d2; as a partner 6, 7, 17, as before.
		{"South Ltd as a vendor, won in Q1", warehouse.VendorScope(g.South), q1, warehouse.MetricWon, []warehouse.Tally{row("", "EUR", 2, "3450")}},
		{"South Ltd as a vendor, won in Q1 by partner", warehouse.VendorScope(g.South), by(q1, warehouse.ByPartner), warehouse.MetricWon, inOrder(row("", "EUR", 1, "450"), row(g.Below.String(), "EUR", 1, "3000"))},
		{"South Ltd as a vendor, lost in Q1", warehouse.VendorScope(g.South), q1, warehouse.MetricLost, nil},
		{"South Ltd as a vendor, open at midyear", warehouse.VendorScope(g.South), q2, warehouse.MetricAmountOpen, []warehouse.Tally{row("", "EUR", 1, "600")}},
		{"South Ltd as a partner, open at midyear", warehouse.PartnerScope(g.South), q2, warehouse.MetricAmountOpen, []warehouse.Tally{row("", "EUR", 3, "1560")}},
		{"Below Ltd, won in Q1 by vendor", warehouse.PartnerScope(g.Below), by(q1, warehouse.ByVendor), warehouse.MetricWon, []warehouse.Tally{row(g.South.String(), "EUR", 1, "3000")}},
		{"all, won in Q1", warehouse.EverythingScope(), q1, warehouse.MetricWon, []warehouse.Tally{row("", "EUR", 10, "24677")}},
	}
}

// byStage: Qualify has 4, 10, 12, 15 (and 9), Propose has 7 (and 9), Negotiate has 5 and 8.
func (g *Golden) byStage(qualify string, inQualify int64, propose string, inPropose int64) []warehouse.Tally {
	return inOrder(row(g.Standard.Stage("Qualify").ID.String(), "EUR", inQualify, qualify), row(g.Standard.Stage("Propose").ID.String(), "EUR", inPropose, propose),
		row(g.Standard.Stage("Negotiate").ID.String(), "EUR", 2, "4700"))
}

// funnelAnswer is one stage: reached = went on + lost + disqualified + moved back + still here.
type funnelAnswer struct {
	stage                                                          string
	currency                                                       string
	reached, wentOn, lost, disqualified, movedBack, stillHere, won int64
	amount, amountWon                                              string
	median, p90                                                    float64 // -1: nobody was there
	open                                                           int64
}

// The cohort of Q1 at midyear, Acme.
var acmeFunnel = []funnelAnswer{
	// went on 1 2 4 5 8 9 10 11 15 · lost 12 18 · disqualified 3 · still here 6 7 19
	// days, sorted: 10 10 10 17 20 24 30 30 45 60 64 92 103 141 162: the 8th and the 14th of 15
	{"Qualify", "EUR", 15, 9, 2, 1, 0, 3, 5, "30259.99", "20599.99", 30, 141, 3},
	// went on 1 5 9 10 11 15 · lost 2 8 · moved back 6 7 · still here 4
	// 19 20 28 30 40 40 60 120: the 4th and the 8th of 8
	{"Propose", "EUR", 11, 6, 2, 0, 2, 1, 5, "29299.99", "20599.99", 30, 120, 1},
	// went on 1 5 10 11 15 · moved back 6 8 · still here 9
	// 10 20 42 103: the 2nd and the 4th of 4
	{"Negotiate", "EUR", 8, 5, 0, 0, 2, 1, 5, "23699.99", "20599.99", 20, 103, 1},
	// 13 won, 14 still in Qualify; 13 skipped Negotiate
	{"Qualify", "USD", 2, 1, 0, 0, 0, 1, 1, "3000", "1000", 20, 108, 1},
	{"Propose", "USD", 1, 1, 0, 0, 0, 0, 1, "1000", "1000", 77, 77, 0},
	{"Negotiate", "USD", 1, 1, 0, 0, 0, 0, 1, "1000", "1000", -1, -1, 0},
}

// The same of Shared Ltd for Bolt: b1 won, b2 still in Contact.
var boltFunnel = []funnelAnswer{
	{"Contact", "EUR", 2, 1, 0, 0, 0, 1, 1, "18000", "10000", 31, 150, 1},
	{"Offer", "EUR", 1, 1, 0, 0, 0, 0, 1, "10000", "10000", 28, 28, 0},
}

// The same of South Ltd for its own channel: d1 and sd won, d2 still in Talk. 21 50 146: the 2nd and the 3rd of 3.
var southFunnel = []funnelAnswer{
	{"Talk", "EUR", 3, 2, 0, 0, 0, 1, 2, "4050", "3450", 50, 146, 1},
	{"Deal", "EUR", 2, 2, 0, 0, 0, 0, 2, "3450", "3450", 19, 19, 0},
}

func event(name, currency string, count int64, amount string) warehouse.BriefingRow {
	return warehouse.BriefingRow{Event: name, Currency: currency, Count: count, Amount: Amount(amount)}
}

// Acme's briefings.
var acmeQ1 = []warehouse.BriefingRow{
	event("new", "EUR", 16, "20750.50"),        // all but 13, 14, 16 and 17, with what they were worth then
	event("moved_forward", "EUR", 10, "16000"), // 1 twice, 2, 4, 5, 7, 8 twice, 9 twice
	event("moved_back", "EUR", 2, "1300"),      // 7, 8
	event("won", "EUR", 6, "11150"), event("lost", "EUR", 3, "2790"), event("disqualified", "EUR", 1, "500"), event("reopened", "EUR", 0, "0"),
	event("new", "USD", 2, "3000"), event("moved_forward", "USD", 1, "1000"), event("moved_back", "USD", 0, "0"),
	event("won", "USD", 0, "0"), event("lost", "USD", 0, "0"), event("disqualified", "USD", 0, "0"), event("reopened", "USD", 0, "0"),
}

var acmeQ2 = []warehouse.BriefingRow{
	event("new", "EUR", 1, "60"), event("moved_forward", "EUR", 1, "1250.75"), event("moved_back", "EUR", 0, "0"),
	event("won", "EUR", 2, "5750.75"), event("lost", "EUR", 1, "350"), event("disqualified", "EUR", 0, "0"),
	event("reopened", "EUR", 2, "4900"), // 5 with 4000, 6 with 900: after the change
	event("new", "USD", 0, "0"), event("moved_forward", "USD", 0, "0"), event("moved_back", "USD", 0, "0"),
	event("won", "USD", 1, "1000"), event("lost", "USD", 0, "0"), event("disqualified", "USD", 0, "0"), event("reopened", "USD", 0, "0"),
}

// South Ltd's as a vendor: d1, d2, sd.
var southQ1 = []warehouse.BriefingRow{
	event("new", "EUR", 3, "4050"), event("moved_forward", "EUR", 1, "3000"), event("moved_back", "EUR", 0, "0"),
	event("won", "EUR", 2, "3450"), event("lost", "EUR", 0, "0"), event("disqualified", "EUR", 0, "0"), event("reopened", "EUR", 0, "0"),
}
