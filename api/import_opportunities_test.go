package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/imports"
)

// tally is what an import did: created, updated, unchanged, quarantined.
func tally(created, updated, unchanged, quarantined float64) map[string]any {
	return map[string]any{"created": created, "updated": updated, "unchanged": unchanged, "quarantined": quarantined}
}

// sells gives a partner's company a process of its own, and its people the right to import.
func (w *world) sells(t *testing.T, p person) {
	t.Helper()
	w.mayImport(t)
	for _, sql := range []string{
		`update crm.role_object set can_import = true, can_create = true where org_id = $1 and role_key = 'seller' and object = 'opportunity'`,
		`with p as (insert into crm.sales_process (id, org_id, name, is_default, created_at, updated_at) values (gen_random_uuid(), $1, 'Own sales', true, now(), now()) returning id)
			insert into crm.stage (id, org_id, process_id, name, position, type) select gen_random_uuid(), $1, p.id, n, i, t from p, (values ('Talking', 1, 'active'), ('Offer', 2, 'active'), ('Yes', 3, 'won'), ('No', 4, 'lost')) s (n, i, t)`,
		`update crm.person set email = 'Pia@one.example', email_norm = 'pia@one.example' where id = (select person_id from crm.membership where org_id = $1 limit 1)`,
	} {
		_, err := w.Owner(t).Exec(t.Context(), sql, p.Org)
		require.NoError(t, err)
	}
}

