package pipelines

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

func TestJudge(t *testing.T) {
	good := warehouse.Checkpoint{SystemID: "7", Timeline: 1, Slot: "s", LSN: 100}
	server := pgsource.Server{SystemID: "7", Timeline: 1, LSN: 200, Slot: pgsource.Slot{Exists: true, Confirmed: 90}}
	cases := []struct {
		name   string
		change func(c *warehouse.Checkpoint, s *pgsource.Server)
		absent bool
		want   Reason
	}{
		{name: "goes on", change: func(*warehouse.Checkpoint, *pgsource.Server) {}},
		{name: "confirmed exactly", change: func(_ *warehouse.Checkpoint, s *pgsource.Server) { s.Slot.Confirmed = 100 }},
		{name: "nothing loaded", change: func(*warehouse.Checkpoint, *pgsource.Server) {}, absent: true, want: ReasonFirst},
		{name: "another server", change: func(c *warehouse.Checkpoint, _ *pgsource.Server) { c.SystemID = "8" }, want: ReasonOtherServer},
		{name: "promoted", change: func(_ *warehouse.Checkpoint, s *pgsource.Server) { s.Timeline = 2 }, want: ReasonOtherTimeline},
		{name: "another slot", change: func(c *warehouse.Checkpoint, _ *pgsource.Server) { c.Slot = "old" }, want: ReasonOtherSlot},
		{name: "server restored", change: func(_ *warehouse.Checkpoint, s *pgsource.Server) { s.LSN = 99 }, want: ReasonServerBehind},
		{name: "slot dropped", change: func(_ *warehouse.Checkpoint, s *pgsource.Server) { s.Slot = pgsource.Slot{} }, want: ReasonSlotMissing},
		{name: "slot lost", change: func(_ *warehouse.Checkpoint, s *pgsource.Server) { s.Slot.Lost = true }, want: ReasonSlotLost},
		{name: "warehouse restored", change: func(_ *warehouse.Checkpoint, s *pgsource.Server) { s.Slot.Confirmed = 101 }, want: ReasonStoreBehind},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			checkpoint, s := good, server
			c.change(&checkpoint, &s)
			require.Equal(t, c.want, judge(checkpoint, !c.absent, s, "s"))
		})
	}
}

func TestWhenABatchGoes(t *testing.T) {
	l := limits{rows: 10, bytes: 1000, hardRows: 50, hardBytes: 5000, age: 200 * time.Millisecond, linger: 4 * time.Millisecond}
	cases := []struct {
		name  string
		g     gathered
		now   bool
		again time.Duration
	}{
		{"empty", gathered{drained: true}, false, 0},
		{"full of rows, inside a transaction", gathered{rows: 10, open: true}, true, 0},
		{"full of bytes", gathered{rows: 1, bytes: 1000}, true, 0},
		{"inside a transaction", gathered{rows: 9, open: true, drained: true, age: time.Hour}, false, 0},
		{"the rest of a large transaction is empty", gathered{owed: true}, true, 0},
		{"just come", gathered{rows: 1, drained: true, age: time.Millisecond}, false, 3 * time.Millisecond},
		{"nothing more comes", gathered{rows: 1, drained: true, age: 4 * time.Millisecond}, true, 0},
		{"more comes", gathered{rows: 1, age: 50 * time.Millisecond}, false, 150 * time.Millisecond},
		{"more comes for long", gathered{rows: 1, age: 200 * time.Millisecond}, true, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			now, again := l.due(c.g)
			require.Equal(t, c.now, now)
			require.Equal(t, c.again, again)
		})
	}
}

func TestStates(t *testing.T) {
	for from, targets := range moves {
		for _, to := range targets {
			require.Contains(t, moves, to, "from %s", from)
		}
		if from != "" && from != stateStopped {
			require.True(t, mayMove(from, stateStopped), "%s can be stopped", from)
		}
	}
	require.False(t, mayMove(stateStopped, stateStreaming))
	require.False(t, mayMove(stateStreaming, stateSnapshot))

	require.Equal(t, stateWaiting, stateAfter(errors.New("connection refused")))
	require.Equal(t, stateWaiting, stateAfter(fmt.Errorf("start: %w", pgsource.ErrSlotActive)))
	require.Equal(t, stateWaiting, stateAfter(&pgsource.BlockedError{}))
	require.Equal(t, stateFailed, stateAfter(&pgsource.SetupError{}))
	require.Equal(t, stateFailed, stateAfter(fmt.Errorf("decode: %w", &FloodError{})))
	require.Equal(t, stateFailed, stateAfter(ofStore("commit", errors.New("disk full"))))
	require.Equal(t, stateWaiting, stateAfter(ofStore("commit", warehouse.ErrAway)))
	require.Equal(t, stateFailed, stateAfter(ofStore("commit", fmt.Errorf("%w: %w", warehouse.ErrAway, warehouse.ErrRefused))))
	require.Equal(t, stateFailed, stateAfter(fmt.Errorf("read replication stream: %w", pgsource.ErrDiskFull)))
	require.NoError(t, ofStore("commit", nil))
}

func TestPausesGrowToFiveSeconds(t *testing.T) {
	require.Equal(t, 100*time.Millisecond, pause(1))
	require.Equal(t, 400*time.Millisecond, pause(3))
	require.Equal(t, 5*time.Second, pause(7))
	require.Equal(t, 5*time.Second, pause(1000))
}

