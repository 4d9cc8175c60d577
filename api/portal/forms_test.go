package portal_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// The form of an opportunity has what its reader may set, shows what can be read only, and has no word of the rest.
func TestTheFormHasWhatMayBeSet(t *testing.T) {
	w := newWorld(t)
	exec := func(sql string, args ...any) {
		t.Helper()
		_, err := w.db.Owner(t).Exec(t.Context(), sql, args...)
		require.NoError(t, err)
	}
	for name, kind := range map[string]string{"x_size": "number", "x_kind": "choice", "x_ready": "boolean", "x_secret": "text"} {
		choices := []string{}
		if kind == "choice" {
			choices = []string{"big", "small"}
		}
		exec(`insert into crm.custom_field (id, org_id, object, name, label, type, choices, created_at, updated_at) values (gen_random_uuid(), $1, 'opportunity', $2, 'Label ' || $2, $3, $4, now(), now())`, w.vendor, name, kind, choices)
	}
	exec(`update crm.role_object set readable = array_remove(array_remove(readable, 'customer_name'), 'tier') || '{x_size,x_kind,x_ready}'::text[], editable = '{name,x_size,x_kind,record_type}'
		where org_id = $1 and audience = 'external' and object = 'opportunity'`, w.vendor)
	day := operational.NewDate(2031, 3, 31)
	_, err := w.deps.Opportunities.Update(t.Context(), w.db.WithRights(t, w.leader), w.opportunity.ID, w.opportunity.Version, opportunities.Update{CloseDate: operational.Set(day), Custom: map[string]any{"x_ready": true, "x_secret": "hush"}})
	require.NoError(t, err)

	path := "/opportunities/" + w.opportunity.ID.String()
	v := w.as(t, partnerMail)
	p := v.get(path)
	for _, absent := range []string{"Label x_secret", "hush", "Port of Gdynia", "Move the stage"} {
		require.NotContains(t, p.text(), absent)
	}
	require.Equal(t, url.Values{"version": {"2"}, "name": {"Gdynia Port crane telemetry"}, "custom.x_size": {""}, "custom.x_kind": {""}, "reason": {""}}, p.inputs(path+"/edit", nil))
	require.Contains(t, p.text(), "Change Vendor net, EUR 486000.00 Close date 2031-03-31 Label x_ready Yes")
	saved := p.sends(path+"/edit", url.Values{"custom.x_size": {"12.5"}, "custom.x_kind": {"small"}})
	require.Contains(t, saved.path, "saved=edit", saved.text())
	require.Contains(t, saved.text(), "Label x_kind small")
	wrong := saved.sends(path+"/edit", url.Values{"custom.x_size": {"many"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Contains(t, wrong.text(), "Label x_size: It is not a number")
	require.Equal(t, "many", wrong.inputs(path+"/edit", nil).Get("custom.x_size"), "what was typed is kept")
	cleared := wrong.sends(path+"/edit", url.Values{"custom.x_size": {""}})
	require.NotContains(t, cleared.text(), "12.5 Label")

	// Nothing that the form does not have comes in by it; what is hidden is as nothing.
	denied := v.post(path+"/edit", url.Values{"version": {"4"}, "close_date": {"2032-01-01"}})
	require.Equal(t, http.StatusForbidden, denied.status)
	for _, name := range []string{"customer_name", "custom.x_secret", "nonsense"} {
		hidden := v.post(path+"/edit", url.Values{"version": {"4"}, name: {"Mine"}})
		require.Equal(t, http.StatusUnprocessableEntity, hidden.status, name)
		require.Contains(t, hidden.text(), ": "+operational.UnexpectedMember, name)
	}
	require.Equal(t, http.StatusForbidden, v.post(path+"/move", url.Values{"version": {"4"}, "stage_id": {uuid.NewString()}}).status)
}

// Types that one works with can be chosen, and what the layout of a type asks for is told beside its field.
func TestTheFormAsksForWhatALayoutAsks(t *testing.T) {
	w := newWorld(t)
	exec := func(sql string, args ...any) {
		t.Helper()
		_, err := w.db.Owner(t).Exec(t.Context(), sql, args...)
		require.NoError(t, err)
	}
	kind, layout := uuid.New(), uuid.New()
	exec(`insert into crm.custom_field (id, org_id, object, name, label, type, choices, created_at, updated_at) values
		(gen_random_uuid(), $1, 'opportunity', 'x_kind', 'Kind', 'choice', '{big,small}', now(), now()), (gen_random_uuid(), $1, 'opportunity', 'x_budget', 'Budget', 'number', '{}', now(), now())`, w.vendor)
	exec(`insert into crm.record_type (id, org_id, object, name, created_at, updated_at) values ($2, $1, 'opportunity', 'Project', now(), now())`, w.vendor, kind)
	exec(`insert into crm.page_layout (id, org_id, object, name, definition, created_at, updated_at) values ($2, $1, 'opportunity', 'Project',
		'{"sections":[{"title":"A","fields":[{"name":"close_date","required":true},{"name":"x_kind"},{"name":"x_budget","required":true,"show_if":{"field":"x_kind","in":["big"]}}]}]}', now(), now())`, w.vendor, layout)
	exec(`insert into crm.layout_assignment (org_id, role_key, record_type_id, layout_id) values ($1, $2, $3, $4)`, w.vendor, w.leader.Role, kind, layout)
	path := "/opportunities/" + w.opportunity.ID.String()
	v := w.as(t, leaderMail)
	p := v.get(path)
	require.Contains(t, p.text(), "Type None Project")
	p = p.sends(path+"/edit", url.Values{"record_type_id": {kind.String()}})
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	require.Contains(t, p.text(), "Close date: It is required for Project.")
	p = p.sends(path+"/edit", url.Values{"close_date": {"2031-03-31"}})
	require.Contains(t, p.path, "saved=edit", p.text())
	require.False(t, p.inputs(path+"/edit", nil).Has("custom.x_budget"), "it waits for another one's value")
	p = p.sends(path+"/edit", url.Values{"custom.x_kind": {"big"}})
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	require.Contains(t, p.text(), "Budget: It is required for Project.")
	require.Equal(t, "big", p.inputs(path+"/edit", nil).Get("custom.x_kind"))
	p = p.sends(path+"/edit", url.Values{"custom.x_budget": {"5"}})
	require.Contains(t, p.path, "saved=edit", p.text())
	p = p.sends(path+"/edit", url.Values{"close_date": {""}})
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
}
