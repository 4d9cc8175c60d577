package api_test

import (
	"encoding/csv"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

// plantAccounts writes many at once; every tenth name would be a formula.
func (w *world) plantAccounts(t *testing.T, org uuid.UUID, n int) {
	t.Helper()
	_, err := w.Owner(t).Exec(t.Context(), `insert into crm.account (id, org_id, name, name_key, industry, country, created_at, updated_at)
		select gen_random_uuid(), $1, case when i % 10 = 0 then '=HYPERLINK("x")' else 'Account ' || i end, i::text, 'steel', case when i % 2 = 0 then 'DE' end, now(), now() from generate_series(1, $2::int) i`, org, n)
	require.NoError(t, err)
}

func rowsOf(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	return rows
}

func TestExportsHoldWhatTheCallerSees(t *testing.T) {
	w := newWorld(t)
	w.plantAccounts(t, w.ada.Org, 1203)
	w.must(t, 201, w.bob, "POST", "/v1/accounts", map[string]string{"name": canaryB})
	_, err := w.Owner(t).Exec(t.Context(), `insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at) values (gen_random_uuid(), $1, 'account', 'x_score', 'Score', 'number', now(), now())`, w.ada.Org)
	require.NoError(t, err)
	w.must(t, 201, w.ada, "POST", "/v1/accounts", map[string]any{"name": "@evil", "annual_revenue": "12.50", "custom": map[string]any{"x_score": "-3.5"}})

	got := w.must(t, 200, w.ada, "GET", "/v1/accounts/export", nil)
	require.Equal(t, "text/csv; charset=utf-8", got.header.Get("Content-Type"))
	require.Contains(t, got.header.Get("Content-Disposition"), "accounts.csv")
	rows := rowsOf(t, got.body)
	require.Len(t, rows, 1+1204)
	require.Equal(t, "x_score", strings.TrimPrefix(rows[0][len(rows[0])-1], "custom."))
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		require.False(t, seen[row[0]], "a row comes once")
		seen[row[0]] = true
		for _, cell := range row {
			require.False(t, cell != "" && strings.ContainsRune("=+@\t\r", rune(cell[0])), "%q would run", cell)
		}
	}
	require.Contains(t, got.body, `'@evil`)
	require.Contains(t, got.body, ",12.5,")
	require.Contains(t, got.body, ",-3.5\n")
	require.NotContains(t, got.body, canaryB)

	half := rowsOf(t, w.must(t, 200, w.ada, "GET", "/v1/accounts/export?filter=country+eq+'DE'&sort=-name", nil).body)
	require.Len(t, half, 1+601)
	require.Equal(t, half[1][1], slices.MaxFunc(half[1:], func(a, b []string) int { return strings.Compare(a[1], b[1]) })[1])
	w.must(t, 422, w.ada, "GET", "/v1/accounts/export?filter=nonsense+eq+1", nil)
	w.must(t, 422, w.ada, "GET", "/v1/accounts/export?format=exe", nil)

	w.role(t, w.ada, operational.RoleAnalyst, operational.ObjectAccount, `readable = '{name}', editable = '{}'`)
	masked := w.must(t, 200, w.ana, "GET", "/v1/accounts/export", nil)
	require.Equal(t, []string{"id", "name", "version", "created_at", "updated_at"}, rowsOf(t, masked.body)[0])
	require.NotContains(t, masked.body, "steel")
	w.must(t, 422, w.ana, "GET", "/v1/accounts/export?filter=industry+eq+'steel'", nil)
	w.role(t, w.ada, operational.RoleAnalyst, operational.ObjectAccount, `can_export = false`)
	require.Contains(t, w.must(t, 403, w.ana, "GET", "/v1/accounts/export", nil).body, "accounts.export")
	w.must(t, 200, w.ana, "GET", "/v1/accounts", nil)

	var started, whole, rowsNoted int
	require.NoError(t, w.Owner(t).QueryRow(t.Context(), `select count(*) filter (where action = 'account.export_started'), count(*) filter (where action = 'account.exported' and details::text like '%whole%'),
		max((details -> 'counts' ->> 'rows')::int) from crm.audit_event where org_id = $1`, w.ada.Org).Scan(&started, &whole, &rowsNoted))
	require.Equal(t, []int{3, 3, 1204}, []int{started, whole, rowsNoted})
}

// A partner takes along only what its company and the vendor let it.
func TestExportsOfSharedRecords(t *testing.T) {
	w := newWorld(t)
	w.deal(t, w.pia, w.connA1, "Deal of A", "5", "EUR", "2024-02-01T00:00:00Z")
	w.deal(t, w.pia, w.connB1, "Deal of B", "6", "USD", "2024-02-01T00:00:00Z")
	got := w.must(t, 200, w.pia, "GET", "/v1/opportunities/export", nil)
	require.Contains(t, got.body, "Deal of A")
	require.Contains(t, got.body, "5.00,EUR")
	require.NotContains(t, got.body, "vendor_account_id")
	require.Contains(t, w.must(t, 200, w.ada, "GET", "/v1/opportunities/export", nil).body, "vendor_account_id")
	w.role(t, w.bob, operational.RoleDealerPersonnel, operational.ObjectProduct, `can_export = false`)
	own := w.must(t, 200, w.pia, "GET", "/v1/products/export", nil)
	require.Contains(t, own.body, "GTX Basic")
	w.role(t, w.ada, operational.RoleDealerPersonnel, operational.ObjectProduct, `can_export = false`)
	require.Len(t, rowsOf(t, w.must(t, 200, w.pia, "GET", "/v1/products/export", nil).body), 1)
	require.Contains(t, w.must(t, 200, w.pia, "GET", "/v1/products", nil).body, "GTX Basic", "to see is not to take along")
}

