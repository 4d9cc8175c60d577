package pgsource

import (
	"context"
	"fmt"
	"strconv"

	"github.com/sharepartner/sharepartner/warehouse"
)

// The rows of a table are as many to a page as its last analysis has counted, as the server's planner takes it too. A table
// that nobody has analysed yet has rows as wide as ours mostly are.
const sizeSQL = `
select s.pages, s.block, round(case when c.relpages > 0 and c.reltuples >= 0 then c.reltuples / c.relpages * s.pages else s.pages * s.block / 160.0 end)::bigint
from pg_class c, lateral (select current_setting('block_size')::bigint as block, pg_relation_size(c.oid) / current_setting('block_size')::bigint as pages) s
where c.oid = format('%I.%I', $1::text, $2::text)::regclass`

// size is how large a table is: exactly in pages, and about in rows.
type size struct{ pages, block, rows int64 }

func measure(ctx context.Context, l *link, t *warehouse.Table) (s size, err error) {
	rows, err := l.rows(ctx, sizeSQL, t.Schema, t.Name)
	if err != nil {
		return s, fmt.Errorf("measure table %s: %w", t.Name, err)
	}
	for i, to := range []*int64{&s.pages, &s.block, &s.rows} {
		if *to, err = strconv.ParseInt(rows[0][i], 10, 64); err != nil {
			return s, fmt.Errorf("measure table %s: %w", t.Name, err)
		}
	}
	return s, nil
}

// About says how many rows each table has, about: by what the server knows without counting.
func (r *Reader) About(ctx context.Context, tables []*warehouse.Table) ([]int64, error) {
	about := make([]int64, len(tables))
	for i, t := range tables {
		s, err := measure(ctx, r.link, t)
		if err != nil {
			return nil, err
		}
		about[i] = s.rows
	}
	return about, nil
}
