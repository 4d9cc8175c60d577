package pipelines_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse"
)

// watched collects what a pipeline says of itself whenever its store is given rows, and when they are made visible.
type watched struct {
	*hookStore
	p     *pipelines.Pipeline
	said  []warehouse.Status
	first func() // called once, with the first rows
}

func watch(t *testing.T, b *bed, store warehouse.Store) *watched {
	w := &watched{hookStore: &hookStore{Store: store}}
	look := func() {
		s, err := w.p.Status(context.Background())
		require.NoError(t, err)
		if s.State != "streaming" {
			w.said = append(w.said, s)
		}
	}
	w.append = func(*warehouse.Batch) error {
		look()
		if w.first != nil {
			w.first()
			w.first = nil
		}
		return nil
	}
	w.commit = func(_ warehouse.Checkpoint, commit func() error) error {
		look()
		return commit()
	}
	w.p = pipelines.New(pipelines.Config{SourceURL: b.cdc, Store: w, Log: logTo(t), DriftEvery: -1})
	return w
}

// requireProgress holds what was said against what was read in the end.
func (w *watched) requireProgress(t *testing.T, state, doing string) {
	t.Helper()
	end, err := w.p.Status(context.Background())
	require.NoError(t, err)
	require.Nil(t, end.Progress, "it is over")
	require.NotEmpty(t, w.said)
	before := &warehouse.Progress{}
	for _, s := range w.said[:len(w.said)-1] {
		p := s.Progress
		require.Equal(t, state, s.State)
		require.NotNil(t, p)
		require.Equal(t, len(warehouse.Tables), p.Tables)
		require.Equal(t, warehouse.Tables[p.Number-1].Name, p.Table)
		require.GreaterOrEqual(t, p.Number, before.Number)
		require.GreaterOrEqual(t, p.Rows, before.Rows)
		require.GreaterOrEqual(t, p.About, p.Rows)
		require.InDelta(t, end.LastResync.Rows, p.About, float64(end.LastResync.Rows)/5, "it was analysed")
		require.Contains(t, s.Detail, doing+" "+p.Table)
		before = p
	}
	last := w.said[len(w.said)-1]
	require.Equal(t, end.LastResync.Rows, last.Progress.Rows)
	require.Equal(t, 100, last.Progress.Percent())
	require.Contains(t, last.Detail, "visible")
}

// A first copy and a comparison say which table they are at and how many rows of about how many they have read. Stopped in
// the middle, nothing of it stays, and the next start begins again by the same name.
func TestProgressOfAllRows(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	steps(t, newWriter(t, owner, 1), 60)
	b.plant(owner, 3000)
	exec := func(sql string) {
		t.Helper()
		_, err := owner.Exec(context.Background(), sql)
		require.NoError(t, err)
	}
	exec(`analyze`)
	store := b.open()

	cut := watch(t, b, store)
	ctx, stopAtOnce := context.WithCancel(context.Background())
	cut.first = stopAtOnce
	require.NoError(t, cut.p.Run(ctx))
	s, err := store.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, "stopped", s.State)
	require.Nil(t, s.Progress)
	_, ok, err := store.Checkpoint(context.Background())
	require.NoError(t, err)
	require.False(t, ok)

	first := watch(t, b, store)
	stop := startIt(t, first.p)
	b.catchUp(first.p)
	stop()
	first.requireProgress(t, "snapshot", "copying")

	dropSlots(t, b.url)
	exec(`update crm.organisation set name = name || '!'`)
	exec(`update crm.opportunity_line set quantity = quantity + 1`)
	second := watch(t, b, store)
	stop = startIt(t, second.p)
	b.catchUp(second.p)
	stop()
	second.requireProgress(t, "resync", "comparing")
	require.Contains(t, second.said[0].Detail, "differ so far, and answers come from the state before")
	require.NoError(t, store.Close())
	b.requireSame(owner, b.read())
}
