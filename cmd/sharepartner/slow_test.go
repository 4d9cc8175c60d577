package main

import (
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// dawdle opens connections on which a request is begun and never ended, in its head and in its body. What it gives waits for
// the program to hang up on each, which has others to serve.
func dawdle(t *testing.T, app *App) (hungUp func()) {
	t.Helper()
	var open []net.Conn
	for _, begun := range []string{
		"GET /sign-in HTTP/1.1\r\nHost: " + app.Addr() + "\r\nX-Slow",
		"POST /sign-in HTTP/1.1\r\nHost: " + app.Addr() + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nemail=",
	} {
		conn, err := net.Dial("tcp", app.Addr())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = io.WriteString(conn, begun)
		require.NoError(t, err)
		open = append(open, conn)
	}
	return func() {
		t.Helper()
		for _, conn := range open {
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(3*time.Minute)))
			_, err := io.Copy(io.Discard, conn)
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "it is still waited for")
		}
	}
}
