package clickhouse

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// grow gives the database of an earlier program the tables and columns that this one mirrors. Nothing that is there is
// rewritten or taken away: old rows have null in a new column, and new rows in one that is not mirrored any more. A new
// column is noted first (Awaited), so that the pipeline brings what it holds, whatever happens before; so does a new table
// (Uncopied). Several programs may do it at once.
func (s *Store) grow(ctx context.Context, db driver.Conn, have map[string]map[string]bool) error {
	for _, t := range s.tables {
		if have[t.Name+"_log"] == nil {
			for _, statement := range tableDDL(t) {
				if err := run(ctx, db, "make the table "+t.Name+" of the warehouse", s.engine.table(statement)); err != nil {
					return err
				}
			}
			continue
		}
		for _, c := range t.Columns {
			if have[t.Name+"_log"][c.Name] {
				continue
			}
			if err := s.await(ctx, db, t.Name, c.Name); err != nil {
				return err
			}
			tables := []string{t.Name + "_log"}
			if !t.AppendOnly {
				tables = append([]string{t.Name}, tables...) // the log tells that all is done
			}
			for _, table := range tables {
				if err := run(ctx, db, "add what is newly mirrored to the warehouse", "ALTER TABLE "+table+" ADD COLUMN IF NOT EXISTS "+ident(c.Name)+" "+typeOf(t, c)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *Store) await(ctx context.Context, db driver.Conn, table, column string) error {
	all, err := readTerms(ctx, db)
	if err != nil {
		return err
	}
	m := momentOf(all)
	return run(ctx, db, "note that a column has come", "INSERT INTO awaited VALUES ({name:String}, {column:String}, {since:UInt64})",
		named("name", table), named("column", column), named("since", m.load()))
}

// columns lists the columns of each table of the database.
func columns(ctx context.Context, db driver.Conn) (map[string]map[string]bool, error) {
	pairs, err := collect(ctx, db, "SELECT table, name FROM system.columns WHERE database = currentDatabase()", nil, func(rows driver.Rows) (pair [2]string, err error) {
		err = rows.Scan(&pair[0], &pair[1])
		return pair, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the columns of the warehouse: %w", err)
	}
	have := make(map[string]map[string]bool)
	for _, p := range pairs {
		if have[p[0]] == nil {
			have[p[0]] = make(map[string]bool)
		}
		have[p[0]][p[1]] = true
	}
	return have, nil
}
