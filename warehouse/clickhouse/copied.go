package clickhouse

import (
	"context"
	"fmt"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Uncopied lists the tables whose rows were never copied.
func (s *Store) Uncopied(ctx context.Context) ([]*warehouse.Table, error) {
	m, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	copied, err := s.names(ctx, "SELECT DISTINCT name FROM copied WHERE "+m.counts("_load"))
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
	if l.over() {
		return errLoadOver
	}
	if err := l.store.mirrors(t); err != nil {
		return err
	}
	return l.noting(ctx, "note that "+t.Name+" is copied", "INSERT INTO copied VALUES ({name:String}, {load:UInt64})", named("name", t.Name))
}

// Awaited lists the columns that have come and were not brought, of the tables that the store was opened with.
func (s *Store) Awaited(ctx context.Context) ([]warehouse.TableColumn, error) {
	m, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	query := "SELECT DISTINCT concat(a.name, ' ', a.column) FROM (SELECT name, column, max(since) AS came FROM awaited WHERE since > 0 AND " + m.counts("since") + " GROUP BY name, column) AS a " +
		"LEFT JOIN (SELECT name, column, max(_load) AS load FROM brought WHERE " + m.counts("_load") + " GROUP BY name, column) AS b ON b.name = a.name AND b.column = a.column WHERE coalesce(b.load, 0) <= a.came"
	names, err := s.names(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read which columns are awaited: %w", err)
	}
	var left []warehouse.TableColumn
	for _, t := range s.tables {
		for _, c := range t.Columns {
			if names[t.Name+" "+c.Name] {
				left = append(left, warehouse.TableColumn{Table: t, Column: c.Name})
			}
		}
	}
	return left, nil
}

// Brought notes that the load has what columns were awaited for.
func (l *load) Brought(ctx context.Context, columns []warehouse.TableColumn) error {
	if l.over() {
		return errLoadOver
	}
	for _, f := range columns {
		if err := l.store.mirrors(f.Table); err != nil {
			return err
		}
		if err := l.noting(ctx, "note that "+f.Column+" of "+f.Table.Name+" is brought", "INSERT INTO brought VALUES ({name:String}, {column:String}, {load:UInt64})",
			named("name", f.Table.Name), named("column", f.Column)); err != nil {
			return err
		}
	}
	return nil
}

// names reads a list of names, of all shards: one that was away may have got a table later.
func (s *Store) names(ctx context.Context, query string) (map[string]bool, error) {
	all, err := gather(ctx, s, s.shards, query, nil, scanText)
	found := make(map[string]bool, len(all))
	for _, name := range all {
		found[name] = true
	}
	return found, err
}
