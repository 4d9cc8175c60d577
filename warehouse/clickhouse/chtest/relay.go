package chtest

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Relay stands between a program and a server. It can speak TLS with the program, as the server of the tests cannot, and lead
// those who come later to another server.
type Relay struct {
	listener net.Listener
	to       atomic.Pointer[string]
	ended    context.Context
	over     sync.WaitGroup
}

// NewRelay leads to a server. Without a configuration it passes on what it hears. It ends with the test.
func NewRelay(t testing.TB, to string, config *tls.Config) *Relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	if config != nil {
		listener = tls.NewListener(listener, config)
	}
	ended, end := context.WithCancel(context.Background())
	r := &Relay{listener: listener, ended: ended}
	r.Turn(to)
	r.over.Go(r.accept)
	t.Cleanup(func() {
		end()
		_ = listener.Close()
		r.over.Wait()
	})
	return r
}

// Address is host and port.
func (r *Relay) Address() string { return r.listener.Addr().String() }

// Turn leads those who come from now on to another server. Who is connected stays.
func (r *Relay) Turn(to string) { r.to.Store(&to) }

func (r *Relay) accept() {
	for {
		conn, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.over.Go(func() { r.join(conn) })
	}
}

// join passes on what both sides say until one of them ends.
func (r *Relay) join(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	var plain net.Dialer
	there, err := plain.DialContext(r.ended, "tcp", *r.to.Load())
	if err != nil {
		return
	}
	defer func() { _ = there.Close() }()
	hangUp := func() {
		_ = conn.Close()
		_ = there.Close()
	}
	defer context.AfterFunc(r.ended, hangUp)()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{conn, there}, {there, conn}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			hangUp()
		})
	}
	both.Wait()
}
