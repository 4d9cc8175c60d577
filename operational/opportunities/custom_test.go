package opportunities_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// added gives a company a field of its own, which the role reads and writes.
func (w *world) added(of operational.Actor, name, kind string, choices ...string) {
	w.t.Helper()
	if choices == nil {
		choices = []string{}
	}
	w.exec(`insert into crm.custom_field (id, org_id, object, name, label, type, choices, created_at, updated_at) values (gen_random_uuid(), $1, 'opportunity', $2, $2, $3, $4, now(), now())`,
		of.Org, name, kind, choices)
	w.exec(`update crm.role_object set readable = readable || $2::text, editable = editable || $2::text where org_id = $1 and role_key = 'dealer_personnel' and object = 'opportunity'`, of.Org, name)
}

func TestFieldsThatACompanyAdded(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.added(w.A, "x_size", "number")
	w.added(w.A, "x_kind", "choice", "big", "small")
	w.added(w.A, "x_visit", "date")
	w.added(w.A, "x_note", "text")
	w.added(w.A, "x_ready", "boolean")
	w.added(w.B, "x_size", "text")
	actor := w.external(`access = 'read_write'`, w.A, w.P1, w.AP1)
	values := []map[string]any{
		{"x_size": "9.5", "x_kind": "big", "x_visit": "2030-02-01", "x_note": "it's fine", "x_ready": true},
		{"x_size": "10", "x_kind": "small", "x_visit": "2029-12-31"},
		{},
	}
	var made []opportunities.Opportunity
	for i, v := range values {
		made = append(made, w.create(actor, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: []string{"one", "two", "three"}[i], Custom: v}))
		w.clock.pass(time.Minute)
	}
	w.create(w.B, opportunities.NewOpportunity{ConnectionID: &w.BP1, Name: "of B", Custom: map[string]any{"x_size": "large"}})
	require.Equal(t, values[0], must(w.s.Get(ctx, w.A, made[0].ID)).Custom)
	require.Nil(t, made[2].Custom)
	for _, c := range []struct{ filter, sort, want string }{
		{"", "x_size", "one two three"},
		{"", "-x_size", "two one three"},
		{"x_size gt 9.75", "", "two"},
		{"x_kind eq 'big' or x_kind is_null", "name", "one three"},
		{"x_visit lt '2030-01-01'", "", "two"},
		{"", "-x_visit", "one two three"},
		{"x_note contains 'it''s'", "", "one"},
	} {
		for _, who := range []operational.Actor{actor, w.A} {
			require.Equal(t, c.want, strings.Join(w.list(who, c.filter, c.sort), " "), "filter %s, sort %s", c.filter, c.sort)
		}
	}
	require.NotContains(t, w.listing(w.A, "x_ready x_other").Filters, "x_ready", "yes and no are not compared")
	require.NotContains(t, w.listing(w.A, "x_ready x_other").Filters, "x_other")
	_, err := operational.ParseFilter("x_visit eq '2030-02-31'", w.listing(actor, "x_visit").Filters)
	require.NoError(t, err)

	changed, err := w.s.Update(ctx, actor, made[0].ID, made[0].Version, opportunities.Update{Custom: map[string]any{"x_note": nil, "x_size": "11"}})
	require.NoError(t, err)
	require.Equal(t, map[string]any{"x_size": "11", "x_kind": "big", "x_visit": "2030-02-01", "x_ready": true}, changed.Custom)
	again, err := w.s.Update(ctx, actor, made[0].ID, changed.Version, opportunities.Update{Custom: map[string]any{"x_size": "11"}})
	require.NoError(t, err)
	require.Equal(t, changed.Version, again.Version, "the same again is no change")
	for name, value := range map[string]any{"x_size": "many", "x_kind": "huge", "x_visit": "tomorrow", "x_ready": "yes", "x_none": "1"} {
		_, err := w.s.Update(ctx, actor, made[0].ID, changed.Version, opportunities.Update{Custom: map[string]any{name: value}})
		require.Equal(t, operational.KindInvalid, kind(err), name)
		require.ErrorContains(t, err, "custom."+name)
	}

	actor = w.external(`readable = array_remove(readable, 'x_size'), editable = array_remove(array_remove(editable, 'x_size'), 'x_kind')`, w.A, w.P1, w.AP1)
	seen := must(w.s.Get(ctx, actor, made[0].ID))
	require.NotContains(t, seen.Custom, "x_size")
	require.Equal(t, "big", seen.Custom["x_kind"])
	require.NotContains(t, w.listing(actor, "x_size").Filters, "x_size")
	_, err = w.s.Update(ctx, actor, made[0].ID, changed.Version, opportunities.Update{Custom: map[string]any{"x_size": "1"}})
	require.ErrorContains(t, err, "unexpected property")
	_, err = w.s.Update(ctx, actor, made[0].ID, changed.Version, opportunities.Update{Custom: map[string]any{"x_kind": "small"}})
	require.Equal(t, "field-not-editable", fault(t, err).Code)
	require.Equal(t, "11", must(w.s.Get(ctx, w.A, made[0].ID)).Custom["x_size"], "what is hidden stays")
	everywhere := actor
	everywhere.Connection = uuid.Nil
	require.NotContains(t, w.listing(everywhere, "x_kind").Filters, "x_kind", "another vendor's records do not show it")
}

