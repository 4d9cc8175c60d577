package duckdb_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sharepartner/sharepartner/warehouse/duckdb"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

func TestTrace(t *testing.T) {
	b := &testing.B{}
	_ = b
	s := open(t)
	c := warehousetest.NewChannel()
	v := c.Vendor("V")
	p := c.Process(v, "Standard", "Qualify", "Discover", "Propose", "Negotiate")
	k := c.Connect(v, c.Partner("P"), "North", "gold")
	c.Load(t.Context(), t, s)
	var os []*warehousetest.Opportunity
	began := time.Now()
	for i := range 5000 {
		o := c.OpportunityWithID(timeID(i), k, p, warehousetest.Event{EffectiveAt: warehousetest.At("2023-01-01").Add(time.Duration(i) * time.Minute), Stage: p.Stages[0], Amount: warehousetest.Amount("10"), Currency: "EUR"})
		for st := 1; st < 5; st++ {
			e := o.Latest()
			e.EffectiveAt = e.EffectiveAt.Add(24 * time.Hour)
			e.RecordedAt = time.Time{}
			e.Stage = p.Stages[st]
			o.Add(e)
		}
		os = append(os, o)
	}
	fmt.Println("built", time.Since(began))
	duckdb.Trace = func(what string, d time.Duration) { fmt.Printf("%-40s %v\n", what, d) }
	began = time.Now()
	c.Load(t.Context(), t, s)
	fmt.Println("loaded 5000x5", time.Since(began))
	for i := range 5 {
		if i < 4 {
			duckdb.Trace = func(string, time.Duration) {}
		} else {
			duckdb.Trace = func(what string, d time.Duration) { fmt.Printf("%-40s %v\n", what, d) }
		}
		o := os[i*37]
		o.Worth("2031-01-01", "55")
		began = time.Now()
		c.Load(t.Context(), t, s)
		fmt.Println("loaded one", time.Since(began))
	}
	duckdb.Trace = nil
}
