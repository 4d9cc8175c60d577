package interconnect_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// imported is a partner as an import makes it: one person who sells and does not sign in.
func (w *life) imported(t *testing.T, name string) interconnect.NewPartner {
	t.Helper()
	partners := []interconnect.NewPartner{{Name: name, PartnerNumber: "I-" + name, PersonName: "Olaf of " + name, ExternalRef: name, StartedAt: w.now}}
	require.NoError(t, w.API.InTx(t.Context(), w.A, func(tx *postgres.Tx) error { return interconnect.ProvisionPartners(t.Context(), tx, partners) }))
	return partners[0]
}

func (w *life) inviteAdministrator(t *testing.T, connection uuid.UUID) (interconnect.AdministratorInvitation, string) {
	t.Helper()
	issued, err := w.InviteAdministrator(t.Context(), w.A, connection, interconnect.NewAdministratorInvitation{Email: ptr("ida@import.example"), Message: ptr("Welcome")})
	require.NoError(t, err)
	return issued.Invitation, tokenOf(t, issued.Link)
}

func administrator(email string) interconnect.Newcomer {
	return interconnect.Newcomer{Name: "Ida", Email: email, Password: "a long password"}
}

// A partner that an import has made gets somebody who looks after it, by its vendor's invitation; from then on who works
// there is its own affair.
func TestAVendorInvitesAnAdministratorIntoAPartnerThatHasNone(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	p := w.imported(t, "Kestrel")
	_, err := w.InviteAdministrator(ctx, w.B, p.ConnectionID, interconnect.NewAdministratorInvitation{Email: ptr("x@y.example")})
	requireKind(t, operational.KindNotFound, err)
	_, err = w.InviteAdministrator(ctx, w.P1, w.AP1, interconnect.NewAdministratorInvitation{Email: ptr("x@y.example")})
	require.Equal(t, "vendor-only", code(t, err))
	_, err = w.InviteAdministrator(ctx, w.A, p.ConnectionID, interconnect.NewAdministratorInvitation{})
	requireKind(t, operational.KindInvalid, err)
	made, token := w.inviteAdministrator(t, p.ConnectionID)
	require.Equal(t, "Kestrel", made.PartnerName)
	other, second := w.inviteAdministrator(t, p.ConnectionID)
	offer, err := w.Look(ctx, token)
	require.NoError(t, err)
	require.Equal(t, "Kestrel", *offer.Company)
	require.Equal(t, interconnect.KindAdministrator, offer.Kind)
	_, err = w.Join(ctx, token, administrator("other@import.example"))
	require.Equal(t, "join-refused", code(t, err))
	session, err := w.Join(ctx, token, administrator("ida@import.example"))
	require.NoError(t, err)
	ida := w.as(t, session.Actor)
	require.Equal(t, p.OrgID, ida.Org)
	require.True(t, ida.Allowed(operational.PeopleManage) && ida.Allowed(operational.ConnectionsManage))
	d, err := w.Disclosure(ctx, ida, p.ConnectionID)
	require.NoError(t, err)
	require.Equal(t, "Vendor A", d.VendorName)
	require.Len(t, w.noted(t, p.OrgID, "member.joined"), 1)

	list, err := w.AdministratorInvitations(ctx, w.A, operational.Query{})
	require.NoError(t, err)
	require.Len(t, list.Items, 2)
	after, err := w.AdministratorInvitation(ctx, w.A, made.ID)
	require.NoError(t, err)
	require.Equal(t, interconnect.InvitationAccepted, after.Status)
	still, err := w.AdministratorInvitation(ctx, w.A, other.ID)
	require.NoError(t, err)
	require.Equal(t, interconnect.InvitationOpen, still.Status, "its end would tell that somebody has come")
	_, err = w.Look(ctx, second)
	require.NoError(t, err)
	_, err = w.Join(ctx, second, administrator("ida2@import.example"))
	require.Equal(t, "join-refused", code(t, err), "who works there is the partner's own affair now")
	w.anchored(t)
	require.NotZero(t, w.anchors(t, p.OrgID, p.ConnectionID), "the partner keeps an anchor of who was invited into it")
}

