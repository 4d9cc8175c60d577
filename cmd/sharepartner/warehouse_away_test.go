package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/local"
)

// heard is a log that several write into.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(b)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// The program starts without its ClickHouse, works with records while that is away (not there yet, killed, paused, with another
// password), says so in place of figures, and goes on by itself when it is back.
func TestAWarehouseThatIsAway(t *testing.T) {
	t.Parallel()
	const password = "never/to be told"
	engine := chtest.Own(t, local.Options{Password: password})
	cfg := sharedConfig(t, chtest.NewURLOn(t, engine))
	engine.Kill()
	said := &heard{}
	start := func() *App {
		app, err := Start(t.Context(), cfg, slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelDebug})))
		require.NoError(t, err)
		t.Cleanup(app.Stop)
		return app
	}
	app := start()
	admin := identity.NewAdmin(app.ground.Jobs)
	vendor, err := admin.CreateVendor(t.Context(), identity.NewVendor{Name: "Away", Currency: "USD"})
	require.NoError(t, err)
	_, err = admin.AddPerson(t.Context(), identity.NewPerson{Org: vendor, Role: operational.RoleAdministrator, Name: "Ada", Email: "ada@example.com", Password: "a long enough password"})
	require.NoError(t, err)
	ada := newVisitor(t, app, "ada@example.com", "a long enough password")
	product := func(name string) {
		made := ada.send("POST", "/v1/products", `{"name":"`+name+`","family":"Any","list_price":{"amount":"5","currency":"USD"}}`)
		require.Equal(t, http.StatusCreated, made.status, made.body)
	}
	figures := func(status int, words string) {
		t.Helper()
		var got sent
		require.Eventually(t, func() bool {
			got = ada.send("GET", "/v1/analytics/won?period=2017", "")
			return got.status == status && strings.Contains(got.body, words)
		}, time.Minute, 50*time.Millisecond, words)
		require.Equal(t, status == http.StatusOK, got.header.Get("Retry-After") == "")
	}
	unanswered := func(name, code string) {
		t.Helper()
		figures(http.StatusServiceUnavailable, code)
		product(name)
		s, err := app.pipeline.Status(t.Context())
		require.NoError(t, err)
		require.Less(t, s.LagSeconds, time.Hour.Seconds(), "from the start on where nobody knows more")
		require.Contains(t, ada.send("GET", "/briefing", "").body, "The figures are away at the moment")
		require.Contains(t, string(ada.get("/v1/products")), name)
		require.Contains(t, string(ada.get("/opportunities")), "The figures are away at the moment", "below a page of records")
		require.Equal(t, http.StatusServiceUnavailable, ada.send("GET", "/v1/health", "").status)
		require.Equal(t, http.StatusOK, ada.send("GET", "/v1/health?of=records", "").status, "a proxy goes on giving it requests")
	}
	gone := func(name string) {
		t.Helper()
		unanswered(name, "warehouse-away")
	}
	back := func() {
		t.Helper()
		figures(http.StatusOK, `"rows"`)
		require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
	}

	gone("Before it came")
	require.NoError(t, engine.Restart(t.Context()))
	back()
	engine.Kill()
	gone("While it was killed")
	require.NoError(t, engine.Restart(t.Context()))
	back()
	require.NoError(t, engine.Pause())
	gone("While it was paused")
	require.NoError(t, engine.Resume())
	back()
	require.NoError(t, engine.Restart(t.Context(), func(o *local.Options) { o.Password = "another" }))
	unanswered("While its password was another one", "warehouse-refused")
	require.Eventually(t, func() bool {
		s, err := app.pipeline.Status(t.Context())
		return err == nil && s.State == "failed" && strings.Contains(s.Detail, "refuses the user")
	}, time.Minute, 10*time.Millisecond, "somebody has to put it right")
	require.NoError(t, engine.Restart(t.Context(), func(o *local.Options) { o.Password = password }))
	back()

	app.Stop()
	engine.Kill()
	app = start()
	ada = ada.at(app)
	gone("Before it came again")
	require.NoError(t, engine.Restart(t.Context()))
	back()
	status, err := app.pipeline.Status(t.Context())
	require.NoError(t, err)
	require.NotNil(t, status.LastResync, "what was kept before is known, though nobody could read it at the start")
	require.Equal(t, "first_snapshot", status.LastResync.Reason)
	app.Stop()
	require.Contains(t, said.String(), "the warehouse answers again")
	for _, secret := range []string{password, url.QueryEscape(password), url.PathEscape(password)} {
		require.NotContains(t, said.String(), secret)
	}
}

// What a person has to put right ends the start, in words that hold no password.
func TestAWarehouseThatWillNotDo(t *testing.T) {
	t.Parallel()
	right := chtest.NewURL(t)
	address, err := url.Parse(right)
	require.NoError(t, err)
	address.User = url.UserPassword(address.User.Username(), "hunter2")
	cfg := testConfig(t)
	refused := func(address string, words ...string) {
		t.Helper()
		cfg := cfg
		cfg.DatabaseURL, cfg.Secret, cfg.WarehouseURL = pgtest.NewURL(t), string(pgtest.Secret), address
		cfg.Data = filepath.Join(t.TempDir(), "data")
		_, err := Start(t.Context(), cfg, quietLog())
		require.Error(t, err)
		for _, w := range words {
			require.ErrorContains(t, err, w)
		}
		require.NotContains(t, err.Error(), "hunter2")
	}
	refused(address.String(), "refuses the user", address.Host, "Nothing was changed", "WAREHOUSE_URL")
	refused("clickhouse://ada:hunter2%@"+address.Host+"/x", "clickhouse://user:password@host:9000/database", "Nothing was started")
	require.NoError(t, chtest.Connect(t, right).Exec(t.Context(), `create table letters (x UInt8) order by x`))
	refused(right, "something else", "nothing in it was changed", "WAREHOUSE_URL")
	refusedByForm, err := clickhouse.OpenChecked(t.Context(), clickhouse.Options{URL: right})
	require.Nil(t, refusedByForm)
	require.ErrorIs(t, err, clickhouse.ErrSchema)

	for _, wrong := range []string{"http://ada:hunter2@host/x", "clickhouse://ada:hunter2@host:9000", "clickhouse://ada:hunter2@host:9000/?secure=true"} {
		cfg.WarehouseURL = wrong
		require.ErrorContains(t, cfg.check(), "WAREHOUSE_URL must be of the form")
		require.NotContains(t, cfg.check().Error(), "hunter2")
	}
	cfg.WarehouseURL = right
	require.NoError(t, cfg.check())
	cfg.WarehouseURL = address.String()
	for _, f := range (&doctorCommand{Config: cfg}).examine(t.Context()) {
		if f.what == "warehouse" {
			require.Contains(t, f.help, "refuses the user")
		}
	}
}
