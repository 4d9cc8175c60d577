package portal_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/mail"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// mailing makes the program send mail; letter waits for one to an address and gives the path in it.
func (w *world) mailing(t *testing.T) (letter func(to string) string) {
	t.Helper()
	tickets := interconnect.NewTickets(pgtest.Secret.Derive("invitations"), "https://crm.example")
	w.deps.Invitations = interconnect.NewInvitations(w.db.API, w.deps.Identity, tickets, true)
	w.api = api.New(w.deps)
	w.server = httptest.NewServer(portal.New(portal.Deps{API: w.api, Deps: w.deps}))
	t.Cleanup(w.server.Close)
	var mu sync.Mutex
	paths := map[string]string{}
	work, err := jobs.New(w.db.Jobs, slog.New(slog.DiscardHandler), interconnect.NewPostman(w.db.Jobs, tickets, func(_ context.Context, m mail.Message) error {
		mu.Lock()
		defer mu.Unlock()
		_, rest, _ := strings.Cut(m.Text, "https://crm.example")
		paths[m.To], _, _ = strings.Cut(rest, "\n")
		return nil
	}).Workers()...)
	require.NoError(t, err)
	require.NoError(t, work.Start(context.Background()))
	t.Cleanup(func() { _ = work.Stop(context.Background()) })
	return func(to string) (path string) {
		require.Eventually(t, func() bool {
			mu.Lock()
			defer mu.Unlock()
			path = paths[to]
			return path != ""
		}, 20*time.Second, 20*time.Millisecond, to)
		return path
	}
}

// Where mail is sent, the link of an invitation asks for the address first, says the same of each, and what is mailed
// there leads to the form.
func TestSomebodyNewAsksForTheLinkToJoin(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	letter := w.mailing(t)
	path := w.as(t, ownerMail).invites("/partner-invitations/new", url.Values{"partner_name": {"Fresh Ltd"}, "good_for": {"90"}})
	v := w.visitor(t)
	p := v.get(path)
	require.Contains(t, p.text(), "Say where you read mail")
	require.NotContains(t, p.text(), "Password")
	wrong := p.sends(path+"/ask", url.Values{"email": {"no address"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	pages := map[string]bool{}
	for _, address := range []string{"fay@fresh.example", ownerMail} {
		asked := v.get(path).sends(path+"/ask", url.Values{"email": {address}})
		require.Equal(t, http.StatusOK, asked.status)
		pages[asked.text()] = true
	}
	require.Len(t, pages, 1, "one page whoever asks")
	mailed := letter("fay@fresh.example")
	require.True(t, strings.HasPrefix(mailed, path+"/"), mailed)
	require.Contains(t, v.get(mailed+"x").text(), "Say where you read mail", "a link that was cut asks again")
	p = v.get(mailed)
	require.Contains(t, p.text(), "fay@fresh.example")
	p.inert()
	p = p.sends(path+"/join", url.Values{"company": {"Fresh Ltd"}, "name": {"Fay"}, "password": {"short"}})
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	p = p.sends(path+"/join", url.Values{"password": {password}})
	require.Equal(t, "/connections?saved=joined", p.path, p.text())
}

// A partner that nobody looks after gets an administrator from its page.
func TestAnAdministratorIsInvitedFromThePartnersPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.administrators(t)
	owner := w.as(t, ownerMail)
	partners := []interconnect.NewPartner{{Name: "Osprey Ltd", PartnerNumber: "I-1", PersonName: "Olaf", ExternalRef: "osprey", StartedAt: w.db.API.Now()}}
	vendor := w.leader
	require.NoError(t, w.db.API.InTx(t.Context(), vendor, func(tx *postgres.Tx) error { return interconnect.ProvisionPartners(t.Context(), tx, partners) }))
	require.Contains(t, owner.get(owner.kestrel()).text(), "Somebody to look after its workspace", "who works there is its own affair")
	at := "/partners/" + partners[0].ConnectionID.String()
	p := owner.get(at)
	require.Contains(t, p.text(), "Somebody to look after its workspace")
	form := p.first("/administrator-invitations/new")
	p = owner.get(form)
	require.Contains(t, p.title(), "Osprey Ltd")
	require.Equal(t, http.StatusUnprocessableEntity, p.sends("/administrator-invitations/new", nil).status, "no address, where no mail is sent")
	p = p.sends("/administrator-invitations/new", url.Values{"email": {"ida@osprey.example"}, "message": {"Welcome"}})
	require.Equal(t, http.StatusOK, p.status, p.text())
	link, err := url.Parse(p.link("link-copy"))
	require.NoError(t, err)
	v := w.visitor(t)
	p = v.get(link.Path)
	require.Contains(t, p.title(), "look after the workspace of Osprey Ltd")
	p = p.sends(link.Path+"/join", url.Values{"name": {"Ida"}, "email": {"ida@osprey.example"}, "password": {password}})
	require.Equal(t, "/briefing", p.path, p.text())
	require.Equal(t, http.StatusOK, v.get("/settings/people").status)
	require.Contains(t, owner.get(at).text(), "Somebody to look after its workspace", "the same page")
	list := owner.get("/administrator-invitations")
	require.Contains(t, list.text(), "Administrator of Osprey Ltd")
	require.Contains(t, list.text(), "Accepted")
	require.Equal(t, http.StatusNotFound, w.as(t, analystMail).get("/administrator-invitations").status)
	require.Equal(t, http.StatusNotFound, owner.get("/administrator-invitations/new").status, "of nobody")
}
