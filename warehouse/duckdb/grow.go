package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/sharepartner/sharepartner/warehouse"
)

// grow gives the file of an earlier program the tables and columns that this one mirrors. Nothing that is there is
// rewritten or taken away: old rows have null in a new column, and new rows in one that is not mirrored any more. With a
// new column the checkpoint is marked in the same transaction, so that the pipeline brings what it holds, whatever happens
// before; a new table is copied by itself (Uncopied).
func grow(ctx context.Context, db *sql.DB, tables []*warehouse.Table) error {
	have, err := columnsOf(ctx, db)
	if err != nil {
		return err
	}
	var ddl strings.Builder
	mark := ""
	for _, t := range tables {
		if have[t.Name+"_log"] == nil {
			ddl.WriteString(tableDDL(t))
			continue
		}
		for _, c := range t.Columns {
			if have[t.Name+"_log"][c.Name] {
				continue
			}
			mark = "UPDATE checkpoint SET reshaped = true"
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
	if _, err := tx.ExecContext(ctx, ddl.String()+mark); err != nil {
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
