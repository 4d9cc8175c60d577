package portal_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/imports"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

const password = "correct horse battery"

// world is the whole program but its command line: Postgres, pipeline, DuckDB, API and pages, with a channel in it.
type world struct {
	db       *pgtest.Database
	deps     api.Deps
	api      *api.API
	server   *httptest.Server
	pipeline *pipelines.Pipeline

	leader, analyst, partner, stranger operational.Actor
	vendor, second                     uuid.UUID
	opportunity                        opportunities.Opportunity // open, between vendor and partner
	evil                               opportunities.Opportunity // its texts are attacks
}

// Who signs in.
const (
	leaderMail   = "ingrid@halden.example"
	analystMail  = "mirela@halden.example"
	partnerMail  = "tomasz@kestrel.example"
	strangerMail = "new@empty.example"
)

// The channel of these tests is planted once; every world gets a copy of its own.
var (
	channelDB pgtest.Planted
	channel   world
)

// newWorld builds a program of its own for a test, with a channel in it.
func newWorld(t testing.TB) *world {
	t.Helper()
	db := channelDB.New(t, func(t testing.TB, d *pgtest.Database) {
		channel.serve(d)
		channel.plant(t)
	})
	w := &world{
		leader: channel.leader, analyst: channel.analyst, partner: channel.partner, stranger: channel.stranger,
		vendor: channel.vendor, second: channel.second, opportunity: channel.opportunity, evil: channel.evil,
	}
	w.serve(db)
	return w.start(t)
}

// newWorldWith builds a program with what plant puts into it.
func newWorldWith(t testing.TB, plant func(*world, testing.TB)) *world {
	t.Helper()
	w := &world{}
	w.serve(pgtest.New(t))
	plant(w, t)
	return w.start(t)
}

// serve makes the services over a database.
func (w *world) serve(db *pgtest.Database) {
	w.db = db
	w.deps = api.Deps{
		DB: w.db.API, Identity: identity.New(w.db.API, pgtest.Secret, identity.PrivateProviders(true)), Interconnect: interconnect.New(w.db.API), Catalog: catalog.New(w.db.API), Accounts: accounts.New(w.db.API),
		Opportunities: opportunities.New(w.db.API), Imports: imports.New(w.db.API), Secret: pgtest.Secret, Clock: time.Now,
		Log: slog.New(slog.DiscardHandler), Rate: 1000, Burst: 5000,
	}
}

// start lets the pipeline, the API and the pages run on what is planted.
func (w *world) start(t testing.TB) *world {
	t.Helper()
	store, err := duckdb.Open(context.Background(), duckdb.Options{Path: filepath.Join(t.TempDir(), "warehouse.duckdb"), MemoryLimit: "512MB", Threads: 1})
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	w.deps.Warehouse = store
	w.api = api.New(w.deps)
	w.startPipeline(t, store)
	mux := http.NewServeMux()
	mux.Handle("/v1/", w.api)
	mux.Handle("/", portal.New(portal.Deps{API: w.api, Deps: w.deps}))
	w.server = httptest.NewServer(mux)
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) startPipeline(t testing.TB, store *duckdb.Store) {
	t.Helper()
	source, err := postgres.LoginURL(w.db.URL, postgres.LoginCDC, pgtest.Secret)
	require.NoError(t, err)
	w.pipeline = pipelines.New(pipelines.Config{SourceURL: source, Store: store, Clock: time.Now})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.pipeline.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		w.freeSlot(t)
	})
	w.loaded(t)
}

// freeSlot gives back the slot of the pipeline that has ended: the server of these tests has a bounded number of them.
func (w *world) freeSlot(t testing.TB) {
	t.Helper()
	at, err := url.Parse(pgtest.Server(t).SuperURL)
	require.NoError(t, err)
	own, err := url.Parse(w.db.URL)
	require.NoError(t, err)
	at.Path = own.Path
	conn, err := pgx.Connect(context.Background(), at.String())
	if err != nil {
		return // the server has ended, and its slots with it
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), `select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database() and not active`)
	require.NoError(t, err)
}

// loaded waits until the warehouse has everything that is committed.
func (w *world) loaded(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn := w.db.Owner(t)
	// Something that is flushed comes after all that was committed before it.
	_, err := conn.Exec(ctx, `set synchronous_commit = on`)
	require.NoError(t, err)
	var lsn int64
	require.NoError(t, conn.QueryRow(ctx, `select pg_current_wal_insert_lsn() - '0/0'::pg_lsn`).Scan(&lsn))
	_, err = conn.Exec(ctx, `select pg_logical_emit_message(true, 'test', 'flushed')`)
	require.NoError(t, err)
	require.NoError(t, w.pipeline.WaitFor(ctx, uint64(lsn)))
}

// uncompressed is how visitors ask for pages: to press and to unfold each would take more than to make it. Browsers have
// theirs compressed.
var uncompressed = &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 10, IdleConnTimeout: time.Minute}

// visitor is a browser without script.
type visitor struct {
	t      testing.TB
	w      *world
	client *http.Client
}

func (w *world) visitor(t testing.TB) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &visitor{t: t, w: w, client: &http.Client{Transport: uncompressed, Jar: jar, Timeout: time.Minute}}
}

// as gives a visitor who is signed in.
func (w *world) as(t testing.TB, mail string) *visitor {
	t.Helper()
	v := w.visitor(t)
	p := v.post("/sign-in", url.Values{"email": {mail}, "password": {password}, "return": {"/help"}})
	require.Equal(t, http.StatusOK, p.status, p.text())
	require.Equal(t, "/help", p.path)
	return v
}
