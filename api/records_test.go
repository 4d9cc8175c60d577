package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

// role changes what a role of vendor A says of an object; the next request of whoever has it goes by that.
func (w *world) role(t *testing.T, org person, role operational.Role, object operational.Object, set string) {
	t.Helper()
	tag, err := w.Owner(t).Exec(t.Context(), `update crm.role_object set `+set+` where org_id = $1 and role_key = $2 and object = $3`, org.Org, role, object)
	require.NoError(t, err)
	require.EqualValues(t, 1, tag.RowsAffected())
}

func TestRightsOverAccountsAndTheCatalogue(t *testing.T) {
	w := newWorld(t)
	account := w.must(t, 201, w.ada, "POST", "/v1/accounts", `{"name":"Globex","industry":"Retail","country":"DE"}`)
	path := account.header.Get("Location")
	require.Equal(t, w.ada.Membership.String(), account.text(t, "owner_membership_id"))
	contact := w.must(t, 201, w.ada, "POST", "/v1/contacts", map[string]string{"account_id": account.text(t, "id"), "last_name": "Doe"})

	// A field that is hidden is absent; asking by it fails as asking by one that does not exist.
	w.role(t, w.ada, operational.RoleAnalyst, operational.ObjectAccount, `can_edit = true, access = 'read_write', readable = '{name,country}', editable = '{name}'`)
	got := w.must(t, 200, w.ana, "GET", path, nil)
	require.Contains(t, got.body, "Globex")
	require.NotContains(t, got.body, "industry")
	require.NotContains(t, w.must(t, 200, w.ana, "GET", "/v1/accounts", nil).body, "Retail")
	for _, query := range []string{"fields=%s", "sort=%s", "filter=%s+eq+'Retail'"} {
		hidden := w.must(t, 422, w.ana, "GET", "/v1/accounts?"+strings.ReplaceAll(query, "%s", "industry"), nil)
		absent := w.must(t, 422, w.ana, "GET", "/v1/accounts?"+strings.ReplaceAll(query, "%s", "industrx"), nil)
		require.Equal(t, absent.body, strings.ReplaceAll(hidden.body, "industry", "industrx"), query)
	}
	w.must(t, 200, w.ana, "GET", "/v1/accounts?sort=country&fields=id,country&filter=name+eq+'Globex'", nil)
	hidden := w.must(t, 422, w.ana, "PATCH", path, `{"industry":"x"}`, "If-Match", `"v1"`)
	absent := w.must(t, 422, w.ana, "PATCH", path, `{"industrx":"x"}`, "If-Match", `"v1"`)
	require.Equal(t, absent.body, strings.ReplaceAll(hidden.body, "industry", "industrx"))
	refused := w.must(t, 403, w.ana, "PATCH", path, `{"country":"FR"}`, "If-Match", `"v1"`)
	require.Equal(t, "field-not-editable", refused.text(t, "code"))
	require.Contains(t, refused.body, "body.country")
	changed := w.must(t, 200, w.ana, "PATCH", path, `{"name":"Globex AG"}`, "If-Match", `"v1"`)
	require.NotContains(t, changed.body, "Retail")
	require.Contains(t, w.must(t, 200, w.ada, "GET", path, nil).body, "Retail", "what was not seen stays")

	// Rights are those of the moment.
	w.role(t, w.ada, operational.RoleAnalyst, operational.ObjectAccount, `visibility = 'private'`)
	require.Equal(t, w.must(t, 404, w.ana, "GET", "/v1/accounts/"+w.productA.ID.String(), nil).body, w.must(t, 404, w.ana, "GET", path, nil).body)
	require.Contains(t, w.must(t, 200, w.ana, "GET", "/v1/accounts?count=exact", nil).body, `"total":0`)
	w.must(t, 403, w.ana, "DELETE", path, nil, "If-Match", `"v2"`)

	w.must(t, 428, w.ada, "DELETE", path, nil)
	w.must(t, 412, w.ada, "DELETE", path, nil, "If-Match", `"v1"`)
	require.Equal(t, "account-in-use", w.must(t, 409, w.ada, "DELETE", path, nil, "If-Match", `"v2"`).text(t, "code"))
	w.must(t, 204, w.ada, "DELETE", contact.header.Get("Location"), nil, "If-Match", `"v1"`)
	w.must(t, 204, w.ada, "DELETE", path, nil, "If-Match", `"v2"`)
	w.must(t, 404, w.ada, "GET", path, nil)

	// What a vendor's catalogue shows, the vendor says.
	product := "/v1/products/" + w.productA.ID.String()
	require.Contains(t, w.must(t, 200, w.pol, "GET", product, nil).body, "list_price")
	w.role(t, w.ada, operational.RoleDealerPersonnel, operational.ObjectProduct, `readable = '{name,family}', editable = '{}'`)
	require.NotContains(t, w.must(t, 200, w.pol, "GET", product, nil).body, "list_price")
	require.NotContains(t, w.must(t, 200, w.pol, "GET", "/v1/products", nil).body, "250")
	w.must(t, 422, w.pol, "GET", "/v1/products?sort=list_price", nil)
	w.must(t, 422, w.pol, "GET", "/v1/products?fields=active", nil)
	w.must(t, 200, w.pol, "GET", "/v1/products?fields=name", nil)
}

