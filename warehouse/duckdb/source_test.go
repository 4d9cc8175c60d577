package duckdb_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

// What is derived, with what changed later computed from the history, is the same as all computed from the history:
// for everything that was known, had been loaded or had happened by some time, and when history was taken back since.
func TestChangedLaterIsAsTheWholeHistory(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s, w := open(t), warehousetest.NewWorld(100+seed)
			rnd := rand.New(rand.NewPCG(seed, 2))
			var ends []uint64
			for i := range 12 {
				for range 1 + rnd.IntN(30) {
					w.Grow()
				}
				if i == 7 {
					takeBack(w, rnd, seed == 2)
				}
				w.Load(t.Context(), t, s)
				ends = append(ends, w.LSN()-1)
			}
			fast, err := s.View(t.Context())
			require.NoError(t, err)
			defer fast.Close()
			plain, err := s.Plain(t.Context())
			require.NoError(t, err)
			defer plain.Close()
			for range 15 {
				who, a := lookBack(w, rnd, ends)
				want, err := warehousetest.Answers(t.Context(), plain, who, a)
				require.NoError(t, err)
				got, err := warehousetest.Answers(t.Context(), fast, who, a)
				require.NoError(t, err)
				require.Equal(t, want, got, "%+v", a)
			}
		})
	}
}

// takeBack deletes some rows of the history, or all of them.
func takeBack(w *warehousetest.World, rnd *rand.Rand, all bool) {
	w.Transaction(func() {
		if all {
			w.Row(warehouse.OpTruncate, "opportunity_history", nil)
			return
		}
		for range 5 {
			o := w.Opportunities()[rnd.IntN(len(w.Opportunities()))]
			w.Row(warehouse.OpDelete, "opportunity_history", warehousetest.Values{"opportunity_id": o.ID, "version": o.Latest().Version})
		}
	})
}

// lookBack is a random question about the past.
func lookBack(w *warehousetest.World, rnd *rand.Rand, ends []uint64) (warehouse.Scope, warehouse.Ask) {
	day := func() time.Time {
		return warehousetest.At("2025-01-01").Add(time.Duration(rnd.IntN(800)) * 12 * time.Hour)
	}
	from := day()
	a := warehouse.Ask{Period: warehouse.Period{From: from, To: from.AddDate(0, 0, rnd.IntN(200))}, AsOf: warehousetest.At("2028-01-01")}
	if rnd.IntN(2) == 0 {
		a.AsOf = day()
	}
	if rnd.IntN(3) > 0 {
		a.KnownAt = day()
	}
	if rnd.IntN(3) == 0 {
		a.UntilLSN = ends[rnd.IntN(len(ends))]
	}
	k := w.Opportunities()[rnd.IntN(len(w.Opportunities()))].Connection
	switch rnd.IntN(3) {
	case 0:
		return warehouse.VendorScope(k.Vendor), a
	case 1:
		return warehouse.PartnerScope(k.Partner), a
	}
	return everybody, a
}
