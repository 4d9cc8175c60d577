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

// Purposes of the program itself, for AsProgram.
const (
	PurposeSignIn = "sign-in" // the api login: passwords and new sessions
	PurposeAdmin  = "admin"   // the jobs login: the program's own commands
)

// AsProgram runs the queued statements as the login itself, for a purpose that it signs, in one round trip and one
// transaction: the way to the few functions that look across tenants.
func (db *DB) AsProgram(ctx context.Context, purpose string, queue func(b *pgx.Batch)) error {
	claim, sig := db.signer.purpose(purpose, time.Now().Add(purposeLife))
	b := &pgx.Batch{}
	b.Queue(`select set_config('app.ctx', $1, true), set_config('app.sig', $2, true)`, claim, sig)
	queue(b)
	return Translate(db.Login().SendBatch(ctx, b).Close())
}

// Read runs the queued statements as the actor in one round trip, as one transaction. Results are taken by
// the callbacks of pgx (QueuedQuery.Query, QueryRow).
func (db *DB) Read(ctx context.Context, actor operational.Actor, queue func(b *pgx.Batch)) error {
	e, err := db.entrance(actor)
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	e.queue(b)
	queue(b)
	return Translate(db.pools[actor.Side].SendBatch(ctx, b).Close())
}
