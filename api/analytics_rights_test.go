package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// hideFrom gives an analyst of the first vendor a role that does not read some fields of opportunities.
func (w *world) hideFrom(t *testing.T, p person, visibility string, fields ...string) {
	t.Helper()
	conn := w.Owner(t)
	for _, sql := range []string{
		`insert into crm.role (org_id, key, audience, name, capabilities, created_at, updated_at)
			select org_id, 'counter', audience, 'Counter', capabilities, now(), now() from crm.role where org_id = $1 and key = 'analyst' and audience = 'internal' on conflict do nothing`,
		`delete from crm.role_object where org_id = $1 and role_key = 'counter'`,
		`insert into crm.role_object (org_id, role_key, audience, object, can_read, visibility, access, readable, editable)
			select org_id, 'counter', audience, object, can_read, visibility, 'read', readable, '{}' from crm.role_object where org_id = $1 and role_key = 'analyst' and audience = 'internal'`,
	} {
		_, err := conn.Exec(t.Context(), sql, p.Org)
		require.NoError(t, err)
	}
	_, err := conn.Exec(t.Context(), `update crm.role_object set visibility = $3, readable = (select array_agg(f) from unnest(readable) f where f <> all ($2)) where org_id = $1 and role_key = 'counter' and object = 'opportunity'`,
		p.Org, append([]string{}, fields...), visibility)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `update crm.membership set role = 'counter' where id = $1`, p.Membership)
	require.NoError(t, err)
}

// What is hidden is, to figures, as what nobody knows: filters, groups and metrics of it are not there, and amounts are
// absent. A receipt of another scope is not there either.
func TestFiguresOfHiddenFieldsAreUnknown(t *testing.T) {
	w := newWorld(t)
	season(t, w)
	const q1 = "/v1/analytics/won?period=2024-Q1"
	type answer struct {
		Rows []struct {
			Key    string          `json:"key"`
			Count  int64           `json:"count"`
			Amount json.RawMessage `json:"amount"`
		} `json:"rows"`
		Receipt struct {
			ID         string         `json:"id"`
			URL        string         `json:"url"`
			RowsURL    string         `json:"rows_url"`
			SQL        string         `json:"sql"`
			Parameters map[string]any `json:"parameters"`
		} `json:"receipt"`
	}
	before := ask[answer](t, w, w.ana, q1)
	require.NotEmpty(t, before.Rows[0].Amount)
	w.hideFrom(t, w.ana, "company", "vendor_net", "region", "lines", "history")
	after := ask[answer](t, w, w.ana, q1)
	require.EqualValues(t, 1, after.Rows[0].Count)
	require.Empty(t, after.Rows[0].Amount)
	require.Equal(t, http.StatusNotFound, w.call(t, w.ana, http.MethodGet, before.Receipt.URL, nil).status, "a receipt of another scope")
	rows := w.must(t, http.StatusOK, w.ana, http.MethodGet, after.Receipt.RowsURL, nil)
	require.NotContains(t, rows.body, "amount")
	require.NotContains(t, rows.body, "EUR")
	w.must(t, http.StatusOK, w.ana, http.MethodGet, after.Receipt.URL, nil)

	unknown := w.call(t, w.ana, http.MethodGet, q1+"&colour=x", nil)
	for _, name := range []string{"region", "product", "family", "currency", "as_of", "known_at"} {
		value := map[string]string{"currency": "EUR", "product": w.productA.ID.String(), "as_of": "2024-03-01", "known_at": "2024-03-01"}[name]
		if value == "" {
			value = "x"
		}
		hidden := w.call(t, w.ana, http.MethodGet, q1+"&"+name+"="+value, nil)
		require.Equal(t, unknown.status, hidden.status, hidden.body)
		require.Equal(t, withoutTrace(t, unknown.body), strings.ReplaceAll(withoutTrace(t, hidden.body), "query."+name, "query.colour"))
	}
	for _, hidden := range []string{"&by=region", "&by=colour"} {
		require.Contains(t, w.must(t, http.StatusUnprocessableEntity, w.ana, http.MethodGet, q1+hidden, nil).body, "this metric is not grouped by that")
	}
	funnel := w.must(t, http.StatusOK, w.ana, http.MethodGet, "/v1/analytics/funnel?period=2024-Q1", nil)
	require.NotContains(t, funnel.body, `"amount`)

	w.hideFrom(t, w.ana, "company", "stage")
	for _, metric := range []string{"won", "lost", "amount-open", "win-rate", "funnel"} {
		w.must(t, http.StatusNotFound, w.ana, http.MethodGet, "/v1/analytics/"+metric, nil)
	}
	briefing := ask[struct {
		Rows []struct{ Event string } `json:"rows"`
	}](t, w, w.ana, "/v1/analytics/briefing?period=2024-Q1")
	require.Len(t, briefing.Rows, 1)
	require.Equal(t, "new", briefing.Rows[0].Event)

	w.hideFrom(t, w.ana, "private")
	none := ask[answer](t, w, w.ana, q1)
	require.Zero(t, none.Rows[0].Count, "looks after nobody")
	for _, id := range []string{w.ana.Membership.String(), w.ana.Org.String(), w.connA1.String()} {
		require.NotContains(t, none.Receipt.SQL, id)
		for _, value := range none.Receipt.Parameters {
			require.NotContains(t, value, id)
		}
	}
	w.bindManager(t)
	require.EqualValues(t, 1, ask[answer](t, w, w.ana, q1).Rows[0].Count, "a connection to look after counts at once")
}

// bindManager lets the analyst look after the first partner.
func (w *world) bindManager(t *testing.T) {
	t.Helper()
	_, err := w.Owner(t).Exec(t.Context(), `update crm.connection set channel_manager_id = $2 where id = $1`, w.connA1, w.ana.Membership)
	require.NoError(t, err)
}

// withoutTrace is a problem without what differs from request to request.
func withoutTrace(t *testing.T, body string) string {
	t.Helper()
	var p map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &p))
	delete(p, "instance")
	delete(p, "request_id")
	text, err := json.Marshal(p)
	require.NoError(t, err)
	return string(text)
}
