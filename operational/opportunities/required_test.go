package opportunities_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// layout gives the record type of a company its form for a role.
func (w *world) layout(of operational.Actor, role operational.Role, recordType uuid.UUID, fields string) {
	w.t.Helper()
	id := uuid.New()
	w.exec(`insert into crm.page_layout (id, org_id, object, name, definition, created_at, updated_at) values ($1, $2, 'opportunity', $1::uuid::text, $3, now(), now())`,
		id, of.Org, `{"sections":[{"title":"Deal","fields":[`+fields+`]}]}`)
	w.exec(`insert into crm.layout_assignment (org_id, role_key, record_type_id, layout_id) values ($1, $2, $3, $4)
		on conflict (org_id, role_key, record_type_id) do update set layout_id = excluded.layout_id`, of.Org, role, recordType, id)
}

// lacks are the fields that an error names as required.
func lacks(t *testing.T, err error) []string {
	t.Helper()
	require.Equal(t, operational.KindInvalid, kind(err), "%v", err)
	var names []string
	for _, f := range fault(t, err).Fields {
		require.Regexp(t, `^It is required for .+\.$`, f.Message)
		names = append(names, f.Field)
	}
	return names
}

func TestWhatALayoutAsksFor(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.added(w.A, "x_budget", "number")
	w.added(w.A, "x_kind", "choice", "big", "small")
	project, plain := w.recordType(w.A.Org, "Project", true), w.recordType(w.A.Org, "Plain", false)
	w.layout(w.A, w.A.Role, project, `{"name":"name","required":true},{"name":"customer_name","required":true},{"name":"close_date","required":true},{"name":"vendor_net","required":true},`+
		`{"name":"x_kind"},{"name":"x_budget","required":true,"show_if":{"field":"x_kind","in":["big"]}},{"name":"lines","required":true,"show_if":{"field":"stage","in":["Won"]}}`)
	day := operational.NewDate(2030, 1, 2)

	_, err := w.s.Create(ctx, w.A, opportunities.NewOpportunity{Name: "x"})
	require.Equal(t, []string{"customer_name", "close_date", "vendor_net"}, lacks(t, err))
	require.ErrorContains(t, err, "It is required for Project.")
	_, err = w.s.Create(ctx, w.A, opportunities.NewOpportunity{Name: "x", CustomerName: "C", CloseDate: &day, VendorNet: ptr(usd("0")), Custom: map[string]any{"x_kind": "big"}})
	require.Equal(t, []string{"custom.x_budget"}, lacks(t, err), "an amount of zero was given, a condition holds")
	_, err = w.s.Create(ctx, w.A, opportunities.NewOpportunity{Name: "x", CustomerName: "C", CloseDate: &day, VendorNet: ptr(usd("5")), StageID: ptr(w.stage("A", "Won"))})
	require.Equal(t, []string{"lines"}, lacks(t, err))
	o := w.create(w.A, opportunities.NewOpportunity{Name: "x", CustomerName: "C", CloseDate: &day, VendorNet: ptr(usd("5")), Custom: map[string]any{"x_kind": "small"}})
	bare := w.create(w.A, opportunities.NewOpportunity{Name: "bare", RecordTypeID: &plain})
	other := w.create(w.A, opportunities.NewOpportunity{Name: "other", RecordTypeID: &plain, Custom: map[string]any{"x_kind": "small"}})

	// What is there cannot be emptied, and a change that makes a field required brings its value.
	refused := func(patch opportunities.Update, want ...string) {
		t.Helper()
		_, err := w.s.Update(ctx, w.A, o.ID, o.Version, patch)
		require.Equal(t, want, lacks(t, err))
	}
	refused(opportunities.Update{CloseDate: operational.Opt[operational.Date]{Given: true}}, "close_date")
	refused(opportunities.Update{CustomerName: operational.Opt[string]{Given: true}, VendorNet: operational.Opt[operational.Money]{Given: true}}, "customer_name", "vendor_net")
	refused(opportunities.Update{Custom: map[string]any{"x_kind": "big"}}, "custom.x_budget")
	o, err = w.s.Update(ctx, w.A, o.ID, o.Version, opportunities.Update{Custom: map[string]any{"x_kind": "big", "x_budget": "100"}})
	require.NoError(t, err)
	refused(opportunities.Update{Custom: map[string]any{"x_budget": nil}}, "custom.x_budget")
	_, err = w.s.Update(ctx, w.A, other.ID, other.Version, opportunities.Update{RecordTypeID: operational.Set(project), CustomerName: operational.Set("D")})
	require.Equal(t, []string{"close_date", "vendor_net"}, lacks(t, err), "another type asks for more")
	o = w.move(w.A, o, "Won")

	// Stages move without questions, and what was missing before may go on missing while other fields change.
	o, err = w.s.Update(ctx, w.A, o.ID, o.Version, opportunities.Update{Name: operational.Set("won")})
	require.NoError(t, err)
	w.layout(w.A, w.A.Role, plain, `{"name":"customer_name","required":true},{"name":"close_date","required":true}`)
	bare, err = w.s.Update(ctx, w.A, bare.ID, bare.Version, opportunities.Update{Name: operational.Set("still bare"), CloseDate: operational.Set(day)})
	require.NoError(t, err)
	_, err = w.s.Update(ctx, w.A, bare.ID, bare.Version, opportunities.Update{CloseDate: operational.Opt[operational.Date]{Given: true}})
	require.Equal(t, []string{"close_date"}, lacks(t, err))

	// Products on it are seen too.
	w.layout(w.A, w.A.Role, plain, `{"name":"lines","required":true}`)
	_, err = w.s.Create(ctx, w.A, opportunities.NewOpportunity{Name: "x", RecordTypeID: &plain})
	require.Equal(t, []string{"lines"}, lacks(t, err))
	line := []opportunities.NewLine{{ProductID: w.gtx["A"].ID, Quantity: usd("1").Amount}}
	sold := w.create(w.A, opportunities.NewOpportunity{Name: "x", RecordTypeID: &plain, Lines: line})
	_, err = w.s.Update(ctx, w.A, sold.ID, sold.Version, opportunities.Update{Lines: operational.Set([]opportunities.NewLine{})})
	require.Equal(t, []string{"lines"}, lacks(t, err))
	_, err = w.s.Update(ctx, w.A, sold.ID, sold.Version, opportunities.Update{Name: operational.Set("y")})
	require.NoError(t, err)
}

