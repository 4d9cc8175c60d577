package pipelines_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse"
)

// answers asks what dashboards ask, of everything that the store shows.
func answers(t *testing.T, store warehouse.Store) string {
	t.Helper()
	ctx, far := context.Background(), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	view, err := store.View(ctx)
	require.NoError(t, err)
	defer func() { _ = view.Close() }()
	ask := warehouse.Ask{Period: warehouse.Period{From: far.AddDate(-200, 0, 0), To: far}, AsOf: far}
	open, err := view.AmountOpen(ctx, warehouse.EverythingScope(), ask)
	if errors.Is(err, warehouse.ErrNotReady) {
		return noAnswers
	}
	require.NoError(t, err)
	won, err := view.Won(ctx, warehouse.EverythingScope(), ask)
	require.NoError(t, err)
	text, err := json.Marshal([]any{open.Rows, won.Rows})
	require.NoError(t, err)
	return string(text)
}

const noAnswers = "nothing is filled yet, which a dashboard says"

// halfWay is a pipeline that stands in the middle of a load, until it may go on.
type halfWay struct {
	p      *pipelines.Pipeline
	stop   func()
	reach  chan struct{}
	goesOn func()
}

// halfWay starts a pipeline over a store whose checkpoint may look otherwise than it is.
func (b *bed) halfWay(store warehouse.Store, why reasons, looks func(*warehouse.Checkpoint)) *halfWay {
	h := &halfWay{reach: make(chan struct{})}
	gate := make(chan struct{})
	h.goesOn = sync.OnceFunc(func() { close(gate) })
	batches := 0
	h.p, h.stop = start(b.t, pipelines.Config{SourceURL: b.cdc, Log: slog.New(why), DriftEvery: -1, Store: &hookStore{
		Store: store, checkpoint: looks,
		append: func(*warehouse.Batch) error {
			if batches++; batches == 3 {
				close(h.reach)
				<-gate
			}
			return nil
		},
	}})
	b.t.Cleanup(h.goesOn) // before it is stopped
	return h
}

// says holds what is told meanwhile, by the program and by the store to other programs: why, and how old all of it is.
func (h *halfWay) says(t *testing.T, store warehouse.Store, state, reason string) {
	t.Helper()
	select {
	case <-h.reach:
	case <-time.After(time.Minute):
		s, err := h.p.Status(context.Background())
		require.NoError(t, err)
		require.Fail(t, "nothing is loaded", "%+v", s)
	}
	first, err := h.p.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, state, first.State, "%+v", first)
	require.NotNil(t, first.Resyncing)
	require.Equal(t, reason, first.Resyncing.Reason)
	require.Eventually(t, func() bool {
		s, err := store.Status(context.Background())
		return err == nil && s.State == state && s.Resyncing != nil && s.Resyncing.Reason == reason && s.UpdatedAt.After(first.UpdatedAt) &&
			s.LagSeconds > first.LagSeconds && s.InStepAt.Equal(first.InStepAt)
	}, time.Minute, 20*time.Millisecond, "other programs are not told")
}

