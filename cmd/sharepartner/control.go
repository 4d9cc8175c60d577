package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// control is how commands reach the program that runs on a data folder: the store takes one process, so that what they
// ask has to be done there. It is a socket in the folder, which only the program's own user may open.
type control struct {
	listener net.Listener
	server   *http.Server
}

func controlPath(dir string) string { return filepath.Join(dir, "control") }

// openControl serves the handler in the folder, which the caller has locked: a socket that is left there is an old one.
func openControl(dir string, handler http.Handler) (*control, error) {
	path := controlPath(dir)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove an old control socket: %w", err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		listener.Close()
		return nil, fmt.Errorf("keep the control socket to its owner: %w", err)
	}
	c := &control{listener: listener, server: &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}}
	go func() { _ = c.server.Serve(listener) }()
	return c, nil
}

func (c *control) close() {
	if c != nil {
		_ = c.server.Close() // removes the socket too
	}
}

// errNoProgram says that nobody serves the folder.
var errNoProgram = errors.New("no program runs on this data folder")

// askControl sends a request to the program of the folder and reads its answer.
func askControl(ctx context.Context, dir, method, path string, answer any) error {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", controlPath(dir))
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, method, "http://control"+path, nil)
	if err != nil {
		return fmt.Errorf("ask the running program: %w", err)
	}
	response, err := transport.RoundTrip(request)
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return errNoProgram
	}
	if err != nil {
		return fmt.Errorf("ask the running program: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
		return fmt.Errorf("the running program: %s", text)
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		return fmt.Errorf("read the answer of the running program: %w", err)
	}
	return nil
}
