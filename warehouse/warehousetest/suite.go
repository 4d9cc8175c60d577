package warehousetest

import (
	"slices"
	"testing"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Run holds an engine against the contract. Every test opens a store of its own.
func Run(t *testing.T, open func(t testing.TB) warehouse.Store) { RunAsking(t, 12, open) }

// RunAsking puts fewer random questions to each world, for engines that take long to plan them. Of the themes it takes those that are
// named, or all.
func RunAsking(t *testing.T, questions int, open func(t testing.TB) warehouse.Store, themes ...string) {
	for _, theme := range []struct {
		name string
		test func(t *testing.T, open func(t testing.TB) warehouse.Store)
	}{
		{"golden", testGolden},
		{"model", func(t *testing.T, open func(t testing.TB) warehouse.Store) { testModel(t, questions, open) }},
		{"loading", testLoading},
		{"log", testLog},
		{"scope", testScope},
		{"branches", testBranches},
		{"fields", testFields},
		{"empty", testEmpty},
		{"time", testTime},
		{"summer time", testSummerTime},
		{"values", testValues},
		{"extremes", testExtremes},
		{"letters", testLetters},
		{"missing", testMissing},
		{"status", testStatus},
		{"lag", testLag},
		{"marks", testMarks},
		{"recent", testRecent},
		{"view", testView},
		{"compare", testCompare},
	} {
		if len(themes) == 0 || slices.Contains(themes, theme.name) {
			t.Run(theme.name, func(t *testing.T) { theme.test(t, open) })
		}
	}
}
