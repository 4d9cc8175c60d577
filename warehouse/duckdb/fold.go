package duckdb

import (
	"cmp"
	"database/sql/driver"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// What derive.go does with queries, for the few rows of a small load: planning those queries takes longer than all else.

// historyRow is a row of the history. What is only passed on stays as the driver has it.
type historyRow struct {
	id                                                                       uuid.UUID
	seq                                                                      int64
	connection, vendor, partner, process, stage, currency, region, tier, amt any
	effective, recorded                                                      time.Time
	kind                                                                     string // of the stage
	position                                                                 int64
}

func byBusinessTime(a, b historyRow) int {
	return cmp.Or(a.effective.Compare(b.effective), a.recorded.Compare(b.recorded), cmp.Compare(a.seq, b.seq))
}

// closure is what a closed stage was entered with.
type closure struct{ at, amount, currency, region, tier, stage any }

// folded is the state of an opportunity after its last row.
type folded struct {
	last                                  historyRow
	touched                               bool // by the load
	createdAt, createdRegion, createdTier any
	position, furthest                    *int64
	closed                                closure
	stays                                 map[int64]stay
}

type stay struct{ entered, left any }

// add takes the next row and gives the move that it is. The receiver is nil before the first row.
func (f *folded) add(h historyRow) (*folded, []driver.Value) {
	move := []driver.Value{
		engineID(h.id), h.seq, h.connection, h.vendor, h.partner, h.effective, h.recorded, h.process,
		h.stage, h.kind, h.position, h.amt, h.currency, h.region, h.tier,
	}
	if f == nil {
		f = &folded{createdAt: h.effective, createdRegion: h.region, createdTier: h.tier, stays: make(map[int64]stay)}
		move = append(move, nil, nil, nil, nil)
	} else {
		move = append(move, f.last.stage, f.last.kind, f.last.position, f.last.amt)
	}
	before := f.last
	var back closure
	if before.kind != "" && before.kind != "active" && before.kind != h.kind {
		back = f.closed
	}
	move = append(move, back.amount, back.currency, back.region, back.tier, back.stage)
	f.touched = true
	f.close(before, h)
	f.stay(before, h)
	if h.kind == "active" || h.kind == "won" {
		furthest := h.position
		if f.furthest != nil {
			furthest = max(furthest, *f.furthest)
		}
		f.position, f.furthest = &h.position, &furthest
	}
	f.last = h
	return f, move
}

// close notes what a closed stage is entered with.
func (f *folded) close(before, h historyRow) {
	switch {
	case h.kind == "active":
		f.closed = closure{}
	case before.kind != h.kind:
		f.closed = closure{h.effective, h.amt, h.currency, h.region, h.tier, h.stage}
	}
}

// stay notes first entries and last exits.
func (f *folded) stay(before, h historyRow) {
	same := before.kind == "active" && h.kind == "active" && before.position == h.position
	if before.kind == "active" && !same {
		f.stays[before.position] = stay{f.stays[before.position].entered, h.effective}
	}
	if _, entered := f.stays[h.position]; h.kind == "active" && !same && !entered {
		f.stays[h.position] = stay{entered: h.effective}
	}
}

// wideRow is the row of opportunity_wide.
func (f *folded) wideRow() []driver.Value {
	h := f.last
	return []driver.Value{
		engineID(h.id), h.connection, h.vendor, h.partner, h.process, f.createdAt, f.createdRegion, f.createdTier,
		h.stage, h.kind, h.position, h.amt, h.currency, h.region, h.tier, h.effective, h.recorded, h.seq, number(f.position), number(f.furthest),
		f.closed.at, f.closed.amount, f.closed.currency, f.closed.region, f.closed.tier, f.closed.stage,
	}
}

// stayRows are the rows of opportunity_stay.
func (f *folded) stayRows() [][]driver.Value {
	h := f.last
	var rows [][]driver.Value
	for _, position := range slices.Sorted(maps.Keys(f.stays)) {
		s := f.stays[position]
		rows = append(rows, []driver.Value{
			engineID(h.id), h.vendor, h.partner, h.process, h.currency, f.createdAt, f.createdRegion, f.createdTier,
			h.effective, position, s.entered, s.left, h.kind == "active" && h.position == position,
		})
	}
	return rows
}

func number(n *int64) driver.Value {
	if n == nil {
		return nil
	}
	return *n
}
