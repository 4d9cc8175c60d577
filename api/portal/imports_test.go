package portal_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sharepartner/sharepartner/operational/imports"
)

// sendsFile sends the form of an import with a file.
func (v *visitor) sendsFile(kind, dryRun, file string) *answer {
	v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	require.NoError(v.t, form.WriteField("kind", kind))
	require.NoError(v.t, form.WriteField("dry_run", dryRun))
	part, err := form.CreateFormFile("file", "mine.csv")
	require.NoError(v.t, err)
	_, err = part.Write([]byte(file))
	require.NoError(v.t, err)
	require.NoError(v.t, form.Close())
	res, err := v.client.Post(v.w.server.URL+"/imports", form.FormDataContentType(), &body)
	require.NoError(v.t, err)
	return v.read(res)
}

// A file is tried, imported and looked at without script, by whoever may import such records and by nobody else.
func TestRecordsFromAFile(t *testing.T) {
	w := newWorld(t)
	v := w.as(t, leaderMail)
	p := v.get("/imports")
	require.Equal(t, http.StatusOK, p.status, p.text())
	require.Contains(t, p.text(), "Nothing was imported yet")
	require.Contains(t, p.text(), "external_ref, name, account, account_id, amount, close_date")
	run := func(p *answer) *answer {
		t.Helper()
		require.True(t, strings.HasPrefix(p.path, "/imports/"), p.text())
		require.Contains(t, p.text(), "Waiting")
		id, err := uuid.Parse(strings.TrimPrefix(p.path, "/imports/"))
		require.NoError(t, err)
		require.NoError(t, imports.NewRunner(w.db.Jobs).Run(t.Context(), w.leader, id, nil))
		return v.get(p.path)
	}
	file := "external_ref,name,stage,amount\ni1," + `"` + strings.ReplaceAll(evilName, `"`, `""`) + `"` + ",,1200\ni2,From a file,Proposal,soon\n"
	p = run(v.sendsFile("opportunities", "true", file))
	require.Contains(t, p.text(), "Nothing was kept")
	require.Equal(t, [][]string{{"3", "amount", "soon", "It is not an amount such as 1234.50."}}, p.table("findings-t"))
	require.NotContains(t, v.get("/opportunities?q=From+a+file").text(), "From a file ·")
	p = run(v.sendsFile("opportunities", "false", strings.Replace(file, "soon", "70", 1)))
	require.Contains(t, p.text(), "New 2 Changed 0")
	require.Contains(t, p.text(), "Every row of the file could be kept")
	require.Contains(t, v.get("/opportunities?q=From+a+file").text(), "€70")
	require.Equal(t, http.StatusOK, v.get(attr(run(v.sendsFile("accounts", "true", "external_ref,name\n,No ref\n")).all(func(n *html.Node) bool { return text(n) == "Download as CSV" })[0], "href")).status)

	// What cannot be begun is told beside the form.
	for file, want := range map[string]string{"": "Choose a file", "external_ref,nme\n1,A\n": `there is no field "nme"`, "name\nA\n": "external_ref is missing"} {
		p = v.sendsFile("accounts", "true", file)
		require.Equal(t, http.StatusUnprocessableEntity, p.status)
		require.Contains(t, p.text(), "The file was not taken")
		require.Contains(t, p.text(), want)
	}
	require.Equal(t, http.StatusNotFound, v.sendsFile("products", "true", "a\n").status)

	// One that waits is cancelled.
	p = v.sendsFile("accounts", "false", "external_ref,name\nx,Never\n")
	p = p.sends(p.path+"/cancel", nil)
	require.Contains(t, p.text(), "Cancelled")
	require.NotContains(t, v.get("/imports").text(), "Nothing was imported yet")

	for _, mail := range []string{analystMail, partnerMail} {
		other := w.as(t, mail)
		require.NotContains(t, other.get("/briefing").raw, `href="/imports"`, mail)
		for _, path := range []string{"/imports", p.path} {
			require.Equal(t, http.StatusNotFound, other.get(path).status)
		}
		require.Equal(t, http.StatusNotFound, other.sendsFile("accounts", "true", "external_ref,name\n").status)
	}
	require.Equal(t, http.StatusNotFound, w.as(t, strangerMail).get(p.path).status, "another company's")
}

// The pages of imports, and the form of an opportunity with fields of all sorts, in every look.
func TestImportsInEveryLook(t *testing.T) {
	w := newWorld(t)
	_, err := w.db.Owner(t).Exec(t.Context(), `insert into crm.custom_field (id, org_id, object, name, label, type, choices, created_at, updated_at) values
		(gen_random_uuid(), $1, 'opportunity', 'x_kind', 'Kind', 'choice', '{big,small}', now(), now()), (gen_random_uuid(), $1, 'opportunity', 'x_ready', 'Ready', 'boolean', '{}', now(), now()),
		(gen_random_uuid(), $1, 'opportunity', 'x_visit', 'Visit', 'date', '{}', now(), now())`, w.vendor)
	require.NoError(t, err)
	v := w.as(t, leaderMail)
	done := v.sendsFile("opportunities", "false", "external_ref,name,stage,amount,close_date\ni1,From a file,,1200,soon\ni2,Second,Nowhere,much,2030-01-01\ni3,Third,,7,\n").path
	id, err := uuid.Parse(strings.TrimPrefix(done, "/imports/"))
	require.NoError(t, err)
	require.NoError(t, imports.NewRunner(w.db.Jobs).Run(t.Context(), w.leader, id, nil))
	waits := v.sendsFile("accounts", "true", "external_ref,name\nx,Waits\n").path
	w.walk(t, "imports-", []stop{
		{"imports", leaderMail, "/imports"},
		{"import", leaderMail, done},
		{"import-waiting", leaderMail, waits},
		{"opportunity-form", leaderMail, "/opportunities/" + w.opportunity.ID.String()},
	})
}
