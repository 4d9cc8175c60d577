package portal_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// Every page of governance in every look.
func TestGovernanceInEveryLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.govern(t)
	w.walk(t, "governance-", []stop{
		{"roles", leaderMail, "/governance/roles"},
		{"roles-own", leaderMail, "/governance/roles?audience=internal&role=analyst&object=account"},
		{"role", leaderMail, "/governance/roles/analyst?with=reviewer"},
		{"new-role", leaderMail, "/governance/new-role"},
		{"access", leaderMail, "/governance/access"},
		{"types", leaderMail, "/governance/types"},
		{"type", leaderMail, w.first(t, "/governance/types", "/governance/types/")},
		{"layout", leaderMail, w.first(t, "/governance/types", "/governance/layouts/") + "?as=dealer_personnel"},
		{"view-as", leaderMail, "/governance/view-as"},
		{"tester", leaderMail, "/governance/tester?object=opportunity&record=crane"},
		{"audit", leaderMail, "/governance/audit"},
	})
}

// govern sets up what the pages show.
func (w *world) govern(t testing.TB) {
	t.Helper()
	v := w.as(t, leaderMail)
	for _, name := range []string{"Dealer Manager", "Distributor Admin", "Service Agent"} {
		v.post("/governance/new-role", map[string][]string{"name": {name}, "audience": {"external"}, "copy": {"dealer_personnel"}})
	}
	p := v.get("/governance/roles?role=service_agent")
	action := p.form("/governance/roles?")
	p = v.post(action, p.inputs(action, map[string][]string{
		"do": {"apply"}, "field.service_agent.vendor_net": {"hidden"}, "field.service_agent.customer_name": {"read"}, "field.service_agent.lines": {"hidden"}, "field.dealer_personnel.stage": {"read"},
	}))
	require.Contains(t, p.path, "saved=changes", p.text())
	v.post("/governance/types", map[string][]string{"object": {"opportunity"}, "name": {"Renewal"}})
	v.post("/governance/fields", map[string][]string{"object": {"opportunity"}, "label": {"Asked discount"}, "type": {"number"}})
	p = v.post("/governance/layouts", map[string][]string{"object": {"opportunity"}, "name": {"Short form"}})
	action = p.path
	form := map[string][]string{
		"version": {"1"}, "name": {"Short form"}, "do": {"save"}, "title.0": {"The deal"}, "name.0.0": {"stage"}, "name.0.1": {"name"}, "required.0.1": {"on"},
		"title.1": {"More"}, "name.1.0": {"vendor_net"}, "if.1.0": {"stage"}, "in.1.0": {"Proposal"},
	}
	require.Contains(t, v.post(action, form).path, "saved=1")
}

// first is the first link on a page that begins so.
func (w *world) first(t testing.TB, path, prefix string) string {
	t.Helper()
	for _, n := range w.as(t, leaderMail).get(path).all(func(n *html.Node) bool { return n.Data == "a" && strings.HasPrefix(attr(n, "href"), prefix) }) {
		return attr(n, "href")
	}
	require.Fail(t, "no such link", "%s on %s", prefix, path)
	return ""
}

// Cells are walked over and changed by keys; the bar says what that would do; discarding needs no second word.
func TestRolesByKeyboard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.govern(t)
	b := newTab(t, w).as(leaderMail)
	b.see(looks[0])
	b.open("/governance/roles?role=service_agent")
	focused := `document.activeElement.name || ''`
	eval[int](b, `(document.querySelector('select[name="field.dealer_personnel.name"]').focus(), 0)`)
	b.key(kb.ArrowDown)
	require.Equal(t, "field.dealer_personnel.customer_name", eval[string](b, focused))
	for range 3 {
		b.key(kb.ArrowRight)
	}
	require.Equal(t, "field.service_agent.customer_name", eval[string](b, focused))
	require.NotEqual(t, "none", eval[string](b, `getComputedStyle(document.activeElement).boxShadow`))
	b.key(" ")
	require.Equal(t, "hidden", eval[string](b, `document.activeElement.value`))
	b.until(`document.querySelector('#role-bar').innerText.includes('1 change not applied')`, "the bar")
	require.Equal(t, "field.service_agent.customer_name", eval[string](b, focused), "the keyboard stays where it is")
	eval[int](b, `(document.querySelector('select[name="field.service_agent.vendor_net"]').focus(), 0)`)
	for range 2 {
		b.key(" ")
	}
	b.until(`document.querySelector('#role-bar').innerText.includes('Makes a hidden field visible: Vendor net amount, for Service Agent')`, "what it reveals")
	b.shot("governance-roles-unsaved")
	b.accessible()
	eval[int](b, `(document.querySelector('#role-bar summary').click(), 0)`)
	b.shot("governance-roles-review")
	b.follow(`#role-bar button[value="apply"]`, "applied")
	require.Contains(t, b.path(), "saved=changes")
	require.Equal(t, "hidden", eval[string](b, `document.querySelector('select[name="field.service_agent.customer_name"]').value`))
	b.quiet()
}
