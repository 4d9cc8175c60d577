package portal_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// Who signs in for the pages on interconnection: administrators of a vendor and of a partner.
const (
	ownerMail = "olga@halden.example"
	chiefMail = "petra@kestrel.example"
)

// administrators adds one to the vendor and one to its first partner.
func (w *world) administrators(t testing.TB) *world {
	t.Helper()
	admin := identity.NewAdmin(w.db.Jobs)
	_, err := admin.AddPerson(context.Background(), identity.NewPerson{Org: w.vendor, Role: operational.RoleAdministrator, Name: "Olga Berg", Email: ownerMail, Password: password})
	require.NoError(t, err)
	_, err = admin.AddPerson(context.Background(), identity.NewPerson{Org: w.partner.Org, Role: operational.RoleAdministrator, Name: "Petra Wrona", Email: chiefMail, Password: password})
	require.NoError(t, err)
	return w
}

// sends fills in the one form with this action and sends it.
func (a *answer) sends(action string, set url.Values) *answer {
	a.v.t.Helper()
	return a.v.post(action, a.inputs(action, set))
}

// link is what a page shows once.
func (a *answer) link(id string) string {
	a.v.t.Helper()
	list := a.all(func(n *html.Node) bool { return attr(n, "id") == id })
	require.Len(a.v.t, list, 1, a.text())
	return attr(list[0], "value")
}

// invites makes an invitation and gives the path of its link.
func (v *visitor) invites(form string, values url.Values) string {
	v.t.Helper()
	p := v.get(form).sends(form, values)
	require.Equal(v.t, http.StatusOK, p.status, p.text())
	at, err := url.Parse(p.link("link-copy"))
	require.NoError(v.t, err)
	require.NotEmpty(v.t, at.Host, "the link can be passed on")
	return at.Path
}

