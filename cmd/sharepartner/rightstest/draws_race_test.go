//go:build race

package rightstest

// usualDraws is how many roles the property is held for. Under the race detector, which makes each ten times as slow and
// has nothing to find in one goroutine, a part of them.
const usualDraws = 2_500
