package identity

import (
	"context"
	"fmt"

	"github.com/sharepartner/sharepartner/operational"
)

// PasswordChange asks for another password. Whoever sits at an open session has to know the one of now.
type PasswordChange struct {
	Current string
	New     string
	From    string // the network address that asks: wrong passwords are counted for it
}

const (
	sqlPasswordFor    = `select coalesce(sec.password_for($1), '')`
	sqlChangePassword = `select sec.change_password($1, $2, $3, $4, $5)`
)

// ChangePassword gives the caller's person another password, ends its other sessions and says how many. API keys stay:
// they are credentials of their own.
func (s *Service) ChangePassword(ctx context.Context, actor operational.Actor, in PasswordChange) (int64, error) {
	if err := signedIn(actor); err != nil {
		return 0, err
	}
	if err := in.check(); err != nil {
		return 0, err
	}
	was, err := s.provePassword(ctx, actor, in.Current, in.From)
	if err != nil {
		return 0, err
	}
	hash, err := hashOf(ctx, in.New)
	if err != nil {
		return 0, fmt.Errorf("hash a password: %w", err)
	}
	var ended *int64
	err = s.program(ctx, sqlChangePassword, &ended, actor.Person, was, hash, actor.Credential, s.db.Now())
	switch {
	case err != nil:
		return 0, fmt.Errorf("change a password: %w", err)
	case ended == nil: // somebody has just changed it
		return 0, errWrongCurrent()
	}
	return *ended, nil
}

func (c PasswordChange) check() error {
	var f operational.Faults
	checkPassword(&f, c.New)
	for i := range f {
		f[i].Field = "new_password"
	}
	if c.New == c.Current && len(f) == 0 {
		f.Add("new_password", "must be another than the one of now", nil)
	}
	if c.Current == "" || len(c.Current) > 4*maxPassword {
		f.Add("current_password", "is not your password", nil)
	}
	return f.Err()
}

// provePassword has the person of a session say its password once more, and gives the stored hash. Attempts are counted
// apart from those to sign in, so that whoever found an open session neither guesses on nor keeps the person out.
func (s *Service) provePassword(ctx context.Context, actor operational.Actor, password, from string) (hash string, err error) {
	attempt, err := beginAttempt(ctx, s.db, "person "+actor.Person.String(), from)
	if err != nil {
		return "", err
	}
	if err := s.program(ctx, sqlPasswordFor, &hash, actor.Person); err != nil {
		return "", fmt.Errorf("look for a password: %w", err)
	}
	match, err := matches(ctx, password, hash)
	if err != nil {
		return "", err
	}
	if !match {
		return "", errWrongCurrent()
	}
	return hash, attempt.succeed(ctx, actor.Person, false)
}

func errWrongCurrent() error {
	var f operational.Faults
	f.Add("current_password", "is not your password", nil)
	return f.Err()
}