// A company joins by a link without an account, works at once, and the link is used then.
func TestAPartnerJoinsByALink(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	path := w.as(t, ownerMail).invites("/partner-invitations/new", url.Values{"partner_name": {"Fresh Ltd"}, "message": {"Welcome to our channel."}, "tier": {"Gold"}, "email": {"fay@fresh.example"}})
	v := w.visitor(t)
	p := v.get(path)
	require.Equal(t, http.StatusOK, p.status)
	require.Equal(t, "Halden Industrial invites your company as a partner", p.title())
	require.Contains(t, p.text(), "Welcome to our channel.")
	require.NotContains(t, p.text(), "Gold", "the link tells nothing of the connection to come")
	require.Equal(t, "strict-origin", p.header.Get("Referrer-Policy"))
	p.inert()
	wrong := p.sends(path+"/join", url.Values{"company": {"Fresh Ltd"}, "name": {"Fay"}, "email": {"no address"}, "password": {"short"}, "country": {"germany"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Contains(t, wrong.raw, `value="Fresh Ltd"`, "what was typed stays")
	require.NotContains(t, wrong.raw, "short", "but for the password")
	require.NotEmpty(t, wrong.all(func(n *html.Node) bool { return attr(n, "aria-invalid") == "true" }))
	p = wrong.sends(path+"/join", url.Values{"email": {"fay@fresh.example"}, "password": {password}, "country": {"DE"}, "time_zone": {"Europe/Berlin"}})
	require.Equal(t, "/connections?saved=joined", p.path, p.text())
	require.Contains(t, p.text(), "Your workspace is ready")
	require.Contains(t, p.table("vendors-t")[0][0], "Halden Industrial")
	require.Equal(t, http.StatusOK, v.get("/briefing").status)
	require.Equal(t, http.StatusOK, v.get("/opportunities").status)
	gone := w.visitor(t).get(path)
	require.Equal(t, http.StatusNotFound, gone.status)
	require.Equal(t, "This invitation is not open", gone.title())
	require.Equal(t, gone.text(), w.visitor(t).get("/invitations/"+strings.Repeat("x", 43)).text(), "one answer for all")
}

// Who is signed in accepts for their company, if they may; whoever has the link may reject it.
func TestInvitationsAreAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	_, err := identity.NewAdmin(w.db.Jobs).AddPerson(context.Background(), identity.NewPerson{Org: w.second, Role: operational.RoleAdministrator, Name: "Sven", Email: "sven2@norrland.example", Password: password})
	require.NoError(t, err)
	owner := w.as(t, ownerMail)
	form := "/partner-invitations/new"
	path := owner.invites(form, url.Values{"partner_name": {"Norrland"}, "email": {"sven2@norrland.example"}})
	require.Contains(t, w.as(t, analystMail).get(path).text(), "Your role may not connect your company")
	own := w.as(t, ownerMail).post(path+"/accept", nil)
	require.Equal(t, http.StatusConflict, own.status)
	require.Contains(t, own.text(), "from your own organisation")
	v := w.as(t, "sven2@norrland.example")
	p := v.get(path)
	require.Contains(t, p.text(), "You are signed in as Sven of Norrland Instruments")
	p = p.sends(path+"/accept", nil)
	require.Equal(t, "/connections?saved=accepted", p.path, "a company with a channel begins to sell")
	require.Contains(t, p.text(), "Halden Industrial")

	path = owner.invites(form, url.Values{"partner_name": {"Somebody"}, "email": {"some@body.example"}})
	p = w.visitor(t).get(path).sends(path+"/reject", url.Values{"reason": {"We sell for others."}})
	require.Equal(t, "You have rejected the invitation", p.title())
	list := owner.get("/partner-invitations?status=rejected")
	require.Contains(t, list.text(), "Somebody")
	row := list.all(func(n *html.Node) bool { return strings.HasPrefix(attr(n, "href"), "/partner-invitations/0") })[0]
	require.Contains(t, owner.get(attr(row, "href")).text(), "We sell for others.")

	path = owner.invites(form, url.Values{"partner_name": {"Later"}, "email": {"later@late.example"}})
	row = owner.get("/partner-invitations?status=open").all(func(n *html.Node) bool { return strings.HasPrefix(attr(n, "href"), "/partner-invitations/0") })[0]
	one := attr(row, "href")
	p = owner.get(one).sends(one+"/again", nil)
	require.Equal(t, http.StatusNotFound, w.visitor(t).get(path).status, "the old link leads nowhere")
	at, err := url.Parse(p.link("link-copy"))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, w.visitor(t).get(at.Path).status)
	stale := owner.post(one+"/revoke", url.Values{"version": {"1"}})
	require.Equal(t, http.StatusConflict, stale.status)
	p = owner.get(one).sends(one+"/revoke", nil)
	require.Contains(t, p.text(), "The invitation is taken back")
	require.Equal(t, http.StatusNotFound, w.visitor(t).get(at.Path).status)
}

// A colleague joins by a link, and somebody who is here already accepts one and is in the other company then.
func TestColleaguesAreInvited(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	form := "/settings/invitations/new"
	path := w.as(t, ownerMail).invites(form, url.Values{"role": {"analyst"}, "email": {"ana@halden.example"}})
	p := w.visitor(t).get(path)
	require.Equal(t, "Halden Industrial invites you", p.title())
	p = p.sends(path+"/join", url.Values{"name": {"Ana"}, "email": {"ana@halden.example"}, "password": {password}})
	require.Equal(t, http.StatusOK, p.status, p.text())
	require.Equal(t, "/briefing", p.path)
	path = w.as(t, ownerMail).invites(form, url.Values{"role": {"analyst"}, "email": {"ana@halden.example"}})
	v := w.as(t, chiefMail)
	p = v.get(path).sends(path+"/accept", nil)
	require.Contains(t, text(p.all(func(n *html.Node) bool { return has(n, "l-org") })[0]), "Halden Industrial")
	require.Contains(t, p.text(), "As a partner", "and can go back")
}

// The token of a link is in no line of the log.
func TestNoTokenInTheLog(t *testing.T) {
	t.Parallel()
	v, log := logged(t, func(*api.Deps) {})
	token := strings.Repeat("Secret-", 7)[:43]
	v.get("/invitations/" + token)
	v.post("/invitations/"+token+"/join", url.Values{"name": {"x"}})
	raw, lines := log.taken(t)
	require.NotEmpty(t, lines)
	require.NotContains(t, raw, "Secret")
	require.Contains(t, raw, "GET /invitations/{token}")
}

// A session goes from all business to one vendor and back, and each page says where it is.
func TestSwitchingRooms(t *testing.T) {
	w := shared(t)
	v := w.as(t, partnerMail)
	p := v.get("/opportunities")
	room := func(a *answer) string {
		return text(a.all(func(n *html.Node) bool { return has(n, "l-org") })[0])
	}
	require.Contains(t, room(p), "All vendors and own")
	var halden string
	for _, b := range p.all(func(n *html.Node) bool { return attr(n, "name") == "room" }) {
		if strings.Contains(text(b), "Norrland") {
			halden = attr(b, "value")
		}
	}
	require.NotEmpty(t, halden)
	p = v.post("/workspace", url.Values{"room": {halden}, "return": {"/opportunities?region=CEE"}})
	require.Equal(t, "/opportunities", p.path)
	require.Contains(t, room(p), "For Norrland Instruments only")
	require.Contains(t, p.text(), "You work for Norrland Instruments only. The rest of your business is not shown.")
	require.Equal(t, http.StatusNotFound, v.get("/opportunities/"+w.opportunity.ID.String()).status)
	p = v.post("/workspace", url.Values{"room": {"all"}, "return": {"/opportunities"}})
	require.Contains(t, room(p), "All vendors and own")
	require.Equal(t, http.StatusOK, v.get("/opportunities/"+w.opportunity.ID.String()).status)
	for _, bad := range []string{"", "nowhere", "vendor:x", "company:" + w.second.String() + ":vendor", "vendor:" + w.second.String()} {
		require.Equal(t, http.StatusUnprocessableEntity, v.post("/workspace", url.Values{"room": {bad}}).status, bad)
	}
}

// The switcher by keyboard, in a real browser.
func TestRoomsByKeyboard(t *testing.T) {
	w := shared(t)
	b := newTab(t, w).as(partnerMail)
	b.see(looks[0])
	b.open("/briefing")
	eval[int](b, `(document.querySelector('#room').focus(), 0)`)
	b.key("\r")
	b.until(`document.querySelector('.l-rooms').open`, "the menu is open")
	b.accessible()
	b.shot("rooms-open")
	for range 3 {
		b.key("\t")
	}
	require.Contains(t, eval[string](b, `document.activeElement.innerText`), "Norrland")
	b.leaves("the other room", func() { b.key("\r") })
	require.True(t, eval[bool](b, `Boolean(document.querySelector('.l-bound'))`), "the page says where it is")
	b.looks("", stop{name: "room", path: "/briefing"})
	b.follow(`.l-bound button`, "all business again")
	require.False(t, eval[bool](b, `Boolean(document.querySelector('.l-bound'))`))
	b.quiet()
}
