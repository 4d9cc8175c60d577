package interconnect_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/mail"
)

// telling is a channel whose people have mail addresses and whose letters go out.
func telling(t *testing.T) (*life, *post) {
	t.Helper()
	w := newLife(t)
	w.exec(t, `update crm.person p set email = o.name || '@mail.example' from crm.membership m join crm.organisation o on o.id = m.org_id where m.person_id = p.id`)
	var p post
	work, err := jobs.New(w.Jobs, slog.New(slog.DiscardHandler), interconnect.NewPostman(w.Jobs, w.tickets, p.send).Workers()...)
	require.NoError(t, err)
	require.NoError(t, work.Start(context.Background()))
	t.Cleanup(func() { _ = work.Stop(context.Background()) })
	return w, &p
}

// await gives the letters once there are so many, and no more.
func (p *post) await(t *testing.T, w *life, n int) []mail.Message {
	t.Helper()
	owner := w.Owner(t)
	require.Eventually(t, func() bool {
		var waiting int
		err := owner.QueryRow(context.Background(), `select (select count(*) from crm.outbox where relayed_at is null) + (select count(*) from river.river_job where kind = 'event' and state not in ('completed', 'cancelled', 'discarded'))`).Scan(&waiting)
		p.mu.Lock()
		defer p.mu.Unlock()
		return err == nil && waiting == 0 && len(p.sent) >= n
	}, 30*time.Second, 50*time.Millisecond)
	p.mu.Lock()
	defer p.mu.Unlock()
	require.Len(t, p.sent, n, "%v", p.sent)
	return slices.Clone(p.sent)
}

func TestTheOtherSideIsToldOfItsConnection(t *testing.T) {
	ctx := context.Background()
	w, p := telling(t)
	person, member := uuid.New(), uuid.New()
	w.exec(t, `insert into crm.person (id, display_name, email, created_at) values ($1, 'Seller', 'seller@mail.example', now())`, person)
	w.exec(t, `insert into crm.membership (id, org_id, person_id, role, created_at) values ($1, $2, $3, 'seller', now())`, member, w.P1.Org, person)
	_, err := w.Suspend(ctx, w.A, w.AP1, 1, "An audit.")
	require.NoError(t, err)
	m := p.await(t, w, 1)[0]
	require.Equal(t, "Partner One@mail.example", m.To, "who manages connections there, and nobody who sells")
	require.Equal(t, "Vendor A has suspended the connection with you", m.Subject)
	require.Contains(t, m.Text, "An audit.")
	require.Contains(t, m.Text, address+"/connections/"+w.AP1.String())
	require.NotContains(t, m.Text, "Vendor B")
	_, err = w.Resume(ctx, w.A, w.AP1, 2, "")
	require.NoError(t, err)
	m = p.await(t, w, 2)[1]
	require.Equal(t, "Vendor A has resumed the connection with you", m.Subject)
	_, err = w.End(ctx, w.as(t, w.P1), w.AP1, 3, "We part.")
	require.NoError(t, err)
	m = p.await(t, w, 3)[2]
	require.Equal(t, "Vendor A@mail.example", m.To)
	require.Equal(t, "Partner One has ended the connection with you", m.Subject)
	require.Contains(t, m.Text, address+"/partners/"+w.AP1.String())
	var traces int
	w.scan(t, `select count(*) from river.river_job where args::text like '%@mail.example%' or args::text like '%We part%'`, nil, &traces)
	require.Zero(t, traces, "a job holds ids only")
}

func TestWhoInvitedIsToldOfTheAnswer(t *testing.T) {
	ctx := context.Background()
	w, p := telling(t)
	accepted, err := w.InvitePartner(ctx, w.A, interconnect.NewPartnerInvitation{Email: ptr("nia@new.example"), PartnerName: "Nia Ltd"})
	require.NoError(t, err)
	p.mu.Lock()
	p.down = errors.New("out of order")
	p.mu.Unlock()
	_, err = w.Join(ctx, tokenOf(t, accepted.Link), newcomer("nia@new.example"))
	require.NoError(t, err)
	owner := w.Owner(t)
	require.Eventually(t, func() bool {
		var tried int
		err := owner.QueryRow(ctx, `select coalesce(max(cardinality(errors)), 0) from river.river_job where args ->> 'event' = 'invitation.accepted'`).Scan(&tried)
		return err == nil && tried > 0
	}, 30*time.Second, 50*time.Millisecond)
	p.mu.Lock()
	p.down = nil
	p.mu.Unlock()
	m := p.await(t, w, 1)[0]
	require.Equal(t, "Vendor A@mail.example", m.To)
	require.Equal(t, "Your invitation of Nia Ltd was accepted", m.Subject)
	require.NotContains(t, m.Text, "nia@new.example", "the address is somebody's own now")

	member, err := w.InviteMember(ctx, w.P1, interconnect.NewMemberInvitation{Email: ptr("zoe@one.example"), Role: "seller"})
	require.NoError(t, err)
	require.NoError(t, w.Reject(ctx, tokenOf(t, member.Link), "I stay where I am."))
	m = p.await(t, w, 2)[1]
	require.Equal(t, "Partner One@mail.example", m.To)
	require.Equal(t, "Your invitation was rejected", m.Subject)
	require.Contains(t, m.Text, "I stay where I am.")
	require.Contains(t, m.Text, address+"/settings/invitations")

	// Whoever may not invite any more is told nothing more.
	late, err := w.InvitePartner(ctx, w.B, interconnect.NewPartnerInvitation{Email: ptr("ola@new.example"), PartnerName: "Ola Ltd"})
	require.NoError(t, err)
	w.exec(t, `insert into crm.person (id, display_name, created_at) values ('00000000-0000-7000-8000-000000000001', 'Other', now())`)
	w.exec(t, `insert into crm.membership (id, org_id, person_id, role, created_at) values (gen_random_uuid(), $1, '00000000-0000-7000-8000-000000000001', 'administrator', now())`, w.B.Org)
	require.NoError(t, w.Reject(ctx, tokenOf(t, late.Link), "No."))
	p.await(t, w, 3)
	w.exec(t, `update crm.membership set role = 'analyst' where id = $1`, w.B.Membership)
	workers := interconnect.NewPostman(w.Jobs, w.tickets, p.send).Workers()
	at := slices.IndexFunc(workers, func(x jobs.Worker) bool { return x.Event == "invitation.rejected" })
	require.NoError(t, workers[at].Work(ctx, jobs.Job{Event: "invitation.rejected", Org: w.B.Org, Side: w.B.Side, Record: late.Invitation.ID}))
	p.await(t, w, 3)
}
