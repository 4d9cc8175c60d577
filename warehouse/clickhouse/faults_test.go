package clickhouse_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/local"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

// patience is how long something may take on a busy machine.
const patience = time.Minute

func openAt(t *testing.T, url string) *clickhouse.Store {
	t.Helper()
	s, err := clickhouse.Open(t.Context(), clickhouse.Options{URL: url})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() }) // its server may be gone
	return s
}

// business makes opportunities that are won for 1 each.
type business struct {
	*warehousetest.Channel
	k   warehousetest.Connection
	p   *warehousetest.Process
	won int
}

func newBusiness() *business {
	c := warehousetest.NewChannel()
	k := c.Connect(c.Vendor("V"), c.Partner("P"), "North", "gold")
	return &business{Channel: c, k: k, p: c.Process(k.Vendor, "Standard", "Qualify", "Propose")}
}

func (b *business) win(n int) {
	for range n {
		b.won++
		b.Opportunity(fmt.Sprint(b.won), b.k, b.p, "2025-01-01", "Qualify", "1", "EUR").Move("2025-02-01", "Won")
	}
}

var allTime = warehouse.Ask{Period: warehouse.Period{From: warehousetest.At("2000-01-01"), To: warehousetest.At("2100-01-01")}, AsOf: warehousetest.At("2100-01-01")}

// holds says that exactly what was loaded is there: in the metrics, the latest state and the log.
func holds(t *testing.T, s *clickhouse.Store, won int) {
	t.Helper()
	answer, err := s.Won(t.Context(), warehouse.EverythingScope(), allTime)
	require.NoError(t, err)
	require.Len(t, answer.Rows, 1)
	require.Equal(t, [2]string{fmt.Sprint(won), fmt.Sprint(won)}, [2]string{fmt.Sprint(answer.Rows[0].Count), answer.Rows[0].Amount.String()})
	v, err := s.View(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, v.Close()) }()
	for _, table := range warehouse.Tables {
		want, ok := map[string]int{"opportunity": won, "opportunity_history": 2 * won}[table.Name]
		if !ok {
			continue
		}
		rows := 0
		require.NoError(t, v.Scan(t.Context(), table, warehouse.KeySpan{}, func(b *warehouse.Batch) error { rows += b.Len(); return nil }))
		require.Equal(t, want, rows, table.Name)
	}
	wrong, err := v.Misderived(t.Context(), warehouse.KeySpan{})
	require.NoError(t, err)
	require.Empty(t, wrong)
}

// TestServerKilledInALoad kills it at each step. What it had of the load never counts, or all of it does, also where the writer was
// not told so; the same rows come again, as from the log of Postgres.
func TestServerKilledInALoad(t *testing.T) {
	t.Parallel()
	server := chtest.Own(t, local.Options{})
	address, b := chtest.NewURLOn(t, server), newBusiness()
	s := openAt(t, address)
	b.win(3)
	b.Load(t.Context(), t, s)
	holds(t, s, b.won)
	for _, when := range []string{"begun", "appended", "half appended", "in the commit"} {
		b.win(2)
		load, err := s.Begin(t.Context())
		require.NoError(t, err)
		t.Cleanup(func() { _ = load.Rollback() }) // or the store waits for it
		for i, batch := range b.Pending() {
			if when == "begun" || when == "half appended" && i > 0 {
				continue
			}
			require.NoError(t, load.Append(t.Context(), batch))
		}
		committed := make(chan error, 1)
		if when == "in the commit" {
			go func() { committed <- load.Commit(t.Context(), b.Checkpoint()) }()
			server.Kill()
		} else {
			server.Kill()
			committed <- load.Commit(t.Context(), b.Checkpoint())
		}
		err = <-committed
		require.NoError(t, load.Rollback())
		_, gone := s.Won(t.Context(), warehouse.EverythingScope(), allTime)
		require.Error(t, gone)
		require.NoError(t, server.Restart(t.Context()))
		if when != "in the commit" {
			require.Error(t, err, when)
			holds(t, s, b.won-2)
		}
		b.Load(t.Context(), t, s)
		holds(t, s, b.won)
	}
	holds(t, openAt(t, address), b.won)
}

// TestServerPaused asks one that answers nothing: the question ends with its caller, and all goes on with the server.
func TestServerPaused(t *testing.T) {
	t.Parallel()
	server := chtest.Own(t, local.Options{})
	s, b := openAt(t, chtest.NewURLOn(t, server)), newBusiness()
	b.win(2)
	b.Load(t.Context(), t, s)
	require.NoError(t, server.Pause())
	for name, ask := range map[string]func(ctx context.Context) error{
		"question": func(ctx context.Context) error {
			_, err := s.Won(ctx, warehouse.EverythingScope(), allTime)
			return err
		},
		"load": func(ctx context.Context) error {
			load, err := s.Begin(ctx)
			if err == nil {
				return load.Rollback()
			}
			return err
		},
		"checkpoint": func(ctx context.Context) error { _, _, err := s.Checkpoint(ctx); return err },
		"status":     func(ctx context.Context) error { return s.SaveStatus(ctx, warehouse.Status{}) },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		done := make(chan error, 1)
		go func() { done <- ask(ctx) }()
		select {
		case err := <-done:
			require.ErrorIs(t, err, context.DeadlineExceeded, name)
		case <-time.After(patience):
			t.Fatalf("%s waits for the server after its caller has gone", name)
		}
		cancel()
	}
	require.NoError(t, server.Resume())
	holds(t, s, b.won)
	b.win(1)
	b.Load(t.Context(), t, s)
	holds(t, s, b.won)
}

