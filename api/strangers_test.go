package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// stranger is somebody to whom a record of vendor A, of its partner one, or of what the two share is not there.
type stranger struct {
	person
	header []string // credential of a program
	// Kinds of records of which those that are aimed at are the stranger's own company's.
	own []string
}

// The prefixes of what every partner of the vendor reads there.
var shown = []string{"/v1/products/", "/v1/sales-processes/"}

// strangers are one of every kind. All of them may do all that their own companies let anybody do, so that what refuses
// them is that the record is not theirs.
func (w *world) strangers(t *testing.T) map[string]stranger {
	t.Helper()
	w.promote(t, w.bob)
	other := w.administrator(t, w.pol, "Another partner's")
	parted := w.parted(t)
	suspended, kept := w.administrator(t, w.pia, "Suspended"), w.administrator(t, w.pia, "Kept out")
	bound := w.administrator(t, w.pia, "Bound")
	w.sql(t, `update crm.external_contact set status = 'suspended', suspended_by = 'vendor' where connection_id = $1 and membership_id = $2`, w.connA1, suspended.Membership)
	w.sql(t, `update crm.access_scope set mode = 'contacts' where vendor_org_id = $1`, w.ada.Org)
	w.sql(t, `insert into crm.access_member (vendor_org_id, connection_id, contact_id) select vendor_org_id, connection_id, id from crm.external_contact where vendor_org_id = $1 and membership_id <> $2`, w.ada.Org, kept.Membership)
	key := w.must(t, 201, bound, "POST", "/v1/api-keys", map[string]any{"name": "One connection", "connection_id": w.connB1, "scopes": []string{
		"opportunities.read", "opportunities.write", "products.read", "sales_processes.read", "organisations.read", "connections.read", "connections.manage", "analytics.read",
	}}).text(t, "secret")
	w.sql(t, `insert into crm.role (org_id, key, audience, name, created_at, updated_at) values ($1, 'narrow', 'internal', 'Narrow', now(), now())`, w.ada.Org)
	w.sql(t, `insert into crm.role_object (org_id, role_key, audience, object, can_read, can_edit, can_create, visibility, access, readable)
		select $1, 'narrow', 'internal', o, true, true, true, 'private', 'read_write', '{}' from unnest('{account,contact,opportunity}'::text[]) o`, w.ada.Org)
	narrow := w.join(t, w.ada.Org, operational.RoleAnalyst, "Narrow")
	w.sql(t, `update crm.membership set role = 'narrow' where id = $1`, narrow.Membership)
	partners := append(slices.Clone(shown), "/v1/organisations/")
	// What is of a partner's company itself is there for its people, wherever a vendor lets them in.
	company := []string{"/v1/organisations/", "/v1/connections/"}
	return map[string]stranger{
		"another vendor":           {person: w.bob},
		"another partner":          {person: other, own: partners},
		"an ended connection":      {person: parted, own: []string{"/v1/organisations/"}}, // a former vendor stays known by name
		"a suspended contact":      {person: suspended, own: company},
		"out of the access scope":  {person: kept, own: company},
		"a key elsewhere":          {header: []string{"Authorization", "Bearer " + key}},
		"a role that sees its own": {person: narrow, own: []string{"/v1/products/", "/v1/sales-processes/", "/v1/organisations/", "/v1/connections/", "/v1/analytics/receipts/"}},
	}
}

// parted is the administrator of a partner whose connection with the first vendor has ended.
func (w *world) parted(t *testing.T) person {
	t.Helper()
	former := []interconnect.NewPartner{{Name: "Former", PartnerNumber: "1003", PersonName: "Fay", ExternalRef: "former"}}
	require.NoError(t, w.API.InTx(t.Context(), w.ada.Actor, func(tx *postgres.Tx) error {
		former[0].StartedAt = tx.Now
		return interconnect.ProvisionPartners(t.Context(), tx, former)
	}))
	fay := w.administrator(t, person{Actor: actorOf(former[0])}, "Fay")
	link := "/v1/connections/" + former[0].ConnectionID.String()
	w.must(t, 200, fay, "POST", link+"/end", `{"reason":"We part."}`, "If-Match", w.must(t, 200, fay, "GET", link, nil).header.Get("ETag"))
	return fay
}

