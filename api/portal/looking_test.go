package portal_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// The workspace as another role finds it: begun from the page of roles, told on every page, ended by one click.
func TestLookingAsARole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.db.Owner(t).Exec(t.Context(), `insert into crm.role (org_id, key, audience, name, created_at, updated_at) values ($1, 'counter', 'internal', 'Counter', now(), now())`, w.vendor)
	require.NoError(t, err)
	_, err = w.db.Owner(t).Exec(t.Context(), `insert into crm.role_object (org_id, role_key, audience, object, can_read, can_edit, visibility, access, readable, editable)
		values ($1, 'counter', 'internal', 'opportunity', true, true, 'company', 'read_write', '{name,stage}', '{name}'), ($1, 'counter', 'internal', 'sales_process', true, false, 'company', 'read', '{name,stages}', '{}')`, w.vendor)
	require.NoError(t, err)
	v, path := w.as(t, leaderMail), "/opportunities/"+w.opportunity.ID.String()
	require.Contains(t, v.get(path).text(), "486,000")
	p := v.get(v.get("/governance/roles?audience=internal&role=counter").first("/governance/view-as"))
	require.Equal(t, "counter", p.inputs("/governance/view-as", nil).Get("role"), "the role that was chosen")
	link := v.invites("/partner-invitations/new", url.Values{"partner_name": {"Fresh Ltd"}, "email": {"fay@fresh.example"}})
	unknown := v.post("/governance/view-as", url.Values{"role": {"dealer_personnel"}})
	require.Equal(t, http.StatusNotFound, unknown.status)
	p = p.sends("/governance/view-as", nil)
	require.Equal(t, "/opportunities", p.path, "the first page that opens for the role")

	require.NotContains(t, v.get(link).raw, link+"/")
	p = v.get(path)
	require.Contains(t, p.text(), "You look as Counter")
	require.Contains(t, p.text(), "Gdynia Port crane telemetry")
	for _, absent := range []string{"486,000", "Port of Gdynia", "Sales briefing", "Roles & permissions", "Change workspace", `action="` + path} {
		require.NotContains(t, p.raw, absent)
	}
	for _, closed := range []string{"/governance/roles", "/governance/view-as", "/governance/audit", "/people"} {
		require.Equal(t, http.StatusNotFound, v.get(closed).status, closed)
	}
	require.Equal(t, http.StatusNotFound, v.get("/accounts").status)
	require.Equal(t, http.StatusForbidden, v.get("/exports/opportunities").status)
	for _, to := range []string{path + "/edit", "/governance/view-as", "/workspace", "/account/password", "/governance/roles", link + "/accept", link + "/reject"} {
		p = v.post(to, nil)
		require.Equal(t, http.StatusForbidden, p.status, to)
		require.Contains(t, p.text(), "You look as another role", to)
	}

	b := newTab(t, w)
	b.adopt(v)
	b.everyLook("looking", func() {
		b.open(path)
		b.until(`document.querySelector('.l-bound').innerText.includes('You look as Counter')`, "as what one looks")
	})
	b.see(looks[0])
	b.leaves("one click ends it", func() { b.press(`.l-bound button`) })
	require.Contains(t, b.path(), "/governance/roles")
	require.False(t, eval[bool](b, `Boolean(document.querySelector('.l-bound'))`))
	b.quiet()
	require.Contains(t, v.get(path).text(), "486,000")
	noted := v.get("/governance/audit?object=role").text()
	require.Contains(t, noted, "role.viewed_as")
	require.Contains(t, noted, "role.viewed_no_more")
	require.Equal(t, http.StatusNotFound, w.as(t, partnerMail).post("/governance/view-as", url.Values{"role": {"seller"}}).status, "who governs no roles looks as none")
}

// No page offers what a look refuses: forms but those that end it or are the browser's own affair, files, and ways to forms.
func TestALookIsOfferedNothingToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	harmless := []string{"/governance/view-as/end", "/sign-out", "/theme", "/keys"}
	for mail, roles := range map[string][]string{ownerMail: {"administrator", "channel_leader"}, chiefMail: {"administrator", "seller"}} {
		for _, role := range roles {
			v := w.as(t, mail)
			require.Contains(t, v.get("/governance/audit").raw, "/exports/audit-events")
			require.Equal(t, http.StatusOK, v.post("/governance/view-as", url.Values{"role": {role}}).status)
			pages := v.crawl(150)
			for at, p := range pages {
				require.Equal(t, http.StatusOK, p.status, "%s as %s: %s", mail, role, at)
				for _, n := range p.all(func(n *html.Node) bool { return n.Data == "form" && attr(n, "method") == "post" }) {
					require.True(t, slices.Contains(harmless, attr(n, "action")), "%s as %s: %s offers %s", mail, role, at, attr(n, "action"))
				}
				require.False(t, strings.Contains(p.raw, "/exports/"), "%s as %s: %s offers a file", mail, role, at)
			}
			t.Logf("%s as %s: %d pages", mail, role, len(pages))
			require.Greater(t, len(pages), 5)
		}
	}
}
