package pipelines_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse"
)

// spoil has values that cannot be kept in rows of two tables, 150 and more of one and one of the other. It gives how many
// they are in all.
func (b *bed) spoil(w *writer) int64 {
	b.t.Helper()
	b.plant(w.conn, 150)
	var products int64
	require.NoError(b.t, w.tx(func(exec execFunc) {
		exec(`update crm.product set list_price = 'NaN'`)
		exec(`update crm.organisation set created_at = 'infinity' where id = $1`, w.vendor)
	}))
	require.NoError(b.t, w.conn.QueryRow(context.Background(), `select count(*) from crm.product`).Scan(&products))
	return products + 1
}

// untilFlooded waits until the pipeline says so, with these words too.
func untilFlooded(t *testing.T, p *pipelines.Pipeline, words ...string) {
	t.Helper()
	require.Eventually(t, func() bool {
		s, err := p.Status(context.Background())
		return err == nil && s.State == "failed" && s.Progress == nil && assertContains(s.Detail, append(words, "more than 100 rows in a minute cannot be kept")...)
	}, time.Minute, 20*time.Millisecond)
}

// openLetters counts what is set aside.
func openLetters(t *testing.T, store warehouse.Store) (open int64) {
	t.Helper()
	counts, err := store.LetterCounts(context.Background())
	require.NoError(t, err)
	for _, c := range counts {
		require.Equal(t, warehouse.LetterOpen, c.State)
		open += c.Count
	}
	return open
}

// A first copy that finds many rows that cannot be kept reads on to count them, shows nothing, and says how many there are,
// of which tables and columns, and what to do. It goes on as soon as somebody lets it.
func TestFloodInAFirstCopy(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	w := newWriter(t, b.owner(), 1)
	bad := b.spoil(w)
	store := b.open()
	p, stop := b.run(store)
	untilFlooded(t, p, "in all 150 in table crm.product (column list_price), 1 in table crm.organisation (column created_at); the last has key ", "sharepartner pipelines allow-aside --rows 51, ", "SHAREPARTNER_ASIDE_PER_MINUTE", "Correct them in Postgres")
	require.EqualValues(t, 151, bad)
	_, ok, err := store.Checkpoint(context.Background())
	require.NoError(t, err)
	require.False(t, ok, "nothing is visible")
	require.Zero(t, openLetters(t, store))

	p.AllowAside(51)
	b.catchUp(p)
	require.Equal(t, bad, openLetters(t, store))
	s, err := p.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, "first_snapshot", s.LastResync.Reason)
	_, err = w.conn.Exec(context.Background(), `update crm.product set list_price = 1`)
	require.NoError(t, err)
	_, err = w.conn.Exec(context.Background(), `update crm.organisation set created_at = now()`)
	require.NoError(t, err)
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())
	b.requireSame(w.conn, b.read())
}

// Rows that are corrected are read as they are then, with nobody letting anything through: in a first copy, and in a
// comparison, which leaves answers as they were meanwhile.
func TestFloodIsOverWhenRowsAreCorrected(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	w := newWriter(t, b.owner(), 1)
	exec := func(sql string) {
		t.Helper()
		_, err := w.conn.Exec(context.Background(), sql)
		require.NoError(t, err)
	}
	correct := func() {
		t.Helper()
		exec(`update crm.product set list_price = 1`)
		exec(`update crm.organisation set created_at = '2026-01-01'`)
	}
	b.spoil(w)
	store := b.open()
	p, stop := b.run(store)
	untilFlooded(t, p, "in all 150 in table crm.product")
	correct()
	b.catchUp(p)
	before, ok, err := store.Checkpoint(context.Background())
	require.NoError(t, err)
	require.True(t, ok)
	stop()

	dropSlots(t, b.url)
	exec(`update crm.product set list_price = 'NaN', active = false`)
	exec(`update crm.organisation set name = 'other'`)
	p, stop = b.run(store)
	untilFlooded(t, p, "in all 150 in table crm.product (column list_price); the last", "--rows 50", "what the warehouse had stands")
	after, _, err := store.Checkpoint(context.Background())
	require.NoError(t, err)
	require.Equal(t, before, after)
	correct()
	b.catchUp(p)
	require.Zero(t, openLetters(t, store))
	s, err := p.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, "slot_missing", s.LastResync.Reason)
	stop()
	require.NoError(t, store.Close())
	b.requireSame(w.conn, b.read())
}
