package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// options are the texts of a select, in order.
func (a *answer) options(id string) []string {
	a.v.t.Helper()
	lists := a.all(func(n *html.Node) bool { return n.Data == "select" && attr(n, "id") == id })
	require.Len(a.v.t, lists, 1, a.text())
	var out []string
	for _, o := range find(lists[0], func(n *html.Node) bool { return n.Data == "option" }) {
		out = append(out, text(o))
	}
	return out
}

// placed is the address of the form for the place of this name.
func (a *answer) placed(name string) string {
	a.v.t.Helper()
	for _, o := range a.all(func(n *html.Node) bool { return n.Data == "option" && text(n) == name }) {
		return "/opportunities/new?with=" + attr(o, "value")
	}
	require.Fail(a.v.t, "no place "+name, a.text())
	return ""
}

// deal is the opportunity whose page an answer is.
func (a *answer) deal(t testing.TB, as func(uuid.UUID) (opportunities.Opportunity, error)) opportunities.Opportunity {
	t.Helper()
	require.Regexp(t, `^/opportunities/[0-9a-f-]{36}\?saved=made$`, a.path, a.text())
	id, _, _ := strings.Cut(strings.TrimPrefix(a.path, "/opportunities/"), "?")
	o, err := as(uuid.MustParse(id))
	require.NoError(t, err)
	return o
}

