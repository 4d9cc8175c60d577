package accounts_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// rights are those of a role that may do these things with accounts and contacts.
func rights(actor operational.Actor, change func(*operational.ObjectRights)) operational.Actor {
	r := operational.ObjectRights{Create: true, Read: true, Edit: true, Delete: true, Visibility: operational.VisibilityCompany, Access: "read_write"}
	r.Readable = []string{"name", "industry", "country", "owner", "parent_account_id", "record_type", "account_id", "last_name", "email", "x_open"}
	r.Editable = slices.Clone(r.Readable)
	if change != nil {
		change(&r)
	}
	role := operational.RoleRights{Key: "tester", Objects: map[operational.Object]operational.ObjectRights{operational.ObjectAccount: r, operational.ObjectContact: r}}
	actor.Rights = &operational.Rights{Own: role}
	return actor
}

func without(fields []string, field string) []string {
	return slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return f == field })
}

// colleague adds a member to the actor's company.
func colleague(t *testing.T, db *pgtest.Database, of operational.Actor) operational.Actor {
	t.Helper()
	of.Person, of.Membership = uuid.New(), uuid.New()
	_, err := db.Owner(t).Exec(t.Context(), `insert into crm.person (id, display_name, created_at) values ($1, 'Colleague', now())`, of.Person)
	require.NoError(t, err)
	_, err = db.Owner(t).Exec(t.Context(), `insert into crm.membership (id, org_id, person_id, role, created_at) values ($1, $2, $3, 'administrator', now())`, of.Membership, of.Org, of.Person)
	require.NoError(t, err)
	return of
}

func TestFieldsThatARoleDoesNotRead(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := accounts.New(db.API)
	a, err := s.CreateAccount(ctx, c.A, accounts.NewAccount{Name: "Acme", Industry: ptr("retail"), Country: ptr("DE")})
	require.NoError(t, err)
	p, err := s.CreateContact(ctx, c.A, accounts.NewContact{AccountID: a.ID, LastName: "Jones", Email: ptr("j@acme.example")})
	require.NoError(t, err)
	blind := rights(c.A, func(r *operational.ObjectRights) {
		for _, f := range []string{"name", "industry", "account_id", "last_name"} {
			r.Readable, r.Editable = without(r.Readable, f), without(r.Editable, f)
		}
		r.Editable = without(without(r.Editable, "country"), "email")
	})
	got, err := s.Account(ctx, blind, a.ID)
	require.NoError(t, err)
	require.Equal(t, accounts.Account{ID: a.ID, Country: ptr("DE"), OwnerMembershipID: &c.A.Membership, Version: 1, CreatedAt: got.CreatedAt, UpdatedAt: got.UpdatedAt, Custom: got.Custom}, got)
	listed, err := s.Accounts(ctx, blind, operational.Query{})
	require.NoError(t, err)
	require.Equal(t, []accounts.Account{got}, listed.Items)
	person, err := s.Contact(ctx, blind, p.ID)
	require.NoError(t, err)
	require.Empty(t, person.LastName)
	require.Zero(t, person.AccountID)
	require.Equal(t, "j@acme.example", *person.Email)

	// Nothing tells a hidden field from one that is not there.
	require.NotContains(t, accounts.AccountListing(blind).Filters, "industry")
	require.Contains(t, accounts.AccountListing(blind).Sorts, "country")
	for _, field := range []string{"industry", "nonsense"} {
		_, err = s.Accounts(ctx, blind, operational.Query{Filter: &operational.Filter{Or: []operational.Filter{{Field: field, Op: "is_null"}, {Field: "country", Op: "is_null"}}}})
		require.EqualError(t, err, `The list cannot be read like this. (filter: There is no field "`+field+`" to filter by.)`)
		_, err = s.Accounts(ctx, blind, operational.Query{Sort: []operational.Sort{{Field: field}}})
		require.EqualError(t, err, `The list cannot be read like this. (sort: There is no field "`+field+`" to sort by.)`)
	}
	_, err = s.Contacts(ctx, blind, operational.Query{Filter: &operational.Filter{Field: "account.owner", Op: "is_null"}})
	require.ErrorContains(t, err, "There is no field")

	_, err = s.UpdateAccount(ctx, blind, a.ID, 1, accounts.UpdateAccount{Industry: operational.Set("steel"), Country: operational.Set("FR")})
	require.EqualError(t, err, "Some values are not valid. Nothing was saved. (body.industry: unexpected property)")
	_, err = s.UpdateAccount(ctx, blind, a.ID, 1, accounts.UpdateAccount{Country: operational.Set("FR")})
	require.Equal(t, operational.KindForbidden, operational.KindOf(err))
	require.ErrorContains(t, err, "country")
	_, err = s.UpdateContact(ctx, blind, p.ID, 1, accounts.UpdateContact{Email: operational.Set("x@y.example")})
	require.ErrorContains(t, err, "email")
	_, err = s.CreateAccount(ctx, blind, accounts.NewAccount{Name: "New"})
	require.ErrorContains(t, err, "body.name: unexpected property")

	// What a change does not name stays, also when the one who changes cannot see it.
	half := rights(c.A, func(r *operational.ObjectRights) { r.Readable = without(r.Readable, "industry") })
	changed, err := s.UpdateAccount(ctx, half, a.ID, 1, accounts.UpdateAccount{Country: operational.Set("FR")})
	require.NoError(t, err)
	require.Nil(t, changed.Industry)
	got, err = s.Account(ctx, c.A, a.ID)
	require.NoError(t, err)
	require.Equal(t, "retail", *got.Industry)
}

