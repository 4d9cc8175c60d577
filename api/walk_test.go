package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
)

// targets are records of every sort that belong to vendor A and its partners: what is aimed at.
func (w *world) targets(t *testing.T) map[string]string {
	t.Helper()
	deal := w.deal(t, w.pia, w.connA1, "Deal of A", "5", "EUR", "2024-02-01T00:00:00Z")
	w.must(t, 200, w.pia, "PATCH", "/v1/opportunities/"+deal+"/private", map[string]string{"note": canaryPrivate}, "If-Match", `"v0"`)
	account := w.must(t, 201, w.ada, "POST", "/v1/accounts", `{"name":"Account of A"}`).text(t, "id")
	contact := w.must(t, 201, w.ada, "POST", "/v1/contacts", map[string]string{"account_id": account, "last_name": "Contact of A"}).text(t, "id")
	key := w.must(t, 201, w.ada, "POST", "/v1/api-keys", `{"name":"Key of A","scopes":["accounts.read"]}`).text(t, "id")
	var importID string
	body, contentType := form(t, map[string]string{"accounts": "a", "products": "b", "sales_teams": "c", "sales_pipeline": "d"}, nil)
	started := w.call(t, w.ada, "POST", "/v1/imports/crm-export", body, "Content-Type", contentType)
	if started.status == http.StatusAccepted {
		importID = started.text(t, "id")
	} else { // refused at once: then one is planted
		importID = uuid.NewString()
		_, err := w.Owner(t).Exec(t.Context(), `insert into crm.import (id, org_id, kind, state, created_at) values ($1, $2, 'crm_export', 'queued', now())`, importID, w.ada.Org)
		require.NoError(t, err)
	}
	field := w.must(t, 201, w.ada, "POST", "/v1/custom-fields", `{"object":"account","label":"Field of A","type":"text"}`).text(t, "id")
	kind := w.must(t, 201, w.ada, "POST", "/v1/record-types", `{"object":"account","name":"Type of A"}`).text(t, "id")
	layout := w.must(t, 201, w.ada, "POST", "/v1/layouts", `{"object":"account","name":"Layout of A","definition":{"sections":[]}}`).text(t, "id")
	partner := w.must(t, 201, w.ada, "POST", "/v1/invitations", `{"partner_name":"Partner of A","message":"Message of A","email":"new@partner.example"}`).text(t, "id")
	colleague := w.must(t, 201, w.ada, "POST", "/v1/member-invitations", `{"role":"analyst","email":"new@acme.example"}`).text(t, "id")
	administrator := w.must(t, 201, w.ada, "POST", "/v1/connections/"+w.connA2.String()+"/administrator-invitations", `{"email":"new@two.example","message":"Message of A"}`).text(t, "id")
	w.mirror(t)
	receipt := w.must(t, 200, w.ada, "GET", "/v1/analytics/amount-open", nil).json(t)["receipt"].(map[string]any)["id"].(string)
	return map[string]string{
		"/v1/accounts/": account, "/v1/contacts/": contact, "/v1/opportunities/": deal, "/v1/products/": w.productA.ID.String(),
		"/v1/sales-processes/": w.processA.ID.String(), "/v1/organisations/": w.ana.Org.String(), "/v1/connections/": w.connA2.String(),
		"/v1/api-keys/": key, "/v1/imports/": importID, "/v1/analytics/receipts/": receipt,
		"/v1/custom-fields/": field, "/v1/record-types/": kind, "/v1/layouts/": layout,
		"/v1/invitations/": partner, "/v1/member-invitations/": colleague, "/v1/administrator-invitations/": administrator,
		"/v1/external-contacts/": w.contact(t, w.pia, w.connA1), "/v1/people/": w.ana.Membership.String(),
		"/v1/me/sessions/": w.ada.Credential.String(), "/v1/identity-providers/": w.provider(t, "https://login.example").String(), "/v1/me/identities/": w.known(t, w.ada),
	}
}

