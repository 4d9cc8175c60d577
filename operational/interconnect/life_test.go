package interconnect_test

import (
	"context"
	"sync"
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
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

const address = "https://crm.example"

// life is a channel in which things happen.
type life struct {
	*pgtest.Database
	*pgtest.Channel
	*interconnect.Service
	*interconnect.Invitations
	deals   *opportunities.Service
	tickets interconnect.Tickets
	people  *identity.Service
	now     time.Time
	product uuid.UUID
}

func newLife(t *testing.T) *life {
	t.Helper()
	w := &life{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), tickets: interconnect.NewTickets(pgtest.Secret.Derive("invitations"), address)}
	w.Database = pgtest.NewAt(t, func() time.Time { return w.now })
	w.Channel = w.Plant(t)
	w.Service, w.deals, w.people = interconnect.New(w.API), opportunities.New(w.API), identity.New(w.API, pgtest.Secret)
	w.Invitations = interconnect.NewInvitations(w.API, w.people, w.tickets, false)
	stages := []catalog.NewStage{{Name: "Qualify", Type: "active"}, {Name: "Propose", Type: "active"}, {Name: "Won", Type: "won"}, {Name: "Lost", Type: "lost"}}
	cat := catalog.New(w.API)
	for _, actor := range []operational.Actor{w.A, w.B} {
		_, err := cat.CreateProcess(t.Context(), actor, catalog.NewProcess{Name: "Channel", Default: true, Stages: stages})
		require.NoError(t, err)
	}
	product, err := cat.CreateProduct(t.Context(), w.A, catalog.NewProduct{Name: "Gripper", Family: "Arms", ListPrice: money("250")})
	require.NoError(t, err)
	w.product = product.ID
	return w
}

func money(amount string) operational.Money {
	return operational.Money{Amount: decimal.RequireFromString(amount), Currency: "EUR"}
}

// as gives an actor the rights that it has now.
func (w *life) as(t *testing.T, actor operational.Actor) operational.Actor {
	t.Helper()
	return w.WithRights(t, actor)
}

func (w *life) deal(t *testing.T, actor operational.Actor, connection uuid.UUID, in opportunities.NewOpportunity) opportunities.Opportunity {
	t.Helper()
	in.ConnectionID = &connection
	o, err := w.deals.Create(t.Context(), w.as(t, actor), in)
	require.NoError(t, err)
	return o
}

func (w *life) scan(t *testing.T, sql string, args []any, into ...any) {
	t.Helper()
	require.NoError(t, w.Owner(t).QueryRow(context.Background(), sql, args...).Scan(into...))
}

func (w *life) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := w.Owner(t).Exec(context.Background(), sql, args...)
	require.NoError(t, err)
}

func requireKind(t *testing.T, kind operational.Kind, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, kind, operational.KindOf(err), "%v", err)
}

func code(t *testing.T, err error) string {
	t.Helper()
	var e *operational.Error
	require.ErrorAs(t, err, &e)
	return e.Code
}

// Every move of the machine, and every one that there is not.
func TestAConnectionGoesItsWays(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	type move func(context.Context, operational.Actor, uuid.UUID, int64, string) (interconnect.Connection, error)
	version := int64(1)
	step := func(do move, actor operational.Actor, want string) {
		t.Helper()
		w.now = w.now.Add(time.Minute)
		c, err := do(ctx, actor, w.AP1, version, "for a reason")
		require.NoError(t, err)
		version++
		require.Equal(t, want, c.Status)
		require.Equal(t, version, c.Version)
		require.Equal(t, "for a reason", *c.StatusReason)
		require.Equal(t, w.now, c.StatusAt.UTC())
	}
	refused := func(do move, actor operational.Actor, kind operational.Kind, why string) {
		t.Helper()
		_, err := do(ctx, actor, w.AP1, version, "for a reason")
		requireKind(t, kind, err)
		require.Equal(t, why, code(t, err))
	}
	refused(w.Resume, w.A, operational.KindConflict, "connection-state")
	refused(w.Suspend, w.P1, operational.KindForbidden, "vendor-only")
	refused(w.Suspend, w.B, operational.KindNotFound, "not-found")
	step(w.Suspend, w.A, interconnect.StatusSuspended)
	refused(w.Suspend, w.A, operational.KindConflict, "connection-state")
	refused(w.Resume, w.P1, operational.KindForbidden, "vendor-only")
	step(w.Resume, w.A, interconnect.StatusActive)
	step(w.Suspend, w.A, interconnect.StatusSuspended)
	refused(w.End, w.P2, operational.KindNotFound, "not-found")
	step(w.End, w.P1, interconnect.StatusEnded)
	for _, do := range []move{w.Suspend, w.Resume, w.End} {
		refused(do, w.A, operational.KindConflict, "connection-ended")
	}
	_, err := w.Suspend(ctx, w.A, w.AP2, 7, "x")
	requireKind(t, operational.KindStale, err)
	_, err = w.Suspend(ctx, w.A, w.AP2, 1, "")
	requireKind(t, operational.KindInvalid, err)
	_, err = w.Owner(t).Exec(ctx, `update crm.connection set status = 'active', ended_at = null where id = $1`, w.AP1)
	require.ErrorContains(t, err, "does not go from ended to active", "not even above the wall")
}