// A partner makes an opportunity with a vendor, of its own customer, and one of its own business.
func TestAPartnerMakesOpportunities(t *testing.T) {
	w := newWorld(t)
	get := func(id uuid.UUID) (opportunities.Opportunity, error) {
		return w.deps.Opportunities.Get(t.Context(), w.partner, id)
	}
	account, _, _ := w.customer(t, w.partner, "Port of Gdynia")
	v := w.as(t, partnerMail)
	list := v.get("/opportunities")
	p := v.get(list.first("/opportunities/new"))
	require.Equal(t, []string{"Halden Industrial", "Norrland Instruments", "Own business, without a vendor"}, p.options("with"))
	p = v.get(p.placed("Halden Industrial"))
	require.Contains(t, p.text(), "With Halden Industrial: both companies see it.")
	require.Equal(t, "Registered", p.options("f-stage_id")[0])
	require.Contains(t, p.options("f-owner"), "Tomasz Wrona")
	wrong := p.sends("/opportunities/new", url.Values{"name": {" "}, "vendor_net": {"much"}, "close_date": {"soon"}, "customer_name": {"Kept Ltd"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Len(t, wrong.all(func(n *html.Node) bool { return attr(n, "aria-invalid") == "true" }), 3)
	require.Contains(t, wrong.raw, `value="Kept Ltd"`)
	require.Contains(t, wrong.raw, `value="much"`)
	p.inert()
	p = wrong.sends("/opportunities/new", url.Values{"name": {"Crane sensors"}, "vendor_net": {"1200.50"}, "currency": {"eur"}, "close_date": {"2031-03-31"}, "customer_name": {""}, "account_id": {account.ID.String()}})
	o := p.deal(t, get)
	require.Contains(t, p.text(), "The opportunity was created")
	require.Contains(t, p.text(), "Entered by mistake, or twice? Opportunities are not deleted")
	require.Equal(t, "Port of Gdynia", o.CustomerName, "called as the account is")
	require.Equal(t, w.opportunity.ConnectionID, o.ConnectionID)
	require.Equal(t, "1200.50 EUR", o.VendorNet.String())
	require.Equal(t, "Tomasz Wrona", o.Owner.Name)
	half, err := w.deps.Opportunities.Private(t.Context(), w.partner, o.ID)
	require.NoError(t, err)
	require.Equal(t, account.ID, *half.AccountID)
	theirs, err := w.deps.Opportunities.Get(t.Context(), w.leader, o.ID)
	require.NoError(t, err)
	require.Nil(t, theirs.VendorAccountID)

	own := v.get(v.get("/opportunities/new").placed("Own business, without a vendor"))
	require.Contains(t, own.text(), "There is no sales process for it yet")
	none := own.sends("/opportunities/new", url.Values{"name": {"Ours alone"}})
	require.Equal(t, http.StatusConflict, none.status)
	require.Contains(t, none.text(), "There is no default sales process")
	for _, name := range []string{"Short", "Long"} {
		_, err = w.deps.Catalog.CreateProcess(t.Context(), w.adminOf(t, w.partner), catalog.NewProcess{Name: name, Default: name == "Long", Stages: []catalog.NewStage{{Name: "Begun", Type: catalog.StageActive}, {Name: "Won", Type: catalog.StageWon}, {Name: "Lost", Type: catalog.StageLost}}})
		require.NoError(t, err)
	}
	own = v.get(own.placed("Own business, without a vendor"))
	require.Equal(t, []string{"Long: Begun", "Long: Won", "Long: Lost", "Short: Begun", "Short: Won", "Short: Lost"}, own.options("f-stage_id"))
	o = own.sends("/opportunities/new", url.Values{"name": {"Ours alone"}}).deal(t, get)
	require.Nil(t, o.ConnectionID)
	require.Equal(t, "Long", o.Process.Name)
	require.Equal(t, http.StatusNotFound, v.get("/opportunities/new?with="+uuid.NewString()).status)
	require.Equal(t, http.StatusNotFound, v.post("/opportunities/new", url.Values{"with": {uuid.NewString()}, "name": {"Mine"}}).status)
}

// A vendor makes direct business and business on the connection of a partner, for an account of its own.
func TestAVendorMakesOpportunities(t *testing.T) {
	w := newWorld(t)
	account, _, _ := w.customer(t, w.leader, "Port of Gdynia")
	v := w.as(t, leaderMail)
	p := v.get("/opportunities/new")
	require.Equal(t, "Direct business, without a partner", p.options("with")[0])
	require.Len(t, p.options("with"), len(partners)+1)
	get := func(id uuid.UUID) (opportunities.Opportunity, error) {
		return w.deps.Opportunities.Get(t.Context(), w.leader, id)
	}
	o := p.sends("/opportunities/new", url.Values{"name": {"Direct"}, "vendor_account_id": {account.ID.String()}, "vendor_net": {"7"}}).deal(t, get)
	require.Nil(t, o.ConnectionID)
	require.Equal(t, account.ID, *o.VendorAccountID)
	require.Equal(t, "Ingrid Solberg", o.Owner.Name)
	p = v.get(p.placed("Kestrel Automation"))
	require.Equal(t, []string{"Nobody yet", "Seller of Kestrel Automation", "Tomasz Wrona"}, p.options("f-owner"))
	o = p.sends("/opportunities/new", url.Values{"name": {"Shared"}, "customer_name": {"The port"}}).deal(t, get)
	require.Equal(t, w.opportunity.ConnectionID, o.ConnectionID)
	require.Equal(t, "The port", o.CustomerName)
	require.Nil(t, o.Owner)
	require.Equal(t, http.StatusOK, w.as(t, partnerMail).get("/opportunities/"+o.ID.String()).status)
	require.NotContains(t, w.as(t, strangerMail).get("/opportunities/new").text(), "Kestrel")

	// Who may not make any finds neither button nor page; the form takes no field that it has not.
	require.NotContains(t, w.as(t, analystMail).get("/opportunities").text(), "New opportunity")
	require.Equal(t, http.StatusNotFound, w.as(t, analystMail).get("/opportunities/new").status)
	require.Equal(t, http.StatusUnprocessableEntity, v.post("/opportunities/new", url.Values{"with": {"own"}, "name": {"X"}, "nonsense": {"1"}}).status)
	require.Contains(t, w.as(t, strangerMail).get("/opportunities").raw, `href="/opportunities/new"`, "the first one can be made at once")
}

// The form has what the role may set, as the layout of the type has it.
func TestANewOpportunityFollowsRightsAndLayout(t *testing.T) {
	w := newWorld(t)
	exec := func(sql string, args ...any) {
		t.Helper()
		_, err := w.db.Owner(t).Exec(t.Context(), sql, args...)
		require.NoError(t, err)
	}
	kind, other, layout := uuid.New(), uuid.New(), uuid.New()
	exec(`insert into crm.custom_field (id, org_id, object, name, label, type, choices, created_at, updated_at) values
		(gen_random_uuid(), $1, 'opportunity', 'x_kind', 'Kind', 'choice', '{big,small}', now(), now()), (gen_random_uuid(), $1, 'opportunity', 'x_budget', 'Budget', 'number', '{}', now(), now())`, w.vendor)
	exec(`insert into crm.record_type (id, org_id, object, name, is_default, created_at, updated_at) values ($2, $1, 'opportunity', 'Project', false, now(), now()), ($3, $1, 'opportunity', 'Renewal', true, now(), now())`, w.vendor, kind, other)
	exec(`insert into crm.page_layout (id, org_id, object, name, definition, created_at, updated_at) values ($2, $1, 'opportunity', 'Project',
		'{"sections":[{"title":"The deal","fields":[{"name":"close_date","required":true},{"name":"x_kind"},{"name":"x_budget","required":true,"show_if":{"field":"x_kind","in":["big"]}}]}]}', now(), now())`, w.vendor, layout)
	exec(`insert into crm.layout_assignment (org_id, role_key, record_type_id, layout_id) select $1, r, $2, $3 from unnest(array[$4, 'dealer_personnel']) r`, w.vendor, kind, layout, w.leader.Role)
	v := w.as(t, leaderMail)
	p := v.get("/opportunities/new?with=own")
	require.Equal(t, []string{"Project", "Renewal"}, p.options("type"))
	require.Contains(t, p.text(), "Vendor net amount", "no layout: all fields")
	p = v.get("/opportunities/new?with=own&type=" + kind.String())
	require.Contains(t, p.text(), "The deal")
	require.Equal(t, url.Values{"with": {"own"}, "record_type_id": {kind.String()}, "name": {""}, "vendor_account_id": {""}, "close_date": {""}, "custom.x_kind": {""}}, p.inputs("/opportunities/new", nil))
	p = p.sends("/opportunities/new", url.Values{"name": {"Big one"}, "custom.x_kind": {"big"}})
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	require.Contains(t, p.text(), "Close date: It is required for Project.")
	require.Contains(t, p.text(), "Budget: It is required for Project.")
	p = p.sends("/opportunities/new", url.Values{"close_date": {"2031-03-31"}, "custom.x_budget": {"9.5"}})
	require.Contains(t, p.path, "saved=made", p.text())
	require.Contains(t, p.text(), "Budget 9.5")

	exec(`update crm.role_object set readable = array_remove(readable, 'close_date') || '{x_kind}'::text[], editable = '{name,x_kind}' where org_id = $1 and audience = 'external' and object = 'opportunity'`, w.vendor)
	partner := w.as(t, partnerMail)
	p = partner.get(partner.get("/opportunities/new").placed("Halden Industrial"))
	require.ElementsMatch(t, []string{"with", "name", "account_id", "custom.x_kind"}, keys(p.inputs("/opportunities/new", nil)))
	for name, status := range map[string]int{"close_date": http.StatusUnprocessableEntity, "custom.x_budget": http.StatusUnprocessableEntity, "nonsense": http.StatusUnprocessableEntity, "vendor_net": http.StatusForbidden} {
		require.Equal(t, status, p.sends("/opportunities/new", url.Values{"name": {"Mine"}, name: {"1"}}).status, name)
	}
	require.Contains(t, p.sends("/opportunities/new", url.Values{"name": {"Mine"}, "custom.x_kind": {"small"}}).path, "saved=made")
	exec(`update crm.role_object set can_create = false where org_id = $1 and audience = 'external' and object = 'opportunity'`, w.vendor)
	require.Equal(t, []string{"Norrland Instruments", "Own business, without a vendor"}, partner.get("/opportunities/new").options("with"))
}

func keys(values url.Values) []string {
	var out []string
	for name := range values {
		out = append(out, name)
	}
	return out
}
