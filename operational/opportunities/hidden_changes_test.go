package opportunities_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// edits are changes of one field each, under the name by which roles speak of it, made by the vendor.
func (w *world) edits() map[string]opportunities.Update {
	return map[string]opportunities.Update{
		"name":              {Name: operational.Set("renamed")},
		"customer_name":     {CustomerName: operational.Set("Bcme")},
		"vendor_account_id": {VendorAccountID: operational.Set(w.account["A"].ID)},
		"owner":             {OwnerContactID: operational.Opt[uuid.UUID]{Given: true}},
		"vendor_net":        {VendorNet: operational.Set(usd("77"))},
		"close_date":        {CloseDate: operational.Set(operational.NewDate(2032, 1, 2))},
		"record_type":       {RecordTypeID: operational.Set(w.recordType(w.A.Org, "Big", false))},
		"lines":             {Lines: operational.Set([]opportunities.NewLine{{ProductID: w.mg["A"].ID, Quantity: decimal.NewFromInt(1)}})},
		"x_size":            {Custom: map[string]any{"x_size": "11"}},
	}
}

// A change of which somebody sees nothing is no change for them: it is not in the history, moves neither version nor time,
// and does not stop them from changing what they see. Its reason does not show either, with whatever else it changed.
func TestChangesOfHiddenFieldsAreAbsent(t *testing.T) {
	w := newWorld(t)
	w.added(w.A, "x_size", "number")
	for field, edit := range w.edits() {
		o := w.create(w.A, opportunities.NewOpportunity{
			ConnectionID: &w.AP1, Name: "full", CustomerName: "Acme", OwnerContactID: &w.ContactAP1, CloseDate: ptr(operational.NewDate(2031, 1, 2)), VendorNet: ptr(usd("10")),
		})
		actor := w.external(`readable = array_remove(readable, '`+field+`'), editable = array_remove(editable, '`+field+`')`, w.A, w.P1, w.AP1)
		first := must(w.s.Get(t.Context(), actor, o.ID))

		w.clock.pass(time.Minute)
		edit.Reason = "secret"
		hidden := must(w.s.Update(t.Context(), w.A, o.ID, o.Version, edit))
		require.EqualValues(t, 2, hidden.Version, field)
		seen := must(w.s.Get(t.Context(), actor, o.ID))
		require.Equal(t, first, seen, field)
		require.Len(t, w.history(actor, seen), 1, field)

		w.clock.pass(time.Minute)
		mine := must(w.s.Update(t.Context(), actor, o.ID, first.Version, otherThan(field)))
		require.EqualValues(t, 2, mine.Version, "%s: what was hidden came between, and is not counted", field)
		past := w.history(actor, mine)
		require.Equal(t, "mine", past[1].Reason, field)
		require.Len(t, past[1].Fields, 1)
		_, err := w.s.Update(t.Context(), actor, o.ID, first.Version, otherThan(field))
		require.Equal(t, operational.KindStale, kind(err), "%s: what they see has changed", field)

		if field != "vendor_account_id" { // no partner is given it
			w.exec(`update crm.role_object set readable = readable || $2::text, editable = editable || $2::text where org_id = $1 and role_key = 'dealer_personnel' and object = 'opportunity'`, w.A.Org, field)
		}
	}
}

// otherThan is a change of some other field.
func otherThan(field string) opportunities.Update {
	if field == "name" {
		return opportunities.Update{CustomerName: operational.Set("mine"), Reason: "mine"}
	}
	return opportunities.Update{Name: operational.Set("mine"), Reason: "mine"}
}

// One change may be of fields that show and of others: it is told without these, and without the words of who made it.
func TestReasonsOfHalfHiddenChanges(t *testing.T) {
	w := newWorld(t)
	w.added(w.A, "x_size", "number")
	o := w.create(w.A, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "full", OwnerContactID: &w.ContactAP1, VendorNet: ptr(usd("10"))})
	for _, edit := range w.edits() {
		w.clock.pass(time.Minute)
		edit.Reason = "why"
		edit.Custom = map[string]any{"x_size": decimal.NewFromInt(o.Version).String()}
		o = must(w.s.Update(t.Context(), w.A, o.ID, o.Version, edit))
	}
	all := w.history(w.A, o)
	actor := w.external(`readable = array_remove(readable, 'x_size'), editable = array_remove(editable, 'x_size')`, w.A, w.P1, w.AP1)
	past := w.history(actor, must(w.s.Get(t.Context(), actor, o.ID)))
	require.Len(t, past, len(all)-2, "without the two of which a partner sees nothing: the one field, and the vendor's own account")
	for _, c := range past[1:] {
		require.Empty(t, c.Reason)
		require.NotContains(t, c.Fields, "x_size")
		require.NotEmpty(t, c.Fields)
	}
	actor = w.external(`readable = readable || 'x_size'::text`, w.A, w.P1, w.AP1)
	for i, c := range w.history(actor, must(w.s.Get(t.Context(), actor, o.ID)))[1:] {
		require.Contains(t, c.Fields, "x_size", i)
		require.Equal(t, all[i+1].Fields[0] == "vendor_account_id", c.Reason == "")
	}
}

// Lists are asked by the last change of what shows.
func TestListsAreAskedByChangesThatShow(t *testing.T) {
	w := newWorld(t)
	o := w.create(w.A, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "full", CustomerName: "Acme"})
	made := w.clock.read()
	actor := w.external(`readable = array_remove(readable, 'customer_name'), editable = array_remove(editable, 'customer_name')`, w.A, w.P1, w.AP1)
	since := func() int {
		listing := must(w.s.Listing(t.Context(), actor))
		filter := must(operational.ParseFilter("updated_at gt '"+made.Format(time.RFC3339Nano)+"'", listing.Filters))
		page := must(w.s.List(t.Context(), actor, operational.Query{Filter: filter, Page: operational.Page{Count: true}}))
		require.EqualValues(t, len(page.Items), *page.Total)
		return len(page.Items)
	}
	require.Equal(t, 0, since())
	w.clock.pass(time.Minute)
	o = must(w.s.Update(t.Context(), w.A, o.ID, o.Version, opportunities.Update{CustomerName: operational.Set("hidden")}))
	require.Equal(t, 0, since(), "it changed unseen")
	must(w.s.Update(t.Context(), w.A, o.ID, o.Version, opportunities.Update{Name: operational.Set("shown")}))
	require.Equal(t, 1, since())
}
