package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sharepartner/sharepartner/operational/accounts"
)

// crawl follows every link that a person is shown, once for each path and kind of record, and gives what it read.
func (v *visitor) crawl(most int) map[string]*answer {
	v.t.Helper()
	seen, queue, kinds := map[string]*answer{}, []string{"/"}, map[string]int{}
	for len(queue) > 0 && len(seen) < most {
		at := queue[0]
		queue = queue[1:]
		path, _, _ := strings.Cut(at, "?")
		if kinds[kindOf(path)]++; seen[at] != nil || kinds[kindOf(path)] > 6 {
			continue
		}
		p := v.get(at)
		seen[at] = p
		for _, n := range p.all(func(n *html.Node) bool { return n.Data == "a" && attr(n, "href") != "" }) {
			to, err := url.Parse(attr(n, "href"))
			if err == nil && to.Host == "" && strings.HasPrefix(to.Path, "/") && !strings.HasPrefix(to.Path, "//") {
				to.Fragment = ""
				queue = append(queue, to.String())
			}
		}
	}
	return seen
}

// kindOf is a path without its ids.
func kindOf(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if len(p) > 30 {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

// Each person follows all links from the first page on, and what is found on the way is held to everything at once.
func TestPagesThatPeopleAreLedTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	chief := w.adminOf(t, w.partner)
	company, err := w.deps.Accounts.CreateAccount(t.Context(), chief, accounts.NewAccount{Name: "Port of Gdynia"})
	require.NoError(t, err)
	_, err = w.deps.Accounts.CreateContact(t.Context(), chief, accounts.NewContact{AccountID: company.ID, LastName: "Buyer"})
	require.NoError(t, err)
	const note = "CanaryOfTheHalf"
	_, err = w.db.Owner(t).Exec(t.Context(), `insert into crm.opportunity_private (opportunity_id, scope_id, partner_org_id, note, updated_at) select id, scope_id, partner_org_id, $2, now() from crm.opportunity where id = $1
		on conflict (opportunity_id) do update set note = excluded.note`, w.opportunity.ID, note)
	require.NoError(t, err)
	pages := map[string]map[string]*answer{}
	for _, mail := range []string{leaderMail, analystMail, ownerMail, partnerMail, chiefMail, strangerMail} {
		pages[mail] = w.as(t, mail).crawl(250)
		t.Logf("%s: %d pages", mail, len(pages[mail]))
		require.Greater(t, len(pages[mail]), 20, mail)
	}
	w.nothingOfOthers(t, pages, note)
	w.noFormTakesMore(t, pages)
}

// nothingOfOthers says that no page, file or header has what belongs to somebody else.
func (w *world) nothingOfOthers(t *testing.T, read map[string]map[string]*answer, note string) {
	t.Helper()
	second := []string{"Norrland", "N-77", w.second.String(), note}
	others := []string{"Meridian Integrators", "Brightwater IT", "Nordlys Systems", "P-002", "P-003"}
	for mail, never := range map[string][]string{
		leaderMail: second, analystMail: second, ownerMail: second,
		partnerMail: others, chiefMail: others,
		strangerMail: append([]string{"Halden Industrial", "Kestrel", "Norrland", w.vendor.String(), w.second.String(), note}, others...),
	} {
		for at, p := range read[mail] {
			require.Less(t, p.status, http.StatusInternalServerError, "%s: %s", mail, at)
			var headers strings.Builder
			require.NoError(t, p.header.Write(&headers))
			for _, mark := range never {
				if strings.Contains(p.raw, mark) || strings.Contains(headers.String(), mark) {
					require.Failf(t, "what is others'", "%s: %s: %q in\n%s\n%s", mail, at, mark, headers.String(), p.raw)
				}
			}
		}
	}
}