// bodies are valid ones for the operations that take one: what is refused is the id, not the form.
func (w *world) bodies() map[string]any {
	return map[string]any{
		"update-account": map[string]string{"name": "Mine now"}, "update-contact": map[string]string{"last_name": "Mine now"},
		"update-product": map[string]string{"name": "Mine now"}, "update-opportunity": map[string]string{"name": "Mine now"},
		"move-opportunity": map[string]any{"stage_id": w.processA.Stages[1].ID}, "reopen-opportunity": map[string]any{},
		"update-opportunity-private": map[string]string{"note": "Mine now"},
		"erase-person":               map[string]string{"reason": "mistake", "confirm": "x"},
		"erase-contact":              map[string]string{"reason": "mistake", "confirm": "x"},
		"create-account":             map[string]string{"name": "x"}, "create-contact": map[string]any{"account_id": uuid.New(), "last_name": "x"},
		"create-product":           map[string]any{"name": "x", "family": "x", "list_price": map[string]string{"amount": "1", "currency": "EUR"}},
		"create-sales-process":     map[string]any{"name": "x", "stages": []map[string]string{{"name": "a", "type": "active"}, {"name": "b", "type": "won"}}},
		"create-identity-provider": map[string]string{"name": "Mine", "issuer": "https://login.example", "client_id": "x", "client_secret": "y"}, "update-identity-provider": map[string]string{"name": "Mine now"},
		"update-custom-field": map[string]string{"label": "Mine now"}, "update-record-type": map[string]string{"name": "Mine now"}, "update-layout": map[string]string{"name": "Mine now"},
		"update-connection-assignment": map[string]any{"role": nil}, "update-external-contact-assignment": map[string]any{"role": nil}, "update-person-assignment": map[string]string{"role": "administrator"},
		"update-connection": map[string]string{"region": "Mine"}, "suspend-connection": map[string]string{"reason": "x"}, "resume-connection": map[string]string{}, "end-connection": map[string]string{"reason": "x"},
		"update-connection-people": map[string]string{"mode": "chosen"}, "preview-connection-people": map[string]string{"mode": "chosen"},
		"update-sales-process":            map[string]string{"name": "Mine now"},
		"link-account":                    map[string]any{"opportunity_id": uuid.New()},
		"create-administrator-invitation": map[string]string{"email": "mine@now.example"},
		"change-my-password":              map[string]string{"current_password": password, "new_password": "mine from now on"},
		"create-opportunity":              map[string]any{"name": "x"}, "create-api-key": map[string]any{"name": "x", "scopes": []string{"accounts.read"}},
	}
}

func TestNobodyGetsNothing(t *testing.T) {
	w := newWorld(t)
	bodies := w.bodies()
	for _, op := range operations(w.api.OpenAPI()) {
		if len(op.Security) == 0 {
			require.Contains(t, []string{"sign-in", "health", "look-at-invitation", "ask-to-join", "ask-password-reset", "reset-password", "reject-invitation", "join-by-invitation"}, op.OperationID, "an operation without credential")
			continue
		}
		got := w.call(t, person{}, op.Method, strings.ReplaceAll(op.Path, "{id}", uuid.NewString()), bodies[op.OperationID])
		require.Equal(t, 401, got.status, "%s %s", op.Method, op.Path)
		require.Contains(t, got.body, "sign-in-required")
	}
}

func TestOthersFindNothing(t *testing.T) {
	w := newWorld(t)
	targets, bodies := w.targets(t), w.bodies()
	before := w.everything(t)
	strangers := map[string]person{"another vendor": w.bob, "another partner": w.pol}
	aimed := 0
	for _, op := range operations(w.api.OpenAPI()) {
		prefix, rest, found := strings.Cut(op.Path, "{id}")
		if !found {
			continue
		}
		id, ok := targets[prefix]
		require.True(t, ok, "%s aims at nothing: give targets a record of this sort", op.Path)
		for who, stranger := range strangers {
			if who == "another partner" && (prefix == "/v1/products/" || prefix == "/v1/sales-processes/" || prefix == "/v1/organisations/") && op.Method == http.MethodGet {
				continue // a partner of the vendor may read these
			}
			if prefix == "/v1/connections/" && who == "another partner" {
				id = w.connA1.String()
			}
			aimed++
			w.sameAsNothing(t, op, stranger, who, prefix, id, rest, bodies[op.OperationID])
		}
	}
	require.Greater(t, aimed, 30)
	require.Equal(t, before, w.everything(t), "a stranger changed something")
}

func (w *world) sameAsNothing(t *testing.T, op *huma.Operation, stranger person, who, prefix, id, rest string, body any) {
	t.Helper()
	random := uuid.NewString()
	if prefix == "/v1/analytics/receipts/" {
		random = strings.Repeat("A", len(id))
	}
	theirs := w.call(t, stranger, op.Method, prefix+id+rest, body, "If-Match", `"v1"`)
	nothing := w.call(t, stranger, op.Method, prefix+random+rest, body, "If-Match", `"v1"`)
	if theirs.status == http.StatusForbidden {
		require.Equal(t, nothing.body, theirs.body, "%s: %s %s", who, op.Method, op.Path)
		return // the role may not do this to anything at all
	}
	require.Equal(t, http.StatusNotFound, theirs.status, "%s: %s %s: %s\n%s", who, op.Method, op.Path, theirs.body, w.lastFault())
	require.Equal(t, http.StatusNotFound, nothing.status, "%s: %s %s with a random id: %s", who, op.Method, op.Path, nothing.body)
	require.Equal(t, nothing.body, theirs.body, "%s: %s %s tells an id of others from a random one", who, op.Method, op.Path)
	for name := range theirs.header {
		if name != "X-Request-Id" {
			require.Equal(t, nothing.header.Get(name), theirs.header.Get(name), name)
		}
	}
}

