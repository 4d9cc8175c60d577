package governance

import (
	"context"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// RoleChange is the change set of one role among several that are changed together.
type RoleChange struct {
	Key     string
	Version int64
	UpdateRole
}

// JointPreview is what several change sets would do together.
type JointPreview struct {
	People   int64     // who have one of the roles that would change
	Partners int64     // that they belong to, each counted once
	Roles    []Preview // in the order of the change sets
}

// UpdateRoles changes several roles that are still at these versions: all of the change sets, or nothing of them.
func (s *Service) UpdateRoles(ctx context.Context, actor operational.Actor, changes []RoleChange) ([]Role, error) {
	changed := make([]Role, len(changes))
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) (err error) {
		for i, c := range changes {
			if changed[i], err = c.writeTx(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	return changed, err
}

func (c RoleChange) writeTx(ctx context.Context, tx *postgres.Tx) (Role, error) {
	now, next, err := c.plan(ctx, tx, c.Key)
	if err != nil {
		return Role{}, err
	}
	if now.Version != c.Version {
		return Role{}, operational.Stale("role")
	}
	found := differences(now, next)
	if len(found) == 0 && now.Name == next.Name && same(now.Description, next.Description) {
		return now, nil
	}
	args := roleArgs(tx, next, c.Version)
	tag, err := tx.Exec(ctx, updateRole, args)
	switch {
	case err != nil:
		return Role{}, roleFault(err)
	case tag.RowsAffected() == 0:
		return Role{}, operational.Stale("role")
	}
	if len(found) > 0 {
		if err := writeRights(ctx, tx, args); err != nil {
			return Role{}, err
		}
	}
	changed, err := roleTx(ctx, tx, c.Key)
	if err != nil {
		return Role{}, err
	}
	return changed, events.AppendDecided(ctx, tx, "role.changed", changed.ID, nil, decided(now, next))
}

// PreviewRoles says what several change sets would do together. Nothing is written.
func (s *Service) PreviewRoles(ctx context.Context, actor operational.Actor, changes []RoleChange) (JointPreview, error) {
	var joint JointPreview
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		external := []string{}
		for _, c := range changes {
			now, next, err := c.plan(ctx, tx, c.Key)
			if err != nil {
				return err
			}
			p := Preview{Version: now.Version, People: now.People, Differences: differences(now, next)}
			p.Revealed, p.Hidden = shown(p.Differences)
			if now.Audience == External {
				if err := tx.QueryRow(ctx, partnersOf, actor.Org, []string{c.Key}).Scan(&p.Partners); err != nil {
					return err
				}
			}
			joint.Roles = append(joint.Roles, p)
			if len(p.Differences) == 0 {
				continue
			}
			joint.People += p.People
			if now.Audience == External {
				external = append(external, c.Key)
			}
		}
		if len(external) == 0 {
			return nil
		}
		return tx.QueryRow(ctx, partnersOf, actor.Org, external).Scan(&joint.Partners)
	})
	return joint, err
}
