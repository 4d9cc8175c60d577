package portal_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal"
	"github.com/sharepartner/sharepartner/warehouse"
)

// told is a warehouse whose pipeline says what a test wants.
type told struct {
	warehouse.Store
	status  warehouse.Status
	lags    []warehouse.LagSample
	letters []warehouse.DeadLetter
	now     *atomic.Pointer[warehouse.Status] // what it says by now, where that changes
}

func (s told) Status(context.Context) (warehouse.Status, error) {
	if s.now != nil {
		return *s.now.Load(), nil
	}
	return s.status, nil
}
func (s told) Lags(context.Context) ([]warehouse.LagSample, error) { return s.lags, nil }
func (s told) DeadLetters(context.Context, warehouse.LetterFilter) ([]warehouse.DeadLetter, error) {
	return s.letters, nil
}

// telling is the program of the world with such a warehouse.
func (w *world) telling(t testing.TB, s told) *world {
	s.Store = w.deps.Warehouse
	other := *w
	other.deps.Warehouse = s
	other.api = api.New(other.deps)
	mux := http.NewServeMux()
	mux.Handle("/v1/", other.api)
	mux.Handle("/", portal.New(portal.Deps{API: other.api, Deps: other.deps}))
	other.server = httptest.NewServer(mux)
	t.Cleanup(other.server.Close)
	return &other
}

// troubled is a pipeline with everything that can be shown.
func troubled(now time.Time) told {
	s := told{status: warehouse.Status{
		State: "failed", Detail: "the database is not ready for replication: wal_level is replica", UpdatedAt: now, LastCommit: now.Add(-time.Hour), LagSeconds: 3700, ClockAhead: -3600, Rows: 12_345,
		LastFault: "connection refused", LastFaultAt: now.Add(-time.Minute), Since: now.Add(-5 * time.Hour), Restarts: 3, Resyncs: 1, DeadLetters: 2,
		Tables:  []warehouse.TableCount{{Table: "opportunity", Copied: 1000, Inserted: 20, Updated: 300, Deleted: 4}, {Table: "opportunity_history", Copied: 11_000, Inserted: 21}},
		Batches: warehouse.BatchCount{Loads: 40, Rows: 12_345, Bytes: 4_500_000, Seconds: 12, CommitSeconds: 4, Last: warehouse.Batched{At: now.Add(-time.Hour), Rows: 3, Bytes: 900, Seconds: 0.02, CommitSeconds: 0.01}},
		Slot: warehouse.SlotFigures{
			Name: "sharepartner_crm", At: now, Exists: true, LagBytes: 8_400_000_000, RetainedBytes: 8_500_000_000, LimitBytes: new(int64(10_000_000_000)), SafeBytes: new(int64(1_500_000_000)),
			Guard: warehouse.GuardAlarm,
		},
		LastResync: &warehouse.Resync{Reason: "slot_lost", At: now.Add(-4 * time.Hour), Seconds: 75, Rows: 12_000},
		Parity:     &warehouse.Check{At: now.Add(-2 * time.Hour), Seconds: 1.5, Compared: 900, Differences: 2, Fault: "canceled after two minutes", FaultSince: now.Add(-time.Hour), Measures: []warehouse.Measure{{Name: "amount_open", Compared: 100, Differences: 2}, {Name: "won", Compared: 800}}},
		Schema:     &warehouse.SchemaNote{Version: 24, LSN: 1<<32 + 0xAB, At: now.Add(-3 * time.Hour), Altered: []string{"crm.stage: position is bigint and was integer"}},
		Drift:      &warehouse.Check{At: now.Add(-2 * time.Hour), Seconds: 4, Compared: 12_000, Differences: 1, Repaired: 1},
	}}
	for at := now.Add(-20 * time.Hour); at.Before(now); at = at.Add(5 * time.Minute) {
		if age := now.Sub(at); age < 9*time.Hour && age > 8*time.Hour {
			continue // no program ran
		}
		s.lags = append(s.lags, warehouse.LagSample{At: at, Seconds: float64(at.Minute()%7) * 0.4, LagBytes: 1 << 20, RetainedBytes: 16 << 20})
	}
	s.letters = []warehouse.DeadLetter{
		{ID: 7, State: warehouse.LetterOpen, Table: "crm.product", Key: "018f4e3a-0000-7000-8000-000000000001", Column: "list_price", Reason: "NaN is no number that the warehouse keeps", CommitAt: now.Add(-time.Hour)},
		{ID: 8, State: warehouse.LetterOpen, Table: "crm.organisation", Column: "name", Reason: "100 MB of text", CommitAt: now.Add(-time.Hour)},
	}
	return s
}

