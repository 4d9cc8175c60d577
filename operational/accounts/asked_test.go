package accounts_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// setUp gives company A fields of its own, and types of accounts and contacts with a layout for its administrators.
func setUp(t *testing.T, db *pgtest.Database, of operational.Actor, object, fields string) {
	t.Helper()
	exec := func(sql string, args ...any) {
		_, err := db.Owner(t).Exec(t.Context(), sql, args...)
		require.NoError(t, err)
	}
	field := `insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at) values (gen_random_uuid(), $1, $2, $3, $3, $4, now(), now())`
	for name, kind := range map[string]string{"x_open": "text", "x_score": "number", "x_seen": "date", "x_flag": "boolean"} {
		exec(field, of.Org, object, name, kind)
	}
	if fields == "" {
		return
	}
	kind, layout := uuid.New(), uuid.New()
	exec(`insert into crm.record_type (id, org_id, object, name, is_default, created_at, updated_at) values ($2, $1, $3, 'Key', true, now(), now())`, of.Org, kind, object)
	exec(`insert into crm.page_layout (id, org_id, object, name, definition, created_at, updated_at) values ($2, $1, $3, 'Key', $4, now(), now())`,
		of.Org, layout, object, `{"sections":[{"title":"A","fields":[`+fields+`]}]}`)
	exec(`insert into crm.layout_assignment (org_id, role_key, record_type_id, layout_id) values ($1, $2, $3, $4)`, of.Org, of.Role, kind, layout)
}

func TestListsByFieldsThatACompanyAdded(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := accounts.New(db.API)
	setUp(t, db, c.A, "account", "")
	setUp(t, db, c.A, "contact", "")
	var first uuid.UUID
	for name, custom := range map[string]map[string]any{"one": {"x_score": "9.5", "x_seen": "2030-02-01", "x_open": "it's"}, "two": {"x_score": "10", "x_seen": "2029-12-31"}, "none": nil} {
		a, err := s.CreateAccount(ctx, c.A, accounts.NewAccount{Name: name, Custom: custom})
		require.NoError(t, err)
		first = a.ID
	}
	for name, custom := range map[string]map[string]any{"one": {"x_score": "9.5"}, "two": {"x_score": "10"}, "none": nil} {
		_, err := s.CreateContact(ctx, c.A, accounts.NewContact{AccountID: first, LastName: name, Custom: custom})
		require.NoError(t, err)
	}
	list := func(actor operational.Actor, filter, sort string) (names, people []string) {
		t.Helper()
		known, err := s.AccountListing(ctx, actor, filter, sort)
		require.NoError(t, err)
		f, err := operational.ParseFilter(filter, known.Filters)
		require.NoError(t, err)
		by, err := operational.ParseSort(sort, known.Sorts)
		require.NoError(t, err)
		found, err := s.Accounts(ctx, actor, operational.Query{Filter: f, Sort: by})
		require.NoError(t, err)
		for _, a := range found.Items {
			names = append(names, a.Name)
		}
		persons, err := s.Contacts(ctx, actor, operational.Query{Filter: f, Sort: by})
		require.NoError(t, err)
		for _, p := range persons.Items {
			people = append(people, p.LastName)
		}
		return names, people
	}
	names, people := list(c.A, "", "-x_score")
	require.Equal(t, []string{"two", "one", "none"}, names)
	require.Equal(t, names, people)
	names, people = list(c.A, "x_score lt 9.75", "")
	require.Equal(t, []string{"one"}, names)
	require.Equal(t, names, people)
	names, people = list(c.A, "x_seen lt '2030-01-01' or x_open contains 'it''s'", "x_seen")
	require.Equal(t, []string{"two", "one"}, names)
	require.Empty(t, people)

	limited := rights(c.A, nil) // reads x_open of these
	for _, l := range []func(actor operational.Actor) operational.Listing{
		func(a operational.Actor) operational.Listing {
			l, err := s.AccountListing(ctx, a, "x_open x_score x_none x_flag")
			require.NoError(t, err)
			return l
		},
		func(a operational.Actor) operational.Listing {
			l, err := s.ContactListing(ctx, a, "x_open x_score x_none x_flag")
			require.NoError(t, err)
			return l
		},
	} {
		require.Contains(t, l(c.A).Sorts, "x_score")
		require.NotContains(t, l(c.A).Sorts, "x_flag")
		require.Contains(t, l(limited).Sorts, "x_open")
		require.NotContains(t, l(limited).Sorts, "x_score")
		require.NotContains(t, l(c.B).Sorts, "x_open", "another company's")
		require.NotContains(t, l(c.A).Filters, "x_none")
	}
	for _, field := range []string{"x_score", "x_none"} {
		_, err := s.Accounts(ctx, limited, operational.Query{Sort: []operational.Sort{{Field: field}}})
		require.EqualError(t, err, `The list cannot be read like this. (sort: There is no field "`+field+`" to sort by.)`)
		_, err = s.Contacts(ctx, limited, operational.Query{Filter: &operational.Filter{Field: field, Op: "is_null"}})
		require.EqualError(t, err, `The list cannot be read like this. (filter: There is no field "`+field+`" to filter by.)`)
	}
}

