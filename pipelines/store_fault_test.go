package pipelines_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// confirmed is what the server was told.
func confirmed(t *testing.T, owner *pgx.Conn) uint64 {
	var text string
	require.NoError(t, owner.QueryRow(context.Background(), `select confirmed_flush_lsn::text from pg_replication_slots where slot_name = 'sharepartner_' || current_database()`).Scan(&text))
	lsn, err := pgsource.ParseLSN(text)
	require.NoError(t, err)
	return lsn
}

// A commit that fails, and one that succeeds and says that it failed, neither lose nor double anything.
func TestStoreFaults(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	b.oracle(owner)
	store := b.open()
	var loads atomic.Int64
	p, stop := b.run(&hookStore{
		Store: store,
		commit: func(_ warehouse.Checkpoint, commit func() error) error {
			switch loads.Add(1) % 7 {
			case 3:
				return errors.New("the disk is full")
			case 5:
				return errors.Join(commit(), errors.New("the line went dead"))
			}
			return commit()
		},
		append: func(*warehouse.Batch) error {
			if loads.CompareAndSwap(8, 9) {
				return errors.New("no memory")
			}
			return nil
		},
	})
	written := b.keepWriting(2)
	deadline := time.Now().Add(time.Minute)
	for loads.Load() < 40 && time.Now().Before(deadline) {
		if s, err := p.Status(context.Background()); err == nil && s.State == "streaming" {
			told := confirmed(t, owner)
			c, ok, err := store.Checkpoint(context.Background())
			require.NoError(t, err)
			require.True(t, ok)
			require.LessOrEqual(t, told, c.LSN, "confirmed before it was loaded")
		}
		time.Sleep(20 * time.Millisecond)
	}
	written()
	b.catchUp(p)
	require.Greater(t, loads.Load(), int64(15))
	s, err := p.Status(context.Background())
	require.NoError(t, err)
	require.Contains(t, s.LastFault, "warehouse: ")
	require.NotZero(t, s.LastFaultAt)
	stop()
	require.NoError(t, store.Close())
	duck := b.read()
	b.requireSame(owner, duck)
	b.requireExactLog(owner, duck)
}

// A loader that is slower than the source holds reading back: memory stays flat, the server keeps the line, and a
// transaction larger than any batch becomes visible as a whole.
func TestBackPressure(t *testing.T) {
	b := newBed(t)
	owner := b.owner()
	store := b.open()
	var peak, largest, batches, commits atomic.Int64
	var slow atomic.Bool
	p := pipelines.New(pipelines.Config{SourceURL: b.cdc + "&wal_sender_timeout=5s", Log: logTo(t), Store: &hookStore{
		Store: store,
		append: func(batch *warehouse.Batch) error {
			if slow.Load() {
				batches.Add(1)
				largest.Store(max(largest.Load(), int64(batch.Len())))
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), int64(m.HeapInuse)))
				time.Sleep(250 * time.Millisecond)
			}
			return nil
		},
		commit: func(_ warehouse.Checkpoint, commit func() error) error {
			if batches.Load() > 0 { // not one that only notes a position
				commits.Add(1)
			}
			return commit()
		},
	}})
	p.Tune(func(_ *pgsource.Options, l *pipelines.Limits) { l.Rows, l.HardRows = 2000, 5000 })
	stop := startIt(t, p)
	b.catchUp(p)
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	slow.Store(true)
	_, err := owner.Exec(context.Background(), `begin`)
	require.NoError(t, err)
	b.plant(owner, 40_000) // 80,000 rows in one transaction: at least 16 batches
	_, err = owner.Exec(context.Background(), `commit`)
	require.NoError(t, err)
	var most float64
	require.Eventually(t, func() bool {
		s, err := p.Status(context.Background())
		require.NoError(t, err)
		most = max(most, s.LagSeconds)
		if commits.Load() == 0 {
			return false
		}
		return s.LagSeconds == 0
	}, 60*time.Second, 50*time.Millisecond)
	require.Greater(t, most, 2.0, "lag grows while rows wait")
	require.LessOrEqual(t, largest.Load(), int64(5000))
	require.GreaterOrEqual(t, batches.Load(), int64(16))
	require.LessOrEqual(t, commits.Load(), int64(2), "one transaction, one load")
	require.Less(t, peak.Load()-int64(before.HeapInuse), int64(40<<20), "memory is bound by the batches, not by the transaction")
	s, err := p.Status(context.Background())
	require.NoError(t, err)
	require.Empty(t, s.LastFault, "the server kept the line")
	stop()
	require.NoError(t, store.Close())
	b.requireSame(owner, b.read())
}

// What lies in the log and is nothing of ours is passed over, so that an idle slot does not hold the log back.
func TestIdleSlotMovesOn(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	store := b.open()
	p := pipelines.New(pipelines.Config{SourceURL: b.cdc, Store: store, Log: logTo(t)})
	p.Tune(func(_ *pgsource.Options, l *pipelines.Limits) { l.IdleEvery = 100 * time.Millisecond })
	stop := startIt(t, p)
	b.catchUp(p)
	_, err := owner.Exec(context.Background(), `insert into crm.person (id, display_name, created_at) select gen_random_uuid(), repeat('x', 100), now() from generate_series(1, 5000)`)
	require.NoError(t, err)
	place := fence(t, owner)
	require.Eventually(t, func() bool {
		s, err := p.Status(context.Background())
		require.NoError(t, err)
		return confirmed(t, owner) >= place && s.LagSeconds == 0
	}, 10*time.Second, 50*time.Millisecond)
	c, _, err := store.Checkpoint(context.Background())
	require.NoError(t, err)
	require.GreaterOrEqual(t, c.LSN, confirmed(t, owner), "the store knows how far the slot is")
	stop()

	// What was said stays in the store, for whoever asks there.
	kept, err := pipelines.New(pipelines.Config{SourceURL: b.cdc, Store: store}).Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, "stopped", kept.State)
}
