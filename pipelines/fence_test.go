package pipelines_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse"
)

// requireSameDeals holds the deals of both sides at a fence against each other.
func requireSameDeals(t *testing.T, m *pipelines.Moment) int64 {
	t.Helper()
	ctx := context.Background()
	conn, err := m.Begin(ctx)
	require.NoError(t, err)
	defer conn.Close(ctx)
	var open, won int64
	require.NoError(t, conn.QueryRow(ctx, `select count(*) filter (where stage_type = 'active'), count(*) filter (where stage_type = 'won') from crm.opportunity`).Scan(&open, &won))
	far := time.Now().AddDate(1, 0, 0)
	ask := warehouse.Ask{Period: warehouse.Period{From: time.Now().AddDate(-10, 0, 0), To: far}, AsOf: far}
	count := func(answer warehouse.Answer[warehouse.Tally], err error) (n int64) {
		require.NoError(t, err)
		for _, r := range answer.Rows {
			n += r.Count
		}
		return n
	}
	require.Equal(t, open, count(m.View.AmountOpen(ctx, warehouse.EverythingScope(), ask)), "open at the fence")
	require.Equal(t, won, count(m.View.Won(ctx, warehouse.EverythingScope(), ask)), "won at the fence")
	return open + won
}

func TestFenceBringsBothSidesToOnePlace(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	store := b.open()
	p, stop := b.run(store)
	_, err := p.Fence(context.Background())
	if err != nil {
		require.ErrorIs(t, err, pipelines.ErrNotStreaming)
	}
	b.catchUp(p)
	written := b.keepWriting(4)
	var last int64
	for range 15 {
		before := time.Now()
		m, err := p.Fence(context.Background())
		require.NoError(t, err)
		took := time.Since(before)
		time.Sleep(50 * time.Millisecond) // both sides go on
		n := requireSameDeals(t, m)
		t.Logf("%d deals at %d after %s", n, m.LSN, took)
		require.GreaterOrEqual(t, n, last)
		last = n
		m.Close()
	}
	require.Positive(t, last)
	written()
	b.catchUp(p)

	t.Run("while nothing is written", func(t *testing.T) {
		m, err := p.Fence(context.Background())
		require.NoError(t, err)
		requireSameDeals(t, m)
		m.Close()
		m.Close()
	})
	t.Run("several at once", func(t *testing.T) {
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				m, err := p.Fence(context.Background())
				if err == nil {
					defer m.Close()
				}
				require.NoError(t, err)
			})
		}
		all.Wait()
	})
	t.Run("while a transaction stays open", func(t *testing.T) {
		owner := b.owner()
		tx, err := owner.Begin(context.Background())
		require.NoError(t, err)
		_, err = tx.Exec(context.Background(), `update crm.organisation set name = 'later'`)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
		defer cancel()
		_, err = p.Fence(ctx)
		require.Error(t, err)
		other := b.owner()
		_, err = other.Exec(context.Background(), `insert into crm.organisation (id, name, created_at) values ($1, 'Meanwhile', now())`, id())
		require.NoError(t, err)
		catchUp(t, other, p)
		require.NoError(t, tx.Commit(context.Background()))
		m, err := p.Fence(context.Background())
		require.NoError(t, err)
		m.Close()
	})
	stop()
	_, err = p.Fence(context.Background())
	require.ErrorIs(t, err, pipelines.ErrNotStreaming)
	var slots int
	require.NoError(t, b.owner().QueryRow(context.Background(), `select count(*) from pg_replication_slots where database = current_database()`).Scan(&slots))
	require.Equal(t, 1, slots, "no fence leaves a slot behind")
	require.NoError(t, store.Close())
	b.requireSame(b.owner(), b.read())
}
