package warehousetest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// World is random data: a channel that grows by itself.
type World struct {
	*Channel
	rnd       *rand.Rand
	vendors   []uuid.UUID
	partners  []uuid.UUID
	processes map[uuid.UUID][]*Process
	ends      []uint64 // where loads ended
}

// NewWorld begins one; the same seed gives the same world.
func NewWorld(seed uint64) *World {
	w := &World{Channel: NewChannel(), rnd: rand.New(rand.NewPCG(seed, 1)), processes: map[uuid.UUID][]*Process{}}
	for i := range 2 {
		v := w.Vendor(fmt.Sprint("V", i))
		w.vendors = append(w.vendors, v)
		w.processes[v] = []*Process{w.Process(v, "long", "a", "b", "c", "d"), w.Process(v, "short", "a")}
	}
	for i := range 3 {
		p := w.Partner(fmt.Sprint("P", i))
		w.partners = append(w.partners, p)
		w.processes[p] = []*Process{w.Process(p, "own", "a", "b")}
	}
	// One stands in the middle of two tiers: it sells for vendors, and partners sell for it.
	m := w.Vendor("M")
	w.vendors, w.partners = append(w.vendors, m), append(w.partners, m)
	w.processes[m] = []*Process{w.Process(m, "both", "a", "b", "c")}
	return w
}

func pick[T any](w *World, from ...T) T { return from[w.rnd.IntN(len(from))] }

// day is an instant of 2025 on a coarse grid, so that instants coincide.
func (w *World) day() time.Time {
	return At("2025-01-01").Add(time.Duration(w.rnd.IntN(730)) * 12 * time.Hour)
}

func (w *World) amount() decimal.Decimal { return decimal.New(w.rnd.Int64N(1_000_000), -2) }

// Grow adds an opportunity, or changes one: mostly forward in time, sometimes back-dated.
func (w *World) Grow() {
	if len(w.all) == 0 || w.rnd.IntN(4) == 0 {
		k := Connection{ID: w.id(), Vendor: pick(w, w.vendors...), Partner: pick(w, w.partners...), Region: pick(w, "", "North", "South"), Tier: pick(w, "", "gold", "silver")}
		for k.Partner == k.Vendor { // nobody sells for itself
			k.Partner = pick(w, w.partners...)
		}
		org := k.Vendor
		switch w.rnd.IntN(6) {
		case 0:
			k.ID, k.Partner = uuid.Nil, uuid.Nil
		case 1:
			k.ID, k.Vendor, org = uuid.Nil, uuid.Nil, k.Partner
		}
		p := pick(w, w.processes[org]...)
		w.OpportunityWithID(w.id(), k, p, Event{EffectiveAt: w.day(), Stage: w.stage(p), Amount: w.amount(), Currency: pick(w, "EUR", "EUR", "USD"), Region: k.Region, Tier: k.Tier})
		return
	}
	o := pick(w, w.all...)
	if w.rnd.IntN(4) == 0 {
		o.Held(w.holder(o))
		return
	}
	e := o.Latest()
	e.Change = "edited"
	if w.rnd.IntN(5) > 0 {
		e.EffectiveAt = e.EffectiveAt.Add(time.Duration(w.rnd.IntN(60)) * 12 * time.Hour)
	} else {
		e.EffectiveAt = w.day()
	}
	e.RecordedAt = e.EffectiveAt.Add(time.Duration(w.rnd.IntN(40)) * 12 * time.Hour)
	switch w.rnd.IntN(6) {
	case 0:
		e.Amount = w.amount()
	case 1:
		e.Region, e.Tier = pick(w, "", "North", "West"), pick(w, "", "gold", "platinum")
	default:
		e.Stage = w.stage(o.Process)
	}
	o.Add(e)
}

func (w *World) stage(p *Process) Stage {
	if w.rnd.IntN(2) == 0 {
		return p.Stages[w.rnd.IntN(len(p.Stages)-3)]
	}
	return pick(w, p.Stages...)
}

func (w *World) id() (id uuid.UUID) {
	for i := range id {
		id[i] = byte(w.rnd.Uint32())
	}
	return id
}