// reading is a pipeline that compares all rows, three fifths of the way.
func reading(now time.Time) told {
	return told{status: warehouse.Status{
		State: "resync", UpdatedAt: now, Detail: "comparing opportunity (table 7 of 9), 240731 of about 401000 rows in all; 12 differ so far, and answers come from the state before",
		Progress:  &warehouse.Progress{Table: "opportunity", Number: 7, Tables: 9, Rows: 240_731, About: 401_000},
		Resyncing: &warehouse.Resyncing{Reason: "slot_lost", Since: now.Add(-time.Minute)}, Parity: (*warehouse.Check)(nil).Failed(errors.New("no view"), now),
	}}
}

// The page says what goes on and what to do, to who looks after the program and to nobody else.
func TestPipelinesPage(t *testing.T) {
	w := shared(t)
	require.Eventually(t, func() bool { // what a pipeline says of itself is kept every second
		s, err := w.deps.Warehouse.Status(t.Context())
		require.NoError(t, err)
		return s.State == "streaming" && len(s.Tables) > 0
	}, 10*time.Second, 50*time.Millisecond)
	page := w.as(t, leaderMail).get("/pipelines")
	require.Equal(t, http.StatusOK, page.status, page.text())
	for _, words := range []string{"The pipeline follows every change", "There is nothing to do", "Rows loaded by table", "Opportunity history", "No row is set aside", "Not compared yet"} {
		require.Contains(t, page.text(), words)
	}
	require.Contains(t, page.raw, `href="/pipelines"`)
	other := w.as(t, partnerMail).get("/pipelines")
	require.Equal(t, http.StatusNotFound, other.status)
	require.NotContains(t, other.raw, `href="/pipelines"`)

	now := time.Now()
	page = w.telling(t, troubled(now)).as(t, leaderMail).get("/pipelines")
	for _, words := range []string{
		"Somebody has to change something", "wal_level is replica", "connection refused", "Postgres will soon give up what the pipeline still needs", "raise max_slot_wal_keep_size", "2 rows are set aside",
		"Metrics are not the same on both sides", "2 of 900 differ", "62 min", "12,345", "8.5 GB", "1.5 GB", "018f4e3a-0000-7000-8000-000000000001", "NaN is no number", "because Postgres gave up the log that was still needed", "1 row was put right at once", "pipelines replay",
		"Tables were altered by hand", "crm.stage: position is bigint and was integer", "The tables are as migration 24 made them, read in the log at 1/AB",
		"Metrics could not be compared since", "canceled after two minutes", "2 differences in 900 values. Since", "not since", "sharepartner pipelines parity",
		"The clock of Postgres is 60 min behind this program's", "Set both by a time server",
	} {
		require.Contains(t, page.text(), words)
	}
	require.NotContains(t, page.text(), "Rows are not the same", "what was put right is the same again")
	for state, words := range map[string]string{
		"starting": "The pipeline starts", "standby": "Another program does the work", "snapshot": "All rows are being read", "resync": "All rows are being compared", "waiting": "The pipeline waits for something that is away", "stopped": "No program brings changes into the figures",
	} {
		page = w.telling(t, told{status: warehouse.Status{State: state, UpdatedAt: now}}).as(t, leaderMail).get("/pipelines")
		require.Contains(t, page.text(), words)
		require.Contains(t, page.text(), "No lag was noted yet")
	}
	page = w.telling(t, reading(now)).as(t, leaderMail).get("/pipelines")
	require.Contains(t, page.raw, `<progress max="100" value="60">`)
	for _, words := range []string{"About 60 % of all rows are read", "comparing opportunity (table 7 of 9), 240731 of about 401000 rows in all", "because Postgres gave up the log that was still needed.", "they never were compared", "metrics could not be compared", "It could not be done: no view"} {
		require.Contains(t, page.text(), words)
	}
	silent := reading(now)
	silent.status.UpdatedAt = now.Add(-time.Hour)
	page = w.telling(t, silent).as(t, leaderMail).get("/pipelines")
	require.Contains(t, page.text(), "The pipeline has said nothing for 60 min")
	require.NotContains(t, page.raw, "<progress", "nobody knows how far it is")
	page = w.telling(t, told{}).as(t, leaderMail).get("/pipelines")
	require.Contains(t, page.text(), "No pipeline has run yet")
}

