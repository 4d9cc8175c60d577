package interconnect_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

func TestPeopleAreInvitedAndFollowed(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	issued, err := w.InviteMember(ctx, w.P1, interconnect.NewMemberInvitation{Email: ptr("nia@one.example"), Role: "seller"})
	require.NoError(t, err)
	token := tokenOf(t, issued.Link)
	joining := newcomer("nia@one.example")
	_, err = w.Join(ctx, token, joining)
	requireKind(t, operational.KindInvalid, err)
	joining.Company = nil
	session, err := w.Join(ctx, token, joining)
	require.NoError(t, err)
	nia := session.Actor
	require.Equal(t, w.P1.Org, nia.Org)
	require.Len(t, w.as(t, nia).Rights.Links, 2, "a contact in every live connection")

	seen, err := w.Contacts(ctx, w.A, operational.Query{Filter: &operational.Filter{Field: "display_name", Op: "eq", Values: []string{"Nia"}}})
	require.NoError(t, err)
	require.Len(t, seen.Items, 1)
	contact := seen.Items[0]
	require.Equal(t, "nia@one.example", *contact.WorkEmail)
	require.Equal(t, "Dealer Personnel", contact.RoleName)

	person, err := w.Person(ctx, w.P1, nia.Membership)
	require.NoError(t, err)
	_, err = w.SuspendPerson(ctx, w.A, nia.Membership, person.Version)
	requireKind(t, operational.KindNotFound, err)
	_, err = w.SuspendPerson(ctx, w.P1, w.P1.Membership, 1)
	require.Equal(t, "not-yourself", code(t, err))
	_, err = w.SuspendPerson(ctx, w.as(t, nia), w.P1.Membership, 1)
	require.Equal(t, "beyond-own-rights", code(t, err), "nobody decides over people who may do more")
	person, err = w.SuspendPerson(ctx, w.P1, nia.Membership, person.Version)
	require.NoError(t, err)
	require.Equal(t, interconnect.StatusSuspended, person.Status)
	_, err = w.people.ActorOfSession(ctx, session.Token)
	requireKind(t, operational.KindUnauthenticated, err)
	contact, err = w.Contact(ctx, w.A, contact.ID)
	require.NoError(t, err)
	require.Equal(t, "partner", *contact.SuspendedBy)
	_, err = w.ReactivateContact(ctx, w.A, contact.ID, contact.Version)
	require.Equal(t, "suspended-by-partner", code(t, err))
	contact, err = w.SuspendContact(ctx, w.A, contact.ID, contact.Version)
	require.NoError(t, err, "the vendor's own decision, beside the partner's")
	_, err = w.SuspendPerson(ctx, w.P1, nia.Membership, person.Version)
	require.Equal(t, "status-already", code(t, err))
	_, err = w.ReactivatePerson(ctx, w.P1, nia.Membership, person.Version)
	require.NoError(t, err)
	contact, err = w.Contact(ctx, w.A, contact.ID)
	require.NoError(t, err)
	require.Equal(t, "vendor", *contact.SuspendedBy, "what the vendor has suspended stays so")
	var elsewhere string
	w.scan(t, `select status from crm.external_contact where connection_id = $1 and membership_id = $2`, []any{w.BP1, nia.Membership}, &elsewhere)
	require.Equal(t, "active", elsewhere)
	contact, err = w.ReactivateContact(ctx, w.A, contact.ID, contact.Version)
	require.NoError(t, err)
	require.Equal(t, interconnect.StatusActive, contact.Status)

	// One person, two companies: by an invitation from another one, accepted as who is signed in.
	issued, err = w.InviteMember(ctx, w.A, interconnect.NewMemberInvitation{Email: ptr("nia@one.example"), Role: "analyst"})
	require.NoError(t, err)
	got, err := w.Accept(ctx, w.as(t, nia), tokenOf(t, issued.Link))
	require.NoError(t, err)
	there, err := w.Person(ctx, w.A, *got.MembershipID)
	require.NoError(t, err)
	require.Equal(t, "Analyst", there.RoleName)
	issued, err = w.InviteMember(ctx, w.A, interconnect.NewMemberInvitation{Email: ptr("nia@one.example"), Role: "analyst"})
	require.NoError(t, err)
	_, err = w.Accept(ctx, w.as(t, nia), tokenOf(t, issued.Link))
	require.Equal(t, "already-member", code(t, err))
}

