package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/governance"
)

func TestGovernance(t *testing.T) {
	w := newWorld(t)
	deal := w.deal(t, w.pia, w.connA1, "Big deal", "1000.50", "EUR", "2024-02-01T00:00:00Z")
	contact := w.contact(t, w.pia, w.connA1)
	get, post, patch, del := http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete
	at1, at2 := []string{"If-Match", `"v1"`}, []string{"If-Match", `"v2"`}
	w.run(t, []scenario{
		{name: "roles", as: w.ada, method: get, path: "/v1/roles", status: 200, has: []string{"dealer_personnel", "administrator", `"people":`}},
		{name: "roles of others", as: w.pia, method: get, path: "/v1/roles", status: 403},
		{name: "what can be given", as: w.ada, method: get, path: "/v1/permissions", status: 200, has: []string{"vendor_account_id", "channel.govern"}},
		{name: "what can be given, by an analyst", as: w.ana, method: get, path: "/v1/permissions", status: 403},
		{name: "new role", as: w.ada, method: post, path: "/v1/roles", body: `{"audience":"external","name":"Service Agent"}`, status: 201, has: []string{`"objects":{}`, "service_agent"}},
		{name: "role twice", as: w.ada, method: post, path: "/v1/roles", body: `{"audience":"external","name":"service agent"}`, status: 409, has: []string{"role-name-taken"}},
		{name: "role for nobody", as: w.ada, method: post, path: "/v1/roles", body: `{"audience":"public","name":"x"}`, status: 422},
		{name: "preview", as: w.ada, method: post, path: "/v1/roles/service_agent/preview", body: `{"objects":{"opportunity":{"read":true,"readable":["name"]}}}`, status: 200, has: []string{`"revealed":[{"object":"opportunity","field":"name"}]`, `"people":0`}},
		{name: "change set", as: w.ada, method: patch, path: "/v1/roles/service_agent", body: `{"objects":{"opportunity":{"read":true,"readable":["name"],"visibility":"company","record_types":null}}}`, headers: at1, status: 200, has: []string{`"version":2`, `"readable":["name"]`}},
		{name: "change set of an older version", as: w.ada, method: patch, path: "/v1/roles/service_agent", body: `{"name":"x"}`, headers: at1, status: 412},
		{name: "change set without If-Match", as: w.ada, method: patch, path: "/v1/roles/service_agent", body: `{"name":"x"}`, status: 428},
		{name: "an unknown right", as: w.ada, method: patch, path: "/v1/roles/service_agent", body: `{"objects":{"opportunity":{"admire":true}}}`, headers: at2, status: 422, has: []string{"unexpected property"}},
		{name: "an unknown field", as: w.ada, method: patch, path: "/v1/roles/service_agent", body: `{"objects":{"opportunity":{"readable":["margin"]}}}`, headers: at2, status: 422, has: []string{"body.objects.opportunity.readable"}},
		{name: "nothing was changed by them", as: w.ada, method: get, path: "/v1/roles/service_agent", status: 200, has: []string{`"version":2`}},
		{name: "compare", as: w.ada, method: get, path: "/v1/roles/service_agent/differences?with=dealer_personnel", status: 200, has: []string{"field.stage", `"one":"hidden"`}},
		{name: "another vendor's role", as: w.bob, method: get, path: "/v1/roles/service_agent", status: 404},
		{name: "delete what came with it", as: w.ada, method: del, path: "/v1/roles/analyst", headers: at1, status: 409, has: []string{"role-built-in"}},
		{name: "role of a contact", as: w.ada, method: patch, path: "/v1/external-contacts/" + contact + "/assignment", body: `{"role":"service_agent"}`, headers: at1, status: 200, has: []string{`"effective_role":"service_agent"`}},
		{name: "delete what somebody has", as: w.ada, method: del, path: "/v1/roles/service_agent", headers: at2, status: 409, has: []string{"role-in-use", "Pia"}},
		{name: "explain", as: w.ada, method: post, path: "/v1/explain", body: map[string]any{"contact_id": contact, "object": "opportunity", "record_id": deal, "act": "read", "field": "stage"}, status: 200, has: []string{`"allowed":false`, `"decided_by":"field"`, "hidden"}},
		{name: "explain to a partner's people", as: w.pia, method: post, path: "/v1/explain", body: map[string]any{"contact_id": contact, "object": "opportunity", "record_id": deal, "act": "read"}, status: 403},
		{name: "explain another's record", as: w.bob, method: post, path: "/v1/explain", body: map[string]any{"contact_id": contact, "object": "opportunity", "record_id": deal, "act": "read"}, status: 404},
		{name: "role of a member", as: w.ada, method: patch, path: "/v1/people/" + w.ana.Membership.String() + "/assignment", body: `{"role":"reviewer","regions":["West"]}`, headers: at1, status: 200, has: []string{`"regions":["West"]`}},
		{name: "a partner's person is no member", as: w.ada, method: get, path: "/v1/people/" + w.pia.Membership.String() + "/assignment", status: 404},
		{name: "channel manager", as: w.ada, method: patch, path: "/v1/connections/" + w.connA1.String() + "/assignment", body: map[string]any{"channel_manager_id": w.ana.Membership}, headers: at1, status: 200, has: []string{w.ana.Membership.String()}},
		{name: "scope", as: w.ada, method: get, path: "/v1/access-scope", status: 200, has: []string{`"mode":"all"`, `"people":2`}},
		{name: "preview of a scope", as: w.ada, method: post, path: "/v1/access-scope/preview", body: map[string]any{"mode": "companies", "connection_ids": []any{w.connA2}}, status: 200, has: []string{`"people_losing":1`, "Pia"}, hasNot: []string{canaryB}},
		{name: "preview of a long scope", as: w.ada, method: post, path: "/v1/access-scope/preview", body: map[string]any{"mode": "contacts", "contact_ids": manyIDs(governance.MaxScope)}, status: 422, has: []string{"20000 of them are no contacts of yours"}},
		{name: "scope with another's connection", as: w.ada, method: patch, path: "/v1/access-scope", body: map[string]any{"connection_ids": []any{w.connB1}}, headers: at1, status: 422, has: []string{"body.connection_ids"}},
		{name: "custom field", as: w.ada, method: post, path: "/v1/custom-fields", body: `{"object":"opportunity","label":"Asked discount","type":"number"}`, status: 201, has: []string{"x_asked_discount"}},
		{name: "custom field twice", as: w.ada, method: post, path: "/v1/custom-fields", body: `{"object":"opportunity","label":"Asked discount","type":"number"}`, status: 409, has: []string{"field-name-taken"}},
		{name: "custom fields", as: w.ada, method: get, path: "/v1/custom-fields?filter=" + url.QueryEscape("object eq 'opportunity'"), status: 200, has: []string{"x_asked_discount"}},
		{name: "record type", as: w.ada, method: post, path: "/v1/record-types", body: `{"object":"opportunity","name":"Renewal"}`, status: 201, has: []string{`"layouts":{}`}},
		{name: "layout", as: w.ada, method: post, path: "/v1/layouts", body: `{"object":"opportunity","name":"Short","definition":{"sections":[{"title":"One","fields":[{"name":"stage"},{"name":"x_asked_discount","show_if":{"field":"stage","in":["Won"]}}]}]}}`, status: 201, has: []string{"show_if"}},
		{name: "layout of what is not there", as: w.ada, method: post, path: "/v1/layouts", body: `{"object":"opportunity","name":"Other","definition":{"sections":[{"title":"One","fields":[{"name":"margin"}]}]}}`, status: 422, has: []string{"body.definition.sections[0].fields[0].name"}},
		{name: "definitions by an analyst", as: w.ana, method: get, path: "/v1/layouts", status: 403},
	})
}

