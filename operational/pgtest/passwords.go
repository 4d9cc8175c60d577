package pgtest

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/operational/postgres/local"
)

// Quicken has a server keep the passwords of its logins as something that is quick to check. Whoever connects would
// otherwise compute 4096 rounds each time, and under the race detector a test computes those for longer than it asks.
func Quicken(ctx context.Context, s *local.Server) error {
	conn, err := pgx.Connect(ctx, s.SuperURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	addresses := []string{s.SuperURL, s.URL}
	for _, login := range []string{postgres.LoginAPI, postgres.LoginJobs, postgres.LoginCDC} {
		address, err := postgres.LoginURL(s.URL, login, Secret)
		if err != nil {
			return err
		}
		addresses = append(addresses, address)
	}
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		password, _ := u.User.Password()
		kept, err := verifier(password)
		if err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, fmt.Sprintf(`alter role %s password '%s'`, pgx.Identifier{u.User.Username()}.Sanitize(), kept)); err != nil {
			return err
		}
	}
	return nil
}

// verifier is what Postgres keeps of a password (RFC 5803), here of a single round.
func verifier(password string) (string, error) {
	salt := []byte("of no use elsewhere")
	salted, err := pbkdf2.Key(sha256.New, password, salt, 1, sha256.Size)
	if err != nil {
		return "", err
	}
	stored := sha256.Sum256(keyed(salted, "Client Key"))
	text := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$1:%s$%s:%s", text(salt), text(stored[:]), text(keyed(salted, "Server Key"))), nil
}

func keyed(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(text))
	return h.Sum(nil)
}