// unlike are partners that differ in what a vendor must not learn: who works there and for whom else.
func (w *life) unlike(t *testing.T) map[string]interconnect.NewPartner {
	t.Helper()
	all := map[string]interconnect.NewPartner{}
	for _, name := range []string{"untouched", "of another vendor too", "somebody signs in", "has an administrator", "somebody has worked there", "has a channel"} {
		all[name] = w.imported(t, name)
	}
	w.exec(t, `insert into crm.connection (id, vendor_org_id, partner_org_id, status, partner_number, created_at, updated_at) values (gen_random_uuid(), $1, $2, 'active', 'B-9', now(), now())`, w.B.Org, all["of another vendor too"].OrgID)
	w.exec(t, `insert into sec.password (person_id, hash, changed_at) values ($1, 'x', now())`, all["somebody signs in"].PersonID)
	w.exec(t, `update crm.membership set role = 'administrator' where id = $1`, all["has an administrator"].MembershipID)
	worked := all["somebody has worked there"] // and was erased since
	w.exec(t, `insert into crm.audit_event (id, org_id, at, side, membership_id, action, object) values (gen_random_uuid(), $1, now(), 'partner', $2, 'account.created', 'account')`, worked.OrgID, worked.MembershipID)
	w.exec(t, `update crm.membership set status = 'suspended' where id = $1`, worked.MembershipID)
	w.exec(t, `update crm.workspace set governs = true where org_id = $1`, all["has a channel"].OrgID)
	return all
}

// Inviting tells a vendor nothing of who works at a partner and for whom else: invitation, page and list are the same. Nor do
// the answers to somebody from outside say more than that it did not go.
func TestInvitingAnAdministratorTellsNothingOfThePartner(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	for name, p := range w.unlike(t) {
		made, token := w.inviteAdministrator(t, p.ConnectionID)
		require.Equal(t, interconnect.InvitationOpen, made.Status, name)
		require.Equal(t, "none", made.Mail, name)
		offer, err := w.Look(ctx, token)
		require.NoError(t, err, name)
		require.Equal(t, interconnect.KindAdministrator, offer.Kind)
		require.Equal(t, name, *offer.Company)
		_, err = w.Accept(ctx, w.A, token)
		if name != "untouched" {
			require.Equal(t, errText(t, refusedLike(t, w)), errText(t, err), name)
			_, err = w.Join(ctx, token, administrator("ida@import.example"))
			require.Equal(t, errText(t, refusedLike(t, w)), errText(t, err), "as for a wrong address")
			var there int
			w.scan(t, `select count(*) from crm.person where email_norm = 'ida@import.example'`, nil, &there)
			require.Zero(t, there, name)
			after, err := w.AdministratorInvitation(ctx, w.A, made.ID)
			require.NoError(t, err)
			require.Equal(t, interconnect.InvitationOpen, after.Status, name)
			_, err = w.SendAgain(ctx, w.A, interconnect.KindAdministrator, made.ID, after.Version)
			require.NoError(t, err, name)
		}
	}
}

// refusedLike is what somebody is told who takes another address than the one that was named.
func refusedLike(t *testing.T, w *life) error {
	t.Helper()
	issued, err := w.InviteMember(t.Context(), w.P2, interconnect.NewMemberInvitation{Email: ptr("right@one.example"), Role: "seller"})
	require.NoError(t, err)
	_, err = w.Join(t.Context(), tokenOf(t, issued.Link), administrator("wrong@one.example"))
	return err
}

func errText(t *testing.T, err error) string {
	t.Helper()
	require.Error(t, err)
	return code(t, err) + ": " + err.Error()[strings.Index(err.Error(), "You cannot join"):]
}

