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
