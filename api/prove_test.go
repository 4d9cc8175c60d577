package api_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// holder is somebody whose credential has just been used, so that the program remembers whose it is.
type holder struct {
	*world
	p   person
	key string
}

func (w *world) holder(t *testing.T) holder {
	t.Helper()
	// Somebody must stay who may do everything.
	_, err := w.admin.AddPerson(t.Context(), identity.NewPerson{Org: w.ada.Org, Role: operational.RoleAdministrator, Name: "Root", Email: "root@acme.example", Password: password})
	require.NoError(t, err)
	scopes := w.must(t, 200, w.ada, "GET", "/v1/me", nil).json(t)["permissions"].([]any)
	var held []string
	for _, s := range scopes {
		if s != "signed_in" {
			held = append(held, s.(string))
		}
	}
	key := w.must(t, 201, w.ada, "POST", "/v1/api-keys", map[string]any{"name": "k", "scopes": held}).text(t, "secret")
	return holder{world: w, p: w.ada, key: key}
}

// ask sends the request with the session, or with the key.
func (h holder) ask(t *testing.T, byKey bool, method, path string, body any) answer {
	t.Helper()
	if byKey {
		return h.call(t, person{}, method, path, body, "Authorization", "Bearer "+h.key, "If-Match", `"v1"`)
	}
	return h.call(t, h.p, method, path, body, "If-Match", `"v1"`)
}

func (h holder) do(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := h.owner.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

// addresses of an operation: the plain one, and some with parameters that are wrong, which nobody should learn who may not
// ask. Turn says which of them comes first, so that each kind is somewhere the very next request.
func addresses(op *huma.Operation, turn int) []string {
	path := strings.ReplaceAll(op.Path, "{id}", uuid.NewString())
	if enters, _ := op.Metadata["enters"].(bool); !enters { // it asks about the credential before anything else
		return []string{path}
	}
	all := []string{path, path + "?limit=many", path + "?nonsense=1", path + "?fields=nonsense", path + "?filter=nonsense"}
	return append(slices.Clone(all[turn%len(all):]), all[:turn%len(all)]...)
}

// Whatever ends a credential ends it with the next request, at every operation, also at those that let the database
// prove it in the round trip of the read.
func TestACredentialThatHasEndedIsRefusedEverywhere(t *testing.T) {
	w := newWorld(t)
	h, bodies := w.holder(t), w.bodies()
	session := h.p.Credential
	for turn, way := range []struct {
		name, end, back string
		byKey           bool
	}{
		{"revoked key", `update sec.api_key set revoked_at = now()`, `update sec.api_key set revoked_at = null`, true},
		{"expired key", `update sec.api_key set expires_at = now()`, `update sec.api_key set expires_at = null`, true},
		{"maker suspended", `update crm.membership set status = 'suspended' where id = '` + h.p.Membership.String() + `'`, `update crm.membership set status = 'active'`, true},
		{"person suspended", `update crm.person set status = 'suspended' where id = '` + h.p.Person.String() + `'`, `update crm.person set status = 'active'`, false},
		{"member suspended", `update crm.membership set status = 'suspended' where id = '` + h.p.Membership.String() + `'`, `update crm.membership set status = 'active'`, false},
		{"idle session", `update sec.session set idle_expires_at = now() where id = '` + session.String() + `'`, `update sec.session set idle_expires_at = expires_at`, false},
		{
			"ended session", `create table kept as select * from sec.session; delete from sec.session where id = '` + session.String() + `'`,
			`insert into sec.session select * from kept on conflict do nothing; drop table kept`, false,
		},
	} {
		for _, op := range operations(w.api.OpenAPI()) {
			if len(op.Security) == 0 {
				continue
			}
			require.Equal(t, 200, h.ask(t, way.byKey, "GET", "/v1/opportunities", nil).status, way.name)
			h.do(t, way.end)
			for _, path := range addresses(op, turn) {
				got := h.ask(t, way.byKey, op.Method, path, bodies[op.OperationID])
				require.Equal(t, 401, got.status, "%s: %s %s: %s", way.name, op.Method, path, got.body)
				require.NotEmpty(t, got.header.Get("WWW-Authenticate"))
			}
			h.do(t, way.back)
		}
	}
}

// A role that has changed counts with the next request, whether it gives less or more than before.
func TestARoleThatHasChangedCountsAtOnce(t *testing.T) {
	w := newWorld(t)
	h, bodies := w.holder(t), w.bodies()
	h.do(t, `insert into crm.role (org_id, key, audience, name, created_at, updated_at) values ($1, 'nothing', 'internal', 'Nothing', now(), now())`, h.p.Org)
	role := func(key string) {
		h.do(t, `update crm.membership set role = $2 where id = $1`, h.p.Membership, key)
	}
	for turn, op := range operations(w.api.OpenAPI()) {
		if len(op.Security) == 0 || op.OperationID == "sign-out" {
			continue
		}
		paths := addresses(op, turn)
		require.Equal(t, 200, h.ask(t, false, "GET", "/v1/opportunities", nil).status)
		role("nothing")
		for _, path := range paths {
			got := h.ask(t, false, op.Method, path, bodies[op.OperationID])
			if op.Extensions["x-permission"] != string(operational.SignedIn) {
				require.Equal(t, 403, got.status, "less: %s %s: %s", op.Method, path, got.body)
			} else if op.OperationID == "read-me" && got.status == 200 {
				require.Equal(t, "nothing", got.text(t, "role"))
			}
		}
		require.Equal(t, 200, h.ask(t, false, "GET", "/v1/me", nil).status)
		role(string(h.p.Role))
		for _, path := range paths {
			got := h.ask(t, false, op.Method, path, bodies[op.OperationID])
			require.NotEqual(t, 403, got.status, "more: %s %s: %s", op.Method, path, got.body)
		}
	}
}
