package clickhouse

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/sharepartner/sharepartner/warehouse"
)

// aim finds the shards that have rows of the scope: all of a vendor's channel is on one.
func (q *query) aim() error {
	wanted := q.view.store.shards
	if org, ok := q.who.Vendor(); ok {
		wanted = wanted[home(org, len(wanted)):][:1]
	}
	for _, sh := range wanted {
		if slices.Contains(q.view.gone, sh) {
			q.gone = append(q.gone, sh)
			continue
		}
		q.shards = append(q.shards, sh)
	}
	if len(q.shards) == 0 {
		return errPart(q.gone)
	}
	return nil
}

// askShards asks each shard the same question and adds up what they say: all rows of an opportunity, and all that it is joined with,
// are on one of them. It names the shards that did not answer.
func askShards[T any](ctx context.Context, q *query, text string, scan func(rows driver.Rows) (T, error), sum func(ctx context.Context, q *query, parts [][]T) ([]T, error)) (rows []T, missing []string, err error) {
	parts, gone, err := askParts(ctx, q, text, scan)
	if err != nil {
		return nil, nil, err
	}
	if gone = append(gone, q.gone...); len(q.shards) == 1 {
		return parts[0], namesOf(gone), nil
	}
	rows, err = sum(ctx, q, parts)
	return rows, namesOf(gone), err
}

func askParts[T any](ctx context.Context, q *query, text string, scan func(rows driver.Rows) (T, error)) (parts [][]T, gone []*shard, err error) {
	parts = make([][]T, len(q.shards))
	gone, err = q.view.store.partly(q.shards, q.view.store.askAll(ctx, q.shards, func(ctx context.Context, sh *shard) (err error) {
		parts[slices.Index(q.shards, sh)], err = collect(ctx, sh.db, text, q.args(), scan)
		return err
	}))
	return parts, gone, err
}

func plain[T any](sum func(parts [][]T) []T) func(context.Context, *query, [][]T) ([]T, error) {
	return func(_ context.Context, _ *query, parts [][]T) ([]T, error) { return sum(parts), nil }
}

// added adds rows of the same key, which stay in the order in which they came first.
func added[T any, K comparable](parts [][]T, key func(row T) K, add func(into *T, row T)) []T {
	var all []T
	at := make(map[K]int)
	for _, rows := range parts {
		for _, row := range rows {
			i, known := at[key(row)]
			if !known {
				at[key(row)] = len(all)
				all = append(all, row)
				continue
			}
			add(&all[i], row)
		}
	}
	return all
}

func sumTallies(parts [][]warehouse.Tally) []warehouse.Tally {
	all := added(parts, func(t warehouse.Tally) [2]string { return [2]string{t.Key, t.Currency} }, func(into *warehouse.Tally, t warehouse.Tally) {
		into.Count, into.Amount = into.Count+t.Count, into.Amount.Add(t.Amount)
	})
	slices.SortFunc(all, func(a, b warehouse.Tally) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Currency, b.Currency))
	})
	return all
}

func sumWonLost(parts [][]warehouse.WonLost) []warehouse.WonLost {
	all := added(parts, func(w warehouse.WonLost) string { return w.Key }, func(into *warehouse.WonLost, w warehouse.WonLost) {
		into.Won, into.Lost = into.Won+w.Won, into.Lost+w.Lost
	})
	slices.SortFunc(all, func(a, b warehouse.WonLost) int { return cmp.Compare(a.Key, b.Key) })
	return all
}

func sumBriefing(parts [][]warehouse.BriefingRow) []warehouse.BriefingRow {
	all := added(parts, func(r warehouse.BriefingRow) [2]string { return [2]string{r.Event, r.Currency} }, func(into *warehouse.BriefingRow, r warehouse.BriefingRow) {
		into.Count, into.Amount = into.Count+r.Count, into.Amount.Add(r.Amount)
	})
	slices.SortStableFunc(all, func(a, b warehouse.BriefingRow) int { return cmp.Compare(a.Currency, b.Currency) }) // events have an order of their own
	return all
}

// newest gives the rows of a page: each shard has given as many as there are up to its end.
func newest(limit, offset int) func(parts [][]warehouse.RowRef) []warehouse.RowRef {
	return func(parts [][]warehouse.RowRef) []warehouse.RowRef {
		all := slices.Concat(parts...)
		slices.SortStableFunc(all, func(a, b warehouse.RowRef) int {
			return cmp.Or(b.At.Compare(a.At), bytes.Compare(a.OpportunityID[:], b.OpportunityID[:]))
		})
		return all[min(offset, len(all)):min(offset+limit, len(all))]
	}
}
