package portal_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"golang.org/x/net/html"
)

// What a role does not show is absent from its pages: no column, no chart, no filter and no word of it.
func TestHiddenFieldsAreAbsentFromPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hide := func(fields ...string) {
		conn := w.db.Owner(t)
		_, err := conn.Exec(t.Context(), `insert into crm.role (org_id, key, audience, name, created_at, updated_at) values ($1, 'counter', 'internal', 'Counter', now(), now()) on conflict do nothing`, w.analyst.Org)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), `insert into crm.role_object (org_id, role_key, audience, object, can_read, visibility, access, readable, editable)
			select org_id, 'counter', audience, object, can_read, visibility, 'read', readable, '{}' from crm.role_object where org_id = $1 and role_key = 'analyst' and audience = 'internal' on conflict do nothing`, w.analyst.Org)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), `update crm.role_object set readable = (select array_agg(f) from unnest(readable) f where f <> all ($2)) where org_id = $1 and role_key = 'counter' and object = 'opportunity'`, w.analyst.Org, fields)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), `update crm.role set capabilities = (select capabilities from crm.role r where r.org_id = $1 and r.key = 'analyst' and r.audience = 'internal') where org_id = $1 and key = 'counter'`, w.analyst.Org)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), `update crm.membership set role = 'counter' where id = $1`, w.analyst.Membership)
		require.NoError(t, err)
	}
	hide("vendor_net", "region", "history", "lines", "close_date")
	v := w.as(t, analystMail)
	period := "?period=" + yearNow(w)
	briefing := v.get("/briefing" + period)
	require.Contains(t, briefing.text(), "Won ")
	for _, absent := range []string{"€", "Amount", "Region", "As of", "Product", "Running total"} {
		require.NotContains(t, briefing.source(), absent)
	}
	require.Contains(t, briefing.text(), "Tier", "what is shown stays")
	require.Len(t, briefing.table("events-t")[0], 4-1, "event, this year and the one before")
	link := attr(briefing.kpi("Won"), "href")
	rows := v.get(link)
	require.NotContains(t, rows.source(), "€")
	require.NotContains(t, rows.source(), "Amount then")
	require.NotContains(t, rows.source(), "Sum")
	funnel := v.get("/funnel" + period)
	require.NotContains(t, funnel.source(), "€")
	require.NotContains(t, funnel.source(), "Amount")
	require.Contains(t, funnel.text(), "Won by now")
	list := v.get("/opportunities")
	for _, absent := range []string{"€", "Amount", "Close date", "Region"} {
		require.NotContains(t, list.source(), absent)
	}
	require.Empty(t, list.all(func(n *html.Node) bool { return n.Data == "a" && strings.Contains(attr(n, "href"), "sort=-amount") }))
	one := v.get("/opportunities/" + w.opportunity.ID.String())
	for _, absent := range []string{"€", "Vendor net", "History", "Products", "Close date", "not shown"} {
		require.NotContains(t, one.source(), absent)
	}
	for _, p := range []*answer{briefing, rows, funnel, list, one} { // charts and attributes too
		for _, absent := range []string{"€", "u20ac", "EUR", "USD", "486,000", "486000", "vendor_net"} {
			require.NotContains(t, p.source(), absent, p.path)
		}
	}
	require.Equal(t, http.StatusUnprocessableEntity, v.get("/briefing"+period+"&region=North").status)
	require.Equal(t, http.StatusUnprocessableEntity, v.get("/opportunities?sort=-amount").status)

	hide("stage")
	briefing = v.get("/briefing" + period)
	require.Equal(t, http.StatusOK, briefing.status)
	require.Contains(t, briefing.text(), " came in ")
	for _, absent := range []string{"Won", "Lost", "Moved", "Win rate", "Open now"} {
		require.NotContains(t, briefing.source(), absent)
	}
	require.Equal(t, http.StatusNotFound, v.get("/funnel"+period).status)
	require.NotContains(t, briefing.source(), "Funnel", "what does not open is in no menu")
	require.NotContains(t, v.get("/opportunities").source(), "Stage")
	require.NotContains(t, v.get("/opportunities/"+w.opportunity.ID.String()).source(), "Qualify")
}

// Who reads no figures begins with what opens, and finds no way to the rest.
func TestTheRailHoldsWhatOpens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.db.Owner(t).Exec(t.Context(), `update crm.role set capabilities = '{}' where org_id = $1 and key = 'analyst' and audience = 'internal'`, w.vendor)
	require.NoError(t, err)
	hide := func(object string) {
		_, err := w.db.Owner(t).Exec(t.Context(), `delete from crm.role_object where org_id = $1 and role_key = 'analyst' and object = $2`, w.vendor, object)
		require.NoError(t, err)
	}
	v := w.as(t, analystMail)
	require.Equal(t, "/opportunities?region=CEE", v.get("/?region=CEE").path)
	hide("opportunity")
	p := v.get("/")
	require.Equal(t, "/accounts", p.path)
	for _, absent := range []string{"Sales briefing", "Funnel", "Opportunities", "Search opportunities", "Partners"} {
		require.NotContains(t, p.text(), absent)
	}
	fault := v.get("/nowhere")
	require.NotContains(t, fault.raw, `href="/briefing"`)
	for _, object := range []string{"account", "contact", "sales_process"} {
		hide(object)
	}
	require.Equal(t, "/help", v.get("/").path)
}

// sealed is a link to a receipt: nobody reads what is in it, and by chance it holds any three letters.
var sealed = regexp.MustCompile(`/receipts/[A-Za-z0-9_-]+`)

// source is all that came, with what charts are drawn of and what attributes hold, but for the settings of a script and
// what is sealed.
func (a *answer) source() string {
	return sealed.ReplaceAllString(strings.ReplaceAll(a.raw, "refreshOnHistoryMiss", ""), "")
}

// Of a change of which somebody sees nothing, a page says nothing: not that it was, not when, not by whom. It names the
// fields that changed where history keeps no values, as far as they show.
func TestThePageTellsNoChangesOfHiddenFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.opportunity.ID
	renamed, err := w.deps.Opportunities.Update(t.Context(), w.leader, id, w.opportunity.Version, opportunities.Update{
		Name: operational.Set("Gdynia crane telemetry"), CustomerName: operational.Set("Harbour of Gdynia"), Reason: "their words",
	})
	require.NoError(t, err)
	_, err = w.deps.Opportunities.Update(t.Context(), w.leader, id, renamed.Version, opportunities.Update{CustomerName: operational.Set("Port of Gdynia"), Reason: "a takeover"})
	require.NoError(t, err)
	_, err = w.db.Owner(t).Exec(t.Context(), `update crm.role_object set readable = array_remove(readable, 'customer_name'), editable = array_remove(editable, 'customer_name') where org_id = $1 and role_key = 'analyst' and object = 'opportunity'`, w.vendor)
	require.NoError(t, err)

	all := w.as(t, leaderMail).get("/opportunities/" + id.String()).source()
	for _, there := range []string{"changed Name, Customer", "changed Customer", "their words", "a takeover"} {
		require.Contains(t, all, there)
	}
	seen := w.as(t, analystMail).get("/opportunities/" + id.String())
	require.Contains(t, seen.text(), "changed Name")
	for _, absent := range []string{"<dt>Customer<", "Name, Customer", "their words", "a takeover", "changed it", "of Gdynia"} {
		require.NotContains(t, seen.source(), absent)
	}
	require.Contains(t, seen.text(), "Version 2")
}
