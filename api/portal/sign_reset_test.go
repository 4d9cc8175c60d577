package portal_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/mail"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// Whoever has lost a password asks for a link on the page to sign in, and sets another one by it.
func TestALostPasswordOnThePages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.visitor(t).get("/sign-in")
	require.Contains(t, p.raw, `href="/sign-in/forgotten"`)
	require.Contains(t, w.visitor(t).get("/sign-in/forgotten").text(), "This program sends no mail")

	deps := w.deps
	deps.Resets = identity.NewResets(w.db.API, pgtest.Secret, true)
	handler := api.New(deps)
	server := httptest.NewServer(portal.New(portal.Deps{API: handler, Deps: deps}))
	t.Cleanup(server.Close)
	w.server.Close()
	w.server = server
	signedIn, v := w.as(t, leaderMail), w.visitor(t)
	for _, email := range []string{"nobody@halden.example", leaderMail} {
		p = v.get("/sign-in/forgotten").sends("/sign-in/forgotten", url.Values{"email": {email}})
		require.Equal(t, http.StatusOK, p.status)
		require.Contains(t, p.text(), "Look into your mail")
		require.NotContains(t, p.text(), email)
	}
	wrong := v.get("/sign-in/forgotten").sends("/sign-in/forgotten", url.Values{"email": {"what?"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)

	var asked uuid.UUID
	require.NoError(t, w.db.Owner(t).QueryRow(t.Context(), `select id from sec.password_reset`).Scan(&asked))
	link := ""
	postman := identity.NewResetPostman(w.db.Jobs, pgtest.Secret, "https://crm.example", func(_ context.Context, l mail.Message) error {
		_, rest, _ := strings.Cut(l.Text, "https://crm.example")
		link, _, _ = strings.Cut(rest, "\n")
		return nil
	})
	require.NoError(t, postman.Worker().Work(t.Context(), jobs.Job{Record: asked}))
	p = v.get(link)
	require.Contains(t, p.text(), "Set another password")
	require.Equal(t, "strict-origin", p.header.Get("Referrer-Policy"))
	p.inert()
	short := p.sends(link, url.Values{"new_password": {"short"}})
	require.Equal(t, http.StatusUnprocessableEntity, short.status)
	require.Contains(t, short.text(), "8 to 256")
	p = p.sends(link, url.Values{"new_password": {"staple battery horse"}})
	require.Equal(t, "/sign-in?why=reset", p.path, p.text())
	require.Contains(t, p.text(), "Your new password is set")
	require.Contains(t, signedIn.get("/briefing").path, "/sign-in")
	require.Equal(t, http.StatusNotFound, v.get(link).status)
	require.Contains(t, v.get(link).text(), "The link is over")
	p = v.post("/sign-in", url.Values{"email": {leaderMail}, "password": {"staple battery horse"}, "return": {"/help"}})
	require.Equal(t, "/help", p.path)
}