// Dashboards answer all the time: from the state before, until all of the new one is there. What is told beside them says
// why, and how old the answers are.
func TestAnswersWhileAllRowsAreRead(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	w := newWriter(t, owner, 1)
	steps(t, w, 40)
	store := b.open()
	p, stop := b.run(store)
	b.catchUp(p)
	stop()
	for _, c := range []struct {
		reason string
		looks  func(*warehouse.Checkpoint)
	}{
		{"slot_missing", func(*warehouse.Checkpoint) {}},
		{"other_timeline", func(c *warehouse.Checkpoint) { c.Timeline++ }},
		{"server_behind", func(c *warehouse.Checkpoint) { c.LSN += 1 << 40 }},
		{"warehouse_behind", func(c *warehouse.Checkpoint) { c.LSN = 1 }},
		{"other_server", func(c *warehouse.Checkpoint) { c.SystemID = "1" }},
	} {
		if c.reason == "slot_missing" {
			dropSlots(t, b.url)
		}
		before := answers(t, store)
		require.NotEqual(t, noAnswers, before)
		for range 3 { // tables enough to be in the middle of them
			require.NoError(t, w.tx(func(exec execFunc) { w.addDeal(exec); w.addProduct(exec); w.addAccount(exec); w.addPartner(exec) }))
		}
		why := newReasons(t)
		h := b.halfWay(store, why, c.looks)
		h.says(t, store, "resync", c.reason)
		s, err := h.p.Status(context.Background())
		require.NoError(t, err)
		require.Contains(t, s.Detail, "answers come from the state before")
		require.False(t, s.LastCommit.IsZero())
		require.Equal(t, before, answers(t, store), c.reason)
		h.goesOn()
		b.catchUp(h.p)
		require.NotEqual(t, before, answers(t, store), c.reason)
		require.Equal(t, []string{c.reason}, why.all())
		h.stop()
	}
	require.NoError(t, store.Close())
	require.NoError(t, os.Remove(b.file)) // and with no state before, there is nothing until all is there
	store = b.open()
	h := b.halfWay(store, newReasons(t), nil)
	h.says(t, store, "snapshot", "warehouse_emptied")
	require.Equal(t, noAnswers, answers(t, store))
	h.goesOn()
	b.catchUp(h.p)
	h.stop()
	require.NoError(t, store.Close())
	b.requireSame(owner, b.read())
}

// endsHalfWay runs a program that is killed in the middle of reading all rows.
func (b *bed) endsHalfWay() {
	b.t.Helper()
	p := b.process(b.file, victimHalf+"=1")
	late := time.AfterFunc(2*time.Minute, func() { _ = p.cmd.Process.Kill() })
	p.wait.Wait()
	require.True(b.t, late.Stop(), "it did not come to that: %v", p.said)
	err := p.cmd.Wait()
	require.Error(b.t, err)
	require.Equal(b.t, syscall.SIGKILL, p.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal(), "%v", p.said)
}

// A first copy and a comparison of all rows are killed half way. What was there stays, also when the next program has begun
// again; and in the end all is there, and once.
func TestKilledHalfWay(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	b.oracle(owner)
	w := newWriter(t, owner, 1)
	steps(t, w, 40)
	b.endsHalfWay()
	store, why := b.open(), newReasons(t)
	_, ok, err := store.Checkpoint(context.Background())
	require.NoError(t, err)
	require.False(t, ok)
	require.Equal(t, noAnswers, answers(t, store))
	steps(t, w, 10)
	h := b.halfWay(store, why, nil)
	h.says(t, store, "snapshot", "first_snapshot")
	require.Equal(t, noAnswers, answers(t, store))
	h.goesOn()
	b.catchUp(h.p)
	h.stop()
	require.Equal(t, []string{"first_snapshot"}, why.all())
	before, at := answers(t, store), checkpointOf(t, store)
	require.NoError(t, store.Close())
	duck := b.read()
	b.requireSame(owner, duck)
	b.requireExactLog(owner, duck)
	require.NoError(t, duck.Close())

	_, err = owner.Exec(context.Background(), `select pg_drop_replication_slot('sharepartner_' || current_database())`)
	require.NoError(t, err)
	steps(t, w, 40)
	b.endsHalfWay()
	store = b.open()
	require.Equal(t, at, checkpointOf(t, store))
	require.Equal(t, before, answers(t, store))
	steps(t, w, 10)
	h = b.halfWay(store, why, nil)
	h.says(t, store, "resync", "slot_missing")
	require.Equal(t, before, answers(t, store))
	h.goesOn()
	b.catchUp(h.p)
	h.stop()
	require.Equal(t, []string{"first_snapshot", "slot_missing"}, why.all())
	require.NotEqual(t, before, answers(t, store))
	require.Equal(t, at.Epoch+1, checkpointOf(t, store).Epoch, "what was cut off has left nothing")
	require.NoError(t, store.Close())
	duck = b.read()
	b.requireSame(owner, duck)
	b.requireDerived(duck)
}

func checkpointOf(t *testing.T, store warehouse.Store) warehouse.Checkpoint {
	t.Helper()
	c, ok, err := store.Checkpoint(context.Background())
	require.NoError(t, err)
	require.True(t, ok)
	return c
}
