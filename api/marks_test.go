package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// Marks of what vendor A and its second partner keep for themselves.
const (
	canaryInner  = "CanaryInsideA"
	canarySecond = "CanaryOfPartnerTwo"
	amountB      = "98127364" // no id has it by chance
)

// mark plants, on each side, what must not cross: inside vendor A its customers, direct sales, fields, roles, types and
// people; what partner two does; what partner one keeps for itself; and all that vendor B has.
func (w *world) mark(t *testing.T, chiefA, chiefOne person) map[string]string {
	t.Helper()
	ids := map[string]string{}
	add := func(name string, as person, path string, body any) {
		ids[name] = w.must(t, 201, as, "POST", path, body).text(t, "id")
	}
	add("account of A", chiefA, "/v1/accounts", map[string]string{"name": canaryInner, "industry": canaryInner})
	add("contact of A", chiefA, "/v1/contacts", map[string]string{"account_id": ids["account of A"], "last_name": canaryInner})
	add("direct sale", chiefA, "/v1/opportunities", map[string]any{"name": canaryInner, "customer_name": canaryInner, "vendor_net": map[string]string{"amount": "1", "currency": "EUR"}})
	add("field", chiefA, "/v1/custom-fields", map[string]any{"object": "account", "label": canaryInner, "type": "text"})
	add("type", chiefA, "/v1/record-types", map[string]string{"object": "account", "name": canaryInner})
	add("layout", chiefA, "/v1/layouts", map[string]any{"object": "account", "name": canaryInner, "definition": map[string]any{"sections": []any{}}})
	w.must(t, 201, chiefA, "POST", "/v1/roles", map[string]string{"audience": "internal", "name": canaryInner})
	w.must(t, 201, chiefA, "POST", "/v1/roles", map[string]string{"audience": "external", "name": canaryInner + " too"})
	add("invitation", chiefA, "/v1/invitations", map[string]string{"partner_name": canaryInner, "email": "canary@inside.example", "message": canaryInner})
	ids["deal of two"] = w.deal(t, w.pol, w.connA2, canarySecond, "7", "EUR", "2024-02-01T00:00:00Z")
	w.sql(t, `update crm.organisation set name = $2 where id = $1`, w.pol.Org, canarySecond)
	for id, number := range map[uuid.UUID]string{w.connA1: "CanaryNumberOne", w.connA2: "CanaryNumberTwo", w.connB1: "B-77-marked"} {
		w.sql(t, `update crm.connection set partner_number = $2 where id = $1`, id, number)
	}
	add("account of one", chiefOne, "/v1/accounts", map[string]string{"name": canaryPrivate})
	shared := w.deal(t, w.pia, w.connA1, "Shared", "5", "EUR", "2024-02-01T00:00:00Z")
	w.must(t, 200, w.pia, "PATCH", "/v1/opportunities/"+shared+"/private", map[string]string{"note": canaryPrivate, "account_id": ids["account of one"]}, "If-Match", `"v0"`)
	ids["deal of B"] = w.deal(t, w.pia, w.connB1, canaryB, amountB, "USD", "2024-02-01T00:00:00Z")
	add("account of B", w.bob, "/v1/accounts", map[string]string{"name": canaryB})
	w.mirror(t)
	return ids
}

// looking is somebody who looks everywhere, and what must not be found.
type looking struct {
	person
	never []string
}

