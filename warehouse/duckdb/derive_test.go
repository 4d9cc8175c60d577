package duckdb_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

// What is brought forward load by load is what a derivation of everything at once gives.
func TestDerivedIsWhole(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s, w := open(t), warehousetest.NewWorld(seed)
			if seed > 0 {
				s.Foldless(10)
			}
			for i := range 40 {
				for range 1 + (i*i)%23 { // loads of few opportunities and of many
					w.Grow()
				}
				w.Load(t.Context(), t, s)
				if i%8 == 7 {
					require.NoError(t, s.Whole(t.Context()))
				}
			}
		})
	}
}

// The temporary tables do not grow from load to load.
func TestStagingStaysEmpty(t *testing.T) {
	s, w := open(t), warehousetest.NewWorld(7)
	for i := range 20 {
		for range 1 + 4*(i%5) {
			w.Grow()
		}
		w.Load(t.Context(), t, s)
	}
	segments, err := s.Staged(t.Context())
	require.NoError(t, err)
	require.Zero(t, segments)
}

// A first copy of many rows is derived at its end, with the same result; so is one that holds changes and deletes.
func TestFirstCopyIsDerivedWhole(t *testing.T) {
	s := open(t)
	s.Piecemeal(12_000, 15_000, 2_000)
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	c := warehousetest.NewChannel()
	k := c.Connect(c.Vendor("V"), c.Partner("P"), "North", "gold")
	p := c.Process(k.Vendor, "Standard", "Qualify", "Propose")
	rows := 0
	for i := 0; rows < 36_000; i++ {
		name := fmt.Sprint(i)
		o := c.Opportunity(name, k, p, "2025-01-01", "Qualify", "10", "EUR").Move("2025-01-03", "Propose").Worth("2025-01-02", "11").Move("2025-01-05", "Won")
		if i%3 == 0 {
			o.Reopen("2025-01-06", "Qualify")
		}
		if i%7 == 0 {
			c.Transaction(func() {
				c.Row(warehouse.OpDelete, "opportunity_history", warehousetest.Values{"opportunity_id": o.ID, "version": 4})
			})
		}
		if rows += 9; i%400 == 399 {
			appendAll(t, load, c)
		}
	}
	appendAll(t, load, c)
	require.NoError(t, load.Commit(t.Context(), c.Checkpoint()))
	require.NoError(t, s.Whole(t.Context()))
}

// A large load is derived piece by piece, each with its changes of opportunities of earlier pieces: late ones, and history
// that is taken back.
func TestLargeLoadsAreDerivedInPieces(t *testing.T) {
	s, w := open(t), warehousetest.NewWorld(3)
	s.Foldless(10)
	for range 30 {
		w.Grow()
	}
	w.Load(t.Context(), t, s)
	s.Piecemeal(60, 500, 2_000)
	for range 3 {
		load, err := s.Begin(t.Context())
		require.NoError(t, err)
		for i := range 12 {
			for range 20 {
				w.Grow()
			}
			if o := w.Opportunities()[i]; i%4 == 3 {
				w.Transaction(func() {
					w.Row(warehouse.OpDelete, "opportunity_history", warehousetest.Values{"opportunity_id": o.ID, "version": 1})
				})
			}
			for _, b := range w.Pending() {
				require.NoError(t, load.Append(t.Context(), b))
			}
			w.ForgetPending()
		}
		require.NoError(t, load.Commit(t.Context(), w.Checkpoint()))
		require.NoError(t, s.Whole(t.Context()))
	}
	segments, err := s.Staged(t.Context())
	require.NoError(t, err)
	require.Zero(t, segments)
}

func appendAll(t *testing.T, load warehouse.Load, c *warehousetest.Channel) {
	t.Helper()
	for _, b := range c.Pending() {
		require.NoError(t, load.Append(t.Context(), b))
		b.Reset()
	}
	c.Forget()
}
