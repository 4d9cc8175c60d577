package distant

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Options say how the server's store is opened.
type Options struct {
	Open   func(ctx context.Context) (warehouse.Store, error) // a fault with warehouse.ErrAway is waited for
	Engine string
	Log    *slog.Logger
}

const (
	lookEvery = time.Second      // how often a server that is away is asked whether it is back
	shortly   = 5 * time.Second  // for questions that a server answers at once
	opening   = 30 * time.Second // for making the connection, and the tables of a new database
)

// Store is a store that may be away.
type Store struct {
	warehouse.OneByOne
	o       Options
	ended   context.Context // done when the store is closed
	end     context.CancelFunc
	looking sync.WaitGroup

	mu    sync.Mutex
	inner warehouse.Store // nil until the server was there once
	away  error           // why it is not asked now; nil: it answers
}

var _ warehouse.Store = (*Store)(nil)

// Open opens the store, or begins to wait for its server where that is away.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{o: o}
	s.OneByOne = warehouse.OneByOne{Viewer: s}
	s.ended, s.end = context.WithCancel(context.Background())
	inner, err := o.Open(ctx)
	switch {
	case err == nil:
		s.inner = inner
	case errors.Is(err, warehouse.ErrAway):
		s.lost(err)
	default:
		s.end()
		return nil, err
	}
	return s, nil
}

// Engine names the engine, whether it is there or not.
func (s *Store) Engine() string { return s.o.Engine }

// Close closes the store and waits for nobody who is away.
func (s *Store) Close() error {
	s.mu.Lock()
	s.end() // from here on nobody begins to look
	s.mu.Unlock()
	s.looking.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inner == nil {
		return nil
	}
	return s.inner.Close()
}

// present gives the store while its server answers.
func (s *Store) present() (warehouse.Store, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away != nil {
		return nil, s.away
	}
	return s.inner, nil
}

// noted looks at how a question ended. Whoever has no time left to wait is told that, and nothing of the server.
func (s *Store) noted(ctx context.Context, err error) error {
	if !errors.Is(err, warehouse.ErrAway) {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("ask the warehouse: %w", context.Cause(ctx))
	}
	s.lost(err)
	return err
}

// lost begins to look for the server, unless that is done already.
func (s *Store) lost(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away != nil || s.ended.Err() != nil {
		return
	}
	s.away = err
	s.o.Log.Warn("the warehouse is away; records can be worked with, and it is asked again", "engine", s.o.Engine, "error", err)
	s.looking.Go(s.look)
}

// look asks until the server is back.
func (s *Store) look() {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.ended.Done():
			return
		case <-tick.C:
		}
		if s.found() {
			return
		}
	}
}

func (s *Store) found() bool {
	s.mu.Lock()
	inner := s.inner
	s.mu.Unlock()
	var err error
	if inner == nil {
		ctx, cancel := context.WithTimeout(s.ended, opening)
		defer cancel()
		inner, err = s.o.Open(ctx)
	} else {
		ctx, cancel := context.WithTimeout(s.ended, shortly)
		defer cancel()
		_, _, err = inner.Checkpoint(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.still(err)
		return false
	}
	s.inner, s.away = inner, nil
	s.o.Log.Info("the warehouse answers again", "engine", s.o.Engine)
	return true
}

// still keeps why the server is not there, and tells when that is another reason by now. The caller holds s.mu.
func (s *Store) still(err error) {
	if s.ended.Err() != nil {
		return
	}
	if !errors.Is(err, warehouse.ErrAway) {
		err = fmt.Errorf("%w: %w", warehouse.ErrAway, err)
	}
	if err.Error() != s.away.Error() {
		s.o.Log.Warn("the warehouse is still away", "engine", s.o.Engine, "error", err)
	}
	s.away = err
}

// ask asks the store if it is there.
func ask[T any](ctx context.Context, s *Store, question func(inner warehouse.Store) (T, error)) (T, error) {
	inner, err := s.present()
	if err != nil {
		var none T
		return none, err
	}
	answer, err := question(inner)
	return answer, s.noted(ctx, err)
}

// soon asks what is answered at once.
func soon[T any](ctx context.Context, s *Store, question func(ctx context.Context, inner warehouse.Store) (T, error)) (T, error) {
	return ask(ctx, s, func(inner warehouse.Store) (T, error) {
		bound, cancel := context.WithTimeout(ctx, shortly)
		defer cancel()
		answer, err := question(bound, inner)
		if err != nil && bound.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w: it has not answered within %s", warehouse.ErrAway, shortly)
		}
		return answer, err
	})
}

// tell is ask for what gives no answer.
func tell(ctx context.Context, s *Store, what func(inner warehouse.Store) error) error {
	_, err := ask(ctx, s, func(inner warehouse.Store) (struct{}, error) { return struct{}{}, what(inner) })
	return err
}
