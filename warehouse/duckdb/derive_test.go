package duckdb_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

// What is brought forward load by load is what a derivation of everything at once gives.
func TestDerivedIsWhole(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s, w := open(t), warehousetest.NewWorld(seed)
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
