package api_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

// addField gives the person's company a field of its own.
func (w *world) addField(t *testing.T, of person, object operational.Object, name, kind string) {
	t.Helper()
	_, err := w.Owner(t).Exec(t.Context(), `insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at) values (gen_random_uuid(), $1, $2, $3, $3, $4, now(), now())`, of.Org, object, name, kind)
	require.NoError(t, err)
}

// Fields that a company added narrow, order and choose among its records like those that every company has; one that is
// hidden fails as one that is not there, in the same words.
func TestListsByFieldsThatWereAdded(t *testing.T) {
	w := newWorld(t)
	account := w.must(t, 201, w.ada, "POST", "/v1/accounts", `{"name":"Globex"}`).text(t, "id")
	for _, x := range []struct {
		plural, sent string
		object       operational.Object
	}{
		{"accounts", `{"name":"%s"`, operational.ObjectAccount},
		{"contacts", `{"account_id":"` + account + `","last_name":"%s"`, operational.ObjectContact},
		{"products", `{"name":"%s","family":"F","list_price":{"amount":"1","currency":"EUR"}`, operational.ObjectProduct},
		{"opportunities", `{"name":"%s"`, operational.ObjectOpportunity},
	} {
		t.Run(x.plural, func(t *testing.T) {
			w.addField(t, w.ada, x.object, "x_score", "number")
			w.addField(t, w.ada, x.object, "x_flag", "boolean")
			list := "/v1/" + x.plural
			for name, score := range map[string]string{"first": "9.5", "second": "10"} {
				w.must(t, 201, w.ada, "POST", list, strings.Replace(x.sent, "%s", name, 1)+`,"custom":{"x_score":"`+score+`","x_flag":true}}`)
			}
			high := url.QueryEscape("x_score ge 10")
			require.Contains(t, w.must(t, 200, w.ada, "GET", list+"?count=exact&filter="+high, nil).body, `"total":1`)
			sorted := w.must(t, 200, w.ada, "GET", list+"?sort=-x_score&limit=2&fields=id,x_score", nil).json(t)["items"].([]any)
			require.Len(t, sorted[0], 2)
			require.Equal(t, map[string]any{"x_score": "10"}, sorted[0].(map[string]any)["custom"])
			require.Equal(t, map[string]any{"x_score": "9.5"}, sorted[1].(map[string]any)["custom"])
			both := w.must(t, 200, w.ada, "GET", list+"?sort=-x_score&limit=1&fields=custom,x_flag", nil).json(t)["items"].([]any)
			require.Equal(t, map[string]any{"custom": map[string]any{"x_score": "10", "x_flag": true}}, both[0])
			file := w.must(t, 200, w.ada, "GET", list+"/export?sort=x_score&filter="+url.QueryEscape("x_score gt 0"), nil).body
			rows := strings.Split(strings.TrimSpace(file), "\n")
			require.Len(t, rows, 3)
			require.Contains(t, rows[0], "custom.x_score")
			require.True(t, strings.HasSuffix(rows[1], ",true,9.5"), rows[1])

			w.role(t, w.ada, operational.RoleAnalyst, x.object, `readable = readable || '{x_flag}'::text[]`)
			w.must(t, 200, w.ana, "GET", list+"?fields=id,x_flag", nil)
			for _, at := range []string{"?fields=%s", "?sort=%s", "?filter=%s+is_null", "/export?sort=%s", "/export?filter=%s+is_null"} {
				hidden, absent := w.must(t, 422, w.ana, "GET", list+strings.ReplaceAll(at, "%s", "x_score"), nil), w.must(t, 422, w.ana, "GET", list+strings.ReplaceAll(at, "%s", "x_scorn"), nil)
				require.Equal(t, absent.body, strings.ReplaceAll(hidden.body, "x_score", "x_scorn"), at)
				require.Equal(t, absent.body, w.must(t, 422, w.ada, "GET", list+strings.ReplaceAll(at, "%s", "x_scorn"), nil).body, at)
			}
			require.NotContains(t, w.must(t, 200, w.ana, "GET", list, nil).body, "x_score")
		})
	}
}

// What a layout asks for is a fault of the request, named by its member.
func TestWhatALayoutAsksForIsNamed(t *testing.T) {
	w := newWorld(t)
	w.addField(t, w.ada, operational.ObjectAccount, "x_score", "number")
	kind, layout := uuid.New(), uuid.New()
	for _, sql := range []string{
		`insert into crm.record_type (id, org_id, object, name, is_default, created_at, updated_at) values ($2, $1, 'account', 'Key account', true, now(), now()) returning $3::uuid`,
		`insert into crm.page_layout (id, org_id, object, name, definition, created_at, updated_at)
			values ($3, $1, 'account', 'Key', '{"sections":[{"title":"A","fields":[{"name":"country","required":true},{"name":"x_score","required":true}]}]}', now(), now()) returning $2::uuid`,
		`insert into crm.layout_assignment (org_id, role_key, record_type_id, layout_id) values ($1, 'channel_leader', $2, $3)`,
	} {
		_, err := w.Owner(t).Exec(t.Context(), sql, w.ada.Org, kind, layout)
		require.NoError(t, err)
	}
	refused := w.must(t, 422, w.ada, "POST", "/v1/accounts", `{"name":"Globex"}`)
	for _, text := range []string{`"location":"body.country"`, `"location":"body.custom.x_score"`, "It is required for Key account."} {
		require.Contains(t, refused.body, text)
	}
	made := w.must(t, 201, w.ada, "POST", "/v1/accounts", `{"name":"Globex","country":"DE","custom":{"x_score":"1"}}`)
	require.Contains(t, w.must(t, 422, w.ada, "PATCH", made.header.Get("Location"), `{"country":null}`, "If-Match", `"v1"`).body, "body.country")
	w.must(t, 200, w.ada, "PATCH", made.header.Get("Location"), `{"name":"Globex AG"}`, "If-Match", `"v1"`)
}
