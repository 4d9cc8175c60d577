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
	var listed operational.Listed[T]
	s, err := l.SliceFor(actor, q)
	if err != nil {
		return listed, err
	}
	var rows []R
	err = db.readList(ctx, actor, l, func(b *pgx.Batch) {
		b.Queue(s.fill(sql), s.Args...).Query(func(r pgx.Rows) (err error) {
			rows, err = Collect[R](r)
			return err
		})
		if q.Count {
			listed.Total = new(int64)
			count, args := l.counting(actor, q)
			b.Queue(count, args...).QueryRow(func(r pgx.Row) error {
				return r.Scan(listed.Total)
			})
		}
	})
	if err != nil {
		return operational.Listed[T]{}, err
	}
	if len(rows) == s.Limit {
		rows = rows[:s.Limit-1]
		listed.Next = rows[len(rows)-1].sortKeys()
	}
	listed.Items = make([]T, 0, len(rows))
	for _, r := range rows {
		listed.Items = append(listed.Items, item(r))
	}
	return listed, nil
}