// contact is how a vendor knows one of a partner's people.
func (w *world) contact(t *testing.T, p person, connection fmt.Stringer) (id string) {
	t.Helper()
	require.NoError(t, w.Owner(t).QueryRow(t.Context(), `select id from crm.external_contact where membership_id = $1 and connection_id = $2`, p.Membership, connection.String()).Scan(&id))
	return id
}

// What is taken away is gone with the next request, whatever the session has seen before.
func TestRightsEndWithTheNextRequest(t *testing.T) {
	w := newWorld(t)
	deal := w.deal(t, w.pia, w.connA1, "Big deal", "1000.50", "EUR", "2024-02-01T00:00:00Z")
	other := w.deal(t, w.pia, w.connB1, "Other deal", "10", "USD", "2024-02-01T00:00:00Z")
	read := func(status int) answer { return w.must(t, status, w.pia, "GET", "/v1/opportunities/"+deal, nil) }
	read(200)
	w.must(t, 200, w.ada, "PATCH", "/v1/access-scope", map[string]any{"mode": "companies", "connection_ids": []any{w.connA2}}, "If-Match", `"v1"`)
	gone := read(404)
	require.Equal(t, w.must(t, 404, w.pia, "GET", "/v1/opportunities/0193b0c4-7c1e-7a52-9d1c-3f5b8a0e4d21", nil).body, gone.body, "as if it were not there")
	w.must(t, 200, w.pia, "GET", "/v1/opportunities/"+other, nil)
	require.NotContains(t, w.must(t, 200, w.pia, "GET", "/v1/opportunities", nil).body, deal)
	w.must(t, 200, w.ada, "PATCH", "/v1/access-scope", map[string]any{"mode": "all"}, "If-Match", `"v2"`)
	read(200)
	w.must(t, 200, w.ada, "PATCH", "/v1/roles/dealer_personnel", `{"objects":{"opportunity":{"read":false}}}`, "If-Match", `"v1"`)
	read(404)
	w.must(t, 200, w.ada, "PATCH", "/v1/roles/dealer_personnel", `{"objects":{"opportunity":{"read":true,"readable":["name"],"visibility":"company"}}}`, "If-Match", `"v2"`)
	require.NotContains(t, read(200).body, "1000.50", "what the role does not name is hidden")
}

