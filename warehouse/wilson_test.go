package warehouse_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sharepartner/sharepartner/warehouse"
)

func TestWilson(t *testing.T) {
	// Worked out by hand: p = 0.5, z = 1.6449, n = 10.
	rate, low, high, ok := warehouse.Wilson(5, 5)
	require.True(t, ok)
	require.InDelta(t, 0.5, rate, 1e-12)
	require.InDelta(t, 0.2693, low, 1e-4)
	require.InDelta(t, 0.7307, high, 1e-4)

	_, _, _, ok = warehouse.Wilson(0, 0)
	require.False(t, ok, "nothing closed has no rate")
	// More reopened than won in a period: a share of a negative number means nothing.
	_, _, _, ok = warehouse.Wilson(-1, 3)
	require.False(t, ok)
}

func TestWilsonHoldsItsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		won, lost := rapid.Int64Range(0, 1e6).Draw(t, "won"), rapid.Int64Range(0, 1e6).Draw(t, "lost")
		rate, low, high, ok := warehouse.Wilson(won, lost)
		require.Equal(t, won+lost > 0, ok)
		if ok {
			require.True(t, 0 <= low && low <= rate && rate <= high && high <= 1, "%v %v %v", low, rate, high)
		}
	})
}
