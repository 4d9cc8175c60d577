package postgres_test

import (
	"context"
	"io/fs"
	"log/slog"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// withMigration are the program's migrations and one more.
func withMigration(t *testing.T, name, up string) fs.FS {
	t.Helper()
	all := fstest.MapFS{name: {Data: []byte("-- +goose Up\n" + up)}}
	files, err := fs.Glob(postgres.Migrations(), "*.sql")
	require.NoError(t, err)
	for _, f := range files {
		text, err := fs.ReadFile(postgres.Migrations(), f)
		require.NoError(t, err)
		all[f] = &fstest.MapFile{Data: text}
	}
	return all
}

// tries is a log that tells of each try that gave up.
type tries chan string

func (tries) Enabled(context.Context, slog.Level) bool { return true }
func (n tries) WithAttrs([]slog.Attr) slog.Handler     { return n }
func (n tries) WithGroup(string) slog.Handler          { return n }
func (n tries) Handle(_ context.Context, r slog.Record) error {
	n <- r.Message
	return nil
}

// A migration that meets transactions of others neither holds them up nor dies of them: it begins again until it can.
func TestMigrationGivesWay(t *testing.T) {
	url := pgtest.NewURL(t)
	super, err := pgx.ParseConfig(pgtest.Server(t).SuperURL)
	require.NoError(t, err)
	watch := connect(t, url)
	_, err = connect(t, super.ConnString()).Exec(t.Context(), "alter database "+watch.Config().Database+" set deadlock_timeout = '5min'") // it is never the writer who is ended
	require.NoError(t, err)
	exec := func(conn *pgx.Conn, sql string) {
		t.Helper()
		_, err := conn.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
	reader, writer := connect(t, url), connect(t, url)
	gaveUp, done := make(tries, 1000), make(chan error, 1)
	begin := func(name, up string) {
		m := postgres.Migration{Files: withMigration(t, name, up), Log: slog.New(gaveUp)}
		go func() { done <- m.Run(context.Background(), url, pgtest.Secret) }()
	}

	exec(reader, `begin; select from crm.product`)
	begin("9001_a.sql", "alter table crm.product add column colour text;")
	for range 2 {
		require.Contains(t, <-gaveUp, "begins again")
	}
	exec(writer, `begin; lock crm.product in row exclusive mode; rollback`) // others get at the table while it waits
	exec(reader, `commit`)
	require.NoError(t, <-done)
	exec(watch, `select colour from crm.product`)

	exec(writer, `begin; lock crm.account in row exclusive mode`)
	begin("9002_b.sql", "alter table crm.product add column weight int; alter table crm.account add column weight int;")
	require.Eventually(t, func() bool { // it has the one and waits for the other
		var waits bool
		err := watch.QueryRow(t.Context(), `select exists (select from pg_locks where relation = 'crm.account'::regclass and mode = 'AccessExclusiveLock' and not granted)`).Scan(&waits)
		return err == nil && waits
	}, time.Minute, time.Millisecond)
	exec(writer, `lock crm.product in row exclusive mode; commit`)
	require.NoError(t, <-done)
	exec(watch, `select p.weight, a.weight from crm.product p, crm.account a`)
}