// A role is changed over and over while its people read: each answer is of one state of it, never of two.
func TestARoleChangesWhileRequestsRun(t *testing.T) {
	w := newWorld(t)
	deal := w.deal(t, w.pia, w.connA1, "Big deal", "1000.50", "EUR", "2024-02-01T00:00:00Z")
	sets := []string{`["customer_name","name"]`, `["name","region","vendor_net"]`}
	var wait sync.WaitGroup
	answers := make([]answer, 60)
	wait.Go(func() {
		for i := range 20 {
			w.must(t, 200, w.ada, "PATCH", "/v1/roles/dealer_personnel", fmt.Sprintf(`{"objects":{"opportunity":{"readable":%s,"editable":[]}}}`, sets[i%2]), "If-Match", fmt.Sprintf(`"v%d"`, i+1))
		}
	})
	wait.Go(func() {
		for i := range answers {
			answers[i] = w.must(t, 200, w.pia, "GET", "/v1/opportunities/"+deal, nil)
		}
	})
	wait.Wait()
	for _, got := range answers {
		members := got.json(t)
		_, customer := members["customer_name"]
		_, net := members["vendor_net"]
		_, stage := members["stage"]
		require.True(t, stage || customer != net, "an answer of two states of the role: %s", got.body)
	}
	last := w.must(t, 200, w.pia, "GET", "/v1/opportunities/"+deal, nil).json(t)
	require.NotContains(t, last, "customer_name")
	require.Contains(t, last, "vendor_net")
}

// manyIDs are ids of nothing.
func manyIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = uuid.NewString()
	}
	return ids
}
