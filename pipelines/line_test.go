package pipelines_test

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// line is an address that stays the same while the server behind it comes and goes. It can be cut, made slow, and left
// half open: then nothing passes and neither side is told.
type line struct {
	listener net.Listener
	mu       sync.Mutex
	target   string
	open     map[net.Conn]bool
	delay    time.Duration
	frozen   chan struct{} // closed when data flows again; nil while it does
	wait     sync.WaitGroup
}

func newLine(t *testing.T) *line {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &line{listener: listener, open: map[net.Conn]bool{}}
	l.wait.Go(l.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		l.thaw()
		l.cut()
		l.wait.Wait()
	})
	return l
}

func (l *line) serve() {
	for {
		in, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.mu.Lock()
		out, err := net.Dial("tcp", l.target)
		if err != nil {
			_ = in.Close()
			l.mu.Unlock()
			continue
		}
		l.open[in], l.open[out] = true, true
		l.mu.Unlock()
		l.wait.Go(func() { l.pass(in, out) })
		l.wait.Go(func() { l.pass(out, in) })
	}
}

func (l *line) pass(from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		l.hold()
		if _, failed := to.Write(buffer[:n]); err != nil || failed != nil {
			break
		}
	}
	_ = from.Close()
	_ = to.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, from)
}

// hold keeps what has arrived back as long as the line is slow or half open.
func (l *line) hold() {
	l.mu.Lock()
	delay, frozen := l.delay, l.frozen
	l.mu.Unlock()
	if frozen != nil {
		<-frozen
	}
	time.Sleep(delay)
}

// cut breaks every connection.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		_ = c.Close()
	}
}

func (l *line) slow(delay time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delay = delay
}

// freeze leaves the line half open until thaw.
func (l *line) freeze() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.frozen == nil {
		l.frozen = make(chan struct{})
	}
}

func (l *line) thaw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.frozen != nil {
		close(l.frozen)
		l.frozen = nil
	}
}

func (l *line) to(target string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.target = target
}
