package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

// administrator is somebody who may do everything in a partner's company.
func (w *world) administrator(t testing.TB, of person, name string) person {
	t.Helper()
	actor := operational.Actor{Person: uuid.New(), Membership: uuid.New(), Org: of.Org, Side: operational.SidePartner, Role: operational.RoleAdministrator}
	owner := w.Owner(t)
	_, err := owner.Exec(t.Context(), `insert into crm.person (id, display_name, created_at) values ($1, $2, now())`, actor.Person, name)
	require.NoError(t, err)
	_, err = owner.Exec(t.Context(), `insert into crm.membership (id, org_id, person_id, role, created_at) values ($1, $2, $3, 'administrator', now())`, actor.Membership, actor.Org, actor.Person)
	require.NoError(t, err)
	return w.session(t, actor)
}

func (a answer) token(t testing.TB) string {
	t.Helper()
	_, token, ok := strings.Cut(a.text(t, "link"), "/invitations/")
	require.True(t, ok, a.body)
	return token
}

// cookieOf is the session that an answer begins.
func (a answer) cookieOf(t testing.TB) person {
	t.Helper()
	c, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	require.NoError(t, err)
	require.True(t, c.HttpOnly)
	return person{token: c.Value}
}

func TestInvitedAndThere(t *testing.T) {
	w := newWorld(t)
	nobody := person{}
	made := w.must(t, 201, w.ada, "POST", "/v1/invitations", map[string]any{"partner_name": "Nia Ltd", "email": "nia@new.example", "region": "South", "message": "Welcome"}, "Idempotency-Key", "i1")
	again := w.must(t, 201, w.ada, "POST", "/v1/invitations", map[string]any{"partner_name": "Nia Ltd", "email": "nia@new.example", "region": "South", "message": "Welcome"}, "Idempotency-Key", "i1")
	require.Equal(t, made.body, again.body, "sent twice, made once, with the same link")
	token := made.token(t)
	read := w.must(t, 200, w.ada, "GET", made.header.Get("Location"), nil)
	require.NotContains(t, read.body, "link")
	require.Equal(t, `"v1"`, read.header.Get("ETag"))
	look := w.must(t, 200, nobody, "POST", "/v1/invitations/look", map[string]string{"token": token})
	require.Equal(t, map[string]any{"kind": "partner", "inviter": "Acme", "message": "Welcome", "ask_first": false, "expires_at": look.json(t)["expires_at"]}, look.json(t))

	join := map[string]any{
		"token": token, "name": "Nia", "email": "nia@new.example", "password": password,
		"organisation": map[string]any{"name": "Nia's company", "currency": "EUR", "country_code": "DE"},
	}
	joined := w.must(t, 201, nobody, "POST", "/v1/invitations/join", join)
	nia := joined.cookieOf(t)
	me := w.must(t, 200, nia, "GET", "/v1/me", nil)
	require.Contains(t, me.body, "Nia's company")
	require.Contains(t, me.body, "Acme", "the vendor to work for")
	gone := w.must(t, 404, nobody, "POST", "/v1/invitations/join", join)
	for _, got := range []answer{
		w.must(t, 404, nobody, "POST", "/v1/invitations/look", map[string]string{"token": token}),
		w.must(t, 404, w.pia, "POST", "/v1/invitations/accept", map[string]string{"token": strings.Repeat("x", 43)}),
		w.must(t, 404, nobody, "POST", "/v1/invitations/reject", map[string]string{"token": "?", "reason": "no"}),
	} {
		require.Equal(t, gone.body, got.body)
	}
	require.Contains(t, w.must(t, 200, w.ada, "GET", "/v1/connections?filter=partner_name+eq+'Nia''s+company'", nil).body, `"region":"South"`)
	w.must(t, 201, nia, "POST", "/v1/accounts", `{"name":"Own customer"}`)
	require.NotContains(t, w.log.String(), token, "the log repeats a token")

	for name, s := range map[string]struct {
		as     person
		body   any
		status int
	}{
		"a partner invites nobody into a channel": {nia, map[string]any{"partner_name": "x"}, 403},
		"sales people neither":                    {w.pia, map[string]any{"partner_name": "x"}, 403},
		"no name":                                 {w.ada, map[string]any{"partner_number": "1"}, 422},
		"a number that is taken":                  {w.ada, map[string]any{"partner_name": "x", "partner_number": "1001", "email": "x@y.example"}, 409},
		"an address that is none":                 {w.ada, map[string]any{"partner_name": "x", "email": "x"}, 422},
		"no address where no mail is sent":        {w.ada, map[string]any{"partner_name": "x"}, 422},
		"a status of one's own":                   {w.ada, map[string]any{"partner_name": "x", "status": "accepted"}, 422},
	} {
		t.Run(name, func(t *testing.T) { w.must(t, s.status, s.as, "POST", "/v1/invitations", s.body) })
	}
	other := w.must(t, 201, w.ada, "POST", "/v1/invitations", `{"partner_name":"Late","email":"late@new.example"}`)
	path := other.header.Get("Location")
	w.must(t, 428, w.ada, "POST", path+"/revoke", nil)
	renewed := w.must(t, 200, w.ada, "POST", path+"/send-again", nil, "If-Match", `"v1"`)
	require.NotEqual(t, other.token(t), renewed.token(t))
	w.must(t, 412, w.ada, "POST", path+"/revoke", nil, "If-Match", `"v1"`)
	require.Equal(t, "revoked", w.must(t, 200, w.ada, "POST", path+"/revoke", nil, "If-Match", `"v2"`).text(t, "status"))
	w.must(t, 409, w.ada, "POST", path+"/revoke", nil, "If-Match", `"v3"`)
	w.must(t, 404, nobody, "POST", "/v1/invitations/look", map[string]string{"token": renewed.token(t)})
}

