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
		bound, cancel := context.WithTimeout(ctx, options.DialTimeout)
		defer cancel()
		if err := secure.HandshakeContext(bound); err != nil {
			_ = conn.Close()
			if bound.Err() != nil {
				return nil, away(err)
			}
			return nil, untrusted(err)
		}
		return secure, nil
	}
}

// untrusted marks that the two sides cannot trust each other, and says what can be done.
func untrusted(err error) error {
	var certificate *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &certificate):
		return fmt.Errorf("%w: ClickHouse shows a certificate that is not trusted, and was told nothing: have it show one for the host of WAREHOUSE_URL "+
			"(or tls_server_name in it), and put a private CA's as a file into a folder that SSL_CERT_DIR names (%w)", warehouse.ErrRefused, err)
	case errors.As(err, &plain):
		return fmt.Errorf("%w: ClickHouse does not speak TLS at that port, and was told nothing: name the one that does in WAREHOUSE_URL, or leave secure=true out (%w)", warehouse.ErrRefused, err)
	}
	return err
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
