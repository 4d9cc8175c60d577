package duckdb

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/sharepartner/sharepartner/warehouse"
)

// schemaVersion names the form of the file. A file of another version is not read: the warehouse is a copy and is
// filled again from Postgres.
const schemaVersion = 8

//go:embed queries/schema.sql
var schemaSQL string

// typeOf is the type of a column in the log and in the latest state.
func typeOf(c warehouse.Column) string {
	switch c.Kind {
	case warehouse.KindUUID:
		return "UUID"
	case warehouse.KindText:
		return "VARCHAR"
	case warehouse.KindInt:
		return "BIGINT"
	case warehouse.KindDecimal:
		return fmt.Sprintf("DECIMAL(18,%d)", c.Scale)
	case warehouse.KindTime:
		return "TIMESTAMP"
	case warehouse.KindDate:
		return "DATE"
	case warehouse.KindBool:
		return "BOOLEAN"
	}
	panic(fmt.Sprintf("column %s: kind %d has no type", c.Name, c.Kind))
}

// stagedTypeOf is the type of a column while staged: times and dates as the integers that the batch holds.
func stagedTypeOf(c warehouse.Column) string {
	switch c.Kind {
	case warehouse.KindTime:
		return "BIGINT"
	case warehouse.KindDate:
		return "INTEGER"
	default:
		return typeOf(c)
	}
}

// unstaged turns a staged column into its final type.
func unstaged(c warehouse.Column) string {
	switch c.Kind {
	case warehouse.KindTime:
		return "make_timestamp(" + ident(c.Name) + ")"
	case warehouse.KindDate:
		return "DATE '1970-01-01' + " + ident(c.Name)
	default:
		return ident(c.Name)
	}
}

func ident(name string) string { return `"` + name + `"` }

func list(columns []warehouse.Column, form func(warehouse.Column) string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = form(c)
	}
	return strings.Join(parts, ", ")
}

// tableDDL makes the log and the latest state of a table.
func tableDDL(t *warehouse.Table) string {
	columns := list(t.Columns, func(c warehouse.Column) string { return ident(c.Name) + " " + typeOf(c) })
	ddl := fmt.Sprintf("CREATE TABLE %s_log (%s, _op UTINYINT, _lsn UBIGINT, _rec UBIGINT, _seq UINTEGER, _commit_at TIMESTAMP);\n", t.Name, columns)
	if !t.AppendOnly {
		ddl += fmt.Sprintf("CREATE TABLE %s (%s, _rec UBIGINT);\n", t.Name, columns)
	}
	return ddl
}

// stageDDL makes the staging table of a table, seen by the writing connection only.
func stageDDL(t *warehouse.Table) string {
	columns := list(t.Columns, func(c warehouse.Column) string { return ident(c.Name) + " " + stagedTypeOf(c) })
	return fmt.Sprintf("CREATE TEMP TABLE stage_%s (%s, _op UTINYINT, _lsn UBIGINT, _rec UBIGINT, _seq UINTEGER, _commit_at BIGINT);\n", t.Name, columns)
}

// mirrors says whether a table is one of the store's: another one of the same name may have other columns.
func (s *Store) mirrors(t *warehouse.Table) error {
	if !slices.Contains(s.tables, t) {
		return fmt.Errorf("%s is not one of the tables that this store was opened with", t.Name)
	}
	return nil
}

// allTables are the tables of the file, the mirrored and the derived.
func allTables(tables []*warehouse.Table) []string {
	names := []string{"opportunity_move", "opportunity_wide", "opportunity_stay", "opportunity_history_undone", "checkpoint", "copied", "awaited", "mark", "pipeline_status", "lag_sample", "dead_letter"}
	for _, t := range tables {
		names = append(names, t.Name+"_log")
		if !t.AppendOnly {
			names = append(names, t.Name)
		}
	}
	return names
}

// prepareSchema makes the tables of an empty file and checks the version of any other.
func prepareSchema(ctx context.Context, db *sql.DB, path string, tables []*warehouse.Table) error {
	var present, marked int
	err := db.QueryRowContext(ctx, "SELECT count(*), count(*) FILTER (table_name = 'schema_version') FROM duckdb_tables() WHERE NOT temporary").Scan(&present, &marked)
	if err != nil {
		return fmt.Errorf("read the tables of the warehouse: %w", err)
	}
	if present == 0 {
		return createSchema(ctx, db, tables)
	}
	version := 0
	if marked == 1 {
		if err := db.QueryRowContext(ctx, "SELECT version FROM schema_version").Scan(&version); err != nil {
			return fmt.Errorf("read the schema version of the warehouse: %w", err)
		}
	}
	if version != schemaVersion {
		return otherForm(path, marked == 1, version)
	}
	return grow(ctx, db, tables)
}

func createSchema(ctx context.Context, db *sql.DB, tables []*warehouse.Table) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin making the warehouse: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	var ddl strings.Builder
	for _, t := range tables {
		ddl.WriteString(tableDDL(t))
	}
	ddl.WriteString(schemaSQL)
	fmt.Fprintf(&ddl, "INSERT INTO schema_version VALUES (%d)", schemaVersion)
	if _, err := tx.ExecContext(ctx, ddl.String()); err != nil {
		return fmt.Errorf("make the tables of the warehouse: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("make the tables of the warehouse: %w", err)
	}
	return nil
}
