package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/sharepartner/sharepartner/warehouse"
)

// view is the loads that counted when it was opened. It holds no connection: rows that end are taken away only when all views that
// may read them are over, and so a view is over after a while (sweep.go).
type view struct {
	store  *Store
	shards []*shard // that answered
	gone   []*shard // and those that did not
	at     moment
	ended  map[string]bool // the kinds of which some rows have ended
	plain  bool            // compute all from the history: slow, and what a test holds the fast way against

	over context.Context // done when the view is
	end  context.CancelFunc

	asking sync.Mutex // one question at a time; over found
	found  map[string]bool
}

// View opens a view of what is loaded. A load goes on beside it.
func (s *Store) View(ctx context.Context) (warehouse.View, error) {
	if s.closing.Err() != nil {
		return nil, errClosed
	}
	all, gone, err := s.terms(ctx)
	if err != nil {
		return nil, err
	}
	v := &view{store: s, gone: gone, at: momentOf(all), found: make(map[string]bool)}
	v.shards = slices.DeleteFunc(slices.Clone(s.shards), func(sh *shard) bool { return slices.Contains(gone, sh) })
	ended, err := gather(ctx, s, v.shards, "SELECT DISTINCT toString(kind) FROM ended WHERE "+v.at.counts("_load"), nil, scanText)
	if err != nil {
		return nil, fmt.Errorf("open a view of the warehouse: %w", err)
	}
	v.ended = make(map[string]bool)
	for _, kind := range ended {
		v.ended[kind] = true
	}
	v.over, v.end = context.WithTimeout(context.WithoutCancel(ctx), s.keep)
	closed := context.AfterFunc(s.closing, v.end)
	left := context.AfterFunc(ctx, v.end)
	context.AfterFunc(v.over, func() { closed(); left() })
	return v, nil
}

// Watermark says up to where the view is complete.
func (v *view) Watermark() warehouse.Watermark {
	c := v.at.checkpoint()
	return warehouse.Watermark{LSN: c.LSN, CommittedAt: c.CommittedAt}
}

// Close interrupts the question that is being answered.
func (v *view) Close() error {
	v.end()
	return nil
}

// read runs a question. It stops when the caller's context or the view ends.
func (v *view) read(ctx context.Context, question func(ctx context.Context) error) error {
	v.asking.Lock()
	defer v.asking.Unlock()
	if v.over.Err() != nil {
		return v.why(ctx)
	}
	bound, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(v.over, cancel)()
	if err := question(bound); err != nil {
		if bound.Err() != nil {
			return v.why(ctx)
		}
		return err
	}
	return nil
}

// readAll is read for what needs every row.
func (v *view) readAll(ctx context.Context, question func(ctx context.Context) error) error {
	if len(v.gone) > 0 {
		return errPart(v.gone)
	}
	return v.read(ctx, question)
}

// why says why there is no answer any more.
func (v *view) why(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("ask the warehouse: %w", err)
	}
	return warehouse.ErrViewEnded
}

// table is a table as the view sees it. Where nothing has ended there is nothing to look for.
func (v *view) table(name, key string) string {
	if !v.ended[kindOf(name)] {
		return logged(v.at, name)
	}
	return v.store.table(v.at, name, key)
}
