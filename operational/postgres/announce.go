package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3/database"
)

// announcing has each migration that changes what is mirrored say so inside the log, in its own transaction: exactly
// there the shape of the rows changes for whoever reads the log. The same is kept in the database, as a function like
// crm.deployment, since it holds nothing of any tenant: what is published otherwise than it says was altered by hand.
type announcing struct{ database.Store }

// announcement is what the pipeline reads: pgsource.Announcement.
type announcement struct {
	Version int64                        `json:"version"` // of the migration
	Tables  map[string]map[string]string `json:"tables"`  // columns with their types
	Empty   map[string][]string          `json:"empty,omitempty"`
	// Earlier is Empty of each migration before. Only the database has it: anybody who may sign in can write into the log, so
	// that whoever reads there asks here what a migration has really said.
	Earlier map[int64]map[string][]string `json:"earlier,omitempty"`
}

// Insert notes that a migration is done. The provider calls it at the end of the migration's transaction.
func (s announcing) Insert(ctx context.Context, db database.DBTxConn, req database.InsertRequest) error {
	if err := s.Store.Insert(ctx, db, req); err != nil {
		return err
	}
	if err := announce(ctx, db, req.Version); err != nil {
		return fmt.Errorf("announce migration %d: %w", req.Version, err)
	}
	return nil
}

const publishedSQL = `
select coalesce(jsonb_object_agg(t.name, t.columns), '{}'), to_regprocedure('crm.announced()') is not null
from (
  select pt.schemaname || '.' || pt.tablename as name, jsonb_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)) as columns
  from pg_publication_tables pt
  join pg_namespace n on n.nspname = pt.schemaname
  join pg_class c on c.relnamespace = n.oid and c.relname = pt.tablename
  join pg_attribute a on a.attrelid = c.oid and a.attname = any (pt.attnames)
  where pt.pubname = 'sharepartner'
  group by 1) t`

const keepSQL = `
create or replace function crm.announced() returns jsonb language sql immutable parallel safe as %s;
revoke all on function crm.announced() from public;
grant execute on function crm.announced() to sharepartner_cdc`

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func announce(ctx context.Context, db database.DBTxConn, version int64) error {
	var shape, kept []byte
	var before bool
	if err := db.QueryRowContext(ctx, publishedSQL).Scan(&shape, &before); err != nil {
		return fmt.Errorf("read what is published: %w", err)
	}
	now, last := announcement{Version: version}, announcement{}
	if err := json.Unmarshal(shape, &now.Tables); err != nil {
		return fmt.Errorf("read what is published: %w", err)
	}
	if before {
		if err := db.QueryRowContext(ctx, `select crm.announced()`).Scan(&kept); err != nil {
			return fmt.Errorf("read what was announced before: %w", err)
		}
		if err := json.Unmarshal(kept, &last); err != nil {
			return fmt.Errorf("read what was announced before: %w", err)
		}
	}
	if len(now.Tables) == 0 && !before || reflect.DeepEqual(now.Tables, last.Tables) {
		return nil
	}
	if err := now.look(ctx, db, last); err != nil {
		return err
	}
	text, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("write what is announced: %w", err)
	}
	now.after(last)
	whole, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("write what is announced: %w", err)
	}
	if _, err := db.ExecContext(ctx, fmt.Sprintf(keepSQL, literal("select "+literal(string(whole))+"::jsonb"))); err != nil {
		return fmt.Errorf("keep what is announced: %w", err)
	}
	if _, err := db.ExecContext(ctx, `select pg_logical_emit_message(true, 'sharepartner.schema', $1)`, string(text)); err != nil {
		return fmt.Errorf("write into the log: %w", err)
	}
	return nil
}

// after keeps what the migrations before have said.
func (a *announcement) after(last announcement) {
	if last.Version == 0 {
		return
	}
	a.Earlier = last.Earlier
	if a.Earlier == nil {
		a.Earlier = map[int64]map[string][]string{}
	}
	a.Earlier[last.Version] = last.Empty
}

// look finds the new columns of which all rows hold null: the warehouse has that already. It is sure only where nobody
// else can write to the table until this transaction ends, and this one has not: what it wrote while the table was out of
// the publication does not come.
func (a *announcement) look(ctx context.Context, db database.DBTxConn, before announcement) error {
	for table, columns := range a.Tables {
		for column := range columns {
			if _, was := before.Tables[table][column]; was || before.Tables[table] == nil {
				continue
			}
			empty, err := holdsNothing(ctx, db, table, column)
			if err != nil {
				return err
			}
			if empty {
				if a.Empty == nil {
					a.Empty = map[string][]string{}
				}
				a.Empty[table] = append(a.Empty[table], column)
			}
		}
	}
	return nil
}

const lockedSQL = `
select exists (select from pg_locks where pid = pg_backend_pid() and relation = to_regclass($1) and mode = 'AccessExclusiveLock' and granted)
  and current_setting('track_counts')::bool
  and not exists (select from pg_stat_xact_all_tables where relid = to_regclass($1) and n_tup_ins + n_tup_upd + n_tup_del > 0)`

func holdsNothing(ctx context.Context, db database.DBTxConn, table, column string) (bool, error) {
	schema, name, _ := strings.Cut(table, ".")
	table = pgx.Identifier{schema, name}.Sanitize()
	var alone, some bool
	if err := db.QueryRowContext(ctx, lockedSQL, table).Scan(&alone); err != nil || !alone {
		return false, err
	}
	err := db.QueryRowContext(ctx, fmt.Sprintf(`select exists (select from %s where %s is not null)`, table, pgx.Identifier{column}.Sanitize())).Scan(&some)
	return err == nil && !some, err
}