// TestMarksCrossNowhere looks for the marks of each side in everything that the others can read, have refused or search:
// bodies and headers.
func TestMarksCrossNowhere(t *testing.T) {
	w := newWorld(t)
	w.promote(t, w.ada)
	w.promote(t, w.bob)
	targets, bodies := w.targets(t), w.bodies()
	one, two := w.administrator(t, w.pia, "Chief one"), w.administrator(t, w.pol, "Chief two")
	ids := w.mark(t, w.ada, one)
	inner := []string{canaryInner, "canary@inside.example", w.ada.Membership.String(), w.ana.Membership.String()}
	ofB := []string{canaryB, amountB, "B-77-marked", w.bob.Org.String(), w.connB1.String()}
	second := []string{canarySecond, "CanaryNumberTwo", w.connA2.String(), w.pol.Org.String(), ids["deal of two"]}
	first := []string{"Partner One", "CanaryNumberOne", w.connA1.String(), w.pia.Org.String()}
	all := func(lists ...[]string) (marks []string) {
		for _, l := range lists {
			marks = append(marks, l...)
		}
		return marks
	}
	people := map[string]looking{
		"vendor A":        {w.ada, append(all(ofB), canaryPrivate, one.Membership.String())},
		"A's analyst":     {w.ana, append(all(ofB), canaryPrivate, one.Membership.String())},
		"vendor B":        {w.bob, append(all(inner, second), canaryPrivate, "Acme", w.ada.Org.String(), w.connA1.String(), "GTX Basic")},
		"partner one":     {w.pia, all(inner, second)},
		"its chief":       {one, all(inner, second)},
		"partner two":     {w.pol, append(all(inner, ofB, first), canaryPrivate)},
		"its chief's":     {two, append(all(inner, ofB, first), canaryPrivate)},
		"nobody":          {person{}, append(all(inner, ofB, first, second), canaryPrivate, "Acme")},
		"one, for A only": {w.must(t, 200, w.administrator(t, w.pia, "Narrowed"), "POST", "/v1/session/workspace", map[string]any{"connection_id": w.connA1}).cookieOf(t), all(inner, second, []string{amountB, "B-77-marked"})},
	}
	for name, id := range ids {
		targets[name] = id
	}
	asked := 0
	for who, p := range people {
		for _, op := range operations(w.api.OpenAPI()) {
			for _, path := range w.addressed(op.Path, targets) {
				queries := []string{""}
				if op.Method == http.MethodGet {
					queries = []string{"", "?count=exact&limit=200&sort=name", "?period=2024&by=partner", "?filter=name+contains+'Canary'"}
				} else if op.Method != http.MethodPost && op.Method != http.MethodPatch || op.OperationID == "switch-workspace" || strings.HasPrefix(op.Path, "/v1/session") {
					continue
				}
				for _, query := range queries {
					var body any
					if op.Method != http.MethodGet {
						body = w.wrong(bodies[op.OperationID], ids)
					}
					got := w.call(t, p.person, op.Method, path+query, body, "If-Match", `"v999"`)
					require.Less(t, got.status, 500, "%s: %s %s: %s\n%s", who, op.Method, path+query, got.body, w.lastFault())
					w.unmarked(t, got, p.never, path, fmt.Sprintf("%s: %s %s", who, op.Method, path+query))
					asked++
				}
			}
		}
	}
	t.Logf("%d answers looked through", asked)
	require.Greater(t, asked, 2500)
}

// addressed are the paths of an operation: with the record that is aimed at, and for a few kinds with marked ones.
func (w *world) addressed(path string, targets map[string]string) []string {
	prefix, rest, name := cutPath(path)
	more := map[string][]string{
		"/v1/accounts/": {"account of A", "account of one", "account of B"}, "/v1/contacts/": {"contact of A"}, "/v1/opportunities/": {"direct sale", "deal of two", "deal of B"},
		"/v1/custom-fields/": {"field"}, "/v1/record-types/": {"type"}, "/v1/layouts/": {"layout"}, "/v1/invitations/": {"invitation"},
	}[prefix]
	switch name {
	case "":
		return []string{path}
	case "key":
		return []string{prefix + "canaryinsidea" + rest, prefix + "administrator" + rest}
	case "name":
		return []string{prefix + "account" + rest, prefix + "opportunity" + rest}
	}
	paths := []string{prefix + targets[prefix] + rest}
	for _, m := range more {
		paths = append(paths, prefix+targets[m]+rest)
	}
	return paths
}

// wrong is a body that names what is others'.
func (w *world) wrong(given any, ids map[string]string) any {
	body := map[string]any{}
	if members, ok := given.(map[string]any); ok {
		for k, v := range members {
			body[k] = v
		}
	} else if texts, ok := given.(map[string]string); ok {
		for k, v := range texts {
			body[k] = v
		}
	}
	for member, id := range map[string]any{
		"account_id": ids["account of A"], "vendor_account_id": ids["account of A"], "connection_id": w.connA2, "record_type_id": ids["type"], "process_id": w.processB.ID, "stage_id": w.processB.Stages[0].ID,
	} {
		if _, there := body[member]; there {
			body[member] = id
		}
	}
	return body
}

// unmarked holds that neither a body nor a header has a mark, but for what the caller has named itself.
func (w *world) unmarked(t *testing.T, got answer, never []string, path, where string) {
	t.Helper()
	var headers strings.Builder
	_ = got.header.Write(&headers)
	for _, mark := range never {
		if strings.Contains(path, mark) || !strings.Contains(got.body, mark) && !strings.Contains(headers.String(), mark) {
			continue
		}
		require.Failf(t, "a mark of others", "%s: %q in\n%s\n%s", where, mark, headers.String(), got.body)
	}
}
