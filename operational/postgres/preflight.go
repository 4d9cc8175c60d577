package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// OldestServer is the oldest major version of Postgres that will do.
const OldestServer = 15

// Preflight says whether a server can carry the program, before anything is changed on it: all faults at once, each
// with what to do. What works but may hurt later is logged as a warning.
func Preflight(ctx context.Context, ownerURL string, log *slog.Logger) error {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", Translate(err))
	}
	defer closeSoon(ctx, conn)
	rows, _ := conn.Query(ctx, sqlServerFacts)
	facts, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[serverFacts])
	if err != nil {
		return fmt.Errorf("look at the server: %w", Translate(err))
	}
	for _, w := range facts.warnings() {
		log.WarnContext(ctx, "database setting may hurt", "setting", w.setting, "found", w.found, "advice", w.advice)
	}
	return facts.faults()
}

const sqlServerFacts = `
select current_setting('server_version_num')::int / 10000 as major, current_setting('server_version') as version,
  current_setting('wal_level') as wal_level, current_setting('server_encoding') as encoding,
  current_setting('max_replication_slots')::int as slots,
  (select count(*) from pg_replication_slots where slot_name <> 'sharepartner_' || current_database())::int as slots_used,
  current_setting('max_wal_senders')::int as senders,
  (select count(*) from pg_stat_replication where application_name <> 'sharepartner_pipeline')::int as senders_used,
  current_setting('max_slot_wal_keep_size') as keep_size,
  current_user as login, (select rolsuper from pg_roles where rolname = current_user) as superuser,
  has_database_privilege(current_database(), 'create') as may_create`

type serverFacts struct {
	Major                int
	Version, WalLevel    string
	Encoding             string
	Slots, SlotsUsed     int
	Senders, SendersUsed int
	KeepSize, Login      string
	Superuser, MayCreate bool
}

// faults are what must change before the program can start.
func (f serverFacts) faults() error {
	var all []error
	add := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	if f.Major < OldestServer {
		add("the server is PostgreSQL %s; the program needs %d or newer: upgrade the server", f.Version, OldestServer)
	}
	if f.WalLevel != "logical" {
		add("wal_level is %s; changes flow to the analytics only with wal_level = logical: run `alter system set wal_level = logical` as superuser and restart the server", f.WalLevel)
	}
	if f.SlotsUsed >= f.Slots {
		add("all %d replication slots are taken: drop one that nobody uses (select * from pg_replication_slots), or raise max_replication_slots and restart the server", f.Slots)
	}
	if f.SendersUsed >= f.Senders {
		add("all %d WAL senders are taken: raise max_wal_senders and restart the server", f.Senders)
	}
	if f.Encoding != "UTF8" {
		add("the database is encoded as %s; names of all languages need UTF8: create the database with encoding 'UTF8'", f.Encoding)
	}
	if !f.MayCreate {
		add("the login %s may not create anything in this database: let its owner run `grant create on database` for it, or use the owner's login in DATABASE_URL", f.Login)
	}
	return errors.Join(all...)
}

type warning struct{ setting, found, advice string }

// warnings are what works, but may hurt one day.
func (f serverFacts) warnings() (all []warning) {
	if f.KeepSize == "-1" {
		all = append(all, warning{"max_slot_wal_keep_size", "-1", "if the program stays away for long, the server keeps its whole log for it and may fill the disk: set a bound, for example 50GB"})
	}
	if f.Superuser {
		all = append(all, warning{"DATABASE_URL", f.Login, "this login is a superuser: a plain login that owns the database is enough"})
	}
	return all
}

// closeSoon closes a connection without waiting for a server that does not answer.
func closeSoon(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
