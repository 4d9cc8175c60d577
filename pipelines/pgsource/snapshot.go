package pgsource

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Snapshot is the database at the moment a slot begins. The connection that made the slot stays idle until Stream:
// the server keeps the snapshot only so long.
type Snapshot struct {
	LSN   uint64    // the slot gives every transaction that commits from here on
	At    time.Time // set by Copy
	About []int64   // how many rows each table has, about; set by Copy

	source *Source
	link   *link
	name   string
}

// Close gives the snapshot up; the slot stays.
func (sn *Snapshot) Close() {
	if sn.link != nil {
		sn.link.close()
		sn.link = nil
	}
}

// Stream begins with the changes after the snapshot. Nothing can be copied from it any more.
func (sn *Snapshot) Stream(ctx context.Context) (*Stream, error) {
	l := sn.link
	sn.link = nil
	return sn.source.start(ctx, l, sn.LSN)
}

// span is a piece of a table, in pages. The last one is open, as tables grow.
type span struct {
	table    *warehouse.Table
	from, to int64 // to = 0: open
}

// sourceOf is a column of ours in a query to Postgres.
func sourceOf(c warehouse.Column) string {
	if c.Gone {
		return "null"
	}
	return quote(c.From())
}

func (p span) sql() string {
	columns := make([]string, len(p.table.Columns))
	for i, c := range p.table.Columns {
		columns[i] = sourceOf(c)
	}
	where := fmt.Sprintf("ctid >= '(%d,0)'", p.from)
	if p.to > 0 {
		where += fmt.Sprintf(" and ctid < '(%d,0)'", p.to)
	}
	return fmt.Sprintf("copy (select %s from %s.%s where %s) to stdout (format binary)", strings.Join(columns, ", "), quote(p.table.Schema), quote(p.table.Name), where)
}

// Piece is some rows of a table, and those among them that cannot be kept.
type Piece struct {
	Batch *warehouse.Batch
	Aside []warehouse.DeadLetter
}

// Copy reads all tables, a few pieces at once, and hands their rows to load, which is never called twice at a time.
func (sn *Snapshot) Copy(ctx context.Context, load func(Piece) error) error {
	workers, err := sn.enter(ctx)
	defer func() {
		for _, l := range workers {
			l.close()
		}
	}()
	if err != nil {
		return err
	}
	spans, err := sn.plan(ctx, workers[0])
	if err != nil {
		return err
	}
	work := make(chan span, len(spans))
	for _, p := range spans {
		work <- p
	}
	close(work)
	g, ctx := errgroup.WithContext(ctx)
	loaded := make(chan Piece)
	copying, copyCtx := errgroup.WithContext(ctx)
	for _, l := range workers {
		copying.Go(func() error { return sn.copySpans(copyCtx, l, work, loaded) })
	}
	g.Go(func() error {
		defer close(loaded)
		return copying.Wait()
	})
	g.Go(func() error {
		for p := range loaded {
			if err := load(p); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

// enter opens the workers' transactions, all inside the snapshot.
func (sn *Snapshot) enter(ctx context.Context) ([]*link, error) {
	var workers []*link
	for range sn.source.o.Workers {
		l, err := sn.source.connect(ctx, false)
		if err != nil {
			return workers, err
		}
		workers = append(workers, l)
		if _, err := l.command(ctx, enterSQL(sn.name)); err != nil {
			return workers, fmt.Errorf("enter the snapshot: %w", err)
		}
	}
	return workers, nil
}

// plan cuts the tables into pieces, by their real size: statistics may be old.
func (sn *Snapshot) plan(ctx context.Context, l *link) (spans []span, err error) {
	if sn.At, err = clockOf(ctx, l); err != nil {
		return nil, err
	}
	for _, t := range sn.source.o.Tables {
		s, err := measure(ctx, l, t)
		if err != nil {
			return nil, err
		}
		sn.About = append(sn.About, s.rows)
		spans = append(spans, cut(t, s.pages, max(1, sn.source.o.RangeBytes/s.block))...)
	}
	return spans, nil
}

func clockOf(ctx context.Context, l *link) (time.Time, error) {
	rows, err := l.rows(ctx, `select (extract(epoch from clock_timestamp()) * 1000000)::bigint`)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the server's clock: %w", err)
	}
	micros, err := strconv.ParseInt(rows[0][0], 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the server's clock: %w", err)
	}
	return time.UnixMicro(micros).UTC(), nil
}

func cut(t *warehouse.Table, pages, step int64) []span {
	var spans []span
	for from := int64(0); from == 0 || from < pages; from += step {
		spans = append(spans, span{table: t, from: from, to: from + step})
	}
	spans[len(spans)-1].to = 0
	return spans
}

func (sn *Snapshot) copySpans(ctx context.Context, l *link, work <-chan span, loaded chan<- Piece) error {
	send := func(p Piece) error {
		select {
		case loaded <- p:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for p := range work {
		reader := &copyReader{table: p.table, at: sn.At.UnixMicro(), send: send}
		if err := sn.source.copyTo(ctx, l, reader, p.sql()); err != nil {
			return fmt.Errorf("copy table %s: %w", p.table.Name, err)
		}
		if err := reader.flush(); err != nil {
			return err
		}
	}
	return nil
}
