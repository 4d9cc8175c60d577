package interconnect_test

import (
	"context"
	"errors"
	"log/slog"
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
	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/mail"
)

func (w *life) invite(t *testing.T, in interconnect.NewPartnerInvitation) (interconnect.PartnerInvitation, string) {
	t.Helper()
	if in.PartnerName == "" {
		in.PartnerName = "New partner"
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
		_, err := w.SendAgain(ctx, w.A, interconnect.KindPartner, i.ID, i.Version)
		requireKind(t, operational.KindConflict, err)
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
	made, token := w.invite(t, interconnect.NewPartnerInvitation{})
	for range 5 {
		_, err := w.Join(ctx, token, newcomer("P1@known.example"))
		require.Contains(t, []operational.Kind{operational.KindConflict, operational.KindNotFound}, operational.KindOf(err))
	}
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
	_, err := w.InvitePartner(ctx, w.A, interconnect.NewPartnerInvitation{PartnerName: "Partner One", PartnerNumber: &number})
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

func TestPeopleAreInvitedAndFollowed(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	issued, err := w.InviteMember(ctx, w.P1, interconnect.NewMemberInvitation{Role: "dealer_personnel"})
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
	issued, err = w.InviteMember(ctx, w.A, interconnect.NewMemberInvitation{Role: "analyst"})
	require.NoError(t, err)
	got, err := w.Accept(ctx, w.as(t, nia), tokenOf(t, issued.Link))
	require.NoError(t, err)
	there, err := w.Person(ctx, w.A, *got.MembershipID)
	require.NoError(t, err)
	require.Equal(t, "Analyst", there.RoleName)
	issued, err = w.InviteMember(ctx, w.A, interconnect.NewMemberInvitation{Role: "analyst"})
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
		_, err := w.InviteMember(ctx, ana, interconnect.NewMemberInvitation{Role: role})
		require.Equal(t, want, code(t, err), role)
	}
	_, err := w.InviteMember(ctx, ana, interconnect.NewMemberInvitation{Role: "analyst"})
	require.NoError(t, err)
	_, err = w.InvitePartner(ctx, ana, interconnect.NewPartnerInvitation{PartnerName: "x", ExternalRole: ptr("dealer_personnel")})
	requireKind(t, operational.KindForbidden, err)
	_, err = w.InvitePartner(ctx, w.P1, interconnect.NewPartnerInvitation{PartnerName: "x"})
	require.Equal(t, "vendor-only", code(t, err))
	_, err = w.InvitePartner(ctx, w.A, interconnect.NewPartnerInvitation{PartnerName: "x", ChannelManagerID: &w.B.Membership})
	requireKind(t, operational.KindInvalid, err)
	for _, expires := range []time.Time{w.now, w.now.AddDate(1, 0, 0)} {
		_, err = w.InvitePartner(ctx, w.A, interconnect.NewPartnerInvitation{PartnerName: "x", ExpiresAt: &expires})
		requireKind(t, operational.KindInvalid, err)
	}
}

// post is a mail server that can be out of order.
type post struct {
	mu   sync.Mutex
	sent []mail.Message
	down error
}

func (p *post) send(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down != nil {
		return p.down
	}
	p.sent = append(p.sent, m)
	return nil
}

func TestInvitationsAreMailedAfterTheyAreMade(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.Invitations = interconnect.NewInvitations(w.API, w.people, w.tickets, true)
	var p post
	work, err := jobs.New(w.Jobs, slog.New(slog.DiscardHandler), interconnect.NewPostman(w.Jobs, w.tickets, p.send).Worker())
	require.NoError(t, err)
	require.NoError(t, work.Start(ctx))
	t.Cleanup(func() { _ = work.Stop(context.Background()) })

	p.down = errors.New("out of order")
	issued, err := w.InvitePartner(ctx, w.A, interconnect.NewPartnerInvitation{Email: ptr("nia@new.example"), PartnerName: "Nia Ltd", Message: ptr("Do come.")})
	require.NoError(t, err)
	require.Equal(t, "waiting", issued.Invitation.Mail)
	tried := func() (n int) {
		w.scan(t, `select coalesce(max(cardinality(errors)), 0) from river.river_job where kind = 'event'`, nil, &n)
		return n
	}
	require.Eventually(t, func() bool { return tried() > 0 }, 20*time.Second, 20*time.Millisecond)
	p.mu.Lock()
	p.down = nil
	p.mu.Unlock()
	state := func() (state string) {
		w.scan(t, `select mail from crm.invitation where id = $1`, []any{issued.Invitation.ID}, &state)
		return state
	}
	require.Eventually(t, func() bool { return state() == "sent" }, 20*time.Second, 20*time.Millisecond)
	p.mu.Lock()
	require.Len(t, p.sent, 1)
	m := p.sent[0]
	p.mu.Unlock()
	require.Equal(t, "nia@new.example", m.To)
	require.Equal(t, "Vendor A invites you as a partner", m.Subject)
	require.Contains(t, m.Text, "Do come.")
	require.Contains(t, m.Text, issued.Link)
	_, err = w.Look(ctx, tokenOf(t, issued.Link))
	require.NoError(t, err)

	now, err := w.PartnerInvitation(ctx, w.A, issued.Invitation.ID)
	require.NoError(t, err)
	link, err := w.SendAgain(ctx, w.A, interconnect.KindPartner, issued.Invitation.ID, now.Version)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return state() == "sent" }, 20*time.Second, 20*time.Millisecond)
	p.mu.Lock()
	defer p.mu.Unlock()
	require.Len(t, p.sent, 2)
	require.Contains(t, p.sent[1].Text, link)
	require.NotContains(t, p.sent[1].Text, issued.Link)
	var traces int
	w.scan(t, `select count(*) from river.river_job where args::text like '%' || $1 || '%' or args::text like '%nia@%'`, []any{tokenOf(t, link)}, &traces)
	require.Zero(t, traces, "a job holds ids only")
}

func TestAMailThatNobodyTakesIsSaid(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.Invitations = interconnect.NewInvitations(w.API, w.people, w.tickets, true)
	issued, err := w.InvitePartner(ctx, w.A, interconnect.NewPartnerInvitation{Email: ptr("nia@new.example"), PartnerName: "Nia Ltd"})
	require.NoError(t, err)
	worker := interconnect.NewPostman(w.Jobs, w.tickets, nil).Worker()
	require.NoError(t, worker.GiveUp(ctx, jobs.Job{Event: worker.Event, Org: w.A.Org, Side: w.A.Side, Record: issued.Invitation.ID}))
	now, err := w.PartnerInvitation(ctx, w.A, issued.Invitation.ID)
	require.NoError(t, err)
	require.Equal(t, "failed", now.Mail)
	_, err = w.Look(ctx, tokenOf(t, issued.Link))
	require.NoError(t, err, "the link can still be passed on by hand")
}
