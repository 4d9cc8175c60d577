package interconnect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/mail"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// eventAsked wakes whoever sends the link to join (sec.ask_to_join).
const eventAsked = "invitation.asked"

// asked is what the mail with the link to join is made of.
type asked struct {
	Issue       int
	Status      string
	AskedEmails []string
	ExpiresAt   time.Time
	Inviter     string
}

const (
	sqlAsked = `
select i.issue, i.status, i.asked_emails, i.expires_at, o.name as inviter
from crm.invitation i join crm.organisation o on o.id = i.org_id
where i.id = $1`

	sqlForget = `update crm.invitation set asked_emails = array(select a from unnest(asked_emails) a where a <> all ($2)) where id = $1 and asked_emails && $2`
)

// deliverAsked mails the link to join, to each address that somebody has asked for it with, and forgets the addresses.
func (p *Postman) deliverAsked(ctx context.Context, job jobs.Job) error {
	var a asked
	err := p.db.Read(ctx, job.Actor("mail"), func(b *pgx.Batch) {
		b.Queue(sqlAsked, job.Record).Query(func(rows pgx.Rows) (err error) {
			a, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[asked])
			return err
		})
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read invitation %s: %w", job.Record, err)
	}
	for _, address := range a.AskedEmails {
		if a.Status == InvitationOpen && a.ExpiresAt.After(p.db.Now()) {
			if err := p.send(ctx, a.message(job.Record, address, p.joiningLink(job.Record, a.Issue, address))); err != nil {
				return err
			}
		}
		if err := p.forget(ctx, job, address); err != nil {
			return err
		}
	}
	return nil
}

func (a asked) message(invitation uuid.UUID, address, link string) mail.Message {
	text := "To answer the invitation of " + a.Inviter + ", open:\n" + link +
		"\n\nIf you have signed in here before, sign in on that page. If you have not asked for this link, you need do nothing.\n"
	return mail.Message{To: address, Subject: "Your link to join", Text: text, ID: fmt.Sprintf("joining-%s-%d-%x", invitation, a.Issue, digest(address)[:8])}
}

// forgetAsked is what remains when no mail goes out: whoever waits for it asks again.
func (p *Postman) forgetAsked(ctx context.Context, job jobs.Job) error {
	var all []string
	err := p.db.Read(ctx, job.Actor("mail"), func(b *pgx.Batch) {
		b.Queue(`select asked_emails from crm.invitation where id = $1`, job.Record).QueryRow(func(r pgx.Row) error { return r.Scan(&all) })
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read invitation %s: %w", job.Record, err)
	}
	return p.forget(ctx, job, all...)
}

func (p *Postman) forget(ctx context.Context, job jobs.Job, addresses ...string) error {
	return p.db.InTx(ctx, job.Actor("mail"), func(tx *postgres.Tx) error {
		_, err := tx.Exec(ctx, sqlForget, job.Record, addresses)
		return err
	})
}