func TestTheLifeOfAConnection(t *testing.T) {
	w := newWorld(t)
	chief := w.administrator(t, w.pia, "Chief")
	deal := w.deal(t, w.pia, w.connA1, "Deal", "100", "EUR", "2024-02-01T00:00:00Z")
	w.deal(t, w.pia, w.connB1, canaryB, "1", "USD", "2024-02-01T00:00:00Z")
	path := "/v1/connections/" + w.connA1.String()
	reason := map[string]string{"reason": "because"}
	w.run(t, []scenario{
		{name: "without If-Match", as: w.ada, method: "POST", path: path + "/suspend", body: reason, status: 428},
		{name: "without a reason", as: w.ada, method: "POST", path: path + "/suspend", body: map[string]string{}, headers: []string{"If-Match", `"v1"`}, status: 422},
		{name: "the partner suspends nobody", as: chief, method: "POST", path: path + "/suspend", body: reason, headers: []string{"If-Match", `"v1"`}, status: 403, has: []string{"vendor-only"}},
		{name: "nor resume what is active", as: w.ada, method: "POST", path: path + "/resume", body: map[string]string{}, headers: []string{"If-Match", `"v1"`}, status: 409, has: []string{"connection-state"}},
		{name: "suspend", as: w.ada, method: "POST", path: path + "/suspend", body: reason, headers: []string{"If-Match", `"v1"`}, status: 200, has: []string{`"suspended"`, "because", `"status_side":"vendor"`}},
		{name: "the partner reads why", as: chief, method: "GET", path: path, status: 200, has: []string{`"suspended"`, "because"}, hasNot: []string{"channel_manager_id"}},
		{name: "and nothing of it is there", as: w.pia, method: "GET", path: "/v1/opportunities/" + deal, status: 404},
		{name: "nor in lists", as: w.pia, method: "GET", path: "/v1/opportunities?count=exact", status: 200, has: []string{`"total":1`, canaryB}, hasNot: []string{deal}},
		{name: "resume", as: w.ada, method: "POST", path: path + "/resume", body: map[string]string{}, headers: []string{"If-Match", `"v2"`}, status: 200, has: []string{`"active"`}},
		{name: "there again", as: w.pia, method: "GET", path: "/v1/opportunities/" + deal, status: 200},
		{name: "number, tier, region", as: w.ada, method: "PATCH", path: path, body: map[string]any{"partner_number": "K-1", "tier": nil}, headers: []string{"If-Match", `"v3"`}, status: 200, has: []string{`"K-1"`, `"version":4`}, hasNot: []string{"Gold"}},
		{name: "a number that is taken", as: w.ada, method: "PATCH", path: path, body: map[string]any{"partner_number": "1002"}, headers: []string{"If-Match", `"v4"`}, status: 409, has: []string{"partner-number-taken"}},
		{name: "whose it is stays", as: w.ada, method: "PATCH", path: path, body: map[string]any{"partner_org_id": uuid.New()}, headers: []string{"If-Match", `"v4"`}, status: 422},
		{name: "what it would do, for the vendor", as: w.ada, method: "GET", path: path + "/ending", status: 200, has: []string{`"open_opportunities":1`}, hasNot: []string{"going_on", "sessions"}},
		{name: "and for the partner", as: chief, method: "GET", path: path + "/ending", status: 200, has: []string{`"going_on":1`, `"sessions":0`}},
		{name: "what the vendor sees of us", as: chief, method: "GET", path: path + "/disclosure", status: 200, has: []string{"Acme", "K-1", "Pia", "Chief", `"open":1`, "customer_name"}, hasNot: []string{canaryB, "B-77", w.connB1.String()}},
		{name: "is for the partner alone", as: w.ada, method: "GET", path: path + "/disclosure", status: 404},
		{name: "sales people end nothing", as: w.pia, method: "POST", path: path + "/end", body: reason, headers: []string{"If-Match", `"v4"`}, status: 403},
	})
	narrow := w.must(t, 200, chief, "POST", "/v1/session/workspace", map[string]any{"connection_id": w.connA1}).cookieOf(t)
	w.must(t, 401, chief, "GET", "/v1/me", nil)
	key := w.must(t, 201, narrow, "POST", "/v1/api-keys", `{"name":"erp","scopes":["opportunities.read","connections.read","organisations.read","connections.manage"]}`)
	require.Equal(t, w.connA1.String(), key.text(t, "connection_id"))
	bearer := []string{"Authorization", "Bearer " + key.text(t, "secret")}
	for _, as := range []struct {
		person
		headers []string
	}{{narrow, nil}, {person{}, bearer}} {
		for _, list := range []string{"/v1/opportunities", "/v1/connections", "/v1/organisations"} {
			got := w.must(t, 200, as.person, "GET", list, nil, as.headers...)
			require.NotContains(t, got.body, canaryB, list)
			require.NotContains(t, got.body, w.connB1.String(), list)
		}
		w.must(t, 404, as.person, "GET", "/v1/connections/"+w.connB1.String(), nil, as.headers...)
		w.must(t, 404, as.person, "GET", "/v1/organisations/"+w.bob.Org.String(), nil, as.headers...)
		w.must(t, 404, as.person, "POST", "/v1/connections/"+w.connB1.String()+"/end", reason, append([]string{"If-Match", `"v1"`}, as.headers...)...)
	}
	w.must(t, 403, person{}, "POST", "/v1/session/workspace", map[string]any{}, bearer...)

	ended := w.must(t, 200, w.ada, "POST", path+"/end", reason, "If-Match", `"v4"`, "Idempotency-Key", "end")
	require.Equal(t, "ended", ended.text(t, "status"))
	require.Equal(t, ended.body, w.must(t, 200, w.ada, "POST", path+"/end", reason, "If-Match", `"v4"`, "Idempotency-Key", "end").body)
	w.must(t, 409, w.ada, "POST", path+"/end", reason, "If-Match", `"v5"`)
	w.must(t, 401, narrow, "GET", "/v1/me", nil)
	w.must(t, 401, person{}, "GET", "/v1/opportunities", nil, bearer...)
	w.must(t, 404, w.pia, "GET", "/v1/opportunities/"+deal, nil)
	mine := w.must(t, 200, w.pia, "GET", "/v1/opportunities?count=exact&filter=connection+is_null", nil)
	require.Contains(t, mine.body, `"total":1`)
	require.NotContains(t, mine.body, deal)
	kept := w.must(t, 200, w.ada, "GET", "/v1/opportunities/"+deal, nil)
	w.must(t, 409, w.ada, "PATCH", "/v1/opportunities/"+deal, `{"name":"Changed"}`, "If-Match", kept.header.Get("ETag"))
	require.NotContains(t, w.must(t, 200, w.ada, "GET", "/v1/opportunities?filter=connection+is_null", nil).body, "Deal", "what goes on is the partner's alone")
}

