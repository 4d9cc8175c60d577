package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sharepartner/sharepartner/operational"
)

// Tx is a transaction inside one tenant's context. It has one timestamp.
type Tx struct {
	pgx.Tx
	Actor operational.Actor
	Now   time.Time
	db    *DB
}

// InTx runs fn as the actor; everything in it happens, or nothing.
func (db *DB) InTx(ctx context.Context, actor operational.Actor, fn func(tx *Tx) error) error {
	e, err := db.entrance(actor)
	if err != nil {
		return err
	}
	conn, err := db.pools[actor.Side].Acquire(ctx)
	if err != nil {
		return Translate(err)
	}
	defer conn.Release() // a connection that is still inside a transaction is closed, not used again
	inner := &transaction{conn: conn.Conn()}
	defer inner.abandon(ctx)
	if err := inner.open(ctx, e); err != nil {
		return Translate(err)
	}
	if err := fn(&Tx{Tx: inner, Actor: actor, Now: db.Now(), db: db}); err != nil {
		return Translate(err)
	}
	return Translate(inner.Commit(ctx))
}

// Enter goes on in another workspace inside the same transaction: how an import writes the rows of each partner.
func (tx *Tx) Enter(ctx context.Context, actor operational.Actor) error {
	e, err := tx.db.entrance(actor)
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	e.queue(b)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return Translate(err)
	}
	tx.Actor = actor
	return nil
}

// transaction is the driver's interface on a connection whose transaction began in the same round trip as the
// tenant's context was set. (The driver's own takes no arguments at its beginning.)
type transaction struct {
	conn   *pgx.Conn
	parent *transaction // of a savepoint
	done   bool
}

func (t *transaction) open(ctx context.Context, e entrance) error {
	b := &pgx.Batch{}
	b.Queue(`begin`)
	e.queue(b)
	return t.conn.SendBatch(ctx, b).Close()
}

// abandon undoes what has not been committed, also when the caller has gone.
func (t *transaction) abandon(ctx context.Context) {
	if t.done || t.conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := t.Rollback(ctx); err != nil {
		_ = t.conn.Close(ctx)
	}
}

// live gives the connection while it is this transaction's: afterwards it serves another tenant.
func (t *transaction) live() *pgx.Conn {
	for at := t; at != nil; at = at.parent {
		if at.done {
			panic("a statement after the end of its transaction")
		}
	}
	return t.conn
}

func (t *transaction) savepoint() string {
	depth := 0
	for at := t.parent; at != nil; at = at.parent {
		depth++
	}
	return fmt.Sprintf("savepoint s%d", depth)
}

// Begin opens a savepoint.
func (t *transaction) Begin(ctx context.Context) (pgx.Tx, error) {
	inner := &transaction{conn: t.live(), parent: t}
	_, err := t.conn.Exec(ctx, inner.savepoint())
	return inner, err
}

func (t *transaction) Commit(ctx context.Context) error { return t.end(ctx, "commit", "release ") }

func (t *transaction) Rollback(ctx context.Context) error {
	return t.end(ctx, "rollback", "rollback to ")
}

func (t *transaction) end(ctx context.Context, whole, part string) error {
	if t.done {
		return pgx.ErrTxClosed
	}
	conn, sql := t.live(), whole
	if t.parent != nil {
		sql = part + t.savepoint()
	}
	t.done = true
	tag, err := conn.Exec(ctx, sql)
	if err == nil && sql == "commit" && tag.String() == "ROLLBACK" { // a statement failed and its fault was not heeded
		return pgx.ErrTxCommitRollback
	}
	return err
}

func (t *transaction) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return t.live().Exec(ctx, sql, args...)
}

func (t *transaction) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return t.live().Query(ctx, sql, args...)
}

func (t *transaction) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return t.live().QueryRow(ctx, sql, args...)
}

func (t *transaction) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return t.live().SendBatch(ctx, b)
}

func (t *transaction) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error) {
	return t.live().CopyFrom(ctx, table, columns, src)
}

func (t *transaction) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	return t.live().Prepare(ctx, name, sql)
}

// LargeObjects are not used: row security does not know them.
func (t *transaction) LargeObjects() pgx.LargeObjects { panic("large objects stand outside the wall") }

func (t *transaction) Conn() *pgx.Conn { return t.live() }