func TestActsThatARoleMayNotDo(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := accounts.New(db.API)
	a, err := s.CreateAccount(ctx, c.P1, accounts.NewAccount{Name: "Acme"})
	require.NoError(t, err)
	reader := rights(c.P1, func(r *operational.ObjectRights) { r.Create, r.Edit, r.Delete = false, false, false })
	_, err = s.CreateAccount(ctx, reader, accounts.NewAccount{Name: "x"})
	require.Equal(t, operational.KindForbidden, operational.KindOf(err))
	_, err = s.UpdateAccount(ctx, reader, a.ID, 1, accounts.UpdateAccount{Name: operational.Set("x")})
	require.Equal(t, operational.KindForbidden, operational.KindOf(err))
	require.Equal(t, operational.KindForbidden, operational.KindOf(s.DeleteAccount(ctx, reader, a.ID, 1)))
	stranger := rights(c.P1, func(r *operational.ObjectRights) { r.Read = false })
	_, err = s.Account(ctx, stranger, a.ID)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
	_, err = s.Accounts(ctx, stranger, operational.Query{})
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
	nobody := c.P1
	nobody.Rights = nil
	_, err = s.Account(ctx, nobody, a.ID)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err), "no rights at all are no rights")
}

func TestOnesOwnAccounts(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := accounts.New(db.API)
	private := func(r *operational.ObjectRights) { r.Visibility = operational.VisibilityPrivate }
	ada, bea := rights(c.A, private), rights(colleague(t, db, c.A), private)
	mine, err := s.CreateAccount(ctx, ada, accounts.NewAccount{Name: "Ada's"})
	require.NoError(t, err)
	require.Equal(t, ada.Membership, *mine.OwnerMembershipID)
	hers, err := s.CreateAccount(ctx, bea, accounts.NewAccount{Name: "Bea's"})
	require.NoError(t, err)
	person, err := s.CreateContact(ctx, bea, accounts.NewContact{AccountID: hers.ID, LastName: "Jones"})
	require.NoError(t, err)

	listed, err := s.Accounts(ctx, ada, operational.Query{Page: operational.Page{Count: true}, Filter: &operational.Filter{Or: []operational.Filter{
		{Field: "name", Op: "contains", Values: []string{"a"}}, {Field: "country", Op: "is_null"},
	}}})
	require.NoError(t, err)
	require.Len(t, listed.Items, 1)
	require.EqualValues(t, 1, *listed.Total, "what is not seen is not counted")
	people, err := s.Contacts(ctx, ada, operational.Query{Page: operational.Page{Count: true}})
	require.NoError(t, err)
	require.EqualValues(t, 0, *people.Total)
	_, strange := s.Account(ctx, ada, uuid.New())
	_, err = s.Account(ctx, ada, hers.ID)
	require.Equal(t, strange, err)
	_, err = s.Contact(ctx, ada, person.ID)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err), "a contact follows its account")
	_, err = s.UpdateAccount(ctx, ada, hers.ID, 1, accounts.UpdateAccount{Name: operational.Set("x")})
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
	require.Equal(t, operational.KindNotFound, operational.KindOf(s.DeleteContact(ctx, ada, person.ID, 1)))
	for _, id := range []uuid.UUID{hers.ID, uuid.New()} { // a reference to what is out of reach is one to nothing
		_, err = s.CreateContact(ctx, ada, accounts.NewContact{AccountID: id, LastName: "Spy"})
		require.EqualError(t, err, "Some values are not valid. Nothing was saved. (account_id: There is no such account, or it is not yours to see.)")
		_, err = s.UpdateAccount(ctx, ada, mine.ID, 1, accounts.UpdateAccount{ParentAccountID: operational.Set(id)})
		require.EqualError(t, err, "Some values are not valid. Nothing was saved. (parent_account_id: There is no such account, or it is not yours to see.)")
	}

	_, err = s.UpdateAccount(ctx, bea, hers.ID, 1, accounts.UpdateAccount{OwnerMembershipID: operational.Set(c.P1.Membership)})
	require.ErrorContains(t, err, "no such member")
	_, err = s.UpdateAccount(ctx, bea, hers.ID, 1, accounts.UpdateAccount{OwnerMembershipID: operational.Set(ada.Membership)})
	require.NoError(t, err, "she gives it away")
	_, err = s.Account(ctx, bea, hers.ID)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
	_, err = s.Contact(ctx, ada, person.ID)
	require.NoError(t, err)
}