// What was cut off keeps its name: what it leaves behind is no reason of its own.
func TestCutOffKeepsItsReason(t *testing.T) {
	at := warehouse.Checkpoint{LSN: 100, Epoch: 2}
	begun := func(r Reason) *warehouse.Resyncing { return &warehouse.Resyncing{Reason: string(r), Epoch: 2} }
	for _, c := range []struct {
		judged Reason
		begun  *warehouse.Resyncing
		ok     bool
		slot   bool
		want   Reason
	}{
		{judged: "", ok: true, slot: true, want: ""},
		{judged: ReasonSlotMissing, ok: true, want: ReasonSlotMissing},
		{judged: ReasonSlotMissing, begun: begun(ReasonSlotLost), ok: true, want: ReasonSlotLost},
		{judged: ReasonStoreBehind, begun: begun(ReasonSlotLost), ok: true, slot: true, want: ReasonSlotLost},
		{judged: "", begun: begun(ReasonReshaped), ok: true, slot: true, want: ReasonReshaped},
		{judged: ReasonOtherServer, begun: begun(ReasonSlotLost), ok: true, want: ReasonOtherServer},
		{judged: "", begun: &warehouse.Resyncing{Reason: string(ReasonSlotLost), Epoch: 1}, ok: true, slot: true, want: ""}, // complete, and not noted
		{judged: "", begun: &warehouse.Resyncing{Reason: string(ReasonFirst), Epoch: 2}, ok: true, slot: true, want: ""},
		{judged: ReasonFirst, want: ReasonFirst},
		{judged: ReasonFirst, slot: true, want: ReasonEmptied},
		{judged: ReasonFirst, begun: begun(ReasonFirst), slot: true, want: ReasonFirst},
		{judged: ReasonFirst, begun: begun(ReasonEmptied), want: ReasonEmptied},
		{judged: ReasonFirst, begun: begun(ReasonSlotLost), slot: true, want: ReasonEmptied},
	} {
		got := carriedOn(c.judged, c.begun, at, c.ok, pgsource.Server{Slot: pgsource.Slot{Exists: c.slot}})
		require.Equal(t, c.want, got, "%+v", c)
	}
}

func TestLag(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	server := now.Add(time.Hour) // its clock is an hour ahead
	m := newMeter(func() time.Time { return now })
	pass := func(d time.Duration) { now, server = now.Add(d), server.Add(d) }
	lag := func() float64 { return m.snapshot().LagSeconds }
	to := func(state string) {
		_, err := m.move(state, "")
		require.NoError(t, err)
	}
	to(stateStarting)
	to(stateStreaming)
	m.resume(warehouse.Checkpoint{LSN: 100})
	m.probed(100, server)
	require.Zero(t, lag(), "all is loaded")

	m.gathering(server.UnixMicro(), 120)
	pass(3 * time.Second)
	require.InDelta(t, 3, lag(), 1e-6, "a change waits in the batch")
	m.handed()
	m.gathering(server.UnixMicro(), 130)
	pass(2 * time.Second)
	require.InDelta(t, 5, lag(), 1e-6, "the oldest is with the loader")
	m.loaded(warehouse.Checkpoint{LSN: 120}, &tally{rows: 1})
	require.InDelta(t, 2, lag(), 1e-6, "the next one still waits")
	m.handed()
	m.loaded(warehouse.Checkpoint{LSN: 130}, &tally{rows: 1})
	m.probed(130, server)
	require.Zero(t, lag())
	require.Equal(t, int64(2), m.snapshot().Rows)

	m.probed(500, server) // the server is ahead and nothing comes
	pass(time.Minute)
	m.probed(900, server)
	require.InDelta(t, 60, lag(), 1e-6, "nothing has come for a minute")
	m.idle(950)
	m.probed(950, server)
	require.Zero(t, lag(), "it was nothing of ours")

	to(stateWaiting)
	pass(10 * time.Second)
	require.InDelta(t, 10, lag(), 1e-6, "the source is away: nobody knows")
	_, err := m.move(stateStreaming, "")
	require.Error(t, err)
}

func TestGuard(t *testing.T) {
	cases := []struct {
		retained, limit int64
		limited, lost   bool
		want            warehouse.Guard
	}{
		{retained: 0, limit: 1000, limited: true, want: warehouse.GuardOK},
		{retained: 499, limit: 1000, limited: true, want: warehouse.GuardOK},
		{retained: 500, limit: 1000, limited: true, want: warehouse.GuardWarning},
		{retained: 799, limit: 1000, limited: true, want: warehouse.GuardWarning},
		{retained: 800, limit: 1000, limited: true, want: warehouse.GuardAlarm},
		{retained: 5000, limit: 1000, limited: true, want: warehouse.GuardAlarm},
		{retained: 0, limit: 1000, limited: true, lost: true, want: warehouse.GuardLost},
		{retained: 1 << 60, want: warehouse.GuardUnlimited},
		{lost: true, want: warehouse.GuardLost},
	}
	for _, c := range cases {
		require.Equal(t, c.want, guard(pgsource.Figures{Exists: true, Lost: c.lost, Retained: c.retained, Limit: c.limit, Limited: c.limited}), "%+v", c)
	}
}
