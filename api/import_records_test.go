package api_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/imports"
)

// bring imports a file as the person and gives the import when it has ended.
func (w *world) bring(t *testing.T, as person, kind, file string, values ...string) answer {
	t.Helper()
	body, contentType := oneFile(t, file, values...)
	started := w.must(t, 202, as, "POST", "/v1/imports/"+kind, body, "Content-Type", contentType)
	require.NoError(t, imports.NewRunner(w.Jobs).Run(t.Context(), as.Actor, uuid.MustParse(started.text(t, "id")), nil))
	return w.must(t, 200, as, "GET", started.header.Get("Location"), nil)
}

func oneFile(t *testing.T, file string, values ...string) ([]byte, string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "file.csv")
	require.NoError(t, err)
	_, err = part.Write([]byte(file))
	require.NoError(t, err)
	for i := 0; i+1 < len(values); i += 2 {
		require.NoError(t, form.WriteField(values[i], values[i+1]))
	}
	require.NoError(t, form.Close())
	return body.Bytes(), form.FormDataContentType()
}

func (w *world) mayImport(t *testing.T) {
	t.Helper()
	for _, org := range []person{w.pia, w.pol} {
		_, err := w.Owner(t).Exec(t.Context(), `update crm.role_object set can_import = true where org_id = $1 and role_key = 'seller' and object in ('account', 'contact')`, org.Org)
		require.NoError(t, err)
	}
}

func TestACompanyImportsItsOwnCustomers(t *testing.T) {
	w := newWorld(t)
	body, contentType := oneFile(t, "external_ref,name\n1,A\n")
	w.must(t, 403, w.pia, "POST", "/v1/imports/accounts", body, "Content-Type", contentType)
	w.must(t, 403, w.pia, "GET", "/v1/imports", nil)
	w.mayImport(t)
	_, err := w.Owner(t).Exec(t.Context(), `insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at) values (gen_random_uuid(), $1, 'account', 'x_vip', 'VIP', 'boolean', now(), now())`, w.pia.Org)
	require.NoError(t, err)
	w.role(t, w.pia, operational.RoleSeller, operational.ObjectAccount, `readable = readable || '{x_vip}'::text[], editable = editable || '{x_vip}'::text[]`)

	file := "external_ref,name,industry,year_established,parent_external_ref,x_vip\n" +
		"c,Child,Retail,1999,p,true\n" + // its parent's parent stands further down
		"p,Parent,,,g,\n" +
		"bad,Bad,,soon,,perhaps\n" +
		"c,Twice,,,,\n" +
		",Nameless ref,,,,\n" +
		"orphan,Orphan,,,nobody,\n" +
		"short,row\n" +
		"g,\"'=Grand\",,,,false\n"
	tried := w.bring(t, w.pia, "accounts", file, "dry_run", "true")
	require.Equal(t, "done", tried.text(t, "state"), tried.body)
	require.Contains(t, w.must(t, 200, w.pia, "GET", "/v1/accounts?count=exact", nil).body, `"total":0`)
	done := w.bring(t, w.pia, "accounts", file)
	want := map[string]any{"created": 3.0, "updated": 0.0, "unchanged": 0.0, "quarantined": 5.0}
	require.Equal(t, want, done.json(t)["records"], done.body)
	require.Equal(t, want, tried.json(t)["records"])
	found := w.must(t, 200, w.pia, "GET", "/v1/imports/"+done.text(t, "id")+"/findings", nil)
	for _, text := range []string{`"line":4`, "year_established", "not a whole number", `"line":5`, "line 2 has the same", `"line":6`, `"line":7`, "no account with this reference", `"line":8`} {
		require.Contains(t, found.body, text)
	}
	listed := w.must(t, 200, w.pia, "GET", "/v1/accounts?sort=name", nil)
	require.Contains(t, listed.body, `"name":"=Grand"`, "the apostrophe of an export is no part of the name")
	require.Contains(t, listed.body, `"x_vip":true`)
	require.Contains(t, listed.body, `"owner_membership_id":"`+w.pia.Membership.String())

	again := w.bring(t, w.pia, "accounts", file)
	require.Equal(t, map[string]any{"created": 0.0, "updated": 0.0, "unchanged": 3.0, "quarantined": 5.0}, again.json(t)["records"])
	// Whoever does not read references finds no account by one that it guesses; what its own file brings names each other.
	w.role(t, w.pia, operational.RoleSeller, operational.ObjectAccount, `readable = array_remove(readable, 'external_ref')`)
	require.Equal(t, again.json(t)["records"], w.bring(t, w.pia, "accounts", file).json(t)["records"])
	guessed := w.bring(t, w.pia, "contacts", "external_ref,account_external_ref,last_name\ng1,c,Jones\ng2,nobody,Smith\n")
	require.Equal(t, map[string]any{"created": 0.0, "updated": 0.0, "unchanged": 0.0, "quarantined": 2.0}, guessed.json(t)["records"], guessed.body)
	w.role(t, w.pia, operational.RoleSeller, operational.ObjectAccount, `readable = readable || '{external_ref}'::text[]`)
	news := w.bring(t, w.pia, "accounts", "external_ref,name,industry\nc,Child GmbH,\n")
	require.Equal(t, 1.0, news.json(t)["records"].(map[string]any)["updated"])
	require.Contains(t, w.must(t, 200, w.pia, "GET", "/v1/accounts?filter=name+eq+'Child+GmbH'", nil).body, "Retail", "an empty cell changes nothing")
	people := w.bring(t, w.pia, "contacts", "external_ref,account_external_ref,last_name,email\nk1,c,Jones,j@x.example\nk2,nobody,Smith,\nk3,,Lost,\nk4,c,Wrong,nowhere\n")
	require.Equal(t, map[string]any{"created": 1.0, "updated": 0.0, "unchanged": 0.0, "quarantined": 3.0}, people.json(t)["records"], people.body)

	// What was taken along can be brought back, and changes nothing.
	exported := `can_export = true`
	w.role(t, w.pia, operational.RoleSeller, operational.ObjectAccount, exported)
	back := w.bring(t, w.pia, "accounts", w.must(t, 200, w.pia, "GET", "/v1/accounts/export", nil).body)
	require.Equal(t, map[string]any{"created": 0.0, "updated": 0.0, "unchanged": 3.0, "quarantined": 0.0}, back.json(t)["records"], back.body)

	// Nobody else sees any of it.
	path := "/v1/imports/" + done.text(t, "id")
	for _, stranger := range []person{w.pol, w.ada, w.bob} {
		for _, at := range []string{"", "/findings", "/findings.csv"} {
			w.must(t, 404, stranger, "GET", path+at, nil)
		}
		w.must(t, 404, stranger, "POST", path+"/cancel", nil)
		require.Contains(t, w.must(t, 200, stranger, "GET", "/v1/imports?count=exact", nil).body, `"total":0`)
	}
	w.bring(t, w.pol, "accounts", "external_ref,name\nc,Their own\n")
	require.NotContains(t, w.must(t, 200, w.pia, "GET", "/v1/accounts", nil).body, "Their own")
}

