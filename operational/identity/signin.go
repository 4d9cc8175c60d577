package identity

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// SignInInput is what the sign-in form gives.
type SignInInput struct {
	Email    string
	Password string
	From     string // the network address that asks: attempts are counted for it
	Replaces string // the token that the browser still holds, if any; it ends with the new one's beginning
}

// Session is a signed-in browser. The token is shown here once and nowhere else.
type Session struct {
	Token     string
	ExpiresAt time.Time
	Actor     operational.Actor
}

// SignIn checks a password and opens a session. Unknown address, wrong password and suspended person get one answer,
// after the same work.
func (s *Service) SignIn(ctx context.Context, in SignInInput) (Session, error) {
	email := normalEmail(in.Email)
	if email == "" || len(email) > maxEmail || in.Password == "" || len(in.Password) > 4*maxPassword {
		return Session{}, errWrongPassword()
	}
	attempt, err := beginAttempt(ctx, s.db, email, in.From)
	if err != nil {
		return Session{}, err
	}
	rows, err := passwordRows(ctx, s.db, email)
	if err != nil {
		return Session{}, fmt.Errorf("look for a password: %w", err)
	}
	hash := ""
	if len(rows) > 0 {
		hash = rows[0].Hash
	}
	match, err := matches(ctx, in.Password, hash)
	if err != nil {
		return Session{}, err
	}
	if !match {
		if err := attempt.refuse(ctx, email); err != nil {
			return Session{}, err
		}
		return Session{}, errWrongPassword()
	}
	if err := attempt.succeed(ctx, rows[0].PersonID); err != nil {
		return Session{}, err
	}
	actor, ok := actorOf(rows)
	if !ok {
		return Session{}, operational.Fault(operational.KindForbidden, "no-workspace", "You are a member of no organisation here. Ask an administrator of yours.")
	}
	return s.open(ctx, actor, in.Replaces)
}

// actorOf takes the first membership that can act.
func actorOf(rows []passwordRow) (operational.Actor, bool) {
	for _, r := range rows {
		if r.MembershipID == nil {
			continue
		}
		if side, ok := sideOf(*r.Role, *r.Governs, *r.Sells); ok {
			return operational.Actor{Person: r.PersonID, Membership: *r.MembershipID, Org: *r.OrgID, Side: side, Role: *r.Role}, true
		}
	}
	return operational.Actor{}, false
}

// open makes a new session; nothing of an earlier one is carried over.
func (s *Service) open(ctx context.Context, actor operational.Actor, replaces string) (Session, error) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: the program ends before it would
	token := tokenOf(random)
	now := s.db.Now()
	actor.Credential = uuid.Must(uuid.NewV7())
	err := s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		if replaces != "" {
			b.Queue(sqlCloseSession, digest(replaces))
		}
		b.Queue(sqlOpenSession, actor.Credential, digest(token), actor.Membership, actor.Side, now, SessionIdle, SessionLife, deviceOf(operational.AgentOf(ctx)))
	})
	if err != nil {
		return Session{}, fmt.Errorf("open a session: %w", err)
	}
	actor, err = s.rights.fresh(ctx, actor)
	return Session{Token: token, ExpiresAt: now.Add(SessionLife), Actor: actor}, err
}

// SignOut ends a session; a token that is none is no fault.
func (s *Service) SignOut(ctx context.Context, token string) error {
	if len(token) != tokenLength {
		return nil
	}
	_, err := s.db.Login().Exec(ctx, sqlCloseSession, digest(token))
	return postgres.Translate(err)
}

func errWrongPassword() error {
	return operational.Fault(operational.KindUnauthenticated, "sign-in-failed", "Mail address and password do not belong together. Check both and try again.")
}
