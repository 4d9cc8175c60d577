package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// testApp starts the whole program in an empty folder and stops it with the test.
func testApp(t *testing.T) *App {
	t.Helper()
	app, err := Start(t.Context(), testConfig(t), slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
	require.NoError(t, err)
	t.Cleanup(app.Stop)
	return app
}

func testConfig(t *testing.T) Config {
	return Config{Addr: "127.0.0.1:0", Data: filepath.Join(t.TempDir(), "data"), Connections: 8, DuckDBMemory: "512MB", DuckDBThreads: 1, Rate: 100_000, Aside: 100, LogLevel: "warn"}
}

// visitor is a signed-in person with a script.
type visitor struct {
	t    *testing.T
	base string
	http *http.Client
}

func newVisitor(t *testing.T, app *App, email, password string) *visitor {
	t.Helper()
	return visitorOf(t, "http://"+app.Addr(), email, password)
}

func visitorOf(t *testing.T, base, email, password string) *visitor {
	t.Helper()
	v := &visitor{t: t, base: base, http: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	res, err := v.http.PostForm(v.base+"/sign-in", url.Values{"email": {email}, "password": {password}})
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusSeeOther, res.StatusCode, "sign in")
	cookies := res.Cookies()
	v.http.Transport = withCookies{cookies}
	return v
}

type withCookies struct{ cookies []*http.Cookie }

func (w withCookies) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for _, c := range w.cookies {
		r.AddCookie(c)
	}
	return http.DefaultTransport.RoundTrip(r)
}

func (v *visitor) do(method, path, contentType string, body io.Reader, want int) []byte {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, body)
	require.NoError(v.t, err)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := v.http.Do(req)
	require.NoError(v.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(v.t, err)
	require.Equal(v.t, want, res.StatusCode, "%s %s: %.600s", method, path, b)
	return b
}

func (v *visitor) get(path string) []byte {
	v.t.Helper()
	return v.do(http.MethodGet, path, "", nil, http.StatusOK)
}

func getJSON[T any](v *visitor, path string) T {
	v.t.Helper()
	var out T
	require.NoError(v.t, json.Unmarshal(v.get(path), &out))
	return out
}

type tally struct {
	Key    string `json:"key"`
	Name   string `json:"name"`
	Count  int    `json:"count"`
	Amount struct{ Amount, Currency string }
}

type tallies struct {
	Rows    []tally `json:"rows"`
	Receipt struct {
		URL     string `json:"url"`
		RowsURL string `json:"rows_url"`
	} `json:"receipt"`
}

// The main job, end to end.
func TestFromExportToBriefing(t *testing.T) {
	t.Parallel()
	app := testApp(t)
	hungUp := dawdle(t, app)
	fromExportToBriefing(t, app, "http://"+app.Addr())
	hungUp()
}

