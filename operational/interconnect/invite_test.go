package interconnect_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

func (w *life) invite(t *testing.T, in interconnect.NewPartnerInvitation) (interconnect.PartnerInvitation, string) {
	t.Helper()
	if in.PartnerName == "" {
		in.PartnerName = "New partner"
	}
	if in.Email == nil {
		in.Email = ptr("one@new.example")
	}
	issued, err := w.InvitePartner(t.Context(), w.A, in)
	require.NoError(t, err)
	return issued.Invitation, tokenOf(t, issued.Link)
}

func tokenOf(t *testing.T, link string) string {
	t.Helper()
	token, ok := strings.CutPrefix(link, address+"/invitations/")
	require.True(t, ok, link)
	require.Len(t, token, 43)
	return token
}

func newcomer(email string) interconnect.Newcomer {
	return interconnect.Newcomer{
		Name: "Nia", Email: email, Password: "a long password",
		Company: &interconnect.NewCompany{Name: "Nia's company", CountryCode: ptr("DE"), TimeZone: "Europe/Berlin", FiscalMonth: 4, Currency: "EUR"},
	}
}

func TestANewcomerJoinsWithACompany(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	made, token := w.invite(t, interconnect.NewPartnerInvitation{
		Email: ptr("nia@new.example"), PartnerName: "Nia Ltd", Tier: ptr("Gold"), Region: ptr("South"), Message: ptr("Welcome"), ChannelManagerID: &w.A.Membership,
	})
	require.Equal(t, interconnect.InvitationOpen, made.Status)
	require.Equal(t, "P-0001", made.PartnerNumber)
	require.Equal(t, w.now.Add(14*24*time.Hour), made.ExpiresAt.UTC())
	var stored int
	w.scan(t, `select count(*) from crm.invitation i where i::text like '%' || $1 || '%'`, []any{token}, &stored)
	require.Zero(t, stored, "of a token only its digest is kept")

	offer, err := w.Look(ctx, token)
	require.NoError(t, err)
	require.Equal(t, interconnect.Offer{Kind: "partner", Inviter: "Vendor A", Message: ptr("Welcome"), ExpiresAt: offer.ExpiresAt}, offer)
	session, err := w.Join(ctx, token, newcomer("nia@new.example"))
	require.NoError(t, err)
	require.Equal(t, operational.SidePartner, session.Actor.Side)
	require.Equal(t, operational.RoleAdministrator, session.Actor.Role)
	nia, err := w.people.ActorOfSession(ctx, session.Token)
	require.NoError(t, err)
	require.Len(t, nia.Grants(operational.ObjectOpportunity), 2, "own business and the vendor's")

	mine, err := w.Connections(ctx, nia, operational.Query{})
	require.NoError(t, err)
	require.Len(t, mine.Items, 1)
	require.Equal(t, "Vendor A", mine.Items[0].VendorName)
	require.Equal(t, "P-0001", mine.Items[0].PartnerNumber)
	seen, err := w.Connection(ctx, w.A, mine.Items[0].ID)
	require.NoError(t, err)
	require.Equal(t, "Nia's company", seen.PartnerName)
	require.Equal(t, w.A.Membership, *seen.ChannelManagerID)
	after, err := w.PartnerInvitation(ctx, w.A, made.ID)
	require.NoError(t, err)
	require.Equal(t, interconnect.InvitationAccepted, after.Status)
	require.Equal(t, mine.Items[0].ID, *after.ConnectionID)
	require.Nil(t, after.Email, "it is hers now")
	again, err := w.people.SignIn(ctx, identity.SignInInput{Email: "NIA@new.example", Password: "a long password", From: "x"})
	require.NoError(t, err)
	require.Equal(t, nia.Membership, again.Actor.Membership)
	workspace, err := w.Workspace(ctx, nia)
	require.NoError(t, err)
	require.Equal(t, "Europe/Berlin", workspace.TimeZone)
}

