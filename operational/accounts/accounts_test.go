package accounts_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func ptr[T any](v T) *T { return &v }

func TestNameKey(t *testing.T) {
	for name, want := range map[string]string{
		"Acme Corporation":             "acme",
		"ACME, Inc.":                   "acme",
		"  acme   co.,  ltd. ":         "acme",
		"Ａｃｍｅ Ｌｔｄ":                     "acme",
		"Müller & Söhne GmbH & Co. KG": "müller söhne",
		"O'Hara S.A.":                  "ohara",
		"O’Hara SA":                    "ohara",
		"Société Générale S.A.S.":      "société générale",
		"株式会社トヨタ":                      "トヨタ",
		"华为技术有限公司":                     "华为技术",
		"Inc":                          "inc",
		"Co. Ltd.":                     "co",
		"3M Company":                   "3m",
		"AT&T Inc.":                    "at t",
		"Ltd Edition Prints":           "ltd edition prints",
		"有限公司":                         "有限公司",
		"!!!":                          "",
	} {
		require.Equal(t, want, accounts.NameKey(name), name)
		require.Equal(t, want, accounts.NameKey(want), "a key is its own key")
	}
}

func TestAccountsBelongToOneOrganisation(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := accounts.New(db.API)
	mine := map[string]accounts.Account{}
	contacts := map[string]accounts.Contact{}
	for name, actor := range c.Actors() {
		a, err := s.CreateAccount(ctx, actor, accounts.NewAccount{Name: "Acme Corporation", Country: ptr("Kenya"), AnnualRevenue: ptr(decimal.RequireFromString("1100.04"))})
		require.NoError(t, err)
		mine[name] = a
		contacts[name], err = s.CreateContact(ctx, actor, accounts.NewContact{AccountID: a.ID, LastName: "Jones", Email: ptr("jones@acme.example")})
		require.NoError(t, err)
	}
	for name, actor := range c.Actors() {
		var ours, listedIDs []uuid.UUID // who works on both sides of a company has one set of accounts
		for owner, a := range mine {
			got, err := s.Account(ctx, actor, a.ID)
			person, personErr := s.Contact(ctx, actor, contacts[owner].ID)
			if c.Actors()[owner].Org == actor.Org {
				ours = append(ours, a.ID)
				require.NoError(t, err)
				require.NoError(t, personErr)
				require.Equal(t, a.AnnualRevenue.String(), got.AnnualRevenue.String())
				require.Equal(t, a.CreatedAt, got.CreatedAt.UTC())
				require.Equal(t, "Jones", person.LastName)
				continue
			}
			_, strange := s.Account(ctx, actor, uuid.New())
			require.Equal(t, strange, err, "%s asks for %s's", name, owner)
			_, strange = s.Contact(ctx, actor, uuid.New())
			require.Equal(t, strange, personErr)
			_, err = s.UpdateAccount(ctx, actor, a.ID, 1, accounts.UpdateAccount{Name: operational.Set("x")})
			require.Equal(t, operational.KindNotFound, operational.KindOf(err))
			_, err = s.UpdateContact(ctx, actor, contacts[owner].ID, 1, accounts.UpdateContact{LastName: operational.Set("x")})
			require.Equal(t, operational.KindNotFound, operational.KindOf(err))
			// A reference to another's record fails exactly like one to nothing.
			for _, id := range []uuid.UUID{a.ID, uuid.New()} {
				_, err = s.CreateContact(ctx, actor, accounts.NewContact{AccountID: id, LastName: "Spy"})
				require.EqualError(t, err, "Some values are not valid. Nothing was saved. (account_id: There is no such account, or it is not yours to see.)")
				_, err = s.CreateAccount(ctx, actor, accounts.NewAccount{Name: "Child", ParentAccountID: &id})
				require.EqualError(t, err, "Some values are not valid. Nothing was saved. (parent_account_id: There is no such account, or it is not yours to see.)")
			}
		}
		listed, err := s.Accounts(ctx, actor, operational.Query{Page: operational.Page{Count: true}})
		require.NoError(t, err)
		for _, a := range listed.Items {
			listedIDs = append(listedIDs, a.ID)
		}
		require.ElementsMatch(t, ours, listedIDs, name)
		people, err := s.Contacts(ctx, actor, operational.Query{Page: operational.Page{Count: true}})
		require.NoError(t, err)
		require.EqualValues(t, len(ours), *people.Total)
	}
}

