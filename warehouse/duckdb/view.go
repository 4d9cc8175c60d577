package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/sharepartner/sharepartner/warehouse"
)

// view is one transaction on a connection of its own: the engine shows it the state of its beginning.
type view struct {
	store *Store
	mark  warehouse.Watermark
	plain bool // compute all from the history: slow, and what a test holds the fast way against

	ended context.Context // done when the view is over
	end   context.CancelFunc

	asking  sync.Mutex  // one question at a time; over all below
	tx      *sql.Tx     // nil when the view is over
	unwatch func() bool // lets go of the caller's context
	found   map[string]bool
}

// View opens a view of what is loaded. A load goes on beside it.
func (s *Store) View(ctx context.Context) (warehouse.View, error) {
	select {
	case s.seats <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a place to read the warehouse: %w", ctx.Err())
	}
	v, err := s.openView(ctx)
	if err != nil {
		<-s.seats
		return nil, err
	}
	v.asking.Lock()
	defer v.asking.Unlock()
	v.unwatch = context.AfterFunc(ctx, func() { _ = v.Close() })
	return v, nil
}

// openView begins the transaction. It ends by Close alone, so that the connection is free when Close returns; were it
// bound to the context, it would end in its own time.
func (s *Store) openView(ctx context.Context) (*view, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	tx, err := s.beginReading(context.WithoutCancel(ctx))
	if givenUp(err) && s.reopen(ctx) {
		tx, err = s.beginReading(context.WithoutCancel(ctx))
	}
	if err != nil {
		return nil, err
	}
	c, err := readCheckpoint(ctx, tx) // the first look decides which state it is
	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	v := &view{store: s, mark: warehouse.Watermark{LSN: c.LSN, CommittedAt: c.CommittedAt}, tx: tx, found: make(map[string]bool)}
	v.ended, v.end = context.WithCancel(context.Background())
	s.viewing.Lock()
	defer s.viewing.Unlock()
	s.views[v] = struct{}{}
	return v, nil
}

// openViews lists the views that are not over.
func (s *Store) openViews() []*view {
	s.viewing.Lock()
	defer s.viewing.Unlock()
	list := make([]*view, 0, len(s.views))
	for v := range s.views {
		list = append(list, v)
	}
	return list
}

// Watermark says up to where the view is complete.
func (v *view) Watermark() warehouse.Watermark { return v.mark }

// Close interrupts the question that is being answered and gives the connection back.
func (v *view) Close() error {
	v.end()
	v.asking.Lock()
	defer v.asking.Unlock()
	if v.tx == nil {
		return nil
	}
	if v.unwatch != nil {
		v.unwatch()
	}
	err := v.tx.Rollback()
	v.tx = nil
	v.store.viewing.Lock()
	delete(v.store.views, v)
	v.store.viewing.Unlock()
	<-v.store.seats
	if err != nil {
		return fmt.Errorf("end a view of the warehouse: %w", err)
	}
	return nil
}

// read runs a question. It stops when the caller's context or the view ends.
func (v *view) read(ctx context.Context, question func(ctx context.Context, tx *sql.Tx) error) error {
	v.asking.Lock()
	defer v.asking.Unlock()
	if v.tx == nil {
		return v.over(ctx)
	}
	bound, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(v.ended, cancel)()
	if err := question(bound, v.tx); err != nil {
		if bound.Err() != nil {
			return v.over(ctx)
		}
		return unable(err)
	}
	return nil
}

// unable marks a question that needs more memory than the store has.
func unable(err error) error {
	if outOfMemory(err) {
		return fmt.Errorf("%w: it takes more memory than SHAREPARTNER_DUCKDB_MEMORY allows: allow more, or ask for less (%w)", warehouse.ErrUnable, err)
	}
	return err
}

// over says why there is no answer any more.
func (v *view) over(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("ask the warehouse: %w", err)
	}
	return warehouse.ErrViewEnded
}
