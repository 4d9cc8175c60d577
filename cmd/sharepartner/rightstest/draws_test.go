//go:build !race

package rightstest

// usualDraws is how many roles the property is held for.
const usualDraws = 10_000