func TestACompanyImportsItsOwnOpportunities(t *testing.T) {
	w := newWorld(t)
	body, contentType := oneFile(t, "external_ref,name\n1,A\n")
	w.must(t, 403, w.pia, "POST", "/v1/imports/opportunities", body, "Content-Type", contentType)
	w.sells(t, w.pia)
	w.addField(t, w.pia, operational.ObjectOpportunity, "x_size", "number")
	w.role(t, w.pia, operational.RoleSeller, operational.ObjectOpportunity, `readable = readable || '{x_size}'::text[], editable = editable || '{x_size}'::text[]`)
	w.bring(t, w.pia, "accounts", "external_ref,name\nc1,Globex\nc2,Twin\nc3,Twin\n")
	_, err := w.Owner(t).Exec(t.Context(), `insert into crm.record_type (id, org_id, object, name, created_at, updated_at) values (gen_random_uuid(), $1, 'opportunity', 'Project', now(), now())`, w.pia.Org)
	require.NoError(t, err)

	header := "external_ref,name,account,customer_name,sales_process,stage,amount,currency,close_date,owner_email,record_type,x_size\n"
	file := header +
		"o1,First,c1,,,,1200.50,EUR,2030-01-31,PIA@one.example,project,5\n" +
		"o2,Second,Globex,Globex North,own sales,OFFER,,,,,,\n" +
		"o3,Won already,,Somebody,,Yes,10,USD,,,,\n" +
		"o4,,,,,,,,,,,\n" + // no name
		"o5,Bad,nobody,,No such,,many,,soon,nobody@x.example,Nothing,much\n" +
		"o6,Twice named,Twin,,,,,,,,,\n" +
		"o7,Strange stage,,,,Prospecting,5,,,,,\n" +
		"o8,Currency alone,,,,,,USD,,,,\n" +
		"o9,Odd money,,,,,5,usdollar,,,,\n" +
		"o1,Again,,,,,,,,,,\n"
	tried := w.bring(t, w.pia, "opportunities", file, "dry_run", "true")
	require.Equal(t, "done", tried.text(t, "state"), tried.body)
	require.Equal(t, tally(3, 0, 0, 7), tried.json(t)["records"])
	require.Contains(t, w.must(t, 200, w.pia, "GET", "/v1/opportunities?count=exact", nil).body, `"total":0`)
	done := w.bring(t, w.pia, "opportunities", file)
	require.Equal(t, tally(3, 0, 0, 7), done.json(t)["records"])
	found := w.must(t, 200, w.pia, "GET", "/v1/imports/"+done.text(t, "id")+"/findings?limit=200", nil)
	for _, text := range []string{
		`"line":5`, `"line":6`, "no account with this reference or name", "no sales process of this name", "not an amount", "not a day", "Nobody who works in your company", "no such record type",
		"Several accounts have this name", "no stage of this name", "A currency alone", `"line":10`, `"field":"currency"`, "line 2 has the same",
	} {
		require.Contains(t, found.body, text)
	}
	require.NotContains(t, found.body, "vendor_net")

	list := func() map[string]map[string]any {
		t.Helper()
		all := map[string]map[string]any{}
		for _, x := range w.must(t, 200, w.pia, "GET", "/v1/opportunities?limit=200", nil).json(t)["items"].([]any) {
			all[x.(map[string]any)["name"].(string)] = x.(map[string]any)
		}
		return all
	}
	first, second, won := list()["First"], list()["Second"], list()["Won already"]
	require.Equal(t, "Globex", first["customer_name"], "called as its account is")
	require.Equal(t, map[string]any{"amount": "1200.50", "currency": "EUR"}, first["vendor_net"])
	require.Equal(t, "2030-01-31", first["close_date"])
	require.Equal(t, map[string]any{"x_size": "5"}, first["custom"])
	require.NotEmpty(t, first["record_type_id"])
	require.Equal(t, w.pia.Membership.String(), first["owner"].(map[string]any)["id"])
	require.Equal(t, "Talking", first["stage"].(map[string]any)["name"])
	require.NotContains(t, first, "vendor")
	require.Equal(t, "Globex North", second["customer_name"])
	require.Equal(t, "Offer", second["stage"].(map[string]any)["name"])
	require.Equal(t, "won", won["stage"].(map[string]any)["type"])
	half := w.must(t, 200, w.pia, "GET", "/v1/opportunities/"+first["id"].(string)+"/private", nil)
	require.Contains(t, half.body, `"account_id"`)

	// The same again changes nothing, also after the customer was called otherwise by hand.
	again := w.bring(t, w.pia, "opportunities", file)
	require.Equal(t, tally(0, 0, 3, 7), again.json(t)["records"])
	require.Equal(t, first, list()["First"])
	w.must(t, 200, w.pia, "PATCH", "/v1/opportunities/"+first["id"].(string), `{"customer_name":"Globex AG"}`, "If-Match", `"v1"`)
	require.Equal(t, tally(0, 0, 1, 0), w.bring(t, w.pia, "opportunities", "external_ref,name,account\no1,First,c1\n").json(t)["records"])
	require.Equal(t, "Globex AG", list()["First"]["customer_name"])

	// A changed row patches; another stage is a move, back from an end a reopening.
	news := w.bring(t, w.pia, "opportunities", header+
		"o1,First renamed,c2,,,Offer,1300,,,,,\n"+
		"o3,Won already,,,,Talking,,,,,,\n"+
		"o2,Second,,,Other process,,,,,,,\n"+
		"o2b,New one,,,,,7,,,,,\n")
	require.Equal(t, tally(1, 2, 0, 1), news.json(t)["records"], news.body)
	changed := list()["First renamed"]
	require.Equal(t, "Twin", changed["customer_name"])
	require.Equal(t, "2030-01-31", changed["close_date"], "an empty cell changes nothing")
	require.Equal(t, map[string]any{"amount": "1300.00", "currency": "EUR"}, changed["vendor_net"])
	history := w.must(t, 200, w.pia, "GET", "/v1/opportunities/"+first["id"].(string)+"/history", nil).body
	require.Equal(t, 2, strings.Count(history, `"change":"edited"`), history)
	require.Equal(t, 1, strings.Count(history, `"change":"stage_moved"`))
	require.NotContains(t, history, `"imported":true`, "who brought the file did it, now")
	require.Contains(t, w.must(t, 200, w.pia, "GET", "/v1/opportunities/"+won["id"].(string)+"/history", nil).body, `"change":"reopened"`)
	closed := w.bring(t, w.pia, "opportunities", "external_ref,name,stage\no2,Second,No\n")
	require.Equal(t, tally(0, 1, 0, 0), closed.json(t)["records"])
	over := w.bring(t, w.pia, "opportunities", "external_ref,name,stage\no2,Second,Yes\n")
	require.Equal(t, tally(0, 0, 0, 1), over.json(t)["records"])
	require.Contains(t, w.must(t, 200, w.pia, "GET", "/v1/imports/"+over.text(t, "id")+"/findings", nil).body, "Reopen it before")

	// It is nobody else's: not of the vendors that the partner works for, not of other partners.
	for _, stranger := range []person{w.ada, w.bob, w.pol} {
		require.NotContains(t, w.must(t, 200, stranger, "GET", "/v1/opportunities?limit=200", nil).body, "First renamed")
		w.must(t, 404, stranger, "GET", "/v1/opportunities/"+first["id"].(string), nil)
		w.must(t, 404, stranger, "GET", "/v1/imports/"+news.text(t, "id"), nil)
	}
	require.Contains(t, w.must(t, 200, w.pia, "GET", "/v1/imports?filter=kind+eq+'opportunities'&count=exact", nil).body, `"total":7`)
}