// Where the partner has people of its own, they are shown the invitation, and one of them can take it on.
func TestAnInvitationIsPassedOnToThePartnersOwnPeople(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	all := w.unlike(t)
	member := func(p interconnect.NewPartner) operational.Actor {
		return w.as(t, operational.Actor{Org: p.OrgID, Membership: p.MembershipID, Person: p.PersonID, Side: operational.SidePartner})
	}
	worked := all["somebody signs in"]
	w.inviteAdministrator(t, worked.ConnectionID)
	olaf := member(worked)
	list, err := w.PassedOn(ctx, olaf, worked.ConnectionID)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Nil(t, list[0].Email, "for those who manage people")
	require.Equal(t, "Welcome", *list[0].Message)
	ida := uuid.New()
	w.exec(t, `insert into crm.person (id, display_name, email, email_norm, created_at) values ($1, 'Ida', 'Ida@import.example', 'ida@import.example', now())`, ida)
	w.exec(t, `insert into crm.membership (id, org_id, person_id, role, created_at) values ($1, $2, $1, 'seller', now())`, ida, worked.OrgID)
	_, err = w.Accept(ctx, olaf, tokenOf(t, *list[0].Link))
	require.Equal(t, "join-refused", code(t, err), "nobody takes what was meant for a colleague")
	w.exec(t, `update crm.membership set status = 'suspended' where id = $1`, ida)

	got, err := w.Accept(ctx, olaf, tokenOf(t, *list[0].Link))
	require.NoError(t, err)
	require.Equal(t, interconnect.Accepted{Kind: interconnect.KindAdministrator}, got)
	require.True(t, w.as(t, olaf).Rights.Own.Everything)
	require.Equal(t, []string{`member false {"codes": {"by": "invitation"}, "changes": [{"is": "administrator", "was": "seller", "subject": "role"}]}`}, w.noted(t, worked.OrgID, "member.assigned"))
	_, err = w.PassedOn(ctx, w.P2, worked.ConnectionID)
	requireKind(t, operational.KindNotFound, err)
	_, err = w.PassedOn(ctx, w.A, worked.ConnectionID)
	requireKind(t, operational.KindNotFound, err)

	led := all["has an administrator"]
	_, token := w.inviteAdministrator(t, led.ConnectionID)
	list, err = w.PassedOn(ctx, member(led), led.ConnectionID)
	require.NoError(t, err)
	require.Equal(t, "ida@import.example", *list[0].Email)
	require.Nil(t, list[0].Link)
	clerk := uuid.New()
	w.exec(t, `insert into crm.person (id, display_name, created_at) values ($1, 'Clerk', now())`, clerk)
	w.exec(t, `insert into crm.membership (id, org_id, person_id, role, created_at) values ($1, $2, $1, 'seller', now())`, clerk, led.OrgID)
	_, err = w.Accept(ctx, w.as(t, operational.Actor{Org: led.OrgID, Membership: clerk, Person: clerk, Side: operational.SidePartner}), token)
	require.Equal(t, "has-administrator", code(t, err), "an invitation is no way up past one's own administrator")
}

// What has ended, or is suspended, gets no administrator by an invitation that is still open.
func TestAnAdministratorOfALiveConnectionOnly(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	p := w.imported(t, "Kestrel")
	made, token := w.inviteAdministrator(t, p.ConnectionID)
	_, err := w.Suspend(ctx, w.A, p.ConnectionID, 1, "audit")
	require.NoError(t, err)
	_, err = w.Join(ctx, token, administrator("ida@import.example"))
	requireKind(t, operational.KindNotFound, err)
	_, err = w.SendAgain(ctx, w.A, interconnect.KindAdministrator, made.ID, 1)
	require.Equal(t, "connection-state", code(t, err))
	_, err = w.InviteAdministrator(ctx, w.A, p.ConnectionID, interconnect.NewAdministratorInvitation{Email: ptr("x@y.example")})
	require.Equal(t, "connection-state", code(t, err))
	_, err = w.Resume(ctx, w.A, p.ConnectionID, 2, "")
	require.NoError(t, err)
	_, err = w.Join(ctx, token, administrator("ida@import.example"))
	require.NoError(t, err)
}