func TestPeopleAndContacts(t *testing.T) {
	w := newWorld(t)
	chief := w.administrator(t, w.pia, "Chief")
	issued := w.must(t, 201, chief, "POST", "/v1/member-invitations", `{"role":"seller","email":"nia@one.example"}`)
	joined := w.must(t, 201, person{}, "POST", "/v1/invitations/join", map[string]string{"token": issued.token(t), "name": canaryPrivate, "email": "nia@one.example", "password": password})
	nia, member := joined.cookieOf(t), joined.json(t)["me"].(map[string]any)["membership_id"].(string)
	list := w.must(t, 200, chief, "GET", "/v1/people?sort=-name&count=exact", nil)
	require.Contains(t, list.body, `"total":3`)
	w.must(t, 403, w.pia, "GET", "/v1/people", nil)
	contacts := w.must(t, 200, w.ada, "GET", "/v1/external-contacts?filter=work_email+eq+'nia%40one.example'", nil)
	require.NotContains(t, contacts.body, member, "a vendor learns no membership")
	require.NotContains(t, contacts.body, w.connB1.String())
	contact := contacts.json(t)["items"].([]any)[0].(map[string]any)
	require.Equal(t, "dealer_personnel", contact["role"])
	w.must(t, 403, chief, "GET", "/v1/external-contacts", nil)
	at := func(v float64) []string { return []string{"If-Match", fmt.Sprintf(`"v%d"`, int(v))} }
	path := "/v1/external-contacts/" + contact["id"].(string)
	w.must(t, 404, w.bob, "POST", path+"/suspend", nil, at(1)...)
	w.must(t, 200, w.ada, "POST", path+"/suspend", nil, at(contact["version"].(float64))...)
	mine := w.must(t, 200, nia, "GET", "/v1/me", nil)
	require.NotContains(t, mine.body, "Acme")
	require.Contains(t, mine.body, canaryB, "the other vendor is not concerned")
	w.must(t, 200, w.ada, "POST", path+"/reactivate", nil, at(contact["version"].(float64)+1)...)

	person1 := w.must(t, 200, chief, "GET", "/v1/people/"+member, nil)
	w.must(t, 404, w.ada, "GET", "/v1/people/"+member, nil)
	w.must(t, 200, chief, "POST", "/v1/people/"+member+"/suspend", nil, "If-Match", person1.header.Get("ETag"))
	w.must(t, 401, nia, "GET", "/v1/me", nil)
	seen := w.must(t, 200, w.ada, "GET", path, nil)
	require.Contains(t, seen.body, `"suspended_by":"partner"`)
	w.must(t, 409, w.ada, "POST", path+"/reactivate", nil, "If-Match", seen.header.Get("ETag"))
	own := w.must(t, 200, chief, "GET", "/v1/people/"+chief.Membership.String(), nil)
	w.must(t, 409, chief, "POST", "/v1/people/"+chief.Membership.String()+"/suspend", nil, "If-Match", own.header.Get("ETag"))
}

