package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/sharepartner/sharepartner/warehouse"
)

// grow gives the file of an earlier program the tables and columns that this one mirrors. Nothing that is there is
// rewritten or taken away: old rows have null in a new column, and new rows in one that is not mirrored any more. A new
// column is noted in the same transaction (Awaited), so that the pipeline brings what it holds, whatever happens before; so
// does a new table (Uncopied).
func grow(ctx context.Context, db *sql.DB, tables []*warehouse.Table) error {
	have, err := columnsOf(ctx, db)
	if err != nil {
		return err
	}
	var ddl strings.Builder
	for _, t := range tables {
		if have[t.Name+"_log"] == nil {
			ddl.WriteString(tableDDL(t))
			continue
		}
		for _, c := range t.Columns {
			if have[t.Name+"_log"][c.Name] {
				continue
			}
			fmt.Fprintf(&ddl, "INSERT INTO awaited VALUES ('%s', '%s');\n", t.Name, c.Name)
			fmt.Fprintf(&ddl, "ALTER TABLE %s_log ADD COLUMN %s %s;\n", t.Name, ident(c.Name), typeOf(c))
			if !t.AppendOnly {
				fmt.Fprintf(&ddl, "ALTER TABLE %s ADD COLUMN %s %s;\n", t.Name, ident(c.Name), typeOf(c))
			}
		}
	}
	if ddl.Len() == 0 {
		return nil
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin adding to the warehouse: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, ddl.String()); err != nil {
		return fmt.Errorf("add what is newly mirrored to the warehouse: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("add what is newly mirrored to the warehouse: %w", err)
	}
	return nil
}

// columnsOf lists the columns of each table of the file.
func columnsOf(ctx context.Context, db *sql.DB) (map[string]map[string]bool, error) {
	rows, err := db.QueryContext(ctx, "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal")
	if err != nil {
		return nil, fmt.Errorf("read the columns of the warehouse: %w", err)
	}
	defer func() { _ = rows.Close() }()
	have := make(map[string]map[string]bool)
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, fmt.Errorf("read the columns of the warehouse: %w", err)
		}
		if have[table] == nil {
			have[table] = make(map[string]bool)
		}
		have[table][column] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the columns of the warehouse: %w", err)
	}
	return have, nil
}