func TestNobodyInvitesToMoreThanTheyHold(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.exec(t, `update crm.role set capabilities = capabilities || '{people.manage}' where org_id = $1 and key = 'analyst'`, w.A.Org)
	w.exec(t, `insert into crm.person (id, display_name, created_at) values ('00000000-0000-7000-8000-000000000001', 'Ana', now())`)
	w.exec(t, `insert into crm.membership (id, org_id, person_id, role, created_at) values ('00000000-0000-7000-8000-000000000002', $1, '00000000-0000-7000-8000-000000000001', 'analyst', now())`, w.A.Org)
	ana := w.as(t, operational.Actor{Org: w.A.Org, Membership: uuid.MustParse("00000000-0000-7000-8000-000000000002"), Side: operational.SideVendor})
	for role, want := range map[string]string{"administrator": "beyond-own-rights", "channel_manager": "beyond-own-rights", "dealer_personnel": "invalid-input", "none": "invalid-input"} {
		_, err := w.InviteMember(ctx, ana, interconnect.NewMemberInvitation{Email: ptr("nia@one.example"), Role: role})
		require.Equal(t, want, code(t, err), role)
	}
	_, err := w.InviteMember(ctx, ana, interconnect.NewMemberInvitation{Email: ptr("nia@one.example"), Role: "analyst"})
	require.NoError(t, err)
	above, err := w.InviteMember(ctx, w.A, interconnect.NewMemberInvitation{Email: ptr("nia@one.example"), Role: "administrator"})
	require.NoError(t, err)
	_, err = w.SendAgain(ctx, ana, interconnect.KindMember, above.Invitation.ID, 1)
	require.Equal(t, "beyond-own-rights", code(t, err), "nor do they get at the link of one that another made")
	_, err = w.Look(ctx, tokenOf(t, above.Link))
	require.NoError(t, err, "which is still good")
	_, err = w.InvitePartner(ctx, ana, interconnect.NewPartnerInvitation{Email: ptr("x@new.example"), PartnerName: "x", ExternalRole: ptr("dealer_personnel")})
	requireKind(t, operational.KindForbidden, err)
	_, err = w.InvitePartner(ctx, w.P1, interconnect.NewPartnerInvitation{Email: ptr("x@new.example"), PartnerName: "x"})
	require.Equal(t, "vendor-only", code(t, err))
	_, err = w.InvitePartner(ctx, w.A, interconnect.NewPartnerInvitation{Email: ptr("x@new.example"), PartnerName: "x", ChannelManagerID: &w.B.Membership})
	requireKind(t, operational.KindInvalid, err)
	for _, expires := range []time.Time{w.now, w.now.AddDate(1, 0, 0)} {
		_, err = w.InvitePartner(ctx, w.A, interconnect.NewPartnerInvitation{Email: ptr("x@new.example"), PartnerName: "x", ExpiresAt: &expires})
		requireKind(t, operational.KindInvalid, err)
	}
}

// Whoever governs the channel gives partners' people what they have themselves, by an invitation as by a role that is assigned.
func TestNobodyInvitesPartnersToMoreThanTheyHold(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.exec(t, `update crm.role set capabilities = capabilities || '{channel.govern,connections.manage}' where org_id = $1 and key in ('analyst', 'channel_manager')`, w.A.Org)
	w.exec(t, `insert into crm.person (id, display_name, created_at) values ('00000000-0000-7000-8000-000000000001', 'Ana', now())`)
	w.exec(t, `insert into crm.membership (id, org_id, person_id, role, created_at) values ('00000000-0000-7000-8000-000000000002', $1, '00000000-0000-7000-8000-000000000001', 'analyst', now())`, w.A.Org)
	who := operational.Actor{Org: w.A.Org, Membership: uuid.MustParse("00000000-0000-7000-8000-000000000002"), Side: operational.SideVendor}
	ana := w.as(t, who)
	made, _ := w.invite(t, interconnect.NewPartnerInvitation{ExternalRole: ptr("dealer_personnel")})
	for _, act := range []func() error{
		func() error {
			_, err := w.InvitePartner(ctx, ana, interconnect.NewPartnerInvitation{Email: ptr("x@new.example"), PartnerName: "x", ExternalRole: ptr("dealer_personnel")})
			return err
		},
		func() error {
			_, err := w.SendAgain(ctx, ana, interconnect.KindPartner, made.ID, 1)
			return err
		},
	} {
		require.Equal(t, "beyond-own-rights", code(t, act()), "an analyst writes nothing")
	}
	w.exec(t, `update crm.membership set role = 'channel_manager' where org_id = $1 and id = $2`, w.A.Org, who.Membership)
	w.exec(t, `update crm.role_object set visibility = 'company' where org_id = $1 and role_key = 'channel_manager'`, w.A.Org)
	_, err := w.SendAgain(ctx, w.as(t, who), interconnect.KindPartner, made.ID, 1)
	require.NoError(t, err)
}

