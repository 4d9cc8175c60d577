package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/sharepartner/sharepartner/operational"
)

// DB is a login that owns nothing and enters a tenant's role for each transaction.
type DB struct {
	pools  map[operational.Side]*pgxpool.Pool
	signer Signer
	clock  func() time.Time
}

// Open connects a login (sharepartner_api or sharepartner_jobs) with at most maxConns connections a side.
func Open(ctx context.Context, url string, signer Signer, maxConns int32, clock func() time.Time) (*DB, error) {
	db := &DB{pools: map[operational.Side]*pgxpool.Pool{}, signer: signer, clock: clock}
	for _, side := range []operational.Side{operational.SideVendor, operational.SidePartner} {
		pool, err := openPool(ctx, url, maxConns)
		if err != nil {
			db.Close()
			return nil, err
		}
		db.pools[side] = pool
	}
	return db, nil
}

func openPool(ctx context.Context, url string, maxConns int32) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read database address: %w", err)
	}
	cfg.MaxConns = maxConns
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "sharepartner"
	}
	cfg.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		RegisterTypes(conn.TypeMap())
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", Translate(err))
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect: %w", Translate(err))
	}
	return pool, nil
}

// Close waits for running transactions and closes all connections.
func (db *DB) Close() {
	for _, p := range db.pools {
		p.Close()
	}
}

// Now is the program's time, in the precision that Postgres keeps.
func (db *DB) Now() time.Time { return db.clock().UTC().Truncate(time.Microsecond) }

// Login is a pool that has entered no tenant: for the functions that the login itself may call
// (who holds this session?) and, for jobs, for the tables of timers and the outbox.
func (db *DB) Login() *pgxpool.Pool { return db.pools[operational.SideVendor] }

// Tx is a transaction inside one tenant's context. It has one timestamp.
type Tx struct {
	pgx.Tx
	Actor operational.Actor
	Now   time.Time
	db    *DB
}

// InTx runs fn as the actor; everything in it happens, or nothing.
func (db *DB) InTx(ctx context.Context, actor operational.Actor, fn func(tx *Tx) error) error {
	enter, err := db.enterSQL(actor)
	if err != nil {
		return err
	}
	now := db.Now()
	err = pgx.BeginTxFunc(ctx, db.pools[actor.Side], pgx.TxOptions{BeginQuery: "begin; " + enter}, func(tx pgx.Tx) error {
		return fn(&Tx{Tx: tx, Actor: actor, Now: now, db: db})
	})
	return Translate(err)
}

// Enter goes on in another workspace inside the same transaction: how an import writes the rows of each partner.
func (tx *Tx) Enter(ctx context.Context, actor operational.Actor) error {
	enter, err := tx.db.enterSQL(actor)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, enter); err != nil {
		return Translate(err)
	}
	tx.Actor = actor
	return nil
}

// Read runs the queued statements as the actor in one round trip, as one transaction. Results are taken by
// the callbacks of pgx (QueuedQuery.Query, QueryRow).
func (db *DB) Read(ctx context.Context, actor operational.Actor, queue func(b *pgx.Batch)) error {
	role, claim, sig, err := db.context(actor)
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	b.Queue(`select set_config('role', $1, true), set_config('app.ctx', $2, true), set_config('app.sig', $3, true)`, role, claim, sig)
	queue(b)
	return Translate(db.pools[actor.Side].SendBatch(ctx, b).Close())
}

func (db *DB) enterSQL(actor operational.Actor) (string, error) {
	role, claim, sig, err := db.context(actor)
	if err != nil {
		return "", err
	}
	// All three consist of letters, digits, '-', '|' and '_' only: made here, never given by a caller.
	return fmt.Sprintf(`select set_config('role', '%s', true), set_config('app.ctx', '%s', true), set_config('app.sig', '%s', true)`, role, claim, sig), nil
}

func (db *DB) context(actor operational.Actor) (role, claim, sig string, err error) {
	switch actor.Side {
	case operational.SideVendor:
		role = "sharepartner_vendor"
	case operational.SidePartner:
		role = "sharepartner_partner"
	default:
		return "", "", "", operational.Fault(operational.KindUnauthenticated, "sign-in-required", "Sign in first.")
	}
	claim, sig = db.signer.Sign(actor, db.clock().Add(contextLife))
	return role, claim, sig, nil
}
