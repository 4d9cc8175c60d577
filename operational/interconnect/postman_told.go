package interconnect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/mail"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Events that somebody who was not there is told of by mail.
const (
	eventAccepted = "invitation.accepted"
	eventRejected = "invitation.rejected"
	eventTold     = "connection.told" // one letter to one person about a connection that the other company has changed
)

// tellers send word of what others have done: to who invited, and to those who manage connections at the other company. A
// letter that nobody takes is let go: lists and pages say the same.
func (p *Postman) tellers() []jobs.Worker {
	list := []jobs.Worker{
		{Event: eventAccepted, Attempts: 8, Work: p.tellAnswer},
		{Event: eventRejected, Attempts: 8, Work: p.tellAnswer},
		{Event: eventTold, Attempts: 8, Work: p.tellOf},
	}
	for _, a := range []act{suspending, resuming, ending} {
		list = append(list, jobs.Worker{Event: a.event, Attempts: 8, Work: p.tellEach})
	}
	return list
}

// answer is what the letter on an answered invitation is made of.
type answer struct {
	Kind         string
	Status       string
	To           *string
	Whom         *string // as the inviter knows them
	ClosedReason *string
	Version      int64
}

const (
	// Who may not make such invitations any more is told nothing of those of before.
	sqlAnswer = `
select i.kind, i.status, p.email as "to", case i.kind when 'partner' then i.partner_name when 'member' then j.display_name else coalesce(o.name, f.name) end as whom, i.closed_reason, i.version
from crm.invitation i
join crm.membership m on m.id = i.invited_by and m.status = 'active'
join crm.person p on p.id = m.person_id
join crm.role r on r.org_id = m.org_id and r.key = m.role and (i.kind = 'member' or coalesce(r.hat, $2) = $2)
  and (r.everything or case i.kind when 'member' then 'people.manage' else 'connections.manage' end = any (r.capabilities))
left join crm.membership n on n.id = i.membership_id and i.kind = 'member'
left join crm.person j on j.id = n.person_id
left join crm.connection c on c.id = i.into_connection
left join crm.organisation o on o.id = c.partner_org_id
left join crm.former_organisation f on f.org_id = c.partner_org_id
where i.id = $1`

	managesConnections = `
from crm.membership m join crm.person p on p.id = m.person_id
join crm.role r on r.org_id = m.org_id and r.key = m.role and coalesce(r.hat, @side) = @side and (r.everything or 'connections.manage' = any (r.capabilities))
where m.org_id = @org and m.status = 'active' and p.email is not null`

	sqlTellEach = `
insert into crm.outbox (org_id, side, event_type, record_id, payload, created_at)
select @org, @side, '` + eventTold + `', c.id, jsonb_build_object('membership', x.id), @now
from crm.connection c, (select m.id ` + managesConnections + `) x
where c.id = @id and c.status_side <> @side`

	sqlReader = `select p.email ` + managesConnections + ` and m.id = @member`
)

// tellAnswer writes to who invited that the invitation was accepted or rejected.
func (p *Postman) tellAnswer(ctx context.Context, job jobs.Job) error {
	var a answer
	err := p.db.Read(ctx, job.Actor("mail"), func(b *pgx.Batch) {
		b.Queue(sqlAnswer, job.Record, string(job.Side)).Query(func(rows pgx.Rows) (err error) {
			a, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[answer])
			return err
		})
	})
	if errors.Is(err, pgx.ErrNoRows) || err == nil && (a.To == nil || a.Status != InvitationAccepted && a.Status != InvitationRejected) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the answer to invitation %s: %w", job.Record, err)
	}
	return p.send(ctx, a.message(job.Record, p.tickets.address))
}

// message says no more than the list of invitations does.
func (a answer) message(invitation uuid.UUID, address string) mail.Message {
	subject := "Your invitation was " + a.Status
	if a.Whom != nil {
		subject = "Your invitation of " + *a.Whom + " was " + a.Status
	}
	list := "/partner-invitations"
	switch a.Kind {
	case KindMember:
		list = "/settings/invitations"
	case KindAdministrator:
		if subject = "Your invitation was " + a.Status; a.Whom != nil {
			subject = "Your invitation to look after the workspace of " + *a.Whom + " was " + a.Status
		}
		list = "/administrator-invitations"
	}
	parts := []string{subject + "."}
	if a.ClosedReason != nil {
		parts = append(parts, "The reason that was given: "+*a.ClosedReason)
	}
	parts = append(parts, "See for yourself:\n"+address+list)
	return mail.Message{To: *a.To, Subject: subject, ID: fmt.Sprintf("answered-%s-%d", invitation, a.Version), Text: strings.Join(parts, "\n\n") + "\n"}
}

// tellEach asks for one letter to each of those who manage connections at the company to which the other one did it. The
// company that did it has the same event, and writes to nobody.
func (p *Postman) tellEach(ctx context.Context, job jobs.Job) error {
	return p.db.InTx(ctx, job.Actor("mail"), func(tx *postgres.Tx) error {
		_, err := tx.Exec(ctx, sqlTellEach, pgx.NamedArgs{"org": job.Org, "side": string(job.Side), "id": job.Record, "now": tx.Now})
		return err
	})
}

// tellOf writes one of these letters: how the connection stands now, to somebody who still manages connections.
func (p *Postman) tellOf(ctx context.Context, job jobs.Job) error {
	var c Connection
	var to string
	args := pgx.NamedArgs{"org": job.Org, "side": string(job.Side), "member": job.Membership}
	err := p.db.Read(ctx, job.Actor("mail"), func(b *pgx.Batch) {
		b.Queue(connectionsFor(job.Side)+" where c.id = $1", job.Record).Query(func(rows pgx.Rows) (err error) {
			c, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Connection])
			return err
		})
		b.Queue(sqlReader, args).QueryRow(func(r pgx.Row) error { return r.Scan(&to) })
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // has left, or manages none any more
	}
	if err != nil {
		return fmt.Errorf("read connection %s for a letter: %w", job.Record, err)
	}
	if value(c.StatusSide) == string(job.Side) {
		return nil // changed again meanwhile, by the reader's own company
	}
	m := c.message(string(job.Side), p.tickets.address)
	m.To, m.ID = to, fmt.Sprintf("connection-%s-%d-%s", c.ID, c.Version, job.Membership)
	return p.send(ctx, m)
}

// message tells a side what the other one did.
func (c Connection) message(side, address string) mail.Message {
	other, path := c.PartnerName, "/partners/"
	if side == "partner" {
		other, path = c.VendorName, "/connections/"
	}
	did := map[string]string{StatusSuspended: "suspended", StatusActive: "resumed", StatusEnded: "ended"}[c.Status]
	parts := []string{other + " has " + did + " the connection with your company."}
	if c.StatusReason != nil {
		parts = append(parts, "The reason that was given: "+*c.StatusReason)
	}
	parts = append(parts, "The connection:\n"+address+path+c.ID.String())
	return mail.Message{Subject: other + " has " + did + " the connection with you", Text: strings.Join(parts, "\n\n") + "\n"}
}
