package governance

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// orKey is the role that holds when one is taken back: who takes back gives that one.
func orKey(key *string, otherwise string) string {
	if key == nil {
		return otherwise
	}
	return *key
}

// giveable says whether the actor may give this role.
func giveable(ctx context.Context, tx *postgres.Tx, audience, key string) error {
	r, err := roleTx(ctx, tx, key)
	if operational.KindOf(err) == operational.KindNotFound || err == nil && r.Audience != audience {
		var faults operational.Faults
		faults.Add("role", "There is no such role for these people.", key)
		return faults.Err()
	}
	if err != nil {
		return err
	}
	return beyond(tx.Actor.Giving(), Role{}, r)
}

// passes says whether the actor may take somebody from one role to another: both must lie within its own rights.
func passes(ctx context.Context, tx *postgres.Tx, from, to string) error {
	if err := giveable(ctx, tx, Internal, to); err != nil {
		return err
	}
	if giveable(ctx, tx, Internal, from) != nil {
		return operational.Fault(operational.KindForbidden, "person-above-you", "The person may do what you may not, so that their role is not yours to change. Nothing was saved. Ask an administrator of your organisation.")
	}
	return nil
}

// looksAfter: a channel manager is an active member; and nobody with a narrow scope widens it by looking after more.
func looksAfter(ctx context.Context, tx *postgres.Tx, member *uuid.UUID) error {
	if member == nil {
		return nil
	}
	if *member == tx.Actor.Membership && !tx.Actor.Giving().Everything {
		return beyondReach()
	}
	var active bool
	if err := tx.QueryRow(ctx, `select exists (select from crm.membership where id = $1 and status = 'active')`, *member).Scan(&active); err != nil {
		return fmt.Errorf("look for the channel manager: %w", err)
	}
	if !active {
		var faults operational.Faults
		faults.Add("channel_manager_id", "There is no such active member of your organisation.", member.String())
		return faults.Err()
	}
	return nil
}

func beyondReach() error {
	return operational.Fault(operational.KindForbidden, "beyond-own-rights", "Nobody widens what they look after themselves. Nothing was saved. Ask an administrator of your organisation.")
}
