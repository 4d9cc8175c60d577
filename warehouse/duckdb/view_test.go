package duckdb_test

import (
	"context"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

var everybody = warehouse.EverythingScope()

var firstQuarter = warehouse.Ask{Period: warehousetest.Quarter(1), AsOf: warehousetest.Midyear}

// views opens as many as there can be.
func views(t *testing.T, s *duckdb.Store) []warehouse.View {
	t.Helper()
	var all []warehouse.View
	for range duckdb.Readers {
		v, err := s.View(t.Context())
		require.NoError(t, err)
		t.Cleanup(func() { _ = v.Close() })
		all = append(all, v)
	}
	return all
}

// The loader never waits for those who read: neither its loads nor its status, nor its look at the checkpoint.
func TestViewsDoNotHoldTheLoaderUp(t *testing.T) {
	s, w := open(t), warehousetest.NewWorld(1)
	for range 50 {
		w.Grow()
	}
	w.Load(t.Context(), t, s)
	open := views(t, s)
	crowded, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := s.View(crowded)
	require.ErrorIs(t, err, context.DeadlineExceeded, "one more has to wait")

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for range 20 {
		w.Grow()
		require.NoError(t, w.TryLoad(ctx, s))
		require.NoError(t, s.SaveStatus(ctx, warehouse.Status{State: "streaming"}))
		_, err := s.Status(ctx)
		require.NoError(t, err)
		c, _, err := s.Checkpoint(ctx)
		require.NoError(t, err)
		require.Equal(t, w.LSN(), c.LSN)
	}
	for _, v := range open {
		require.Less(t, v.Watermark().LSN, w.LSN())
		_, err := v.Won(ctx, everybody, firstQuarter)
		require.NoError(t, err)
	}
	require.NoError(t, s.Whole(ctx))
}

// A request that goes away in the middle of a question leaves no connection behind.
func TestCancelledViewsLeaveNothing(t *testing.T) {
	s := open(t)
	require.NoError(t, s.Fill(t.Context(), 100_000))
	long := firstQuarter
	long.Period.From, long.Period.To, long.AsOf = warehousetest.At("2023-01-01"), warehousetest.At("2030-01-01"), warehousetest.At("2030-01-01")
	long.KnownAt = warehousetest.At("2029-01-01") // far from a moment's work
	for _, after := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond, 30 * time.Millisecond} {
		ctx, cancel := context.WithCancel(t.Context())
		var asking sync.WaitGroup
		for range duckdb.Readers {
			v, err := s.View(ctx)
			require.NoError(t, err)
			asking.Go(func() {
				for {
					if _, err := v.Funnel(ctx, everybody, long); err != nil {
						require.ErrorIs(t, err, context.Canceled)
						return
					}
				}
			})
		}
		require.Equal(t, duckdb.Readers+1, s.InUse(), "and the writer's")
		time.AfterFunc(after, cancel)
		asking.Wait()
		require.Eventually(t, func() bool { return s.InUse() == 1 }, 10*time.Second, time.Millisecond, "after %v", after)
		cancel()
	}
	for _, v := range views(t, s) {
		require.NoError(t, v.Close())
	}
}

// After a commit that failed the file is opened again: views that are open end, and a new one answers.
func TestViewsGiveWayWhenTheFileIsOpenedAgain(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	t.Cleanup(func() { signal.Reset(syscall.SIGXFSZ) })
	s := open(t)
	c := warehousetest.NewChannel()
	k := c.Connect(c.Vendor("V"), c.Partner("P"), "North", "gold")
	p := c.Process(k.Vendor, "Standard", "Qualify")
	c.Opportunity("first", k, p, "2025-01-01", "Won", "1", "EUR")
	c.Load(t.Context(), t, s)
	held := views(t, s)
	for range 5000 {
		c.Opportunity(time.Now().String(), k, p, "2025-01-01", "Won", "1", "EUR")
	}
	restore := limitFiles(t, 300_000)
	require.Error(t, c.TryLoad(t.Context(), s))
	restore()
	c.Load(t.Context(), t, s)
	for _, v := range held {
		_, err := v.Won(t.Context(), everybody, firstQuarter)
		require.ErrorIs(t, err, warehouse.ErrViewEnded)
	}
	now := views(t, s)
	answer, err := now[0].Won(t.Context(), everybody, firstQuarter)
	require.NoError(t, err)
	require.Equal(t, int64(5001), answer.Rows[0].Count)
	require.NoError(t, s.Close(), "closing does not wait for views")
	_, err = now[1].Won(t.Context(), everybody, firstQuarter)
	require.ErrorIs(t, err, warehouse.ErrViewEnded)
}

// A note that is cut off says nothing about the file: it is not opened again, and who reads goes on.
func TestNotesThatAreCutOffDisturbNobody(t *testing.T) {
	s := open(t)
	c := warehousetest.NewChannel()
	k := c.Connect(c.Vendor("V"), c.Partner("P"), "North", "gold")
	c.Opportunity("first", k, c.Process(k.Vendor, "Standard", "Qualify"), "2025-01-01", "Won", "1", "EUR")
	c.Load(t.Context(), t, s)
	held := views(t, s)
	kept, cut := 0, 0
	for n := range 2000 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(n%100)*10*time.Microsecond, cancel)
		if err := s.SaveStatus(ctx, warehouse.Status{State: strconv.Itoa(n)}); err == nil {
			kept++
		} else {
			cut++
		}
		cancel()
	}
	require.Positive(t, kept)
	require.Positive(t, cut)
	c.Opportunity("second", k, c.Process(k.Vendor, "Other", "Qualify"), "2025-01-01", "Won", "1", "EUR")
	c.Load(t.Context(), t, s)
	for _, v := range held {
		answer, err := v.Won(t.Context(), everybody, firstQuarter)
		require.NoError(t, err)
		require.Equal(t, int64(1), answer.Rows[0].Count)
		require.NoError(t, v.Close())
	}
}
