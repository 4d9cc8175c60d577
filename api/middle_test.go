package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// Marks of a company in the middle of two tiers: what it does above its channel, in it and beside it, and who is below.
const (
	canaryUp     = "CanaryUpwards"
	canaryDown   = "CanaryDownwards"
	canaryDirect = "CanaryDirectSale"
	canaryOwn    = "CanaryOwnBusiness"
	canaryBelow  = "CanaryBelow"
)

// middle is partner two with a channel of its own: what it does as a partner of the first vendor, what as a vendor, and a
// company below it.
type middle struct {
	up, down, below person
	link            uuid.UUID // with the company below
	deals           map[string]string
}

// tiers lets partner two open a channel and invite a company there, and gives each part of its business a deal.
func (w *world) tiers(t *testing.T) middle {
	t.Helper()
	m := middle{up: w.administrator(t, w.pol, "Mo"), deals: map[string]string{}}
	w.must(t, 428, m.up, "POST", "/v1/workspace/channel", nil)
	w.must(t, 403, w.pol, "POST", "/v1/workspace/channel", nil, "If-Match", `"v1"`)
	w.must(t, 412, m.up, "POST", "/v1/workspace/channel", nil, "If-Match", `"v7"`)
	opened := w.must(t, 200, m.up, "POST", "/v1/workspace/channel", nil, "If-Match", `"v1"`)
	require.Contains(t, opened.body, `"governs":true`)
	require.Contains(t, w.must(t, 409, m.up, "POST", "/v1/workspace/channel", nil, "If-Match", `"v2"`).body, "channel-open")

	// A session wears one hat, and changes it; the one before has ended with that.
	m.down = w.must(t, 200, m.up, "POST", "/v1/session/workspace", `{"side":"vendor"}`).cookieOf(t)
	w.must(t, 401, m.up, "GET", "/v1/me", nil)
	m.up = w.administrator(t, w.pol, "Mo above")
	issued := w.must(t, 201, m.down, "POST", "/v1/invitations", map[string]any{"partner_name": canaryBelow, "email": "nia@below.example", "region": "South"})
	joined := w.must(t, 201, person{}, "POST", "/v1/invitations/join", map[string]any{
		"token": issued.token(t), "name": canaryBelow, "email": "nia@below.example", "password": password,
		"organisation": map[string]any{"name": canaryBelow, "currency": "EUR"},
	})
	m.below = joined.cookieOf(t)
	connections := w.must(t, 200, m.below, "GET", "/v1/connections", nil).json(t)["items"].([]any)
	m.link = uuid.MustParse(connections[0].(map[string]any)["id"].(string))
	stages := []map[string]string{{"name": "Talk", "type": "active"}, {"name": "Yes", "type": "won"}, {"name": "No", "type": "lost"}}
	process := w.must(t, 201, m.down, "POST", "/v1/sales-processes", map[string]any{"name": canaryDown, "default": true, "stages": stages}).text(t, "id")
	w.must(t, 201, m.down, "POST", "/v1/products", map[string]any{"name": canaryDown, "family": canaryDown, "list_price": map[string]string{"amount": "1", "currency": "EUR"}})
	w.must(t, 201, m.down, "POST", "/v1/accounts", map[string]string{"name": canaryDirect})
	deal := func(as person, name string, more map[string]any) {
		body := map[string]any{"name": name, "vendor_net": map[string]string{"amount": "1", "currency": "EUR"}, "effective_at": "2024-02-01T00:00:00Z"}
		for k, v := range more {
			body[k] = v
		}
		m.deals[name] = w.must(t, 201, as, "POST", "/v1/opportunities", body).text(t, "id")
	}
	w.must(t, 422, w.pol, "POST", "/v1/session/workspace", `{"side":"vendor"}`) // who sells goes on selling
	require.NotContains(t, w.must(t, 200, w.pol, "GET", "/v1/me", nil).body, `"side":"vendor"`)
	deal(w.pol, canaryUp, map[string]any{"connection_id": w.connA2})
	deal(m.below, canaryDown, map[string]any{"connection_id": m.link})
	deal(m.down, canaryDirect, nil)
	deal(m.up, canaryOwn, map[string]any{"process_id": process})
	w.must(t, 200, m.up, "PATCH", "/v1/opportunities/"+m.deals[canaryUp]+"/private", map[string]string{"note": canaryOwn}, "If-Match", `"v0"`)
	w.must(t, 200, m.below, "PATCH", "/v1/opportunities/"+m.deals[canaryDown]+"/private", map[string]string{"note": canaryBelow + " keeps this"}, "If-Match", `"v0"`)
	w.mirror(t)
	return m
}

