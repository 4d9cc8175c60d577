package opportunities

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// LinkAccount notes that an account of the partner's own is the customer of an opportunity that it shares with a vendor,
// and gives the connection on which that is so. To do it again is harmless.
func (s *Service) LinkAccount(ctx context.Context, actor operational.Actor, account, id uuid.UUID) (connection uuid.UUID, err error) {
	customers := accounts.New(s.db)
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if err := customers.LinkableTx(ctx, tx, account); err != nil {
			return err
		}
		o, err := s.GetTx(ctx, tx, id)
		switch {
		case operational.KindOf(err) == operational.KindNotFound || err == nil && o.ConnectionID == nil:
			return fieldFault("opportunity_id", "There is no such opportunity that you share with a vendor.", id.String())
		case err != nil:
			return err
		}
		connection = *o.ConnectionID
		// Only those who may know who the customer is say which account of theirs that is.
		if g, there := actor.GrantOf(operational.ObjectOpportunity, connection); !there || !g.Read.Has("customer_name") {
			return fieldFault("opportunity_id", "There is no such opportunity that you share with a vendor.", id.String())
		}
		return customers.LinkTx(ctx, tx, account, id)
	})
	if err != nil {
		return uuid.Nil, fmt.Errorf("link account %s: %w", account, err)
	}
	return connection, nil
}
