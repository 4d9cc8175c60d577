package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Uncopied lists the tables whose rows were never copied.
func (s *Store) Uncopied(ctx context.Context) ([]*warehouse.Table, error) {
	copied := map[string]bool{}
	err := s.read(ctx, func(tx *sql.Tx) error { return namesInto(ctx, tx, "SELECT name FROM copied", copied) })
	if err != nil {
		return nil, fmt.Errorf("read which tables were copied: %w", err)
	}
	var left []*warehouse.Table
	for _, t := range warehouse.Tables {
		if !copied[t.Name] {
			left = append(left, t)
		}
	}
	return left, nil
}

// Copied notes that the load holds all rows of a table.
func (l *load) Copied(ctx context.Context, t *warehouse.Table) error {
	if l.tx == nil || l.failed {
		return errLoadOver
	}
	return l.exec(ctx, "note that "+t.Name+" is copied", "INSERT INTO copied VALUES ('"+t.Name+"')")
}

type rowsQueryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func namesInto(ctx context.Context, q rowsQueryer, query string, into map[string]bool) error {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		into[name] = true
	}
	return rows.Err()
}

// addTables makes the tables that this program mirrors and the one that made the file did not.
func addTables(ctx context.Context, db *sql.DB) error {
	have := map[string]bool{}
	if err := namesInto(ctx, db, "SELECT table_name FROM duckdb_tables() WHERE NOT temporary", have); err != nil {
		return fmt.Errorf("read the tables of the warehouse: %w", err)
	}
	var ddl strings.Builder
	for _, t := range warehouse.Tables {
		if !have[t.Name+"_log"] {
			ddl.WriteString(tableDDL(t))
		}
	}
	if ddl.Len() == 0 {
		return nil
	}
	if _, err := db.ExecContext(ctx, "BEGIN; "+ddl.String()+" COMMIT;"); err != nil {
		return fmt.Errorf("add tables to the warehouse: %w", err)
	}
	return nil
}
