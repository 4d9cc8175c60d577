package interconnect

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

const sqlOpenChannel = `select crm.open_channel($1, $2)`

// OpenChannel lets a company that sells for others govern partners of its own as well: it gets the roles, the default
// role for partners' people and the access scope that come with a channel. Administrators work on either side, all others
// on the one that their role was made for. What it does for its vendors stays as it is, and none of them learns of it.
func (s *Service) OpenChannel(ctx context.Context, actor operational.Actor, version int64) (w Workspace, err error) {
	if actor.Connection != uuid.Nil {
		return Workspace{}, errBound()
	}
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		var outcome string
		if err := tx.QueryRow(ctx, sqlOpenChannel, version, tx.Now).Scan(&outcome); err != nil {
			return fmt.Errorf("open a channel: %w", err)
		}
		switch outcome {
		case done:
		case "stale":
			return operational.Stale("workspace")
		default:
			return operational.Fault(operational.KindConflict, "channel-open", "Your organisation has a channel of its own already. Nothing was changed.")
		}
		if err := events.Append(ctx, tx, "workspace.channel_opened", actor.Org, nil, "governs"); err != nil {
			return err
		}
		w, err = postgres.OneTx[Workspace](ctx, tx, "workspace", sqlWorkspace, actor.Org)
		return err
	})
	if err != nil {
		return Workspace{}, err
	}
	return w, nil
}
