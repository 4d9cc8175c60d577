package opportunities_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// full is an opportunity in which every field holds something, with a past.
func (w *world) full() opportunities.Opportunity {
	o := w.create(w.P1, opportunities.NewOpportunity{
		ConnectionID: &w.AP1, Name: "full", CustomerName: "Acme", CloseDate: ptr(operational.NewDate(2031, 1, 2)),
		Lines: []opportunities.NewLine{{ProductID: w.gtx["A"].ID, Quantity: decimal.NewFromInt(2)}},
	})
	w.clock.pass(time.Minute)
	return w.move(w.A, o, "Engaging")
}

// Whoever may not read a field finds nothing of it: not in the record, the list, the history, filters and sorts.
func TestHiddenFieldsAreAbsent(t *testing.T) {
	w := newWorld(t)
	o := w.full()
	for field, absent := range map[string]func(opportunities.Opportunity) bool{
		"name":          func(o opportunities.Opportunity) bool { return o.Name == "" },
		"customer_name": func(o opportunities.Opportunity) bool { return o.CustomerName == "" },
		"owner":         func(o opportunities.Opportunity) bool { return o.Owner == nil },
		"stage":         func(o opportunities.Opportunity) bool { return o.Stage.ID == uuid.Nil && o.Process.ID == uuid.Nil },
		"vendor_net":    func(o opportunities.Opportunity) bool { return o.VendorNet.Currency == "" && o.AmountSource == "" },
		"close_date":    func(o opportunities.Opportunity) bool { return o.CloseDate == nil },
		"region":        func(o opportunities.Opportunity) bool { return o.Region == "" },
		"tier":          func(o opportunities.Opportunity) bool { return o.Tier == "" },
		"lines":         func(o opportunities.Opportunity) bool { return len(o.Lines) == 0 },
	} {
		actor := w.external(fmt.Sprintf(`readable = array_remove(readable, '%[1]s'), editable = array_remove(editable, '%[1]s')`, field), w.A, w.P1, w.AP1)
		seen, err := w.s.Get(t.Context(), actor, o.ID)
		require.NoError(t, err)
		require.True(t, absent(seen), field)
		require.Equal(t, field == "stage", seen.Version < o.Version, "the move is no change for whoever does not see it")
		require.Equal(t, field == "stage", seen.UpdatedAt.Before(o.UpdatedAt))
		page, err := w.s.List(t.Context(), actor, operational.Query{})
		require.NoError(t, err)
		require.True(t, absent(page.Items[0]), "%s in the list", field)
		changes, err := w.s.History(t.Context(), actor, o.ID)
		require.NoError(t, err)
		requirePast(t, field, changes)
		_, err = w.s.List(t.Context(), actor, operational.Query{Sort: []operational.Sort{{Field: map[string]string{"vendor_net": "amount", "lines": "product"}[field]}}})
		require.Equal(t, operational.KindInvalid, kind(err), field)
		w.exec(`update crm.role_object set readable = readable || $2::text where org_id = $1 and role_key = 'dealer_personnel' and object = 'opportunity'`, w.A.Org, field)
	}
	actor := w.external(`readable = array_remove(readable, 'history')`, w.A, w.P1, w.AP1)
	_, err := w.s.History(t.Context(), actor, o.ID)
	require.Equal(t, operational.KindNotFound, kind(err))
}

func requirePast(t *testing.T, field string, changes []opportunities.Change) {
	t.Helper()
	if field == "stage" {
		require.Len(t, changes, 1, "that it moved would tell of the stage")
	} else {
		require.Len(t, changes, 2)
		require.Equal(t, opportunities.ChangeStageMoved, changes[1].Kind)
		require.Equal(t, []string{"stage"}, changes[1].Fields)
	}
	for _, c := range changes {
		require.Equal(t, field == "stage", c.Stage.ID == uuid.Nil, field)
		require.Equal(t, field == "vendor_net", c.VendorNet.Currency == "", field)
		require.Equal(t, field == "close_date", c.CloseDate == nil, field)
		require.Equal(t, field == "owner", c.Owner == nil, field)
		require.Equal(t, field == "region", c.Region == "", field)
	}
}

