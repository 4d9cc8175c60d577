package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// A partner makes a process for its own business, changes its stages, makes another one the usual one and retires the first.
func TestSalesProcessesWithoutScript(t *testing.T) {
	w := newWorld(t).administrators(t)
	v := w.as(t, chiefMail)
	at := "/settings/selling"
	empty := v.get(at)
	require.Contains(t, empty.text(), "No process of your own")
	p := v.get(empty.first(at + "/new"))
	wrong := p.sends(at+"/new", url.Values{"name": {"Own sale"}, "new.0.name": {"Asked"}, "new.1.name": {"Asked"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Contains(t, wrong.text(), "Another stage has this name.")
	require.Len(t, wrong.all(func(n *html.Node) bool { return attr(n, "aria-invalid") == "true" }), 1)
	require.Contains(t, wrong.raw, `value="Own sale"`)
	p = wrong.sends(at+"/new", url.Values{"new.1.name": {"Offered"}, "default": {"true"}})
	require.Equal(t, at+"?saved=edit", p.path, p.text())
	require.Equal(t, [][]string{{"Asked", "Open"}, {"Offered", "Open"}, {"Won", "Won"}, {"Lost", "Lost"}}, p.table("process-0-t"))
	require.Contains(t, p.text(), "New opportunities take it")
	deal := v.get("/opportunities/new?with=own").sends("/opportunities/new", url.Values{"name": {"Ours"}})
	require.Contains(t, deal.path, "saved=made", deal.text())

	form := p.first(at + "/0")
	p = v.get(form)
	key := func(name string) string {
		for _, n := range p.all(func(n *html.Node) bool { return n.Data == "input" && attr(n, "value") == name }) {
			return strings.TrimSuffix(attr(n, "name"), ".name")
		}
		require.Fail(t, name)
		return ""
	}
	done := p.sends(form, url.Values{key("Offered") + ".name": {"Quoted"}, "new.0.name": {"Signing"}, "new.0.type": {"active"}, "new.1.name": {"No fit"}, "new.1.type": {"disqualified"}})
	require.Equal(t, at+"?saved=edit", done.path, done.text())
	require.Equal(t, [][]string{{"Asked", "Open"}, {"Quoted", "Open"}, {"Signing", "Open"}, {"Won", "Won"}, {"Lost", "Lost"}, {"No fit", "Disqualified"}}, done.table("process-0-t"))
	stale := p.sends(form, url.Values{"name": {"Other"}})
	require.Equal(t, http.StatusConflict, stale.status)
	p = v.get(form)
	done = p.sends(form, url.Values{key("Quoted") + ".place": {"3"}, key("Signing") + ".place": {"2"}})
	require.Equal(t, []string{"Signing", "Open"}, done.table("process-0-t")[1], done.text())
	p = v.get(form)
	require.Contains(t, p.sends(form, url.Values{key("Asked") + ".name": {""}}).text(), "Keep the stage, or retire the process")
	require.Contains(t, p.sends(form, url.Values{key("Asked") + ".place": {"9"}}).text(), "so it keeps its own")
	require.Contains(t, p.sends(form, url.Values{key("Asked") + ".place": {"first"}}).text(), "Use a number such as 3.")
	require.NotContains(t, p.sends(form, url.Values{key("Signing") + ".name": {""}}).text(), "Signing")

	v.get(at+"/new").sends(at+"/new", url.Values{"name": {"Short sale"}, "new.0.name": {"Asked"}, "default": {"true"}})
	p = v.get(form)
	done = p.sends(form, url.Values{"active": {"false"}})
	require.Contains(t, done.text(), "Retired: no new opportunities")
	require.Equal(t, []string{"Asked", "Won", "Lost"}, v.get("/opportunities/new?with=own").options("f-stage_id"))
	old := v.get(strings.Split(deal.path, "?")[0])
	require.Contains(t, old.sends(strings.Split(deal.path, "?")[0]+"/move", nil).path, "saved=move")

	// It is nobody else's, and no page for those who may not.
	require.Equal(t, http.StatusNotFound, w.as(t, ownerMail).get(form).status)
	require.Equal(t, http.StatusNotFound, w.as(t, partnerMail).get(form).status)
	require.NotContains(t, w.as(t, partnerMail).get(at).text(), "New process")
	theirs, err := w.deps.Catalog.Process(t.Context(), w.leader, w.opportunity.Process.ID)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, v.get(at+"/"+theirs.ID.String()).status, "a vendor's is read and not changed")
}
