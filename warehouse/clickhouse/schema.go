package clickhouse

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/sharepartner/sharepartner/warehouse"
)

// schemaVersion names the form of the tables. A database of another form is not gone on with: the warehouse is a copy and is
// filled again from Postgres.
const schemaVersion = 2

//go:embed queries/schema.sql
var schemaSQL string

// fewValues are the texts of which there are few different ones.
var fewValues = []string{"region", "tier", "currency", "stage_type", "status", "type", "country", "country_code", "industry", "amount_source", "change", "family"}

// typeOf is the type of a column. Times are microseconds since 1970 and dates are days, as the engine's own types end in 1900 and
// 2299 and give other values for what lies outside, without a word.
func typeOf(t *warehouse.Table, c warehouse.Column) string {
	plain := map[warehouse.Kind]string{
		warehouse.KindUUID: "UUID", warehouse.KindText: "String", warehouse.KindInt: "Int64", warehouse.KindTime: "Int64",
		warehouse.KindDate: "Int32", warehouse.KindBool: "Bool", warehouse.KindDecimal: fmt.Sprintf("Decimal(18, %d)", c.Scale),
	}[c.Kind]
	switch {
	case slices.Contains(t.Key, c.Name):
		return plain
	case few(c):
		return "LowCardinality(Nullable(String))"
	}
	return "Nullable(" + plain + ")"
}

func few(c warehouse.Column) bool {
	return c.Kind == warehouse.KindText && slices.Contains(fewValues, c.Name)
}

func ident(name string) string { return "`" + name + "`" }

func list(columns []warehouse.Column) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = ident(c.Name)
	}
	return strings.Join(parts, ", ")
}

// keyOrder is the first column of the key in the order of its bytes: the engine itself orders ids by their second half.
func keyOrder(t *warehouse.Table) string { return "UUIDToNum(" + ident(t.Key[0]) + ")" }

// tableDDL makes the log and the latest state of a table. What the present load wrote is found by the range of loads of each part:
// all others end before it.
func tableDDL(t *warehouse.Table) []string {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = ident(c.Name) + " " + typeOf(t, c)
	}
	made := strings.Join(columns, ", ")
	order := "(_lsn, _seq)" // as rows come, so that nothing is sorted
	if t.AppendOnly {
		order = "(" + keyOrder(t) + ", _lsn, _seq)" // it is read by key
	}
	ddl := []string{fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s_log (%s, _op UInt8, _lsn UInt64, _rec UInt64, _seq UInt32, _commit_at Int64, _load UInt64, INDEX loads _load TYPE minmax) ENGINE = MergeTree ORDER BY %s"+durable, t.Name, made, order)}
	if !t.AppendOnly {
		ddl = append(ddl, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (%s, _rec UInt64, _load UInt64) ENGINE = MergeTree ORDER BY %s"+durable, t.Name, made, keyOrder(t)))
	}
	return ddl
}

// mirrors says whether a table is one of the store's: another one of the same name may have other columns.
func (s *Store) mirrors(t *warehouse.Table) error {
	if !slices.Contains(s.tables, t) {
		return fmt.Errorf("%s is not one of the tables that this store was opened with", t.Name)
	}
	return nil
}

// durable has a table's rows on the disk when it is said that they are written: Postgres is told then that it may forget them.
const durable = " SETTINGS fsync_after_insert = 1, fsync_part_directory = 1"

// statements make the tables that every database of this form has.
func (s *Store) statements() []string {
	var all []string
	for _, statement := range strings.Split(strings.TrimSpace(schemaSQL), ";\n") {
		all = append(all, s.engine.table(statement+durable))
	}
	return all
}

// prepare makes the tables that are not there. A shard that is away gets its own when it is back.
func (s *Store) prepare(ctx context.Context) error {
	if _, err := s.some(ctx, s.prepareShard); err != nil {
		return err
	}
	if err := s.readLimits(ctx); err != nil {
		return err
	}
	open, err := s.anyLetterOpen(ctx)
	s.lettersOpen.Store(open)
	return err
}

// prepareShard makes the tables of a shard on each of its servers. One that is away has got its own before, or waits for the next
// program that opens the warehouse.
func (s *Store) prepareShard(ctx context.Context, sh *shard) error {
	if sh.ready {
		return nil
	}
	var away error
	for _, one := range sh.servers {
		err := s.prepareServer(ctx, one)
		switch {
		case err == nil:
			sh.ready = true
		case !errors.Is(err, warehouse.ErrAway):
			return err
		default:
			away = err
		}
	}
	if sh.ready {
		return nil
	}
	return away
}

func (s *Store) prepareServer(ctx context.Context, on server) error {
	if err := on.makeDatabase(ctx); err != nil {
		return err
	}
	have, err := columns(ctx, on.db)
	if err != nil {
		return err
	}
	if err := s.checkForm(ctx, on.db, have); err != nil {
		return err
	}
	for _, statement := range s.statements() {
		if err := run(ctx, on.db, "make the tables of the warehouse", statement); err != nil {
			return err
		}
	}
	if err := s.grow(ctx, on.db, have); err != nil {
		return err
	}
	for _, statement := range s.wholeCluster() {
		if err := run(ctx, on.db, "make the tables of the whole cluster", statement); err != nil {
			return err
		}
	}
	if len(have) > 0 {
		return nil
	}
	return run(ctx, on.db, "mark the form of the warehouse", "INSERT INTO form VALUES ({version:UInt32}, {shards:UInt32})", named("version", uint32(schemaVersion)), named("shards", uint32(len(s.shards))))
}

// run is a statement on one server.
func run(ctx context.Context, db driver.Conn, what, query string, args ...any) error {
	if err := db.Exec(ctx, query, args...); err != nil {
		return fmt.Errorf("%s: %w", what, told(ctx, err))
	}
	return nil
}
