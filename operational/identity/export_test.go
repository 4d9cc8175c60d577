package identity

import (
	"context"

	"github.com/google/uuid"
)

// Attempt counts a failed sign-in without hashing a password, so that tests can make many.
func (s *Service) Attempt(ctx context.Context, email, from string) error {
	_, err := beginAttempt(ctx, s.db, email, from)
	return err
}

// AttemptCode counts a wrong code of a person's authenticator without the password before it.
func (s *Service) AttemptCode(ctx context.Context, person uuid.UUID, from string) error {
	f, err := s.factorsOf(ctx, person)
	if err == nil {
		_, err = s.countCode(ctx, person, f, "000000", from)
	}
	return err
}
