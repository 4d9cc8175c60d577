package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// first is the address of the first link that begins so.
func (a *answer) first(prefix string) string {
	a.v.t.Helper()
	list := a.all(func(n *html.Node) bool { return n.Data == "a" && strings.HasPrefix(attr(n, "href"), prefix) })
	require.NotEmpty(a.v.t, list, "%s on %s", prefix, a.path)
	return attr(list[0], "href")
}

// kestrel is the page of the vendor's first partner.
func (v *visitor) kestrel() string {
	v.t.Helper()
	return v.get("/partners?name=Kestrel").first("/partners/0")
}

// firstPartner is the first row of the list.
func (a *answer) firstPartner() *html.Node {
	a.v.t.Helper()
	return a.all(func(n *html.Node) bool { return n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/partners/0") })[0]
}

// Every page on interconnection in every look.
func TestInterconnectionInEveryLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	owner, chief := w.as(t, ownerMail), w.as(t, chiefMail)
	partner, link := owner.kestrel(), owner.invites("/partner-invitations/new", url.Values{"partner_name": {"Fresh Ltd"}, "message": {"Welcome.\nWe begin in March."}, "email": {"pia@fresh.example"}})
	vendor := chief.get("/connections").first("/connections/0")
	owner.get("/settings/keys/new").sends("/settings/keys/new", url.Values{"name": {"Nightly export"}, "scope": {"opportunities.read"}})
	w.walk(t, "rooms-", []stop{
		{"partners", ownerMail, "/partners?sort=-last_activity"},
		{"partner", ownerMail, partner},
		{"partner-end", ownerMail, partner + "/end"},
		{"contact", ownerMail, owner.get(partner).first("/partner-people/")},
		{"invitations", ownerMail, "/partner-invitations"},
		{"invite", ownerMail, "/partner-invitations/new"},
		{"invitation-made", ownerMail, owner.get("/partner-invitations").first("/partner-invitations/0")},
		{"invitation", "", link},
		{"invitation-signed-in", ownerMail, link},
		{"settings", ownerMail, "/settings"},
		{"people", ownerMail, "/settings/people"},
		{"person", ownerMail, owner.get("/settings/people?name=Mirela").first("/settings/people/0")},
		{"invite-member", ownerMail, "/settings/invitations/new"},
		{"keys", ownerMail, "/settings/keys"},
		{"new-key", chiefMail, "/settings/keys/new"},
		{"selling", ownerMail, "/settings/selling"},
		{"vendors", chiefMail, "/connections?saved=joined"},
		{"vendor", chiefMail, vendor},
		{"vendor-end", chiefMail, vendor + "/end"},
		{"vendor-people", chiefMail, vendor + "/people"},
		{"disclosure", chiefMail, vendor + "/disclosure"},
		{"own-roles", chiefMail, "/governance/roles"},
		{"own-roles-accounts", chiefMail, "/governance/roles?object=account&role=dealer_personnel"},
		{"own-role", chiefMail, chief.get("/governance/roles").first("/governance/roles/")},
		{"own-new-role", chiefMail, "/governance/new-role"},
		{"own-types", chiefMail, "/governance/types?object=account"},
		{"own-tester", chiefMail, "/governance/tester"},
		{"own-audit", chiefMail, "/governance/audit"},
	})
}

// A vendor changes what it says of a partner, gives roles, suspends, resumes and ends; each asks and says what was done.
func TestThePartnersPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	v := w.as(t, ownerMail)
	list := v.get("/partners")
	require.Len(t, list.table("partners-t"), len(partners))
	require.Contains(t, list.text(), "€", "what is open")
	require.Len(t, v.get("/partners?region=DACH&tier=Gold&status=active").table("partners-t"), count("Gold", "DACH"))
	require.Contains(t, v.get("/partners?name=nobody+at+all").text(), "No partners match")
	require.Len(t, v.get("/partners?health=nobody").table("partners-t"), len(partners)-1, "people of one can sign in")
	require.Len(t, v.get("/partners?health=quiet").table("partners-t"), strings.Count(list.text(), "Quiet for 60 days")-1, "those that are marked; the menu names it once")
	require.Contains(t, text(v.get("/partners?sort=-last_activity").firstPartner()), "Kestrel Automation", "what was done today stands first")
	require.Contains(t, v.get("/partners?sort=-last_activity").text(), "2 joined, 1 by name only")
	require.Equal(t, http.StatusUnprocessableEntity, v.get("/partners?health=splendid").status)
	require.Contains(t, v.get("/partners?health=nobody&sort=joined").raw, `sort=-joined`)
	at := v.kestrel()
	p := v.get(at).sends(at+"/edit", url.Values{"tier": {"Titan"}, "partner_number": {"K-1"}})
	require.Equal(t, at+"?saved=edit", p.path, p.text())
	require.Contains(t, p.text(), "Titan")
	wrong := p.sends(at+"/edit", url.Values{"partner_number": {"P-002"}, "tier": {"kept"}})
	require.Equal(t, http.StatusConflict, wrong.status)
	require.Contains(t, wrong.raw, `value="kept"`)
	stale := p.sends(at+"/edit", url.Values{"version": {"1"}, "tier": {"mine"}})
	require.Equal(t, http.StatusConflict, stale.status)
	require.Contains(t, stale.raw, `value="mine"`)
	require.Contains(t, stale.text(), "Titan", "and what it is now")
	p = v.get(at)
	p = p.sends(at+"/assign", url.Values{"channel_manager_id": {w.leader.Membership.String()}})
	require.Contains(t, p.text(), "Ingrid Solberg")

	person := p.first("/partner-people/")
	p = v.get(person).sends(person+"/suspend", nil)
	require.Contains(t, p.text(), "Suspended by you")
	p = p.sends(person+"/reactivate", nil)
	require.Equal(t, person+"?saved=reactivate", p.path)

	partner := w.as(t, partnerMail)
	record := "/opportunities/" + w.opportunity.ID.String()
	require.Equal(t, http.StatusOK, partner.get(record).status)
	p = v.get(at)
	require.Equal(t, http.StatusUnprocessableEntity, p.sends(at+"/suspend", nil).status, "a reason is needed")
	p = p.sends(at+"/suspend", url.Values{"reason": {"Audit"}})
	require.Contains(t, p.text(), "Audit")
	require.Equal(t, http.StatusNotFound, partner.get(record).status)
	p.sends(at+"/resume", nil)
	require.Equal(t, http.StatusOK, partner.get(record).status)

	p = v.get(at + "/end")
	require.Contains(t, p.text(), "Stays with you")
	require.Equal(t, http.StatusUnprocessableEntity, p.sends(at+"/end", nil).status)
	p = p.sends(at+"/end", url.Values{"reason": {"The contract has ended."}})
	require.Equal(t, at+"?saved=end", p.path)
	require.Contains(t, p.text(), "The contract has ended.")
	require.Empty(t, p.all(func(n *html.Node) bool {
		return n.Data == "form" && strings.HasPrefix(attr(n, "action"), at)
	}), "nothing is left to do")
}

