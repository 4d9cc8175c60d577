package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

const (
	sqlLookedAs = `select id, hat from crm.role where org_id = $1 and key = $2 and audience = 'internal'`
	sqlLookAs   = `select sec.look_as($1, $2, $3)`
)

// LookAs lets a session look as a role of its company's own people from the next request on, until it looks no more or
// ends: it sees what both that role and its person's own give, and changes nothing (operational.Rights.Looking). That it
// does is noted.
func (s *Service) LookAs(ctx context.Context, actor operational.Actor, token string, role operational.Role) error {
	if err := looking(actor, token); err != nil {
		return err
	}
	if err := actor.Require(operational.RolesManage); err != nil {
		return err
	}
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		var id uuid.UUID
		var hat *operational.Side
		err := tx.QueryRow(ctx, sqlLookedAs, actor.Org, role).Scan(&id, &hat)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return operational.NotFound("role")
		case err != nil:
			return err
		case hat != nil && *hat != actor.Side:
			return operational.Fault(operational.KindConflict, "role-on-other-side", "People with this role work on the other side of your company. Change to that side first; nothing was changed.")
		}
		if err := tx.AsProgram(ctx, postgres.PurposeSignIn, sqlLookAs, digest(token), role, tx.Now); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Record{Action: "role.viewed_as", ID: id})
	})
	return s.looked(token, "look as a role", err)
}

// LookNoMore ends that a session looks as a role.
func (s *Service) LookNoMore(ctx context.Context, actor operational.Actor, token string) error {
	if err := looking(actor, token); err != nil {
		return err
	}
	if !actor.Looks() {
		return nil
	}
	role := actor.View
	actor.View = "" // what ends it is the person's own act
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		var id uuid.UUID
		var hat *operational.Side
		if err := tx.QueryRow(ctx, sqlLookedAs, actor.Org, role).Scan(&id, &hat); err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if err := tx.AsProgram(ctx, postgres.PurposeSignIn, sqlLookAs, digest(token), nil, tx.Now); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Record{Action: "role.viewed_no_more", ID: id})
	})
	return s.looked(token, "look no more as a role", err)
}

// looking says that only sessions look as somebody.
func looking(actor operational.Actor, token string) error {
	if err := signedIn(actor); err != nil {
		return err
	}
	if len(token) != tokenLength {
		return errSignInAgain()
	}
	return nil
}

func (s *Service) looked(token, what string, err error) error {
	s.beliefs.forget(sum(token))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
