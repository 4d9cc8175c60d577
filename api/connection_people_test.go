package api_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

func TestWhoWorksForAVendor(t *testing.T) {
	w := newWorld(t)
	chief := w.administrator(t, w.pia, "Chief")
	deal := w.deal(t, w.pia, w.connA1, "Deal", "100", "EUR", "2024-02-01T00:00:00Z")
	w.mirror(t)
	open := "/v1/analytics/amount-open?by=vendor"
	require.Contains(t, w.must(t, 200, w.pia, "GET", open, nil).body, w.ada.Org.String())
	narrow := w.must(t, 200, w.administrator(t, w.pia, "Nils"), "POST", "/v1/session/workspace", map[string]any{"connection_id": w.connA1}).cookieOf(t)
	path := "/v1/connections/" + w.connA1.String() + "/people"
	only := map[string]any{"mode": "chosen", "membership_ids": []any{chief.Membership}}
	at1 := []string{"If-Match", `"v1"`}
	before := w.must(t, 200, w.ada, "GET", "/v1/connections/"+w.connA1.String(), nil).body
	w.run(t, []scenario{
		{name: "all at first", as: chief, method: "GET", path: path, status: 200, has: []string{`"mode":"all"`, `"membership_ids":[]`, `"people":3`}},
		{name: "nothing for the vendor", as: w.ada, method: "GET", path: path, status: 404},
		{name: "nor for sales people", as: w.pia, method: "GET", path: path, status: 403},
		{name: "preview", as: chief, method: "POST", path: path + "/preview", body: only, status: 200, has: []string{`"losing":2`, `"gaining":0`, "Pia"}},
		{name: "without If-Match", as: chief, method: "PATCH", path: path, body: only, status: 428},
		{name: "an old one", as: chief, method: "PATCH", path: path, body: only, headers: []string{"If-Match", `"v9"`}, status: 412},
		{name: "the vendor's hand", as: w.ada, method: "PATCH", path: path, body: only, headers: at1, status: 404},
		{name: "somebody else's people", as: chief, method: "PATCH", path: path, body: map[string]any{"membership_ids": []any{w.ada.Membership, uuid.New()}}, headers: at1, status: 422, has: []string{"2 of them are no members of your organisation"}},
		{name: "chosen", as: chief, method: "PATCH", path: path, body: only, headers: at1, status: 200, has: []string{`"mode":"chosen"`, `"people":1`, `"version":2`}},
		{name: "who is taken out finds nothing", as: w.pia, method: "GET", path: "/v1/opportunities/" + deal, status: 404},
		{name: "nor in lists", as: w.pia, method: "GET", path: "/v1/opportunities", status: 200, hasNot: []string{deal}},
		{name: "nor counted", as: w.pia, method: "GET", path: open, status: 200, hasNot: []string{w.ada.Org.String()}},
		{name: "the vendor keeps the record and its owner", as: w.ada, method: "GET", path: "/v1/opportunities/" + deal, status: 200, has: []string{"Pia"}},
		{name: "the partner's page follows", as: chief, method: "GET", path: "/v1/connections/" + w.connA1.String() + "/disclosure", status: 200, has: []string{`"people":"chosen"`, `"suspended_by":"partner"`}},
	})
	w.must(t, 401, narrow, "GET", "/v1/me", nil)
	require.Equal(t, before, w.must(t, 200, w.ada, "GET", "/v1/connections/"+w.connA1.String(), nil).body, "the vendor learns of the contact, not of the choice")

	late := operational.Actor{Person: uuid.New(), Membership: uuid.New(), Org: w.pia.Org}
	owner := w.Owner(t)
	_, err := owner.Exec(t.Context(), `insert into crm.person (id, display_name, email, email_norm, created_at) values ($1, 'Lotte Late', 'lotte@one.example', 'lotte@one.example', now())`, late.Person)
	require.NoError(t, err)
	_, err = owner.Exec(t.Context(), `insert into crm.membership (id, org_id, person_id, role, created_at) values ($1, $2, $3, 'seller', now())`, late.Membership, late.Org, late.Person)
	require.NoError(t, err)
	for _, list := range []string{
		"/v1/external-contacts", "/v1/connections", "/v1/opportunities", "/v1/opportunities/" + deal + "/history", "/v1/audit-events?limit=100",
		"/v1/external-contacts?filter=display_name+contains+'Lotte'", "/v1/opportunities/export",
	} {
		got := w.call(t, w.ada, http.MethodGet, list, nil)
		require.Equal(t, 200, got.status, list)
		for _, sign := range []string{"Lotte", "lotte@", late.Membership.String(), "people_chosen"} {
			require.NotContains(t, got.body, sign, list)
		}
	}
	require.NotContains(t, w.must(t, 200, chief, "GET", "/v1/connections/"+w.connA1.String()+"/disclosure", nil).body, "Lotte")
	require.Contains(t, w.must(t, 200, chief, "GET", "/v1/audit-events?limit=100", nil).body, "connection.people_chosen")
	w.must(t, 200, chief, "PATCH", path, map[string]any{"mode": "all"}, "If-Match", `"v2"`)
	require.Contains(t, w.must(t, 200, w.ada, "GET", "/v1/external-contacts", nil).body, "Lotte")
	w.must(t, 200, w.pia, "GET", "/v1/opportunities/"+deal, nil)
}
