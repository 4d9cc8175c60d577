package distant

import (
	"cmp"
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
	Greet  func(ctx context.Context) error                    // says whether a server that refused this program lets it in now
	Engine string
	Log    *slog.Logger

	Shortly  time.Duration // after which a question that a server answers at once is a reason to doubt; default 5 seconds
	Patience time.Duration // how long a server that is doubted, or was away, may take to answer; default 15 seconds
}

const (
	lookEvery = time.Second      // how often a server that is away is asked whether it is back
	opening   = 30 * time.Second // for making the connection, and the tables of a new database
)

// Store is a store that may be away.
type Store struct {
	warehouse.OneByOne
	o       Options
	ended   context.Context // done when the store is closed
	end     context.CancelFunc
	looking sync.WaitGroup

	mu      sync.Mutex
	inner   warehouse.Store         // nil until the server was there once
	away    error                   // why it is not asked now; nil: it answers, or was not given up yet
	doubted bool                    // it is being asked a second time
	there   context.Context         // done when the server is given up
	giveUp  context.CancelCauseFunc // ends that
}

var _ warehouse.Store = (*Store)(nil)

// Open opens the store, or begins to wait for its server where that is away.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Shortly, o.Patience = cmp.Or(o.Shortly, 5*time.Second), cmp.Or(o.Patience, 15*time.Second)
	s := &Store{o: o}
	s.OneByOne = warehouse.OneByOne{Viewer: s}
	s.ended, s.end = context.WithCancel(context.Background())
	s.there, s.giveUp = context.WithCancelCause(s.ended)
	inner, err := o.Open(ctx)
	switch {
	case err == nil:
		s.inner = inner
	case errors.Is(err, warehouse.ErrAway):
		s.lost(err)
		s.looking.Go(s.look)
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

// present gives the store while its server answers, and what ends when that is given up.
func (s *Store) present() (inner warehouse.Store, there context.Context, away error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inner, s.there, s.away
}

// noted looks at how a question ended. Whoever has no time left to wait is told that, and nothing of the server: the line
// may see the end of that time before the context does.
func (s *Store) noted(ctx context.Context, err error) error {
	if !errors.Is(err, warehouse.ErrAway) && !errors.Is(err, warehouse.ErrRefused) {
		return err
	}
	if deadline, ok := ctx.Deadline(); ctx.Err() != nil || ok && !time.Now().Before(deadline) {
		return fmt.Errorf("ask the warehouse: %w", cmp.Or(context.Cause(ctx), context.DeadlineExceeded))
	}
	err = asAway(err)
	s.doubt(err)
	return err
}

// asAway is a fault as others see it: whatever keeps the server from answering, it is away until it does.
func asAway(err error) error {
	if errors.Is(err, warehouse.ErrAway) {
		return err
	}
	return fmt.Errorf("%w: %w", warehouse.ErrAway, err)
}

// doubt asks a server once more, with patience, before it is given up: it may be busy, or have hung up on one line only. One that
// refuses this program means it.
func (s *Store) doubt(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.doubted || s.away != nil || s.ended.Err() != nil {
		return
	}
	s.doubted = true
	inner := s.inner
	s.looking.Go(func() {
		err := why
		if !errors.Is(why, warehouse.ErrRefused) {
			err = s.answers(inner)
		}
		if s.settled(why, err) {
			s.look()
		}
	})
}

// settled ends the doubt, and says whether the server is given up.
func (s *Store) settled(why, err error) (lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doubted = false
	if err == nil {
		s.o.Log.Warn("the warehouse is slow to answer, or has hung up once", "engine", s.o.Engine, "error", why)
		return false
	}
	s.lost(why)
	return true
}

// answers asks what every server can answer at once, and waits longer than that takes on a busy machine.
func (s *Store) answers(inner warehouse.Store) error {
	ctx, cancel := context.WithTimeout(s.ended, s.o.Patience)
	defer cancel()
	_, _, err := inner.Checkpoint(ctx)
	return err
}

// letIn asks a server that has refused this program over a new connection: those of before may go on, whatever became of the login.
func (s *Store) letIn() error {
	_, _, why := s.present()
	if !errors.Is(why, warehouse.ErrRefused) {
		return nil
	}
	ctx, cancel := context.WithTimeout(s.ended, s.o.Patience)
	defer cancel()
	return s.o.Greet(ctx)
}

// lost gives the server up, and ends the questions that wait for it. The caller holds s.mu, or is alone.
func (s *Store) lost(why error) {
	if s.ended.Err() != nil {
		return
	}
	s.away = why
	s.giveUp(why)
	s.o.Log.Warn("the warehouse is away; records can be worked with, and it is asked again", "engine", s.o.Engine, "error", why)
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
		err = s.letIn()
		if err == nil {
			err = s.answers(inner)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.still(err)
		return false
	}
	s.inner, s.away = inner, nil
	s.there, s.giveUp = context.WithCancelCause(s.ended)
	s.o.Log.Info("the warehouse answers again", "engine", s.o.Engine)
	return true
}

// still keeps why the server is not there, and tells when that is another reason by now. The caller holds s.mu.
func (s *Store) still(err error) {
	if s.ended.Err() != nil {
		return
	}
	err = asAway(err)
	if err.Error() != s.away.Error() {
		s.o.Log.Warn("the warehouse is still away", "engine", s.o.Engine, "error", err)
	}
	s.away = err
}

// ask asks the store if it is there.
func ask[T any](ctx context.Context, s *Store, question func(inner warehouse.Store) (T, error)) (T, error) {
	inner, _, away := s.present()
	if away != nil {
		var none T
		return none, away
	}
	answer, err := question(inner)
	return answer, s.noted(ctx, err)
}

// soon asks what is answered at once. Without an answer the server is doubted, and waited for until it is given up.
func soon[T any](ctx context.Context, s *Store, question func(ctx context.Context, inner warehouse.Store) (T, error)) (T, error) {
	inner, there, away := s.present()
	if away != nil {
		var none T
		return none, away
	}
	late := time.AfterFunc(s.o.Shortly, func() { s.doubt(fmt.Errorf("%w: it has not answered within %s", warehouse.ErrAway, s.o.Shortly)) })
	defer late.Stop()
	bound, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(there, cancel)()
	answer, err := question(bound, inner)
	if err != nil && bound.Err() != nil && ctx.Err() == nil {
		return answer, context.Cause(there)
	}
	return answer, s.noted(ctx, err)
}

// tell is ask for what gives no answer.
func tell(ctx context.Context, s *Store, what func(inner warehouse.Store) error) error {
	_, err := ask(ctx, s, func(inner warehouse.Store) (struct{}, error) { return struct{}{}, what(inner) })
	return err
}
