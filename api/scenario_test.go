package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// scenario is one request and what its answer must look like. The last column catches leaks.
type scenario struct {
	name    string
	as      person
	method  string
	path    string
	body    any
	headers []string
	status  int
	has     []string
	hasNot  []string
}

func (w *world) run(t *testing.T, scenarios []scenario) {
	t.Helper()
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			got := w.call(t, s.as, s.method, s.path, s.body, s.headers...)
			require.Equal(t, s.status, got.status, got.body)
			for _, text := range s.has {
				require.Contains(t, got.body, text)
			}
			for _, text := range s.hasNot {
				require.NotContains(t, got.body, text)
			}
			if got.status >= 400 && s.path != "/v1/health" {
				require.Equal(t, "application/problem+json", got.header.Get("Content-Type"))
				require.Equal(t, "/problems/"+got.text(t, "code"), got.text(t, "type"))
			}
		})
	}
}

func TestOperations(t *testing.T) {
	w := newWorld(t)
	nobody := person{}
	deal := w.deal(t, w.pia, w.connA1, "Big deal", "1000.50", "EUR", "2024-02-01T00:00:00Z")
	foreign := w.deal(t, w.pia, w.connB1, canaryB, "99", "USD", "2024-02-01T00:00:00Z")
	account := w.must(t, http.StatusCreated, w.ada, "POST", "/v1/accounts", `{"name":"Globex","industry":"Retail"}`).text(t, "id")
	get, post, patch := http.MethodGet, http.MethodPost, http.MethodPatch
	at1 := []string{"If-Match", `"v1"`}
	w.run(t, []scenario{
		{name: "health is public", as: nobody, method: get, path: "/v1/health", status: 503, has: []string{`"database":true`, `"warehouse":false`}},
		{name: "me", as: w.ada, method: get, path: "/v1/me", status: 200, has: []string{"Acme", "Ada", "channel_leader", "opportunities.write"}, hasNot: []string{canaryB}},
		{name: "me of nobody", as: nobody, method: get, path: "/v1/me", status: 401},
		{name: "me of a made-up session", as: person{token: "xxxx"}, method: get, path: "/v1/me", status: 401},
		{name: "analytics before the first copy", as: w.ada, method: get, path: "/v1/analytics/won", status: 503, has: []string{"warehouse-not-ready"}},
		{name: "pipelines", as: w.pia, method: get, path: "/v1/pipelines", status: 200, has: []string{`"ready":false`}},

		{name: "a vendor sees its partners", as: w.ada, method: get, path: "/v1/organisations", status: 200, has: []string{"Acme", "Partner One", "Partner Two"}, hasNot: []string{canaryB}},
		{name: "a partner sees its vendors", as: w.pia, method: get, path: "/v1/organisations", status: 200, has: []string{"Acme", canaryB}, hasNot: []string{"Partner Two"}},
		{name: "connections", as: w.pol, method: get, path: "/v1/connections", status: 200, has: []string{"1002"}, hasNot: []string{canaryB, "1001", "channel_manager_id"}},
		{name: "own account", as: w.ada, method: get, path: "/v1/accounts/" + account, status: 200, has: []string{"Globex"}},
		{name: "part of an account", as: w.ada, method: get, path: "/v1/accounts/" + account + "?fields=id,name", status: 200, has: []string{"Globex"}, hasNot: []string{"industry"}},
		{name: "parts of a list", as: w.ada, method: get, path: "/v1/accounts?fields=name", status: 200, has: []string{"Globex", "has_more"}, hasNot: []string{"industry", account}},
		{name: "a field that is none", as: w.ada, method: get, path: "/v1/accounts?fields=name,password", status: 422, has: []string{"query.fields"}},
		{name: "accounts of others", as: w.pia, method: get, path: "/v1/accounts", status: 200, hasNot: []string{"Globex"}},
		{name: "patch", as: w.ada, method: patch, path: "/v1/accounts/" + account, body: `{"industry":null,"country":"DE"}`, headers: at1, status: 200, has: []string{`"country":"DE"`, `"version":2`}, hasNot: []string{"Retail"}},
		{name: "patch as merge patch", as: w.ada, method: patch, path: "/v1/accounts/" + account, body: `{"country":"FR"}`, headers: []string{"If-Match", `"v2"`, "Content-Type", "application/merge-patch+json"}, status: 200, has: []string{`"FR"`}},
		{name: "patch of what has changed", as: w.ada, method: patch, path: "/v1/accounts/" + account, body: `{"country":"IT"}`, headers: at1, status: 412, has: []string{"stale"}},
		{name: "patch without If-Match", as: w.ada, method: patch, path: "/v1/accounts/" + account, body: `{"country":"IT"}`, status: 428, has: []string{"if-match-required"}},
		{name: "patch whatever is there", as: w.ada, method: patch, path: "/v1/accounts/" + account, body: `{"country":"IT"}`, headers: []string{"If-Match", "*"}, status: 412, has: []string{"if-match-any", "header.If-Match", "have not seen"}},
		{name: "patch by a weak tag", as: w.ada, method: patch, path: "/v1/accounts/" + account, body: `{"country":"IT"}`, headers: []string{"If-Match", `W/"v3"`}, status: 412, has: []string{"if-match-weak"}},
		{name: "patch by no tag at all", as: w.ada, method: patch, path: "/v1/accounts/" + account, body: `{"country":"IT"}`, headers: []string{"If-Match", strings.Repeat("x", 300)}, status: 412, has: []string{"if-match-malformed"}},
		{name: "patch by two tags", as: w.ada, method: patch, path: "/v1/accounts/" + account, body: `{"country":"IT"}`, headers: []string{"If-Match", `"v3", "v4"`}, status: 412, has: []string{"if-match-malformed"}},
		{name: "the failed patches changed nothing", as: w.ada, method: get, path: "/v1/accounts/" + account, status: 200, has: []string{`"FR"`, `"version":3`}},
		{name: "analysts only read", as: w.ana, method: post, path: "/v1/accounts", body: `{"name":"X"}`, status: 403, has: []string{"accounts.create"}},
		{name: "contact", as: w.ada, method: post, path: "/v1/contacts", body: map[string]any{"account_id": account, "last_name": "Doe"}, status: 201, has: []string{"Doe"}},
		{name: "contact at another's account", as: w.pia, method: post, path: "/v1/contacts", body: map[string]any{"account_id": account, "last_name": "Doe"}, status: 422},

		{name: "products", as: w.pia, method: get, path: "/v1/products", status: 200, has: []string{"GTX Basic", `"amount":"250.00"`}},
		{name: "a partner makes no product of the vendor", as: w.pia, method: post, path: "/v1/products", body: `{"name":"x","family":"y","list_price":{"amount":"1","currency":"EUR"}}`, status: 403},
		{name: "new product", as: w.ada, method: post, path: "/v1/products", body: `{"name":"GTX Pro","family":"GTX","list_price":{"amount":"1.5","currency":"EUR"}}`, status: 201, has: []string{`"1.50"`}},
		{name: "product twice", as: w.ada, method: post, path: "/v1/products", body: `{"name":"GTX Pro","family":"GTX","list_price":{"amount":"1.5","currency":"EUR"}}`, status: 409},
		{name: "processes", as: w.pol, method: get, path: "/v1/sales-processes", status: 200, has: []string{"Qualify", "Propose"}, hasNot: []string{canaryB}},
		{name: "new process", as: w.ada, method: post, path: "/v1/sales-processes", body: `{"name":"Short","stages":[{"name":"On","type":"active"},{"name":"Yes","type":"won"},{"name":"No","type":"lost"}]}`, status: 201},

		{name: "vendor reads the deal", as: w.ada, method: get, path: "/v1/opportunities/" + deal, status: 200, has: []string{"Big deal", `"1000.50"`, "Pia"}, hasNot: []string{canaryB}},
		{name: "the other vendor does not", as: w.bob, method: get, path: "/v1/opportunities/" + deal, status: 404, hasNot: []string{"Big deal"}},
		{name: "deals of a vendor", as: w.ada, method: get, path: "/v1/opportunities?count=exact", status: 200, has: []string{`"total":1`}, hasNot: []string{canaryB, foreign}},
		{name: "deals of a partner over all vendors", as: w.pia, method: get, path: "/v1/opportunities?count=exact", status: 200, has: []string{`"total":2`, canaryB}},
		{name: "history", as: w.ada, method: get, path: "/v1/opportunities/" + deal + "/history", status: 200, has: []string{"created", "2024-02-01T00:00:00Z"}},
		{name: "history of others", as: w.pol, method: get, path: "/v1/opportunities/" + deal + "/history", status: 404},
		{name: "move without If-Match", as: w.pia, method: post, path: "/v1/opportunities/" + deal + "/move", body: map[string]any{"stage_id": w.processA.Stages[1].ID}, status: 428},
		{name: "move", as: w.pia, method: post, path: "/v1/opportunities/" + deal + "/move", body: map[string]any{"stage_id": w.processA.Stages[2].ID}, headers: at1, status: 200, has: []string{`"type":"won"`, "closed_at"}},
		{name: "move what has moved", as: w.pia, method: post, path: "/v1/opportunities/" + deal + "/move", body: map[string]any{"stage_id": w.processA.Stages[1].ID}, headers: at1, status: 412},
		{name: "move to a stage of another process", as: w.pia, method: post, path: "/v1/opportunities/" + foreign + "/move", body: map[string]any{"stage_id": w.processA.Stages[1].ID}, headers: at1, status: 422},
		{name: "reopen", as: w.ada, method: post, path: "/v1/opportunities/" + deal + "/reopen", body: map[string]any{"reason": "they came back"}, headers: []string{"If-Match", `"v2"`}, status: 200, has: []string{"Qualify"}},
		{name: "change the amount", as: w.ada, method: patch, path: "/v1/opportunities/" + deal, body: `{"vendor_net":{"amount":"2000","currency":"EUR"},"close_date":"2024-12-31"}`, headers: []string{"If-Match", `"v3"`}, status: 200, has: []string{`"2000.00"`, "2024-12-31"}},
		{name: "a number as amount", as: w.ada, method: patch, path: "/v1/opportunities/" + deal, body: `{"vendor_net":{"amount":2000,"currency":"EUR"}}`, headers: []string{"If-Match", `"v4"`}, status: 422, has: []string{"body.vendor_net.amount"}},
		{name: "an absurd amount", as: w.ada, method: patch, path: "/v1/opportunities/" + deal, body: `{"vendor_net":{"amount":"1e400","currency":"EUR"}}`, headers: []string{"If-Match", `"v4"`}, status: 422},

		{name: "a time without a change", as: w.ada, method: patch, path: "/v1/opportunities/" + deal, body: `{"effective_at":"2024-03-01T00:00:00Z","reason":"late"}`, headers: []string{"If-Match", `"v4"`}, status: 422, has: []string{"body.effective_at", "dates a change", "body.reason"}},
		{name: "an owner of the wrong sort", as: w.ada, method: patch, path: "/v1/opportunities/" + deal, body: map[string]any{"owner_membership_id": w.ada.Membership}, headers: []string{"If-Match", `"v4"`}, status: 422, has: []string{"body.owner_membership_id"}},
		{name: "a new one with an owner of the wrong sort", as: w.ada, method: post, path: "/v1/opportunities", body: map[string]any{"name": "x", "connection_id": w.connA1, "owner_membership_id": w.ada.Membership}, status: 422, has: []string{"body.owner_membership_id"}},
		{name: "an owner who is not there", as: w.ada, method: post, path: "/v1/opportunities", body: map[string]any{"name": "x", "owner_membership_id": w.pia.Membership}, status: 422, has: []string{"body.owner_membership_id"}},
		{name: "private half begins empty", as: w.pia, method: get, path: "/v1/opportunities/" + deal + "/private", status: 200, has: []string{`"version":0`}},
		{name: "private half", as: w.pia, method: patch, path: "/v1/opportunities/" + deal + "/private", body: map[string]any{"note": canaryPrivate, "end_customer_amount": map[string]string{"amount": "7777777.77", "currency": "EUR"}}, headers: []string{"If-Match", `"v0"`}, status: 200, has: []string{canaryPrivate}},
		{name: "for the vendor there is none", as: w.ada, method: get, path: "/v1/opportunities/" + deal + "/private", status: 404, hasNot: []string{canaryPrivate}},
		{name: "and nothing of it shows", as: w.ada, method: get, path: "/v1/opportunities/" + deal, status: 200, hasNot: []string{canaryPrivate, "7777777"}},
		{name: "the vendor's account is hidden from the partner", as: w.pia, method: get, path: "/v1/opportunities?fields=vendor_account_id", status: 422},
		{name: "also in a body", as: w.pia, method: post, path: "/v1/opportunities", body: map[string]any{"name": "x", "connection_id": w.connA1, "vendor_account_id": account}, status: 422, has: []string{"unexpected property"}},
	})
	require.NotEqual(t, uuid.Nil.String(), deal)
	for _, secret := range []string{password, w.ada.token, w.pia.token, canaryPrivate} {
		require.NotContains(t, w.log.String(), secret, "the log repeats what is secret")
	}
	require.False(t, strings.Contains(w.log.String(), `"level":"ERROR"`) && !strings.Contains(w.log.String(), "not finished its first snapshot"), w.log.String())
}
