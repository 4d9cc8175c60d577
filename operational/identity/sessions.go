package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// OwnSession is a signed-in browser as its person sees it.
type OwnSession struct {
	ID           uuid.UUID       `json:"id" doc:"Id of the session"`
	Organisation OrganisationRef `json:"organisation" doc:"Where it works"`
	Side         string          `json:"side" enum:"vendor,partner" doc:"The side that it works on"`
	Device       string          `json:"device,omitempty" doc:"Browser and system in a few words, as far as the browser told" example:"Firefox on Windows"`
	CreatedAt    time.Time       `json:"created_at" doc:"When it began, or last changed its workspace"`
	LastSeenAt   time.Time       `json:"last_seen_at" doc:"When it was last used, to the minute"`
	EndsAt       time.Time       `json:"ends_at" doc:"When it ends by itself at the latest"`
	Current      bool            `json:"current" doc:"It is the one that asks"`
}

const (
	sqlSessionsOf  = `select session_id, org_id, org_name, side, coalesce(device, '') as device, created_at, last_seen_at, ends_at from sec.sessions_of($1, $2, $3)`
	sqlEndSessions = `select sec.end_sessions($1, $2, $3, $4)`
)

// Sessions lists where the person of a session is signed in, in all of its companies, the one seen last first.
func (s *Service) Sessions(ctx context.Context, actor operational.Actor) ([]OwnSession, error) {
	if err := signedIn(actor); err != nil {
		return nil, err
	}
	list := []OwnSession{}
	err := s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlSessionsOf, actor.Person, actor.Credential, s.db.Now()).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				var o OwnSession
				if err := rows.Scan(&o.ID, &o.Organisation.ID, &o.Organisation.Name, &o.Side, &o.Device, &o.CreatedAt, &o.LastSeenAt, &o.EndsAt); err != nil {
					return err
				}
				o.Current = o.ID == actor.Credential
				list = append(list, o)
			}
			return rows.Err()
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return list, nil
}

// EndSession ends one session of the caller's person, also the one that asks. Those of others are not there.
func (s *Service) EndSession(ctx context.Context, actor operational.Actor, id uuid.UUID) error {
	n, err := s.endSessions(ctx, actor, &id)
	if err == nil && n == 0 {
		err = operational.NotFound("session")
	}
	return err
}

// EndOtherSessions ends all sessions of the caller's person but the one that asks, and says how many.
func (s *Service) EndOtherSessions(ctx context.Context, actor operational.Actor) (int64, error) {
	return s.endSessions(ctx, actor, nil)
}

func (s *Service) endSessions(ctx context.Context, actor operational.Actor, only *uuid.UUID) (n int64, err error) {
	if err := signedIn(actor); err != nil {
		return 0, err
	}
	if err := s.program(ctx, sqlEndSessions, &n, actor.Person, only, actor.Credential, s.db.Now()); err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return n, nil
}

// signedIn refuses API keys what only the person itself does.
func signedIn(actor operational.Actor) error {
	if actor.Scopes != nil || actor.Person == uuid.Nil {
		return operational.Fault(operational.KindForbidden, "session-needed", "Only somebody who is signed in may do this, not an API key. Nothing was saved.")
	}
	return nil
}