// TestTooLittleMemory refuses the question that needs more, and answers others.
func TestTooLittleMemory(t *testing.T) {
	t.Parallel()
	server := chtest.Own(t, local.Options{})
	url := chtest.NewURLOn(t, server)
	s := openAt(t, url)
	require.NoError(t, s.Fill(t.Context(), 30_000))
	require.NoError(t, s.Close())
	require.NoError(t, server.Restart(t.Context(), func(o *local.Options) { o.Settings = map[string]string{"max_memory_usage": "12000000"} }))
	s = openAt(t, url)
	v, err := s.View(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, v.Close()) }()
	known := allTime
	known.KnownAt = warehousetest.At("2023-06-01")
	_, err = v.Funnel(t.Context(), warehouse.EverythingScope(), known)
	require.ErrorIs(t, err, warehouse.ErrUnable)
	require.ErrorContains(t, err, "too little memory")
	require.ErrorContains(t, err, "max_memory_usage")
	for range 3 {
		answer, err := v.Won(t.Context(), warehouse.EverythingScope(), warehouse.Ask{AsOf: allTime.AsOf, Period: warehouse.Period{From: warehousetest.At("2023-02-01"), To: warehousetest.At("2023-02-03")}})
		require.NoError(t, err, "the view goes on")
		require.NotEmpty(t, answer.Rows)
	}
}

// TestARightIsTakenAway while the program runs: what needs it is refused and says so, and is answered when it is given back.
func TestARightIsTakenAway(t *testing.T) {
	t.Parallel()
	server := chtest.Own(t, local.Options{})
	s := openAt(t, chtest.NewURLOn(t, server))
	require.NoError(t, s.Fill(t.Context(), 100))
	funnel := func() error {
		_, err := s.Funnel(t.Context(), warehouse.EverythingScope(), allTime)
		return err
	}
	require.NoError(t, funnel())
	require.NoError(t, server.Restart(t.Context(), func(o *local.Options) { o.Grants = []string{"GRANT SELECT ON system.*"} }))
	err := funnel()
	require.ErrorIs(t, err, warehouse.ErrUnable)
	require.ErrorContains(t, err, "lacks a right")
	require.NoError(t, server.Restart(t.Context(), func(o *local.Options) { o.Grants = nil }))
	require.NoError(t, funnel())
}

// TestQuestionIsCancelled holds that the server stops working on what nobody waits for.
func TestQuestionIsCancelled(t *testing.T) {
	t.Parallel()
	server := chtest.Own(t, local.Options{})
	url := chtest.NewURLOn(t, server)
	s := openAt(t, url)
	require.NoError(t, s.Fill(t.Context(), 30_000))
	require.NoError(t, s.Close())
	require.NoError(t, server.Restart(t.Context(), func(o *local.Options) { // a thousand rows a second: minutes
		o.Settings = map[string]string{"max_execution_speed": "1000", "timeout_before_checking_execution_speed": "0", "max_block_size": "1000"}
	}))
	s = openAt(t, url)
	watch := chtest.Connect(t, server.URL("default"))
	working := func() (n uint64) {
		require.NoError(t, watch.QueryRow(t.Context(), "SELECT count() FROM system.processes WHERE query LIKE '%opportunity_move%' AND query NOT LIKE '%processes%'").Scan(&n))
		return n
	}
	for _, end := range []string{"by its caller", "with its view"} {
		ctx, cancel := context.WithCancel(t.Context())
		v, err := s.View(t.Context())
		require.NoError(t, err)
		done := make(chan error, 1)
		go func() {
			_, err := v.Won(ctx, warehouse.EverythingScope(), allTime)
			done <- err
		}()
		require.Eventually(t, func() bool { return working() > 0 }, patience, time.Millisecond, end)
		if end == "by its caller" {
			cancel()
			require.ErrorIs(t, <-done, context.Canceled)
		} else {
			require.NoError(t, v.Close())
			require.ErrorIs(t, <-done, warehouse.ErrViewEnded)
		}
		require.Eventually(t, func() bool { return working() == 0 }, patience, time.Millisecond, "it goes on for nobody")
		require.NoError(t, v.Close())
		cancel()
	}
}

// TestMoreQuestionsThanConnections tells whoever waits for long that others are asking.
func TestMoreQuestionsThanConnections(t *testing.T) {
	t.Parallel()
	address, b := chtest.NewURL(t), newBusiness()
	b.win(1)
	b.Load(t.Context(), t, openAt(t, address))
	s := openAt(t, address+"?max_open_conns=1&dial_timeout=2s")
	holds(t, s, b.won)
	ctx, cancel := context.WithCancel(t.Context())
	long := make(chan error, 1)
	go func() {
		_, err := s.Select(ctx, "SELECT toString(sleepEachRow(1)) FROM numbers(600) SETTINGS max_block_size = 1")
		long <- err
	}()
	watch := chtest.Connect(t, address)
	require.Eventually(t, func() bool {
		var n uint64
		require.NoError(t, watch.QueryRow(t.Context(), "SELECT count() FROM system.processes WHERE current_database = currentDatabase() AND query LIKE '%sleepEachRow%' AND query NOT LIKE '%processes%'").Scan(&n))
		return n > 0
	}, patience, time.Millisecond)
	_, err := s.Won(t.Context(), warehouse.EverythingScope(), allTime)
	require.ErrorIs(t, err, warehouse.ErrBusy)
	require.ErrorContains(t, err, "max_open_conns")
	cancel()
	require.Error(t, <-long)
	holds(t, s, b.won)
}
