package accounts

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
)

const linkedConnections = `
select connection_id from crm.account_link where partner_account_id = $1 and ($2::uuid is null or connection_id = $2) order by connection_id`

// Linked are the connections whose vendor knows the customer as an account of its own. It is the partner's knowledge:
// for a vendor there are none.
func (s *Service) Linked(ctx context.Context, actor operational.Actor, id uuid.UUID) ([]uuid.UUID, error) {
	if _, err := s.Account(ctx, actor, id); err != nil {
		return nil, err
	}
	if actor.Side != operational.SidePartner {
		return nil, nil
	}
	var only *uuid.UUID
	if actor.Connection != uuid.Nil {
		only = &actor.Connection
	}
	var found []uuid.UUID
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(linkedConnections, id, only).Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read links of account %s: %w", id, err)
	}
	return found, nil
}
