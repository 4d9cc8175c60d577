package portal_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Texts that a page must show as they are.
const (
	evilPartner  = `<script>alert("partner")</script> & Søn`
	evilName     = `"><img src=x onerror=alert('name')> @c:c1 {b}`
	evilCustomer = `</script><svg onload=alert('customer')>`
	evilProduct  = `Gateway <b onmouseover=alert('product')>EG-400</b>`
)

var partners = []struct{ name, tier, region string }{
	{"Kestrel Automation", "Gold", "CEE"},
	{"Meridian Integrators", "Platinum", "DACH"},
	{"Brightwater IT", "Gold", "UK and Ireland"},
	{"Nordlys Systems", "Platinum", "Nordics"},
	{"Grupo Alvera", "Gold", "Iberia"},
	{"Société Delmas", "Silver", "France"},
	{"Kadıköy Otomasyon", "Silver", "CEE"},
	{"Alpenwerk", "Silver", "DACH"},
	{"Vértes Automata", "Member", "CEE"},
	{"Łódź Systemy", "Member", "CEE"},
	{"Toledo Control", "Member", "Iberia"},
	{"Fjord Teknikk", "Member", "Nordics"},
	{"Rheinwerk Digital", "Silver", "DACH"},
	{"Clyde Controls", "Member", "UK and Ireland"},
	{"Loire Réseaux", "Member", "France"},
	{evilPartner, "Member", "Nordics"},
}

var places = []string{
	"Gdynia Port crane telemetry", "Kassel depot telemetry", "Tromsø fish-farm sensors", "Leeds tram CCTV edge", "Port of Bilbao phase 2", "Ulm battery plant", "Lyon metro pumps",
	"Bradford water sites", "Valencia cold hub", "Turku shipyard", "Graz tunnel sensors", "Oulu paper mill", "Toledo glass works", "Izmir ferry piers", "Essen water loop", "Nantes silo network",
}

// plant fills the database through the services: a vendor with its channel and a history of three years, a second
// vendor that shares one partner, and a vendor with nothing.
func (w *world) plant(t testing.TB) {
	t.Helper()
	ctx, admin := context.Background(), identity.NewAdmin(w.db.Jobs)
	vendor := func(name, currency string) uuid.UUID {
		id, err := admin.CreateVendor(ctx, identity.NewVendor{Name: name, TimeZone: "Europe/Oslo", FiscalMonth: 1, Currency: currency})
		require.NoError(t, err)
		return id
	}
	person := func(org uuid.UUID, role operational.Role, name, mail string) operational.Actor {
		a, err := admin.AddPerson(ctx, identity.NewPerson{Org: org, Role: role, Name: name, Email: mail, Password: password})
		require.NoError(t, err)
		return a
	}
	w.vendor, w.second = vendor("Halden Industrial", "EUR"), vendor("Norrland Instruments", "SEK")
	w.leader = person(w.vendor, operational.RoleChannelLeader, "Ingrid Solberg", leaderMail)
	w.analyst = person(w.vendor, operational.RoleAnalyst, "Mirela Ionescu", analystMail)
	w.stranger = person(vendor("Empty Works", "USD"), operational.RoleChannelLeader, "Nora New", strangerMail)
	second := person(w.second, operational.RoleChannelLeader, "Sven Ek", "sven@norrland.example")
	first := w.channel(t, w.leader, "EUR", 700)
	w.partner = person(first[0].OrgID, operational.RoleSeller, "Tomasz Wrona", partnerMail)
	shared, err := admin.Connect(ctx, identity.NewConnection{Vendor: w.second, Partner: first[0].OrgID, PartnerNumber: "N-77-Norrland", Tier: "Silver", Region: "South"})
	require.NoError(t, err)
	w.business(t, second, []interconnect.NewPartner{{OrgID: first[0].OrgID, ConnectionID: shared}}, "SEK", 40)
	for _, a := range []*operational.Actor{&w.leader, &w.analyst, &w.partner, &w.stranger} {
		*a = w.db.WithRights(t, *a) // now that all connections are there
	}
	w.today(t, first[0].ConnectionID)
}

// channel makes the partners of a vendor and their business.
func (w *world) channel(t testing.TB, leader operational.Actor, currency string, count int) []interconnect.NewPartner {
	t.Helper()
	list := make([]interconnect.NewPartner, len(partners))
	for i, p := range partners {
		list[i] = interconnect.NewPartner{
			Name: p.name, PartnerNumber: fmt.Sprintf("P-%03d", i+1), Tier: &p.tier, Region: &p.region, PersonName: "Seller of " + p.name, ExternalRef: fmt.Sprintf("partner-%d", i),
			StartedAt: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		}
	}
	require.NoError(t, w.db.API.InTx(context.Background(), leader, func(tx *postgres.Tx) error {
		return interconnect.ProvisionPartners(context.Background(), tx, list)
	}))
	w.business(t, leader, list, currency, count)
	return list
}

func eur(amount int64, currency string) operational.Money {
	return operational.Money{Amount: decimal.New(amount, 0), Currency: currency}
}

