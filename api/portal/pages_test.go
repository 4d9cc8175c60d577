package portal_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational"
)

// Everything that a page is held to, whoever reads it and whatever is on it.
func TestPagesWithoutScript(t *testing.T) {
	w := shared(t)
	for _, mail := range []string{leaderMail, analystMail, partnerMail, strangerMail} {
		v := w.as(t, mail)
		for _, path := range []string{"/briefing", "/briefing?period=" + yearNow(w), "/funnel?period=" + yearNow(w), "/opportunities", "/opportunities?status=active&sort=-amount", "/accounts", "/contacts", "/help", "/account"} {
			p := v.get(path)
			require.Equal(t, http.StatusOK, p.status, "%s %s: %s", mail, path, p.text())
			require.NotEmpty(t, p.title(), path)
			require.Equal(t, "private, no-store", p.header.Get("Cache-Control"))
			require.Contains(t, p.header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'; style-src 'self'")
			p.inert()
			p.whole()
		}
	}
}

// inert says that nothing on the page executes but our own scripts.
func (a *answer) inert() {
	a.v.t.Helper()
	for _, n := range a.all(func(*html.Node) bool { return true }) {
		require.False(a.v.t, n.Data == "script" && attr(n, "src") == "" && attr(n, "type") != "application/json", "inline script on %s", a.path)
		require.False(a.v.t, n.Data == "style" || attr(n, "style") != "", "inline style on %s", a.path)
		for _, at := range n.Attr {
			require.False(a.v.t, strings.HasPrefix(at.Key, "on"), "handler %s on %s", at.Key, a.path)
		}
	}
}

// whole says that every link of the page inside the program leads somewhere, by its first segment.
func (a *answer) whole() {
	a.v.t.Helper()
	known := []string{"/briefing", "/exports/", "/accounts", "/contacts", "/v1/", "/imports", "/account", "/funnel", "/partners", "/pipelines", "/connections", "/settings", "/governance", "/opportunities", "/receipts", "/help", "/assets", "/sign-in", "#"}
	for _, n := range a.all(func(n *html.Node) bool { return n.Data == "a" }) {
		href, ok := attr(n, "href"), false
		for _, k := range known {
			ok = ok || strings.HasPrefix(href, k)
		}
		require.True(a.v.t, ok, "dead link %q on %s", href, a.path)
		require.NotEmpty(a.v.t, text(n)+attr(n, "aria-label"), "a link without words on %s: %s", a.path, href)
	}
}

func TestOneFigureOnPageAndAPI(t *testing.T) {
	w := shared(t)
	v, ctx := w.as(t, leaderMail), context.Background()
	p := v.get("/briefing?period=" + yearNow(w))
	view, err := w.api.Analytics().View(ctx, w.leader)
	require.NoError(t, err)
	defer view.Close()
	won, err := view.Won(ctx, api.AnalyticsInput{Period: yearNow(w)})
	require.NoError(t, err)
	require.Len(t, won.Rows, 1)
	kpi := text(p.kpi("Won"))
	require.Contains(t, kpi, itoa(won.Rows[0].Count)+" won")
	require.Contains(t, kpi, exact(won.Rows[0].Amount))
	table := p.table("partners-t")
	total := table[len(table)-1]
	require.Equal(t, itoa(won.Rows[0].Count), total[1], "the total of the table is the key figure")
	require.Equal(t, exact(won.Rows[0].Amount), total[2])
	regions := p.table("regions-t")
	require.Equal(t, total[2], regions[len(regions)-1][2], "and so is the total by region")
	open, err := view.AmountOpen(ctx, api.AnalyticsInput{Period: yearNow(w)})
	require.NoError(t, err)
	require.Equal(t, exact(open.Rows[0].Amount), total[6])
	require.Contains(t, text(p.kpi("Open now")), exact(open.Rows[0].Amount))
}

// Every number opens exactly the rows that it counts: their signs and amounts add up to it.
func TestNumbersOpenTheirRows(t *testing.T) {
	w := shared(t)
	v := w.as(t, leaderMail)
	briefing, funnel := v.get("/briefing?period="+yearNow(w)), v.get("/funnel?period="+yearNow(w))
	checked := 0
	for _, page := range []*answer{briefing, funnel} {
		seen := map[string]bool{}
		for _, a := range page.all(func(n *html.Node) bool {
			return n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/receipts/") && strings.Contains(attr(n, "href"), "?")
		}) {
			u, err := url.Parse(attr(a, "href"))
			require.NoError(t, err)
			q := u.Query()
			kind := q.Get("event") + q.Get("part")
			if kind != "" && seen[kind] || len(seen) > 40 || kind == "" && q.Get("key") != "" && checked%9 != 0 {
				checked++
				continue // one of each sort is enough, and every ninth of the others
			}
			seen[kind] = true
			checked++
			v.addsUp(attr(a, "href"))
		}
	}
	require.Greater(t, checked, 60)
}

// addsUp walks all pages behind a number.
func (v *visitor) addsUp(href string) {
	v.t.Helper()
	p := v.get(href)
	require.Equal(v.t, http.StatusOK, p.status, "%s: %s", href, p.text())
	count := digits(inside(p.kpi("Opportunities"), "is-v"))
	sum, hasSum := decimal.Zero, false
	if list := p.all(func(n *html.Node) bool { return attr(n, "data-kpi") == "Sum" }); len(list) == 1 {
		sum, hasSum = money(inside(list[0], "is-v")), true
	}
	rows, counted, added := 0, int64(0), decimal.Zero
	for next := href; next != ""; {
		p = v.get(next)
		next = ""
		for _, r := range p.table("rows-t") {
			rows++
			sign := int64(1)
			if strings.HasPrefix(r[4], "−") {
				sign = -1
			}
			counted += sign
			added = added.Add(money(r[3]))
		}
		for _, a := range p.all(func(n *html.Node) bool { return attr(n, "rel") == "next" }) {
			next = attr(a, "href")
		}
	}
	require.Equal(v.t, count, counted, "%s: %d rows", href, rows)
	if hasSum {
		require.Equal(v.t, sum.StringFixed(2), added.StringFixed(2), href)
	}
}

func TestFiltersHoldOverPages(t *testing.T) {
	w := shared(t)
	v := w.as(t, leaderMail)
	p := v.get("/briefing?period=" + yearNow(w) + "&region=CEE&tier=Gold")
	require.Contains(t, p.text(), "Region: CEE")
	hrefs := map[string]string{}
	for _, a := range p.all(func(n *html.Node) bool { return n.Data == "a" && attr(n, "data-go") != "" }) {
		hrefs[attr(a, "data-go")] = attr(a, "href")
	}
	require.Equal(t, "/funnel?period="+yearNow(w)+"&region=CEE&tier=Gold", hrefs["f"])
	require.Equal(t, "/opportunities?region=CEE&tier=Gold", hrefs["o"], "a list of today has no period")
	list := v.get(hrefs["o"])
	rows := list.all(func(n *html.Node) bool { return has(n, "is-go") })
	require.NotEmpty(t, rows)
	for _, r := range rows {
		require.Contains(t, text(r), "CEE")
		require.Contains(t, text(r), "Gold")
	}
	for _, a := range p.all(func(n *html.Node) bool { return has(n, "is-clear") }) {
		require.Equal(t, "/briefing?period="+yearNow(w), attr(a, "href"))
	}
	all, some := v.get("/briefing?period="+yearNow(w)), p
	require.NotEqual(t, inside(all.kpi("Won"), "is-v"), inside(some.kpi("Won"), "is-v"))
}

func TestListOfOpportunities(t *testing.T) {
	w := shared(t)
	v := w.as(t, leaderMail)
	first := v.get("/opportunities?sort=name")
	require.Contains(t, first.text(), "702 opportunities")
	names := map[string]bool{}
	pages := 0
	for next := "/opportunities?sort=name"; next != ""; pages++ {
		p := v.get(next)
		next = ""
		for _, a := range p.all(func(n *html.Node) bool { _, ok := find0(n, "data-row"); return ok }) {
			require.False(t, names[attr(a, "href")], "a row is on two pages")
			names[attr(a, "href")] = true
		}
		for _, a := range p.all(func(n *html.Node) bool { return attr(n, "rel") == "next" }) {
			next = attr(a, "href")
		}
	}
	require.Len(t, names, 702)
	require.Equal(t, 15, pages)
	found := v.get("/opportunities?q=gdynia+port")
	require.Contains(t, found.text(), "Contains: gdynia port")
	require.NotContains(t, found.text(), "Kassel depot")
	number := v.get("/opportunities?q=" + w.opportunity.Number)
	require.Contains(t, number.text(), w.opportunity.Name)
	none := v.get("/opportunities?q=xyzzy&region=CEE")
	require.Contains(t, none.text(), "No opportunities match these 2 filters")
	require.Contains(t, none.text(), "Clear filters")
	for _, bad := range []string{"/opportunities?sort=secret", "/opportunities?cursor=nonsense", "/opportunities?stage=nonsense", "/opportunities?status=nonsense", "/briefing?period=yesterday", "/briefing?as_of=never", "/funnel?partner=x"} {
		p := v.get(bad)
		require.Equal(t, http.StatusUnprocessableEntity, p.status, bad)
		require.NotContains(t, p.text(), "panic", bad)
	}
}

func find0(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func TestWhatIsNotThere(t *testing.T) {
	w := shared(t)
	v := w.as(t, strangerMail)
	for _, path := range []string{"/nowhere", "/opportunities/" + w.opportunity.ID.String(), "/opportunities/" + uuid.NewString(), "/opportunities/nonsense", "/receipts/nonsense"} {
		p := v.get(path)
		require.Equal(t, http.StatusNotFound, p.status, path)
		require.Equal(t, "Not found", p.title(), path)
	}
	mine := w.as(t, leaderMail)
	number := attr(mine.get("/briefing").kpi("Open now"), "href")
	require.Equal(t, http.StatusOK, mine.get(number).status)
	require.Equal(t, http.StatusNotFound, v.get(number).status, "somebody else's receipt is not there")
	require.Equal(t, http.StatusNotFound, w.as(t, partnerMail).get(number).status)
	require.Equal(t, http.StatusMethodNotAllowed, v.post("/briefing", nil).status)
}

func itoa(n int64) string {
	text, _ := json.Marshal(n)
	return string(text)
}

// exact is an amount as a reader writes it, made here by another way than the page's.
func exact(m operational.Money) string {
	whole := m.Amount.StringFixed(0)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return "€" + whole
}

func digits(text string) int64 { return money(text).IntPart() }

// money reads an amount back from a page.
func money(text string) decimal.Decimal {
	text = strings.ReplaceAll(text, "−", "-")
	kept := strings.Map(func(r rune) rune {
		if r == '-' || r == '.' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
	d, err := decimal.NewFromString(kept)
	if err != nil {
		return decimal.Zero
	}
	return d
}
