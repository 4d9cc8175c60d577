package warehousetest

import (
	"testing"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Run holds an engine against the contract. Every test opens a store of its own.
func Run(t *testing.T, open func(t testing.TB) warehouse.Store) {
	for _, theme := range []struct {
		name string
		test func(t *testing.T, open func(t testing.TB) warehouse.Store)
	}{
		{"golden", testGolden},
		{"model", testModel},
		{"loading", testLoading},
		{"log", testLog},
		{"scope", testScope},
		{"branches", testBranches},
		{"fields", testFields},
		{"empty", testEmpty},
		{"time", testTime},
		{"summer time", testSummerTime},
		{"values", testValues},
		{"letters", testLetters},
		{"missing", testMissing},
		{"status", testStatus},
		{"lag", testLag},
		{"marks", testMarks},
		{"recent", testRecent},
		{"view", testView},
		{"compare", testCompare},
	} {
		t.Run(theme.name, func(t *testing.T) { theme.test(t, open) })
	}
}
