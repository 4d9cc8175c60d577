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

// The ends are the roots of (share - p)² = z² p (1 - p) / n, solved by hand for small cases: with all of n won the lower
// one is n / (n + z²), and z² = 2.705543.
func TestWilsonWorkedOutByHand(t *testing.T) {
	for _, c := range []struct {
		won, lost       int64
		rate, low, high float64
	}{
		{1, 0, 1, 1 / 3.705543, 1},
		{0, 1, 0, 0, 2.705543 / 3.705543},
		{10, 0, 1, 10 / 12.705543, 1},
		{1, 1, 0.5, 0.120866, 0.879134},
		{50, 50, 0.5, 0.418848, 0.581152},
	} {
		rate, low, high, ok := warehouse.Wilson(c.won, c.lost)
		require.True(t, ok)
		require.InDelta(t, c.rate, rate, 1e-12)
		require.InDelta(t, c.low, low, 1e-5, "low of %d, %d", c.won, c.lost)
		require.InDelta(t, c.high, high, 1e-5, "high of %d, %d", c.won, c.lost)
	}
}
