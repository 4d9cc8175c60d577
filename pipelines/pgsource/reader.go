package pgsource

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Reader reads tables inside a snapshot, in the order of their keys.
type Reader struct {
	At time.Time // the server's clock

	source *Source
	link   *link
}

// Reader opens one inside the moment.
func (m *Moment) Reader(ctx context.Context) (*Reader, error) { return m.source.reader(ctx, m.name) }

// Reader opens one inside the snapshot.
func (sn *Snapshot) Reader(ctx context.Context) (*Reader, error) {
	return sn.source.reader(ctx, sn.name)
}

func (s *Source) reader(ctx context.Context, snapshot string) (*Reader, error) {
	l, err := s.connect(ctx, false)
	if err != nil {
		return nil, err
	}
	if _, err := l.command(ctx, enterSQL(snapshot)); err != nil {
		l.close()
		return nil, fmt.Errorf("enter the snapshot: %w", err)
	}
	r := &Reader{source: s, link: l}
	if r.At, err = clockOf(ctx, l); err != nil {
		l.close()
		return nil, err
	}
	return r, nil
}

// Close ends the reader.
func (r *Reader) Close() { r.link.close() }

// Read gives the rows of a range of keys in their order, each piece with a batch of its own.
func (r *Reader) Read(ctx context.Context, t *warehouse.Table, span warehouse.KeySpan, each func(Piece) error) error {
	columns, order := make([]string, len(t.Columns)), make([]string, len(t.Key))
	for i, c := range t.Columns {
		columns[i] = sourceOf(c)
	}
	for i, name := range t.Key {
		order[i] = quote(name)
	}
	where := fmt.Sprintf("%s >= '%s'", order[0], span.From)
	if span.To != uuid.Nil {
		where += fmt.Sprintf(" and %s < '%s'", order[0], span.To)
	}
	sql := fmt.Sprintf("copy (select %s from %s.%s where %s order by %s) to stdout (format binary)",
		strings.Join(columns, ", "), quote(t.Schema), quote(t.Name), where, strings.Join(order, ", "))
	reader := &copyReader{table: t, at: r.At.UnixMicro(), send: each}
	if err := r.source.copyTo(ctx, r.link, reader, sql); err != nil {
		return fmt.Errorf("read table %s: %w", t.Name, err)
	}
	return reader.flush()
}

// Bound is the key that so many rows come before, from the given key on; it is false where the table ends sooner.
func (r *Reader) Bound(ctx context.Context, t *warehouse.Table, from uuid.UUID, rows int) (uuid.UUID, bool, error) {
	key := quote(t.Key[0])
	found, err := r.link.rows(ctx, fmt.Sprintf("select %[1]s from %[2]s.%[3]s where %[1]s > $1 order by %[1]s offset %[4]d limit 1", key, quote(t.Schema), quote(t.Name), rows), from.String())
	if err != nil {
		return uuid.Nil, false, fmt.Errorf("divide table %s: %w", t.Name, err)
	}
	if len(found) == 0 {
		return uuid.Nil, false, nil
	}
	id, err := uuid.Parse(found[0][0])
	return id, err == nil, err
}