// everything is what the tables hold that strangers aim at.
func (w *world) everything(t *testing.T) string {
	t.Helper()
	var all string
	require.NoError(t, w.Owner(t).QueryRow(t.Context(), `
		select string_agg(row_text, e'\n' order by row_text) from (
			select 'account ' || a::text from crm.account a union all select 'contact ' || c::text from crm.contact c
			union all select 'product ' || p::text from crm.product p union all select 'opportunity ' || o::text from crm.opportunity o
			union all select 'private ' || o::text from crm.opportunity_private o union all select 'history ' || h::text from crm.opportunity_history h
			union all select 'connection ' || c::text from crm.connection c union all select 'member ' || m::text from crm.membership m
			union all select 'external contact ' || e::text from crm.external_contact e union all select 'invitation ' || i::text from crm.invitation i
			union all select 'import ' || i::text from crm.import i union all select 'role ' || r::text from crm.role r union all select 'right ' || r::text from crm.role_object r
			union all select 'field ' || f::text from crm.custom_field f union all select 'type ' || r::text from crm.record_type r union all select 'layout ' || l::text from crm.page_layout l
			union all select 'member ' || m::text from crm.membership m union all select 'external ' || e::text from crm.external_contact e union all select 'connection ' || c::text from crm.connection c
			union all select 'key ' || k.id || coalesce(k.revoked_at::text, '') from sec.api_key k union all select 'session ' || s.id from sec.session s
			union all select 'password ' || p::text from sec.password p
			union all select 'provider ' || p::text from sec.identity_provider p union all select 'identity ' || i::text from sec.identity i
		) x (row_text)`).Scan(&all))
	return all
}

// TestMarksStayWhereTheyBelong crawls every readable address as the first vendor, and looks for what belongs to the
// second one and for what the partners keep for themselves.
func TestMarksStayWhereTheyBelong(t *testing.T) {
	w := newWorld(t)
	targets := w.targets(t)
	w.deal(t, w.pia, w.connB1, canaryB, amountB, "USD", "2024-02-01T00:00:00Z")
	w.must(t, 201, w.bob, "POST", "/v1/accounts", map[string]string{"name": canaryB})
	w.must(t, 201, w.pia, "POST", "/v1/accounts", map[string]string{"name": canaryPrivate})
	administrator := w.pia.Actor
	administrator.Rights = operational.Unrestricted()
	own, err := w.deps.Catalog.CreateProcess(t.Context(), administrator, catalog.NewProcess{Name: canaryPrivate, Default: true, Stages: []catalog.NewStage{
		{Name: canaryPrivate, Type: catalog.StageActive}, {Name: "Yes", Type: catalog.StageWon}, {Name: "No", Type: catalog.StageLost},
	}})
	require.NoError(t, err)
	w.must(t, 201, w.pia, "POST", "/v1/opportunities", map[string]any{"name": canaryPrivate, "process_id": own.ID, "vendor_net": map[string]string{"amount": "1", "currency": "EUR"}})
	w.mirror(t)
	for _, as := range []person{w.ada, w.ana, w.pol} {
		for _, op := range operations(w.api.OpenAPI()) {
			if op.Method != http.MethodGet {
				continue
			}
			path := op.Path
			if prefix, rest, ok := strings.Cut(path, "{id}"); ok {
				path = prefix + targets[prefix] + rest
			}
			for _, query := range []string{"", "?count=exact", "?period=2024&by=partner", "?period=2024&by=region", "?period=2024", "?by=stage", "?sort=name", "?filter=name+contains+'Canary'"} {
				got := w.call(t, as, http.MethodGet, path+query, nil)
				w.unmarked(t, got, []string{canaryB, canaryPrivate, amountB, w.bob.Org.String(), w.connB1.String()}, "", fmt.Sprint(as.Role, " ", path+query))
			}
		}
	}
}

// lastFault is what the log says of the last internal error, looked for when it is asked.
func (w *world) lastFault() fmt.Stringer { return lastFault{w.log} }

type lastFault struct{ log *logged }

func (l lastFault) String() string {
	text := l.log.String()
	if i := strings.LastIndex(text, `"fault"`); i >= 0 {
		return text[i:]
	}
	return ""
}
