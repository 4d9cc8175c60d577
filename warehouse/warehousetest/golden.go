package warehousetest

import (
	"github.com/google/uuid"
)

// Golden is a small channel that was worked out by hand; the answers stand in golden_answers.go.
//
// Acme sells pumps through North Ltd (region North, tier gold), South Ltd (South, silver) and Shared Ltd (North,
// silver), and directly. Its process: Qualify 1, Propose 2, Negotiate 3, Won, Lost, Disqualified. Bolt sells through
// Shared Ltd only: Contact 1, Offer 2. South Ltd has one piece of business of its own, and stands in the middle of two
// tiers: Below Ltd sells for it (region East), and it sells directly. Its process: Talk 1, Deal 2.
// Days are counted by the day of the year 2025: Feb 1 is 32, Mar 1 60, Apr 1 91, May 1 121, Jun 1 152, Jul 1 182.
type Golden struct {
	*Channel
	Acme, Bolt           uuid.UUID
	North, South, Shared uuid.UUID
	Below                uuid.UUID
	Standard, Short, Own *Process
	Pump, Care, Bolts    uuid.UUID
}

// NewGolden builds it.
func NewGolden() *Golden {
	c := NewChannel()
	g := &Golden{Channel: c, Acme: c.Vendor("Acme"), Bolt: c.Vendor("Bolt"), North: c.Partner("North Ltd"), South: c.Partner("South Ltd"), Shared: c.Partner("Shared Ltd"), Below: c.Partner("Below Ltd")}
	g.Standard = c.Process(g.Acme, "Standard", "Qualify", "Propose", "Negotiate")
	g.Short = c.Process(g.Bolt, "Short", "Contact", "Offer")
	g.Own = c.Process(g.South, "Own", "Talk", "Deal")
	g.Pump, g.Care, g.Bolts = c.Product(g.Acme, "Pump", "Hardware"), c.Product(g.Acme, "Care", "Service"), c.Product(g.Bolt, "Bolts", "Hardware")
	north, south := c.Connect(g.Acme, g.North, "North", "gold"), c.Connect(g.Acme, g.South, "South", "silver")
	shared, sharedBolt := c.Connect(g.Acme, g.Shared, "North", "silver"), c.Connect(g.Bolt, g.Shared, "West", "gold")
	g.viaNorth(north)
	g.viaSouth(south)
	g.viaShared(shared)
	g.others(sharedBolt)
	g.below(c.Connect(g.South, g.Below, "East", ""))
	return g
}

func (g *Golden) open(name string, k Connection, at, amount string) *Opportunity {
	return g.Opportunity(name, k, g.Standard, at, "Qualify", amount, "EUR")
}

func (g *Golden) viaNorth(k Connection) {
	// 1 straight through: 10 days in Qualify (5 to 15), 20 in Propose (15 to 35), 10 in Negotiate (35 to 45).
	g.open("1", k, "2025-01-05", "1000").Move("2025-01-15", "Propose").Move("2025-02-04", "Negotiate").Move("2025-02-14", "Won").Line(g.Pump, "1", "1000")
	// 2 lost from Propose: 10 days (10 to 20), then 40 (20 to 60).
	g.open("2", k, "2025-01-10", "2000").Move("2025-01-20", "Propose").Move("2025-03-01", "Lost").Line(g.Pump, "1", "1500").Line(g.Care, "1", "500")
	// 3 disqualified from Qualify after 10 days (12 to 22).
	g.open("3", k, "2025-01-12", "500").Move("2025-01-22", "Disqualified")
	// 4 still in Propose: 30 days (32 to 62), then 120 so far (62 to 182).
	g.open("4", k, "2025-02-01", "3000").Move("2025-03-03", "Propose").Line(g.Care, "1", "3000")
	// 13, 14 in dollars: 20 days (64 to 84) and 77 (84 to 161), won; 108 so far (74 to 182).
	g.Opportunity("13", k, g.Standard, "2025-03-05", "Qualify", "1000", "USD").Move("2025-03-25", "Propose").Move("2025-06-10", "Won")
	g.Opportunity("14", k, g.Standard, "2025-03-15", "Qualify", "2000", "USD")
	// 15 begins in North, gold and is reassigned; won after 60 days (2 to 62) in South, platinum, both later stages skipped.
	g.open("15", k, "2025-01-02", "100").Reassign("2025-02-02", "South", "platinum").Move("2025-03-03", "Won")
	// 16 is won in the first quarter but created before it: not of the cohort.
	g.open("16", k, "2024-12-20", "250").Move("2025-01-31", "Won")
	// 20 is entered as lost: new and lost, never in an active stage, so in no stage of the funnel.
	g.Opportunity("20", k, g.Standard, "2025-02-20", "Lost", "90", "EUR")
}

