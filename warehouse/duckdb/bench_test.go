package duckdb_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse/duckdb"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

// timeID is an id that grows with n, as UUIDv7 do with time.
func timeID(n int) uuid.UUID {
	id := warehousetest.ID(fmt.Sprint(n))
	binary.BigEndian.PutUint64(id[:8], uint64(0x0190_0000_0000_0000)+uint64(n)<<12)
	return id
}

// filled is a store with n opportunities and about six rows of history each, in a file.
func filled(b *testing.B, n int) (*duckdb.Store, *warehousetest.Channel, []*warehousetest.Opportunity) {
	b.Helper()
	s, err := duckdb.Open(context.Background(), duckdb.Options{Path: filepath.Join(b.TempDir(), "warehouse.duckdb")})
	require.NoError(b, err)
	b.Cleanup(func() { _ = s.Close() })
	c := warehousetest.NewChannel()
	vendors := make([]uuid.UUID, 9)
	for i := range vendors {
		vendors[i] = c.Vendor(fmt.Sprint("V", i))
	}
	process := make([]*warehousetest.Process, 9)
	for i, v := range vendors {
		process[i] = c.Process(v, "Standard", "Qualify", "Discover", "Propose", "Negotiate")
	}
	var ks []warehousetest.Connection
	for i := range 180 {
		ks = append(ks, c.Connect(vendors[i%9], c.Partner(fmt.Sprint("P", i)), []string{"North", "South", "West"}[i%3], []string{"gold", "silver"}[i%2]))
	}
	c.Load(b.Context(), b, s)
	start := warehousetest.At("2023-01-01")
	began := time.Now()
	var kept []*warehousetest.Opportunity
	for from := 0; from < n; from += 20000 {
		for i := from; i < min(n, from+20000); i++ {
			at := start.Add(time.Duration(i) * 90 * time.Second * time.Duration(1_000_000/max(n, 1000)))
			k := ks[i%180]
			o := c.OpportunityWithID(timeID(i), k, process[i%9], warehousetest.Event{EffectiveAt: at, Stage: process[i%9].Stages[0], Amount: warehousetest.Amount(fmt.Sprint(1000 + i%5000)), Currency: "EUR", Region: k.Region, Tier: k.Tier})
			for step, last := 1, i%7; step < min(last, 5); step++ {
				e := o.Latest()
				e.EffectiveAt, e.RecordedAt, e.Change = at.Add(time.Duration(step*(5+i%20))*24*time.Hour), time.Time{}, "stage_moved"
				e.Stage = process[i%9].Stages[step]
				if step == 4 {
					e.Stage = process[i%9].Stages[4+i%3]
				}
				o.Add(e)
			}
			if len(kept) < 5000 && i%max(n/5000, 1) == 0 {
				kept = append(kept, o)
			}
		}
		c.Load(b.Context(), b, s)
		c.Forget()
	}
	b.Logf("filled %d opportunities in %v", n, time.Since(began))
	return s, c, kept
}

// One change of one opportunity per load: what a user waits for at low load.
func BenchmarkLoadOne(b *testing.B) {
	for _, n := range []int{5_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s, c, opportunities := filled(b, n)
			var took []time.Duration
			i := 0
			for b.Loop() {
				o := opportunities[(i*7919)%len(opportunities)]
				i++
				e := o.Latest()
				e.EffectiveAt, e.RecordedAt, e.Change = warehousetest.At("2030-01-01").Add(time.Duration(i)*time.Second), time.Time{}, "edited"
				o.Add(e)
				began := time.Now()
				c.Load(b.Context(), b, s)
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
}
