package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// tomasz is the partner's person, as the access tester names him.
func (v *visitor) tomasz() string {
	v.t.Helper()
	p := v.get("/governance/tester?who=Tomasz")
	found := p.all(func(n *html.Node) bool { return n.Data == "option" && strings.HasPrefix(attr(n, "value"), "contact:") })
	require.Len(v.t, found, 1, p.text())
	return attr(found[0], "value")
}

// A vendor opens what one of its partners' people sees, with the role that they have or one that they could be given.
func TestViewAsOneOfPartnersPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.govern(t)
	v := w.as(t, leaderMail)
	person := v.tomasz()
	one := strings.TrimPrefix(person, "contact:")
	action := v.get("/governance/roles").form("/governance/roles?")
	p := v.post(action, v.get("/governance/roles").inputs(action, url.Values{"field.dealer_personnel.vendor_net": {"hidden"}, "do": {"apply"}}))
	require.Contains(t, p.path, "saved=changes")
	p = v.get("/governance/view-as?contact=" + one)
	require.Equal(t, http.StatusOK, p.status)
	require.Contains(t, p.text(), "Tomasz Wrona of Kestrel Automation sees with the role Dealer Personnel")
	require.Contains(t, p.text(), "without Vendor's account, Vendor net amount, External reference.")
	require.Contains(t, p.text(), w.opportunity.Number)
	require.NotContains(t, p.text(), "€")
	record := p.first("/governance/view-as/")
	p = v.get(record)
	require.Equal(t, http.StatusOK, p.status)
	require.Contains(t, p.text(), "As Tomasz Wrona of Kestrel Automation sees it")
	require.Contains(t, v.get("/opportunities/"+w.opportunity.ID.String()).text(), "€", "who looks sees the amount itself")
	require.NotContains(t, p.text(), "€")
	require.Empty(t, p.all(func(n *html.Node) bool {
		return n.Data == "form" && attr(n, "method") == "post" && strings.HasPrefix(attr(n, "action"), "/opportunities")
	}), "to look only")
	require.Equal(t, http.StatusNotFound, w.as(t, partnerMail).get(record).status)
	require.Equal(t, http.StatusNotFound, v.get(strings.Replace(record, one, w.opportunity.ID.String(), 1)).status)
	require.Equal(t, http.StatusNotFound, v.get(record+"0").status)
	require.Contains(t, v.get("/governance/view-as?who=nobody").text(), "None of your partners' people is called so")
	require.Contains(t, v.get("/governance/view-as?who=nobody&contact="+one).text(), "Tomasz Wrona of Kestrel Automation sees with the role Dealer Personnel", "though the search does not list them")
	require.Equal(t, http.StatusNotFound, v.get("/governance/view-as?with=none&contact="+one).status)
	p = v.get("/governance/view-as?with=distributor_admin&contact=" + one)
	require.Contains(t, p.text(), "Tomasz Wrona of Kestrel Automation sees with the role Distributor Admin")
	require.Contains(t, p.text(), "€", "which shows the amount")
	p = v.get(p.first("/governance/view-as/"))
	require.Contains(t, p.text(), "With the fields of the role Distributor Admin alone.")
	require.Contains(t, p.text(), "€")
	their := v.get("/partner-people/" + one)
	require.Contains(t, v.get(their.first("/governance/view-as?")).text(), "Tomasz Wrona of Kestrel Automation sees with the role Dealer Personnel")
	asked := v.get(their.first("/governance/tester?")).all(func(n *html.Node) bool {
		_, chosen := attribute(n, "selected")
		return chosen && n.Data == "option"
	})
	require.Equal(t, person, attr(asked[0], "value"))
	require.Equal(t, http.StatusNotFound, v.get("/governance/view-as?contact="+w.opportunity.ID.String()).status)
	require.Equal(t, http.StatusNotFound, w.as(t, partnerMail).get("/governance/view-as").status)
}
