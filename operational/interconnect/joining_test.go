package interconnect_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/jobs"
)

// mailed makes the service send mail, and gives what is sent.
func (w *life) mailed(t *testing.T) *post {
	t.Helper()
	w.Invitations = interconnect.NewInvitations(w.API, w.people, w.tickets, true)
	p := &post{}
	work, err := jobs.New(w.Jobs, slog.New(slog.DiscardHandler), interconnect.NewPostman(w.Jobs, w.tickets, p.send).Workers()...)
	require.NoError(t, err)
	require.NoError(t, work.Start(context.Background()))
	t.Cleanup(func() { _ = work.Stop(context.Background()) })
	return p
}

// ticket is what stands behind the link that was mailed to an address last.
func (p *post) ticket(t *testing.T, address string, token string) (ticket string) {
	t.Helper()
	require.Eventually(t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, m := range p.sent {
			if _, rest, ok := strings.Cut(m.Text, "/invitations/"+token+"/"); ok && m.To == address {
				ticket, _, _ = strings.Cut(rest, "\n")
			}
		}
		return ticket != ""
	}, 20*time.Second, 20*time.Millisecond, address)
	return ticket
}

// Where mail is sent, somebody new joins with an address that they read mail at. The link that whoever invited holds
// opens no account under somebody else's address, and says of none whether it is known.
func TestSomebodyNewShowsThatTheAddressIsTheirs(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.exec(t, `update crm.person set email = 'p1@known.example', email_norm = 'p1@known.example' where id = $1`, w.P1.Person)
	mails := w.mailed(t)
	made, token := w.invite(t, interconnect.NewPartnerInvitation{Email: ptr("nia@new.example")})
	offer, err := w.Look(ctx, token)
	require.NoError(t, err)
	require.True(t, offer.AskFirst)
	for _, address := range []string{"nia@new.example", "p1@known.example", "victim@other.example"} {
		_, err := w.Join(ctx, token, newcomer(address))
		require.Equal(t, "ask-first", code(t, err), "also with the address that was named: the link was shown to whoever invited")
	}
	for _, address := range []string{"p1@known.example", " fay@other.example "} {
		require.NoError(t, w.AskToJoin(ctx, token, address), "one answer for all")
		mails.ticket(t, strings.TrimSpace(address), token)
	}
	requireKind(t, operational.KindInvalid, w.AskToJoin(ctx, token, "no address"))
	requireKind(t, operational.KindNotFound, w.AskToJoin(ctx, strings.Repeat("A", 43), "fay@other.example"))

	known, fays := mails.ticket(t, "p1@known.example", token), mails.ticket(t, "fay@other.example", token)
	join := func(ticket, address string) error {
		in := newcomer(address)
		in.Ticket = ticket
		_, err := w.Join(ctx, token, in)
		return err
	}
	for name, ticket := range map[string]string{"none": "", "made up": "x.y", "another's": strings.Replace(fays, "a", "b", 1), "of another address": strings.Split(known, ".")[0] + "." + strings.Split(fays, ".")[1]} {
		require.Equal(t, "ask-first", code(t, join(ticket, "fay@other.example")), name)
	}
	requireKind(t, operational.KindInvalid, join(fays, "victim@other.example"))
	err = join(known, "p1@known.example")
	require.Equal(t, "join-refused", code(t, err))
	require.Contains(t, err.Error(), "signed in here before with this address", "who reads mail there may know")
	address, err := w.Invited(ctx, token, fays)
	require.NoError(t, err)
	require.Equal(t, "fay@other.example", address)
	_, err = w.Invited(ctx, token, known+"x")
	requireKind(t, operational.KindNotFound, err)
	require.NoError(t, join(fays, "Fay@other.example"))
	var kept int
	w.scan(t, `select count(*) from crm.invitation where id = $1 and (email is not null or asked_emails <> '{}')`, []any{made.ID}, &kept)
	require.Zero(t, kept)
	require.Len(t, w.noted(t, w.A.Org, "invitation.asked"), 2)

	// The mail to the address that was named holds the link to join at once.
	_, second := w.invite(t, interconnect.NewPartnerInvitation{Email: ptr("nia@new.example")})
	in := newcomer("nia@new.example")
	in.Ticket = mails.ticket(t, "nia@new.example", second)
	_, err = w.Join(ctx, second, in)
	require.NoError(t, err)
}

// An invitation asks for five mails at most, and begins anew with a new link.
func TestAskingHasAnEnd(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.Invitations = interconnect.NewInvitations(w.API, w.people, w.tickets, true)
	made, token := w.invite(t, interconnect.NewPartnerInvitation{})
	asked := func() (n int) {
		w.scan(t, `select count(*) from crm.outbox where event_type = 'invitation.asked' and record_id = $1`, []any{made.ID}, &n)
		return n
	}
	for range 8 {
		require.NoError(t, w.AskToJoin(ctx, token, "fay@other.example"))
	}
	require.Equal(t, 5, asked())
	link, err := w.SendAgain(ctx, w.A, interconnect.KindPartner, made.ID, 1)
	require.NoError(t, err)
	require.NoError(t, w.AskToJoin(ctx, tokenOf(t, link), "fay@other.example"))
	require.Equal(t, 6, asked())
}

