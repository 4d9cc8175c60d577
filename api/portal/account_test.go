package portal_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/mail"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// somebody of the vendor, whose password a test may change.
func (w *world) somebody(t testing.TB, mail string) *visitor {
	t.Helper()
	_, err := identity.NewAdmin(w.db.Jobs).AddPerson(t.Context(), identity.NewPerson{Org: w.vendor, Role: operational.RoleAnalyst, Name: "Sam Body", Email: mail, Password: password})
	require.NoError(t, err)
	return w.as(t, mail)
}

// endings are the addresses of the forms that end a session each.
func (a *answer) endings() []string {
	var out []string
	for _, f := range a.all(func(n *html.Node) bool {
		return n.Data == "form" && strings.HasPrefix(attr(n, "action"), "/account/sessions/")
	}) {
		out = append(out, attr(f, "action"))
	}
	return out
}

func TestSessionsAreEndedOnThePage(t *testing.T) {
	w := shared(t)
	here := w.somebody(t, "sessions@halden.example")
	p := here.get("/account")
	require.Equal(t, http.StatusOK, p.status, p.text())
	require.Empty(t, p.endings(), "there is only this one")
	require.NotContains(t, p.text(), "Sign out everywhere else")
	require.Contains(t, text(p.all(func(n *html.Node) bool { return n.Data == "tbody" })[0]), "This one")

	phone, shell := w.as(t, "sessions@halden.example"), w.as(t, "sessions@halden.example")
	p = here.get("/account")
	require.Len(t, p.endings(), 3, "one for each other, and one for all of them")
	p.inert()
	p.whole()

	done := here.post(p.endings()[0], nil)
	require.Equal(t, "/account?done=session", done.path)
	require.Contains(t, done.text(), "The session has ended")
	require.Equal(t, "/account?done=gone", here.post(p.endings()[0], nil).path, "twice is no fault")
	require.Equal(t, http.StatusNotFound, here.post("/account/sessions/x/end", nil).status)

	done = here.post("/account/sessions/end-others", nil)
	require.Equal(t, "/account?done=others", done.path)
	require.Empty(t, done.endings())
	for _, other := range []*visitor{phone, shell} {
		require.Contains(t, other.get("/account").path, "/sign-in")
	}

	leader, second := w.as(t, leaderMail), w.as(t, leaderMail)
	require.Equal(t, "/account?done=gone", here.post(leader.get("/account").endings()[0], nil).path, "those of others are not there")
	require.Equal(t, "/account", leader.get("/account").path)
	require.Equal(t, "/account", second.get("/account").path)
}

func TestThePasswordIsChangedOnThePage(t *testing.T) {
	w := shared(t)
	const mail, other = "password@halden.example", "staple battery horse"
	here := w.somebody(t, mail)
	phone := w.as(t, mail)
	change := func(current, becomes, again string) *answer {
		p := here.post("/account/password", url.Values{"current_password": {current}, "new_password": {becomes}, "again": {again}})
		for _, n := range p.all(func(n *html.Node) bool { return n.Data == "input" && attr(n, "type") == "password" }) {
			require.Empty(t, attr(n, "value"), "what was typed is not repeated")
		}
		p.inert()
		return p
	}
	for _, c := range []struct{ current, becomes, again, says string }{
		{"not the password", other, other, "is not your password"},
		{password, "short", "short", "must have 8 to 256 characters"},
		{password, other, "something else", "is not the same as the new password"},
		{password, password, password, "must be another than the one of now"},
	} {
		p := change(c.current, c.becomes, c.again)
		require.Equal(t, http.StatusUnprocessableEntity, p.status)
		require.Contains(t, p.text(), c.says)
		require.NotContains(t, p.raw, other)
	}
	require.Equal(t, "/account", phone.get("/account").path, "nothing was changed")
	p := change(password, other, other)
	require.Equal(t, "/account?done=password", p.path, p.text())
	require.Contains(t, p.text(), "Your password is changed")
	require.Contains(t, phone.get("/account").path, "/sign-in")
	again := w.visitor(t).post("/sign-in", url.Values{"email": {mail}, "password": {password}})
	require.Equal(t, http.StatusUnprocessableEntity, again.status)
	again = w.visitor(t).post("/sign-in", url.Values{"email": {mail}, "password": {other}, "return": {"/account"}})
	require.Equal(t, "/account", again.path)
}

