package identity

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// EndSessionsOf ends all that a member of the caller's company is signed in with there, and says how many sessions that
// were. In other companies of the person nothing ends.
func (s *Service) EndSessionsOf(ctx context.Context, actor operational.Actor, member uuid.UUID) (n int64, err error) {
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if err := DecidesOver(ctx, tx, member); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `select crm.end_sessions_of($1)`, member).Scan(&n); err != nil {
			return fmt.Errorf("end sessions of member %s: %w", member, err)
		}
		noted := audit.Record{Action: "member.signed_out", ID: member}
		noted.Counts = map[string]int64{"sessions": n}
		return audit.Append(ctx, tx, noted)
	})
	return n, err
}