// Where no mail is sent, whoever invites names the address and so vouches for it; nobody joins with another one.
func TestWithoutMailTheAddressIsNamed(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	_, err := w.InvitePartner(ctx, w.A, interconnect.NewPartnerInvitation{PartnerName: "x", Tier: ptr("")})
	require.ErrorContains(t, err, "email: is needed")
	require.ErrorContains(t, err, "tier", "with all other faults")
	_, err = w.InviteMember(ctx, w.P1, interconnect.NewMemberInvitation{Role: "seller"})
	requireKind(t, operational.KindInvalid, err)
	_, token := w.invite(t, interconnect.NewPartnerInvitation{Email: ptr("Nia@new.example")})
	require.Equal(t, "no-mail", code(t, w.AskToJoin(ctx, token, "nia@new.example")))
	_, err = w.Join(ctx, token, newcomer("victim@other.example"))
	require.Equal(t, "join-refused", code(t, err))
	var squatted int
	w.scan(t, `select count(*) from crm.person where email_norm = 'victim@other.example'`, nil, &squatted)
	require.Zero(t, squatted)
	_, err = w.Join(ctx, token, newcomer("nia@NEW.example"))
	require.NoError(t, err)
}

// What could not be given any more is not given: the role of whoever invited has been narrowed since, or the right to invite.
func TestAnInvitationStandsAsLongAsItCouldBeMade(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.exec(t, `update crm.role set capabilities = '{people.manage,connections.manage}' where org_id = $1 and key = 'channel_manager'`, w.A.Org)
	w.exec(t, `update crm.role_object set visibility = 'company' where org_id = $1 and role_key = 'channel_manager'`, w.A.Org)
	mia := w.member(t, w.A, "Mia", "channel_manager")
	_, err := w.InviteMember(ctx, mia, interconnect.NewMemberInvitation{Email: ptr("ana@new.example"), Role: "reviewer"})
	require.Equal(t, "beyond-own-rights", code(t, err), "reviewers read what she does not")
	w.exec(t, `update crm.role set capabilities = '{}' where org_id = $1 and key = 'reviewer'`, w.A.Org)
	issued, err := w.InviteMember(ctx, mia, interconnect.NewMemberInvitation{Email: ptr("ana@new.example"), Role: "reviewer"})
	require.NoError(t, err)
	partner, err := w.InvitePartner(ctx, mia, interconnect.NewPartnerInvitation{Email: ptr("fay@new.example"), PartnerName: "Fay Ltd"})
	require.NoError(t, err)
	member, other := tokenOf(t, issued.Link), tokenOf(t, partner.Link)
	joining := newcomer("ana@new.example")
	joining.Company = nil
	gone := func(token string) {
		t.Helper()
		_, looked := w.Look(ctx, token)
		_, joined := w.Join(ctx, token, joining)
		_, accepted := w.Accept(ctx, w.P1, token)
		for _, err := range []error{looked, joined, accepted, w.Reject(ctx, token, "no")} {
			requireKind(t, operational.KindNotFound, err)
		}
	}
	w.exec(t, `update crm.role_object set can_edit = false, editable = '{}' where org_id = $1 and role_key = 'channel_manager' and object = 'opportunity'`, w.A.Org)
	gone(member)
	_, err = w.Look(ctx, other)
	require.NoError(t, err, "it gives nothing that she lacks")
	w.exec(t, `update crm.role set capabilities = '{people.manage}' where org_id = $1 and key = 'channel_manager'`, w.A.Org)
	gone(other)
	w.exec(t, `update crm.role set capabilities = '{people.manage,connections.manage}' where org_id = $1 and key = 'channel_manager'`, w.A.Org)
	w.exec(t, `update crm.role_object r set can_edit = true, editable = a.editable from crm.role_object a where a.org_id = $1 and a.role_key = 'reviewer' and a.object = 'opportunity'
		and r.org_id = $1 and r.role_key = 'channel_manager' and r.object = 'opportunity'`, w.A.Org)
	session, err := w.Join(ctx, member, joining)
	require.NoError(t, err)
	require.NotEqual(t, uuid.Nil, session.Actor.Membership)
}

// One that has expired can be sent again, with a new link and a new end.
func TestAnExpiredInvitationIsSentAgain(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	made, old := w.invite(t, interconnect.NewPartnerInvitation{ExpiresAt: ptr(w.now.Add(time.Hour))})
	w.now = w.now.Add(2 * time.Hour)
	expired, err := w.PartnerInvitation(ctx, w.A, made.ID)
	require.NoError(t, err)
	require.Equal(t, interconnect.InvitationExpired, expired.Status)
	link, err := w.SendAgain(ctx, w.A, interconnect.KindPartner, made.ID, expired.Version)
	require.NoError(t, err)
	again, err := w.PartnerInvitation(ctx, w.A, made.ID)
	require.NoError(t, err)
	require.Equal(t, interconnect.InvitationOpen, again.Status)
	require.Nil(t, again.ClosedAt)
	require.Equal(t, w.now.Add(14*24*time.Hour), again.ExpiresAt.UTC())
	_, err = w.Look(ctx, old)
	requireKind(t, operational.KindNotFound, err)
	_, err = w.Join(ctx, tokenOf(t, link), newcomer("one@new.example"))
	require.NoError(t, err)

	made, _ = w.invite(t, interconnect.NewPartnerInvitation{ExpiresAt: ptr(w.now.Add(time.Hour))})
	w.now = w.now.Add(2 * time.Hour)
	expired, err = w.PartnerInvitation(ctx, w.A, made.ID)
	require.NoError(t, err)
	w.exec(t, `update crm.invitation set email = null where id = $1`, made.ID)
	_, err = w.SendAgain(ctx, w.A, interconnect.KindPartner, made.ID, expired.Version)
	require.Equal(t, "address-gone", code(t, err))
}
