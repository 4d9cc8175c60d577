package warehousetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

func testStatus(t *testing.T, open func(t testing.TB) warehouse.Store) {
	s := open(t)
	none, err := s.Status(t.Context())
	require.NoError(t, err)
	require.Zero(t, none)
	for _, want := range []warehouse.Status{
		{State: "snapshot", Detail: "opportunity, 1,000 rows", UpdatedAt: At("2025-01-01"), ReceivedLSN: 1, LoadedLSN: 1 << 62},
		{
			State: "streaming", UpdatedAt: At("2025-01-02 10:00"), ReceivedLSN: 7, LoadedLSN: 6, LastCommit: At("2025-01-02"), LagSeconds: 0.25, Rows: 12, LastFault: "gone", LastFaultAt: At("2025-01-01"),
			Since: At("2025-01-01"), Restarts: 2, Tables: []warehouse.TableCount{{Table: "product", Copied: 3, Inserted: 1}, {Table: "stage", Truncated: 1}},
			Batches: warehouse.BatchCount{Loads: 2, Rows: 5, Bytes: 99, Seconds: 0.5, CommitSeconds: 0.25, Last: warehouse.Batched{At: At("2025-01-02"), Rows: 1}},
			Slot:    warehouse.SlotFigures{Name: "s", At: At("2025-01-02"), Exists: true, LimitBytes: new(int64(1 << 40)), SafeBytes: new(int64(0)), Guard: warehouse.GuardLost},
			Resyncs: 1, LastResync: &warehouse.Resync{Reason: "slot_lost", At: At("2025-01-01"), Seconds: 3, Rows: 4}, DeadLetters: 1,
			Drift: &warehouse.Check{At: At("2025-01-02"), LSN: 1 << 63, Compared: 7, Differences: 1, Repaired: 1}, Parity: &warehouse.Check{At: At("2025-01-02"), Fault: "away"},
		},
	} {
		require.NoError(t, s.SaveStatus(t.Context(), want))
		got, err := s.Status(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.SaveStatus(t.Context(), warehouse.Status{State: "waiting", UpdatedAt: At("2025-01-03")}), "while a load is open")
	require.NoError(t, load.Rollback())
	got, err := s.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, "waiting", got.State)
	require.NotEmpty(t, s.Engine())
}

// testLag writes a sample every minute for more than a day, with one short peak in the middle.
func testLag(t *testing.T, open func(t testing.TB) warehouse.Store) {
	s := open(t)
	none, err := s.Lags(t.Context())
	require.NoError(t, err)
	require.Empty(t, none)
	begin := At("2025-01-01")
	peak := warehouse.LagSample{At: begin.Add(11*time.Hour + 2*time.Minute), Seconds: 300.5, LagBytes: 1 << 40, RetainedBytes: 1 << 41}
	var last warehouse.LagSample
	for at := begin; at.Before(begin.Add(25 * time.Hour)); at = at.Add(time.Minute) {
		last = warehouse.LagSample{At: at, Seconds: 0.25, RetainedBytes: int64(at.Hour())}
		if at.Equal(peak.At) {
			last = peak
		}
		require.NoError(t, s.SaveLag(t.Context(), last))
	}
	kept, err := s.Lags(t.Context())
	require.NoError(t, err)
	require.Less(t, len(kept), 400)
	require.Greater(t, len(kept), 24*12, "something of each span")
	require.Contains(t, kept, peak, "a short peak is seen a day later")
	require.Equal(t, last, kept[len(kept)-1])
	require.False(t, kept[0].At.Before(last.At.Add(-warehouse.LagKept-warehouse.LagSpan)), "nothing is older than a day")
	fine := 0
	for i, l := range kept {
		if i > 0 {
			require.True(t, kept[i-1].At.Before(l.At), "the oldest first")
		}
		if l.At.After(last.At.Add(-warehouse.LagFine)) {
			fine++
		}
	}
	require.Equal(t, int(warehouse.LagFine/time.Minute), fine, "all of the last minutes")
	require.NoError(t, s.Reset(t.Context()))
	after, err := s.Lags(t.Context())
	require.NoError(t, err)
	require.Equal(t, kept, after)
}
