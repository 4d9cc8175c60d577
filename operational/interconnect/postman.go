package interconnect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/mail"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Postman sends invitations by mail, after they are made, and word of what became of them and of connections.
type Postman struct {
	db      *postgres.DB
	tickets Tickets
	send    func(context.Context, mail.Message) error
}

// NewPostman makes it on the jobs login.
func NewPostman(jobsDB *postgres.DB, tickets Tickets, send func(context.Context, mail.Message) error) *Postman {
	return &Postman{db: jobsDB, tickets: tickets, send: send}
}

// Workers are all that it does.
func (p *Postman) Workers() []jobs.Worker {
	return append(p.tellers(), p.Worker(), jobs.Worker{Event: eventAsked, Attempts: 8, Work: p.deliverAsked, GiveUp: p.forgetAsked})
}

// Worker does it as a job, again a little later when the server does not answer.
func (p *Postman) Worker() jobs.Worker {
	return jobs.Worker{Event: eventInvited, Attempts: 8, Work: p.deliver, GiveUp: p.giveUp}
}

// letter is what a mail is made of.
type letter struct {
	Kind      string
	Issue     int
	Status    string
	Email     *string
	Message   *string
	Mail      string
	ExpiresAt time.Time
	Inviter   string
	TimeZone  string
}

const (
	sqlLetter = `
select i.kind, i.issue, i.status, i.email, i.message, i.mail, i.expires_at, o.name as inviter, w.time_zone
from crm.invitation i join crm.organisation o on o.id = i.org_id join crm.workspace w on w.org_id = i.org_id
where i.id = $1`

	// A token that was issued meanwhile has a mail of its own.
	sqlMailed = `update crm.invitation set mail = $3 where id = $1 and issue = $2 and status = 'open' and mail = 'waiting'`
)

func (p *Postman) deliver(ctx context.Context, job jobs.Job) error {
	actor := job.Actor("mail")
	var l letter
	err := p.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(sqlLetter, job.Record).Query(func(rows pgx.Rows) (err error) {
			l, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[letter])
			return err
		})
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read invitation %s: %w", job.Record, err)
	}
	if l.Status != InvitationOpen || l.Mail != mailWaiting || l.Email == nil || !l.ExpiresAt.After(p.db.Now()) {
		return nil // sent already, or nothing to send any more
	}
	message := l.message(p.joiningLink(job.Record, l.Issue, *l.Email))
	message.ID = fmt.Sprintf("invitation-%s-%d", job.Record, l.Issue)
	if err := p.send(ctx, message); err != nil {
		return err
	}
	return p.note(ctx, job, l.Issue, mailSent)
}

// joiningLink is one that whoever reads mail at the address joins by.
func (p *Postman) joiningLink(invitation uuid.UUID, issue int, address string) string {
	return p.tickets.link(p.tickets.token(invitation, issue)) + "/" + p.tickets.joining(invitation, issue, address)
}

// giveUp says where people look that no mail went out: the link can still be passed on by hand, or sent again.
func (p *Postman) giveUp(ctx context.Context, job jobs.Job) error {
	return p.db.InTx(ctx, job.Actor("mail"), func(tx *postgres.Tx) error {
		_, err := tx.Exec(ctx, `update crm.invitation set mail = 'failed' where id = $1 and status = 'open' and mail = 'waiting'`, job.Record)
		return err
	})
}

func (p *Postman) note(ctx context.Context, job jobs.Job, issue int, state string) error {
	return p.db.InTx(ctx, job.Actor("mail"), func(tx *postgres.Tx) error {
		_, err := tx.Exec(ctx, sqlMailed, job.Record, issue, state)
		return err
	})
}

// message is the mail, in plain text.
func (l letter) message(link string) mail.Message {
	zone, err := time.LoadLocation(l.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	subject, first := l.Inviter+" invites you as a partner", l.Inviter+" invites your company to work together as a partner."
	if l.Kind == KindMember {
		subject, first = l.Inviter+" invites you", l.Inviter+" invites you to work in its workspace."
	}
	if l.Kind == KindAdministrator {
		subject, first = l.Inviter+" invites you to look after your workspace", l.Inviter+" invites you to look after your company's workspace."
	}
	parts := []string{first}
	if l.Message != nil {
		parts = append(parts, *l.Message)
	}
	parts = append(parts, "To answer, open:\n"+link,
		"The link is for you alone and good until "+l.ExpiresAt.In(zone).Format("2 January 2006 15:04 MST")+". If you do not know "+l.Inviter+", you need do nothing.")
	return mail.Message{To: *l.Email, Subject: subject, Text: strings.Join(parts, "\n\n") + "\n"}
}
