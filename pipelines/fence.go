package pipelines

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// ErrNotStreaming says that the pipeline does not follow the log at the moment, so that both sides cannot be brought to
// one place.
var ErrNotStreaming = errors.New("the pipeline is not following the log at the moment: look at its state, and ask again when it is")

// Moment is both sides at one place of the log: each holds exactly the transactions whose commit record lies before
// LSN. Close it soon: Postgres keeps old rows and the warehouse what a load replaces for as long as it is open.
type Moment struct {
	LSN  uint64
	View warehouse.View

	source *pgsource.Moment
}

// Begin opens a connection to Postgres with a read-only transaction at the moment. Whoever asks closes it.
func (m *Moment) Begin(ctx context.Context) (*pgx.Conn, error) { return m.source.Begin(ctx) }

// Close ends the moment on both sides; connections that are open keep theirs.
func (m *Moment) Close() {
	_ = m.View.Close() // nothing was written
	m.source.Close()
}

// Fence brings both sides to one place while writes go on. Nothing is read from the log while Postgres takes its
// snapshot: that is milliseconds, and a second at most when transactions are open, which is then tried again a few times.
// The view ends with ctx at the latest.
func (p *Pipeline) Fence(ctx context.Context) (*Moment, error) {
	m := &Moment{}
	source, err := p.stand(ctx, func(ctx context.Context, _ *pgsource.Moment, _ warehouse.Checkpoint) (_ *warehouse.Checkpoint, err error) {
		m.View, err = p.cfg.Store.View(ctx)
		return nil, ofStore("open a view at the fence", err)
	})
	if err != nil {
		if m.View != nil {
			_ = m.View.Close()
		}
		return nil, fmt.Errorf("bring both sides to one place of the log: %w", err)
	}
	m.LSN, m.source = source.LSN, source
	return m, nil
}

const (
	fenceWait  = time.Second // how long the stream stands still for a snapshot
	fenceTries = 5
	fenceAsk   = 20 * time.Millisecond // how often the server is asked how far it has sent
)

// action is what happens at a fence, where the store holds all before a place and nothing after it, and no load is open.
// A checkpoint that it gives back is one that it has loaded.
type action func(ctx context.Context, source *pgsource.Moment, at warehouse.Checkpoint) (*warehouse.Checkpoint, error)

// stand has the follower stop at the place of a new snapshot and do something there.
func (p *Pipeline) stand(ctx context.Context, act action) (*pgsource.Moment, error) {
	for try := 1; ; try++ {
		source, err := p.standOnce(ctx, act)
		var blocked *pgsource.BlockedError
		if !errors.As(err, &blocked) || try == fenceTries {
			return source, err
		}
		sleep(ctx, time.Duration(try)*fenceWait)
	}
}

func (p *Pipeline) standOnce(ctx context.Context, act action) (*pgsource.Moment, error) {
	f := p.follower.Load()
	if f == nil {
		return nil, ErrNotStreaming
	}
	source, err := p.source.Moment(ctx)
	if err != nil {
		return nil, err
	}
	h := &hold{ctx: ctx, held: make(chan struct{}), place: make(chan uint64, 1), done: make(chan error, 1), source: source, act: act}
	if err := f.meet(ctx, h); err != nil {
		source.Close()
		return nil, err
	}
	return source, nil
}

// hold is a request to stand still.
type hold struct {
	ctx    context.Context // of whoever asks
	held   chan struct{}   // closed when the follower reads nothing more
	place  chan uint64     // where to act; 0: nowhere, go on
	done   chan error
	source *pgsource.Moment
	act    action
	taken  atomic.Bool // the follower acts, or whoever asked has gone: the first decides
}

// meet hands the request over, takes the snapshot while the follower stands still, and waits until it has acted.
func (f *follower) meet(ctx context.Context, h *hold) error {
	select {
	case f.holds <- h:
	case <-f.ended:
		return ErrNotStreaming
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-h.held:
	case <-f.ended:
		return ErrNotStreaming
	}
	if err := h.source.Mark(ctx, fenceWait); err != nil {
		h.place <- 0
		return err
	}
	h.place <- h.source.LSN
	select {
	case err := <-h.done:
		return err
	case <-f.ended:
	case <-ctx.Done():
	}
	if h.taken.Swap(true) { // it acts just now
		select {
		case err := <-h.done:
			return err
		case <-f.ended:
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return ErrNotStreaming
}

// wait stands still until the snapshot is taken. Its place comes after all that was read: the server writes the record
// that begins it only now.
func (f *follower) wait(ctx context.Context, h *hold) error {
	close(h.held)
	select {
	case place := <-h.place:
		if place > 0 {
			f.standing, f.place = h, place
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// arrive acts if everything before the place has been read and what comes next lies behind it.
func (f *follower) arrive(ctx context.Context, next uint64) error {
	if f.standing == nil || next < f.place {
		return nil
	}
	h := f.standing
	f.standing = nil
	if err := f.clear(ctx); err != nil {
		return err
	}
	if h.taken.Swap(true) {
		return nil
	}
	at := f.checkpoint
	at.LSN = max(at.LSN, f.place)
	var loaded *warehouse.Checkpoint
	var err error
	done := make(chan struct{})
	f.loader.jobs <- job{act: func() { // nothing else writes to the store meanwhile
		defer close(done)
		loaded, err = h.act(h.ctx, h.source, at)
	}}
	select {
	case <-done:
	case <-f.loader.over: // what it has not begun by now it never does; the follower's own end may wait for whoever asked
		h.done <- ErrNotStreaming
		return ctx.Err()
	}
	if loaded != nil {
		f.checkpoint, f.persisted = *loaded, loaded.LSN
		f.stream.Confirm(loaded.LSN, false)
	}
	h.done <- err
	return nil
}
