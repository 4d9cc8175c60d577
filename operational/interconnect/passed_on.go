package interconnect

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
)

// PassedOn is a vendor's invitation to look after the workspace, as the partner's own people see it.
type PassedOn struct {
	ID        uuid.UUID `json:"id" doc:"Id of the invitation"`
	Email     *string   `json:"email,omitempty" doc:"Whom the vendor has in mind; for those who manage people"`
	Message   *string   `json:"message,omitempty" doc:"What it says"`
	CreatedAt time.Time `json:"created_at" doc:"When it was made"`
	ExpiresAt time.Time `json:"expires_at" doc:"Until when it can be answered"`
	Link      *string   `json:"link,omitempty" doc:"Where one of your people answers it; absent when your organisation has an administrator, or a channel of its own"`
}

const sqlPassedOn = `select id, issue, email, message, created_at, expires_at, lacks from crm.passed_on($1, $2)`

type passedOnRow struct {
	ID        uuid.UUID
	Issue     int
	Email     *string
	Message   *string
	CreatedAt time.Time
	ExpiresAt time.Time
	Lacks     bool
}

// PassedOn lists a vendor's open invitations to look after the caller's workspace. Where people of the company work here,
// they are the ones to answer: nobody from outside comes in by such an invitation.
func (s *Invitations) PassedOn(ctx context.Context, actor operational.Actor, connection uuid.UUID) ([]PassedOn, error) {
	if actor.Side != operational.SidePartner || !worksIn(actor, connection) {
		return nil, operational.NotFound("connection")
	}
	list, there := []PassedOn{}, false
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(`select exists (select from crm.connection where id = $1 and partner_org_id = $2)`, connection, actor.Org).QueryRow(func(r pgx.Row) error { return r.Scan(&there) })
		b.Queue(sqlPassedOn, connection, s.db.Now()).Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, pgx.RowToStructByName[passedOnRow])
			for _, r := range found {
				list = append(list, s.passedOn(actor, r))
			}
			return err
		})
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("read what was passed on over connection %s: %w", connection, err)
	case !there:
		return nil, operational.NotFound("connection")
	}
	return list, nil
}

func (s *Invitations) passedOn(actor operational.Actor, r passedOnRow) PassedOn {
	p := PassedOn{ID: r.ID, Message: r.Message, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt}
	if actor.Allowed(operational.PeopleManage) {
		p.Email = r.Email
	}
	if r.Lacks && actor.Scopes == nil { // a key answers for nobody
		link := s.tickets.link(s.tickets.token(r.ID, r.Issue))
		p.Link = &link
	}
	return p
}
