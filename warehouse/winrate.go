package warehouse

import "math"

// z90 is the 95th percentile of the normal distribution: a two-sided interval of 90 %.
const z90 = 1.6448536269514722

// Wilson90 is the share of won among the closed with its Wilson interval of 90 %. ok is false when nothing is closed:
// then there is no rate. Counts below zero (more reopened than closed in a short period) count as none.
func Wilson90(won, lost int64) (rate, low, high float64, ok bool) {
	won, lost = max(won, 0), max(lost, 0)
	if won+lost == 0 {
		return 0, 0, 0, false
	}
	n := float64(won + lost)
	rate = float64(won) / n
	middle := (rate + z90*z90/(2*n)) / (1 + z90*z90/n)
	half := z90 / (1 + z90*z90/n) * math.Sqrt(rate*(1-rate)/n+z90*z90/(4*n*n))
	return rate, min(max(middle-half, 0), rate), max(min(middle+half, 1), rate), true
}