// A partner takes its own half along with what it shares; a vendor's file has no such columns.
func TestExportsOfThePartnersHalf(t *testing.T) {
	w := newWorld(t)
	field := `insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at) values (gen_random_uuid(), $1, 'opportunity', 'x_own', 'Own', 'text', now(), now())`
	_, err := w.Owner(t).Exec(t.Context(), field, w.pia.Org)
	require.NoError(t, err)
	w.role(t, w.pia, w.pia.Role, operational.ObjectOpportunity, `readable = readable || '{x_own}'::text[], editable = editable || '{x_own}'::text[]`)
	deal := w.deal(t, w.pia, w.connA1, "Deal of A", "5", "EUR", "2024-02-01T00:00:00Z")
	w.deal(t, w.pia, w.connA1, "Without a note", "6", "EUR", "2024-02-01T00:00:00Z")
	account := w.must(t, 201, w.pia, "POST", "/v1/accounts", `{"name":"Ours"}`).text(t, "id")
	half := map[string]any{"note": "=secret", "account_id": account, "end_customer_amount": map[string]string{"amount": "7654321.50", "currency": "EUR"}, "custom": map[string]string{"x_own": "mine"}}
	w.must(t, 200, w.pia, "PATCH", "/v1/opportunities/"+deal+"/private", half, "If-Match", `"v0"`)
	rows := rowsOf(t, w.must(t, 200, w.pia, "GET", "/v1/opportunities/export?sort=name", nil).body)
	n := len(rows[0])
	require.Equal(t, []string{"private.account_id", "private.end_customer_amount.amount", "private.end_customer_amount.currency", "private.note", "private.custom.x_own"}, rows[0][n-5:])
	require.Equal(t, []string{account, "7654321.50", "EUR", "'=secret", "mine"}, rows[1][n-5:])
	require.Equal(t, []string{"", "", "", "", ""}, rows[2][n-5:])
	theirs := w.must(t, 200, w.ada, "GET", "/v1/opportunities/export", nil).body
	for _, none := range []string{"private", "secret", account, "7654321.50"} {
		require.NotContains(t, theirs, none)
	}
}

// interrupted does something the first time that the answer is flushed: between two pages.
type interrupted struct {
	http.ResponseWriter
	once func()
}

func (i *interrupted) Flush() {
	if i.once != nil {
		i.once()
		i.once = nil
	}
}

func TestARightThatEndsCutsTheExport(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *world){
		"nothing happens": nil,
		"the role may no more": func(t *testing.T, w *world) {
			w.role(t, w.ada, operational.RoleAnalyst, operational.ObjectAccount, `can_export = false`)
		},
		"a field is hidden": func(t *testing.T, w *world) {
			w.role(t, w.ada, operational.RoleAnalyst, operational.ObjectAccount, `readable = array_remove(readable, 'industry'), editable = '{}'`)
		},
		"the session ends": func(t *testing.T, w *world) {
			_, err := w.Owner(t).Exec(t.Context(), `delete from sec.session where id = $1`, w.ana.Credential)
			require.NoError(t, err)
		},
		"the person leaves": func(t *testing.T, w *world) {
			_, err := w.Owner(t).Exec(t.Context(), `update crm.membership set status = 'suspended' where id = $1`, w.ana.Membership)
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.plantAccounts(t, w.ada.Org, 1203)
			r := httptest.NewRequest("GET", "/v1/accounts/export", nil)
			r.AddCookie(&http.Cookie{Name: "sharepartner", Value: w.ana.token})
			rec := httptest.NewRecorder()
			out := &interrupted{ResponseWriter: rec}
			if change == nil {
				w.api.ServeHTTP(out, r)
				require.Len(t, rowsOf(t, rec.Body.String()), 1204)
				return
			}
			out.once = func() { change(t, w) }
			require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() { w.api.ServeHTTP(out, r) }, "never a quiet end")
			require.Equal(t, 500, strings.Count(rec.Body.String(), "\n")-1, "what was sent before stays sent, and no more")
			require.Contains(t, w.log.String(), "cut after 500 rows")
			var noted int
			require.NoError(t, w.Owner(t).QueryRow(t.Context(), `select count(*) from crm.audit_event where action = 'account.exported' and details::text like '%cut%'`).Scan(&noted))
			require.Equal(t, 1, noted)
		})
	}
}

func TestTheConnectionOfACutExportEndsBroken(t *testing.T) {
	w := newWorld(t)
	w.plantAccounts(t, w.ada.Org, 1203)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.api.ServeHTTP(&interrupted{ResponseWriter: rw, once: func() {
			w.role(t, w.ada, operational.RoleAnalyst, operational.ObjectAccount, `can_export = false`)
		}}, r)
	}))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/v1/accounts/export", nil)
	require.NoError(t, err)
	r.AddCookie(&http.Cookie{Name: "sharepartner", Value: w.ana.token})
	got, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer got.Body.Close()
	require.Equal(t, 200, got.StatusCode)
	_, err = io.ReadAll(got.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}