func TestAWorkspaceIsSetUp(t *testing.T) {
	w := newWorld(t)
	chief := w.administrator(t, w.pia, "Chief")
	read := w.must(t, 200, w.pia, "GET", "/v1/workspace", nil)
	require.Contains(t, read.body, "Partner One")
	w.must(t, 304, w.pia, "GET", "/v1/workspace", nil, "If-None-Match", read.header.Get("ETag"))
	patch := func(status int, as person, body, tag string) answer {
		t.Helper()
		return w.must(t, status, as, "PATCH", "/v1/workspace", body, "If-Match", tag)
	}
	patch(403, w.pia, `{"name":"x"}`, `"v1"`)
	changed := patch(200, chief, `{"name":"Partner Uno","time_zone":"Europe/Madrid","fiscal_month":7,"currency":"USD","country_code":"ES"}`, `"v1"`)
	require.Equal(t, `"v2"`, changed.header.Get("ETag"))
	patch(412, chief, `{"name":"x"}`, `"v1"`)
	for _, wrong := range []string{`{"time_zone":"Mars"}`, `{"name":null}`, `{"fiscal_month":13}`, `{"currency":"XXXX"}`, `{"country_code":"es"}`, `{"governs":true}`} {
		patch(422, chief, wrong, `"v2"`)
	}
	require.Contains(t, w.must(t, 200, w.pia, "GET", "/v1/me", nil).body, "Europe/Madrid")
	require.Contains(t, w.must(t, 200, w.ada, "GET", "/v1/organisations", nil).body, "Partner Uno")
	require.Equal(t, `"v2"`, patch(200, chief, `{"name":"Partner Uno"}`, `"v2"`).header.Get("ETag"), "what is so already makes no version")
}