func TestSuspendedIsGoneUntilItIsResumed(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.deal(t, w.P1, w.AP1, opportunities.NewOpportunity{Name: "With A"})
	require.Len(t, w.as(t, w.P1).Grants(operational.ObjectOpportunity), 3, "own business and two vendors")
	_, err := w.Suspend(ctx, w.A, w.AP1, 1, "audit")
	require.NoError(t, err)
	for _, g := range w.as(t, w.P1).Grants(operational.ObjectOpportunity) {
		require.NotEqual(t, w.AP1, g.Connection)
	}
	_, err = w.Resume(ctx, w.A, w.AP1, 2, "")
	require.NoError(t, err)
	require.Len(t, w.as(t, w.P1).Grants(operational.ObjectOpportunity), 3)
}

func TestTheEndLeavesEachSideItsOwn(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	_, err := catalog.New(w.API).CreateProcess(ctx, w.P1, catalog.NewProcess{Name: "Mine", Default: true, Stages: []catalog.NewStage{
		{Name: "Begin", Type: "active"}, {Name: "Propose", Type: "active"}, {Name: "Won", Type: "won"}, {Name: "Lost", Type: "lost"},
	}})
	require.NoError(t, err)
	open := w.deal(t, w.P1, w.AP1, opportunities.NewOpportunity{
		Name: "Open", CustomerName: "Customer", CloseDate: ptr(operational.NewDate(2026, 6, 1)),
		Lines: []opportunities.NewLine{{ProductID: w.product, Quantity: decimal.NewFromInt(3)}},
	})
	var propose uuid.UUID
	w.scan(t, `select id from crm.stage where name = 'Propose' and org_id = $1`, []any{w.A.Org}, &propose)
	moved, err := w.deals.MoveStage(ctx, w.as(t, w.P1), open.ID, open.Version, opportunities.MoveStage{StageID: propose})
	require.NoError(t, err)
	_, err = w.deals.UpdatePrivate(ctx, w.as(t, w.P1), open.ID, 0, opportunities.UpdatePrivate{Note: operational.Set("our margin"), EndCustomerAmount: operational.Set(money("999"))})
	require.NoError(t, err)
	plain := w.deal(t, w.P1, w.AP1, opportunities.NewOpportunity{Name: "Plain", VendorNet: ptr(money("70"))})
	won := w.deal(t, w.P1, w.AP1, opportunities.NewOpportunity{Name: "Won", VendorNet: ptr(money("5"))})
	w.scan(t, `select id from crm.stage where name = 'Won' and org_id = $1`, []any{w.A.Org}, &propose)
	_, err = w.deals.MoveStage(ctx, w.as(t, w.P1), won.ID, 1, opportunities.MoveStage{StageID: propose})
	require.NoError(t, err)
	other := w.deal(t, w.P1, w.BP1, opportunities.NewOpportunity{Name: "With B", VendorNet: ptr(money("1"))})

	seen, err := w.Ending(ctx, w.A, w.AP1)
	require.NoError(t, err)
	require.Equal(t, interconnect.Ending{Open: 2, Closed: 1}, seen, "what becomes of the partner's side is the partner's to know")
	seen, err = w.Ending(ctx, w.P1, w.AP1)
	require.NoError(t, err)
	require.Equal(t, interconnect.Ending{Open: 2, Closed: 1, GoingOn: ptr(int64(2)), Sessions: ptr(int64(0)), APIKeys: ptr(int64(0))}, seen)
	_, err = w.Ending(ctx, w.B, w.AP1)
	requireKind(t, operational.KindNotFound, err)

	w.now = w.now.Add(time.Hour)
	_, err = w.End(ctx, w.A, w.AP1, 1, "contract over")
	require.NoError(t, err)

	var frozen int
	w.scan(t, `select count(*) from crm.opportunity where connection_id = $1 and frozen_at = $2`, []any{w.AP1, w.now}, &frozen)
	require.Equal(t, 3, frozen)
	_, err = w.deals.Update(ctx, w.as(t, w.A), plain.ID, plain.Version, opportunities.Update{Name: operational.Set("Changed")})
	requireKind(t, operational.KindConflict, err)
	got, err := w.deals.Get(ctx, w.as(t, w.A), open.ID)
	require.NoError(t, err, "the vendor keeps its copy")
	require.Equal(t, moved.Version, got.Version)

	var c struct {
		id, owner                            uuid.UUID
		number                               int64
		name, customer, stage, money, source string
		lines                                int
		note, reason, side                   string
		margin                               decimal.Decimal
	}
	w.scan(t, `select o.id, o.owner_membership_id, o.number, o.name, o.customer_name, s.name, o.vendor_net_amount || o.currency, o.amount_source,
			(select count(*) from crm.opportunity_line l where l.opportunity_id = o.id), p.note, p.end_customer_amount, h.reason, h.changed_by_side
		from crm.opportunity o join crm.stage s on s.id = o.stage_id join crm.opportunity_private p on p.opportunity_id = o.id
		join crm.opportunity_history h on h.opportunity_id = o.id and h.change = 'created'
		where o.partner_org_id = $1 and o.connection_id is null and o.name = 'Open'`, []any{w.P1.Org},
		&c.id, &c.owner, &c.number, &c.name, &c.customer, &c.stage, &c.money, &c.source, &c.lines, &c.note, &c.margin, &c.reason, &c.side)
	require.Equal(t, w.P1.Membership, c.owner)
	require.Equal(t, "Customer", c.customer)
	require.Equal(t, "Propose", c.stage, "the own process has a stage of that name")
	require.Equal(t, "750.00EUR", c.money)
	require.Equal(t, "entered", c.source)
	require.Zero(t, c.lines, "the vendor's products are not the partner's")
	require.Equal(t, "our margin\n3 × Gripper, 250.00 EUR each", c.note)
	require.Equal(t, "999", c.margin.String())
	require.Contains(t, c.reason, "Vendor A")
	require.Equal(t, "system", c.side)

	mine, err := w.deals.List(ctx, w.as(t, w.P1), operational.Query{Filter: &operational.Filter{Field: "connection", Op: "is_null"}})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"Open", "Plain"}, dealNames(mine.Items))
	go_on, err := w.deals.Update(ctx, w.as(t, w.P1), c.id, 1, opportunities.Update{Name: operational.Set("Goes on")})
	require.NoError(t, err)
	require.EqualValues(t, 2, go_on.Version)
	_, err = w.deals.Get(ctx, w.as(t, w.B), c.id)
	requireKind(t, operational.KindNotFound, err)
	_, err = w.deals.Get(ctx, w.as(t, w.A), c.id)
	requireKind(t, operational.KindNotFound, err)
	_, err = w.deals.Get(ctx, w.as(t, w.P1), other.ID)
	require.NoError(t, err)
	_, err = w.Ending(ctx, w.A, w.AP1)
	requireKind(t, operational.KindNotFound, err)
	_, err = w.deals.Create(ctx, w.as(t, w.A), opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "Late", VendorNet: ptr(money("1"))})
	requireKind(t, operational.KindConflict, err)
}

