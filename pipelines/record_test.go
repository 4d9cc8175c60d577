package pipelines_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// What is counted is what was loaded, and whoever looks into the store finds it.
func TestStatusIsKept(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	w := newWriter(t, owner, 1)
	store := b.open()
	p, stop := b.run(store)
	b.catchUp(p)
	reaches(t, p, "streaming", 5*time.Second)
	before, err := p.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, int64(1), before.Resyncs)
	require.Equal(t, "first_snapshot", before.LastResync.Reason)
	require.Equal(t, before.Rows, before.LastResync.Rows)
	organisations := func(s warehouse.Status) warehouse.TableCount {
		for _, c := range s.Tables {
			if c.Table == "organisation" {
				return c
			}
		}
		return warehouse.TableCount{}
	}
	require.Positive(t, organisations(before).Copied)
	for range 3 {
		_, err := owner.Exec(context.Background(), `update crm.organisation set name = name || '!' where id = $1`, w.vendor)
		require.NoError(t, err)
	}
	b.catchUp(p)
	after, err := p.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, int64(3), organisations(after).Updated)
	require.Equal(t, before.Rows+3, after.Rows)
	require.Equal(t, after.Rows, after.Batches.Rows)
	require.Positive(t, after.Batches.Last.Bytes)
	require.Positive(t, after.Batches.Seconds)
	require.GreaterOrEqual(t, after.Batches.Seconds, after.Batches.CommitSeconds)
	require.Eventually(t, func() bool {
		kept, err := store.Status(context.Background())
		require.NoError(t, err)
		lags, err := store.Lags(context.Background())
		require.NoError(t, err)
		return kept.Rows == after.Rows && kept.Batches == after.Batches && len(lags) > 0
	}, 10*time.Second, 50*time.Millisecond)
	stop()

	p, stop = b.run(store)
	b.catchUp(p)
	again, err := p.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, before.LastResync, again.LastResync, "outlives the program")
	require.Zero(t, again.Resyncs, "counts are of this run")
	require.True(t, again.Since.After(after.Since))
	stop()
}