// A vendor's direct sales stand beside what its partners sell.
func TestDirectSalesStandBesidePartners(t *testing.T) {
	w := newWorld(t)
	shared := w.deal(t, w.pia, w.connA1, "By the partner", "100", "EUR", "2024-02-01T00:00:00Z")
	direct := w.must(t, 201, w.ada, "POST", "/v1/opportunities", map[string]any{
		"name": "Direct", "effective_at": "2024-02-01T00:00:00Z", "vendor_net": map[string]string{"amount": "40", "currency": "EUR"},
	})
	id := direct.text(t, "id")
	require.NotContains(t, direct.body, `"partner"`)
	all := w.must(t, 200, w.ada, "GET", "/v1/opportunities?count=exact", nil)
	require.Contains(t, all.body, `"total":2`)
	for filter, want := range map[string][2]bool{"connection+is_null": {false, true}, "partner+is_null": {false, true}, "connection+eq+'" + w.connA1.String() + "'": {true, false}} {
		got := w.must(t, 200, w.ada, "GET", "/v1/opportunities?filter="+filter, nil)
		require.Equal(t, want, [2]bool{strings.Contains(got.body, shared), strings.Contains(got.body, id)}, filter)
	}
	w.must(t, 404, w.pia, "GET", "/v1/opportunities/"+id, nil)
	require.NotContains(t, w.must(t, 200, w.pia, "GET", "/v1/opportunities", nil).body, "Direct")
	w.mirror(t)
	created := w.must(t, 200, w.ada, "GET", "/v1/analytics/briefing?period=2024", nil).json(t)["rows"].([]any)[0].(map[string]any)
	require.EqualValues(t, 2, created["count"])
	require.Equal(t, "140.00", created["amount"].(map[string]any)["amount"])
	mine := w.must(t, 200, w.pia, "GET", "/v1/analytics/briefing?period=2024", nil).json(t)["rows"].([]any)[0].(map[string]any)
	require.EqualValues(t, 1, mine["count"])
}