func dealNames(items []opportunities.Opportunity) (names []string) {
	for _, o := range items {
		names = append(names, o.Name)
	}
	return names
}

// What a partner could not read it does not get, by the company's role or by the owner's.
func TestTheEndGivesWhatThePartnerMayRead(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.deal(t, w.P1, w.AP1, opportunities.NewOpportunity{
		Name: "Secret name", CustomerName: "Customer", Lines: []opportunities.NewLine{{ProductID: w.product, Quantity: decimal.NewFromInt(1)}},
	})
	w.exec(t, `update crm.role_object set readable = '{stage,lines,owner,customer_name,region}', editable = '{}' where org_id = $1 and role_key = 'dealer_personnel' and object = 'opportunity'`, w.A.Org)
	w.exec(t, `update crm.role_object set readable = '{family}', editable = '{}' where org_id = $1 and role_key = 'dealer_personnel' and object = 'product'`, w.A.Org)
	w.exec(t, `insert into crm.role (org_id, key, audience, name, created_at, updated_at) values ($1, 'narrow', 'external', 'Narrow', now(), now())`, w.A.Org)
	w.exec(t, `insert into crm.role_object (org_id, role_key, audience, object, can_read, readable) values ($1, 'narrow', 'external', 'opportunity', true, '{stage,lines,region,name}')`, w.A.Org)
	w.exec(t, `update crm.external_contact set external_role = 'narrow' where id = $1`, w.ContactAP1)
	_, err := w.End(ctx, w.P1, w.AP1, 1, "we leave")
	require.NoError(t, err)
	var name, region, note, money string
	var customer, tier *string
	var owner *uuid.UUID
	w.scan(t, `select o.name, o.customer_name, o.owner_membership_id, o.region, o.tier, p.note, o.vendor_net_amount || o.currency
		from crm.opportunity o join crm.opportunity_private p on p.opportunity_id = o.id where o.partner_org_id = $1 and o.connection_id is null`, []any{w.P1.Org},
		&name, &customer, &owner, &region, &tier, &note, &money)
	require.Equal(t, "Opportunity 1", name)
	require.Nil(t, customer, "the owner's role does not read it")
	require.Nil(t, owner)
	require.Nil(t, tier)
	require.Equal(t, "West", region)
	require.Equal(t, "1 × a product, 250.00 EUR each", note)
	require.Equal(t, "0.00USD", money, "an amount that was hidden stays so")
}