func TestImportsGoByTheRightsOfTheirPerson(t *testing.T) {
	w := newWorld(t)
	w.mayImport(t)
	send := func(status int, file string) answer {
		body, contentType := oneFile(t, file)
		return w.must(t, status, w.pia, "POST", "/v1/imports/accounts", body, "Content-Type", contentType)
	}
	w.role(t, w.pia, operational.RoleSeller, operational.ObjectAccount, `readable = '{name,country,external_ref}', editable = '{name}'`)
	hidden, absent := send(422, "external_ref,name,industry\n1,A,B\n"), send(422, "external_ref,name,industrx\n1,A,B\n")
	require.Equal(t, absent.body, strings.ReplaceAll(hidden.body, "industry", "industrx"))
	require.Equal(t, "field-not-editable", send(403, "external_ref,name,country\n1,A,DE\n").text(t, "code"))
	require.Contains(t, send(422, "name\nA\n").body, "external_ref is missing")
	send(422, "")
	send(422, "external_ref,name\n1,\xff\n")

	started := send(http.StatusAccepted, "external_ref,name\n1,A\n")
	w.role(t, w.pia, operational.RoleSeller, operational.ObjectAccount, `can_import = false`)
	require.NoError(t, imports.NewRunner(w.Jobs).Run(t.Context(), w.pia.Actor, uuid.MustParse(started.text(t, "id")), nil))
	w.role(t, w.pia, operational.RoleSeller, operational.ObjectAccount, `can_import = true`)
	ended := w.must(t, 200, w.pia, "GET", started.header.Get("Location"), nil)
	require.Equal(t, "failed", ended.text(t, "state"), "the right ended before the work began")
	require.Contains(t, w.must(t, 200, w.pia, "GET", "/v1/accounts?count=exact", nil).body, `"total":0`)

	// A record of somebody else in the company is not written over by who sees only their own.
	_, err := w.Owner(t).Exec(t.Context(), `insert into crm.account (id, org_id, name, name_key, external_ref, created_at, updated_at) values (gen_random_uuid(), $1, 'Of a colleague', 'c', 'taken', now(), now())`, w.pia.Org)
	require.NoError(t, err)
	w.role(t, w.pia, operational.RoleSeller, operational.ObjectAccount, `visibility = 'private'`)
	done := w.bring(t, w.pia, "accounts", "external_ref,name\ntaken,Mine now\nfree,Mine\n")
	require.Equal(t, map[string]any{"created": 1.0, "updated": 0.0, "unchanged": 0.0, "quarantined": 1.0}, done.json(t)["records"], done.body)
	var name string
	require.NoError(t, w.Owner(t).QueryRow(t.Context(), `select name from crm.account where external_ref = 'taken'`).Scan(&name))
	require.Equal(t, "Of a colleague", name)
}