// Each of the four sees what its place lets it see: as records, in lists, in figures, behind them, in searches, in the
// audit, in what is told of connections.
func TestTheMiddleOfTwoTiers(t *testing.T) {
	w := newWorld(t)
	m := w.tiers(t)
	figures := "/v1/analytics/amount-open?period=2024"
	pages := []string{
		"/v1/opportunities?count=exact", "/v1/accounts", "/v1/contacts", "/v1/products", "/v1/sales-processes", "/v1/organisations", "/v1/connections", "/v1/me", "/v1/workspace", "/v1/pipelines",
		"/v1/audit-events?limit=100", "/v1/external-contacts", "/v1/people", "/v1/roles", "/v1/invitations", "/v1/access-scope", "/v1/api-keys", "/v1/imports", "/v1/custom-fields", "/v1/opportunities/export",
		figures, figures + "&by=region", "/v1/analytics/briefing?period=2024", "/v1/opportunities?filter=name+contains+'Canary'", "/v1/accounts?filter=name+contains+'Canary'", "/v1/organisations?filter=name+contains+'Canary'",
	}
	for _, c := range []struct {
		who   string
		as    person
		deals []string
		never []string
	}{
		{"the vendor above", w.ada, []string{canaryUp}, []string{canaryDown, canaryDirect, canaryOwn, canaryBelow, m.link.String()}},
		{"its analyst", w.ana, []string{canaryUp}, []string{canaryDown, canaryDirect, canaryOwn, canaryBelow, m.link.String()}},
		{"the middle as a partner", m.up, []string{canaryUp, canaryOwn}, []string{m.link.String()}},
		{"the middle as a vendor", m.down, []string{canaryDown, canaryDirect}, []string{w.connA2.String(), canaryBelow + " keeps this"}},
		{"the company below", m.below, []string{canaryDown}, []string{"Acme", canaryUp, canaryDirect, canaryOwn, w.connA2.String(), w.ada.Org.String(), "GTX Basic"}},
	} {
		for _, path := range pages {
			got := w.call(t, c.as, http.MethodGet, path, nil)
			require.Less(t, got.status, 500, "%s: %s", c.who, path)
			for _, mark := range c.never {
				if !strings.HasPrefix(path, "/v1/audit-events") || !strings.HasPrefix(c.who, "the middle") { // a company has one audit, whatever its hat
					require.NotContains(t, got.body, mark, "%s: %s", c.who, path)
				}
			}
		}
		list := w.must(t, 200, c.as, "GET", "/v1/opportunities?count=exact", nil)
		require.EqualValues(t, len(c.deals), list.json(t)["total"], c.who)
		for name, id := range m.deals {
			inSight := strings.Contains(list.body, id)
			require.Equal(t, contains(c.deals, name), inSight, "%s and %s", c.who, name)
			for _, rest := range []string{"", "/history"} {
				got := w.call(t, c.as, http.MethodGet, "/v1/opportunities/"+id+rest, nil)
				require.Equal(t, inSight, got.status == http.StatusOK, "%s and %s%s: %s", c.who, name, rest, got.body)
			}
		}
		rows := w.must(t, 200, c.as, "GET", figures, nil).json(t)["rows"].([]any)
		count := 0.0
		for _, r := range rows {
			count += r.(map[string]any)["count"].(float64)
		}
		require.EqualValues(t, len(c.deals), count, "%s: what is counted is what is seen", c.who)
	}
	// What is told of a connection is told to its partner, with the hat that it has there.
	require.Contains(t, w.must(t, 200, m.up, "GET", "/v1/connections/"+w.connA2.String()+"/disclosure", nil).body, "Acme")
	w.must(t, 404, m.down, "GET", "/v1/connections/"+w.connA2.String()+"/disclosure", nil)
	w.must(t, 404, m.up, "GET", "/v1/connections/"+m.link.String()+"/disclosure", nil)
	require.NotContains(t, w.must(t, 200, m.below, "GET", "/v1/connections/"+m.link.String()+"/disclosure", nil).body, "Acme")
	w.must(t, 404, m.up, "POST", "/v1/connections/"+m.link.String()+"/end", `{"reason":"no"}`, "If-Match", `"v1"`)
	w.must(t, 404, m.down, "POST", "/v1/connections/"+w.connA2.String()+"/end", `{"reason":"no"}`, "If-Match", `"v1"`)
	// A role says on which of its sides it works; where there is one, nothing is to be chosen.
	require.Contains(t, w.must(t, 201, m.down, "POST", "/v1/roles", `{"audience":"internal","name":"Sells too","hat":"partner"}`).body, `"hat":"partner"`)
	require.Contains(t, w.must(t, 200, m.up, "GET", "/v1/roles/channel_leader", nil).body, `"hat":"vendor"`)
	require.NotContains(t, w.must(t, 200, m.up, "GET", "/v1/roles/administrator", nil).body, `"hat"`)
	w.must(t, 422, w.administrator(t, w.ada, "Chief"), "POST", "/v1/roles", `{"audience":"internal","name":"Sells","hat":"partner"}`)
	// The company's own audit is one, and no other company reads of it.
	require.Contains(t, w.must(t, 200, m.down, "GET", "/v1/audit-events?filter=action+eq+'workspace.channel_opened'", nil).body, `"governs"`)
}

