package api_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/identity/idptest"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// provider plants one of vendor A without asking it.
func (w *world) provider(t testing.TB, issuer string) uuid.UUID {
	t.Helper()
	id := uuid.New()
	_, err := w.Owner(t).Exec(t.Context(), `insert into sec.identity_provider (id, org_id, name, issuer, client_id, client_secret, created_at, updated_at)
		values ($1, $2, 'Login of A', $3, 'client', 'sealed', now(), now())`, id, w.ada.Org, issuer)
	require.NoError(t, err)
	return id
}

// known plants a provider that knows somebody of vendor A, and gives the connection.
func (w *world) known(t testing.TB, p person) string {
	t.Helper()
	id := uuid.New()
	_, err := w.Owner(t).Exec(t.Context(), `insert into sec.identity (id, provider_id, subject, person_id, linked_at) values ($1, $2, 'subject', $3, now())`, id, w.provider(t, "https://other.example"), p.Person)
	require.NoError(t, err)
	return id.String()
}

func TestIdentityProvidersThroughTheAPI(t *testing.T) {
	w := newWorld(t)
	f := idptest.StartForger(t)
	w.deps.Identity = identity.New(w.API, pgtest.Secret, identity.PrivateProviders(true))
	w.api = api.New(w.deps)
	const base = "/v1/identity-providers"
	wish := map[string]any{"name": "Acme login", "issuer": f.Issuer, "client_id": "crm", "client_secret": "the secret of the client"}
	w.must(t, 403, w.ana, "POST", base, wish)
	require.Contains(t, w.must(t, 422, w.ada, "POST", base, map[string]any{"name": "x", "issuer": "https://localhost:1", "client_id": "x", "client_secret": "the secret of the client"}).body, "body.issuer")
	made := w.must(t, 201, w.ada, "POST", base, wish, "Idempotency-Key", "once")
	again := w.must(t, 201, w.ada, "POST", base, wish, "Idempotency-Key", "once")
	require.Equal(t, made.body, again.body)
	at := made.header.Get("Location")
	require.Equal(t, base+"/"+made.text(t, "id"), at)
	require.Equal(t, `"v1"`, made.header.Get("ETag"))
	require.Equal(t, 409, w.call(t, w.ada, "POST", base, wish).status, "one of an issuer and a client")

	require.Equal(t, 428, w.call(t, w.ada, "PATCH", at, map[string]string{"name": "Login"}).status)
	require.Equal(t, 422, w.call(t, w.ada, "PATCH", at, map[string]string{"issuer": "https://login.example"}, "If-Match", `"v1"`).status, "who it is stays")
	require.Equal(t, 422, w.call(t, w.ada, "PATCH", at, map[string]any{"client_secret": nil}, "If-Match", `"v1"`).status)
	changed := w.must(t, 200, w.ada, "PATCH", at, map[string]any{"domains": []string{"acme.example"}, "join_role": "analyst", "client_secret": "the next secret"}, "If-Match", `"v1"`)
	require.Equal(t, "analyst", changed.text(t, "join_role"))
	require.Equal(t, 412, w.call(t, w.ada, "PATCH", at, map[string]string{"name": "Login"}, "If-Match", `"v1"`).status)
	closed := w.must(t, 200, w.ada, "PATCH", at, map[string]any{"domains": nil, "join_role": nil}, "If-Match", `"v2"`)
	require.NotContains(t, closed.body, "join_role")
	listed := w.must(t, 200, w.ada, "GET", base+"?sort=name&count=exact", nil)
	require.Contains(t, listed.body, `"total":1`)
	for _, body := range []string{made.body, changed.body, listed.body, w.must(t, 200, w.ada, "GET", at, nil).body, w.log.String()} {
		require.NotContains(t, body, "secret of the client")
		require.NotContains(t, body, "next secret")
	}

	key := w.must(t, 201, w.ada, "POST", "/v1/api-keys", map[string]any{"name": "robot", "scopes": []string{"workspace.manage"}}).text(t, "secret")
	robot := []string{"Authorization", "Bearer " + key}
	w.must(t, 200, person{}, "GET", at, nil, robot...)
	wish["client_id"] = "robot"
	require.Equal(t, "session-needed", w.must(t, 403, person{}, "POST", base, wish, robot...).text(t, "code"))
	require.Equal(t, "session-needed", w.must(t, 403, person{}, "DELETE", at, nil, append(robot, "If-Match", `"v3"`)...).text(t, "code"))
	require.Equal(t, "session-needed", w.must(t, 403, person{}, "GET", "/v1/me/identities", nil, robot...).text(t, "code"))

	require.Equal(t, 428, w.call(t, w.ada, "DELETE", at, nil).status)
	w.must(t, 204, w.ada, "DELETE", at, nil, "If-Match", `"v3"`)
	require.Equal(t, http.StatusNotFound, w.call(t, w.ada, "GET", at, nil).status)
}

func TestConnectedSignInsThroughTheAPI(t *testing.T) {
	w := newWorld(t)
	w.enable(t, w.ana, "ana@acme.example")
	id := w.known(t, w.ana)
	ana := person{token: cookieOf(t, w.must(t, 200, person{}, "POST", "/v1/session", map[string]string{"email": "ana@acme.example", "password": password}))}
	items := w.must(t, 200, ana, "GET", "/v1/me/identities", nil).json(t)["items"].([]any)
	require.Len(t, items, 1)
	require.Equal(t, "Login of A", items[0].(map[string]any)["name"])
	require.Empty(t, w.must(t, 200, w.ada, "GET", "/v1/me/identities", nil).json(t)["items"])
	require.Equal(t, 404, w.call(t, w.ada, "DELETE", "/v1/me/identities/"+id, nil).status)
	w.must(t, 204, ana, "DELETE", "/v1/me/identities/"+id, nil)
	require.Equal(t, 404, w.call(t, ana, "DELETE", "/v1/me/identities/"+id, nil).status)
	_, err := w.Owner(t).Exec(t.Context(), `insert into sec.identity (id, provider_id, subject, person_id, linked_at) select gen_random_uuid(), id, 'other', $1, now() from sec.identity_provider`, w.bob.Person)
	require.NoError(t, err)
	require.Empty(t, w.must(t, 200, w.bob, "GET", "/v1/me/identities", nil).json(t)["items"], "of a company that he is no member of")
}
