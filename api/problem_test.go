package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

func TestErrorsBecomeProblems(t *testing.T) {
	secret := errors.New("password=hunter2")
	fault := func(kind operational.Kind, code string) error {
		return fmt.Errorf("do something: %w", operational.Fault(kind, code, "What happened.").Because(secret))
	}
	for _, c := range []struct {
		err    error
		status int
		code   string
		retry  bool
	}{
		{fault(operational.KindNotFound, "whatever"), 404, "not-found", false},
		{operational.NotFound("opportunity"), 404, "not-found", false},
		{fault(operational.KindConflict, "taken"), 409, "taken", false},
		{fault(operational.KindInvalid, "invalid-input"), 422, "invalid-input", false},
		{fault(operational.KindForbidden, "not-permitted"), 403, "not-permitted", false},
		{fault(operational.KindUnauthenticated, "sign-in-required"), 401, "sign-in-required", false},
		{operational.Stale("account"), 412, "stale", false},
		{fault(operational.KindPreconditionNeeded, "if-match-required"), 428, "if-match-required", false},
		{fault(operational.KindLimited, "too-many-requests"), 429, "too-many-requests", true},
		{fault(operational.KindUnavailable, "database-unavailable"), 503, "database-unavailable", true},
		{fmt.Errorf("ask: %w", warehouse.ErrNotReady), 503, "warehouse-not-ready", true},
		{fmt.Errorf("ask: %w: %w", warehouse.ErrAway, secret), 503, "warehouse-away", true},
		{fmt.Errorf("ask: %w: %w: %w", warehouse.ErrAway, warehouse.ErrRefused, secret), 503, "warehouse-refused", true},
		{fmt.Errorf("ask: %w: %w", warehouse.ErrBusy, secret), 503, "warehouse-busy", true},
		{fmt.Errorf("ask: %w: %w", warehouse.ErrUnable, secret), 503, "warehouse-unable", true},
		{fmt.Errorf("ask: %w", context.DeadlineExceeded), 503, "cut-off", true},
		{fmt.Errorf("ask: %w", secret), 500, "internal", false},
		{fault("a kind of tomorrow", "new"), 500, "internal", false},
	} {
		p := problemOf(http.MethodPost, c.err)
		require.Equal(t, c.status, p.Status, "%v", c.err)
		require.Equal(t, c.code, p.Code)
		require.Equal(t, "/problems/"+c.code, p.Type)
		require.NotEmpty(t, p.Title)
		require.Equal(t, c.retry, p.headers.Get("Retry-After") != "", c.code)
		text, err := json.Marshal(p)
		require.NoError(t, err)
		require.NotContains(t, string(text), "hunter2")
	}
	yours, err := json.Marshal(problemOf(http.MethodGet, operational.NotFound("opportunity")))
	require.NoError(t, err)
	theirs, err := json.Marshal(problemOf(http.MethodPost, operational.NotFound("account")))
	require.NoError(t, err)
	require.Equal(t, string(yours), string(theirs))
}

func TestFaultsSayWhere(t *testing.T) {
	var faults operational.Faults
	faults.Add("close_date", "is no date", strings.Repeat("x", 5000))
	faults.Add("query.cursor", "is none", nil)
	items := problemOf(http.MethodPost, faults.Err()).Errors
	require.Equal(t, "body.close_date", items[0].Location)
	require.Less(t, len(items[0].Value.(string)), 300)
	require.Equal(t, "query.cursor", items[1].Location)
	require.Equal(t, "query.close_date", problemOf(http.MethodGet, faults.Err()).Errors[0].Location)
}

// What Go writes as JSON is read; the same with a key said twice is not.
func TestStrictJSONReadsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.MapOf(rapid.StringMatching(`[a-z]{1,8}`), rapid.OneOf(
			rapid.Map(rapid.StringMatching(`[^\x00]*`), func(s string) any { return strings.ToValidUTF8(s, "?") }),
			rapid.Map(rapid.Int(), func(i int) any { return i }),
			rapid.Map(rapid.SliceOf(rapid.Bool()), func(b []bool) any { return b }),
		)).Draw(t, "value")
		text, err := json.Marshal(value)
		require.NoError(t, err)
		require.NoError(t, strictJSON(text), string(text))
		if len(value) > 0 {
			twice := string(text[:len(text)-1]) + "," + string(text[1:])
			require.Error(t, strictJSON([]byte(twice)))
		}
	})
}

func FuzzStrictJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,"\ud83d\ude00"]}`, `{"a":"\ud800"}`, `[[[[`, `{"a":1,"a":2}`, `"\\ud800"`, "\x00", `{"a"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if strictJSON(text) == nil {
			require.True(t, json.Valid(text), "what is no JSON was let through")
		}
	})
}

func TestReceiptsOpenForTheirScopeOnly(t *testing.T) {
	r := receipts{key: []byte("a key")}
	mine, others := warehouse.VendorScope([16]byte{1}), warehouse.VendorScope([16]byte{2})
	x := receipt{Metric: warehouse.MetricWon, Version: 1, Engine: "duckdb", Scope: mine.Fingerprint(), LSN: 7, Result: "abc"}
	x.Ask.Filter.Regions = []string{"North"}
	token, err := r.seal(x)
	require.NoError(t, err)
	require.Regexp(t, "^[A-Za-z0-9_-]+$", token)
	opened, err := r.open(token, mine)
	require.NoError(t, err)
	require.Equal(t, x, opened)
	for _, wrong := range []func() (receipt, error){
		func() (receipt, error) { return r.open(token, others) },
		func() (receipt, error) { return r.open(token, warehouse.Scope{}) },
		func() (receipt, error) { return receipts{key: []byte("another")}.open(token, mine) },
		func() (receipt, error) { return r.open(token[:len(token)-4], mine) },
		func() (receipt, error) { return r.open("", mine) },
		func() (receipt, error) { return r.open(strings.Repeat("A", maxReceipt+1), mine) },
	} {
		_, err := wrong()
		require.Equal(t, operational.KindNotFound, operational.KindOf(err))
	}
}

func TestLimitsForgetTheIdle(t *testing.T) {
	now := operational.NewDate(2026, 1, 1).Time()
	l := newLimits(1, 1, func() time.Time { return now })
	require.NoError(t, l.allow("a"))
	require.Error(t, l.allow("a"))
	now = now.Add(generation + 1)
	require.NoError(t, l.allow("b"))
	now = now.Add(generation + 1)
	require.NoError(t, l.allow("c"))
	require.NotContains(t, l.young, "a")
	require.NotContains(t, l.old, "a")
}