// In lists over several vendors a field is there for the records of those who show it, and no list is filtered or
// sorted by it: the order would tell of the others.
func TestFieldsThatOneVendorHides(t *testing.T) {
	w := newWorld(t)
	w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "A", VendorNet: ptr(usd("10"))})
	w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.BP1, Name: "B", VendorNet: ptr(usd("20"))})
	both := w.external(`readable = array_remove(readable, 'vendor_net'), editable = array_remove(editable, 'vendor_net')`, w.A, w.P1, uuid.Nil)
	page, err := w.s.List(t.Context(), both, operational.Query{Sort: []operational.Sort{{Field: "name"}}})
	require.NoError(t, err)
	require.Empty(t, page.Items[0].VendorNet.Currency)
	require.Equal(t, "20.00 USD", page.Items[1].VendorNet.String())
	for _, name := range []string{"amount", "currency", "amount_source"} {
		require.NotContains(t, w.listing(both).Filters, name)
		unknown := operational.Filter{Field: "colour", Op: "is_null"}
		hidden := operational.Filter{Field: name, Op: "is_null"}
		_, err1 := w.s.List(t.Context(), both, operational.Query{Filter: &unknown})
		_, err2 := w.s.List(t.Context(), both, operational.Query{Filter: &hidden})
		require.Equal(t, err1.Error(), strings.ReplaceAll(err2.Error(), name, "colour"))
	}
	alone := both
	alone.Connection = w.BP1
	require.Contains(t, w.listing(alone).Filters, "amount", "with that vendor alone it can be asked")
}