// count is how many of the planted partners have a tier and a region.
func count(tier, region string) int {
	n := 0
	for _, p := range partners {
		if p.tier == tier && p.region == region {
			n++
		}
	}
	return n
}

// Pages that a person may not open are not there: not in the rail, not by their address.
func TestRoomsNeedRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	at, vendor := w.as(t, ownerMail).kestrel(), w.as(t, chiefMail).get("/connections").first("/connections/0")
	for _, c := range []struct {
		mail  string
		paths []string
	}{
		{analystMail, []string{"/partner-invitations", "/partner-invitations/new", at + "/end", "/settings/people", "/connections", vendor + "/disclosure"}},
		{partnerMail, []string{"/partners", at, "/partner-invitations", "/settings/people", vendor + "/disclosure", vendor + "/end", vendor + "/people"}},
		{chiefMail, []string{"/partners", at, at + "/end", "/partner-invitations/new"}},
		{ownerMail, []string{"/connections", vendor, vendor + "/disclosure", vendor + "/people"}},
	} {
		v := w.as(t, c.mail)
		for _, path := range c.paths {
			require.Equal(t, http.StatusNotFound, v.get(path).status, "%s %s", c.mail, path)
		}
		home := v.get("/briefing")
		for _, path := range c.paths {
			require.NotContains(t, home.raw, `href="`+path+`"`, c.mail)
		}
	}
	require.Equal(t, http.StatusNotFound, w.as(t, analystMail).post(at+"/suspend", url.Values{"version": {"1"}, "reason": {"x"}}).status)
	require.NotContains(t, w.as(t, analystMail).get(at).text(), "Suspend…")
}

