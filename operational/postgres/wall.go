package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
)

// WallError says where the wall between tenants does not hold. The program does not start then.
type WallError struct{ Faults []string }

func (e *WallError) Error() string {
	return "the wall between tenants does not hold, so the program does not start:\n  - " + strings.Join(e.Faults, "\n  - ")
}

// CheckWall proves the wall, from the catalogue and by trying: each login sees what it must and no more. It changes
// nothing. The error is a *WallError, with all faults, when something is open or shut that must not be.
func CheckWall(ctx context.Context, ownerURL string, secret Secret) error {
	owner, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("check the wall: %w", Translate(err))
	}
	defer closeSoon(ctx, owner)
	c := &wallCheck{owner: owner, ownerURL: ownerURL, secret: secret}
	for _, step := range []func(context.Context) error{c.catalogue, c.strangers, c.signature, c.mirror} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("check the wall: %w", Translate(err))
		}
	}
	if len(c.faults) > 0 {
		return &WallError{Faults: c.faults}
	}
	return nil
}

type wallCheck struct {
	owner    *pgx.Conn
	ownerURL string
	secret   Secret
	faults   []string
}

func (c *wallCheck) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// login opens one of the program's logins; not being able to is a fault of the wall, not of the check.
func (c *wallCheck) login(ctx context.Context, name string) *pgx.Conn {
	url, err := LoginURL(c.ownerURL, name, c.secret)
	if err == nil {
		var conn *pgx.Conn
		if conn, err = pgx.Connect(ctx, url); err == nil {
			return conn
		}
	}
	c.fault("the login %s cannot sign in (%v); if the deployment's secret has changed, let an administrator run what `sharepartner migrate --print-sql` prints", name, Translate(err))
	return nil
}

// catalogue reads what the server says about roles, tables, policies, grants and functions.
func (c *wallCheck) catalogue(ctx context.Context) error {
	for _, sql := range wallQueries {
		rows, _ := c.owner.Query(ctx, sql)
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		c.faults = append(c.faults, found...)
	}
	return nil
}

// strangers tries to read every table without saying who asks: as the login, and in each tenant's role.
func (c *wallCheck) strangers(ctx context.Context) error {
	tables, err := c.readable(ctx)
	if err != nil {
		return err
	}
	for _, login := range []string{LoginAPI, LoginJobs} {
		conn := c.login(ctx, login)
		if conn == nil {
			continue
		}
		for _, t := range tables {
			if login == LoginAPI || t.Role != loginItself {
				c.tryWithout(ctx, conn, login, t)
			}
		}
		closeSoon(ctx, conn)
	}
	return nil
}

const loginItself = ""

// readable is a table, and a column of it that a tenant's role may select.
type readable struct {
	Name   string
	Column string
	Role   string // loginItself: the login without a tenant's role
	Empty  bool
}

func (c *wallCheck) readable(ctx context.Context) ([]readable, error) {
	rows, _ := c.owner.Query(ctx, sqlReadable)
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[readable])
	if err != nil {
		return nil, err
	}
	for i, t := range tables {
		if err := c.owner.QueryRow(ctx, fmt.Sprintf("select not exists (select from %s)", t.Name)).Scan(&tables[i].Empty); err != nil {
			return nil, err
		}
	}
	return tables, nil
}

// tryWithout reads without a context: that must be refused. (Of an empty table nothing is read, so nothing refuses.)
func (c *wallCheck) tryWithout(ctx context.Context, conn *pgx.Conn, login string, t readable) {
	as, enter := login, ""
	if t.Role != loginItself {
		as, enter = t.Role+" (entered by "+login+")", "set local role "+t.Role+";"
	}
	_, err := conn.Exec(ctx, fmt.Sprintf("begin; %s select %s from %s limit 1", enter, t.Column, t.Name))
	_, _ = conn.Exec(ctx, "rollback")
	switch {
	case err == nil && (!t.Empty || t.Role == loginItself):
		c.fault("%s reads %s without saying who asks", as, t.Name)
	case err != nil && operational.KindOf(Translate(err)) != operational.KindForbidden:
		c.fault("%s cannot try %s: %v", as, t.Name, err)
	}
}

// signature proves that the database believes this program's signature and no other.
func (c *wallCheck) signature(ctx context.Context) error {
	conn := c.login(ctx, LoginAPI)
	if conn == nil {
		return nil
	}
	defer closeSoon(ctx, conn)
	actor := operational.Actor{Org: uuid.New(), Side: operational.SideVendor}
	for _, try := range []struct {
		secret   Secret
		believed bool
	}{{c.secret, true}, {append(slices.Clone(c.secret), 'x'), false}} {
		db := &DB{signer: NewSigner(try.secret)}
		e, err := db.entrance(actor)
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		e.queue(b)
		b.Queue(`select sec.ctx_org('vendor')`)
		if err = conn.SendBatch(ctx, b).Close(); (err == nil) != try.believed {
			if try.believed {
				c.fault("the database does not believe this program's signature (%v); was it migrated with another secret?", err)
			} else {
				c.fault("the database believes a forged signature")
			}
		}
	}
	return nil
}

// enough is how many rows of a table the mirror's check counts at most: to see that none are hidden, not to count them.
const enough = 10_000

// mirror compares what the pipeline's login reads with what the owner reads, in one snapshot: under row security a
// login without its policy would read nothing, and no fault would be reported.
func (c *wallCheck) mirror(ctx context.Context) error {
	cdc := c.login(ctx, LoginCDC)
	if cdc == nil {
		return nil
	}
	defer closeSoon(ctx, cdc)
	tx, err := c.owner.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	var snapshot string
	if err := tx.QueryRow(ctx, `select pg_export_snapshot()`).Scan(&snapshot); err != nil {
		return err
	}
	rows, _ := tx.Query(ctx, sqlMirrored)
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByName[mirrored])
	if err != nil {
		return err
	}
	if len(tables) == 0 {
		c.fault("the publication sharepartner is empty or not there")
	}
	if _, err := cdc.Exec(ctx, fmt.Sprintf("begin isolation level repeatable read read only; set transaction snapshot '%s'", snapshot)); err != nil {
		return err
	}
	for _, t := range tables {
		sql := fmt.Sprintf("select count(*) from (select %s from %s limit %d) x", t.Columns, t.Name, enough)
		var all, seen int
		if err := tx.QueryRow(ctx, sql).Scan(&all); err != nil {
			return err
		}
		if err := cdc.QueryRow(ctx, sql).Scan(&seen); err != nil {
			c.fault("%s cannot read %s: %v", LoginCDC, t.Name, err)
			return nil // its transaction is of no more use
		}
		if seen != all {
			c.fault("%s sees %d rows of %s where there are %d", LoginCDC, seen, t.Name, all)
		}
	}
	return nil
}

type mirrored struct{ Name, Columns string }