// The link that somebody made and kept is no way back for them.
func TestInvitationsEndWithWhoMadeThem(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	first, err := w.InviteMember(ctx, w.P1, interconnect.NewMemberInvitation{Email: ptr("nia@one.example"), Role: "administrator"})
	require.NoError(t, err)
	joining := newcomer("nia@one.example")
	joining.Company = nil
	session, err := w.Join(ctx, tokenOf(t, first.Link), joining)
	require.NoError(t, err)
	kept, err := w.InviteMember(ctx, w.as(t, session.Actor), interconnect.NewMemberInvitation{Email: ptr("nia@one.example"), Role: "administrator"})
	require.NoError(t, err)
	person, err := w.Person(ctx, w.P1, session.Actor.Membership)
	require.NoError(t, err)
	_, err = w.SuspendPerson(ctx, w.P1, person.ID, person.Version)
	require.NoError(t, err)
	_, err = w.Look(ctx, tokenOf(t, kept.Link))
	requireKind(t, operational.KindNotFound, err)
	after, err := w.MemberInvitation(ctx, w.P1, kept.Invitation.ID)
	require.NoError(t, err)
	require.Equal(t, interconnect.InvitationRevoked, after.Status)
}

func TestInvitationsEndWithTheRoleThatMadeThem(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	first, err := w.InviteMember(ctx, w.P1, interconnect.NewMemberInvitation{Email: ptr("nia@one.example"), Role: "administrator"})
	require.NoError(t, err)
	joining := newcomer("nia@one.example")
	joining.Company = nil
	session, err := w.Join(ctx, tokenOf(t, first.Link), joining)
	require.NoError(t, err)
	kept, err := w.InviteMember(ctx, w.as(t, session.Actor), interconnect.NewMemberInvitation{Email: ptr("nia@one.example"), Role: "administrator"})
	require.NoError(t, err)
	w.exec(t, `update crm.membership set role = 'seller', updated_at = $2 where id = $1`, session.Actor.Membership, w.now)
	_, err = w.Look(ctx, tokenOf(t, kept.Link))
	requireKind(t, operational.KindNotFound, err) // whoever has less now does not come back to more
	after, err := w.MemberInvitation(ctx, w.P1, kept.Invitation.ID)
	require.NoError(t, err)
	require.Equal(t, interconnect.InvitationRevoked, after.Status)
}

// Two companies that share a person learn nothing of each other by it, and each knows who has come to it.
func TestWhoJoinsAnotherCompanyIsNotedThere(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	issued, err := w.InviteMember(ctx, w.A, interconnect.NewMemberInvitation{Email: ptr("nia@one.example"), Role: "analyst"})
	require.NoError(t, err)
	got, err := w.Accept(ctx, w.P1, tokenOf(t, issued.Link))
	require.NoError(t, err)
	var theirs, ours int
	w.scan(t, `select count(*) filter (where org_id = $2), count(*) filter (where org_id = $3 and action = 'member.joined' and record_id = $1 and membership_id = $1)
		from crm.audit_event e where e::text like '%' || $1::text || '%'`, []any{*got.MembershipID, w.P1.Org, w.A.Org}, &theirs, &ours)
	require.Zero(t, theirs)
	require.Equal(t, 1, ours)
}
