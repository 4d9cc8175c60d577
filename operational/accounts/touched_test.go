package accounts_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// Pages by the last change are in the order of what their reader sees change, none twice and none left out, whether few or
// many records have changed unseen, and also where a clock went back.
func TestPagesByTheLastChangeThatShows(t *testing.T) {
	ctx, db := t.Context(), pgtest.New(t)
	c, s := db.Plant(t), accounts.New(db.API)
	reader := rights(c.A, func(r *operational.ObjectRights) { r.Readable = without(r.Readable, "industry") })
	const many, page = 40, 3
	all := make([]uuid.UUID, many)
	for i := range all {
		a, err := s.CreateAccount(ctx, c.A, accounts.NewAccount{Name: fmt.Sprint("Customer ", i)})
		require.NoError(t, err)
		all[i] = a.ID
	}
	change := func(id uuid.UUID, patch accounts.UpdateAccount) {
		a, err := s.Account(ctx, c.A, id)
		require.NoError(t, err)
		_, err = s.UpdateAccount(ctx, c.A, id, a.Version, patch)
		require.NoError(t, err)
	}
	// Some were changed by a clock that went before the one of later changes.
	_, err := db.Owner(t).Exec(ctx, `update crm.account set updated_at = updated_at + interval '1 hour' where name ~ '[02468]$'`)
	require.NoError(t, err)
	chance := rand.New(rand.NewPCG(7, 11))
	for round, unseen := range []int{1, 5, 30} {
		for i := range unseen {
			change(all[chance.IntN(many)], accounts.UpdateAccount{Industry: operational.Set(fmt.Sprint(round, "-", i))})
		}
		change(all[chance.IntN(many)], accounts.UpdateAccount{Country: operational.Set(fmt.Sprint("Country ", round))})
		for _, sort := range [][]operational.Sort{nil, {{Field: "updated_at", Desc: true}}, {{Field: "updated_at"}}, {{Field: "updated_at", Desc: true}, {Field: "country"}}} {
			q := operational.Query{Page: operational.Page{Limit: page, Count: true}, Sort: sort}
			var seen []accounts.Account
			for {
				got, err := s.Accounts(ctx, reader, q)
				require.NoError(t, err)
				require.EqualValues(t, many, *got.Total)
				seen = append(seen, got.Items...)
				if q.After = got.Next; q.After == nil {
					break
				}
				require.Len(t, got.Items, page)
			}
			order := func(a, b accounts.Account) int {
				if c := a.UpdatedAt.Compare(b.UpdatedAt); c != 0 {
					return c
				}
				return bytes.Compare(a.ID[:], b.ID[:])
			}
			if len(sort) == 0 || sort[0].Desc {
				slices.Reverse(seen)
			}
			require.True(t, slices.IsSortedFunc(seen, order), "round %d, %v", round, sort)
			require.Len(t, slices.CompactFunc(seen, func(a, b accounts.Account) bool { return a.ID == b.ID }), many)
		}
	}
}

// Whoever takes the name out of a contact moves it for those who see the name, and for nobody else; and is told, as with any
// change, when what they see has changed since they read it.
func TestErasuresAreSeenByWhoSeesNames(t *testing.T) {
	ctx, db := t.Context(), pgtest.New(t)
	c, s := db.Plant(t), accounts.New(db.API)
	a, err := s.CreateAccount(ctx, c.A, accounts.NewAccount{Name: "Acme"})
	require.NoError(t, err)
	p, err := s.CreateContact(ctx, c.A, accounts.NewContact{AccountID: a.ID, LastName: "Jones", Email: ptr("j@acme.example"), Phone: ptr("1")})
	require.NoError(t, err)
	blind := rights(c.A, func(r *operational.ObjectRights) { r.Readable = []string{"account_id", "job_title"} })
	names := rights(c.A, func(r *operational.ObjectRights) { r.Readable = []string{"last_name"} })
	before, err := s.Contact(ctx, blind, p.ID)
	require.NoError(t, err)

	_, err = s.UpdateContact(ctx, c.A, p.ID, 1, accounts.UpdateContact{Phone: operational.Set("2")})
	require.NoError(t, err)
	in := identity.Erasure{Reason: "requested", Confirm: "Jones"}
	_, err = s.EraseContact(ctx, names, p.ID, 2, in)
	require.Equal(t, operational.KindStale, operational.KindOf(err), "for them it is still at version 1")
	erased, err := s.EraseContact(ctx, names, p.ID, 1, in)
	require.NoError(t, err)
	require.Equal(t, "Erased person", erased.LastName)
	require.EqualValues(t, 2, erased.Version)
	after, err := s.Contact(ctx, blind, p.ID)
	require.NoError(t, err)
	require.Equal(t, before, after)
	whole, err := s.Contact(ctx, c.A, p.ID)
	require.NoError(t, err)
	require.EqualValues(t, 3, whole.Version)
}
