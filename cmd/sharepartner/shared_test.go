package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// sharedConfig is that of programs which share a database and a warehouse on a server.
func sharedConfig(t *testing.T, warehouse string) Config {
	t.Helper()
	cfg := testConfig(t)
	cfg.DatabaseURL, cfg.Secret, cfg.WarehouseURL = pgtest.NewURL(t), string(pgtest.Secret), warehouse
	return cfg
}

// startRole starts a program of a role, with a data folder of its own, and stops it with the test.
func startRole(t *testing.T, as role, cfg Config) *App {
	t.Helper()
	cfg.Data = filepath.Join(t.TempDir(), "data")
	app, err := startAs(t.Context(), as, cfg, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
	require.NoError(t, err)
	t.Cleanup(app.Stop)
	return app
}

// inTurn is a proxy that gives each request to the next program, so that of two requests each goes to another one.
func inTurn(t *testing.T, apps ...*App) (address string) {
	t.Helper()
	var count atomic.Int64
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		app := apps[int(count.Add(1))%len(apps)]
		r.SetURL(&url.URL{Scheme: "http", Host: app.Addr()})
		r.Out.Host = r.In.Host // the programs are reached under the proxy's name
		r.SetXForwarded()
	}}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}

// at is the same visitor, with the same session, at one of the programs.
func (v *visitor) at(app *App) *visitor {
	there := *v
	there.base = "http://" + app.Addr()
	return &there
}

// sent is an answer with what belongs to it.
type sent struct {
	status int
	header http.Header
	body   string
}

func (v *visitor) send(method, path, body string, header ...string) sent {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, strings.NewReader(body))
	require.NoError(v.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := v.http.Do(req)
	require.NoError(v.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(v.t, err)
	return sent{res.StatusCode, res.Header, string(text)}
}
