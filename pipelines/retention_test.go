package pipelines_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse"
)

// grades collects how near the slot was said to be to its loss.
type grades struct {
	reasons
	said *[]string
}

func (g grades) Handle(ctx context.Context, record slog.Record) error {
	record.Attrs(func(a slog.Attr) bool {
		if a.Key == "grade" {
			g.mu.Lock()
			*g.said = append(*g.said, record.Level.String()+" "+a.Value.String())
			g.mu.Unlock()
		}
		return true
	})
	return g.reasons.Handle(ctx, record)
}

func (g grades) all() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string{}, *g.said...)
}

// The warehouse is blocked while the log fills up to what the server may keep, and beyond. Each grade is told before the
// next one is reached; the server gives the slot up and goes on; and when the warehouse is free again all rows are compared.
func TestSlotFillsUpUntilItIsLost(t *testing.T) {
	t.Parallel()
	const limit = 64 << 20
	c := newCluster(t, map[string]string{"max_slot_wal_keep_size": "64MB", "min_wal_size": "32MB", "max_wal_size": "32MB", "autovacuum": "off"})
	b := c.bed()
	store, w := b.open(), newWriter(t, b.owner(), 1)
	said := grades{newReasons(t), &[]string{}}
	var blocked chan struct{}
	var mu sync.Mutex
	gate := func() chan struct{} {
		mu.Lock()
		defer mu.Unlock()
		return blocked
	}
	p, stop := start(t, pipelines.Config{SourceURL: b.cdc, Log: slog.New(said), DriftEvery: -1, Store: &hookStore{Store: store, append: func(*warehouse.Batch) error {
		if g := gate(); g != nil {
			<-g
		}
		return nil
	}}})
	steps(t, w, 20)
	b.catchUp(p)
	grade := func() warehouse.SlotFigures {
		s, err := p.Status(context.Background())
		require.NoError(t, err)
		return s.Slot
	}
	require.Eventually(t, func() bool { return grade().Guard == warehouse.GuardOK }, 30*time.Second, 50*time.Millisecond)
	mu.Lock()
	blocked = make(chan struct{})
	mu.Unlock()
	open := sync.OnceFunc(func() { close(blocked) })
	defer open()

	owner, super := b.owner(), connect(t, c.server.SuperURL)
	for _, want := range []warehouse.Guard{warehouse.GuardWarning, warehouse.GuardAlarm, warehouse.GuardLost} {
		for tries := 0; grade().Guard != want; tries++ {
			require.Less(t, tries, 40, "never %s: %+v", want, grade())
			steps(t, w, 2) // writers are not held up
			_, err := owner.Exec(context.Background(), `select pg_logical_emit_message(false, 'fill', repeat('x', 4194304))`)
			require.NoError(t, err)
			if want == warehouse.GuardLost { // only a checkpoint of the server removes log
				_, err = super.Exec(context.Background(), `select pg_switch_wal(); checkpoint`)
				require.NoError(t, err)
			}
			asked := grade().At
			require.Eventually(t, func() bool { return grade().At.After(asked) }, 30*time.Second, 20*time.Millisecond, "the figures come in every state")
		}
		f := grade()
		t.Logf("%s at %d of %d bytes kept", want, f.RetainedBytes, limit)
		require.Equal(t, int64(limit), *f.LimitBytes)
	}
	require.Equal(t, []string{"WARN warning", "ERROR alarm", "ERROR lost"}, said.all())
	var status string
	require.NoError(t, super.QueryRow(context.Background(), `select wal_status from pg_replication_slots where slot_name = $1`, slotOf(t, b.url)).Scan(&status))
	require.Equal(t, "lost", status)
	steps(t, w, 20)

	open()
	b.catchUp(p)
	require.Equal(t, []string{"first_snapshot", "slot_lost"}, said.reasons.all())
	require.Eventually(t, func() bool { return grade().Guard == warehouse.GuardOK }, 30*time.Second, 50*time.Millisecond)
	stop()
	require.NoError(t, store.Close())
	b.requireSame(owner, b.read())
}
