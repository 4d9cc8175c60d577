package pgsource

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

const positionSQL = `select pg_current_wal_flush_lsn(), extract(epoch from clock_timestamp())`

// Probe reads where the server's log stands, again and again, until ctx ends or the connection breaks. It costs the
// server nothing: unlike a heartbeat message it writes no log of its own. Now and then it looks at the publication as well.
func (s *Source) Probe(ctx context.Context, every time.Duration, tell func(lsn uint64, at time.Time), shaped func(Shape)) error {
	l, err := s.connect(ctx, false)
	if err != nil {
		return err
	}
	defer l.close()
	tick := time.NewTicker(every)
	defer tick.Stop()
	looked := time.Now()
	for {
		rows, err := l.rows(ctx, positionSQL)
		if err != nil {
			return fmt.Errorf("read the server's position: %w", err)
		}
		lsn, err := ParseLSN(rows[0][0])
		if err != nil {
			return err
		}
		seconds, err := strconv.ParseFloat(rows[0][1], 64)
		if err != nil {
			return fmt.Errorf("read the server's clock: %w", err)
		}
		tell(lsn, time.UnixMicro(int64(seconds*1e6)).UTC())
		if time.Since(looked) >= s.o.ShapeEvery {
			shape, err := s.look(ctx, l)
			if err != nil {
				return err
			}
			shaped(shape)
			looked = time.Now()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// look says whether the tables are still published as they were: what the publication leaves out never comes, and
// nothing in the stream tells of it.
func (s *Source) look(ctx context.Context, l *link) (Shape, error) {
	fault := &SetupError{}
	shape, err := s.checkPublication(ctx, l, fault)
	if err != nil {
		return shape, fmt.Errorf("read publication: %w", err)
	}
	if fault.Gap {
		return shape, fault
	}
	return shape, nil
}

// The entries of the catalogue that publish a table. They are made anew when it leaves the publication and comes back, and
// when it is published in another shape meanwhile.
const publishedSQL = `
select pt.schemaname || '.' || pt.tablename, concat_ws(' ', p.oid, p.xmin, c.oid, r.oid, r.xmin, s.oid, s.xmin)
from pg_publication_tables pt
join pg_publication p on p.pubname = pt.pubname
join pg_namespace n on n.nspname = pt.schemaname
join pg_class c on c.relnamespace = n.oid and c.relname = pt.tablename
left join pg_publication_rel r on r.prpubid = p.oid and r.prrelid = c.oid
left join pg_publication_namespace s on s.pnpubid = p.oid and s.pnnspid = n.oid
where pt.pubname = $1`

func (s *Source) published(ctx context.Context, l *link) (map[string]string, error) {
	rows, err := l.rows(ctx, publishedSQL, s.o.Publication)
	if err != nil {
		return nil, fmt.Errorf("read what the publication's tables are known by: %w", err)
	}
	known := make(map[string]string, len(rows))
	for _, r := range rows {
		known[r[0]] = r[1]
	}
	return known, nil
}