func TestObjectsAreDescribedToEachCaller(t *testing.T) {
	w := newWorld(t)
	var kind string
	require.NoError(t, w.Owner(t).QueryRow(t.Context(), `insert into crm.record_type (id, org_id, object, name, is_default, created_at, updated_at)
		values (gen_random_uuid(), $1, 'opportunity', 'Project', true, now(), now()) returning id`, w.ada.Org).Scan(&kind))
	for _, sql := range []string{
		`insert into crm.custom_field (id, org_id, object, name, label, type, choices, created_at, updated_at) select gen_random_uuid(), $1, 'opportunity', n, n, 'choice', '{a,b}', now(), now() from unnest('{x_told,x_untold}'::text[]) n`,
		`insert into crm.page_layout (id, org_id, object, name, definition, created_at, updated_at) values (gen_random_uuid(), $1, 'opportunity', 'Short',
			'{"sections":[{"title":"Deal","fields":[{"name":"name","required":true},{"name":"vendor_net"},{"name":"close_date","show_if":{"field":"vendor_net","in":["1"]}},{"name":"region","show_if":{"field":"x_told","in":["a"]}}]},{"title":"Money","fields":[{"name":"vendor_net"}]}]}', now(), now())`,
		`insert into crm.layout_assignment (org_id, role_key, record_type_id, layout_id) select $1, 'dealer_personnel', t.id, l.id from crm.record_type t, crm.page_layout l`,
	} {
		_, err := w.Owner(t).Exec(t.Context(), sql, w.ada.Org)
		require.NoError(t, err)
	}
	w.role(t, w.ada, operational.RoleDealerPersonnel, operational.ObjectOpportunity, `readable = '{name,close_date,region,x_told}', editable = '{name}', can_create = false`)

	whole := w.must(t, 200, w.ada, "GET", "/v1/objects/opportunity", nil)
	for _, text := range []string{"vendor_account_id", "x_told", "x_untold", kind, `"delete"`} {
		require.Contains(t, whole.body, text)
	}
	told := w.must(t, 200, w.pol, "GET", "/v1/objects/opportunity", nil)
	parts := told.json(t)["parts"].([]any)
	require.Len(t, parts, 2, "its own business, and what it shares with A")
	require.Contains(t, told.body, kind)
	shared := parts[1].(map[string]any)
	require.Equal(t, w.connA2.String(), shared["connection_id"])
	require.Equal(t, w.ada.Org.String(), shared["organisation_id"])
	require.ElementsMatch(t, []any{"read", "edit", "export"}, shared["acts"])
	names := map[string]bool{}
	for _, f := range shared["fields"].([]any) {
		f := f.(map[string]any)
		names[f["name"].(string)] = f["editable"].(bool)
	}
	require.Equal(t, map[string]bool{"name": true, "close_date": false, "region": false, "x_told": false}, names, "the vendor gives its own fields; the partner's roles do not know them")
	layout, _ := json.Marshal(shared["record_types"].([]any)[0].(map[string]any)["layout"])
	require.JSONEq(t, `{"name":"Short","definition":{"sections":[{"title":"Deal","fields":[{"name":"name","required":true},{"name":"region","show_if":{"field":"x_told","in":["a"]}}]}]}}`, string(layout), "neither a hidden field nor a condition on one")

	require.NotContains(t, w.must(t, 200, w.bob, "GET", "/v1/objects", nil).body, kind)
	require.Len(t, w.must(t, 200, w.ada, "GET", "/v1/objects", nil).json(t)["items"], 5)
	w.role(t, w.ada, operational.RoleAnalyst, operational.ObjectContact, `can_read = false, can_export = false`)
	require.Len(t, w.must(t, 200, w.ana, "GET", "/v1/objects", nil).json(t)["items"], 4)
	require.Equal(t, w.must(t, 404, w.ana, "GET", "/v1/objects/nonsense", nil).body, w.must(t, 404, w.ana, "GET", "/v1/objects/contact", nil).body)
}