func TestNothingGoesOnThatThePartnerDoesNotSeeAtAll(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	kind := uuid.Must(uuid.NewV7())
	w.exec(t, `insert into crm.record_type (id, org_id, object, name, created_at, updated_at) values ($1, $2, 'opportunity', 'Secret', now(), now())`, kind, w.A.Org)
	w.deal(t, w.P1, w.AP1, opportunities.NewOpportunity{Name: "Hidden", VendorNet: ptr(money("1")), RecordTypeID: &kind})
	seen, err := w.Ending(ctx, w.P1, w.AP1)
	require.NoError(t, err)
	require.EqualValues(t, 1, *seen.GoingOn)
	w.exec(t, `update crm.role_object set record_types = '{}' where org_id = $1 and role_key = 'dealer_personnel' and object = 'opportunity'`, w.A.Org)
	seen, err = w.Ending(ctx, w.P1, w.AP1)
	require.NoError(t, err)
	require.Zero(t, *seen.GoingOn, "of a type that the role does not work with")
	w.exec(t, `delete from crm.role_object where org_id = $1 and role_key = 'dealer_personnel' and object = 'opportunity'`, w.A.Org)
	seen, err = w.Ending(ctx, w.P1, w.AP1)
	require.NoError(t, err)
	require.Zero(t, *seen.GoingOn)
	_, err = w.End(ctx, w.P1, w.AP1, 1, "we leave")
	require.NoError(t, err)
	var n int
	w.scan(t, `select count(*) from crm.opportunity where connection_id is null and partner_org_id = $1`, []any{w.P1.Org}, &n)
	require.Zero(t, n)
	w.scan(t, `select count(*) from crm.sales_process where org_id = $1`, []any{w.P1.Org}, &n)
	require.Zero(t, n, "and no process is made for nothing")
}

// Changes and new records run while the connection ends: each is either in what goes on or refused, and nothing is
// written into what has ended.
func TestTheEndAndChangesAtOnce(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	var deals []opportunities.Opportunity
	for range 12 {
		deals = append(deals, w.deal(t, w.P1, w.AP1, opportunities.NewOpportunity{Name: "before", VendorNet: ptr(money("1"))}))
	}
	actor := w.as(t, w.P1)
	var all sync.WaitGroup
	changed := make([]error, len(deals))
	made := make([]error, len(deals))
	for i, o := range deals {
		all.Go(func() {
			_, changed[i] = w.deals.Update(ctx, actor, o.ID, o.Version, opportunities.Update{
				Name: operational.Set("after"), Lines: operational.Set([]opportunities.NewLine{{ProductID: w.product, Quantity: decimal.NewFromInt(1)}}),
			})
		})
		all.Go(func() {
			_, made[i] = w.deals.Create(ctx, actor, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "new", VendorNet: ptr(money("1"))})
		})
	}
	all.Go(func() {
		_, err := w.End(ctx, w.A, w.AP1, 1, "now")
		for operational.KindOf(err) == operational.KindUnavailable { // others were at work on the same
			_, err = w.End(ctx, w.A, w.AP1, 1, "now")
		}
		require.NoError(t, err)
	})
	all.Wait()
	var saved, created int
	for _, err := range changed {
		if err == nil {
			saved++
			continue
		}
		// Invalid: with the connection, the vendor's products are not there any more.
		require.Contains(t, []operational.Kind{operational.KindConflict, operational.KindUnavailable, operational.KindNotFound, operational.KindStale, operational.KindInvalid}, operational.KindOf(err), "%v", err)
	}
	for _, err := range made {
		if err == nil {
			created++
			continue
		}
		require.Contains(t, []operational.Kind{operational.KindConflict, operational.KindUnavailable, operational.KindInvalid}, operational.KindOf(err), "%v", err)
	}
	for _, place := range []string{"connection_id = $1", "partner_org_id = (select partner_org_id from crm.connection where id = $1) and connection_id is null"} {
		var after, fresh, unfrozen int
		w.scan(t, `select count(*) filter (where name = 'after'), count(*) filter (where name = 'new'), count(*) filter (where connection_id is not null and frozen_at is null)
			from crm.opportunity where `+place, []any{w.AP1}, &after, &fresh, &unfrozen)
		require.Equal(t, saved, after, place)
		require.Equal(t, created, fresh, place)
		require.Zero(t, unfrozen, "nothing is left open in what has ended")
	}
}
