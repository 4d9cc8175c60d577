package api_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

// external changes what vendor A's standard role gives to its partners' people over opportunities.
func (w *world) external(t *testing.T, set string) {
	t.Helper()
	w.role(t, w.ada, operational.RoleDealerPersonnel, operational.ObjectOpportunity, set)
}

func (w *world) sql(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := w.owner.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

// Nothing that one can ask tells a hidden field from one that does not exist: neither filter, sort, count, a part of
// the record, a cursor, the history nor a change.
func TestHiddenFieldsOfOpportunitiesCannotBeInferred(t *testing.T) {
	w := newWorld(t)
	deal := w.deal(t, w.pol, w.connA2, "Deal", "471147114711.47", "EUR", "2024-02-01T00:00:00Z")
	w.deal(t, w.pol, w.connA2, "Other", "9", "EUR", "2024-02-01T00:00:00Z")
	path := "/v1/opportunities/" + deal
	before := w.must(t, 200, w.pol, "GET", path, nil)
	require.Contains(t, before.body, "471147114711.47")
	cursor := w.must(t, 200, w.pol, "GET", "/v1/opportunities?sort=-amount&limit=1", nil).text(t, "next_cursor")
	require.NotEmpty(t, cursor)

	w.external(t, `readable = array_remove(array_remove(readable, 'vendor_net'), 'owner'), editable = array_remove(array_remove(editable, 'vendor_net'), 'owner')`)
	got := w.must(t, 200, w.pol, "GET", path, nil)
	for _, member := range []string{"vendor_net", "amount_source", "owner"} {
		require.NotContains(t, got.json(t), member, "absent, not null")
	}
	for _, address := range []string{"/v1/opportunities?count=exact", path + "/history", "/v1/opportunities?filter=name+eq+'Deal'"} {
		body := w.must(t, 200, w.pol, "GET", address, nil).body
		require.NotContains(t, body, "471147114711.47", address)
		require.NotContains(t, body, `"owner"`, address)
	}
	for hidden, absent := range map[string]string{"amount": "amounx", "owner": "ownex", "currency": "currencx", "vendor_net": "vendor_nex"} {
		for _, query := range []string{"sort=%s", "sort=-%s", "filter=%s+is_null", "filter=%s+eq+1", "filter=name+eq+'x'+or+%s+gt+5000", "fields=%s", "count=exact&filter=%s+is_null"} {
			one := w.must(t, 422, w.pol, "GET", "/v1/opportunities?"+strings.ReplaceAll(query, "%s", hidden), nil)
			other := w.must(t, 422, w.pol, "GET", "/v1/opportunities?"+strings.ReplaceAll(query, "%s", absent), nil)
			require.Equal(t, other.body, strings.ReplaceAll(one.body, hidden, absent), query)
		}
	}
	w.must(t, 422, w.pol, "GET", "/v1/opportunities?sort=-amount&limit=1&cursor="+url.QueryEscape(cursor), nil)
	w.must(t, 422, w.pol, "GET", "/v1/opportunities?limit=1&cursor="+url.QueryEscape(cursor), nil)
	w.must(t, 200, w.pol, "GET", path+"?fields=name,stage", nil)

	hidden := w.must(t, 422, w.pol, "PATCH", path, `{"vendor_net":null}`, "If-Match", got.header.Get("ETag"))
	absent := w.must(t, 422, w.pol, "PATCH", path, `{"vendor_nex":null}`, "If-Match", got.header.Get("ETag"))
	require.Equal(t, absent.body, strings.ReplaceAll(hidden.body, "vendor_net", "vendor_nex"))
	hidden = w.must(t, 422, w.pol, "POST", "/v1/opportunities", map[string]any{"connection_id": w.connA2, "name": "x", "owner_contact_id": w.connA1})
	require.Contains(t, hidden.body, "unexpected property")

	w.external(t, `editable = '{name}'`)
	refused := w.must(t, 403, w.pol, "PATCH", path, `{"close_date":"2031-01-01"}`, "If-Match", `"v1"`)
	require.Equal(t, "field-not-editable", refused.text(t, "code"))
	require.Contains(t, refused.body, "body.close_date")
	refused = w.must(t, 403, w.pol, "POST", path+"/move", map[string]any{"stage_id": w.processA.Stages[1].ID}, "If-Match", `"v1"`)
	require.Equal(t, "field-not-editable", refused.text(t, "code"))
	changed := w.must(t, 200, w.pol, "PATCH", path, `{"name":"Renamed"}`, "If-Match", got.header.Get("ETag"))
	require.NotContains(t, changed.body, "471147114711.47")
	require.Contains(t, w.must(t, 200, w.ada, "GET", path, nil).body, "471147114711.47", "what was not seen stays")

	w.external(t, `readable = array_remove(readable, 'history')`)
	require.Equal(t, w.must(t, 404, w.pol, "GET", "/v1/opportunities/"+w.productA.ID.String()+"/history", nil).body, w.must(t, 404, w.pol, "GET", path+"/history", nil).body)
}

// What a cache or a kept answer holds of a time with other rights is not given again as if nothing had changed.
func TestAnswersOfAWiderRole(t *testing.T) {
	w := newWorld(t)
	body := map[string]any{"connection_id": w.connA2, "name": "Deal", "vendor_net": map[string]string{"amount": "471147114711.47", "currency": "EUR"}}
	first := w.must(t, 201, w.pol, "POST", "/v1/opportunities", body, "Idempotency-Key", "k1")
	path := first.header.Get("Location")
	tag := w.must(t, 200, w.pol, "GET", path, nil).header.Get("ETag")
	require.Equal(t, tag, first.header.Get("ETag"))
	w.must(t, 304, w.pol, "GET", path, nil, "If-None-Match", tag)
	require.Equal(t, first.body, w.must(t, 201, w.pol, "POST", "/v1/opportunities", body, "Idempotency-Key", "k1").body)

	w.external(t, `readable = array_remove(readable, 'vendor_net'), editable = array_remove(editable, 'vendor_net')`)
	again := w.must(t, 200, w.pol, "GET", path, nil, "If-None-Match", tag)
	require.NotContains(t, again.body, "471147114711.47")
	require.NotEqual(t, tag, again.header.Get("ETag"))
	replay := w.must(t, 409, w.pol, "POST", "/v1/opportunities", body, "Idempotency-Key", "k1")
	require.Equal(t, "answer-outdated", replay.text(t, "code"))
	require.NotContains(t, replay.body, "471147114711.47")
	require.Contains(t, w.must(t, 200, w.ada, "GET", "/v1/opportunities?count=exact", nil).body, `"total":1`, "nothing was done twice")
	w.must(t, 412, w.pol, "PATCH", path, `{"name":"New"}`, "If-Match", tag) // who sees less counts other changes
	w.must(t, 200, w.pol, "PATCH", path, `{"name":"New"}`, "If-Match", again.header.Get("ETag"))
	w.must(t, 412, w.pol, "PATCH", path, `{"name":"Newer"}`, "If-Match", again.header.Get("ETag"))
}

// Whatever takes the right away takes it away with the next request, for the record, its history and private half, the
// list, its count and changes alike.
func TestOpportunitiesAreGoneWithTheNextRequest(t *testing.T) {
	w := newWorld(t)
	deal := w.deal(t, w.pol, w.connA2, "Deal", "1", "EUR", "2024-02-01T00:00:00Z")
	path := "/v1/opportunities/" + deal
	random := "/v1/opportunities/" + w.productA.ID.String()
	contact := `update crm.external_contact set status = '%' where connection_id = '` + w.connA2.String() + `'`
	connection := `update crm.connection set status = '%' where id = '` + w.connA2.String() + `'`
	role := `update crm.role_object set % where org_id = '` + w.ada.Org.String() + `' and audience = 'external' and object = 'opportunity'`
	scope := `update crm.access_scope set mode = '%' where vendor_org_id = '` + w.ada.Org.String() + `'`
	for _, c := range []struct{ name, sql, off, on string }{
		{"connection suspended", connection, "suspended", "active"},
		{"contact suspended", contact, "suspended", "active"},
		{"scope narrowed", scope, "companies", "all"},
		{"contacts only", scope, "contacts", "all"},
		{"hidden by the role", role, "can_read = false, can_create = false, can_edit = false, can_export = false", "can_read = true, can_create = true, can_edit = true, can_export = true"},
		{"another's record", role, "visibility = 'private'", "visibility = 'company'"},
	} {
		name := c.name
		w.must(t, 200, w.pol, "GET", path, nil)
		if name == "another's record" {
			w.must(t, 200, w.ada, "PATCH", path, `{"owner_contact_id":null}`, "If-Match", `"v1"`)
		}
		w.sql(t, strings.ReplaceAll(c.sql, "%", c.off))
		for _, address := range []string{"", "/history", "/private"} {
			require.Equal(t, w.must(t, 404, w.pol, "GET", random+address, nil).body, w.must(t, 404, w.pol, "GET", path+address, nil).body, "%s: %s", name, address)
		}
		require.Contains(t, w.must(t, 200, w.pol, "GET", "/v1/opportunities?count=exact", nil).body, `"total":0`, name)
		w.must(t, 404, w.pol, "PATCH", path, `{"name":"x"}`, "If-Match", `"v1"`)
		w.must(t, 404, w.pol, "POST", path+"/move", map[string]any{"stage_id": w.processA.Stages[1].ID}, "If-Match", `"v1"`)
		if name != "another's record" {
			w.must(t, 422, w.pol, "POST", "/v1/opportunities", map[string]any{"connection_id": w.connA2, "name": "x"})
		}
		w.sql(t, strings.ReplaceAll(c.sql, "%", c.on))
	}
}

// What is changed of fields that somebody does not see moves nothing that they can ask, and stops none of their changes; a
// change of what they see does.
func TestHiddenChangesMoveNoETag(t *testing.T) {
	w := newWorld(t)
	path := "/v1/opportunities/" + w.deal(t, w.pol, w.connA2, "Deal", "471147114711.47", "EUR", "2024-02-01T00:00:00Z")
	w.external(t, `readable = array_remove(readable, 'vendor_net'), editable = array_remove(editable, 'vendor_net')`)
	before := w.must(t, 200, w.pol, "GET", path, nil)
	tag := before.header.Get("ETag")
	change := func(patch string) {
		w.must(t, 200, w.ada, "PATCH", path, patch, "If-Match", w.must(t, 200, w.ada, "GET", path, nil).header.Get("ETag"))
	}
	change(`{"vendor_net":{"amount":"9999","currency":"EUR"},"reason":"between us"}`)
	after := w.must(t, 200, w.pol, "GET", path, nil)
	require.Equal(t, before.body, after.body)
	w.must(t, 304, w.pol, "GET", path, nil, "If-None-Match", tag)
	require.NotContains(t, w.must(t, 200, w.pol, "GET", path+"/history", nil).body, "edited")
	all := w.must(t, 200, w.ada, "GET", path+"/history", nil).body
	require.Contains(t, all, "between us")
	require.Contains(t, all, `"changed_fields":["vendor_net"]`)

	w.must(t, 200, w.pol, "PATCH", path, `{"name":"Mine"}`, "If-Match", tag)
	require.Contains(t, w.must(t, 200, w.ada, "GET", path, nil).body, "9999", "nobody's change is lost")
	tag = w.must(t, 200, w.pol, "GET", path, nil).header.Get("ETag")
	change(`{"name":"Theirs"}`)
	w.must(t, 412, w.pol, "PATCH", path, `{"name":"Mine again"}`, "If-Match", tag)
}
