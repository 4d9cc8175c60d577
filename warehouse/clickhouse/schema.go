package clickhouse

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/sharepartner/sharepartner/warehouse"
)

// schemaVersion names the form of the tables. A database of another form is not gone on with: the warehouse is a copy and is
// filled again from Postgres.
const schemaVersion = 1

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

// prepare makes the tables that are not there.
func (s *Store) prepare(ctx context.Context) error {
	have, err := s.columns(ctx)
	if err != nil {
		return err
	}
	if err := s.checkForm(ctx, have); err != nil {
		return err
	}
	for _, statement := range strings.Split(strings.TrimSpace(schemaSQL), ";\n") {
		if err := s.exec(ctx, "make the tables of the warehouse", statement+durable); err != nil {
			return err
		}
	}
	if err := s.grow(ctx, have); err != nil {
		return err
	}
	if len(have) == 0 {
		if err := s.exec(ctx, "mark the form of the warehouse", "INSERT INTO form VALUES ({version:UInt32})", named("version", uint32(schemaVersion))); err != nil {
			return err
		}
	}
	if err := s.readLimits(ctx); err != nil {
		return err
	}
	open, err := s.anyLetterOpen(ctx)
	s.lettersOpen.Store(open)
	return err
}