// Whatever is wrong with a token, nobody learns what.
func TestWrongTokensAreOneAnswer(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	_, used := w.invite(t, interconnect.NewPartnerInvitation{})
	_, err := w.Join(ctx, used, newcomer("one@new.example"))
	require.NoError(t, err)
	revoked, taken := w.invite(t, interconnect.NewPartnerInvitation{})
	require.NoError(t, w.Revoke(ctx, w.A, interconnect.KindPartner, revoked.ID, 1))
	_, rejected := w.invite(t, interconnect.NewPartnerInvitation{})
	require.NoError(t, w.Reject(ctx, rejected, "we sell for others"))
	again, old := w.invite(t, interconnect.NewPartnerInvitation{})
	link, err := w.SendAgain(ctx, w.A, interconnect.KindPartner, again.ID, 1)
	require.NoError(t, err)
	_, err = w.Look(ctx, tokenOf(t, link))
	require.NoError(t, err)
	_, late := w.invite(t, interconnect.NewPartnerInvitation{ExpiresAt: ptr(w.now.Add(time.Hour))})
	_, err = w.Look(ctx, late)
	require.NoError(t, err)
	w.now = w.now.Add(2 * time.Hour)
	words := ""
	for name, token := range map[string]string{"used": used, "revoked": taken, "rejected": rejected, "of an earlier issue": old, "expired": late, "made up": strings.Repeat("A", 43), "short": "x", "empty": ""} {
		_, looked := w.Look(ctx, token)
		_, accepted := w.Accept(ctx, w.P1, token)
		_, joined := w.Join(ctx, token, newcomer("two@new.example"))
		for _, err := range []error{looked, accepted, joined, w.Reject(ctx, token, "no")} {
			requireKind(t, operational.KindNotFound, err)
			if words == "" {
				words = err.Error()
			}
			require.Equal(t, words, err.Error(), name)
		}
	}
	listed, err := w.PartnerInvitations(ctx, w.A, operational.Query{Sort: []operational.Sort{{Field: "created_at"}}})
	require.NoError(t, err)
	var states []string
	for _, i := range listed.Items {
		states = append(states, i.Status)
	}
	require.Equal(t, []string{"accepted", "revoked", "rejected", "open", "expired"}, states)
	require.Equal(t, "we sell for others", *listed.Items[2].ClosedReason)
	for _, i := range listed.Items {
		if i.Status == interconnect.InvitationOpen {
			continue
		}
		if i.Status != interconnect.InvitationExpired {
			_, err := w.SendAgain(ctx, w.A, interconnect.KindPartner, i.ID, i.Version)
			requireKind(t, operational.KindConflict, err)
		}
		requireKind(t, operational.KindConflict, w.Revoke(ctx, w.A, interconnect.KindPartner, i.ID, i.Version))
		_, err = w.Owner(t).Exec(ctx, `update crm.invitation set status = 'open', closed_at = null, connection_id = null where id = $1`, i.ID)
		require.ErrorContains(t, err, "stays so", "not even above the wall")
	}
	requireKind(t, operational.KindNotFound, w.Revoke(ctx, w.B, interconnect.KindPartner, again.ID, 2))
	requireKind(t, operational.KindStale, w.Revoke(ctx, w.A, interconnect.KindPartner, again.ID, 1))
}

// Inviting says the same of an address that is known and of one that is not; joining by a known one wears the invitation out.
func TestNobodyLearnsWhoIsHere(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.exec(t, `update crm.person set email = 'p1@known.example', email_norm = 'p1@known.example' where id = $1`, w.P1.Person)
	for _, address := range []string{"p1@known.example", "nobody@unknown.example"} {
		made, token := w.invite(t, interconnect.NewPartnerInvitation{Email: &address, PartnerName: "Partner One"})
		made.ID, made.Email, made.PartnerNumber = uuid.Nil, nil, ""
		require.Equal(t, interconnect.PartnerInvitation{Invitation: interconnect.Invitation{
			Status: "open", Mail: "none", ExpiresAt: made.ExpiresAt, InvitedBy: w.A.Membership, Version: 1, CreatedAt: made.CreatedAt, UpdatedAt: made.UpdatedAt,
		}, PartnerName: "Partner One"}, made)
		offer, err := w.Look(ctx, token)
		require.NoError(t, err)
		require.Equal(t, "Vendor A", offer.Inviter)
		require.Nil(t, offer.Message)
	}
	// An address that is known and one that nobody has named are refused alike, and not often.
	made, token := w.invite(t, interconnect.NewPartnerInvitation{Email: ptr("p1@known.example")})
	words := map[string]bool{}
	for _, address := range []string{"P1@known.example", "other@new.example", "p1@known.example", "other@new.example", "P1@known.example"} {
		_, err := w.Join(ctx, token, newcomer(address))
		require.Contains(t, []operational.Kind{operational.KindConflict, operational.KindNotFound}, operational.KindOf(err))
		words[err.Error()] = true
	}
	require.Len(t, words, 2, "the last one has worn it out")
	_, err := w.Join(ctx, token, newcomer("fresh@new.example"))
	requireKind(t, operational.KindNotFound, err)
	after, err := w.PartnerInvitation(ctx, w.A, made.ID)
	require.NoError(t, err)
	require.Equal(t, interconnect.InvitationRevoked, after.Status)
}