// TestStrangersOfEveryKindFindNothing walks all operations on a record with ids and keys of others: the answer is that
// for a random one, word for word and header for header.
func TestStrangersOfEveryKindFindNothing(t *testing.T) {
	w := newWorld(t)
	w.promote(t, w.ada)
	targets, bodies := w.targets(t), w.bodies()
	key := w.must(t, 201, w.ada, "POST", "/v1/roles", `{"audience":"internal","name":"Role of A"}`).text(t, "key")
	bodies["preview-role"], bodies["update-role"] = map[string]any{}, map[string]string{"name": "Mine now"}
	targets["/v1/connections/"] = w.connA1.String() // what another partner is connected by
	strangers := w.strangers(t)
	before := w.everything(t)
	aimed, let := map[string]int{}, map[string]int{}
	for _, op := range operations(w.api.OpenAPI()) {
		prefix, rest, name := cutPath(op.Path)
		target, random := targets[prefix], uuid.NewString()
		switch {
		case name == "" || name == "name", // names of objects are the same for all
			prefix == "/v1/password-resets/", prefix == "/v1/me/address/": // whoever holds the link is whom it was mailed to
			continue
		case name == "key":
			target, random = key, "role_of_nobody"
		case prefix == "/v1/analytics/receipts/":
			random = strings.Repeat("A", len(target))
		}
		require.NotEmpty(t, target, "%s aims at nothing", op.Path)
		if rest == "/differences" {
			rest += "?with=administrator"
		}
		for who, s := range strangers {
			if slices.Contains(s.own, prefix) {
				continue
			}
			if !w.same(t, who, s, op, prefix+target+rest, prefix+random+rest, bodies[op.OperationID]) {
				let[who]++
			}
			aimed[who]++
		}
	}
	t.Logf("aimed %v, of which the role did not let at all %v", aimed, let)
	for who, n := range aimed {
		require.Greater(t, n, 30, who)
	}
	require.Equal(t, before, w.everything(t), "a stranger changed something")
}

// cutPath parts a path at its parameter.
func cutPath(path string) (prefix, rest, name string) {
	prefix, rest, found := strings.Cut(path, "{")
	if !found {
		return path, "", ""
	}
	name, rest, _ = strings.Cut(rest, "}")
	return prefix, rest, name
}

// same holds that both addresses have one answer, and says whether it is that there is nothing.
func (w *world) same(t *testing.T, who string, s stranger, op *huma.Operation, theirs, nothing string, body any) bool {
	t.Helper()
	headers := append([]string{"If-Match", `"v1"`}, s.header...)
	one := w.call(t, s.person, op.Method, theirs, body, headers...)
	other := w.call(t, s.person, op.Method, nothing, body, headers...)
	require.Equal(t, other.status, one.status, "%s: %s %s: %s against %s\n%s", who, op.Method, theirs, one.body, other.body, w.lastFault())
	require.Equal(t, other.body, one.body, "%s: %s %s tells an id of others from a random one", who, op.Method, theirs)
	require.Contains(t, []int{http.StatusNotFound, http.StatusForbidden}, one.status, "%s: %s %s: %s\n%s", who, op.Method, theirs, one.body, w.lastFault())
	for _, pair := range [][2]http.Header{{one.header, other.header}, {other.header, one.header}} {
		for name := range pair[0] {
			if name != "X-Request-Id" {
				require.Equal(t, pair[1].Values(name), pair[0].Values(name), "%s: %s %s: %s", who, op.Method, theirs, name)
			}
		}
	}
	return one.status == http.StatusNotFound
}