// A change needs the act and every field that it sets: a hidden one does not exist, of one that is shown the name is said.
func TestChangesNeedTheirFields(t *testing.T) {
	w := newWorld(t)
	o := w.full()
	actor := w.external(`readable = array_remove(readable, 'vendor_net'), editable = '{name}'`, w.A, w.P1, w.AP1)
	change := func(patch opportunities.Update) error {
		_, err := w.s.Update(t.Context(), actor, o.ID, o.Version, patch)
		return err
	}
	err := change(opportunities.Update{VendorNet: operational.Set(usd("1"))})
	require.Equal(t, operational.KindInvalid, kind(err))
	require.ErrorContains(t, err, "body.vendor_net: unexpected property")
	err = change(opportunities.Update{CloseDate: operational.Set(operational.NewDate(2031, 1, 3))})
	require.Equal(t, operational.KindForbidden, kind(err))
	require.ErrorContains(t, err, "close_date")
	require.Equal(t, "field-not-editable", fault(t, err).Code)
	_, err = w.s.MoveStage(t.Context(), actor, o.ID, o.Version, opportunities.MoveStage{StageID: w.stage("A", "Won")})
	require.Equal(t, "field-not-editable", fault(t, err).Code)
	_, err = w.s.Create(t.Context(), actor, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x", CloseDate: ptr(operational.NewDate(2031, 1, 3))})
	require.Equal(t, "field-not-editable", fault(t, err).Code)
	_, err = w.s.Create(t.Context(), actor, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x"})
	require.NoError(t, err)
	changed, err := w.s.Update(t.Context(), actor, o.ID, o.Version, opportunities.Update{Name: operational.Set("new name")})
	require.NoError(t, err)
	require.Empty(t, changed.VendorNet.Currency, "an answer is masked too")
	require.Equal(t, "9642.00 USD", must(w.s.Get(t.Context(), w.A, o.ID)).VendorNet.String(), "what was hidden from whoever changed it is as it was")

	for _, reading := range []string{`access = 'read'`, `access = 'read_write', can_edit = false`} {
		actor = w.external(reading, w.A, w.P1, w.AP1)
		_, err = w.s.Update(t.Context(), actor, o.ID, changed.Version, opportunities.Update{Name: operational.Set("y")})
		require.Equal(t, "not-permitted", fault(t, err).Code)
	}
	actor = w.external(`can_create = false, can_edit = true`, w.A, w.P1, w.AP1)
	_, err = w.s.Create(t.Context(), actor, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x"})
	require.Equal(t, "not-permitted", fault(t, err).Code)
	_, err = w.s.Create(t.Context(), actor, opportunities.NewOpportunity{ConnectionID: &w.BP1, Name: "x"})
	require.Equal(t, operational.KindInvalid, kind(err), "it works in another connection")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A private role begins what is its own, and gives nothing of it to others, whoever they are: it would not see it any more.
// Who sees all of it hands it over.
func TestPrivateRolesCreateTheirOwn(t *testing.T) {
	w := newWorld(t)
	mate := w.colleague(w.P1, "Mate")
	actor := w.external(`visibility = 'private'`, w.A, w.P1, w.AP1)
	o := w.create(actor, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "mine"})
	require.Equal(t, w.ContactAP1, o.Owner.ID)
	_, err := w.s.Create(t.Context(), actor, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "theirs", OwnerContactID: ptr(w.contactOf(mate, w.AP1))})
	require.Equal(t, operational.KindForbidden, kind(err))
	give := func(by operational.Actor, to operational.Opt[uuid.UUID], more ...func(*opportunities.Update)) (opportunities.Opportunity, error) {
		patch := opportunities.Update{OwnerContactID: to}
		for _, m := range more {
			m(&patch)
		}
		return w.s.Update(t.Context(), by, o.ID, o.Version, patch)
	}
	mates := operational.Set(w.contactOf(mate, w.AP1))
	var refused error
	for name, to := range map[string]operational.Opt[uuid.UUID]{"a colleague": mates, "nobody": {Given: true}, "somebody of another company": operational.Set(w.ContactAP2), "nobody that there is": operational.Set(uuid.New())} {
		_, err = give(actor, to)
		require.Equal(t, "not-permitted", fault(t, err).Code, name)
		if refused == nil {
			refused = err
		}
		require.EqualError(t, err, refused.Error(), "one answer, whoever is named")
	}
	kept, err := give(actor, operational.Set(w.ContactAP1), func(u *opportunities.Update) { u.Name = operational.Set("mine still") })
	require.NoError(t, err, "who has it already is nobody else")
	require.Equal(t, w.ContactAP1, kept.Owner.ID)
	o = kept
	wide := w.db.WithRights(t, w.A) // the vendor sees all of it
	given, err := give(wide, mates)
	require.NoError(t, err)
	require.Equal(t, *mates.Value, given.Owner.ID)
	_, err = w.s.Get(t.Context(), actor, given.ID)
	require.Equal(t, operational.KindNotFound, kind(err), "it is gone for who had it")

	// So it is in one's own business.
	w.exec(`update crm.role_object set visibility = 'private' where org_id = $1 and role_key = 'seller' and object = 'opportunity'`, w.P1.Org)
	w.exec(`update crm.membership set role = 'seller' where id = $1`, mate.Membership)
	sells := w.db.WithRights(t, mate)
	own := w.create(sells, opportunities.NewOpportunity{Name: "own", ProcessID: ptr(w.ownProcess())})
	_, err = w.s.Update(t.Context(), sells, own.ID, own.Version, opportunities.Update{OwnerMemberID: operational.Set(w.P1.Membership)})
	require.Equal(t, "not-permitted", fault(t, err).Code)
}

// What a connection that has ended leaves behind the vendor reads and nobody writes.
func TestFrozenOpportunities(t *testing.T) {
	w := newWorld(t)
	o := w.full()
	w.exec(`update crm.opportunity set frozen_at = now() where id = $1`, o.ID)
	_, err := w.s.Get(t.Context(), w.A, o.ID)
	require.NoError(t, err)
	_, err = w.s.Update(t.Context(), w.A, o.ID, o.Version, opportunities.Update{Name: operational.Set("x")})
	require.Equal(t, "connection-not-active", fault(t, err).Code)
	_, err = w.s.Get(t.Context(), w.P1, o.ID)
	require.Equal(t, operational.KindNotFound, kind(err))
}
