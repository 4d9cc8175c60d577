package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// The logins that the program makes beside the owner's.
const (
	LoginAPI  = "sharepartner_api"
	LoginJobs = "sharepartner_jobs"
	LoginCDC  = "sharepartner_cdc"
)

// LoginsSQL is what makes the roles: for an administrator to run where the owner's login may not.
func LoginsSQL(secret Secret) string {
	var passwords strings.Builder
	for _, login := range []string{LoginAPI, LoginJobs, LoginCDC} {
		fmt.Fprintf(&passwords, "alter role %s password '%s';\n", login, secret.Password(login))
	}
	return rolesSQL + passwords.String() + memberSQL
}

const (
	rolesSQL = `do $$ begin create role sharepartner_vendor nologin; exception when duplicate_object then null; end $$;
do $$ begin create role sharepartner_partner nologin; exception when duplicate_object then null; end $$;
do $$ begin create role sharepartner_public nologin; exception when duplicate_object then null; end $$;
do $$ begin create role sharepartner_api login noinherit; exception when duplicate_object then null; end $$;
do $$ begin create role sharepartner_jobs login noinherit; exception when duplicate_object then null; end $$;
do $$ begin create role sharepartner_cdc login noinherit replication; exception when duplicate_object then null; end $$;
`
	memberSQL = "grant sharepartner_vendor, sharepartner_partner to sharepartner_api, sharepartner_jobs;\ngrant sharepartner_public to sharepartner_api;\n"
)

// MissingRightsError says that the owner's login may not make roles, and what an administrator should run.
type MissingRightsError struct{ SQL string }

func (e *MissingRightsError) Error() string {
	return "the login of DATABASE_URL may not create roles; nothing was changed. Let an administrator of the server run the SQL that `sharepartner migrate --print-sql` prints, then start again"
}

// OtherSecretError says that the logins are on the server already, with passwords that this deployment's secret does not
// give: they are another deployment's, or the secret has changed.
type OtherSecretError struct{ Databases []string } // others, in which the logins have rights

func (e *OtherSecretError) Error() string {
	whose := "the secret of this deployment is not the one that they were made with"
	if len(e.Databases) > 0 {
		whose = "they serve another deployment, in the database " + strings.Join(e.Databases, " and ")
	}
	return "the logins " + LoginAPI + ", " + LoginJobs + " and " + LoginCDC + " are on this server already and do not open with this secret: " + whose +
		". Nothing was changed. There is one set of these logins for a whole server: give all deployments on it the same SHAREPARTNER_SECRET, or each a server of its own. " +
		"If the secret was changed on purpose, let an administrator of the server run the SQL that `sharepartner migrate --print-sql` prints (it gives the logins their new passwords), then start again"
}

// EnsureLogins makes the roles with a login that may, and gives them their passwords: for the private server's superuser,
// and for whoever has decided that this secret holds for the server. On a server of one's own, Migrate does the same as
// the owner, but does not take the logins away from another deployment.
func EnsureLogins(ctx context.Context, adminURL string, secret Secret) error {
	db, err := sql.Open("pgx", adminURL)
	if err != nil {
		return fmt.Errorf("read database address: %w", err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, LoginsSQL(secret)); err != nil {
		return fmt.Errorf("make logins: %w", Translate(err))
	}
	return nil
}

// loginFacts is what a server has of the logins.
const loginFactsSQL = `
with ours as (select oid, rolname, rolreplication from pg_roles
  where rolname in ` + programRoles + `)
select (select count(*) = 6 and bool_or(rolname = 'sharepartner_cdc' and rolreplication) from ours),
  array(select rolname::text from ours where rolname not in ` + tenantRoles + ` order by rolname),
  array(select distinct d.datname::text from pg_shdepend s join pg_database d on d.oid = s.dbid join ours on ours.oid = s.refobjid
    where s.refclassid = 'pg_authid'::regclass and d.datname <> current_database() and not d.datistemplate order by 1)`

// ensureLogins makes the roles as the owner. Passwords are given where there are none yet; logins that another secret opens
// are left alone. An owner without the right to make roles can go on once an administrator has made them.
func ensureLogins(ctx context.Context, conn *sql.Conn, ownerURL string, secret Secret) error {
	var ready bool
	var logins, elsewhere []string
	types := pgtype.NewMap()
	err := conn.QueryRowContext(ctx, loginFactsSQL).Scan(&ready, types.SQLScanner(&logins), types.SQLScanner(&elsewhere))
	if err != nil {
		return fmt.Errorf("look for logins: %w", Translate(err))
	}
	open := len(logins) == 3
	for _, login := range logins {
		opens, err := loginOpens(ctx, ownerURL, login, secret)
		switch {
		case err != nil:
			return err
		case !opens:
			return &OtherSecretError{Databases: elsewhere}
		}
	}
	statements := LoginsSQL(secret)
	if open {
		statements = rolesSQL + memberSQL
	}
	_, err = conn.ExecContext(ctx, statements)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42501" {
		if ready {
			return nil
		}
		return &MissingRightsError{SQL: LoginsSQL(secret)}
	}
	if err != nil {
		return fmt.Errorf("make logins: %w", Translate(err))
	}
	return nil
}

// loginOpens tries a login with the password that the secret gives.
func loginOpens(ctx context.Context, ownerURL, login string, secret Secret) (bool, error) {
	address, err := LoginURL(ownerURL, login, secret)
	if err != nil {
		return false, err
	}
	conn, err := pgx.Connect(ctx, address)
	var pg *pgconn.PgError
	switch {
	case err == nil:
		closeSoon(ctx, conn)
		return true, nil
	case errors.As(err, &pg) && pg.Code == "28P01":
		return false, nil
	}
	return false, fmt.Errorf("try the login %s: %w", login, Translate(err))
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
