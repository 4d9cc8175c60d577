package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/parity"
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
)

// askServer does what a command asks on a warehouse that is a server. Anybody may read there; only one program may write.
func (c Config) askServer(ctx context.Context, method, path string, answer any) error {
	store, err := c.openWarehouse(ctx, c.logger())
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	reads := pipelines.New(pipelines.Config{Store: store, Clock: time.Now})
	handler := controlOf(reads, store, parity.NewRunner(reads, time.Now, c.logger()))
	if method == http.MethodGet {
		return askHandler(ctx, handler, method, path, answer)
	}
	return c.whileNoneWrites(ctx, func(ctx context.Context) error { return askHandler(ctx, handler, method, path, answer) })
}

// whileNoneWrites does something as the one program that writes. Only a program on this data folder runs the private Postgres,
// so that there the lock of the folder says as much as the database would.
func (c Config) whileNoneWrites(ctx context.Context, do func(ctx context.Context) error) error {
	if c.DatabaseURL == "" {
		folder, err := lockFolder(c.Data)
		if err != nil {
			return err
		}
		defer folder.release()
		return do(ctx)
	}
	secret, err := c.secret()
	if err != nil {
		return err
	}
	source, err := postgres.LoginURL(c.DatabaseURL, postgres.LoginCDC, secret)
	if err != nil {
		return err
	}
	return elsewhere(pipelines.New(pipelines.Config{SourceURL: source, Clock: time.Now}).Alone(ctx, do))
}

// elsewhere says what to do when another program has the right to write.
func elsewhere(err error) error {
	var held *pgsource.HeldError
	if !errors.As(err, &held) {
		return err
	}
	return fmt.Errorf("another program moves the data: %s. Nothing was done. Run this command where that one runs, with its data folder (--data): it has it done there", held.Holder)
}

// askHandler asks a handler of this program as askControl asks the one of another.
func askHandler(ctx context.Context, handler http.Handler, method, path string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, path, nil)
	if err != nil {
		return err
	}
	w := answered{status: http.StatusOK, header: http.Header{}}
	handler.ServeHTTP(&w, request)
	if w.status != http.StatusOK {
		return errors.New(string(bytes.TrimSpace(w.body.Bytes())))
	}
	return json.NewDecoder(&w.body).Decode(answer)
}

// answered is what a handler has written.
type answered struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (a *answered) Header() http.Header         { return a.header }
func (a *answered) Write(b []byte) (int, error) { return a.body.Write(b) }
func (a *answered) WriteHeader(status int)      { a.status = status }
