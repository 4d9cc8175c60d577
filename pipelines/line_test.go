package pipelines_test

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// line is an address that stays the same while the server behind it comes and goes. It can be cut, made slow, and left
// half open: then nothing passes and neither side is told, until it passes again, or for ever.
type line struct {
	listener net.Listener
	mu       sync.Mutex
	target   string
	open     map[net.Conn]bool
	wires    map[*wire]bool
	budget   int64 // what the server may send over one connection before that falls silent for ever; 0: no bound
	delay    time.Duration
	frozen   chan struct{} // closed when data flows again; nil while it does
	wait     sync.WaitGroup
}

// wire is a connection through the line. A dead one takes what it gets, gives nothing, and is not closed.
type wire struct {
	dead atomic.Bool
	sent int64 // by the server
}

func newLine(t testing.TB) *line {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &line{listener: listener, open: map[net.Conn]bool{}, wires: map[*wire]bool{}}
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
		w := &wire{}
		l.wires[w] = true
		l.mu.Unlock()
		l.wait.Go(func() { l.pass(in, out, w, false) })
		l.wait.Go(func() { l.pass(out, in, w, true) })
	}
}

func (l *line) pass(from, to net.Conn, w *wire, server bool) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		l.hold()
		if server {
			n = l.spend(w, n)
		}
		var failed error
		if !w.dead.Load() || server && n > 0 {
			_, failed = to.Write(buffer[:n])
		}
		if err != nil || failed != nil {
			break
		}
	}
	_ = from.Close()
	if !w.dead.Load() { // else the other side does not hear of it
		_ = to.Close()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, from)
	delete(l.wires, w)
}

// spend says how much of what the server sends still passes. The first connection that uses up the budget dies there, in
// the middle of a message as likely as not; those after it have no bound.
func (l *line) spend(w *wire, n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.dead.Load() {
		return 0
	}
	w.sent += int64(n)
	if l.budget == 0 || w.sent <= l.budget {
		return n
	}
	n -= int(w.sent - l.budget)
	l.budget = 0
	w.dead.Store(true)
	return n
}

// silence has every open connection die without a word. New ones pass.
func (l *line) silence() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for w := range l.wires {
		w.dead.Store(true)
	}
}

// silenceAfter has the first connection die over which the server sends so much from now on.
func (l *line) silenceAfter(bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.budget = bytes
	for w := range l.wires {
		w.sent = 0
	}
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
