package warehouse

import "math"

// wilsonZ is the 95th percentile of the normal distribution: five in a hundred are cut off at each end.
const wilsonZ = 1.6448536269514722

// Wilson gives the share of won and its 90 % interval by Wilson's score. ok is false when there is nothing to
// divide: no rate is better than a rate of nothing.
func Wilson(won, lost int64) (rate, low, high float64, ok bool) {
	n := float64(won + lost)
	if won < 0 || lost < 0 || n == 0 {
		return 0, 0, 0, false
	}
	p := float64(won) / n
	z2 := wilsonZ * wilsonZ
	centre := (p + z2/(2*n)) / (1 + z2/n)
	half := wilsonZ / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	// Rounding may put an end past the rate itself where all are won or all lost.
	return p, math.Min(p, math.Max(0, centre-half)), math.Max(p, math.Min(1, centre+half)), true
}
