package api_test

import (
	"bytes"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
)

func TestBadInput(t *testing.T) {
	w := newWorld(t)
	post, get := http.MethodPost, http.MethodGet
	accounts := "/v1/accounts"
	deep := `{"name":` + strings.Repeat(`[`, 100_000) + strings.Repeat(`]`, 100_000) + `}`
	w.run(t, []scenario{
		{name: "body too large", as: w.ada, method: post, path: accounts, body: `{"name":"` + strings.Repeat("x", 300_000) + `"}`, status: 413, has: []string{"body-too-large", "262144"}},
		{name: "value too long", as: w.ada, method: post, path: accounts, body: `{"name":"` + strings.Repeat("x", 201) + `"}`, status: 422, has: []string{"body.name"}},
		{name: "body too deep", as: w.ada, method: post, path: accounts, body: deep, status: 422, has: []string{"32 deep"}},
		{name: "unknown member", as: w.ada, method: post, path: accounts, body: `{"name":"x","colour":"red"}`, status: 422, has: []string{"body.colour", "unexpected property"}},
		{name: "member in another case", as: w.ada, method: post, path: accounts, body: `{"Name":"x"}`, status: 422},
		{name: "member given twice", as: w.ada, method: post, path: accounts, body: `{"name":"x","name":"y"}`, status: 422, has: []string{"twice"}},
		{name: "NUL", as: w.ada, method: post, path: accounts, body: `{"name":"a\u0000b"}`, status: 422, has: []string{"NUL"}},
		{name: "half a surrogate pair", as: w.ada, method: post, path: accounts, body: `{"name":"a\ud800b"}`, status: 422, has: []string{"surrogate"}},
		{name: "surrogates the wrong way round", as: w.ada, method: post, path: accounts, body: `{"name":"a\udc00\ud800b"}`, status: 422},
		{name: "a whole pair is fine", as: w.ada, method: post, path: accounts, body: `{"name":"smile \ud83d\ude00 \\ud800"}`, status: 201, has: []string{"😀", `\\ud800`}},
		{name: "no UTF-8", as: w.ada, method: post, path: accounts, body: "{\"name\":\"\xff\xfe\"}", status: 422, has: []string{"UTF-8"}},
		{name: "no JSON", as: w.ada, method: post, path: accounts, body: `{"name":`, status: 422},
		{name: "two values", as: w.ada, method: post, path: accounts, body: `{"name":"x"}{"name":"y"}`, status: 422, has: []string{"after its end"}},
		{name: "no body", as: w.ada, method: post, path: accounts, status: 422},
		{name: "an array", as: w.ada, method: post, path: accounts, body: `[]`, status: 422},
		{name: "a form", as: w.ada, method: post, path: accounts, body: "name=x", headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 422},
		{name: "JSON said to be text", as: w.ada, method: post, path: accounts, body: `{"name":"x"}`, headers: []string{"Content-Type", "text/plain"}, status: 415},
		{name: "all faults at once", as: w.ada, method: post, path: accounts, body: `{"name":"","year_established":3000,"industry":7}`, status: 422, has: []string{"body.name", "body.year_established", "body.industry"}},
		{name: "an id that is none", as: w.ada, method: get, path: accounts + "/1", status: 404},
		{name: "unknown parameter", as: w.ada, method: get, path: accounts + "?colour=red", status: 422, has: []string{"query.colour"}},
		{name: "limit too large", as: w.ada, method: get, path: accounts + "?limit=201", status: 422, has: []string{"query.limit"}},
		{name: "filter on an unknown field", as: w.ada, method: get, path: accounts + "?filter=colour+eq+'red'", status: 422, has: []string{"filter"}},
		{name: "filter with SQL", as: w.ada, method: get, path: accounts + "?filter=" + "name+eq+'x';drop+table+crm.account", status: 422},
		{name: "value with SQL", as: w.ada, method: get, path: accounts + "?filter=name+eq+'x''+or+1%3D1--'", status: 200, has: []string{`"items":[]`}},
		{name: "sort by an unknown field", as: w.ada, method: get, path: accounts + "?sort=-password", status: 422, has: []string{"sort"}},
		{name: "NUL in the address", as: w.ada, method: get, path: accounts + "?filter=name+eq+'%00'", status: 422},
		{name: "no UTF-8 in the address", as: w.ada, method: get, path: accounts + "?filter=name+eq+'%ff'", status: 422},
		{name: "days of an instant", as: w.ada, method: get, path: "/v1/analytics/amount-open?by=day", status: 422, has: []string{"query.by"}},
		{name: "times that nobody can mean", as: w.ada, method: get, path: "/v1/analytics/won?as_of=0000-01-01&known_at=9999-12-31", status: 422, has: []string{"query.as_of", "query.known_at", "1900 to 2200"}},
		{name: "times just beyond", as: w.ada, method: get, path: "/v1/analytics/won?as_of=1899-12-31T23:59:59Z&known_at=2201-01-01T00:00:00Z", status: 422, has: []string{"query.as_of", "query.known_at", "1900 to 2200"}},
		{name: "times at the ends", as: w.ada, method: get, path: "/v1/analytics/won?as_of=1900-01-02&known_at=2200-12-30&period=never", status: 422, has: []string{"query.period"}, hasNot: []string{"query.as_of", "query.known_at"}},
		{name: "a period that is none", as: w.ada, method: get, path: "/v1/analytics/won?period=2017-Q9&as_of=yesterday&partner=me&by=colour", status: 422, has: []string{"query.period", "query.as_of", "query.partner", "query.by"}},
		{name: "unknown address", as: w.ada, method: get, path: "/v1/nothing", status: 404, has: []string{"not-found"}},
		{name: "unknown method", as: w.ada, method: http.MethodPut, path: accounts, status: 405, has: []string{"GET"}},
		{name: "two credentials", as: w.ada, method: get, path: "/v1/me", headers: []string{"Authorization", "Bearer sp_x"}, status: 401},
		{name: "another scheme", as: person{}, method: get, path: "/v1/me", headers: []string{"Authorization", "Basic YTpi"}, status: 401},
		{name: "a made-up key", as: person{}, method: get, path: "/v1/me", headers: []string{"Authorization", "Bearer sp_made_up"}, status: 401},
		{name: "a change from another site", as: w.ada, method: post, path: accounts, body: `{"name":"x"}`, headers: []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, status: 403, has: []string{"cross-origin"}},
		{name: "a sign-in from another site", as: person{}, method: post, path: "/v1/session", body: `{}`, headers: []string{"Sec-Fetch-Site", "cross-site"}, status: 403},
		{name: "a wrong password", as: person{}, method: post, path: "/v1/session", body: `{"email":"ada@example.com","password":"wrong password"}`, status: 401},
		{name: "a key for more than one has", as: w.ana, method: post, path: "/v1/api-keys", body: `{"name":"k","scopes":["accounts.write"]}`, status: 422},
		{name: "a key for what does not exist", as: w.ana, method: post, path: "/v1/api-keys", body: `{"name":"k","scopes":["everything"]}`, status: 422},
		{name: "an idempotency key that is none", as: w.ada, method: post, path: accounts, body: `{"name":"x"}`, headers: []string{"Idempotency-Key", strings.Repeat("k", 201)}, status: 422, has: []string{"Idempotency-Key"}},
	})
	require.NotContains(t, w.log.String(), `"level":"ERROR"`)
	list := w.must(t, 200, w.ada, get, accounts, nil)
	require.Len(t, list.json(t)["items"], 1, "what was refused left something behind")
}