func TestWhoIsSignedInAcceptsForTheCompany(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	_, token := w.invite(t, interconnect.NewPartnerInvitation{})
	_, err := w.Accept(ctx, w.P1, token)
	requireKind(t, operational.KindConflict, err)
	require.Equal(t, "already-connected", code(t, err))
	_, err = w.Accept(ctx, w.A, token)
	require.Equal(t, "own-invitation", code(t, err))
	_, err = w.Accept(ctx, operational.Actor{Org: w.B.Org, Membership: w.B.Membership, Side: operational.SideVendor, Rights: &operational.Rights{}}, token)
	requireKind(t, operational.KindForbidden, err)

	// A vendor becomes a partner upwards: the middle of two tiers.
	got, err := w.Accept(ctx, w.B, token)
	require.NoError(t, err)
	middle := w.B
	middle.Side = operational.SidePartner
	middle = w.as(t, middle)
	grants := middle.Grants(operational.ObjectOpportunity)
	require.Len(t, grants, 2)
	require.Equal(t, *got.ConnectionID, grants[1].Connection)
	workspace, err := w.Workspace(ctx, w.as(t, w.B))
	require.NoError(t, err)
	require.True(t, workspace.Governs && workspace.Sells)
	var sellers int
	w.scan(t, `select count(*) from crm.role where org_id = $1 and key = 'seller'`, []any{w.B.Org}, &sellers)
	require.Equal(t, 1, sellers)
	_, err = w.Accept(ctx, w.P2, token)
	requireKind(t, operational.KindNotFound, err)
}

func TestConnectedAnewIsAnotherConnection(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	var number string
	w.scan(t, `select partner_number from crm.connection where id = $1`, []any{w.AP1}, &number)
	_, err := w.InvitePartner(ctx, w.A, interconnect.NewPartnerInvitation{Email: ptr("one@new.example"), PartnerName: "Partner One", PartnerNumber: &number})
	require.Equal(t, "partner-number-taken", code(t, err))
	_, err = w.End(ctx, w.P1, w.AP1, 1, "a break")
	require.NoError(t, err)
	_, token := w.invite(t, interconnect.NewPartnerInvitation{PartnerName: "Partner One", PartnerNumber: &number})
	got, err := w.Accept(ctx, w.as(t, w.P1), token)
	require.NoError(t, err)
	require.NotEqual(t, w.AP1, *got.ConnectionID)
	fresh, err := w.Connection(ctx, w.P1, *got.ConnectionID)
	require.NoError(t, err)
	require.Equal(t, number, fresh.PartnerNumber)
	old, err := w.Connection(ctx, w.P1, w.AP1)
	require.NoError(t, err)
	require.Equal(t, interconnect.StatusEnded, old.Status)
	var contact uuid.UUID
	w.scan(t, `select id from crm.external_contact where connection_id = $1`, []any{*got.ConnectionID}, &contact)
	require.NotEqual(t, w.ContactAP1, contact, "whom the vendor knows is another identity")
}

func TestOfManyWhoAcceptOneDoes(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	_, token := w.invite(t, interconnect.NewPartnerInvitation{})
	_, err := w.End(ctx, w.P2, w.AP2, 1, "free again")
	require.NoError(t, err)
	var won, none atomic.Int32
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = w.Accept(ctx, w.P2, token)
			} else {
				_, err = w.Accept(ctx, w.B, token)
			}
			switch {
			case err == nil:
				won.Add(1)
			case operational.KindOf(err) == operational.KindNotFound || operational.KindOf(err) == operational.KindConflict:
				none.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, won.Load())
	require.EqualValues(t, 23, none.Load())
	var live int
	w.scan(t, `select count(*) from crm.connection where vendor_org_id = $1 and status = 'active'`, []any{w.A.Org}, &live)
	require.Equal(t, 2, live)
}