// A partner sees what a vendor sees, ends a connection after a preview, and finds its open business in its own workspace.
func TestThePartnersOwnSide(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	v := w.as(t, chiefMail)
	list := v.get("/connections")
	require.Len(t, list.table("vendors-t"), 2)
	require.Contains(t, list.text(), "Last activity")
	require.Contains(t, list.text(), "kr", "what is open with each")
	opened := v.get(list.first("/opportunities?status=active&connection="))
	require.Equal(t, http.StatusOK, opened.status)
	at := ""
	for _, n := range list.all(func(n *html.Node) bool { return strings.HasPrefix(attr(n, "href"), "/connections/0") }) {
		if strings.Contains(text(n), "Norrland") {
			at = attr(n, "href")
		}
	}
	p := v.get(at + "/disclosure")
	require.Contains(t, v.get("/governance/audit?with=Norrland").text(), "connection.disclosure_read")
	require.Contains(t, p.text(), "Norrland Instruments sees 40 opportunities")
	require.Contains(t, p.text(), "What it does not see")
	for _, n := range p.all(func(n *html.Node) bool {
		return n.Data == "a" && (strings.Contains(attr(n, "href"), "status=") || strings.HasPrefix(attr(n, "href"), "/settings/people/"))
	}) {
		opened := v.get(attr(n, "href"))
		require.Equal(t, http.StatusOK, opened.status)
		require.Contains(t, opened.text(), text(n), "what is counted opens")
		if strings.Contains(attr(n, "href"), "status=") {
			require.Contains(t, opened.text(), text(n)+" opportunit")
		}
	}
	require.Len(t, p.all(func(n *html.Node) bool { return strings.Contains(attr(n, "href"), "status=") }), 2)
	require.NotContains(t, text(p.all(func(n *html.Node) bool { return attr(n, "id") == "main" })[0]), "Halden", "nothing of the others")
	require.Equal(t, http.StatusOK, v.get(p.first("/opportunities?connection=")).status)
	require.NotContains(t, v.get(p.first("/opportunities?connection=")).text(), w.opportunity.Number+" ")
	bad := list.sends("/connections/invitation", url.Values{"link": {"what?"}})
	require.Equal(t, http.StatusUnprocessableEntity, bad.status)
	require.Contains(t, bad.raw, `value="what?"`)
	require.Equal(t, "/invitations/abc", list.sends("/connections/invitation", url.Values{"link": {" https://crm.example/invitations/abc "}}).path)
	p = v.get(at + "/end")
	require.Contains(t, p.text(), "Goes on here")
	p = p.sends(at+"/end", url.Values{"reason": {"We sell others."}})
	require.Equal(t, at+"?saved=end", p.path, p.text())
	require.Contains(t, p.text(), "by you")
}

// Settings, people and keys.
func TestSettingsPeopleAndKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	v := w.as(t, chiefMail)
	p := v.get("/settings").sends("/settings", url.Values{"time_zone": {"Europe/Warsaw"}, "fiscal_month": {"4"}, "country_code": {"pl"}})
	require.Equal(t, "/settings?saved=edit", p.path, p.text())
	wrong := p.sends("/settings", url.Values{"country_code": {"Poland"}, "name": {"Kept Ltd"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Contains(t, wrong.raw, `value="Kept Ltd"`)
	stale := p.sends("/settings", url.Values{"version": {"1"}, "currency": {"USD"}})
	require.Equal(t, http.StatusConflict, stale.status)
	require.Contains(t, stale.text(), "yours is “USD”", "both versions")

	tomasz := w.as(t, partnerMail)
	one := v.get("/settings/people?name=Tomasz").first("/settings/people/0")
	p = v.get(one).sends(one+"/sign-out", nil)
	require.Equal(t, one+"?saved=sign-out", p.path, p.text())
	require.Contains(t, tomasz.get("/briefing").path, "/sign-in", "signed out everywhere")
	tomasz = w.as(t, partnerMail)
	p = v.get(one).sends(one+"/suspend", nil)
	require.Contains(t, p.text(), "Let in again")
	require.Contains(t, tomasz.get("/briefing").path, "/sign-in", "their sessions have ended")
	p = p.sends(one+"/reactivate", nil)
	p = p.sends(one+"/assign", url.Values{"role": {"administrator"}})
	require.Contains(t, p.text(), "Administrator")
	wrong = p.sends(one+"/erase", url.Values{"confirm": {"Tomasz"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Contains(t, wrong.raw, `value="Tomasz"`, "what was typed is kept")
	p = p.sends(one+"/erase", url.Values{"confirm": {"Tomasz Wrona"}, "reason": {"left"}})
	require.Equal(t, one+"?saved=erase", p.path, p.text())
	require.Contains(t, p.title(), "Erased person")
	require.NotContains(t, p.raw, one+"/erase", "once is enough")
	require.Contains(t, tomasz.get("/briefing").path, "/sign-in")
	self := v.get("/settings/people?name=Petra").first("/settings/people/0")
	require.Contains(t, v.get(self).text(), "This is you")
	require.Equal(t, http.StatusConflict, v.post(self+"/suspend", url.Values{"version": {"1"}}).status)

	form := v.get("/settings/keys/new")
	wrong = form.sends("/settings/keys/new", url.Values{"name": {"Export"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status, "no permission ticked")
	require.Contains(t, wrong.raw, `value="Export"`)
	vendor := strings.TrimPrefix(v.get("/connections").first("/connections/0"), "/connections/")
	p = form.sends("/settings/keys/new", url.Values{"name": {"Export"}, "scope": {"opportunities.read"}, "connection_id": {vendor}})
	secret := p.link("secret-copy")
	req, err := http.NewRequest(http.MethodGet, w.server.URL+"/v1/opportunities", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+secret)
	use := func() int {
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res.StatusCode
	}
	require.Equal(t, http.StatusOK, use())
	p = v.get("/settings/keys")
	require.NotContains(t, p.raw, secret)
	require.Contains(t, p.text(), "Export")
	revoke := attr(p.all(func(n *html.Node) bool { return strings.HasSuffix(attr(n, "action"), "/revoke") })[0], "action")
	p = p.sends(revoke, nil)
	require.Contains(t, p.text(), "Revoked")
	require.Equal(t, http.StatusUnauthorized, use())
}
