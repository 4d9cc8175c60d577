package identity

import (
	"context"
	"crypto/rand"
	"encoding/hex"
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
	Code     string // of the second factor, by who has it at hand already
	From     string // the network address that asks: attempts are counted for it
	Replaces string // the token that the browser still holds, if any; it ends with the new one's beginning
}

// Session is a signed-in browser. The token is shown here once and nowhere else.
type Session struct {
	Token     string
	ExpiresAt time.Time
	Actor     operational.Actor
}

// Opened is what a right password opens: a session, or a sign-in that needs one step more.
type Opened struct {
	Session
	Half *Half
}

// SignIn checks a password and opens a session. Unknown address, wrong password and suspended person get one answer,
// after the same work.
func (s *Service) SignIn(ctx context.Context, in SignInInput) (Opened, error) {
	email := normalEmail(in.Email)
	if email == "" || len(email) > maxEmail || in.Password == "" || len(in.Password) > 4*maxPassword {
		return Opened{}, errWrongPassword()
	}
	attempt, err := beginAttempt(ctx, s.db, email, in.From)
	if err != nil {
		return Opened{}, err
	}
	person, hash, err := passwordOf(ctx, s.db, email)
	if err != nil {
		return Opened{}, fmt.Errorf("look for a password: %w", err)
	}
	match, err := matches(ctx, in.Password, hash)
	if err != nil {
		return Opened{}, err
	}
	if !match {
		if err := attempt.refuse(ctx, email); err != nil {
			return Opened{}, err
		}
		return Opened{}, errWrongPassword()
	}
	if err := attempt.succeed(ctx, person, false); err != nil {
		return Opened{}, err
	}
	shown := proof{Person: person, Password: markOf(hash)}
	if in.Code != "" {
		if err := s.spendCode(ctx, &shown, in.Code, in.From); err != nil {
			return Opened{}, err
		}
	}
	return s.enter(ctx, shown, in.Replaces)
}

// markOf tells one password's hash from another's.
func markOf(hash string) string { return hex.EncodeToString(digest(hash)[:8]) }

// enter opens a session in the first company that what was shown is enough for, or says what is lacking for the first.
func (s *Service) enter(ctx context.Context, p proof, replaces string) (Opened, error) {
	f, err := s.factors(ctx, p)
	if err != nil {
		return Opened{}, err
	}
	if f.TOTP != nil && !p.Factor {
		return Opened{Half: s.half(p, NeedCode, uuid.Nil)}, nil
	}
	rows, err := s.memberships(ctx, p.Person)
	if err != nil {
		return Opened{}, fmt.Errorf("list memberships: %w", err)
	}
	var lacking *Half
	for _, r := range rows {
		side, ok := sideOf(r.Role, r.Governs, r.Sells)
		if !ok {
			continue
		}
		needs, provider := r.lacks(p)
		if needs == "" {
			actor := operational.Actor{Person: p.Person, Membership: r.MembershipID, Org: r.OrgID, Side: side, Role: r.Role}
			session, err := s.open(ctx, actor, p, replaces)
			return Opened{Session: session}, err
		}
		if lacking == nil {
			lacking = s.half(p, needs, provider)
		}
	}
	if lacking == nil {
		return Opened{}, operational.Fault(operational.KindForbidden, "no-workspace", "You are a member of no organisation here. Ask an administrator of yours.")
	}
	return Opened{Half: lacking}, nil
}

// lacks is what the company asks for beyond what was shown.
func (r membershipRow) lacks(p proof) (Need, uuid.UUID) {
	switch {
	case r.NeedsProvider != nil && *r.NeedsProvider != p.Provider:
		return NeedProvider, *r.NeedsProvider
	case r.NeedsFactor && !p.Factor && p.Provider == uuid.Nil:
		return NeedFactor, uuid.Nil
	}
	return "", uuid.Nil
}

// open makes a new session; nothing of an earlier one is carried over.
func (s *Service) open(ctx context.Context, actor operational.Actor, p proof, replaces string) (Session, error) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: the program ends before it would
	token := tokenOf(random)
	now := s.db.Now()
	actor.Credential = uuid.Must(uuid.NewV7())
	var provider *uuid.UUID
	if p.Provider != uuid.Nil {
		provider = &p.Provider
	}
	err := s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		if replaces != "" {
			b.Queue(sqlCloseSession, digest(replaces))
		}
		b.Queue(sqlOpenSession, actor.Credential, digest(token), actor.Membership, actor.Side, now, SessionIdle, SessionLife, deviceOf(operational.AgentOf(ctx)), p.Factor, provider)
	})
	if err != nil {
		return Session{}, fmt.Errorf("open a session: %w", err)
	}
	actor, err = s.rights.fresh(ctx, actor)
	return Session{Token: token, ExpiresAt: now.Add(SessionLife), Actor: actor}, err
}

// SignOut ends a session and says by which provider it was opened, where the person may still be signed in; zero: by none.
// A token that is none is no fault.
func (s *Service) SignOut(ctx context.Context, token string) (uuid.UUID, error) {
	if len(token) != tokenLength {
		return uuid.Nil, nil
	}
	var by *uuid.UUID
	if err := s.db.Login().QueryRow(ctx, sqlCloseSession, digest(token)).Scan(&by); err != nil {
		return uuid.Nil, postgres.Translate(err)
	}
	if by == nil {
		return uuid.Nil, nil
	}
	return *by, nil
}

func errWrongPassword() error {
	return operational.Fault(operational.KindUnauthenticated, "sign-in-failed", "Mail address and password do not belong together. Check both and try again.")
}
