package portal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal"
	"github.com/sharepartner/sharepartner/warehouse"
)

// record keeps what is logged.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

// taken gives the lines so far and forgets them.
func (r *record) taken(t testing.TB) (raw string, lines []map[string]any) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	raw = r.text.String()
	r.text.Reset()
	for text := range strings.Lines(raw) {
		line := map[string]any{}
		require.NoError(t, json.Unmarshal([]byte(text), &line))
		lines = append(lines, line)
	}
	return raw, lines
}

// panicking is a warehouse that nobody can look into.
type panicking struct{ warehouse.Store }

func (panicking) View(context.Context) (warehouse.View, error) { panic("the sky has fallen") }

// logged is the shared world with pages that write their log down; change may exchange what they are made of.
func logged(t *testing.T, change func(*api.Deps)) (*visitor, *record) {
	t.Helper()
	w, lines := *shared(t), &record{}
	w.deps.Log = slog.New(slog.NewJSONHandler(lines, nil))
	change(&w.deps)
	w.api = api.New(w.deps)
	w.server = httptest.NewServer(portal.New(portal.Deps{API: w.api, Deps: w.deps}))
	t.Cleanup(w.server.Close)
	return w.as(t, leaderMail), lines
}

// Every page leaves one line that finds the request and the account again, and nothing that was typed.
func TestPagesLeaveOneLineEach(t *testing.T) {
	t.Parallel()
	v, log := logged(t, func(*api.Deps) {})
	raw, lines := log.taken(t)
	require.Len(t, lines, 2, "the form and the page after it")
	require.Equal(t, "POST /sign-in", lines[0]["route"])
	require.NotContains(t, raw, leaderMail)
	require.NotContains(t, raw, "horse")

	receipt, err := url.Parse(attr(v.get("/briefing?region=CEE").kpi("Won"), "href"))
	require.NoError(t, err)
	log.taken(t)
	for _, c := range []struct {
		path, route string
		status      int
	}{
		{"/briefing?partner=direct&region=CEE&tier=Gold", "GET /briefing", http.StatusOK},
		{"/funnel?region=CEE", "GET /funnel", http.StatusOK},
		{"/opportunities?q=Rotterdam+Terminal", "GET /opportunities", http.StatusOK},
		{"/opportunities?sort=secret", "GET /opportunities", http.StatusUnprocessableEntity},
		{receipt.RequestURI(), "GET /receipts/{token}", http.StatusOK},
		{"/nowhere/Rotterdam", "/", http.StatusNotFound},
	} {
		p := v.get(c.path)
		require.Equal(t, c.status, p.status)
		raw, lines := log.taken(t)
		require.Len(t, lines, 1, c.path)
		line := lines[0]
		require.Equal(t, []any{"request", "INFO", "GET", c.route, float64(c.status)}, []any{line["msg"], line["level"], line["method"], line["route"], line["status"]})
		require.Equal(t, p.header.Get("X-Request-Id"), line["request_id"])
		require.Equal(t, v.w.leader.Org.String(), line["org"])
		require.NotEmpty(t, line["credential"])
		require.Greater(t, line["took"], float64(0))
		require.Greater(t, line["bytes"], float64(0))
		for _, private := range []string{"CEE", "Gold", "Rotterdam", strings.TrimPrefix(receipt.Path, "/receipts/"), "secret"} {
			require.NotContains(t, raw, private)
		}
	}
}

// A page that panics is the page of a fault, and its line in the log says where it happened.
func TestPagesSurvivePanics(t *testing.T) {
	t.Parallel()
	v, log := logged(t, func(d *api.Deps) { d.Warehouse = panicking{d.Warehouse} })
	log.taken(t)
	p := v.get("/briefing")
	require.Equal(t, http.StatusInternalServerError, p.status)
	require.Equal(t, "Something went wrong here", p.title())
	require.NotContains(t, p.raw, "sky")
	require.NotEmpty(t, p.header.Get("Content-Security-Policy"))
	raw, lines := log.taken(t)
	require.Len(t, lines, 1)
	require.Equal(t, "ERROR", lines[0]["level"])
	require.EqualValues(t, http.StatusInternalServerError, lines[0]["status"])
	require.Contains(t, raw, "the sky has fallen")
	require.Contains(t, raw, "briefing_data.go", "the place of the panic")
	reference, _, _ := strings.Cut(lines[0]["request_id"].(string), "-")
	require.Contains(t, p.text(), "Reference "+reference)
	require.Equal(t, http.StatusOK, v.get("/help").status, "the others go on")
}

// A known address says what it takes.
func TestOtherMethodsOnPages(t *testing.T) {
	w := shared(t)
	v := w.as(t, leaderMail)
	id := w.opportunity.ID.String()
	for _, c := range []struct{ method, path, allow string }{
		{"OPTIONS", "/briefing", "GET, HEAD"},
		{"TRACE", "/briefing", "GET, HEAD"},
		{"POST", "/briefing", "GET, HEAD"},
		{"DELETE", "/opportunities/" + id, "GET, HEAD"},
		{"GET", "/opportunities/" + id + "/move", "POST"},
		{"PUT", "/sign-in", "GET, POST, HEAD"},
		{"GET", "/sign-out", "POST"},
		{"OPTIONS", "/", "GET, HEAD"},
		{"PATCH", "/robots.txt", "GET, HEAD"},
		{"BREW", "/help", "GET, HEAD"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, w.server.URL+c.path, nil)
		require.NoError(t, err)
		res, err := v.client.Do(req)
		require.NoError(t, err)
		p := v.read(res)
		require.Equal(t, http.StatusMethodNotAllowed, p.status, "%s %s", c.method, c.path)
		require.Equal(t, c.allow, p.header.Get("Allow"), c.path)
		require.Equal(t, "This address does not take that", p.title())
	}
	res, err := v.client.Post(w.server.URL+"/nowhere", "text/plain", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, v.read(res).status, "an address that is not known has no methods")
	res, err = v.client.Head(w.server.URL + "/briefing")
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, http.StatusOK, res.StatusCode)
}

// counting says how many views were opened and how many closed.
type counting struct {
	warehouse.Store
	opened, closed int
}

func (c *counting) View(ctx context.Context) (warehouse.View, error) {
	c.opened++
	v, err := c.Store.View(ctx)
	return &counted{v, c}, err
}

type counted struct {
	warehouse.View
	all *counting
}

func (c *counted) Close() error {
	c.all.closed++
	return c.View.Close()
}

// All figures of a page are from one view of the data, and the page lets go of it.
func TestAPageIsOneView(t *testing.T) {
	store := &counting{}
	v, _ := logged(t, func(d *api.Deps) { store.Store, d.Warehouse = d.Warehouse, store })
	for _, path := range []string{"/briefing", "/funnel", "the briefing of the API"} {
		*store = counting{Store: store.Store}
		if strings.HasPrefix(path, "/") {
			require.Equal(t, http.StatusOK, v.get(path).status)
		} else {
			view, err := v.w.api.Analytics().View(t.Context(), v.w.leader)
			require.NoError(t, err)
			_, err = view.Briefing(t.Context(), api.AnalyticsInput{})
			require.NoError(t, err)
			view.Close()
		}
		require.Equal(t, 1, store.opened, path)
		require.Equal(t, 1, store.closed, path)
	}
}
