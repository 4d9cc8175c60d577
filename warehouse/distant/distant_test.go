package distant_test

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/local"
	"github.com/sharepartner/sharepartner/warehouse/distant"
)

// heard is what the store has told.
type heard struct {
	mu   sync.Mutex
	text strings.Builder
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(b)
}

func (h *heard) has(words string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Contains(h.text.String(), words)
}

// open is a store on a server of its own, which is doubted at once when it does not answer.
func open(t *testing.T, patience time.Duration) (*distant.Store, *local.Server, *heard) {
	t.Helper()
	engine, said := chtest.Own(t, local.Options{}), &heard{}
	address := chtest.NewURLOn(t, engine)
	store, err := distant.Open(t.Context(), distant.Options{
		Open: func(ctx context.Context) (warehouse.Store, error) {
			return clickhouse.Open(ctx, clickhouse.Options{URL: address})
		},
		Engine: "clickhouse", Log: slog.New(slog.NewTextHandler(said, nil)), Shortly: 10 * time.Millisecond, Patience: patience,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, store.SaveStatus(t.Context(), warehouse.Status{State: "streaming"}))
	return store, engine, said
}

const (
	slow  = "the warehouse is slow to answer"
	away  = "the warehouse is away"
	again = "the warehouse answers again"
)

// A server that takes long is waited for, by whoever asks and by whoever comes meanwhile.
func TestASlowServerIsNotAway(t *testing.T) {
	t.Parallel()
	store, engine, said := open(t, time.Hour)
	require.NoError(t, engine.Pause())
	answered := make(chan error)
	ask := func() {
		s, err := store.Status(t.Context())
		if err == nil && s.State != "streaming" {
			err = context.Canceled
		}
		answered <- err
	}
	go ask()
	for range 2 { // who asks beside the first has less patience, and learns nothing of the server
		hurried, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := store.Status(hurried)
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, warehouse.ErrAway)
	}
	go ask()
	require.NoError(t, engine.Resume())
	require.NoError(t, <-answered)
	require.NoError(t, <-answered)
	require.Eventually(t, func() bool { return said.has(slow) }, time.Minute, 5*time.Millisecond)
	view, err := store.View(t.Context())
	require.NoError(t, err)
	require.NoError(t, view.Close())
	require.False(t, said.has(away))
}

// One that says nothing for longer is given up: who waits for it is told, and nobody waits any more until it is back.
func TestAServerThatSaysNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	store, engine, said := open(t, 100*time.Millisecond)
	require.NoError(t, engine.Pause())
	_, err := store.Status(t.Context())
	require.ErrorIs(t, err, warehouse.ErrAway)
	_, err = store.View(t.Context())
	require.ErrorIs(t, err, warehouse.ErrAway)
	require.True(t, said.has(away))
	require.NoError(t, engine.Resume())
	require.Eventually(t, func() bool {
		s, err := store.Status(t.Context())
		return err == nil && s.State == "streaming"
	}, time.Minute, 20*time.Millisecond)
	require.True(t, said.has(again))
}

// One that is killed is given up at once, and found when it is back.
func TestAServerThatIsGone(t *testing.T) {
	t.Parallel()
	store, engine, said := open(t, time.Hour)
	engine.Kill()
	_, err := store.Status(t.Context())
	require.ErrorIs(t, err, warehouse.ErrAway)
	require.Eventually(t, func() bool { return said.has(away) }, time.Minute, 5*time.Millisecond)
	require.NoError(t, engine.Restart(t.Context()))
	require.Eventually(t, func() bool { _, err := store.Status(t.Context()); return err == nil }, time.Minute, 20*time.Millisecond)
}

// TestPasswordIsChanged on a server that goes on and keeps who is connected: from the first login that is refused on the server is
// away for all questions, until one is accepted again.
func TestPasswordIsChanged(t *testing.T) {
	t.Parallel()
	const password = "the-one-of-before"
	before, after := chtest.Own(t, local.Options{Password: password}), chtest.Own(t, local.Options{})
	relay := chtest.NewRelay(t, before.Address(), nil)
	address, err := url.Parse(chtest.NewURLOn(t, before))
	require.NoError(t, err)
	address.Host = relay.Address()
	said := &heard{}
	s, err := distant.Open(t.Context(), distant.Options{
		Engine: "clickhouse", Log: slog.New(slog.NewTextHandler(said, nil)),
		Open: func(ctx context.Context) (warehouse.Store, error) {
			return clickhouse.OpenChecked(ctx, clickhouse.Options{URL: address.String()})
		},
		Greet: func(ctx context.Context) error {
			return clickhouse.Preflight(ctx, clickhouse.Options{URL: address.String()})
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.SaveMarks(t.Context(), map[string]string{"crm.product": "1"}))

	relay.Turn(after.Address())
	require.Eventually(t, func() bool { // more at once than there are connections
		var all sync.WaitGroup
		for range 30 {
			all.Go(func() { _, _ = s.Marks(t.Context()) })
		}
		all.Wait()
		_, err = s.Marks(t.Context())
		return err != nil
	}, time.Minute, time.Millisecond)
	require.ErrorIs(t, err, warehouse.ErrAway)
	require.ErrorIs(t, err, warehouse.ErrRefused)
	require.ErrorContains(t, err, "WAREHOUSE_URL")
	require.Eventually(t, func() bool { return said.has("still away") }, time.Minute, time.Millisecond, "it was asked again, over a new connection")
	require.False(t, said.has(again), "a connection of before does")
	_, err = s.Marks(t.Context())
	require.ErrorIs(t, err, warehouse.ErrRefused)

	relay.Turn(before.Address())
	require.Eventually(t, func() bool { _, err := s.Marks(t.Context()); return err == nil }, time.Minute, time.Millisecond)
	marks, err := s.Marks(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]string{"crm.product": "1"}, marks)
	require.True(t, said.has(again))
	require.False(t, said.has(password))
}