func TestNoOtherSiteChangesAnAccount(t *testing.T) {
	w := shared(t)
	here := w.as(t, analystMail)
	for _, path := range []string{"/account/password", "/account/sessions/end-others"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+path, strings.NewReader(""))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "https://evil.example")
		res, err := here.client.Do(r)
		require.NoError(t, err)
		require.Equal(t, http.StatusForbidden, here.read(res).status)
	}
}

// Name and time zone are changed on the page, and so is the address, by a link that is of use to nobody else.
func TestNameAndAddressAreChangedOnThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	deps := w.deps
	deps.Identity = identity.New(w.db.API, pgtest.Secret, identity.SendsMail(true))
	server := httptest.NewServer(portal.New(portal.Deps{API: api.New(deps), Deps: deps}))
	t.Cleanup(server.Close)
	require.Contains(t, w.as(t, leaderMail).get("/account").text(), "Whoever runs the program can change it")
	w.server.Close()
	w.server = server
	v, other := w.somebody(t, "sam@halden.example"), w.as(t, analystMail)
	p := v.get("/account")
	p.whole()
	require.Contains(t, p.raw, `<option value="" selected`, "no time zone of one's own yet")
	wrong := p.sends("/account/profile", url.Values{"name": {" "}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	wrong = p.sends("/account/profile", url.Values{"time_zone": {"Mars/Olympus"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	p = p.sends("/account/profile", url.Values{"name": {"Samuel <b>Body</b>"}, "time_zone": {"Asia/Tokyo"}})
	require.Equal(t, "/account?done=profile", p.path, p.text())
	require.Contains(t, p.text(), "Samuel <b>Body</b>")
	var began time.Time
	require.NoError(t, w.db.Owner(t).QueryRow(t.Context(), `select s.created_at from sec.session s join crm.membership m on m.id = s.membership_id join crm.person p on p.id = m.person_id where p.email = 'sam@halden.example'`).Scan(&began))
	require.Contains(t, p.text(), began.In(time.FixedZone("", 9*3600)).Format("2 Jan 2006 15:04"), "times are those of the person")

	wrong = p.sends("/account/address", url.Values{"email": {"sam@new.example"}, "current_password": {"not it"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Contains(t, wrong.raw, `value="sam@new.example"`)
	require.NotContains(t, wrong.raw, "not it")
	p = p.sends("/account/address", url.Values{"email": {"sam@new.example"}, "current_password": {password}})
	require.Equal(t, "/account?done=asked", p.path, p.text())
	var asked uuid.UUID
	require.NoError(t, w.db.Owner(t).QueryRow(t.Context(), `select id from sec.address_change`).Scan(&asked))
	link := ""
	postman := identity.NewAddressPostman(w.db.Jobs, pgtest.Secret, "https://crm.example", func(_ context.Context, l mail.Message) error {
		_, rest, _ := strings.Cut(l.Text, "https://crm.example")
		link, _, _ = strings.Cut(rest, "\n")
		return nil
	})
	require.NoError(t, postman.Workers()[0].Work(t.Context(), jobs.Job{Record: asked}))
	require.Equal(t, http.StatusNotFound, other.get(link).status)
	require.Equal(t, http.StatusNotFound, other.post(link, nil).status)
	p = v.get(link)
	require.Contains(t, p.text(), "sam@new.example")
	require.Equal(t, "strict-origin", p.header.Get("Referrer-Policy"))
	p = p.sends(link, nil)
	require.Equal(t, "/account?done=address", p.path, p.text())
	require.Equal(t, http.StatusNotFound, v.post(link, nil).status, "once")
	w.as(t, "sam@new.example")
	b := newTab(t, w).as("sam@new.example")
	for _, l := range []look{looks[0], looks[3]} {
		b.see(l)
		b.open("/account")
		eval[int](b, `(document.querySelector('#address details').open = true, 0)`)
		b.shot("account-address-" + l.name)
		b.fits()
		b.accessible()
	}
	b.quiet()
}