func (g *Golden) viaSouth(k Connection) {
	// 5 skips Propose, is won for 4000, reopened to Propose, grows, won again for 4500.
	// Days: Qualify 17 (15 to 32), Negotiate 42 (32 to 74), Propose 40 (100 to 140).
	g.open("5", k, "2025-01-15", "4000").Move("2025-02-01", "Negotiate").Move("2025-03-15", "Won").Reopen("2025-04-10", "Propose").Worth("2025-05-01", "4500").Move("2025-05-20", "Won")
	// 6 is won for 800, corrected to 900 while won, and reopened: the 800 are taken back. Being won it had reached
	// every stage; it is back in Qualify, so it moved back from Propose and Negotiate. Qualify: 141 so far (41 to 182).
	g.open("6", k, "2025-02-10", "800").Move("2025-02-20", "Won").Worth("2025-05-05", "900").Reopen("2025-06-01", "Qualify")
	// 7 moves back: Qualify 162 so far (20 to 182), Propose 28 (41 to 69).
	g.open("7", k, "2025-01-20", "600").Move("2025-02-10", "Propose").Move("2025-03-10", "Qualify")
	// 8 moves back from Negotiate and is lost from Propose: 20 (8 to 28), Negotiate 20 (48 to 68), Propose 60 (28 to 88).
	g.open("8", k, "2025-01-08", "700").Move("2025-01-28", "Propose").Move("2025-02-17", "Negotiate").Move("2025-03-09", "Propose").Move("2025-03-29", "Lost")
	// 17 is created at the very end of the quarter, which does not belong to it.
	g.open("17", k, "2025-04-01", "60")
	// 18 is lost at the very instant of the question: closed by then, yet not in the second quarter. 92 days (90 to 182).
	g.open("18", k, "2025-03-31", "70").Move("2025-07-01", "Lost")
}

func (g *Golden) viaShared(k Connection) {
	// 9: it became known on April 5 that it had been in Propose since March 1. Qualify 24 (36 to 60), Propose 19
	// (60 to 79), Negotiate 103 so far (79 to 182). Known on April 1: Qualify 43 (36 to 79), Propose skipped.
	g.open("9", k, "2025-02-05", "1500").Move("2025-03-20", "Negotiate").MoveBackdated("2025-03-01", "2025-04-05", "Propose")
	// 10 is won for 1250.75; what is written to it afterwards changes no closed number. 45 days (60 to 105), then 30 (105 to 135).
	g.open("10", k, "2025-03-01", "1000.50").Worth("2025-03-11", "1250.75").Move("2025-04-15", "Propose").Move("2025-05-15", "Won").Worth("2025-06-01", "9999.99")
}

func (g *Golden) others(bolt Connection) {
	// 11, 12, 19 without a partner: won after 30 days (25 to 55); lost after 64 (46 to 110); open for 103 (79 to 182), without region and tier.
	g.open("11", Direct(g.Acme, "HQ"), "2025-01-25", "5000").Move("2025-02-24", "Won")
	g.open("12", Direct(g.Acme, "HQ"), "2025-02-15", "350").Move("2025-04-20", "Lost")
	g.open("19", Direct(g.Acme, ""), "2025-03-20", "40")
	// Bolt's: Contact 31 (10 to 41), Offer 28 (41 to 69), won; and one in Contact for 150 (32 to 182).
	g.Opportunity("b1", bolt, g.Short, "2025-01-10", "Contact", "10000", "EUR").Move("2025-02-10", "Offer").Move("2025-03-10", "Won").Line(g.Bolts, "1", "1")
	g.Opportunity("b2", bolt, g.Short, "2025-02-01", "Contact", "8000", "EUR")
	// South Ltd's own.
	g.Opportunity("own", Own(g.South), g.Own, "2025-01-15", "Talk", "77", "EUR").Move("2025-02-15", "Won")
}

func (g *Golden) below(k Connection) {
	// d1: Talk 21 (20 to 41), Deal 19 (41 to 60), won; d2 in Talk for 146 so far (36 to 182).
	g.Opportunity("d1", k, g.Own, "2025-01-20", "Talk", "3000", "EUR").Move("2025-02-10", "Deal").Move("2025-03-01", "Won")
	g.Opportunity("d2", k, g.Own, "2025-02-05", "Talk", "600", "EUR")
	// Sold by South Ltd directly: won after 50 days (12 to 62), Deal skipped.
	g.Opportunity("sd", Direct(g.South, ""), g.Own, "2025-01-12", "Talk", "450", "EUR").Move("2025-03-03", "Won")
}