// A vendor's file becomes direct sales, on its own accounts.
func TestAVendorImportsDirectSales(t *testing.T) {
	w := newWorld(t)
	w.bring(t, w.ada, "accounts", "external_ref,name\nc1,Globex\n")
	file := "external_ref,name,account,stage,amount\nd1,Direct,c1,,5\nd2,Closed,,Lost,6\n"
	require.Equal(t, tally(2, 0, 0, 0), w.bring(t, w.ada, "opportunities", file).json(t)["records"])
	require.Equal(t, tally(0, 0, 2, 0), w.bring(t, w.ada, "opportunities", file).json(t)["records"])
	direct := w.must(t, 200, w.ada, "GET", "/v1/opportunities?filter=name+eq+'Direct'", nil).json(t)["items"].([]any)[0].(map[string]any)
	require.NotEmpty(t, direct["vendor_account_id"])
	require.Equal(t, "Globex", direct["customer_name"])
	require.NotContains(t, direct, "connection_id")
	require.NotContains(t, w.must(t, 200, w.pia, "GET", "/v1/opportunities", nil).body, "Direct")
}

func TestImportsOfOpportunitiesGoByTheRightsOfTheirPerson(t *testing.T) {
	w := newWorld(t)
	w.sells(t, w.pia)
	send := func(status int, file string) answer {
		t.Helper()
		body, contentType := oneFile(t, file)
		return w.must(t, status, w.pia, "POST", "/v1/imports/opportunities", body, "Content-Type", contentType)
	}
	can := func(set string) {
		t.Helper()
		w.role(t, w.pia, operational.RoleSeller, operational.ObjectOpportunity, set)
	}
	run := func(started answer) answer {
		t.Helper()
		require.NoError(t, imports.NewRunner(w.Jobs).Run(t.Context(), w.pia.Actor, uuid.MustParse(started.text(t, "id")), nil))
		return w.must(t, 200, w.pia, "GET", started.header.Get("Location"), nil)
	}
	can(`readable = '{name,stage,owner,vendor_net}', editable = '{name,owner,vendor_net}'`)
	hidden, absent := send(422, "external_ref,name,close_date\n1,A,2030-01-01\n"), send(422, "external_ref,name,close_dare\n1,A,2030-01-01\n")
	require.Equal(t, absent.body, strings.ReplaceAll(hidden.body, "close_date", "close_dare"))
	locked := send(403, "external_ref,name,stage\n1,A,Offer\n")
	require.Equal(t, "field-not-editable", locked.text(t, "code"))
	require.Contains(t, send(422, "name\nA\n").body, "external_ref is missing")

	// What is taken away between sending and doing is a finding of the rows that would need it.
	can(`editable = '{name,owner,stage,vendor_net}'`)
	started := send(http.StatusAccepted, "external_ref,name,stage,amount\n1,With,Offer,5\n2,Without,,6\n")
	can(`editable = '{name,owner}'`)
	ended := run(started)
	require.Equal(t, tally(0, 0, 0, 2), ended.json(t)["records"], ended.body)
	found := w.must(t, 200, w.pia, "GET", started.header.Get("Location")+"/findings", nil).body
	require.Contains(t, found, `"field":"stage"`)
	require.Contains(t, found, `"field":"amount"`)
	require.Contains(t, found, "may read this field and not change it")
	can(`editable = '{name,owner,stage,vendor_net}'`)
	require.Equal(t, tally(2, 0, 0, 0), w.bring(t, w.pia, "opportunities", "external_ref,name,stage,amount\n1,With,Offer,5\n2,Without,,6\n").json(t)["records"])

	// An account of a colleague is answered as one that is not there.
	w.bring(t, w.pia, "accounts", "external_ref,name\nc1,Globex\n")
	_, err := w.Owner(t).Exec(t.Context(), `update crm.account set owner_membership_id = null, version = version + 1`)
	require.NoError(t, err)
	w.role(t, w.pia, operational.RoleSeller, operational.ObjectAccount, `visibility = 'private'`)
	for _, name := range []string{"c1", "Globex", "nobody"} {
		done := w.bring(t, w.pia, "opportunities", "external_ref,name,account\n3,New,"+name+"\n")
		require.Equal(t, tally(0, 0, 0, 1), done.json(t)["records"])
		require.Contains(t, w.must(t, 200, w.pia, "GET", "/v1/imports/"+done.text(t, "id")+"/findings", nil).body, "There is no account with this reference or name, or it is not yours to see.")
	}
	can(`can_create = false`)
	done := w.bring(t, w.pia, "opportunities", "external_ref,name\n1,Renamed\n9,New\n")
	require.Equal(t, tally(0, 1, 0, 1), done.json(t)["records"])
	can(`can_import = false`)
	send(403, "external_ref,name\n1,A\n")
}

