package parity

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// viewless is a store whose views cannot be opened while told so.
type viewless struct {
	warehouse.Store
	fault atomic.Pointer[error]
}

func (s *viewless) View(ctx context.Context) (warehouse.View, error) {
	if fault := s.fault.Load(); fault != nil {
		return nil, *fault
	}
	return s.Store.View(ctx)
}

// A comparison that cannot be made leaves what the last one found, good or bad, and says since when and why.
func TestAComparisonThatFailsReplacesNone(t *testing.T) {
	t.Parallel()
	url := pgtest.NewURL(t)
	cdc, err := postgres.LoginURL(url, postgres.LoginCDC, pgtest.Secret)
	require.NoError(t, err)
	inner, err := duckdb.Open(t.Context(), duckdb.Options{Path: t.TempDir() + "/warehouse.duckdb", MemoryLimit: "512MB", Threads: 1})
	require.NoError(t, err)
	t.Cleanup(func() { _ = inner.Close() })
	store := &viewless{Store: inner}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	p := pipelines.New(pipelines.Config{SourceURL: cdc, Store: store, Log: log, DriftEvery: -1})
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r := NewRunner(p, func() time.Time { return now }, log)
	_, err = r.Compare(t.Context())
	require.ErrorIs(t, err, pipelines.ErrNotStreaming)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	defer func() {
		cancel()
		require.NoError(t, <-done)
	}()
	status := func() *warehouse.Check {
		s, err := p.Status(context.Background())
		require.NoError(t, err)
		return s.Parity
	}
	require.Eventually(t, func() bool {
		_, err := r.Compare(t.Context())
		return err == nil
	}, time.Minute, 20*time.Millisecond)
	good := status()
	require.Equal(t, now, good.At)
	require.Empty(t, good.Fault)

	red := *good
	red.Differences, red.Compared = 3, 9
	p.NoteParity(red)
	fault := errors.New("the disk is gone")
	store.fault.Store(&fault)
	now = now.Add(time.Hour)
	for range 2 {
		_, err = r.Compare(t.Context())
		require.ErrorContains(t, err, "the disk is gone")
		now = now.Add(time.Minute)
	}
	failed := status()
	require.Equal(t, []int64{3, 9}, []int64{failed.Differences, failed.Compared}, "the last one that could be made stands")
	require.Equal(t, good.At, failed.At)
	require.Contains(t, failed.Fault, "the disk is gone")
	require.WithinDuration(t, time.Now(), failed.FaultSince, time.Minute)

	gone, stop := context.WithCancel(t.Context())
	stop()
	store.fault.Store(nil)
	_, err = r.Compare(gone)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, failed, status(), "whoever asked has gone")
	_, err = r.Compare(t.Context())
	require.NoError(t, err)
	require.Empty(t, status().Fault)
	require.Zero(t, status().Differences)
}
