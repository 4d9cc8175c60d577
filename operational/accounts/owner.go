package accounts

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

const memberWorks = `select exists (select from crm.membership where org_id = $1 and id = $2 and status = 'active')`

// worksHere refuses to give an account to somebody who is no member, or suspended, in the same words.
func worksHere(ctx context.Context, tx *postgres.Tx, member *uuid.UUID) error {
	if member == nil {
		return nil
	}
	var works bool
	if err := tx.QueryRow(ctx, memberWorks, tx.Actor.Org, *member).Scan(&works); err != nil {
		return fmt.Errorf("look for who is to have an account: %w", err)
	}
	if !works {
		return noMember()
	}
	return nil
}

func noMember() error {
	var faults operational.Faults
	faults.Add("owner_membership_id", "There is no such member of your organisation.", nil)
	return faults.Err()
}
