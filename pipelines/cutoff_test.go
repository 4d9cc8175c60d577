package pipelines_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse"
)

// A comparison that is cut off before it has a slot of its own goes on by its name, which it says while it runs.
func TestComparisonCutOffKeepsItsName(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	steps(t, newWriter(t, owner, 1), 20)
	store, why := b.open(), newReasons(t)
	p, stop := b.reasoned(store, why)
	b.catchUp(p)
	stop()
	tx, err := owner.Begin(context.Background())
	require.NoError(t, err)
	_, err = tx.Exec(context.Background(), `update crm.organisation set name = 'later'`)
	require.NoError(t, err)

	behind := &hookStore{Store: store, checkpoint: func(c *warehouse.Checkpoint) { c.LSN = 1 }} // as in an old copy
	p, stop = start(t, pipelines.Config{SourceURL: b.cdc, Store: behind, Log: slog.New(why), DriftEvery: -1})
	always(t, p, func(s warehouse.Status) bool { return s.State == "resync" && s.Resyncing != nil }, func(warehouse.Status) bool { return true })
	s, err := p.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, "warehouse_behind", s.Resyncing.Reason)
	watching := connect(t, b.url)
	require.Eventually(t, func() bool {
		var kept bool
		err := watching.QueryRow(context.Background(), `select exists (select from pg_replication_slots where database = current_database() and confirmed_flush_lsn is not null)`).Scan(&kept)
		return err == nil && !kept
	}, time.Minute, 20*time.Millisecond, "its slot is gone, and the next one waits")
	stop()
	require.NoError(t, tx.Commit(context.Background()))

	p, stop = b.reasoned(store, why)
	b.catchUp(p)
	s, err = p.Status(context.Background())
	require.NoError(t, err)
	require.Nil(t, s.Resyncing)
	require.Equal(t, "warehouse_behind", s.LastResync.Reason)
	all := why.all()
	require.Equal(t, "first_snapshot", all[0])
	for _, reason := range all[1:] {
		require.Equal(t, "warehouse_behind", reason)
	}
	stop()
	require.NoError(t, store.Close())
	b.requireSame(b.owner(), b.read())
}
