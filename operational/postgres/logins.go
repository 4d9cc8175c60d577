package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// The logins that the program makes beside the owner's.
const (
	LoginAPI  = "sharepartner_api"
	LoginJobs = "sharepartner_jobs"
	LoginCDC  = "sharepartner_cdc"
)

// LoginsSQL is what makes the roles: for an administrator to run where the owner's login may not.
func LoginsSQL(secret Secret) string {
	var b strings.Builder
	for _, role := range []string{"sharepartner_vendor", "sharepartner_partner"} {
		fmt.Fprintf(&b, "do $$ begin create role %s nologin; exception when duplicate_object then null; end $$;\n", role)
	}
	for _, l := range [][2]string{{LoginAPI, "noinherit"}, {LoginJobs, "noinherit"}, {LoginCDC, "noinherit replication"}} {
		login, attributes := l[0], l[1]
		fmt.Fprintf(&b, "do $$ begin create role %s login %s; exception when duplicate_object then null; end $$;\n", login, attributes)
		fmt.Fprintf(&b, "alter role %s password '%s';\n", login, secret.Password(login))
	}
	b.WriteString("grant sharepartner_vendor, sharepartner_partner to sharepartner_api, sharepartner_jobs;\n")
	return b.String()
}

// MissingRightsError says that the owner's login may not make roles, and what an administrator should run.
type MissingRightsError struct{ SQL string }

func (e *MissingRightsError) Error() string {
	return "the login of DATABASE_URL may not create roles; nothing was changed. Let an administrator of the server run the SQL that `sharepartner migrate --print-sql` prints, then start again"
}

// EnsureLogins makes the roles with a login that may: the private server's superuser. On a server of one's own,
// Migrate does the same as the owner.
func EnsureLogins(ctx context.Context, adminURL string, secret Secret) error {
	db, err := sql.Open("pgx", adminURL)
	if err != nil {
		return fmt.Errorf("read database address: %w", err)
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", Translate(err))
	}
	defer conn.Close()
	return ensureLogins(ctx, conn, secret)
}

// ensureLogins makes the roles. An owner without the right to do so can go on once an administrator has made them:
// whether their passwords are right CheckWall finds out.
func ensureLogins(ctx context.Context, conn *sql.Conn, secret Secret) error {
	var ready bool
	err := conn.QueryRowContext(ctx, `select count(*) = 5 and bool_or(rolname = 'sharepartner_cdc' and rolreplication) from pg_roles
		where rolname in ('sharepartner_vendor', 'sharepartner_partner', 'sharepartner_api', 'sharepartner_jobs', 'sharepartner_cdc')`).Scan(&ready)
	if err != nil {
		return fmt.Errorf("look for logins: %w", err)
	}
	_, err = conn.ExecContext(ctx, LoginsSQL(secret))
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42501" {
		if ready {
			return nil
		}
		return &MissingRightsError{SQL: LoginsSQL(secret)}
	}
	if err != nil {
		return fmt.Errorf("make logins: %w", err)
	}
	return nil
}

// LoginURL is the owner's address with another login.
func LoginURL(ownerURL, login string, secret Secret) (string, error) {
	u, err := url.Parse(ownerURL)
	if err != nil || u.Scheme == "" {
		return "", fmt.Errorf("DATABASE_URL must have the form postgres://user:password@host:port/database")
	}
	u.User = url.UserPassword(login, secret.Password(login))
	return u.String(), nil
}
