package interconnect_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// After the end neither company learns anything more of the other: names stay as they were, people too. Only an erasure
// reaches what a former vendor knows.
func TestNothingCrossesAfterTheEnd(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	issued, err := w.InviteMember(ctx, w.P1, interconnect.NewMemberInvitation{Email: ptr("nia@one.example"), Role: "seller"})
	require.NoError(t, err)
	joining := newcomer("nia@one.example")
	joining.Company = nil
	session, err := w.Join(ctx, tokenOf(t, issued.Link), joining)
	require.NoError(t, err)
	nia := session.Actor
	o := w.deal(t, w.P1, w.AP1, opportunities.NewOpportunity{Name: "Robot"})
	_, err = w.End(ctx, w.A, w.AP1, 1, "for a reason")
	require.NoError(t, err)

	person, err := w.Person(ctx, w.P1, nia.Membership)
	require.NoError(t, err)
	person, err = w.SuspendPerson(ctx, w.P1, nia.Membership, person.Version)
	require.NoError(t, err)
	for _, actor := range []operational.Actor{w.P1, w.A} {
		own, err := w.Workspace(ctx, actor)
		require.NoError(t, err)
		_, err = w.UpdateWorkspace(ctx, actor, own.Version, interconnect.UpdateWorkspace{Name: operational.Set("Renamed"), CountryCode: operational.Set("DE")})
		require.NoError(t, err)
	}
	require.NoError(t, identity.NewAdmin(w.Jobs).EnablePerson(ctx, nia.Person, "nia@renamed.example", "a long password"))

	seen, err := w.Organisation(ctx, w.A, w.P1.Org)
	require.NoError(t, err)
	require.Equal(t, "Partner One", seen.Name)
	require.Nil(t, seen.CountryCode)
	for actor, words := range map[*operational.Actor]string{&w.A: "Partner One", &w.P1: "Vendor A"} {
		c, err := w.Connection(ctx, *actor, w.AP1)
		require.NoError(t, err)
		require.Contains(t, []string{c.PartnerName, c.VendorName}, words)
		require.Contains(t, []string{c.PartnerName, c.VendorName}, "Renamed", "one's own name is one's own")
		all, err := w.Organisations(ctx, *actor, operational.Query{Filter: &operational.Filter{Field: "name", Op: "eq", Values: []string{words}}})
		require.NoError(t, err)
		require.Len(t, all.Items, 1)
	}
	fresh := opportunities.New(w.API) // remembers no names
	deal, err := fresh.Get(ctx, w.A, o.ID)
	require.NoError(t, err)
	require.Equal(t, "Partner One", deal.Partner.Name)
	d, err := w.Disclosure(ctx, w.P1, w.AP1)
	require.NoError(t, err)
	require.Equal(t, "Vendor A", d.VendorName)

	contact := func() interconnect.PartnerContact {
		t.Helper()
		list, err := w.Contacts(ctx, w.A, operational.Query{Filter: &operational.Filter{Field: "connection_id", Op: "eq", Values: []string{w.AP1.String()}}})
		require.NoError(t, err)
		require.Len(t, list.Items, 2)
		for _, c := range list.Items {
			if c.DisplayName != "Person of Partner One" {
				return c
			}
		}
		return interconnect.PartnerContact{}
	}
	known := contact()
	require.Equal(t, "Nia", known.DisplayName)
	require.Equal(t, "nia@one.example", *known.WorkEmail)
	require.Equal(t, interconnect.StatusActive, known.Status, "that she has left since is not the vendor's to know")
	require.Equal(t, "Partner One", known.PartnerName)
	_, err = w.SuspendContact(ctx, w.A, known.ID, known.Version)
	require.Equal(t, "connection-ended", code(t, err), "or letting her in again would tell")
	other, err := w.Contacts(ctx, w.B, operational.Query{Filter: &operational.Filter{Field: "display_name", Op: "eq", Values: []string{"Nia"}}})
	require.NoError(t, err)
	require.Equal(t, interconnect.StatusSuspended, other.Items[0].Status, "where they still work together it is told")

	_, err = w.ReactivatePerson(ctx, w.P1, nia.Membership, person.Version)
	require.NoError(t, err)
	require.Equal(t, known.Version, contact().Version)
	require.NoError(t, w.people.ErasePerson(ctx, w.P1, nia.Membership, person.Version+1, identity.Erasure{Confirm: "Nia", Reason: "requested"}))
	erased := contact()
	require.Equal(t, "Erased person", erased.DisplayName)
	require.Nil(t, erased.WorkEmail)
	require.Equal(t, interconnect.StatusActive, erased.Status)
}