func TestWhatLayoutsAskFor(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := accounts.New(db.API)
	setUp(t, db, c.A, "account", `{"name":"industry"},{"name":"country","required":true},{"name":"owner","required":true},{"name":"annual_revenue","required":true,"show_if":{"field":"industry","in":["retail"]}},{"name":"x_open","required":true}`)
	setUp(t, db, c.A, "contact", `{"name":"email","required":true},{"name":"account_id","required":true}`)
	_, err := s.CreateAccount(ctx, c.A, accounts.NewAccount{Name: "Acme", Industry: ptr("retail")})
	require.EqualError(t, err, "Some values are not valid. Nothing was saved. (country: It is required for Key.; annual_revenue: It is required for Key.; custom.x_open: It is required for Key.)")
	a, err := s.CreateAccount(ctx, c.A, accounts.NewAccount{Name: "Acme", Country: ptr("DE"), Custom: map[string]any{"x_open": "yes"}})
	require.NoError(t, err)
	for _, patch := range []accounts.UpdateAccount{
		{Country: operational.Opt[string]{Given: true}}, {Industry: operational.Set("retail")}, {OwnerMembershipID: operational.Opt[uuid.UUID]{Given: true}}, {Custom: map[string]any{"x_open": nil}},
	} {
		_, err = s.UpdateAccount(ctx, c.A, a.ID, a.Version, patch)
		require.ErrorContains(t, err, "It is required for Key.")
	}
	// Whoever cannot set a field is not asked for it.
	blind := rights(c.A, func(r *operational.ObjectRights) {
		r.Readable, r.Editable = without(r.Readable, "x_open"), without(without(r.Editable, "x_open"), "country")
	})
	_, err = s.CreateAccount(ctx, blind, accounts.NewAccount{Name: "Seen by few"})
	require.NoError(t, err)

	_, err = s.CreateContact(ctx, c.A, accounts.NewContact{AccountID: a.ID, LastName: "Jones"})
	require.ErrorContains(t, err, "email: It is required for Key.")
	p, err := s.CreateContact(ctx, c.A, accounts.NewContact{AccountID: a.ID, LastName: "Jones", Email: ptr("j@acme.example")})
	require.NoError(t, err)
	_, err = s.UpdateContact(ctx, c.A, p.ID, 1, accounts.UpdateContact{Email: operational.Opt[string]{Given: true}})
	require.ErrorContains(t, err, "email: It is required for Key.")
	_, err = db.Owner(t).Exec(ctx, `update crm.contact set email = null, version = 2`)
	require.NoError(t, err)
	_, err = s.UpdateContact(ctx, c.A, p.ID, 2, accounts.UpdateContact{FirstName: operational.Set("Jo")})
	require.NoError(t, err, "it was missing before")
}