func TestUpdateAccountAndContact(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := accounts.New(db.API)
	parent, err := s.CreateAccount(ctx, c.A, accounts.NewAccount{Name: "Parent"})
	require.NoError(t, err)
	a, err := s.CreateAccount(ctx, c.A, accounts.NewAccount{Name: "Acme", Industry: ptr("retail"), YearEstablished: ptr(1996), NumberOfEmployees: ptr(5), ParentAccountID: &parent.ID})
	require.NoError(t, err)
	same, err := s.UpdateAccount(ctx, c.A, a.ID, 1, accounts.UpdateAccount{Industry: operational.Set("retail")})
	require.NoError(t, err)
	require.EqualValues(t, 1, same.Version)
	changed, err := s.UpdateAccount(ctx, c.A, a.ID, 1, accounts.UpdateAccount{
		Name: operational.Set("Acme GmbH"), Industry: operational.Opt[string]{Given: true}, AnnualRevenue: operational.Set(decimal.RequireFromString("12.5")),
	})
	require.NoError(t, err)
	require.EqualValues(t, 2, changed.Version)
	got, err := s.Account(ctx, c.A, a.ID)
	require.NoError(t, err)
	require.Nil(t, got.Industry)
	require.Equal(t, 1996, *got.YearEstablished)
	require.Equal(t, parent.ID, *got.ParentAccountID)
	require.Equal(t, "12.5", got.AnnualRevenue.String())
	var key string
	require.NoError(t, db.Owner(t).QueryRow(ctx, `select name_key from crm.account where id = $1`, a.ID).Scan(&key))
	require.Equal(t, "acme", key)

	_, err = s.UpdateAccount(ctx, c.A, a.ID, 1, accounts.UpdateAccount{Name: operational.Set("x")})
	require.Equal(t, operational.KindStale, operational.KindOf(err))
	_, err = s.UpdateAccount(ctx, c.A, a.ID, 2, accounts.UpdateAccount{Name: operational.Opt[string]{Given: true}})
	require.Equal(t, operational.KindInvalid, operational.KindOf(err))
	_, err = s.UpdateAccount(ctx, c.A, a.ID, 2, accounts.UpdateAccount{ParentAccountID: operational.Set(a.ID)})
	require.ErrorContains(t, err, "its own parent")

	person, err := s.CreateContact(ctx, c.A, accounts.NewContact{AccountID: a.ID, LastName: "Jones", Phone: ptr("1")})
	require.NoError(t, err)
	_, err = s.UpdateContact(ctx, c.A, person.ID, 1, accounts.UpdateContact{Email: operational.Set("jones")})
	require.Equal(t, operational.KindInvalid, operational.KindOf(err))
	person, err = s.UpdateContact(ctx, c.A, person.ID, 1, accounts.UpdateContact{AccountID: operational.Set(parent.ID), Phone: operational.Opt[string]{Given: true}})
	require.NoError(t, err)
	require.EqualValues(t, 2, person.Version)
	_, err = s.UpdateContact(ctx, c.A, person.ID, 1, accounts.UpdateContact{LastName: operational.Set("x")})
	require.Equal(t, operational.KindStale, operational.KindOf(err))
	f, err := operational.ParseFilter("account eq '"+parent.ID.String()+"' and phone is_null", accounts.ContactListing(c.A).Filters)
	require.NoError(t, err)
	listed, err := s.Contacts(ctx, c.A, operational.Query{Filter: f})
	require.NoError(t, err)
	require.Len(t, listed.Items, 1)
}

func TestImportAccountsTwiceChangesNothing(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := accounts.New(db.Jobs)
	bring := func(actor operational.Actor, wanted ...accounts.ImportedAccount) (ids []uuid.UUID, counts accounts.Counts, err error) {
		err = db.Jobs.InTx(ctx, actor.As(actor.Org, actor.Side, "import"), func(tx *postgres.Tx) (err error) {
			ids, counts, err = s.ImportAccounts(ctx, tx, wanted)
			return err
		})
		return ids, counts, err
	}
	child := accounts.ImportedAccount{ExternalRef: "c", ParentRef: "p", NewAccount: accounts.NewAccount{Name: "Child"}}
	parent := accounts.ImportedAccount{ExternalRef: "p", NewAccount: accounts.NewAccount{Name: "Parent", Industry: ptr("retail"), AnnualRevenue: ptr(decimal.NewFromInt(7))}}
	ids, counts, err := bring(c.A, child, parent)
	require.NoError(t, err)
	require.Equal(t, accounts.Counts{Created: 2}, counts)
	again, counts, err := bring(c.A, parent, child)
	require.NoError(t, err)
	require.Equal(t, accounts.Counts{Unchanged: 2}, counts)
	require.Equal(t, []uuid.UUID{ids[1], ids[0]}, again)
	parent.Name = "Parent AG"
	_, counts, err = bring(c.A, child, parent)
	require.NoError(t, err)
	require.Equal(t, accounts.Counts{Changed: 1, Unchanged: 1}, counts)
	got, err := accounts.New(db.API).Account(ctx, c.A, ids[0])
	require.NoError(t, err)
	require.Equal(t, ids[1], *got.ParentAccountID)
	for i := range 8 { // an account that is there gets a parent that is not
		newer := accounts.ImportedAccount{ExternalRef: fmt.Sprint("newer ", i), NewAccount: accounts.NewAccount{Name: "Newer"}}
		child.ParentRef = newer.ExternalRef
		_, counts, err = bring(c.A, child, newer)
		require.NoError(t, err)
		require.Equal(t, accounts.Counts{Created: 1, Changed: 1}, counts)
	}
	_, _, err = bring(c.A, child, child)
	require.Equal(t, operational.KindInvalid, operational.KindOf(err))
	_, _, err = bring(c.B, child)
	require.Equal(t, operational.KindInvalid, operational.KindOf(err), "A's account is no parent for B's")

	// The partner notes that its own account is the vendor's; nobody else may say so, and no vendor can read it.
	own, _, err := bring(c.P1, parent)
	require.NoError(t, err)
	link := []accounts.Link{{ConnectionID: c.AP1, VendorAccountID: ids[1], PartnerAccountID: own[0]}}
	for range 2 {
		require.NoError(t, db.Jobs.InTx(ctx, c.P1.As(c.P1.Org, operational.SidePartner, "import"), func(tx *postgres.Tx) error { return s.Link(ctx, tx, link) }))
	}
	var links int
	require.NoError(t, db.Owner(t).QueryRow(ctx, `select count(*) from crm.account_link`).Scan(&links))
	require.Equal(t, 1, links)
	err = db.Jobs.InTx(ctx, c.A.As(c.A.Org, operational.SideVendor, "import"), func(tx *postgres.Tx) error { return s.Link(ctx, tx, link) })
	require.Equal(t, operational.KindForbidden, operational.KindOf(err))
}
