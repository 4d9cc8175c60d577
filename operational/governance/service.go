package governance

import (
	"context"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Service governs a company's rights.
type Service struct{ db *postgres.DB }

// New makes the service on a login.
func New(db *postgres.DB) *Service { return &Service{db: db} }

// either asks for one of several permissions.
func either(actor operational.Actor, permissions ...operational.Permission) error {
	for _, p := range permissions {
		if actor.Allowed(p) {
			return nil
		}
	}
	return actor.Require(permissions[0])
}

// alone makes such changes of a company wait for each other: for what is counted before it is added to.
func alone(ctx context.Context, tx *postgres.Tx, what string) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended($1, 0))`, "governance "+what+" "+tx.Actor.Org.String())
	return err
}