// business imports opportunities with their histories, the same ones for the same seed.
func (w *world) business(t testing.TB, leader operational.Actor, list []interconnect.NewPartner, currency string, count int) {
	t.Helper()
	ctx, r := context.Background(), rand.New(rand.NewPCG(7, uint64(count)))
	require.NoError(t, w.db.API.InTx(ctx, leader, func(tx *postgres.Tx) error {
		products, err := w.deps.Catalog.EnsureProducts(ctx, tx, []catalog.NewProduct{
			{Name: evilProduct, Family: "Gateways", ListPrice: eur(3200, currency)}, {Name: "VX sensor", Family: "Sensors", ListPrice: eur(180, currency)}, {Name: "Edge server", Family: "Servers", ListPrice: eur(9800, currency)},
		})
		if err != nil {
			return err
		}
		process, err := w.deps.Catalog.EnsureProcess(ctx, tx, catalog.NewProcess{Name: "Project sale", Default: true, Stages: []catalog.NewStage{
			{Name: "Registered", Type: catalog.StageActive},
			{Name: "Qualified", Type: catalog.StageActive},
			{Name: "Solution fit", Type: catalog.StageActive},
			{Name: "Proposal", Type: catalog.StageActive},
			{Name: "Won", Type: catalog.StageWon},
			{Name: "Lost", Type: catalog.StageLost},
			{Name: "Disqualified", Type: catalog.StageDisqualified},
		}})
		if err != nil {
			return err
		}
		rows := make([]opportunities.Imported, count)
		for i := range rows {
			rows[i] = story(r, i, tx.Now, list, currency, process, products)
		}
		_, err = w.deps.Opportunities.Import(ctx, tx, rows)
		return err
	}))
}

// story is one opportunity from its creation to now.
func story(r *rand.Rand, i int, now time.Time, list []interconnect.NewPartner, currency string, process catalog.SalesProcess, products []catalog.Product) opportunities.Imported {
	partner, product := list[min(r.IntN(len(list)), r.IntN(len(list)))], products[r.IntN(len(products))]
	day := 24 * time.Hour
	at := now.Add(-time.Duration(r.IntN(3*365*24)+36) * time.Hour)
	amount := decimal.New(int64(20+r.IntN(900))*500, 0)
	in := opportunities.Imported{
		ExternalRef: fmt.Sprintf("deal-%d", i), ConnectionID: &partner.ConnectionID, Name: places[r.IntN(len(places))] + fmt.Sprintf(" %d", i), CustomerName: fmt.Sprintf("Customer %d", r.IntN(120)),
		ProcessID: process.ID, AmountSource: opportunities.AmountImported, Currency: currency,
		Lines: []opportunities.ImportedLine{{ProductID: product.ID, Quantity: decimal.New(int64(1+r.IntN(60)), 0), UnitPrice: product.ListPrice.Amount}},
	}
	if partner.Region != nil {
		in.Region, in.Tier = *partner.Region, *partner.Tier
	}
	closing := operational.DateOf(at.Add(90 * day))
	add := func(kind opportunities.ChangeKind, stage int) {
		in.States = append(in.States, opportunities.ImportedState{EffectiveAt: at, Kind: kind, StageID: process.Stages[stage].ID, Amount: amount, CloseDate: &closing})
	}
	add(opportunities.ChangeCreated, 0)
	for stage := 0; ; {
		at = at.Add(time.Duration(2+r.IntN(30)) * day)
		if at.After(now.Add(-time.Hour)) {
			return in
		}
		switch x := r.IntN(100); {
		case x < 18:
			add(opportunities.ChangeStageMoved, 5)
			return in
		case x < 22:
			add(opportunities.ChangeStageMoved, 6)
			return in
		case x < 27 && stage > 0:
			stage--
			add(opportunities.ChangeStageMoved, stage)
		case stage == 3:
			add(opportunities.ChangeStageMoved, 4)
			return in
		default:
			stage++
			add(opportunities.ChangeStageMoved, stage)
		}
	}
}

// today is work in progress: an opportunity that the tests change, and one whose texts are attacks.
func (w *world) today(t testing.TB, connection uuid.UUID) {
	t.Helper()
	ctx, amount := context.Background(), eur(486000, "EUR")
	var err error
	w.opportunity, err = w.deps.Opportunities.Create(ctx, w.leader, opportunities.NewOpportunity{ConnectionID: &connection, Name: "Gdynia Port crane telemetry", CustomerName: "Port of Gdynia Authority", VendorNet: &amount})
	require.NoError(t, err)
	w.evil, err = w.deps.Opportunities.Create(ctx, w.leader, opportunities.NewOpportunity{ConnectionID: &connection, Name: evilName, CustomerName: evilCustomer, VendorNet: &amount})
	require.NoError(t, err)
}

// adminOf is an administrator of the actor's company.
func (w *world) adminOf(t testing.TB, of operational.Actor) operational.Actor {
	t.Helper()
	a, err := identity.NewAdmin(w.db.Jobs).AddPerson(t.Context(), identity.NewPerson{Org: of.Org, Role: operational.RoleAdministrator, Name: "Administrator", Email: uuid.NewString() + "@admin.example", Password: password})
	require.NoError(t, err)
	return w.db.WithRights(t, a)
}
