package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/sharepartner/sharepartner/warehouse"
)

// errLoadOver says that a load was used after its end or after a fault.
var errLoadOver = errors.New("the load is over; begin a new one")

// load is the one open load. What it writes at once is a piece, with a number of its own: so a later piece can take the place of
// rows of an earlier one.
type load struct {
	store   *Store
	start   moment               // what was loaded before
	from    warehouse.Checkpoint // and where that stands
	piece   uint64               // the last one, within the term
	ended   bool
	failed  bool
	waiting waiting
	derived derivation // what is to be derived at the end
	letters letters
	missing []warehouse.MissingRow
}

func (l *load) over() bool { return l.ended || l.failed }

// next begins a piece and gives its number.
func (l *load) next() uint64 {
	l.piece++
	return l.start.newest.number<<termShift | l.piece
}

// moment is the state with the pieces so far.
func (l *load) moment() moment { return l.start.with(l.piece) }

// noting writes a row that is a piece of its own; the statement has its number as {load}.
func (l *load) noting(ctx context.Context, what, query string, args ...any) error {
	if err := l.store.exec(ctx, what, query, append(args, named("load", l.next()))...); err != nil {
		l.failed = true
		return err
	}
	return nil
}

// Begin starts a load. It waits for the one that is open.
func (s *Store) Begin(ctx context.Context) (warehouse.Load, error) {
	s.writing.Lock()
	l, err := s.begin(ctx)
	if err != nil {
		s.writing.Unlock()
		return nil, fmt.Errorf("begin a load: %w", err)
	}
	return l, nil
}

func (s *Store) begin(ctx context.Context) (*load, error) {
	if s.closing.Err() != nil {
		return nil, errClosed
	}
	all, err := s.nowOfAll(ctx)
	if err != nil {
		return nil, err
	}
	m := momentOf(all)
	if s.term == 0 || m.newest.number != s.term {
		if m, err = s.claim(ctx, m); err != nil {
			return nil, err
		}
		s.term = m.newest.number
	}
	l := &load{store: s, start: m, from: m.checkpoint(), piece: m.newest.upto}
	if s.lettersOpen.Load() {
		l.letters.open, err = s.openLetters(ctx, m)
	}
	return l, err
}

// Append adds changes of one table. After a fault only Rollback is left.
func (l *load) Append(ctx context.Context, b *warehouse.Batch) error {
	if l.over() {
		return errLoadOver
	}
	if err := l.append(ctx, b); err != nil {
		l.failed = true
		return err
	}
	return nil
}

func (l *load) append(ctx context.Context, b *warehouse.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	if err := l.store.mirrors(b.Table); err != nil {
		return err
	}
	if canWait(b) {
		if l.waiting.add(b); !l.waiting.full() {
			return nil
		}
		return l.writeWaiting(ctx)
	}
	if err := l.writeWaiting(ctx); err != nil {
		return err
	}
	return l.write(ctx, b)
}

func (l *load) write(ctx context.Context, b *warehouse.Batch) error {
	b, err := l.resolve(ctx, l.fresh(b))
	if err != nil || b.Len() == 0 {
		return err
	}
	number := l.next()
	l.letters.supersede(b)
	if b.Table.AppendOnly {
		if err := l.store.insertLog(ctx, b, number); err != nil {
			return err
		}
		return l.noteHistory(ctx, b, number)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.store.insertLog(ctx, b, number) })
	g.Go(func() error { return l.bringForward(ctx, b, number) })
	return g.Wait()
}

// loaded says whether the transaction of the row was loaded before. CommitLSN is the place of the commit record,
// the checkpoint is the place after the last one loaded.
func (l *load) loaded(b *warehouse.Batch, i int) bool {
	return !b.Ops[i].Compared() && b.CommitLSN[i] < l.from.LSN
}

// fresh leaves out what was loaded before.
func (l *load) fresh(b *warehouse.Batch) *warehouse.Batch {
	var rows []int
	for i := range b.Len() {
		if !l.loaded(b, i) {
			rows = append(rows, i)
		}
	}
	return choose(b, rows)
}

// Missing lists the rows that were updated and are not there.
func (l *load) Missing() []warehouse.MissingRow { return l.missing }

// Commit derives what is derived, and lets the load count.
func (l *load) Commit(ctx context.Context, c warehouse.Checkpoint) error {
	if l.over() {
		return errors.Join(errLoadOver, l.Rollback())
	}
	if c.LSN < l.from.LSN { // sent again: what was left out is loaded
		c.LSN, c.CommittedAt = l.from.LSN, l.from.CommittedAt
	}
	if err := l.finish(ctx, c); err != nil {
		return errors.Join(err, l.Rollback())
	}
	l.ended = true
	l.store.lettersOpen.Store(l.letters.anyOpen())
	l.store.sweeper.note(l.store, l.start.with(l.piece))
	l.store.writing.Unlock()
	return nil
}

func (l *load) finish(ctx context.Context, c warehouse.Checkpoint) error {
	if err := l.writeWaiting(ctx); err != nil {
		return err
	}
	if err := l.derive(ctx); err != nil {
		return err
	}
	if err := l.saveLetters(ctx); err != nil {
		return err
	}
	if err := l.stillOurs(ctx); err != nil {
		return err
	}
	t := l.start.newest
	t.upto, t.checkpoint = l.piece, c
	if err := l.store.saveTerm(ctx, t); err != nil {
		return err
	}
	return l.stillOurs(ctx)
}

// stillOurs refuses a load of a writer that another one has taken over from, as it was slow or stood still: it does not count.
func (l *load) stillOurs(ctx context.Context) error {
	newest, err := gather(ctx, l.store, l.store.shards, "SELECT max(number) FROM term", nil, scanNumber)
	if err != nil {
		return fmt.Errorf("save the checkpoint: %w", err)
	}
	if slices.Max(newest) != l.start.newest.number {
		return errors.New("another program has taken over the warehouse; this load does not count, and its rows come again")
	}
	return nil
}

// Rollback forgets the load. Its rows stay, and never count: the next load takes a new term.
func (l *load) Rollback() error {
	if l.ended {
		return nil
	}
	l.ended = true
	if l.piece != l.start.newest.upto || l.failed {
		l.store.term = 0
	}
	l.store.writing.Unlock()
	return nil
}

// Reset empties the store for a first snapshot. Its term goes on from what counts until the row is there that says that it begins
// with nothing: cut off before, nothing has happened. Marks go afterwards, as old ones only cost a comparison.
func (s *Store) Reset(ctx context.Context) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closing.Err() != nil {
		return errClosed
	}
	s.term = 0
	m, err := s.now(ctx)
	if err == nil {
		m, err = s.claim(ctx, m)
	}
	if err != nil {
		return fmt.Errorf("empty the warehouse: %w", err)
	}
	l := &load{store: s, start: moment{newest: term{number: m.newest.number, writer: s.writer}}}
	var names []string
	for _, t := range s.tables {
		names = append(names, t.Name)
	}
	err = l.noting(ctx, "empty the warehouse", "INSERT INTO copied SELECT arrayJoin(splitByChar(' ', {names:String})), {load:UInt64}", named("names", strings.Join(names, " ")))
	if err == nil {
		err = l.finish(ctx, warehouse.Checkpoint{})
	}
	if err == nil {
		err = s.SaveMarks(ctx, map[string]string{})
	}
	if err != nil {
		return fmt.Errorf("empty the warehouse: %w", err)
	}
	s.term = m.newest.number
	s.lettersOpen.Store(false)
	return nil
}
