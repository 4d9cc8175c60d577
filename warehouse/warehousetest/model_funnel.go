package warehousetest

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/warehouse"
)

// passage is one opportunity of a cohort on its way through the stages.
type passage struct {
	posted
	last     Event
	furthest int         // largest position of a stage of type active or won; 0: none
	place    int         // position of the last such stage, beyond all when won now
	stays    map[int]int // microseconds in each active position that it entered
	open     int         // the position where it still is; 0: none
}

// modelCohort follows the opportunities created in the period up to the instant.
func modelCohort(all []*Opportunity, who warehouse.Scope, a warehouse.Ask) []passage {
	var cohort []passage
	for _, o := range all {
		events := told(o, who, a, true)
		if !inScope(o, who) || len(events) == 0 || !within(events[0].EffectiveAt, a) {
			continue
		}
		p := follow(events, a.AsOf)
		p.posted = posted{"created", 1, events[0].EffectiveAt, p.last.Amount, o, events[0]}
		p.dims.Currency = p.last.Currency
		if p.furthest > 0 && len(keep([]posted{p.posted}, a, false)) == 1 {
			cohort = append(cohort, p)
		}
	}
	return cohort
}

func follow(events []Event, asOf time.Time) passage {
	p := passage{last: events[len(events)-1], stays: map[int]int{}}
	first, left, at := map[int]time.Time{}, map[int]time.Time{}, 0
	for _, e := range events {
		now := 0
		if e.Stage.Type == "active" {
			now = e.Stage.Position
		}
		if now != at && at > 0 {
			left[at] = e.EffectiveAt
		}
		if _, entered := first[now]; now > 0 && !entered {
			first[now] = e.EffectiveAt
		}
		if now > 0 || e.Stage.Type == "won" {
			p.furthest, p.place = max(p.furthest, e.Stage.Position), e.Stage.Position
		}
		at = now
	}
	if at > 0 {
		left[at], p.open = asOf, at
	}
	for position, entered := range first {
		p.stays[position] = int(left[position].Sub(entered).Microseconds())
	}
	if p.last.Stage.Type == "won" {
		p.place = math.MaxInt
	}
	return p
}

// isPart says whether it belongs to a part of a stage.
func (p passage) isPart(part string, position int) bool {
	kind := p.last.Stage.Type
	if p.furthest < position {
		return false
	}
	switch part {
	case "reached":
		return true
	case "went_on":
		return p.place > position
	case "moved_back":
		return p.place < position
	case "lost", "disqualified":
		return p.place == position && kind == part
	case "still_here":
		return p.place == position && kind == "active"
	case "won":
		return kind == "won"
	}
	return false
}

func modelFunnel(all []*Opportunity, who warehouse.Scope, a warehouse.Ask) []warehouse.FunnelStage {
	type group struct {
		process  *Process
		currency string
	}
	groups := map[group][]passage{}
	for _, p := range modelCohort(all, who, a) {
		g := group{p.o.Process, p.last.Currency}
		groups[g] = append(groups[g], p)
	}
	var rows []warehouse.FunnelStage
	for g, cohort := range groups {
		for _, s := range g.process.Stages {
			if s.Type == "active" {
				row := modelStage(cohort, s)
				row.ProcessID, row.Currency = g.process.ID, g.currency
				rows = append(rows, row)
			}
		}
	}
	slices.SortFunc(rows, func(a, b warehouse.FunnelStage) int {
		return cmp.Or(cmp.Compare(a.ProcessID.String(), b.ProcessID.String()), cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Position, b.Position))
	})
	return rows
}

func modelStage(cohort []passage, s Stage) warehouse.FunnelStage {
	row := warehouse.FunnelStage{StageID: s.ID, Name: s.Name, Position: s.Position, Amount: decimal.Zero, AmountWon: decimal.Zero}
	counts := map[string]*int64{
		"reached": &row.Reached, "went_on": &row.WentOn, "lost": &row.Lost, "disqualified": &row.Disqualified,
		"moved_back": &row.MovedBack, "still_here": &row.StillHere, "won": &row.Won,
	}
	var stays []int
	for _, p := range cohort {
		for part, n := range counts {
			if p.isPart(part, s.Position) {
				*n++
			}
		}
		if p.isPart("reached", s.Position) {
			row.Amount = row.Amount.Add(p.last.Amount)
		}
		if p.isPart("won", s.Position) {
			row.AmountWon = row.AmountWon.Add(p.last.Amount)
		}
		if stay, entered := p.stays[s.Position]; entered {
			stays = append(stays, stay)
		}
		if p.open == s.Position {
			row.OpenStays++
		}
	}
	slices.Sort(stays)
	row.MedianDays, row.P90Days = quantile(stays, 5), quantile(stays, 9)
	return row
}

// quantile is the smallest element that at least so many tenths of all do not exceed.
func quantile(sorted []int, tenths int) *float64 {
	if len(sorted) == 0 {
		return nil
	}
	d := float64(sorted[(len(sorted)*tenths+9)/10-1]) / float64(24*time.Hour/time.Microsecond)
	return &d
}
