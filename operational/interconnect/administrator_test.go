package interconnect_test

import (
	"context"
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
	_, err := w.InviteAdministrator(ctx, w.A, w.AP1, interconnect.NewAdministratorInvitation{Email: ptr("x@y.example")})
	require.Equal(t, "partner-has-administrator", code(t, err))
	_, err = w.InviteAdministrator(ctx, w.B, p.ConnectionID, interconnect.NewAdministratorInvitation{Email: ptr("x@y.example")})
	requireKind(t, operational.KindNotFound, err)
	_, err = w.InviteAdministrator(ctx, w.P1, w.AP1, interconnect.NewAdministratorInvitation{Email: ptr("x@y.example")})
	require.Equal(t, "vendor-only", code(t, err))
	_, err = w.InviteAdministrator(ctx, w.A, p.ConnectionID, interconnect.NewAdministratorInvitation{})
	requireKind(t, operational.KindInvalid, err)
	lacks, err := w.LacksAdministrator(ctx, w.A, p.ConnectionID)
	require.NoError(t, err)
	require.True(t, lacks)
	lacks, err = w.LacksAdministrator(ctx, w.B, p.ConnectionID)
	require.NoError(t, err)
	require.False(t, lacks, "of others' partners nobody learns it")

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
	ended, err := w.AdministratorInvitation(ctx, w.A, other.ID)
	require.NoError(t, err)
	require.Equal(t, interconnect.InvitationRevoked, ended.Status)
	_, err = w.Look(ctx, second)
	requireKind(t, operational.KindNotFound, err)
	_, err = w.InviteAdministrator(ctx, w.A, p.ConnectionID, interconnect.NewAdministratorInvitation{Email: ptr("x@y.example")})
	require.Equal(t, "partner-has-administrator", code(t, err))
	w.anchored(t)
	require.NotZero(t, w.anchors(t, p.OrgID, p.ConnectionID), "the partner keeps an anchor of who was invited into it")
}

// The invitation of one vendor opens nothing of another's, nor what people of the partner have of their own: then only
// they can accept it.
func TestAnAdministratorByInvitationReadsNothingOfOthers(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	shared := w.imported(t, "Shared")
	w.exec(t, `insert into crm.connection (id, vendor_org_id, partner_org_id, status, partner_number, created_at, updated_at) values (gen_random_uuid(), $1, $2, 'active', 'B-9', now(), now())`, w.B.Org, shared.OrgID)
	_, token := w.inviteAdministrator(t, shared.ConnectionID)
	_, err := w.Join(ctx, token, administrator("ida@import.example"))
	require.Equal(t, "join-refused", code(t, err))
	_, err = w.Accept(ctx, w.A, token)
	require.Equal(t, "join-refused", code(t, err), "nor whoever is signed in elsewhere")
	var there int
	w.scan(t, `select count(*) from crm.person where email_norm = 'ida@import.example'`, nil, &there)
	require.Zero(t, there)

	worked := w.imported(t, "Worked")
	w.exec(t, `insert into sec.password (person_id, hash, changed_at) values ($1, 'x', now())`, worked.PersonID)
	_, token = w.inviteAdministrator(t, worked.ConnectionID)
	_, err = w.Join(ctx, token, administrator("ida@import.example"))
	require.Equal(t, "join-refused", code(t, err))
	olaf := w.as(t, operational.Actor{Org: worked.OrgID, Membership: worked.MembershipID, Person: worked.PersonID, Side: operational.SidePartner})
	got, err := w.Accept(ctx, olaf, token)
	require.NoError(t, err)
	require.Equal(t, interconnect.Accepted{Kind: interconnect.KindAdministrator}, got)
	require.True(t, w.as(t, olaf).Rights.Own.Everything)
	require.Equal(t, []string{`member false {"codes": {"by": "invitation", "role": "administrator"}}`}, w.noted(t, worked.OrgID, "member.assigned"))
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