// The page in every look: with everything that there is to see, and before there is anything.
func TestPipelinesInEveryLook(t *testing.T) {
	w := shared(t)
	t.Parallel()
	w.telling(t, troubled(time.Now())).walk(t, "pipelines-", []stop{{"troubled", leaderMail, "/pipelines"}})
	w.telling(t, reading(time.Now())).walk(t, "pipelines-", []stop{{"reading", leaderMail, "/pipelines"}})
	w.walk(t, "pipelines-", []stop{{"well", leaderMail, "/pipelines"}})
}

// While all rows are compared, and when that is over, the page follows by itself, and whoever works with it notices nothing:
// the keyboard stays where it is, and what was opened stays open.
func TestPipelinesPageFollows(t *testing.T) {
	t.Parallel()
	s := reading(time.Now())
	s.now = new(atomic.Pointer[warehouse.Status])
	s.lags, s.status.Tables = troubled(time.Now()).lags, troubled(time.Now()).status.Tables
	say := func() { s.now.Store(new(s.status)) }
	say()
	b := newTab(t, shared(t).telling(t, s)).as(leaderMail)
	b.see(looks[0])
	b.open("/pipelines")
	require.Equal(t, 60, eval[int](b, `document.querySelector('main progress').value`))
	eval[int](b, `(window.stays = document.querySelector('[aria-labelledby="tables-t"] .c-scroll'), stays.focus(), document.querySelector('main details').open = true, document.querySelector('main [data-chart]').drawnFrom = '', 0)`)
	same := func() {
		require.True(t, eval[bool](b, `document.activeElement === window.stays && document.querySelector('main details').open`))
		require.Equal(t, 1, eval[int](b, `document.querySelectorAll('main [data-chart] canvas').length`))
	}

	s.status.Progress = &warehouse.Progress{Table: "opportunity_line", Number: 8, Tables: 9, Rows: 320_800, About: 401_000}
	s.status.Detail, s.status.Rows, s.status.DeadLetters = "comparing opportunity_line (table 8 of 9)", 54_321, 3
	say()
	b.until(`document.querySelector('main progress').value === 80 && document.querySelector('main').innerText.includes('table 8 of 9')`, "how far it is")
	require.Equal(t, "54,321", eval[string](b, `document.querySelector('[data-kpi="Changes loaded"] .is-v').innerText`))
	require.Contains(t, eval[string](b, `document.querySelector('main').innerText`), "3 rows are set aside", "a note that came")
	require.NotEmpty(t, eval[string](b, `document.querySelector('main [data-chart]').drawnFrom`), "a chart is drawn again from other data")
	same()

	s.status.State, s.status.Progress, s.status.Resyncing, s.status.DeadLetters = "streaming", nil, nil, 0
	say()
	b.until(`document.querySelector('main').innerText.includes('The pipeline follows every change')`, "that it is over")
	require.False(t, eval[bool](b, `Boolean(document.querySelector('main progress')) || document.querySelector('main').innerText.includes('rows are set aside')`))
	same()
	b.accessible()
	b.quiet()
}