func TestBodiesMayNotNameTheTenant(t *testing.T) {
	w := newWorld(t)
	deal := w.deal(t, w.pia, w.connA1, "Deal", "5", "EUR", "2024-02-01T00:00:00Z")
	account := w.must(t, 201, w.ada, "POST", "/v1/accounts", `{"name":"Globex"}`).text(t, "id")
	for _, member := range []string{"org_id", "vendor_org_id", "partner_org_id", "scope_id", "version", "number", "created_at", "id", "role", "stage_type", "closed_at", "vendor", "partner", "process_org_id", "amount_source"} {
		for path, body := range map[string]string{
			"POST /v1/accounts":               `{"name":"x",%q:"%s"}`,
			"PATCH /v1/accounts/" + account:   `{%q:"%s"}`,
			"POST /v1/opportunities":          `{"name":"x",%q:"%s"}`,
			"PATCH /v1/opportunities/" + deal: `{%q:"%s"}`,
		} {
			method, path, _ := strings.Cut(path, " ")
			got := w.call(t, w.ada, method, path, fmt.Sprintf(body, member, w.bob.Org), "If-Match", `"v1"`)
			require.Equal(t, 422, got.status, "%s %s %s: %s", method, path, member, got.body)
			require.Contains(t, got.body, "body."+member)
		}
	}
	// Ids of others where an id is expected.
	for member, id := range map[string]uuid.UUID{"connection_id": w.connB1, "process_id": w.processB.ID, "stage_id": w.processB.Stages[0].ID, "owner_contact_id": uuid.New()} {
		body := map[string]any{"name": "x", "connection_id": w.connA1, "vendor_net": map[string]string{"amount": "1", "currency": "EUR"}}
		body[member] = id
		got := w.call(t, w.ada, "POST", "/v1/opportunities", body)
		require.Contains(t, []int{404, 422}, got.status, "%s: %s", member, got.body)
		require.NotContains(t, got.body, canaryB)
	}
	require.Contains(t, w.must(t, 200, w.ada, "GET", "/v1/opportunities?count=exact", nil).body, `"total":1`)
}

