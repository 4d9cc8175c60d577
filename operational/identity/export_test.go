package identity

import "context"

// Attempt counts a failed sign-in without hashing a password, so that tests can make many.
func (s *Service) Attempt(ctx context.Context, email, from string) error {
	_, err := beginAttempt(ctx, s.db, email, from)
	return err
}
