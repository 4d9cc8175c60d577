package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// customer adds an account of the actor's company with somebody there, and gives their pages.
func (w *world) customer(t testing.TB, actor operational.Actor, name string) (account accounts.Account, at, person string) {
	t.Helper()
	account, err := w.deps.Accounts.CreateAccount(t.Context(), actor, accounts.NewAccount{Name: name, Industry: new("Shipping"), Country: new("Poland"), Website: new("port.example")})
	require.NoError(t, err)
	c, err := w.deps.Accounts.CreateContact(t.Context(), actor, accounts.NewContact{AccountID: account.ID, FirstName: new("Ada"), LastName: "Lovelace", Email: new("ada@port.example")})
	require.NoError(t, err)
	return account, "/accounts/" + account.ID.String(), "/contacts/" + c.ID.String()
}

// A customer is made, found, changed and deleted without script; what is wrong is said beside its field.
func TestAccountsWithoutScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.as(t, leaderMail)
	empty := v.get("/accounts")
	require.Contains(t, empty.text(), "There are no accounts yet")
	p := v.get(empty.first("/accounts/new"))
	wrong := p.sends("/accounts/new", url.Values{"name": {" "}, "website": {"javascript:alert(1)"}, "year_established": {"long ago"}, "annual_revenue": {"12.345"}, "country": {"Norway"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Contains(t, wrong.raw, `value="Norway"`, "what was typed is kept")
	require.Len(t, wrong.all(func(n *html.Node) bool { return attr(n, "aria-invalid") == "true" }), 2, "numbers are read first")
	wrong = wrong.sends("/accounts/new", url.Values{"year_established": {""}, "annual_revenue": {""}})
	require.Len(t, wrong.all(func(n *html.Node) bool { return attr(n, "aria-invalid") == "true" }), 2, "name and website")
	p = wrong.sends("/accounts/new", url.Values{"name": {"Port of Gdynia"}, "website": {"port.example"}, "year_established": {"1922"}, "annual_revenue": {"1250000.50"}, "number_of_employees": {"12000"}})
	require.Regexp(t, `^/accounts/[0-9a-f-]{36}\?saved=made$`, p.path, p.text())
	require.Equal(t, "Port of Gdynia", p.title())
	for _, shown := range []string{"The account was created", "Norway", "1922", "€1,250,000.50", "12,000", "Ingrid Solberg", "Nobody is known here yet", "There is none for this customer"} {
		require.Contains(t, p.text(), shown)
	}
	require.Equal(t, "https://port.example", p.first("https://"))
	p.inert()

	at, _, _ := strings.Cut(p.path, "?")
	form := v.get(at + "/edit")
	p = form.sends(at+"/edit", nil)
	require.Equal(t, at+"?saved=nothing", p.path)
	p = form.sends(at+"/edit", url.Values{"country": {""}, "industry": {"Ports"}, "owner_membership_id": {w.analyst.Membership.String()}})
	require.Equal(t, at+"?saved=edit", p.path, p.text())
	require.Contains(t, p.text(), "Mirela Ionescu")
	require.NotContains(t, p.text(), "Norway")
	stale := form.sends(at+"/edit", url.Values{"industry": {"Mine"}})
	require.Equal(t, http.StatusConflict, stale.status)
	require.Contains(t, stale.text(), "Both versions")
	require.Equal(t, []string{"Industry", "Ports", "Mine"}, stale.table("versions-t")[0])
	p = stale.sends(at+"/edit", nil)
	require.Equal(t, at+"?saved=edit", p.path, "sent again it is put over the other")
	require.Contains(t, p.text(), "Mine")

	_, err := w.deps.Accounts.CreateContact(t.Context(), w.leader, accounts.NewContact{AccountID: uuid.MustParse(strings.TrimPrefix(at, "/accounts/")), LastName: "Nowak"})
	require.NoError(t, err)
	kept := v.get(at).sends(at+"/delete", nil)
	require.Equal(t, http.StatusConflict, kept.status)
	require.Contains(t, kept.text(), "Nothing was deleted")
	person := kept.first("/contacts/0")
	p = v.get(person)
	title := p.title()
	wrong = p.sends(person+"/erase", url.Values{"confirm": {"Somebody Else"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Contains(t, wrong.text(), "must be the name exactly as it is shown")
	p = p.sends(person+"/erase", url.Values{"confirm": {title}})
	require.Equal(t, person+"?saved=erased", p.path, p.text())
	require.Equal(t, "Erased person", p.title())
	require.NotContains(t, p.raw, title)
	require.NotContains(t, p.raw, person+"/erase")
	require.Equal(t, "/contacts?saved=deleted", v.get(person).sends(person+"/delete", nil).path)
	p = v.get(at).sends(at+"/delete", nil)
	require.Equal(t, "/accounts?saved=deleted", p.path)
	require.Contains(t, p.text(), "The account was deleted")
	require.Equal(t, http.StatusNotFound, v.get(at).status)
}

// The list is searched, filtered, ordered and paged by its address, and the file of it has the same rows.
func TestListOfAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.db.Owner(t).Exec(t.Context(), `insert into crm.account (id, org_id, name, name_key, industry, country, number_of_employees, owner_membership_id, created_at, updated_at)
		select gen_random_uuid(), $1, 'Works ' || to_char(i, 'FM000'), 'works ' || i, case when i % 3 = 0 then 'Steel' else 'Glass' end, 'Norway', i, case when i <= 5 then $2::uuid end, now(), now() from generate_series(1, 120) i`, w.vendor, w.leader.Membership)
	require.NoError(t, err)
	w.customer(t, w.leader, "O'Hara & =Sons")
	v := w.as(t, leaderMail)
	first := v.get("/accounts?sort=-name")
	require.Contains(t, first.text(), "121 accounts")
	require.Equal(t, "Works 120", first.table("records-t")[0][0])
	seen := 0
	for next := "/accounts?sort=-name"; next != ""; {
		p := v.get(next)
		seen += len(p.table("records-t"))
		next = ""
		for _, a := range p.all(func(n *html.Node) bool { return attr(n, "rel") == "next" }) {
			next = attr(a, "href")
		}
	}
	require.Equal(t, 121, seen)
	steel := v.get("/accounts?industry=steel&country=norw")
	require.Contains(t, steel.text(), "40 accounts")
	require.Contains(t, steel.text(), "Industry: steel")
	mine := v.get("/accounts?owner=" + w.leader.Membership.String())
	require.Contains(t, mine.text(), "6 accounts")
	require.Contains(t, mine.text(), "Owner: Mine")
	found := v.get("/accounts?name=o%27hara+%3Dsons")
	require.Contains(t, found.text(), "1 account")
	none := v.get("/accounts?name=xyzzy")
	require.Contains(t, none.text(), "No accounts match")
	require.Equal(t, http.StatusUnprocessableEntity, v.get("/accounts?sort=secret").status)
	require.Equal(t, http.StatusUnprocessableEntity, v.get("/accounts?owner=nobody").status)
	for page, rows := range map[*answer]int{steel: 40, mine: 6, found: 1, first: 121} {
		file := v.get(page.first("/exports/accounts"))
		require.Equal(t, http.StatusOK, file.status, file.raw)
		require.Equal(t, rows+1, strings.Count(file.raw, "\n"), page.path)
	}
	require.Contains(t, v.get(found.first("/exports/accounts")).raw, "O'Hara & =Sons")
	// More accounts than a list of choices holds: one is named by its words.
	_, err = w.db.Owner(t).Exec(t.Context(), `insert into crm.account (id, org_id, name, name_key, created_at, updated_at) select gen_random_uuid(), $1, 'Mill ' || i, 'mill', now(), now() from generate_series(1, 120) i`, w.vendor)
	require.NoError(t, err)
	p := v.get("/contacts/new")
	several := p.sends("/contacts/new", url.Values{"account_id": {"mill 12"}, "last_name": {"Nowak"}})
	require.Contains(t, several.text(), "The contact was created", "one has this very name")
	several = p.sends("/contacts/new", url.Values{"account_id": {"works 01"}, "last_name": {"Nowak"}})
	require.Equal(t, http.StatusUnprocessableEntity, several.status)
	require.Contains(t, several.text(), "Several accounts fit")
	require.Contains(t, several.text(), "Works 019")
	require.Contains(t, several.sends("/contacts/new", nil).text(), "Works 010")
	require.Contains(t, p.sends("/contacts/new", url.Values{"account_id": {"no such"}, "last_name": {"Nowak"}}).text(), "There is no such account")
}

// Fields that a role hides are nowhere on these pages; those that it reads only are shown and not asked for; what is of
// another company is not there.
func TestAccountsAreHeldToRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account, at, person := w.customer(t, w.leader, "Port of Gdynia")
	_, theirs, other := w.customer(t, w.partner, "The partner's own")
	leader := w.as(t, leaderMail)
	for _, path := range []string{theirs, other, theirs + "/edit", "/accounts/none", "/accounts/" + uuid.NewString(), "/contacts/none"} {
		require.Equal(t, http.StatusNotFound, leader.get(path).status, path)
	}
	require.NotContains(t, leader.get("/accounts").text(), "partner's own")
	as := func(object, set string) {
		_, err := w.db.Owner(t).Exec(t.Context(), `update crm.role_object set `+set+` where org_id = $1 and role_key = 'analyst' and audience = 'internal' and object = $2`, w.vendor, object)
		require.NoError(t, err)
	}
	as("account", `can_create = true, can_edit = true, can_delete = false, access = 'read_write', readable = '{name,industry}', editable = '{name}'`)
	main := func(a *answer) string { return text(a.all(func(n *html.Node) bool { return n.Data == "main" })[0]) }
	v := w.as(t, analystMail)
	p := v.get(at)
	require.Contains(t, p.text(), "Shipping")
	for _, hidden := range []string{"Poland", "Country", "Website", "port.example/", "Owner", "Delete", "Audit"} {
		require.NotContains(t, main(p), hidden)
	}
	form := v.get(at + "/edit")
	require.Contains(t, form.text(), "Shipping")
	require.Equal(t, url.Values{"version": {"1"}, "name": {"Port of Gdynia"}}, form.inputs(at+"/edit", nil), "what is read only has no input")
	denied := form.sends(at+"/edit", url.Values{"industry": {"Mine"}})
	require.Equal(t, http.StatusForbidden, denied.status)
	hidden := form.sends(at+"/edit", url.Values{"country": {"Mine"}})
	unknown := form.sends(at+"/edit", url.Values{"nonsens": {"Mine"}})
	require.Equal(t, http.StatusUnprocessableEntity, hidden.status)
	require.Equal(t, strings.ReplaceAll(main(unknown), "Nonsens", "Country"), main(hidden), "hidden is as unknown")
	list := v.get("/accounts")
	require.NotContains(t, list.text(), "Country")
	require.Equal(t, http.StatusUnprocessableEntity, v.get("/accounts?country=Poland").status)
	require.Equal(t, http.StatusUnprocessableEntity, v.get("/accounts?sort=country").status)
	require.Equal(t, http.StatusNotFound, v.post(at+"/delete", url.Values{"version": {"1"}}).status)
	as("account", `editable = '{industry}', readable = '{name,industry}'`)
	require.NotContains(t, v.get("/accounts").text(), "New account", "none can be made without a name")

	as("account", `can_read = false, can_create = false, can_edit = false, can_delete = false, can_import = false, can_export = false`)
	for _, path := range []string{"/accounts", at, "/accounts/new"} {
		require.Equal(t, http.StatusNotFound, v.get(path).status, path)
	}
	require.NotContains(t, v.get("/help").text(), "Accounts")
	require.NotContains(t, v.get(person).raw, at, "nor are they named by their people")
	as("contact", `readable = '{first_name,last_name}', editable = '{}'`)
	one := v.get(person)
	require.Contains(t, one.text(), "Lovelace")
	require.NotContains(t, one.raw, "ada@port")
	require.NotContains(t, one.raw, account.ID.String())
}

// A partner has customers of its own; an opportunity leads to its account and back, on the vendor's side to the vendor's.
func TestOpportunitiesAndTheirAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ours, at, _ := w.customer(t, w.leader, "Port of Gdynia, as the vendor knows it")
	theirs, mine, _ := w.customer(t, w.partner, "Port of Gdynia, as the partner knows it")
	deal := "/opportunities/" + w.opportunity.ID.String()
	_, err := w.deps.Opportunities.Update(t.Context(), w.leader, w.opportunity.ID, w.opportunity.Version, opportunities.Update{VendorAccountID: operational.Set(ours.ID)})
	require.NoError(t, err)
	_, err = w.deps.Opportunities.UpdatePrivate(t.Context(), w.partner, w.opportunity.ID, 0, opportunities.UpdatePrivate{AccountID: operational.Set(theirs.ID)})
	require.NoError(t, err)
	for mail, paths := range map[string][2]string{leaderMail: {at, mine}, partnerMail: {mine, at}} {
		v := w.as(t, mail)
		p := v.get(deal)
		require.Equal(t, paths[0], p.first("/accounts/0"))
		require.NotContains(t, p.raw, paths[1])
		p = v.get(paths[0])
		require.Equal(t, deal, p.first("/opportunities/0"), p.text())
		list := v.get("/opportunities?account=" + strings.TrimPrefix(paths[0], "/accounts/"))
		require.Contains(t, list.text(), "1 opportunity")
		require.Contains(t, list.text(), "Account: Port of Gdynia")
		require.Equal(t, http.StatusNotFound, v.get(paths[1]).status)
	}
	_, err = w.db.Owner(t).Exec(t.Context(), `insert into crm.account_link (connection_id, vendor_org_id, partner_org_id, vendor_account_id, partner_account_id, created_at) values ($1, $2, $3, $4, $5, now())`,
		*w.opportunity.ConnectionID, w.vendor, w.partner.Org, ours.ID, theirs.ID)
	require.NoError(t, err)
	require.Contains(t, w.as(t, partnerMail).get(mine).text(), "Vendors you share it with")
	require.NotContains(t, w.as(t, leaderMail).get(at).text(), "share it with")
}

// A company's own fields and layouts: what is asked for, what waits for another value, and which type has which form.
func TestAccountsFollowTheirLayout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.as(t, leaderMail)
	v.post("/governance/fields", url.Values{"object": {"account"}, "label": {"Segment"}, "type": {"choice"}, "choices": {"Ports; Mills"}})
	v.post("/governance/fields", url.Values{"object": {"account"}, "label": {"Berths"}, "type": {"number"}})
	v.post("/governance/fields", url.Values{"object": {"account"}, "label": {"Key account"}, "type": {"boolean"}})
	p := v.get("/accounts/new")
	p = p.sends("/accounts/new", url.Values{"name": {"Gdynia"}, "custom.x_segment": {"Ports"}, "custom.x_berths": {"12.5"}, "custom.x_key_account": {"true"}})
	require.Contains(t, p.path, "saved=made", p.text())
	at, _, _ := strings.Cut(p.path, "?")
	for _, shown := range []string{"Segment Ports", "Berths 12.5", "Key account Yes"} {
		require.Contains(t, p.text(), shown)
	}
	require.Contains(t, v.get("/accounts?x_segment=Ports").text(), "1 account")
	require.Contains(t, v.get("/accounts?x_segment=Mills").text(), "No accounts match")
	require.Contains(t, v.get(v.get("/accounts?x_segment=Ports").first("/exports/accounts")).raw, "Gdynia")
	form := v.get(at + "/edit")
	bad := form.sends(at+"/edit", url.Values{"custom.x_berths": {"many"}, "custom.x_segment": {"Mills"}})
	require.Equal(t, http.StatusUnprocessableEntity, bad.status)
	require.Equal(t, "f-custom-x_berths", attr(bad.all(func(n *html.Node) bool { return attr(n, "aria-invalid") == "true" })[0], "id"))
	p = bad.sends(at+"/edit", url.Values{"custom.x_berths": {""}})
	require.Contains(t, p.text(), "Segment Mills")
	require.NotContains(t, p.text(), "12.5")

	made := v.post("/governance/layouts", url.Values{"object": {"account"}, "name": {"Ports"}})
	layout := made.path
	require.Contains(t, v.post(layout, url.Values{
		"version": {"1"}, "name": {"Ports"}, "do": {"save"}, "title.0": {"Who it is"}, "name.0.0": {"name"}, "name.0.1": {"x_segment"}, "required.0.1": {"on"},
		"title.1": {"The port"}, "name.1.0": {"x_berths"}, "if.1.0": {"x_segment"}, "in.1.0": {"Ports"},
	}).path, "saved=1")
	_, err := w.db.Owner(t).Exec(t.Context(), `with t as (insert into crm.record_type (id, org_id, object, name, is_default, created_at, updated_at) values (gen_random_uuid(), $1, 'account', 'Port', true, now(), now()) returning id, org_id)
		insert into crm.layout_assignment (org_id, role_key, record_type_id, layout_id) select t.org_id, 'channel_leader', t.id, l.id from t join crm.page_layout l on l.org_id = t.org_id`, w.vendor)
	require.NoError(t, err)
	p = v.get("/accounts/new")
	require.Contains(t, p.text(), "Who it is")
	for _, absent := range []string{"Country", "Berths", "The port"} {
		require.NotContains(t, text(p.all(func(n *html.Node) bool { return n.Data == "main" })[0]), absent)
	}
	p = p.sends("/accounts/new", url.Values{"name": {"Gdańsk"}, "custom.x_segment": {"Ports"}})
	require.Contains(t, p.path, "saved=made", p.text())
	require.Contains(t, p.text(), "The port Berths —")
}