// What was taken along can be brought back: nothing is there twice, and nothing has changed.
func TestAnExportOfOpportunitiesImportsAgain(t *testing.T) {
	w := newWorld(t)
	w.sells(t, w.pia)
	w.addField(t, w.pia, operational.ObjectOpportunity, "x_size", "number")
	w.role(t, w.pia, operational.RoleSeller, operational.ObjectOpportunity, `readable = readable || '{x_size}'::text[], editable = editable || '{x_size}'::text[]`)
	w.addField(t, w.ada, operational.ObjectOpportunity, "x_theirs", "text")
	w.role(t, w.ada, operational.RoleDealerPersonnel, operational.ObjectOpportunity, `readable = readable || '{x_theirs}'::text[]`)
	shared := w.deal(t, w.pia, w.connA1, "Deal of A", "5", "EUR", "2024-02-01T00:00:00Z")
	w.sql(t, `with o as (update crm.opportunity set external_ref = 'o1', version = 2 where id = $1)
		insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, recorded_at, imported, change, changed_by_side, process_id, process_version, stage_id, stage_type, stage_position, vendor_net_amount, currency, close_date, owner_contact_id, region, tier)
		select opportunity_id, 2, connection_id, vendor_org_id, partner_org_id, effective_at, recorded_at, imported, change, changed_by_side, process_id, process_version, stage_id, stage_type, stage_position, vendor_net_amount, currency, close_date, owner_contact_id, region, tier from crm.opportunity_history where opportunity_id = $1`, shared) // known to the vendor's system by the same key
	for _, p := range []person{w.pia, w.ada} {
		w.bring(t, p, "accounts", "external_ref,name\nc1,Globex\nc2,Globex\n")
		file := "external_ref,name,account,stage,amount,currency,close_date\no1,'=First,c1,,1200.50,EUR,2030-01-31\no2,Second,c2,,,,\n"
		require.Equal(t, tally(2, 0, 0, 0), w.bring(t, p, "opportunities", file).json(t)["records"])
		w.must(t, 201, p, "POST", "/v1/opportunities", `{"name":"By hand"}`)
		list := func() string { return w.must(t, 200, p, "GET", "/v1/opportunities?sort=id&limit=200", nil).body }
		before := list()
		export := w.must(t, 200, p, "GET", "/v1/opportunities/export", nil).body
		require.Contains(t, rowsOf(t, export)[0], "external_ref")
		require.Contains(t, w.must(t, 200, p, "GET", "/v1/opportunities?filter=external_ref+eq+'o2'", nil).body, "Second")
		done := w.bring(t, p, "opportunities", export)
		others := float64(len(rowsOf(t, export)) - 1 - 2) // what is shared, and what no system has a reference for
		require.Equal(t, tally(0, 0, 2, others), done.json(t)["records"], done.body)
		require.Equal(t, before, list())
		found := w.must(t, 200, p, "GET", "/v1/imports/"+done.text(t, "id")+"/findings?limit=200", nil).body
		if p.Org == w.ada.Org { // the vendor's key of what is shared stays with the vendor
			require.Contains(t, found, "It is shared with another company")
		} else {
			require.Equal(t, 1, strings.Count(export, ",o1,"), "its own row alone has the key")
		}
		require.Contains(t, found, "A reference of 1 to 200 characters is needed")
		// An account of the same name is told from the other by its id, and a change in the file is a change here.
		changed := w.bring(t, p, "opportunities", strings.ReplaceAll(export, "1200.50,EUR", "1300.00,EUR"))
		require.Equal(t, tally(0, 1, 1, others), changed.json(t)["records"], changed.body)
	}
	require.NotContains(t, w.must(t, 200, w.pia, "GET", "/v1/opportunities/export", nil).body, "vendor_account_id")

	// What a vendor's system calls what is shared is the vendor's own key: partners have none there, and find none by it,
	// unless the vendor shows it. What they imported themselves they find as before.
	asks := func(p person, query string) string {
		return w.must(t, 200, p, "GET", "/v1/opportunities?limit=200&sort=external_ref&filter="+url.QueryEscape(query), nil).body
	}
	at := "/v1/opportunities/" + shared
	require.NotContains(t, w.must(t, 200, w.pia, "GET", at, nil).body, "external_ref")
	require.Contains(t, w.must(t, 200, w.ada, "GET", at, nil).body, `"external_ref":"o1"`)
	require.Contains(t, asks(w.pia, "external_ref eq 'o1'"), "=First")
	require.NotContains(t, asks(w.pia, "external_ref eq 'o1'"), shared)
	require.NotContains(t, asks(w.pia, "external_ref ge 'a'"), shared)
	require.Contains(t, asks(w.pia, "external_ref is_null"), shared, "as if there were none")
	w.role(t, w.ada, operational.RoleDealerPersonnel, operational.ObjectOpportunity, `readable = readable || '{external_ref}'::text[]`)
	require.Contains(t, w.must(t, 200, w.pia, "GET", at, nil).body, `"external_ref":"o1"`)
	require.Contains(t, asks(w.pia, "external_ref eq 'o1'"), shared)
	w.role(t, w.pia, operational.RoleSeller, operational.ObjectOpportunity, `readable = array_remove(readable, 'external_ref')`)
	w.must(t, 422, w.pia, "GET", "/v1/opportunities?filter=external_ref+eq+'o2'", nil)
	require.NotContains(t, w.must(t, 200, w.pia, "GET", at, nil).body, "external_ref")
}
