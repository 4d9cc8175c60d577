package pipelines_test

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// bed is a migrated database and a place for a warehouse file.
type bed struct {
	t    testing.TB
	url  string // owner's
	cdc  string
	file string
}

func newBed(t testing.TB) *bed {
	t.Helper()
	b := &bed{t: t, url: pgtest.NewURL(t), file: filepath.Join(t.TempDir(), "warehouse.duckdb")}
	b.cdc = cdcURL(t, b.url)
	t.Cleanup(func() { dropSlots(t, b.url) })
	return b
}

func cdcURL(t testing.TB, owner string) string {
	t.Helper()
	u, err := postgres.LoginURL(owner, postgres.LoginCDC, pgtest.Secret)
	require.NoError(t, err)
	return u
}

// dropSlots gives the slots of the test's database back: there are only so many.
func dropSlots(t testing.TB, url string) {
	conn := connect(t, url)
	require.Eventually(t, func() bool {
		_, err := conn.Exec(context.Background(), `select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database()`)
		return err == nil
	}, time.Minute, 50*time.Millisecond, "slots of the test are still in use")
}

// owner opens a connection above the wall whose commits are flushed, so that their place in the log is known.
func (b *bed) owner() *pgx.Conn {
	conn := connect(b.t, b.url)
	_, err := conn.Exec(context.Background(), `set synchronous_commit = on`)
	require.NoError(b.t, err)
	return conn
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func (b *bed) open() *duckdb.Store {
	b.t.Helper()
	store, err := duckdb.Open(context.Background(), duckdb.Options{Path: b.file, MemoryLimit: "512MB", Threads: 1, Log: logTo(b.t)})
	require.NoError(b.t, err)
	b.t.Cleanup(func() { _ = store.Close() })
	return store
}

// run starts a pipeline; the function stops it and waits.
func (b *bed) run(store warehouse.Store) (*pipelines.Pipeline, func()) {
	return start(b.t, pipelines.Config{SourceURL: b.cdc, Store: store, Log: logTo(b.t)})
}

func start(t testing.TB, cfg pipelines.Config) (*pipelines.Pipeline, func()) {
	p := pipelines.New(cfg)
	return p, startIt(t, p)
}

func startIt(t testing.TB, p *pipelines.Pipeline) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			require.NoError(t, <-done)
		}
	}
	t.Cleanup(stop)
	return stop
}

func logTo(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// catchUp waits until the pipeline has loaded all that is committed.
func (b *bed) catchUp(p *pipelines.Pipeline) {
	b.t.Helper()
	conn := b.owner()
	defer conn.Close(context.Background())
	catchUp(b.t, conn, p)
}

func catchUp(t testing.TB, owner *pgx.Conn, p *pipelines.Pipeline) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if err := p.WaitFor(ctx, fence(t, owner)); err != nil {
		s, _ := p.Status(context.Background())
		require.NoError(t, err, "status: %+v", s)
	}
}

// fence commits durably and gives a place after everything that was committed before. Commits of others may not have
// been flushed; the flush of this one takes them along.
func fence(t testing.TB, owner *pgx.Conn) uint64 {
	t.Helper()
	var lsn string
	_, err := owner.Exec(context.Background(), `select pg_logical_emit_message(true, 'fence', '')`)
	require.NoError(t, err)
	require.NoError(t, owner.QueryRow(context.Background(), `select pg_current_wal_flush_lsn()::text`).Scan(&lsn))
	place, err := pgsource.ParseLSN(lsn)
	require.NoError(t, err)
	return place
}

// read opens the warehouse file behind the store's back; the store must be closed.
func (b *bed) read() *sql.DB {
	b.t.Helper()
	db, err := sql.Open("duckdb", b.file)
	require.NoError(b.t, err)
	b.t.Cleanup(func() { _ = db.Close() })
	return db
}

func assertContains(text string, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}
