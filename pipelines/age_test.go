package pipelines_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// aged makes what a store holds a week old, as if no program had run since.
func aged(t *testing.T, store *duckdb.Store) {
	t.Helper()
	ctx := context.Background()
	week := time.Now().AddDate(0, 0, -7).UTC()
	c, ok, err := store.Checkpoint(ctx)
	require.NoError(t, err)
	require.True(t, ok)
	load, err := store.Begin(ctx)
	require.NoError(t, err)
	c.CommittedAt = week
	require.NoError(t, load.Commit(ctx, c))
	s, err := store.Status(ctx)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), s.InStepAt, time.Minute)
	s.InStepAt = week
	require.NoError(t, store.SaveStatus(ctx, s))
}

// always looks at a status again and again until one is there that is awaited, and holds each that a program says.
func always(t *testing.T, p *pipelines.Pipeline, awaited, holds func(s warehouse.Status) bool) {
	t.Helper()
	for until := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		s, err := p.Status(context.Background())
		require.NoError(t, err)
		if s.State == "" || s.State == "stopped" {
			continue // of the program before
		}
		require.True(t, holds(s), "%+v", s)
		if awaited(s) {
			return
		}
		require.True(t, time.Now().Before(until), "%+v", s)
	}
}

const sixDays = 6 * 24 * 3600.0

// Old data is old from the first moment of a program on, whatever the pipeline does: while the server is away, while all
// rows are compared, and until the log is followed to its end.
func TestAgeOutlivesTheProgram(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	steps(t, newWriter(t, b.owner(), 1), 20)
	store := b.open()
	p, stop := b.run(store)
	b.catchUp(p)
	require.Eventually(t, func() bool {
		s, err := p.Status(context.Background())
		return err == nil && s.State == "streaming" && s.LagSeconds < 60
	}, time.Minute, 20*time.Millisecond)
	stop()
	aged(t, store)

	old := func(s warehouse.Status) bool { return s.LagSeconds > sixDays && !s.LastCommit.IsZero() }
	away := strings.Replace(b.cdc, "@", "@256.", 1) // no such host
	p, stop = start(t, pipelines.Config{SourceURL: away, Store: store, Log: logTo(t)})
	always(t, p, func(s warehouse.Status) bool { return s.Restarts > 1 }, old)
	stop()

	dropSlots(t, b.url)
	slow := make(chan struct{})
	p, stop = start(t, pipelines.Config{SourceURL: b.cdc, Log: slog.New(newReasons(t)), DriftEvery: -1, Store: &hookStore{Store: store, commit: func(_ warehouse.Checkpoint, commit func() error) error {
		<-slow
		return commit()
	}}})
	always(t, p, func(s warehouse.Status) bool { return s.State == "resync" && strings.HasPrefix(s.Detail, "making ") }, old)
	close(slow)
	b.catchUp(p)
	fresh := func(s warehouse.Status) bool { return s.State == "streaming" && s.LagSeconds < 60 }
	either := func(s warehouse.Status) bool { return s.LagSeconds < 60 || s.LagSeconds > sixDays }
	always(t, p, fresh, either)
	stop()
	aged(t, store)
	p, stop = b.run(store)
	always(t, p, fresh, either)
	stop()
	lags, err := store.Lags(context.Background())
	require.NoError(t, err)
	for _, l := range lags {
		require.True(t, l.Seconds < 60 || l.Seconds > sixDays, "%+v", l)
	}
}
