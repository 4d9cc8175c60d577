package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// A partner links its account with the customer whom a vendor knows, and takes that back; the vendor notices nothing.
func TestAPartnerLinksItsAccount(t *testing.T) {
	w := newWorld(t)
	shared, without := w.deal(t, w.pia, w.connA1, "Shared", "5", "EUR", "2024-02-01T00:00:00Z"), w.deal(t, w.pia, w.connA1, "Without", "5", "EUR", "2024-02-01T00:00:00Z")
	theirs := w.must(t, 201, w.ada, "POST", "/v1/accounts", `{"name":"As the vendor knows it"}`).text(t, "id")
	w.must(t, 200, w.ada, "PATCH", "/v1/opportunities/"+shared, map[string]string{"vendor_account_id": theirs}, "If-Match", `"v1"`)
	account := w.must(t, 201, w.pia, "POST", "/v1/accounts", `{"name":"Ours"}`).text(t, "id")
	other := w.must(t, 201, w.pia, "POST", "/v1/accounts", `{"name":"Another"}`).text(t, "id")
	at := "/v1/accounts/" + account + "/links"
	seen := w.must(t, 200, w.ada, "GET", "/v1/audit-events", nil).body
	link := func(status int, at, deal string) answer {
		return w.must(t, status, w.pia, "POST", at, map[string]string{"opportunity_id": deal})
	}
	require.Contains(t, link(409, at, without).body, "customer-not-kept")
	require.Equal(t, w.connA1.String(), link(201, at, shared).text(t, "connection_id"))
	link(201, at, shared) // again is harmless
	require.Contains(t, link(409, "/v1/accounts/"+other+"/links", shared).body, "customer-linked")
	require.NotContains(t, link(409, "/v1/accounts/"+other+"/links", shared).body, theirs)
	got := w.must(t, 200, w.pia, "GET", at, nil)
	require.Contains(t, got.body, w.connA1.String())
	require.NotContains(t, got.body, theirs, "which account it is of the vendor's stays with the vendor")
	_, err := w.Owner(t).Exec(t.Context(), `update crm.role set capabilities = capabilities || '{audit.read}'::text[] where org_id = $1 and key = $2`, w.pia.Org, w.pia.Role)
	require.NoError(t, err)
	require.Len(t, w.auditOf(t, w.pia, "&filter=action+eq+'account.linked'+and+record_id+eq+'"+account+"'"), 1)

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

	// Who may not know the customers of the vendor's business is not told either which of them the vendor keeps.
	w.external(t, `readable = array_remove(readable, 'customer_name'), editable = array_remove(editable, 'customer_name')`)
	for _, deal := range []string{shared, without, foreign} {
		require.Contains(t, link(422, at, deal).body, "There is no such opportunity")
	}
}
