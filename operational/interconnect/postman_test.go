package interconnect_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/mail"
)

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