func TestSessionsEnd(t *testing.T) {
	w := newWorld(t)
	w.enable(t, w.pol, "pol@example.com")
	got := w.must(t, 200, person{}, "POST", "/v1/session", map[string]string{"email": "pol@example.com", "password": password})
	cookie, err := http.ParseSetCookie(got.header.Get("Set-Cookie"))
	require.NoError(t, err)
	require.True(t, cookie.HttpOnly && cookie.SameSite == http.SameSiteLaxMode && cookie.Path == "/" && cookie.Domain == "")
	require.Equal(t, "sharepartner", cookie.Name)
	pol := person{token: cookie.Value}
	w.must(t, 200, pol, "GET", "/v1/me", nil)
	gone := w.must(t, 204, pol, "DELETE", "/v1/session", nil)
	require.Contains(t, gone.header.Get("Set-Cookie"), "Max-Age=0")
	w.must(t, 401, pol, "GET", "/v1/me", nil)

	_, err = w.Owner(t).Exec(t.Context(), `update sec.session set idle_expires_at = now() - interval '1 minute', expires_at = now()`)
	require.NoError(t, err)
	expired := w.must(t, 401, w.ada, "GET", "/v1/me", nil)
	require.NotEmpty(t, expired.header.Get("WWW-Authenticate"))

	secure := w.deps
	secure.Secure = true
	behind := &world{api: api.New(secure), log: w.log}
	got = behind.must(t, 200, person{}, "POST", "/v1/session", map[string]string{"email": "pol@example.com", "password": password})
	cookie, err = http.ParseSetCookie(got.header.Get("Set-Cookie"))
	require.NoError(t, err)
	require.True(t, cookie.Secure)
	require.Equal(t, "__Host-sharepartner", cookie.Name)
	require.NotEmpty(t, got.header.Get("Strict-Transport-Security"))
}

func TestKeys(t *testing.T) {
	w := newWorld(t)
	made := w.must(t, 201, w.ada, "POST", "/v1/api-keys", `{"name":"reader","scopes":["accounts.read"]}`, "Idempotency-Key", "make-a-key")
	again := w.must(t, 201, w.ada, "POST", "/v1/api-keys", `{"name":"reader","scopes":["accounts.read"]}`, "Idempotency-Key", "make-a-key")
	require.Equal(t, made.body, again.body, "the secret is shown again to whoever asks with the same key")
	secret, id := made.text(t, "secret"), made.text(t, "id")
	bearer := []string{"Authorization", "Bearer " + secret}
	w.must(t, 200, person{}, "GET", "/v1/accounts", nil, bearer...)
	w.must(t, 403, person{}, "POST", "/v1/accounts", `{"name":"x"}`, bearer...)
	w.must(t, 403, person{}, "GET", "/v1/opportunities", nil, bearer...)
	list := w.must(t, 200, w.ada, "GET", "/v1/api-keys", nil)
	require.Contains(t, list.body, id)
	require.NotContains(t, list.body, secret)
	var kept []byte
	require.NoError(t, w.Owner(t).QueryRow(t.Context(), `select body from crm.idempotency_key`).Scan(&kept))
	require.NotContains(t, string(kept), secret, "kept answers are sealed")
	w.must(t, 404, w.bob, "DELETE", "/v1/api-keys/"+id, nil)
	w.must(t, 204, w.ada, "DELETE", "/v1/api-keys/"+id, nil)
	w.must(t, 401, person{}, "GET", "/v1/accounts", nil, bearer...)
}

func TestRateIsLimited(t *testing.T) {
	w := newWorld(t)
	slow := w.deps
	slow.Rate, slow.Burst = 0.5, 3
	now := time.Now()
	slow.Clock = func() time.Time { return now }
	limited := &world{api: api.New(slow), log: w.log}
	for range 3 {
		limited.must(t, 200, w.ada, "GET", "/v1/me", nil)
	}
	refused := limited.must(t, 429, w.ada, "GET", "/v1/me", nil)
	require.Equal(t, "2", refused.header.Get("Retry-After"))
	limited.must(t, 200, w.ana, "GET", "/v1/me", nil)
	now = now.Add(2 * time.Second)
	limited.must(t, 200, w.ada, "GET", "/v1/me", nil)
}

// form makes a multipart body of files and values.
func form(t *testing.T, files, values map[string]string) (body []byte, contentType string) {
	t.Helper()
	var buf bytes.Buffer
	m := multipart.NewWriter(&buf)
	for _, name := range slices.Sorted(maps.Keys(files)) { // the same files in the same order
		content := files[name]
		part, err := m.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename="%s.csv"`, name, name)}, "Content-Type": {"text/csv"}})
		require.NoError(t, err)
		_, err = part.Write([]byte(content))
		require.NoError(t, err)
	}
	for name, value := range values {
		require.NoError(t, m.WriteField(name, value))
	}
	require.NoError(t, m.Close())
	return buf.Bytes(), m.FormDataContentType()
}
