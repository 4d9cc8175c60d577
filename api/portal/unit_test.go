package portal

import (
	"net/http/httptest"
	"testing"
	"testing/fstest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api/portal/assets"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

func TestOnlyPathsOfThisProgramAreGoneTo(t *testing.T) {
	for target, want := range map[string]string{
		"/briefing?period=2017-Q1": "/briefing?period=2017-Q1", "/opportunities/x#y": "/opportunities/x#y",
		"": "/", "https://evil.example/": "/", "//evil.example": "/", "/\\evil.example": "/", "javascript:alert(1)": "/", "briefing": "/",
		"/sign-in": "/", "/sign-out": "/", "/\tx": "/", "http:/evil.example": "/", "/%0d%0ax": "/%0d%0ax", "///evil.example": "/",
	} {
		require.Equal(t, want, local(target), target)
	}
}

func TestAmounts(t *testing.T) {
	f := newFormat("Europe/Oslo")
	for _, c := range []struct{ amount, currency, exact, short string }{
		{"0", "USD", "$0", "$0"},
		{"999.4", "USD", "$999.40", "$999"},
		{"7203038", "USD", "$7,203,038", "$7.20M"},
		{"1234.5", "EUR", "€1,234.50", "€1.2k"},
		{"486000", "EUR", "€486,000", "€486k"},
		{"18400000", "EUR", "€18,400,000", "€18.4M"},
		{"-1250000.01", "EUR", "−€1,250,000.01", "−€1.25M"},
		{"999960", "EUR", "€999,960", "€1.00M"},
		{"9999999999999999.99", "JPY", "¥9,999,999,999,999,999.99", "¥10000T"},
		{"67500", "SEK", "kr\u00a067,500", "kr\u00a068k"},
		{"5", "XYZ", "XYZ\u00a05", "XYZ\u00a05"},
		{"123456789", "USD", "$123,456,789", "$123M"},
	} {
		m := operational.Money{Amount: decimal.RequireFromString(c.amount), Currency: c.currency}
		require.Equal(t, c.exact, f.money(m))
		require.Equal(t, c.short, f.short(m), c.amount)
	}
	require.Equal(t, "12,345", f.count(12345))
	require.Equal(t, "1 opportunity", f.counted(1, "opportunity", "opportunities"))
	half, day, hour := 0.5, 12.4, 0.01
	require.Equal(t, []string{"12 h", "12 d", "< 1 h", "—"}, []string{f.days(&half), f.days(&day), f.days(&hour), f.days(nil)})
	require.Equal(t, "—", f.rate(nil, nil, nil))
	require.Equal(t, "1 Jul 2026 14:00", f.time(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)), "in the reader's zone")
}

