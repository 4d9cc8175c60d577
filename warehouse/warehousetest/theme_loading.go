package warehousetest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

func everythingWon(t *testing.T, s warehouse.Store) (int64, string) {
	t.Helper()
	answer, err := s.Won(t.Context(), warehouse.EverythingScope(), warehouse.Ask{Period: warehouse.Period{From: At("2000-01-01"), To: At("2100-01-01")}, AsOf: At("2100-01-01")})
	require.NoError(t, err)
	if len(answer.Rows) == 0 {
		return 0, "0.00"
	}
	require.Len(t, answer.Rows, 1)
	return answer.Rows[0].Count, answer.Rows[0].Amount.StringFixed(2)
}

func requireWon(t *testing.T, s warehouse.Store, count int64, amount string) {
	t.Helper()
	n, sum := everythingWon(t, s)
	require.Equal(t, count, n)
	require.Equal(t, amount, sum)
}

// simple is a channel with one vendor, one partner and one process.
func simple() (*Channel, Connection, *Process) {
	c := NewChannel()
	k := c.Connect(c.Vendor("V"), c.Partner("P"), "North", "gold")
	return c, k, c.Process(k.Vendor, "Standard", "Qualify", "Propose")
}

func testLoading(t *testing.T, open func(t testing.TB) warehouse.Store) {
	t.Run("sent twice", func(t *testing.T) {
		s := open(t)
		c, k, p := simple()
		c.Load(t.Context(), t, s)
		o := c.Opportunity("1", k, p, "2025-01-01", "Qualify", "10", "EUR").Move("2025-01-02", "Won")
		again, before := c.Pending(), c.Checkpoint()
		c.Load(t.Context(), t, s)
		loaded, _, err := s.Checkpoint(t.Context())
		require.NoError(t, err)
		// What is sent again may be cut in other loads: the place does not go back with the first of them.
		before.LSN = loaded.LSN - 1
		load, err := s.Begin(t.Context())
		require.NoError(t, err)
		require.NoError(t, load.Commit(t.Context(), before))
		stands, _, err := s.Checkpoint(t.Context())
		require.NoError(t, err)
		require.Equal(t, loaded, stands)
		// The sender begins again before the checkpoint: everything it sends once more, and something new with it.
		o.Reopen("2025-01-03", "Qualify").Worth("2025-01-04", "20").Move("2025-01-05", "Won")
		load, err = s.Begin(t.Context())
		require.NoError(t, err)
		for _, b := range append(again, c.Pending()...) {
			require.NoError(t, load.Append(t.Context(), b))
		}
		require.NoError(t, load.Commit(t.Context(), c.Checkpoint()))
		requireWon(t, s, 1, "20.00")
	})
	t.Run("rolled back", func(t *testing.T) { testRolledBack(t, open(t)) })
	t.Run("in pieces", func(t *testing.T) { testPieces(t, open(t)) })
	t.Run("snapshot, then the stream", func(t *testing.T) {
		s := open(t)
		c, k, p := simple()
		c.Snapshot(true)
		o := c.Opportunity("1", k, p, "2025-01-01", "Qualify", "10", "EUR")
		c.Load(t.Context(), t, s)
		c.Snapshot(false)
		o.Move("2025-01-02", "Won")
		c.Load(t.Context(), t, s)
		requireWon(t, s, 1, "10.00")
	})
	t.Run("reset", func(t *testing.T) {
		s := open(t)
		c, k, p := simple()
		c.Opportunity("1", k, p, "2025-01-01", "Won", "10", "EUR")
		c.Load(t.Context(), t, s)
		require.NoError(t, s.Reset(t.Context()))
		_, ok, err := s.Checkpoint(t.Context())
		require.NoError(t, err)
		require.False(t, ok)
		c, k, p = simple()
		c.Opportunity("2", k, p, "2025-01-01", "Won", "3", "EUR")
		c.Load(t.Context(), t, s)
		requireWon(t, s, 1, "3.00")
	})
}

func testRolledBack(t *testing.T, s warehouse.Store) {
	c, k, p := simple()
	c.Opportunity("1", k, p, "2025-01-01", "Won", "10", "EUR")
	c.Load(t.Context(), t, s)
	before, ok, err := s.Checkpoint(t.Context())
	require.NoError(t, err)
	require.True(t, ok)
	c.Opportunity("2", k, p, "2025-01-01", "Won", "20", "EUR")
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	for _, b := range c.Pending() {
		require.NoError(t, load.Append(t.Context(), b))
	}
	requireWon(t, s, 1, "10.00") // an open load is not seen, and does not block
	require.NoError(t, load.Rollback())
	require.NoError(t, load.Rollback())
	require.Error(t, load.Append(t.Context(), c.Pending()[0]))
	require.Error(t, load.Commit(t.Context(), c.Checkpoint()))
	after, _, err := s.Checkpoint(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after)
	c.Load(t.Context(), t, s)
	requireWon(t, s, 2, "30.00")
	after, _, err = s.Checkpoint(t.Context())
	require.NoError(t, err)
	require.Equal(t, c.Checkpoint(), after)
}

// testPieces sends a transaction that comes in many pieces, each of more rows than an engine takes at a time: first for nothing,
// then for good.
func testPieces(t *testing.T, s warehouse.Store) {
	const pieces, each = 12, 2_000
	c, k, p := simple()
	c.Load(t.Context(), t, s)
	for attempt := range 2 {
		load, err := s.Begin(t.Context())
		require.NoError(t, err)
		for piece := range pieces {
			for i := range each / 2 {
				o := c.OpportunityWithID(ID(fmt.Sprint(attempt, piece, i)), k, p, Event{EffectiveAt: At("2025-01-01"), Stage: p.Stage("Qualify"), Amount: Amount("1.25"), Currency: "EUR"})
				if piece > 0 && i == 0 { // a change of something from an earlier piece
					first := c.all[0]
					first.Move("2025-02-01", "Won").Reopen("2025-02-02", "Qualify")
				}
				o.Move("2025-01-03", "Won")
			}
			for _, b := range c.Pending() {
				require.NoError(t, load.Append(t.Context(), b))
			}
			c.pending = nil
		}
		if attempt == 0 {
			require.NoError(t, load.Rollback())
			requireWon(t, s, 0, "0.00")
			c.all = nil
			continue
		}
		require.NoError(t, load.Commit(t.Context(), c.Checkpoint()))
	}
	requireWon(t, s, pieces*each/2-1, Amount("1.25").Mul(Amount(fmt.Sprint(pieces*each/2-1))).StringFixed(2)) // the first one was won and reopened
}