// Nobody finds out by guessing which reference an account has that does not read references.
func TestNothingIsFoundByAHiddenReference(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s, ref := accounts.New(db.API), "K-17"
	require.NoError(t, db.API.InTx(ctx, c.A, func(tx *postgres.Tx) error {
		_, err := s.CreateAccountTx(ctx, tx, accounts.NewAccount{Name: "Acme"}, &ref)
		return err
	}))
	for shows, byRef := range map[string]int{"external_ref": 1, "name": 0} {
		actor := rights(c.A, func(r *operational.ObjectRights) { r.Readable = append(r.Readable, shows) })
		require.NoError(t, db.API.InTx(ctx, actor, func(tx *postgres.Tx) error {
			found, err := s.FoundTx(ctx, tx, []string{ref, "Acme"})
			require.Len(t, found.ByRef, byRef, shows)
			require.Len(t, found.ByName["Acme"], 1)
			return err
		}))
	}
}

// An account is given to people who work: with somebody who is suspended nobody would look after it.
func TestAnAccountIsGivenToPeopleWhoWork(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := accounts.New(db.API)
	gone := colleague(t, db, c.A)
	theirs, err := s.CreateAccount(ctx, gone, accounts.NewAccount{Name: "Kept"})
	require.NoError(t, err)
	mine, err := s.CreateAccount(ctx, c.A, accounts.NewAccount{Name: "Mine"})
	require.NoError(t, err)
	_, err = db.Owner(t).Exec(ctx, `update crm.membership set status = 'suspended' where id = $1`, gone.Membership)
	require.NoError(t, err)
	const refused = "Some values are not valid. Nothing was saved. (owner_membership_id: There is no such member of your organisation.)"
	for _, id := range []uuid.UUID{gone.Membership, c.P1.Membership, uuid.New()} {
		_, err = s.UpdateAccount(ctx, c.A, mine.ID, 1, accounts.UpdateAccount{OwnerMembershipID: operational.Set(id)})
		require.EqualError(t, err, refused)
		_, err = s.CreateAccount(ctx, c.A, accounts.NewAccount{Name: "New", OwnerMembershipID: &id})
		require.EqualError(t, err, refused)
	}
	_, err = s.UpdateAccount(ctx, c.A, theirs.ID, 1, accounts.UpdateAccount{Name: operational.Set("Kept still"), OwnerMembershipID: operational.Set(gone.Membership)})
	require.NoError(t, err, "who has it keeps it until it is given away")
}

