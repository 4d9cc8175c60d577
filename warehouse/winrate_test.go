package warehouse

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The bounds are the roots of (share - p)² = z² p (1 - p) / n, solved by hand for the small cases: with all of n won
// the lower one is n / (n + z²), and z² = 2.705543.
func TestWilson90(t *testing.T) {
	for _, c := range []struct {
		won, lost       int64
		rate, low, high float64
	}{
		{1, 0, 1, 1 / 3.705543, 1},
		{0, 1, 0, 0, 2.705543 / 3.705543},
		{10, 0, 1, 10 / 12.705543, 1},
		{1, 1, 0.5, 0.120866, 0.879134},   // 0.5 ± z/(1+z²/2) · √(1/8 + z²/16)
		{50, 50, 0.5, 0.418848, 0.581152}, // 0.5 ± z/(1+z²/100) · √(1/400 + z²/40000)
	} {
		rate, low, high, ok := Wilson90(c.won, c.lost)
		require.True(t, ok)
		require.InDelta(t, c.rate, rate, 1e-12)
		require.InDelta(t, c.low, low, 1e-5, "low of %d, %d", c.won, c.lost)
		require.InDelta(t, c.high, high, 1e-5, "high of %d, %d", c.won, c.lost)
	}
}

func TestWilson90WithoutData(t *testing.T) {
	for _, c := range [][2]int64{{0, 0}, {-1, 0}, {0, -2}, {-3, -3}} {
		_, _, _, ok := Wilson90(c[0], c[1])
		require.False(t, ok)
	}
}

func TestWilson90HoldsTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		won, lost := rapid.Int64Range(-5, 100_000).Draw(t, "won"), rapid.Int64Range(-5, 100_000).Draw(t, "lost")
		rate, low, high, ok := Wilson90(won, lost)
		if !ok {
			return
		}
		if !(0 <= low && low <= rate && rate <= high && high <= 1) {
			t.Fatalf("%d won, %d lost: %v not in [%v, %v]", won, lost, rate, low, high)
		}
		_, low2, high2, _ := Wilson90(max(won, 0)*10, max(lost, 0)*10)
		if high2-low2 > high-low {
			t.Fatalf("ten times the data gives a wider interval")
		}
	})
}
