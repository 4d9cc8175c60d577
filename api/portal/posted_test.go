package portal_test

import (
	"bytes"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sharepartner/sharepartner/api/portal"
	"github.com/sharepartner/sharepartner/operational"
)

// What says whose a record is, who did something and what the program counts: no form takes it.
var notForForms = []string{
	"org_id", "vendor_org_id", "partner_org_id", "tenant_id", "organisation_id", "membership_id", "person_id", "credential_id", "role_key", "side", "everything", "built_in", "id", "number",
	"scope_id", "stage_type", "frozen_at", "governs", "sells", "created_at", "created_by", "changed_by", "approved_by", "password_hash",
}

// posted is a form as a page shows it: who is shown it, where it goes, and what a browser sends.
type posted struct {
	v      *visitor
	on, to string
	files  bool
	values url.Values
}

// strange adds what no form takes.
func (f posted) strange() posted {
	f.values = maps.Clone(f.values)
	for _, name := range notForForms {
		f.values.Set(name, uuid.NewString())
	}
	return f
}

func (f posted) send() *answer {
	f.v.t.Helper()
	if !f.files {
		return f.v.post(f.to, f.values)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, list := range f.values {
		for _, value := range list {
			require.NoError(f.v.t, form.WriteField(name, value))
		}
	}
	require.NoError(f.v.t, form.Close())
	res, err := f.v.client.Post(f.v.w.server.URL+f.to, form.FormDataContentType(), &body)
	require.NoError(f.v.t, err)
	return f.v.read(res)
}

// refused says that the form was not carried out, and that of all its fields exactly the strange ones are named.
func (f posted) refused() {
	f.v.t.Helper()
	p := f.send()
	text := p.text()
	require.Equal(f.v.t, http.StatusUnprocessableEntity, p.status, "%s, shown on %s, with %v: %s", f.to, f.on, f.values, text)
	for _, name := range notForForms {
		told := strings.ToUpper(name[:1]) + strings.ReplaceAll(name[1:], "_", " ") + ": " + operational.UnexpectedMember
		require.Contains(f.v.t, text, told, "%s, shown on %s", f.to, f.on)
	}
	require.Equal(f.v.t, len(notForForms), strings.Count(text, operational.UnexpectedMember), "%s, shown on %s, with %v: %s", f.to, f.on, slices.Sorted(maps.Keys(f.values)), text)
}

// forms are those of the pages that somebody was led to, one of each sort with the same fields.
func forms(found map[string]posted, pages map[string]*answer) {
	for at, p := range pages {
		for _, n := range p.all(func(n *html.Node) bool { return n.Data == "form" && attr(n, "method") == "post" }) {
			f := posted{v: p.v, on: at, to: attr(n, "action"), files: attr(n, "enctype") == "multipart/form-data", values: sentBy(n)}
			for _, b := range find(n, func(n *html.Node) bool { return n.Data == "button" && attr(n, "name") != "" }) {
				f.values.Set(attr(b, "name"), attr(b, "value"))
			}
			path, _, _ := strings.Cut(f.to, "?")
			found[kindOf(path)+" "+strings.Join(slices.Sorted(maps.Keys(f.values)), " ")] = f
		}
	}
}

// records sums up all rows, by their table, but for what tells who read something: a page comes back after a refusal too.
func (w *world) records(t *testing.T) map[string]string {
	t.Helper()
	conn := w.db.Owner(t)
	rows, err := conn.Query(t.Context(), `select oid::regclass::text from pg_class where relkind = 'r' and (relnamespace = 'crm'::regnamespace
		or oid in ('sec.password'::regclass, 'sec.api_key'::regclass, 'sec.identity_provider'::regclass, 'sec.sign_in_rule'::regclass, 'sec.totp'::regclass))`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	sums := map[string]string{}
	for _, table := range tables {
		var sum string
		require.NoError(t, conn.QueryRow(t.Context(), `select coalesce(md5(string_agg(t::text, e'\n' order by t::text)), '') from `+table+` t where to_jsonb(t) ->> 'action' is distinct from 'opportunity.history_read'`).Scan(&sum))
		sums[table] = sum
	}
	return sums
}

// noFormTakesMore sends every form of every page as a browser would, with fields beside its own: it is refused by their names,
// and all of its own are known.
func (w *world) noFormTakesMore(t *testing.T, read map[string]map[string]*answer) {
	t.Helper()
	found := map[string]posted{}
	for _, pages := range read {
		forms(found, pages)
	}
	link := w.as(t, ownerMail).invites("/partner-invitations/new", url.Values{"partner_name": {"Fresh Ltd"}, "email": {"fay@fresh.example"}})
	for _, v := range []*visitor{w.visitor(t), w.as(t, chiefMail)} {
		for _, n := range v.get(link).all(func(n *html.Node) bool { return n.Data == "form" && strings.HasPrefix(attr(n, "action"), link) }) {
			found[attr(n, "action")] = posted{v: v, on: link, to: attr(n, "action"), values: sentBy(n)}
		}
	}
	before := w.records(t)
	for _, sort := range slices.Sorted(maps.Keys(found)) {
		found[sort].strange().refused()
	}
	t.Logf("%d sorts of forms", len(found))
	require.Greater(t, len(found), 50)
	require.Equal(t, before, w.records(t), "nothing was done")
}

// Every address that takes a form is asked by itself, those too that no page of these people leads to.
func TestNoAddressTakesMoreThanItsForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	link := w.as(t, ownerMail).invites("/partner-invitations/new", url.Values{"partner_name": {"Fresh Ltd"}, "email": {"fay@fresh.example"}})
	people := []*visitor{w.as(t, ownerMail), w.as(t, chiefMail), w.visitor(t)}
	addresses := []string{ // forms without fields
		"/sign-out", "/account/sessions/end-others", "/account/sessions/{id}/end", "/account/address/{id}", "/account/sign-ins/{id}/end", "/settings/keys/{id}/revoke", "/imports/{id}/cancel", "/invitations/{token}/accept", "/governance/view-as/end",
	}
	for at, names := range portal.Takes {
		if !slices.Equal(names, []string{"*"}) { // such a form is refused by what is known of its record
			addresses = append(addresses, strings.TrimPrefix(at, "POST "))
		}
	}
	before := w.records(t)
	for _, at := range addresses {
		to := strings.NewReplacer("{id}", uuid.NewString(), "{key}", "dealer_personnel", "/invitations/{token}", link, "{token}", "x").Replace(at)
		open := slices.IndexFunc(people, func(v *visitor) bool {
			status := v.post(to, url.Values{"org_id": {uuid.NewString()}}).status
			return status != http.StatusNotFound
		})
		require.GreaterOrEqual(t, open, 0, at)
		posted{v: people[open], on: "no page", to: to, files: to == "/imports", values: url.Values{}}.strange().refused()
	}
	require.Equal(t, before, w.records(t), "nothing was done")
}

// A form that is not sent as one is not read, and files are taken where they are asked for only.
func TestAFormComesAsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	v := w.as(t, ownerMail)
	for _, kind := range []string{"text/plain", "application/json", "multipart/form-data; boundary=x", "", "x/"} {
		res, err := v.client.Post(w.server.URL+"/account/profile", kind, strings.NewReader("name=Other&time_zone=UTC"))
		require.NoError(t, err)
		p := v.read(res)
		require.Equal(t, http.StatusUnprocessableEntity, p.status, kind)
		require.Contains(t, p.text(), "The form could not be read.", kind)
	}
	p := v.post("/account/profile", url.Values{"name": {strings.Repeat("x", 70_000)}})
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	require.Contains(t, p.text(), "larger than 64 kB", "whoever wrote too much is told")
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, name := range []string{"file", "other_file"} {
		part, err := form.CreateFormFile(name, "accounts.csv")
		require.NoError(t, err)
		_, err = part.Write([]byte("name\nAcme\n"))
		require.NoError(t, err)
	}
	require.NoError(t, form.WriteField("kind", "accounts"))
	require.NoError(t, form.Close())
	res, err := v.client.Post(w.server.URL+"/imports", form.FormDataContentType(), &body)
	require.NoError(t, err)
	p = v.read(res)
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	require.Contains(t, p.text(), "Other file: "+operational.UnexpectedMember)
}