// What a partner's own company has added lies in its half, of what it shares, and on the opportunity in its own business.
func TestFieldsOfThePartnersOwn(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.added(w.P1, "x_margin", "number")
	own := w.create(w.P1, opportunities.NewOpportunity{Name: "own", ProcessID: ptr(w.ownProcess()), Custom: map[string]any{"x_margin": "1"}})
	require.Equal(t, map[string]any{"x_margin": "1"}, own.Custom)
	shared := w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "shared"})
	_, err := w.s.Update(ctx, w.P1, shared.ID, shared.Version, opportunities.Update{Custom: map[string]any{"x_margin": "2"}})
	require.ErrorContains(t, err, "unexpected property", "the vendor would read it")
	half, err := w.s.UpdatePrivate(ctx, w.P1, shared.ID, 0, opportunities.UpdatePrivate{Custom: map[string]any{"x_margin": "2"}})
	require.NoError(t, err)
	require.Equal(t, map[string]any{"x_margin": "2"}, half.Custom)
	require.Nil(t, must(w.s.Get(ctx, w.A, shared.ID)).Custom)
	_, err = w.s.UpdatePrivate(ctx, w.P1, own.ID, 0, opportunities.UpdatePrivate{Custom: map[string]any{"x_margin": "2"}})
	require.Equal(t, operational.KindInvalid, kind(err))
	_, err = w.s.UpdatePrivate(ctx, w.P1, shared.ID, 1, opportunities.UpdatePrivate{Custom: map[string]any{"x_margin": "two"}})
	require.Equal(t, operational.KindInvalid, kind(err))
}

func TestRecordTypes(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	usual, other := w.recordType(w.A.Org, "Usual", true), w.recordType(w.A.Org, "Other", false)
	strange := w.recordType(w.B.Org, "Strange", true)
	o := w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "usual"})
	require.Equal(t, usual, *o.RecordTypeID)
	p := w.create(w.A, opportunities.NewOpportunity{Name: "other", RecordTypeID: &other})
	require.Equal(t, []string{"other"}, w.list(w.A, "record_type eq '"+other.String()+"'", ""))
	_, err := w.s.Create(ctx, w.A, opportunities.NewOpportunity{Name: "x", RecordTypeID: &strange})
	require.Equal(t, operational.KindInvalid, kind(err))
	changed, err := w.s.Update(ctx, w.A, p.ID, p.Version, opportunities.Update{RecordTypeID: operational.Set(usual)})
	require.NoError(t, err)
	require.Equal(t, usual, *changed.RecordTypeID)
	_, err = w.s.Update(ctx, w.A, p.ID, changed.Version, opportunities.Update{RecordTypeID: operational.Set(strange)})
	require.Equal(t, operational.KindInvalid, kind(err))

	actor := w.external(`record_types = array['`+other.String()+`'::uuid]`, w.A, w.P1, w.AP1)
	_, err = w.s.Get(ctx, actor, o.ID)
	require.Equal(t, operational.KindNotFound, kind(err), "of a type that its role does not work with")
	_, err = w.s.Create(ctx, actor, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x", RecordTypeID: &usual})
	require.Equal(t, operational.KindInvalid, kind(err))
	require.Equal(t, other, *w.create(actor, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x", RecordTypeID: &other}).RecordTypeID)
}
