package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
)

// Keyed is embedded in the rows of a list: it takes the column sort_keys.
type Keyed struct {
	SortKeys []string `db:"sort_keys"`
}

func (k Keyed) sortKeys() []string { return k.SortKeys }

// Page reads a slice of a list as the actor, and counts when asked, in one round trip. The select names where the
// pieces belong: {keys} (a column, called sort_keys), {from} (of a list with a Reach), {where}, {order} and {limit}.
func Page[R interface{ sortKeys() []string }, T any](
	ctx context.Context, db *DB, actor operational.Actor, l List, q operational.Query, sql string, item func(R) T,
) (operational.Listed[T], error) {
	var page operational.Listed[T]
	if q.Count {
		page.Total = new(int64)
	}
	found, err := pageOf(actor, l, q, page.Total, func(s Slice, total *int64) ([]listed[T], error) {
		return sliceOf(ctx, db, actor, l, q, s, sql, total, item)
	})
	if err != nil {
		return operational.Listed[T]{}, err
	}
	if length := limit(q.Limit); len(found) > length {
		found = found[:length]
		page.Next = found[length-1].keys
	}
	page.Items = make([]T, 0, len(found))
	for _, x := range found {
		page.Items = append(page.Items, x.item)
	}
	return page, nil
}

// pageOf reads the records of a page and one more.
func pageOf[T any](actor operational.Actor, l List, q operational.Query, total *int64, read func(Slice, *int64) ([]listed[T], error)) ([]listed[T], error) {
	for _, more := range looksAhead {
		s, err := l.ahead(actor, q, more)
		if err != nil {
			return nil, err
		}
		found, err := read(s, total)
		if err != nil || !s.ahead {
			return found, err
		}
		if first, enough := foremost(found, s.Limit, limit(q.Limit)+1); enough {
			return first, nil
		}
		total = nil // that is counted
	}
	s, err := l.SliceFor(actor, q)
	if err != nil {
		return nil, err
	}
	return read(s, nil)
}

// sliceOf reads the records of a slice, and counts those of the whole list when there is a place for it.
func sliceOf[R interface{ sortKeys() []string }, T any](
	ctx context.Context, db *DB, actor operational.Actor, l List, q operational.Query, s Slice, sql string, total *int64, item func(R) T,
) ([]listed[T], error) {
	var rows []R
	err := db.readList(ctx, actor, l, func(b *pgx.Batch) {
		b.Queue(s.fill(sql), s.Args...).Query(func(r pgx.Rows) (err error) {
			rows, err = Collect[R](r)
			return err
		})
		if total != nil {
			count, args := l.counting(actor, q)
			b.Queue(count, args...).QueryRow(func(r pgx.Row) error { return r.Scan(total) })
		}
	})
	found := make([]listed[T], len(rows))
	for i, r := range rows {
		found[i] = listed[T]{item(r), r.sortKeys()}
	}
	return found, err
}