// The state of the data is told in words for every state of the pipeline, and inner texts only to who runs it.
func TestFoot(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	fresh := warehouse.Status{State: "streaming", UpdatedAt: now, LastCommit: now.Add(-time.Hour)}
	vendor, partner := &visit{format: newFormat("UTC")}, &visit{format: newFormat("UTC")}
	vendor.actor.Side, partner.actor.Side = operational.SideVendor, operational.SidePartner
	for name, c := range map[string]struct {
		change func(*warehouse.Status)
		tone   string
		state  string
	}{
		"complete": {func(*warehouse.Status) {}, "", "Data is complete, no lag"},
		"behind":   {func(s *warehouse.Status) { s.LagSeconds = 0.4 }, "", "Data is 0.4 s behind"},
		"late":     {func(s *warehouse.Status) { s.LagSeconds = 300 }, "warn", "Data is 5 min behind"},
		"first":    {func(s *warehouse.Status) { s.State = "snapshot" }, "warn", "Data is being loaded for the first time"},
		"filled":   {func(s *warehouse.Status) { s.State, s.LagSeconds = "starting", 3*86400 }, "warn", "Data is 3 days behind"},
		"away":     {func(s *warehouse.Status) { s.State, s.LagSeconds = "waiting", 180 }, "warn", "Data is 3 min behind"},
		"resync":   {func(s *warehouse.Status) { s.State, s.LagSeconds = "resync", 180 }, "warn", "Data is as of 3 min ago, while all of it is compared with the source"},
		"at once":  {func(s *warehouse.Status) { s.State = "resync" }, "warn", "Data is as of a moment ago, while all of it is compared with the source"},
		"failed":   {func(s *warehouse.Status) { s.State = "failed" }, "bad", "Data is not being brought up to date"},
		"silent":   {func(s *warehouse.Status) { s.UpdatedAt = now.Add(-3 * time.Hour) }, "warn", "Data may be old: the pipeline has said nothing for 3 h"},
	} {
		s := fresh
		c.change(&s)
		f := vendor.footOf(s, now)
		require.Equal(t, c.tone, f.Tone, name)
		require.Equal(t, c.state, f.State, name)
		require.Equal(t, "Last change loaded 22 Nov 2026 11:00", f.Since)
		require.Equal(t, "No fault so far", f.Fault)
	}
	empty := warehouse.Status{State: "waiting", UpdatedAt: now, LagSeconds: 180}
	require.Equal(t, "Data is being loaded for the first time", vendor.footOf(empty, now).State, "Postgres is away before anything was loaded")
	fresh.LastFault, fresh.LastFaultAt = "dial tcp 10.0.0.7: refused", now.Add(-time.Hour)
	require.Equal(t, "Last fault 22 Nov 2026 11:00: dial tcp 10.0.0.7: refused", vendor.footOf(fresh, now).Fault)
	require.Equal(t, "Last fault 22 Nov 2026 11:00", partner.footOf(fresh, now).Fault)
}

func TestOneQuestionHasOneAddress(t *testing.T) {
	r := httptest.NewRequest("GET", "/briefing?region=West&region=East&region=&region=West&period=2017-Q1&tier=&junk=1", nil)
	f := readFilters(r)
	require.Equal(t, "period=2017-Q1&region=East&region=West", f.query().Encode())
	require.Equal(t, "region=East&region=West", f.listQuery().Encode())
	require.Equal(t, []string{"East"}, toggled([]string{"East", "West"}, "West"))
	require.Equal(t, []string{"East", "West"}, toggled([]string{"East"}, "West"))
}

func TestCurrenciesAreNeverAdded(t *testing.T) {
	var s sum
	s.add(2, operational.Money{Amount: decimal.New(10, 0), Currency: "EUR"})
	s.add(1, operational.Money{Amount: decimal.New(5, 0), Currency: "SEK"})
	s.add(1, operational.Money{Amount: decimal.New(1, 0), Currency: "EUR"})
	require.Equal(t, int64(4), s.count)
	require.Equal(t, "11", s.in("EUR").Amount.String())
	require.Equal(t, "5", s.in("SEK").Amount.String())
	require.Equal(t, "0", s.in("USD").Amount.String())
}

// A program that was built without npm still serves its pages and says what is missing.
func TestAssetsWithoutTheirBuild(t *testing.T) {
	s := assets.New(fstest.MapFS{"icons.json": {Data: []byte(`{"x":"<path d=\"M0 0\"/>"}`)}})
	require.Equal(t, []string{"echarts.js", "htmx.js", "inter-latin.woff2", "inter-latin-ext.woff2", "licences.txt"}, s.Missing())
	require.Empty(t, s.URL(assets.Charts))
	require.NotEmpty(t, s.URL(assets.Style))
	require.NotEmpty(t, s.Icon("x"))
	res := httptest.NewRecorder()
	s.ServeHTTP(res, httptest.NewRequest("GET", s.URL(assets.Style), nil))
	require.Equal(t, 200, res.Code)
	require.NotContains(t, res.Body.String(), "@font-face", "a page does not ask for what is not there")
	require.Contains(t, res.Body.String(), ".c-kpi")
}

func TestAssetsAreBuilt(t *testing.T) {
	require.NoError(t, AssetsBuilt())
}
