package portal_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

func TestAPartnerSeesItsOwnSide(t *testing.T) {
	w := shared(t)
	v := w.as(t, partnerMail)
	p := v.get("/briefing?period=" + yearNow(w))
	require.Contains(t, p.text(), "Your vendors")
	table := p.table("vendors-t")
	require.Len(t, table, 4, "two vendors, and a total for each of their currencies")
	links := 0
	card := p.all(func(n *html.Node) bool { return attr(n, "aria-labelledby") == "vendors-t" })[0]
	for _, a := range find(card, func(n *html.Node) bool { return n.Data == "a" && strings.Contains(attr(n, "href"), "key=") }) {
		v.addsUp(attr(a, "href"))
		links++
	}
	require.GreaterOrEqual(t, links, 5, "won, lost, open and win rate all open their rows")
	require.Contains(t, p.text(), "Norrland Instruments")
	for _, other := range []string{"Meridian Integrators", "Brightwater IT", "Partners"} {
		require.NotContains(t, p.text(), other)
	}
	require.Contains(t, p.text(), "€", "amounts of two currencies stand side by side")
	require.Contains(t, p.text(), "kr")
	list := v.get("/opportunities")
	require.NotContains(t, list.text(), "Meridian Integrators")
	require.Contains(t, list.text(), "Vendor")
	leader := w.as(t, leaderMail).get("/briefing?period=" + yearNow(w))
	require.NotContains(t, leader.raw, "Norrland", "a vendor never learns of a partner's other vendors")
	require.NotContains(t, leader.raw, "kr\u00a0")
}

func TestPrivateHalfIsThePartnersAlone(t *testing.T) {
	w := shared(t)
	ctx := context.Background()
	price, note := eur(618000, "EUR"), "our calculation 4711"
	_, err := w.deps.Opportunities.UpdatePrivate(ctx, w.partner, w.opportunity.ID, 0, opportunities.UpdatePrivate{EndCustomerAmount: operational.Set(price), Note: operational.Set(note)})
	require.NoError(t, err)
	path := "/opportunities/" + w.opportunity.ID.String()
	mine := w.as(t, partnerMail).get(path)
	require.Contains(t, mine.text(), "€618,000")
	require.Contains(t, mine.text(), note)
	theirs := w.as(t, leaderMail).get(path)
	for _, secret := range []string{"618,000", "618000", "calculation", "End customer", "Only your company"} {
		require.NotContains(t, theirs.raw, secret)
	}
}

func TestAnalystOnlyReads(t *testing.T) {
	w := shared(t)
	v, path := w.as(t, analystMail), "/opportunities/"+w.opportunity.ID.String()
	p := v.get(path)
	require.Empty(t, p.all(func(n *html.Node) bool {
		return n.Data == "form" && strings.HasPrefix(attr(n, "action"), "/opportunities/")
	}))
	denied := v.post(path+"/edit", url.Values{"version": {"1"}, "name": {"x"}})
	require.Equal(t, http.StatusForbidden, denied.status)
	require.Equal(t, "Not open to you", denied.title())
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	w := shared(t)
	v := w.as(t, leaderMail)
	req, err := http.NewRequest(http.MethodPost, w.server.URL+"/opportunities/"+w.opportunity.ID.String()+"/edit", strings.NewReader("version=1&name=x"))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	req.Header.Set("Origin", "https://evil.example")
	res, err := v.client.Do(req)
	require.NoError(t, err)
	p := v.read(res)
	require.Equal(t, http.StatusForbidden, p.status)
	require.Contains(t, p.text(), "another site")
}

func TestAssets(t *testing.T) {
	w := shared(t)
	v := w.visitor(t)
	p := v.get("/sign-in")
	for _, n := range p.all(func(n *html.Node) bool {
		return n.Data == "link" && attr(n, "rel") == "stylesheet" || n.Data == "script"
	}) {
		path := attr(n, "href") + attr(n, "src")
		req, err := http.NewRequest(http.MethodGet, w.server.URL+path, nil)
		require.NoError(t, err)
		req.Header.Set("Accept-Encoding", "gzip")
		res, err := v.client.Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusOK, res.StatusCode)
		require.Equal(t, "gzip", res.Header.Get("Content-Encoding"), path)
		require.Equal(t, "public, max-age=31536000, immutable", res.Header.Get("Cache-Control"))
		require.NotEmpty(t, body)
	}
	require.Equal(t, http.StatusNotFound, v.get("/assets/app.000000000000.css").status)
}
