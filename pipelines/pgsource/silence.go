package pgsource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// A line can die without a word: what stands between forgets it, or swallows what it gets. Then nothing ever ends by
// itself. So every question has to be answered within Options.Silence, and so does the stream, whose server is asked every
// few seconds. A copy may be silent for longer, while rows are sorted: then the server is asked over another connection
// whether it still works on it.

// SilentError says that a line is dead although nobody has closed it.
type SilentError struct{ For time.Duration }

func (e *SilentError) Error() string {
	return fmt.Sprintf("the server has said nothing for %s: the line to it is dead, although nobody has closed it. A new one is taken", e.For)
}

// began is when this clock starts, which nobody sets back as that of the machine.
var began = time.Now()

// waiting notes since when the socket is read and gives nothing. It sees also a line that dies in the middle of a message.
type waiting struct {
	io.Reader
	from atomic.Int64 // by the clock above; 0 while nothing is awaited
}

func (w *waiting) Read(p []byte) (int, error) {
	w.from.Store(int64(time.Since(began)))
	defer w.from.Store(0)
	return w.Reader.Read(p)
}

// since is when the read began that has now taken longer than d; 0: none has.
func (w *waiting) since(d time.Duration) int64 {
	from := w.from.Load()
	if from == 0 || time.Since(began)-time.Duration(from) <= d {
		return 0
	}
	return from
}

// patient bounds a question.
func (l *link) patient(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, l.silence, &SilentError{For: l.silence})
}

// because gives the reason of what ended a context in place of that it ended.
func because(ctx context.Context, err error) error {
	var silent *SilentError
	if err != nil && errors.As(context.Cause(ctx), &silent) {
		return silent
	}
	return err
}

// copyTo runs a COPY, and ends it when the line is dead.
func (s *Source) copyTo(ctx context.Context, l *link, to io.Writer, sql string) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	watched, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		if s.dies(watched, l) {
			end(&SilentError{For: s.o.Silence})
		}
	})
	_, err := l.CopyTo(ctx, to, sql)
	stop()
	watch.Wait()
	return because(ctx, err)
}

// dies waits until the line is dead, or ctx ends.
func (s *Source) dies(ctx context.Context, l *link) bool {
	tick := time.NewTicker(s.o.Silence / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
		since := l.waiting.since(s.o.Silence)
		if since != 0 && !s.works(ctx, l.PID()) && l.waiting.from.Load() == since && ctx.Err() == nil {
			return true
		}
	}
}

// Who waits to be read from (ClientWrite) has sent what never came.
const worksSQL = `select count(*) from pg_stat_activity where pid = $1 and state in ('active', 'disabled') and wait_event is distinct from 'ClientWrite'`

// works says whether a process of the server still works on what it was asked; while nobody knows, it does.
func (s *Source) works(ctx context.Context, pid uint32) bool {
	l, err := s.connect(ctx, false)
	if err != nil {
		return true
	}
	defer l.close()
	rows, err := l.rows(ctx, worksSQL, fmt.Sprint(pid))
	return err != nil || rows[0][0] != "0"
}
