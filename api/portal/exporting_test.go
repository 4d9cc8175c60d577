package portal_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// One file comes at a time. Whoever asks for a second one reads on a page what to do, while the API keeps its problem.
func TestASecondExportIsRefusedOnAPage(t *testing.T) {
	w := newWorld(t)
	w.customer(t, w.leader, "Port of Gdynia")
	first, second := w.as(t, leaderMail), w.as(t, leaderMail)
	second.client.Jar = first.client.Jar // another tab of the same session
	file := first.get("/accounts").first("/exports/accounts")
	whole := first.get(file)
	require.Equal(t, "text/csv; charset=utf-8", whole.header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="accounts.csv"`, whole.header.Get("Content-Disposition"))
	require.Contains(t, whole.raw, "Port of Gdynia")

	tx, err := w.db.Owner(t).Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `lock table crm.account in access exclusive mode`)
	require.NoError(t, err)
	arrived := make(chan *answer)
	go func() { arrived <- first.get(file) }()
	require.Eventually(t, func() bool {
		var waiting bool
		err := tx.QueryRow(t.Context(), `select exists (select from pg_locks where relation = 'crm.account'::regclass and not granted)`).Scan(&waiting)
		return err == nil && waiting
	}, 20*time.Second, 20*time.Millisecond)
	refused := second.get("/exports/contacts")
	require.NoError(t, tx.Rollback(t.Context()))
	require.Equal(t, http.StatusTooManyRequests, refused.status)
	require.Contains(t, refused.header.Get("Content-Type"), "text/html")
	require.NotEmpty(t, refused.header.Get("Retry-After"))
	require.Contains(t, refused.text(), "Another file is still on its way to you")
	require.Contains(t, refused.raw, `href="/exports/contacts"`, "to try again")
	require.Contains(t, refused.raw, `href="/contacts"`)
	require.NotContains(t, refused.raw, "export-running")
	require.Contains(t, (<-arrived).raw, "Port of Gdynia")
	require.Equal(t, http.StatusOK, second.get("/exports/contacts").status)
	require.Contains(t, second.get(second.get("/opportunities").first("/exports/opportunities")).raw, w.opportunity.Name)

	wrong := second.get("/exports/accounts?sort=secret")
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Contains(t, wrong.header.Get("Content-Type"), "text/html")
	require.Equal(t, http.StatusNotFound, second.get("/exports/roles").status)
	require.Equal(t, http.StatusUnprocessableEntity, second.get("/v1/accounts/export?sort=secret").status)
}
