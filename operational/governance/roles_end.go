package governance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// governedTx is a role that is the caller's to change. Whoever governs none is told so of every key, whether there is
// such a role or not.
func governedTx(ctx context.Context, tx *postgres.Tx, key string) (Role, error) {
	if !tx.Actor.Allowed(operational.ChannelGovern) {
		if err := tx.Actor.Require(operational.RolesManage); err != nil {
			return Role{}, err
		}
	}
	r, err := roleTx(ctx, tx, key)
	if err == nil && !tx.Actor.Allowed(needs(r.Audience)) {
		return Role{}, operational.NotFound("role")
	}
	return r, err
}

// DeleteRole deletes a role that nobody has.
func (s *Service) DeleteRole(ctx context.Context, actor operational.Actor, key string, version int64) error {
	return s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		r, err := governedTx(ctx, tx, key)
		if err != nil {
			return err
		}
		if err := r.deletable(ctx, tx, version); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `set constraints crm.membership_role immediate`); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, deleteRole, actor.Org, key, version)
		switch {
		case strings.Contains(postgres.Violated(err), "_fkey") || postgres.Violated(err) == "membership_role":
			return inUse(nil).Because(err) // given to somebody at this moment
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return operational.Stale("role")
		}
		return events.AppendDecided(ctx, tx, "role.deleted", r.ID, nil, audit.Details{Codes: map[string]string{"role": r.Key, "audience": r.Audience}})
	})
}

func (r Role) deletable(ctx context.Context, tx *postgres.Tx, version int64) error {
	switch {
	case r.Version != version:
		return operational.Stale("role")
	case r.BuiltIn:
		return operational.Fault(operational.KindConflict, "role-built-in", "The role %q came with the workspace and stays. Nothing was changed. It can be narrowed instead.", r.Name)
	case r.Default:
		return operational.Fault(operational.KindConflict, "role-is-default", "Partners' people have the role %q when nothing else is said. Nothing was changed. Make another role the default first.", r.Name)
	}
	rows, err := tx.Query(ctx, holdersOf[tx.Actor.Side], tx.Actor.Org, r.Key)
	if err != nil {
		return fmt.Errorf("look who has role %s: %w", r.Key, err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err == nil && len(names) > 0 {
		err = inUse(names)
	}
	return err
}

// inUse says who has the role, ten of them at most.
func inUse(names []string) *operational.Error {
	who := "somebody"
	if len(names) > 0 {
		who = strings.Join(names, ", ")
	}
	if len(names) >= 10 {
		who += " and perhaps others"
	}
	return operational.Fault(operational.KindConflict, "role-in-use", "The role is still given to %s. Nothing was changed. Give them another one first.", who)
}

// MakeDefault makes an external role the one that partners' people have when nothing else is said.
func (s *Service) MakeDefault(ctx context.Context, actor operational.Actor, key string, version int64) (Role, error) {
	var changed Role
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		r, err := governedTx(ctx, tx, key)
		switch {
		case err != nil:
			return err
		case r.Audience != External:
			return operational.Fault(operational.KindConflict, "role-is-internal", "Only a role for partners' people can be the default. Nothing was saved.")
		case r.Version != version:
			return operational.Stale("role")
		case r.Default:
			changed = r
			return nil
		}
		if err := beyond(actor.Giving(), Role{}, r); err != nil {
			return err
		}
		var before string
		if err := tx.QueryRow(ctx, noDefault, actor.Org, tx.Now).Scan(&before); err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("unset the default role: %w", err)
		}
		tag, err := tx.Exec(ctx, setDefault, actor.Org, key, version, tx.Now)
		if err == nil && tag.RowsAffected() == 0 || postgres.Violated(err) == "role_one_default" {
			return operational.Stale("role")
		}
		if err != nil {
			return err
		}
		if changed, err = roleTx(ctx, tx, key); err != nil {
			return err
		}
		var d audit.Details
		d.Moved("default_role", before, key)
		return events.AppendDecided(ctx, tx, "role.made_default", r.ID, nil, d)
	})
	if err != nil {
		return Role{}, err
	}
	return changed, nil
}
