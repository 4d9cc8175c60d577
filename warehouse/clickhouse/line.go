package clickhouse

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	engine "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/sharepartner/sharepartner/warehouse"
)

// line is a connection whose faults say that the engine is away, whatever the driver was doing.
type line struct {
	net.Conn
	greeted func() bool // the caller's end ends the line no more
}

// newLine ends the line with the caller until both sides have greeted: the driver waits for that as long as for the line.
func newLine(ctx context.Context, conn net.Conn) line {
	return line{conn, context.AfterFunc(ctx, func() {
		if !errors.Is(context.Cause(ctx), engine.ErrAcquireConnTimeout) { // that is the driver's own end, which says more
			_ = conn.Close()
		}
	})}
}

// SetDeadline is asked for none when both sides have greeted.
func (l line) SetDeadline(t time.Time) error {
	if t.IsZero() {
		l.greeted()
	}
	return l.Conn.SetDeadline(t)
}

// dialer opens lines. What the address says of TLS is done here, as the driver leaves it to whoever dials.
func dialer(options *engine.Options) func(ctx context.Context, address string) (net.Conn, error) {
	return func(ctx context.Context, address string) (net.Conn, error) {
		plain := net.Dialer{Timeout: options.DialTimeout}
		conn, err := plain.DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, away(err)
		}
		if options.TLS == nil {
			return newLine(ctx, conn), nil
		}
		config := options.TLS.Clone()
		if config.ServerName == "" {
			config.ServerName, _, _ = net.SplitHostPort(address)
		}
		secure := tls.Client(newLine(ctx, conn), config)
		ctx, cancel := context.WithTimeout(ctx, options.DialTimeout)
		defer cancel()
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return secure, nil
	}
}

// away marks a fault of a line. One that was closed on this side is none.
func away(err error) error {
	if err == nil || errors.Is(err, net.ErrClosed) {
		return err
	}
	return fmt.Errorf("%w: %w", warehouse.ErrAway, err)
}

// Read marks its faults.
func (l line) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	return n, away(err)
}

// Write marks its faults.
func (l line) Write(b []byte) (int, error) {
	n, err := l.Conn.Write(b)
	return n, away(err)
}

// SyscallConn lets the driver see that the other side has hung up before it asks over a line that it had kept.
func (l line) SyscallConn() (syscall.RawConn, error) {
	c, ok := l.Conn.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return c.SyscallConn()
}
