package clickhouse

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// termShift is where the number of the term stands in the number of a load, above that of the load within the term.
const termShift = 32

// term is a stretch of loads of one writer. The engine has no transactions: rows are written with the number of their load, and
// count from the moment when the term's row says so. Whatever a writer leaves behind that failed, was killed or woke up late
// never counts, as the next term begins where the last one stood when it was taken.
type term struct {
	number             uint64
	writer             uuid.UUID
	upto               uint64 // its loads that count
	before, beforeUpto uint64 // what it went on from
	checkpoint         warehouse.Checkpoint
}

// moment is a state of the store: which loads count.
type moment struct {
	newest term
	chain  []term // of which loads count, the newest first, with upto as far as they count
	sole   bool   // there never was another term than the newest
}

const readTermsSQL = `SELECT number, writer, upto, before, before_upto, deployment, system_id, timeline, slot, lsn, committed_at, snapshot_lsn, shift, epoch
	FROM term FINAL ORDER BY number DESC, writer`

// readTerms lists all terms that a server knows, the newest first.
func readTerms(ctx context.Context, db driver.Conn) ([]term, error) {
	all, err := collect(ctx, db, readTermsSQL, nil, func(rows driver.Rows) (t term, err error) {
		var timeline, committedAt, epoch int64
		c := &t.checkpoint
		err = rows.Scan(&t.number, &t.writer, &t.upto, &t.before, &t.beforeUpto, &c.Deployment, &c.SystemID, &timeline, &c.Slot, &c.LSN, &committedAt, &c.SnapshotLSN, &c.Shift, &epoch)
		c.Timeline, c.Epoch = int(timeline), int(epoch)
		if committedAt != 0 || c.LSN != 0 {
			c.CommittedAt = instant(committedAt)
		}
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the checkpoint: %w", err)
	}
	return all, nil
}

// terms lists what the shards know together: a load counts when one of them has been told, as all have its rows by then.
func (s *Store) terms(ctx context.Context) (all []term, gone []*shard, err error) {
	answers := make([][]term, len(s.shards))
	gone, err = s.some(ctx, s.briefly(func(ctx context.Context, sh *shard) (err error) {
		answers[slices.Index(s.shards, sh)], err = readTerms(ctx, sh.db)
		return err
	}))
	if len(s.shards) == 1 {
		return answers[0], gone, err
	}
	all = slices.Concat(answers...)
	slices.SortFunc(all, func(a, b term) int {
		return cmp.Or(cmp.Compare(b.number, a.number), bytes.Compare(a.writer[:], b.writer[:]), cmp.Compare(b.upto, a.upto))
	})
	return slices.CompactFunc(all, func(a, b term) bool { return a.number == b.number && a.writer == b.writer }), gone, err
}

// now reads the present state, of the shards that answer.
func (s *Store) now(ctx context.Context) (moment, error) {
	all, _, err := s.terms(ctx)
	return momentOf(all), err
}

// nowOfAll is now for whoever writes: a shard that is away may know of a load that others do not.
func (s *Store) nowOfAll(ctx context.Context) ([]term, error) {
	all, gone, err := s.terms(ctx)
	if err == nil && len(gone) > 0 {
		err = errPart(gone)
	}
	return all, err
}

// momentOf follows the terms back from the newest.
func momentOf(all []term) moment {
	if len(all) == 0 {
		return moment{}
	}
	m := moment{newest: all[0], sole: len(all) == 1}
	for number, upto := all[0].number, all[0].upto; number > 0; {
		at := slices.IndexFunc(all, func(t term) bool { return t.number == number })
		if at < 0 {
			break
		}
		t := all[at]
		t.upto = upto
		if upto > 0 {
			m.chain = append(m.chain, t)
		}
		number, upto = t.before, t.beforeUpto
	}
	return m
}

// with is the moment in which so many loads of the newest term count.
func (m moment) with(upto uint64) moment {
	m.newest.upto = upto
	m.chain = slices.Clone(m.chain)
	if len(m.chain) == 0 || m.chain[0].number != m.newest.number {
		m.chain = append([]term{m.newest}, m.chain...)
	}
	m.chain[0].upto = upto
	return m
}

// load is the number of the last load that counts; 0 when there is none.
func (m moment) load() uint64 {
	if len(m.chain) == 0 {
		return 0
	}
	return m.chain[0].number<<termShift | m.chain[0].upto
}

// counts is a condition for rows of loads that count.
func (m moment) counts(column string) string {
	if len(m.chain) == 0 {
		return "false"
	}
	if m.sole {
		return column + " <= " + strconv.FormatUint(m.load(), 10)
	}
	numbers, uptos := make([]string, len(m.chain)), make([]string, len(m.chain))
	for i, t := range m.chain {
		numbers[i], uptos[i] = strconv.FormatUint(t.number, 10), strconv.FormatUint(t.upto, 10)
	}
	return fmt.Sprintf("bitAnd(%s, 4294967295) <= transform(bitShiftRight(%[1]s, %d), [%s]::Array(UInt64), [%s]::Array(UInt64), 0::UInt64)",
		column, termShift, strings.Join(numbers, ", "), strings.Join(uptos, ", "))
}

// claim takes a new term that goes on from a moment. From then on nothing counts that an earlier writer still writes. A load that
// came to count after the moment was read is gone on from, too, as its writer was told that it does.
func (s *Store) claim(ctx context.Context, from moment) (moment, error) {
	for attempt := range uint64(8) {
		all, err := s.nowOfAll(ctx)
		if err != nil {
			return moment{}, err
		}
		next := term{number: 1 + attempt, writer: s.writer, checkpoint: from.newest.checkpoint}
		if len(all) > 0 {
			next.number += all[0].number
		}
		if len(from.chain) > 0 {
			next.before, next.beforeUpto = from.chain[0].number, from.chain[0].upto
		}
		if err := s.saveTerm(ctx, next); err != nil {
			return moment{}, err
		}
		if all, err = s.nowOfAll(ctx); err != nil {
			return moment{}, err
		}
		if all[0].number != next.number || len(all) > 1 && all[1].number == next.number {
			continue
		}
		later, ok := overlooked(all[1:], next)
		if !ok {
			return momentOf(all), nil
		}
		from = later
	}
	return moment{}, errors.New("take over the warehouse: others keep taking it over")
}

// overlooked is the moment that a term should go on from and does not: that of the newest term of which loads count by now. Terms
// that were only taken say nothing: they may have overlooked the same.
func overlooked(others []term, next term) (moment, bool) {
	at := slices.IndexFunc(others, func(t term) bool { return t.upto > 0 })
	if at < 0 || others[at].number == next.before && others[at].upto == next.beforeUpto {
		return moment{}, false
	}
	return momentOf(others[at:]), true
}

func (s *Store) saveTerm(ctx context.Context, t term) error {
	c := t.checkpoint
	at := int64(0)
	if !c.CommittedAt.IsZero() {
		at = c.CommittedAt.UnixMicro()
	}
	return s.each(ctx, func(ctx context.Context, sh *shard) error {
		return insertRow(ctx, sh.db, "save the checkpoint", "term", t.number, t.writer, t.upto, t.before, t.beforeUpto, c.Deployment, c.SystemID, int64(c.Timeline), c.Slot, c.LSN, at, c.SnapshotLSN, c.Shift, int64(c.Epoch))
	})
}

// instant is a time as the store keeps it, in microseconds.
func instant(microseconds int64) time.Time { return time.UnixMicro(microseconds).UTC() }
