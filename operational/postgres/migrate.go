package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the numbered files.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return sub
}

// Version is that of the last migration that this program knows.
func Version() int64 {
	last := int64(0)
	names, _ := fs.Glob(Migrations(), "*.sql")
	for _, name := range names {
		v, err := goose.NumericComponent(name)
		if err != nil {
			panic(err) // the files are compiled in
		}
		last = max(last, v)
	}
	return last
}

// Migrate brings the database up to date as its owner: logins, tables, job tables, signing key. It may run again
// at any time, and two at once wait for each other.
func Migrate(ctx context.Context, ownerURL string, secret Secret) error {
	return Migration{}.Run(ctx, ownerURL, secret)
}

// Migration is Migrate with choices. The zero value is what the program does.
type Migration struct {
	Files fs.FS        // the numbered files; default Migrations
	Log   *slog.Logger // hears when it has to wait for others; default nobody
}

// Run brings the database up to date, also while it is in use: see patiently.
func (m Migration) Run(ctx context.Context, ownerURL string, secret Secret) error {
	if m.Files == nil {
		m.Files = Migrations()
	}
	if m.Log == nil {
		m.Log = slog.New(slog.DiscardHandler)
	}
	cfg, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return fmt.Errorf("read database address: %w", err)
	}
	db := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(giveUpSoon))
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", Translate(err))
	}
	defer conn.Close()
	// Session locks of two programs that start together: the second waits, however long, and then finds nothing to do.
	if _, err := conn.ExecContext(ctx, `set lock_timeout = 0; select pg_advisory_lock(7236001)`); err != nil {
		return fmt.Errorf("wait for another migration: %w", Translate(err))
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), `select pg_advisory_unlock(7236001)`) }()
	if err := ensureLogins(ctx, conn, ownerURL, secret); err != nil {
		return err
	}
	if err := m.patiently(ctx, func() error { return migrateTables(ctx, db, m.Files) }); err != nil {
		return err
	}
	if err := m.patiently(ctx, func() error { return migrateRiver(ctx, ownerURL) }); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, fenceSQL); err != nil {
		return fmt.Errorf("fence the database: %w", err)
	}
	inner, outer := NewSigner(secret).pads()
	_, err = conn.ExecContext(ctx, `insert into sec.key (inner_pad, outer_pad) values ($1, $2)
		on conflict (only_row) do update set inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad
		where (sec.key.inner_pad, sec.key.outer_pad) is distinct from (excluded.inner_pad, excluded.outer_pad)`, inner, outer)
	if err != nil {
		return fmt.Errorf("store the signing key: %w", err)
	}
	return nil
}

// fenceSQL is what a copy of a database does not bring along: nobody but the owner makes temporary tables, which
// could stand before real ones in the search path.
const fenceSQL = `do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$`

func migrateTables(ctx context.Context, db *sql.DB, from fs.FS) error {
	versions, err := database.NewStore(goose.DialectPostgres, "sharepartner_migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectCustom, db, from, goose.WithStore(announcing{versions}))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		var partial *goose.PartialError
		if errors.As(err, &partial) && partial.Failed != nil {
			return fmt.Errorf("migration %s: %w", partial.Failed.Source.Path, partial.Err)
		}
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func migrateRiver(ctx context.Context, ownerURL string) error {
	cfg, err := pgxpool.ParseConfig(ownerURL)
	if err != nil {
		return fmt.Errorf("read database address: %w", err)
	}
	cfg.AfterConnect = giveUpSoon
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", Translate(err))
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: "river"})
	if err != nil {
		return fmt.Errorf("read job migrations: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate job tables: %w", err)
	}
	if _, err := pool.Exec(ctx, `grant select, insert, update, delete on all tables in schema river to sharepartner_jobs;
		grant usage, select on all sequences in schema river to sharepartner_jobs;
		grant execute on all functions in schema river to sharepartner_jobs`); err != nil {
		return fmt.Errorf("grant job tables: %w", err)
	}
	return nil
}
