package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// Whoever looks as a role is shown what the role shows, and no operation changes or takes along anything: the document is
// walked for it.
func TestLookingChangesNothing(t *testing.T) {
	w := newWorld(t)
	targets, bodies := w.targets(t), w.bodies()
	looks := w.ada
	w.must(t, 204, looks, "POST", "/v1/session/view", `{"role":"channel_leader"}`)
	require.Contains(t, w.must(t, 200, looks, "GET", "/v1/me", nil).body, `"views_as":{"key":"channel_leader","name":"Channel leader"}`)
	before := w.everything(t)
	refused, shown := 0, 0
	for _, op := range operations(w.api.OpenAPI()) {
		if len(op.Security) == 0 || op.OperationID == "look-no-more" || op.OperationID == "sign-out" {
			continue
		}
		path := op.Path
		if prefix, rest, name := cutPath(path); name != "" {
			target := targets[prefix]
			if target == "" {
				target = uuid.NewString()
			}
			path = prefix + target + rest
		}
		got := w.call(t, looks, op.Method, path, bodies[op.OperationID], "If-Match", `"v1"`)
		if op.Method != http.MethodGet || strings.HasPrefix(op.OperationID, "export-") {
			require.Equal(t, 403, got.status, "%s %s: %s", op.Method, op.Path, got.body)
			require.Equal(t, "only-looks", got.text(t, "code"), "%s %s", op.Method, op.Path)
			refused++
			continue
		}
		require.Less(t, got.status, 500, "%s %s: %s\n%s", op.Method, op.Path, got.body, w.lastFault())
		if got.status == 200 {
			shown++
		}
	}
	t.Logf("refused %d, shown %d", refused, shown)
	require.Greater(t, refused, 60)
	require.Greater(t, shown, 20)
	require.Equal(t, before, w.everything(t), "a look changed something")
	w.must(t, 204, looks, "DELETE", "/v1/session/view", nil)
	require.NotContains(t, w.must(t, 200, looks, "GET", "/v1/me", nil).body, "views_as")
	w.must(t, 201, looks, "POST", "/v1/accounts", `{"name":"Again"}`)
}

// Hidden means absent for whoever looks as the role: in records, lists, filters and sorts, and by what it cannot open.
func TestLookingHidesWhatTheRoleDoes(t *testing.T) {
	w := newWorld(t)
	w.deal(t, w.pia, w.connA1, "Big deal", "1000.50", "EUR", "2024-02-01T00:00:00Z")
	w.sql(t, `insert into crm.role (org_id, key, audience, name, capabilities, created_at, updated_at) values ($1, 'narrow', 'internal', 'Narrow', '{analytics.read,people.manage}', now(), now())`, w.ada.Org)
	w.sql(t, `insert into crm.role_object (org_id, role_key, audience, object, can_read, can_edit, visibility, access, readable, editable) values ($1, 'narrow', 'internal', 'opportunity', true, true, 'company', 'read_write', '{name,stage}', '{name}')`, w.ada.Org)
	looks := w.ada
	for path, status := range map[string]int{"?sort=amount": 200, "?filter=" + url.QueryEscape("region eq 'West'"): 200} {
		w.must(t, status, looks, "GET", "/v1/opportunities"+path, nil)
	}
	w.must(t, 404, looks, "POST", "/v1/session/view", `{"role":"dealer_personnel"}`)
	w.must(t, 403, w.ana, "POST", "/v1/session/view", `{"role":"narrow"}`)
	w.must(t, 204, looks, "POST", "/v1/session/view", `{"role":"narrow"}`)
	list := w.must(t, 200, looks, "GET", "/v1/opportunities", nil)
	require.Contains(t, list.body, "Big deal")
	require.NotContains(t, list.body, "1000.50")
	for _, path := range []string{"?sort=amount", "?filter=" + url.QueryEscape("region eq 'West'"), "?fields=vendor_net"} {
		w.must(t, 422, looks, "GET", "/v1/opportunities"+path, nil)
	}
	for _, path := range []string{"/v1/accounts", "/v1/people", "/v1/audit-events", "/v1/imports"} {
		require.Equal(t, 403, w.call(t, looks, "GET", path, nil).status, path)
	}
	described := w.must(t, 200, looks, "GET", "/v1/objects/opportunity", nil)
	require.NotContains(t, described.body, "vendor_net")
	require.Contains(t, described.body, `"acts":["read"]`)
}
