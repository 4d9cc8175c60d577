package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

// sweeper takes away what no view can read any more: rows that ended, and what writers left behind. Whoever asks has to look
// at each row that ended, so that there should be few.
type sweeper struct {
	passed []passed // moments that views may still have, the oldest first
	at     time.Time
	swept  uint64 // the newest term of which all that was left behind before it is gone

	working sync.Mutex
	over    sync.WaitGroup
}

// passed is a moment, and when it was the newest.
type passed struct {
	at     time.Time
	moment moment
}

// note remembers a moment, and sweeps now and then. The caller has s.writing.
func (w *sweeper) note(s *Store, m moment) {
	now, often := time.Now(), s.keep/10 // of durations alone: no time is kept
	if len(w.passed) == 0 || now.Sub(w.passed[len(w.passed)-1].at) >= often {
		w.passed = append(w.passed, passed{now, m})
	}
	due := -1
	for i, p := range w.passed {
		if now.Sub(p.at) > s.keep {
			due = i
		}
	}
	if due < 0 || now.Sub(w.at) < often || !w.working.TryLock() {
		return
	}
	w.at = now
	horizon := w.passed[due].moment
	w.passed = slices.Delete(w.passed, 0, due)
	w.over.Go(func() {
		defer w.working.Unlock()
		if err := s.sweep(s.closing, horizon); err != nil && s.closing.Err() == nil {
			s.log.Warn("rows that ended stay in the warehouse for now", "error", err)
		}
	})
}

// wait is for the end of what is being swept.
func (w *sweeper) wait() { w.over.Wait() }

// derivedKinds are the derived tables by the kind under which their rows end.
var derivedKinds = map[string][]string{"opportunity_move": {"opportunity_move"}, "opportunity_wide": {"opportunity_wide", "opportunity_stay"}}

// sweep deletes the rows that had ended by a moment, and what was written before its term and does not count.
func (s *Store) sweep(ctx context.Context, m moment) error {
	kinds := map[string][]string{}
	for kind, tables := range derivedKinds {
		kinds[kind] = tables
	}
	for _, t := range s.tables {
		if !t.AppendOnly {
			kinds[t.Name] = []string{t.Name}
		}
	}
	ended, err := s.names(ctx, "SELECT DISTINCT toString(kind) FROM ended WHERE "+m.counts("_load"))
	if err != nil {
		return err
	}
	for kind := range ended {
		of := fmt.Sprintf("kind = '%s' AND %s", kind, m.counts("_load"))
		for _, table := range kinds[kind] {
			if err := s.exec(ctx, "take away what ended in "+table, fmt.Sprintf("DELETE FROM %s WHERE (%s, _load) IN (SELECT id, dead FROM ended WHERE %s)", table, ident(s.keyOf(table)), of)); err != nil {
				return err
			}
		}
		if err := s.exec(ctx, "take away what ended in "+kind, "DELETE FROM ended WHERE "+of); err != nil {
			return err
		}
	}
	return s.sweepLeft(ctx, m)
}

// sweepLeft deletes what writers left behind before the term of a moment.
func (s *Store) sweepLeft(ctx context.Context, m moment) error {
	if s.sweeper.swept == m.newest.number {
		return nil
	}
	tables := []string{"ended", "copied", "brought", "dead_letter", "opportunity_history_undone", "opportunity_move", "opportunity_wide", "opportunity_stay"}
	for _, t := range s.tables {
		if tables = append(tables, t.Name+"_log"); !t.AppendOnly {
			tables = append(tables, t.Name)
		}
	}
	where := "_load < " + strconv.FormatUint(m.newest.number<<termShift, 10) + " AND NOT (" + m.counts("_load") + ")"
	for _, table := range tables {
		left, err := holds(ctx, s, s.shards, "SELECT count() > 0 FROM "+table+" WHERE "+where)
		if err != nil {
			return fmt.Errorf("look for what was left behind in %s: %w", table, err)
		}
		if !left {
			continue
		}
		if err := s.exec(ctx, "take away what was left behind in "+table, "DELETE FROM "+table+" WHERE "+where); err != nil {
			return err
		}
	}
	s.sweeper.swept = m.newest.number
	return nil
}

// keyOf is the first column of a table's key.
func (s *Store) keyOf(table string) string {
	for _, t := range s.tables {
		if t.Name == table {
			return t.Key[0]
		}
	}
	return "opportunity_id"
}
