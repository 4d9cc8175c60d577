package opportunities

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// The most people that are offered as owners.
const mostOwners = 500

const (
	contactsToOwn = `select c.id, c.display_name as name from crm.external_contact c where c.connection_id = $1 and c.status = 'active' and ($2::uuid is null or c.id = $2)
order by lower(c.display_name), c.id limit $3`
	membersToOwn = `select m.id, p.display_name as name from crm.membership m join crm.person p on p.id = m.person_id
where m.org_id = $1 and m.status = 'active' and ($2::uuid is null or m.id = $2) order by lower(p.display_name), m.id limit $3`
)

// Owners are the people to whom the actor can give a new opportunity on a connection or, without one, of its own
// company: contacts there, members here. Whoever works with its own records alone gives them to itself.
func (s *Service) Owners(ctx context.Context, actor operational.Actor, connection *uuid.UUID) ([]Ref, error) {
	g, there := grantAt(actor, connection)
	if !there || !g.Read.Has("owner") {
		return nil, operational.NotFound("connection")
	}
	sql, scope, only := membersToOwn, actor.Org, (*uuid.UUID)(nil)
	if connection != nil {
		sql, scope = contactsToOwn, *connection
	}
	switch {
	case g.Visibility != operational.VisibilityPrivate || actor.Side == operational.SideVendor && connection != nil:
	case connection != nil:
		only = &g.Contact
	default:
		only = &actor.Membership
	}
	var owners []Ref
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(sql, scope, only, mostOwners).Query(func(rows pgx.Rows) (err error) {
			owners, err = postgres.Collect[Ref](rows)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read who may own opportunities: %w", err)
	}
	return owners, nil
}
