package benchcdc

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"
)

// SnapshotResult compares two ways to read the same tables from beginning to end.
type SnapshotResult struct {
	Rows      int64         `json:"rows"`
	Bytes     int64         `json:"bytes"`     // of the reference
	Reference time.Duration `json:"reference"` // two connections that drain COPY ... (FORMAT binary)
	Pipeline  time.Duration `json:"pipeline"`  // from an empty warehouse until everything can be asked
	Ratio     float64       `json:"ratio"`     // speed of the pipeline by that of the reference
}

// Snapshot fills a channel with opportunities, their history and accounts, and lets both read them.
func Snapshot(ctx context.Context, s Source, open Engine, rows int) (SnapshotResult, error) {
	var r SnapshotResult
	b, err := begin(ctx, s, rows, open)
	if err != nil {
		return r, err
	}
	defer b.end(ctx)
	if r.Reference, r.Bytes, err = drain(ctx, s.CDCURL); err != nil {
		return r, err
	}
	if r.Pipeline, err = b.catchUp(ctx); err != nil {
		return r, err
	}
	status, err := b.store.Status(ctx)
	if err != nil {
		return r, err
	}
	r.Rows, r.Ratio = status.Rows, r.Reference.Seconds()/r.Pipeline.Seconds()
	return r, nil
}

// halvesSQL is what two workers read: each table in two parts, with the columns that are mirrored.
const halvesSQL = `
with t as materialized (select schemaname, tablename, attnames from pg_publication_tables where pubname = 'sharepartner')
select format('copy (select %s from %I.%I where ctid >= ''(%s,0)'' and ctid < ''(%s,0)'') to stdout (format binary)',
    (select string_agg(quote_ident(a), ', ') from unnest(attnames) a), schemaname, tablename, pages / 2 * half, case half when 0 then pages / 2 else 4294967295 end)
  from t, generate_series(0, 1) half, lateral (select pg_relation_size(format('%I.%I', schemaname, tablename)::regclass) / current_setting('block_size')::int) size(pages)
  order by tablename, half`

func drain(ctx context.Context, url string) (took time.Duration, bytes int64, err error) {
	const workers = 2
	var conns [workers]*pgconn.PgConn
	for i := range conns {
		if conns[i], err = pgconn.Connect(ctx, url); err != nil {
			return 0, 0, fmt.Errorf("connect to drain: %w", err)
		}
		defer func() { _ = conns[i].Close(context.WithoutCancel(ctx)) }()
	}
	result := conns[0].ExecParams(ctx, halvesSQL, nil, nil, nil, nil).Read()
	if result.Err != nil {
		return 0, 0, fmt.Errorf("cut the tables in two: %w", result.Err)
	}
	began := time.Now()
	var sizes [workers]counter
	g, ctx := errgroup.WithContext(ctx)
	for i, conn := range conns {
		g.Go(func() error {
			for n := i; n < len(result.Rows); n += workers {
				if _, err := conn.CopyTo(ctx, &sizes[i], string(result.Rows[n][0])); err != nil {
					return fmt.Errorf("drain a table: %w", err)
				}
			}
			return nil
		})
	}
	err = g.Wait()
	return time.Since(began), int64(sizes[0] + sizes[1]), err
}

// counter is /dev/null that counts.
type counter int64

var _ io.Writer = (*counter)(nil)

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

func (r SnapshotResult) String() string {
	return strconv.FormatInt(r.Rows, 10) + " rows, " + strconv.FormatInt(r.Bytes>>20, 10) + " MB"
}