// fromExportToBriefing brings a real export in through the API; it flows to the warehouse and is read on the page. The program
// has the pipeline, and people come to the address: a leader among them.
func fromExportToBriefing(t *testing.T, app *App, address string) (vendor uuid.UUID) {
	t.Helper()
	folder := pgtest.PublicExport(t)
	admin := identity.NewAdmin(app.ground.Jobs)
	vendor, err := admin.CreateVendor(t.Context(), identity.NewVendor{Name: "Export vendor", TimeZone: "UTC", FiscalMonth: 1, Currency: "USD"})
	require.NoError(t, err)
	_, err = admin.AddPerson(t.Context(), identity.NewPerson{Org: vendor, Role: operational.RoleChannelLeader, Name: "Leader", Email: "leader@example.com", Password: "a long enough password"})
	require.NoError(t, err)
	v := visitorOf(t, address, "leader@example.com", "a long enough password")

	require.Contains(t, string(v.get("/briefing")), "import", "an empty briefing says what to do first")

	importByAPI(v, folder)
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))

	t.Run("whole", func(t *testing.T) {
		require.Equal(t, "3042 7203038.00", first(v, "/v1/analytics/won?period=2017"))
		require.Equal(t, 1684, getJSON[tallies](v, "/v1/analytics/lost?period=2017").Rows[0].Count)
		require.Equal(t, 2409, getJSON[tallies](v, "/v1/analytics/amount-open").Rows[0].Count)
		require.Equal(t, 7135, total(v, ""))
	})
	t.Run("regions", func(t *testing.T) {
		require.Equal(t, map[string]string{"Central": "1173 2358511.00", "West": "1010 2578786.00", "East": "859 2265741.00"}, byName(v, "/v1/analytics/won?period=2017&by=region"))
		lost := byName(v, "/v1/analytics/lost?period=2017&by=region")
		for region, n := range map[string]string{"Central": "657 ", "West": "564 ", "East": "463 "} {
			require.True(t, strings.HasPrefix(lost[region], n), "%s lost %s", region, lost[region])
		}
	})
	t.Run("quarters", func(t *testing.T) {
		for quarter, want := range map[string][2]string{"2017-Q1": {"531 1134672.00", "116"}, "2017-Q2": {"1254 3086111.00", "778"}, "2017-Q3": {"1257 2982255.00", "790"}} {
			require.Equal(t, want[0], first(v, "/v1/analytics/won?period="+quarter))
			require.Equal(t, want[1], fmt.Sprint(getJSON[tallies](v, "/v1/analytics/lost?period="+quarter).Rows[0].Count))
		}
	})
	t.Run("product", func(t *testing.T) {
		products := getJSON[struct {
			Items []struct{ ID, Name string }
		}](v, "/v1/products?"+url.Values{"filter": {"name eq 'GTX Pro'"}}.Encode())
		require.Len(t, products.Items, 1, "two spellings, one product")
		require.Equal(t, 1205, total(v, "product eq '"+products.Items[0].ID+"'"))
	})
	t.Run("receipt", func(t *testing.T) {
		won := getJSON[tallies](v, "/v1/analytics/won?period=2017-Q1")
		again := getJSON[struct {
			Same bool `json:"same"`
		}](v, won.Receipt.URL)
		require.True(t, again.Same)
	})
	t.Run("page", func(t *testing.T) {
		page := string(v.get("/briefing?period=2017-Q1"))
		require.Contains(t, page, "531")
		require.Contains(t, page, "1,134,672")
		require.Contains(t, string(v.get("/briefing?period=2017")), "7,203,038")
	})
	t.Run("again", func(t *testing.T) {
		importByAPI(v, folder)
		require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
		require.Equal(t, 7135, total(v, ""))
		require.Equal(t, "3042 7203038.00", first(v, "/v1/analytics/won?period=2017"))
	})
	return vendor
}

func first(v *visitor, path string) string {
	v.t.Helper()
	rows := getJSON[tallies](v, path).Rows
	require.Len(v.t, rows, 1)
	return fmt.Sprintf("%d %s", rows[0].Count, rows[0].Amount.Amount)
}

func byName(v *visitor, path string) map[string]string {
	v.t.Helper()
	out := map[string]string{}
	for _, r := range getJSON[tallies](v, path).Rows {
		out[r.Name] = fmt.Sprintf("%d %s", r.Count, r.Amount.Amount)
	}
	return out
}

func total(v *visitor, filter string) int {
	v.t.Helper()
	q := url.Values{"limit": {"1"}, "count": {"exact"}}
	if filter != "" {
		q.Set("filter", filter)
	}
	return getJSON[struct {
		Total int `json:"total"`
	}](v, "/v1/opportunities?"+q.Encode()).Total
}

// importByAPI uploads the folder and waits for the job, as a script would.
func importByAPI(v *visitor, folder string) {
	v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for field, name := range map[string]string{"accounts": "accounts.csv", "products": "products.csv", "sales_teams": "sales_teams.csv", "sales_pipeline": "sales_pipeline.csv"} {
		w, err := form.CreateFormFile(field, name)
		require.NoError(v.t, err)
		b, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(v.t, err)
		_, err = w.Write(b)
		require.NoError(v.t, err)
	}
	require.NoError(v.t, form.Close())
	var job struct{ ID, State, Fault string }
	require.NoError(v.t, json.Unmarshal(v.do(http.MethodPost, "/v1/imports/crm-export", form.FormDataContentType(), &body, http.StatusAccepted), &job))
	ctx, cancel := context.WithTimeout(v.t.Context(), time.Minute)
	defer cancel()
	for job.State == "queued" || job.State == "running" {
		select {
		case <-ctx.Done():
			v.t.Fatalf("the import is still %s", job.State)
		case <-time.After(100 * time.Millisecond):
		}
		require.NoError(v.t, json.Unmarshal(v.get("/v1/imports/"+job.ID), &job))
	}
	require.Equal(v.t, "done", job.State, job.Fault)
}
