package clickhouse_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/local"
)

// holdsNothing says that the store is as after a Reset.
func holdsNothing(t *testing.T, s *clickhouse.Store) {
	t.Helper()
	_, ok, err := s.Checkpoint(t.Context())
	require.NoError(t, err)
	require.False(t, ok)
	_, err = s.Won(t.Context(), warehouse.EverythingScope(), allTime)
	require.ErrorIs(t, err, warehouse.ErrNotReady)
	uncopied, err := s.Uncopied(t.Context())
	require.NoError(t, err)
	require.Empty(t, uncopied)
}

// standsAt says where the next writer goes on from.
func standsAt(t *testing.T, s *clickhouse.Store, want warehouse.Checkpoint) {
	t.Helper()
	got, ok, err := s.Checkpoint(t.Context())
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, want.LSN, got.LSN)
}

// TestResetCutOff at each step has happened or has not, for readers and for the next writer alike. A table that is not there ends
// it behind its term, or behind the row that lets it count.
func TestResetCutOff(t *testing.T) {
	address, b := chtest.NewURL(t), newBusiness()
	s, reader, conn := openAt(t, address), openAt(t, address), chtest.Connect(t, address)
	b.win(3)
	b.Load(t.Context(), t, s)
	v, err := reader.View(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, v.Close()) }()
	cutOffAt := func(table string) {
		t.Helper()
		require.NoError(t, conn.Exec(t.Context(), "RENAME TABLE "+table+" TO away"))
		require.ErrorContains(t, s.Reset(t.Context()), "empty the warehouse")
		require.NoError(t, conn.Exec(t.Context(), "RENAME TABLE away TO "+table))
	}

	cutOffAt("copied")
	holds(t, reader, b.won)
	standsAt(t, reader, b.Checkpoint())
	for range 2 { // the store that met it, and one that comes later
		b.win(1)
		b.Load(t.Context(), t, s)
		holds(t, reader, b.won)
		s = openAt(t, address)
	}

	require.NoError(t, s.SaveMarks(t.Context(), map[string]string{"crm.product": "1"}))
	cutOffAt("note")
	for _, s := range []*clickhouse.Store{s, reader, openAt(t, address)} {
		holdsNothing(t, s)
	}
	marks, err := s.Marks(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, marks, "those of before only cost a comparison, and none would do without it")
	answer, err := v.Won(t.Context(), warehouse.EverythingScope(), allTime)
	require.NoError(t, err)
	require.EqualValues(t, 3, answer.Rows[0].Count, "a view stays at its moment")
	again := newBusiness()
	again.win(2)
	again.Load(t.Context(), t, s)
	holds(t, reader, again.won)
}

// TestServerKilledInAReset holds the same of a server that is gone as soon as the reset has taken its term, wherever it is by then.
func TestServerKilledInAReset(t *testing.T) {
	t.Parallel()
	server := chtest.Own(t, local.Options{})
	address, b := chtest.NewURLOn(t, server), newBusiness()
	s, watch := openAt(t, address), chtest.Connect(t, address)
	b.win(3)
	b.Load(t.Context(), t, s)
	terms := func() (n uint64) {
		require.NoError(t, watch.QueryRow(t.Context(), "SELECT max(number) FROM term").Scan(&n))
		return n
	}
	before, ended := terms(), make(chan error, 1)
	go func() { ended <- s.Reset(t.Context()) }()
	require.Eventually(t, func() bool { return terms() > before }, patience, time.Millisecond)
	server.Kill()
	told := <-ended
	require.NoError(t, server.Restart(t.Context()))
	other := openAt(t, address)
	if _, kept, err := other.Checkpoint(t.Context()); err == nil && kept {
		require.Error(t, told)
		standsAt(t, other, b.Checkpoint())
	} else {
		require.NoError(t, err)
		holdsNothing(t, other)
		b = newBusiness()
	}
	b.win(1)
	b.Load(t.Context(), t, other)
	holds(t, other, b.won)
	holds(t, s, b.won)
}