func TestTypesAndFieldsOfTheCompany(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := accounts.New(db.API)
	usual, other := uuid.New(), uuid.New()
	owner := db.Owner(t)
	for _, x := range []struct {
		id     uuid.UUID
		object string
	}{{usual, "account"}, {other, "account"}, {uuid.New(), "contact"}} {
		_, err := owner.Exec(ctx, `insert into crm.record_type (id, org_id, object, name, is_default, created_at, updated_at) values ($1, $2, $3, $4, $5, now(), now())`,
			x.id, c.A.Org, x.object, x.id.String(), x.id != other)
		require.NoError(t, err)
	}
	for _, object := range []string{"account", "contact"} {
		_, err := owner.Exec(ctx, `insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at)
			select gen_random_uuid(), $1, $2, n, n, 'number', now(), now() from unnest('{x_open,x_closed}'::text[]) n`, c.A.Org, object)
		require.NoError(t, err)
	}
	a, err := s.CreateAccount(ctx, c.A, accounts.NewAccount{Name: "Acme", Custom: map[string]any{"x_open": "1.50", "x_closed": "2"}})
	require.NoError(t, err)
	require.Equal(t, usual, *a.RecordTypeID)
	project, err := s.CreateAccount(ctx, c.A, accounts.NewAccount{Name: "Project", RecordTypeID: &other})
	require.NoError(t, err)
	p, err := s.CreateContact(ctx, c.A, accounts.NewContact{AccountID: a.ID, LastName: "Jones", Custom: map[string]any{"x_closed": "3"}})
	require.NoError(t, err)
	require.NotNil(t, p.RecordTypeID)

	one := rights(c.A, func(r *operational.ObjectRights) { r.RecordTypes = []uuid.UUID{usual} })
	listed, err := s.Accounts(ctx, one, operational.Query{Page: operational.Page{Count: true}})
	require.NoError(t, err)
	require.EqualValues(t, 1, *listed.Total)
	require.Equal(t, map[string]any{"x_open": "1.50"}, listed.Items[0].Custom)
	_, err = s.Account(ctx, one, project.ID)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
	_, err = s.UpdateAccount(ctx, one, a.ID, 1, accounts.UpdateAccount{RecordTypeID: operational.Set(other)})
	require.ErrorContains(t, err, "no such record type")
	none := rights(c.A, func(r *operational.ObjectRights) { r.RecordTypes = []uuid.UUID{} })
	listed, err = s.Accounts(ctx, none, operational.Query{})
	require.NoError(t, err)
	require.Empty(t, listed.Items)

	for _, name := range []string{"x_closed", "x_never"} {
		_, err = s.UpdateAccount(ctx, one, a.ID, 1, accounts.UpdateAccount{Custom: map[string]any{name: "5"}})
		require.EqualError(t, err, "Some values are not valid. Nothing was saved. (body.custom."+name+": unexpected property)")
	}
	_, err = s.UpdateAccount(ctx, one, a.ID, 1, accounts.UpdateAccount{Custom: map[string]any{"x_open": "many"}})
	require.ErrorContains(t, err, "custom.x_open")
	changed, err := s.UpdateAccount(ctx, one, a.ID, 1, accounts.UpdateAccount{Custom: map[string]any{"x_open": "7"}})
	require.NoError(t, err)
	require.Equal(t, map[string]any{"x_open": "7"}, changed.Custom)
	whole, err := s.Account(ctx, c.A, a.ID)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"x_open": "7", "x_closed": "2"}, whole.Custom, "what a role does not see stays")
	person, err := s.Contact(ctx, one, p.ID)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err), "types of contacts are not types of accounts: %v", person)
}

func TestDelete(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := accounts.New(db.API)
	a, err := s.CreateAccount(ctx, c.A, accounts.NewAccount{Name: "Acme"})
	require.NoError(t, err)
	p, err := s.CreateContact(ctx, c.A, accounts.NewContact{AccountID: a.ID, LastName: "Jones"})
	require.NoError(t, err)
	require.Equal(t, operational.KindNotFound, operational.KindOf(s.DeleteAccount(ctx, c.B, a.ID, 1)))
	require.Equal(t, operational.KindStale, operational.KindOf(s.DeleteAccount(ctx, c.A, a.ID, 2)))
	err = s.DeleteAccount(ctx, c.A, a.ID, 1)
	require.Equal(t, operational.KindConflict, operational.KindOf(err))
	require.ErrorContains(t, err, "Nothing was deleted")
	require.Equal(t, operational.KindStale, operational.KindOf(s.DeleteContact(ctx, c.A, p.ID, 2)))
	require.NoError(t, s.DeleteContact(ctx, c.A, p.ID, 1))
	require.Equal(t, operational.KindNotFound, operational.KindOf(s.DeleteContact(ctx, c.A, p.ID, 1)))

	// A partner's note that it has the same customer keeps no vendor from deleting its account, and stays.
	own, err := s.CreateAccount(ctx, c.P1, accounts.NewAccount{Name: "Acme"})
	require.NoError(t, err)
	_, err = db.Owner(t).Exec(ctx, `insert into crm.account_link (connection_id, vendor_org_id, partner_org_id, vendor_account_id, partner_account_id, created_at) values ($1, $2, $3, $4, $5, now())`,
		c.AP1, c.A.Org, c.P1.Org, a.ID, own.ID)
	require.NoError(t, err)
	require.NoError(t, s.DeleteAccount(ctx, c.A, a.ID, 1))
	_, err = s.Account(ctx, c.A, a.ID)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
	linked, err := s.Linked(ctx, c.P1, own.ID)
	require.NoError(t, err)
	require.Equal(t, []uuid.UUID{c.AP1}, linked)
	require.NoError(t, s.DeleteAccount(ctx, c.P1, own.ID, 1))
}
