package accounts

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

const linkedConnections = `
select connection_id from crm.account_link where partner_account_id = $1 and ($2::uuid is null or connection_id = $2) order by connection_id`

// Linked are the connections on which the partner has said that it shares business of this customer. It is the partner's
// knowledge: for a vendor there are none.
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

// LinkableTx says whether the caller may link the account: it is one of its own company, a partner, and the caller's to change.
func (s *Service) LinkableTx(ctx context.Context, tx *postgres.Tx, id uuid.UUID) error {
	if tx.Actor.Side != operational.SidePartner {
		return operational.NotFound("account")
	}
	_, _, err := accountFor(ctx, tx, operational.ActEdit, id)
	return err
}

// LinkTx notes that an account, which the caller may link, is the customer of an opportunity that the caller sees and shares
// with a vendor. The vendor learns nothing of it, nor the partner whether the vendor keeps an account of the customer.
func (s *Service) LinkTx(ctx context.Context, tx *postgres.Tx, id, opportunity uuid.UUID) error {
	var outcome string
	if err := tx.QueryRow(ctx, `select crm.link_account($1, $2)`, id, opportunity).Scan(&outcome); err != nil {
		return fmt.Errorf("link account %s: %w", id, err)
	}
	switch outcome {
	case "linked":
		return audit.Append(ctx, tx, audit.Record{Action: "account.linked", ID: id}) // without its connection: it is the partner's own affair
	case "same":
		return nil
	}
	return operational.NotFound("account")
}

// Unlink takes back that an account is the customer of what is shared on a connection.
func (s *Service) Unlink(ctx context.Context, actor operational.Actor, id, connection uuid.UUID) error {
	return s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if err := s.LinkableTx(ctx, tx, id); err != nil {
			return err
		}
		if actor.Connection != uuid.Nil && actor.Connection != connection {
			return operational.NotFound("link")
		}
		var gone bool
		if err := tx.QueryRow(ctx, `select crm.unlink_account($1, $2)`, id, connection).Scan(&gone); err != nil {
			return fmt.Errorf("unlink account %s: %w", id, err)
		}
		if !gone {
			return operational.NotFound("link")
		}
		return audit.Append(ctx, tx, audit.Record{Action: "account.unlinked", ID: id})
	})
}