// A receipt of one hat opens nothing with the other, and either end leaves the other tier as it is.
func TestTheTiersEndApart(t *testing.T) {
	w := newWorld(t)
	m := w.tiers(t)
	receipt := w.must(t, 200, m.down, "GET", "/v1/analytics/amount-open?period=2024", nil).json(t)["receipt"].(map[string]any)["id"].(string)
	w.must(t, 200, m.down, "GET", "/v1/analytics/receipts/"+receipt, nil)
	w.must(t, 404, m.up, "GET", "/v1/analytics/receipts/"+receipt, nil)
	w.must(t, 404, w.ada, "GET", "/v1/analytics/receipts/"+receipt, nil)

	chief := w.ada
	w.promote(t, chief)
	version := w.must(t, 200, chief, "GET", "/v1/connections/"+w.connA2.String(), nil).header.Get("ETag")
	w.must(t, 200, chief, "POST", "/v1/connections/"+w.connA2.String()+"/end", `{"reason":"The contract has ended."}`, "If-Match", version)
	names := func(as person) string {
		return w.must(t, 200, as, "GET", "/v1/opportunities?sort=name&fields=name", nil).body
	}
	require.NotContains(t, names(m.down), canaryUp, "what goes on is business of the other hat")
	require.Contains(t, names(m.up), canaryUp)
	require.Contains(t, names(m.down), canaryDown)
	require.Contains(t, names(m.below), canaryDown)
	require.NotContains(t, w.must(t, 200, m.below, "GET", "/v1/audit-events?limit=100", nil).body, w.connA2.String())

	version = w.must(t, 200, m.down, "GET", "/v1/connections/"+m.link.String(), nil).header.Get("ETag")
	w.must(t, 200, m.down, "POST", "/v1/connections/"+m.link.String()+"/end", `{"reason":"And this one."}`, "If-Match", version)
	require.Contains(t, names(m.down), canaryDown, "frozen")
	require.Contains(t, names(m.below), canaryDown, "goes on")
	require.NotContains(t, names(m.up), canaryDown)
	require.NotContains(t, w.must(t, 200, w.ada, "GET", "/v1/audit-events?limit=100", nil).body, m.link.String())
}

func contains(list []string, s string) bool {
	return strings.Contains(" "+strings.Join(list, " ")+" ", " "+s+" ")
}
