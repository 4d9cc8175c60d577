package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// A partner links its account with what it shares with a vendor, and takes that back; the vendor notices nothing, and the
// partner does not learn whether the vendor keeps the customer, or whether two opportunities are of one.
func TestAPartnerLinksItsAccount(t *testing.T) {
	w := newWorld(t)
	deal := func(name string) string { return w.deal(t, w.pia, w.connA1, name, "5", "EUR", "2024-02-01T00:00:00Z") }
	shared, again, without := deal("Shared"), deal("Again"), deal("Without")
	theirs := w.must(t, 201, w.ada, "POST", "/v1/accounts", `{"name":"As the vendor knows it"}`).text(t, "id")
	for _, id := range []string{shared, again} {
		w.must(t, 200, w.ada, "PATCH", "/v1/opportunities/"+id, map[string]string{"vendor_account_id": theirs}, "If-Match", `"v1"`)
	}
	own := func(name string) string {
		return w.must(t, 201, w.pia, "POST", "/v1/accounts", map[string]string{"name": name}).text(t, "id")
	}
	account := own("Ours")
	at := "/v1/accounts/" + account + "/links"
	seen := w.must(t, 200, w.ada, "GET", "/v1/audit-events", nil).body
	link := func(status int, at, deal string) answer {
		return w.must(t, status, w.pia, "POST", at, map[string]string{"opportunity_id": deal})
	}
	first := link(201, at, shared)
	require.Equal(t, w.connA1.String(), first.text(t, "connection_id"))
	_, err := w.Owner(t).Exec(t.Context(), `update crm.role set capabilities = capabilities || '{audit.read}'::text[] where org_id = $1 and key = $2`, w.pia.Org, w.pia.Role)
	require.NoError(t, err)
	for name, id := range map[string]string{"kept by the vendor too": again, "not kept": without} {
		require.Equal(t, first.body, link(201, at, id).body, "again is harmless: "+name)
		other := own(name)
		there := "/v1/accounts/" + other + "/links"
		got := link(201, there, id)
		require.Equal(t, first.body, got.body, name)
		require.Equal(t, first.status, got.status, name)
		require.Equal(t, w.must(t, 200, w.pia, "GET", at, nil).body, w.must(t, 200, w.pia, "GET", there, nil).body, name)
		require.Len(t, w.auditOf(t, w.pia, "&filter=action+eq+'account.linked'+and+record_id+eq+'"+other+"'"), 1)
	}
	require.Len(t, w.auditOf(t, w.pia, "&filter=action+eq+'account.linked'+and+record_id+eq+'"+account+"'"), 1)
	got := w.must(t, 200, w.pia, "GET", at, nil)
	require.Contains(t, got.body, w.connA1.String())
	require.NotContains(t, got.body, theirs, "which account it is of the vendor's stays with the vendor")

	// Others find nothing, whichever account or opportunity they name.
	foreign := w.deal(t, w.pol, w.connA2, "Of another partner", "5", "EUR", "2024-02-01T00:00:00Z")
	require.Contains(t, link(422, at, foreign).body, "There is no such opportunity")
	for _, p := range []person{w.ada, w.bob, w.pol} {
		require.Equal(t, http.StatusNotFound, w.call(t, p, "GET", at, nil).status)
		require.Equal(t, http.StatusNotFound, w.call(t, p, "POST", at, map[string]string{"opportunity_id": shared}).status)
		require.Equal(t, http.StatusNotFound, w.call(t, p, "DELETE", at+"?connection_id="+w.connA1.String(), nil).status)
	}
	require.Equal(t, http.StatusNotFound, w.call(t, w.ada, "GET", "/v1/accounts/"+theirs+"/links", nil).status)
	w.must(t, 204, w.pia, "DELETE", at+"?connection_id="+w.connA1.String(), nil)
	w.must(t, 404, w.pia, "DELETE", at+"?connection_id="+w.connA1.String(), nil)
	w.must(t, 404, w.pia, "DELETE", at, nil)
	require.NotContains(t, w.must(t, 200, w.pia, "GET", at, nil).body, w.connA1.String())
	require.Equal(t, seen, w.must(t, 200, w.ada, "GET", "/v1/audit-events", nil).body, "the vendor learns nothing of it")

	// That the vendor's account is gone shows in nothing that the partner reads.
	link(201, at, shared)
	for _, id := range []string{shared, again} {
		w.must(t, 200, w.ada, "PATCH", "/v1/opportunities/"+id, `{"vendor_account_id":null}`, "If-Match", `"v2"`)
	}
	w.sql(t, `delete from crm.account where id = $1`, theirs)
	require.Equal(t, got.body, w.must(t, 200, w.pia, "GET", at, nil).body)

	// Who may not know the customers of the vendor's business says of none which account it is.
	w.external(t, `readable = array_remove(readable, 'customer_name'), editable = array_remove(editable, 'customer_name')`)
	for _, deal := range []string{shared, without, foreign} {
		require.Contains(t, link(422, at, deal).body, "There is no such opportunity")
	}
}
