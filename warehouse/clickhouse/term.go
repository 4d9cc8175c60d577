package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

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

// readTerms lists all terms, the newest first.
func (s *Store) readTerms(ctx context.Context) (all []term, err error) {
	rows, err := s.db.Query(ctx, readTermsSQL)
	if err != nil {
		return nil, fmt.Errorf("read the checkpoint: %w", told(ctx, err))
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t term
		var timeline, committedAt, epoch int64
		c := &t.checkpoint
		if err := rows.Scan(&t.number, &t.writer, &t.upto, &t.before, &t.beforeUpto, &c.Deployment, &c.SystemID, &timeline, &c.Slot, &c.LSN, &committedAt, &c.SnapshotLSN, &c.Shift, &epoch); err != nil {
			return nil, fmt.Errorf("read the checkpoint: %w", told(ctx, err))
		}
		c.Timeline, c.Epoch = int(timeline), int(epoch)
		if committedAt != 0 || c.LSN != 0 {
			c.CommittedAt = instant(committedAt)
		}
		all = append(all, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the checkpoint: %w", told(ctx, err))
	}
	return all, nil
}

// now reads the present state.
func (s *Store) now(ctx context.Context) (moment, error) {
	all, err := s.readTerms(ctx)
	if err != nil || len(all) == 0 {
		return moment{}, err
	}
	return momentOf(all), nil
}

// momentOf follows the terms back from the newest.
func momentOf(all []term) moment {
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
		all, err := s.readTerms(ctx)
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
		if all, err = s.readTerms(ctx); err != nil {
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
	batch, err := s.db.PrepareBatch(ctx, "INSERT INTO term")
	if err != nil {
		return fmt.Errorf("save the checkpoint: %w", told(ctx, err))
	}
	if err := batch.Append(t.number, t.writer, t.upto, t.before, t.beforeUpto, c.Deployment, c.SystemID, int64(c.Timeline), c.Slot, c.LSN, at, c.SnapshotLSN, c.Shift, int64(c.Epoch)); err != nil {
		return errors.Join(fmt.Errorf("save the checkpoint: %w", err), batch.Abort())
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("save the checkpoint: %w", told(ctx, err))
	}
	return nil
}

// instant is a time as the store keeps it, in microseconds.
func instant(microseconds int64) time.Time { return time.UnixMicro(microseconds).UTC() }
