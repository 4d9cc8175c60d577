package pipelines_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"github.com/sharepartner/sharepartner/warehouse"
)

// hookStore lets a test come between the pipeline and the store. Nil hooks do nothing.
type hookStore struct {
	warehouse.Store
	checkpoint func(c *warehouse.Checkpoint)
	append     func(b *warehouse.Batch) error
	commit     func(c warehouse.Checkpoint, commit func() error) error
}

func (s *hookStore) Checkpoint(ctx context.Context) (warehouse.Checkpoint, bool, error) {
	c, ok, err := s.Store.Checkpoint(ctx)
	if s.checkpoint != nil {
		s.checkpoint(&c)
	}
	return c, ok, err
}

func (s *hookStore) Begin(ctx context.Context) (warehouse.Load, error) {
	l, err := s.Store.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return &hookLoad{l, s}, nil
}

type hookLoad struct {
	warehouse.Load
	store *hookStore
}

func (l *hookLoad) Append(ctx context.Context, b *warehouse.Batch) error {
	if l.store.append != nil {
		if err := l.store.append(b); err != nil {
			return err
		}
	}
	return l.Load.Append(ctx, b)
}

func (l *hookLoad) Commit(ctx context.Context, c warehouse.Checkpoint) error {
	commit := func() error { return l.Load.Commit(ctx, c) }
	if l.store.commit == nil {
		return commit()
	}
	return l.store.commit(c, commit)
}

// reasons collects why snapshots were taken.
type reasons struct {
	slog.Handler
	mu    *sync.Mutex
	found *[]string
}

func newReasons(t testing.TB) reasons {
	return reasons{logTo(t).Handler(), &sync.Mutex{}, &[]string{}}
}

func (r reasons) Handle(ctx context.Context, record slog.Record) error {
	record.Attrs(func(a slog.Attr) bool {
		if a.Key == "reason" {
			r.mu.Lock()
			*r.found = append(*r.found, a.Value.String())
			r.mu.Unlock()
		}
		return true
	})
	return r.Handler.Handle(ctx, record)
}

func (r reasons) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(*r.found)
}