// Nobody is asked for what they cannot fill in, and each company's layouts speak to the roles that they are for.
func TestWhatALayoutAsksOfWhom(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.added(w.A, "x_budget", "number")
	usual := w.recordType(w.A.Org, "Usual", true)
	w.layout(w.A, operational.RoleDealerPersonnel, usual, `{"name":"close_date","required":true},{"name":"x_budget","required":true},{"name":"vendor_account_id","required":true},{"name":"owner","required":true}`)
	w.create(w.A, opportunities.NewOpportunity{Name: "the vendor's own people"})
	actor := w.external(`access = 'read_write'`, w.A, w.P1, w.AP1)
	in := opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x"}
	_, err := w.s.Create(ctx, actor, in)
	require.Equal(t, []string{"close_date", "custom.x_budget"}, lacks(t, err), "the owner follows by itself, the vendor's account is the vendor's")
	actor = w.external(`readable = array_remove(readable, 'x_budget'), editable = array_remove(array_remove(editable, 'x_budget'), 'close_date')`, w.A, w.P1, w.AP1)
	o := w.create(actor, in)
	require.Equal(t, usual, *o.RecordTypeID)
	w.exec(`update crm.custom_field set active = false where name = 'x_budget'`)
	actor = w.external(`readable = readable || '{x_budget}'::text[], editable = editable || '{x_budget,close_date}'::text[]`, w.A, w.P1, w.AP1)
	_, err = w.s.Create(ctx, actor, in)
	require.Equal(t, []string{"close_date"}, lacks(t, err), "a field that is out of use is asked of nobody")
}

// A refusal does not say the type of a record to somebody whose role hides it.
func TestWhatIsRequiredNamesNoTypeThatIsHidden(t *testing.T) {
	w := newWorld(t)
	project := w.recordType(w.A.Org, "Project", true)
	w.layout(w.A, operational.RoleDealerPersonnel, project, `{"name":"close_date","required":true}`)
	made := opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x", CustomerName: "C"}
	_, err := w.s.Create(t.Context(), w.P1, made)
	require.ErrorContains(t, err, "It is required for Project.")
	blind := w.external(`readable = array_remove(readable, 'record_type'), editable = array_remove(editable, 'record_type')`, w.A, w.P1, w.AP1)
	_, err = w.s.Create(t.Context(), blind, made)
	require.ErrorContains(t, err, "close_date: It is required.")
	require.NotContains(t, err.Error(), "Project")
}
