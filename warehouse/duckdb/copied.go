package duckdb

import (
	"context"
	"database/sql"
	"fmt"

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
	for _, t := range s.tables {
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
	if err := l.store.mirrors(t); err != nil {
		return err
	}
	return l.exec(ctx, "note that "+t.Name+" is copied", "INSERT INTO copied VALUES ('"+t.Name+"')")
}

// Awaited lists the columns that have come and were not brought, of the tables that the store was opened with.
func (s *Store) Awaited(ctx context.Context) ([]warehouse.TableColumn, error) {
	var left []warehouse.TableColumn
	err := s.read(ctx, func(tx *sql.Tx) error {
		for _, t := range s.tables {
			columns := map[string]bool{}
			if err := namesInto(ctx, tx, `SELECT "column" FROM awaited WHERE name = '`+t.Name+"'", columns); err != nil {
				return err
			}
			for _, c := range t.Columns {
				if columns[c.Name] {
					left = append(left, warehouse.TableColumn{Table: t, Column: c.Name})
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read which columns are awaited: %w", err)
	}
	return left, nil
}

// Brought notes that the load has what columns were awaited for.
func (l *load) Brought(ctx context.Context, columns []warehouse.TableColumn) error {
	if l.tx == nil || l.failed {
		return errLoadOver
	}
	for _, f := range columns {
		if err := l.store.mirrors(f.Table); err != nil {
			return err
		}
		if err := l.exec(ctx, "note that "+f.Column+" of "+f.Table.Name+" is brought", "DELETE FROM awaited WHERE name = '"+f.Table.Name+`' AND "column" = '`+f.Column+"'"); err != nil {
			return err
		}
	}
	return nil
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
