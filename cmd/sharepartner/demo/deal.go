package demo

import (
	"math"
	"math/rand/v2"
	"time"
)

// The stages of the demo's process, by their places.
const (
	registered = iota
	qualified
	solutionFit
	proposal
	negotiation
	won
	lost
	disqualified
)

var stageNames = []string{"Registered", "Qualified", "Solution fit", "Proposal", "Negotiation", "Won", "Lost", "Disqualified"}

// advance is how likely an average deal goes on from an active stage, dwell how many days it usually stays there.
var (
	advance = []float64{0.86, 0.80, 0.78, 0.72, 0.80}
	dwell   = []float64{4, 11, 17, 18, 12}
)

const day = 24 * time.Hour

// step is a state of a deal from some moment on.
type step struct {
	stage        int
	at, recorded time.Time
	amount       int
	close        time.Time
}

// deal is an opportunity on its way.
type deal struct {
	r      *rand.Rand
	now    time.Time
	skill  float64 // of who sells, in log odds
	size   float64 // how much longer than usual it takes
	asleep bool    // nobody looks after it
	steps  []step
}

// live takes a deal from its first day to its end, or to today.
func (d *deal) live(from time.Time, amount int) {
	d.steps = []step{{stage: registered, at: from, amount: amount, close: from.Add(time.Duration(50+d.r.IntN(80)) * day)}}
	back, again := 0, 0
	for {
		s := d.last()
		switch {
		case s.stage == lost && again == 0 && d.r.Float64() < 0.05:
			again++
			s.stage = proposal
			s.at = d.later(s.at, 15+60*d.r.Float64())
			s.close = s.at.Add(45 * day)
		case s.stage > negotiation:
			d.remember()
			return
		default:
			s = d.next(s, &back)
		}
		if !d.add(s) {
			d.remember()
			return
		}
	}
}

// next is what happens to an active deal: it goes on, goes back or ends.
func (d *deal) next(s step, back *int) step {
	days := dwell[s.stage] * d.size * math.Exp(0.7*d.r.NormFloat64())
	if d.asleep && s.stage >= qualified {
		days *= 8
	}
	until := d.later(s.at, days)
	s = d.push(s, until)
	s.at = until
	chance := 1 / (1 + math.Exp(-(math.Log(advance[s.stage]/(1-advance[s.stage])) + d.skill)))
	turn := d.r.Float64()
	switch {
	case d.r.Float64() < chance:
		s.stage++
		s.amount = d.reprice(s)
	case s.stage >= solutionFit && *back == 0 && turn < 0.22:
		*back++
		s.stage--
	case s.stage <= qualified && turn < 0.55:
		s.stage = disqualified
	default:
		s.stage = lost
	}
	if s.stage == won {
		s.at = d.quarterEnd(s.at)
	}
	if s.stage >= won {
		s.close = s.at
	}
	return s
}

// push moves the close date each time it passes while the deal is open.
func (d *deal) push(s step, until time.Time) step {
	for !d.asleep && s.close.Before(until) {
		s.at = weekday(s.close.Add(time.Duration(d.r.IntN(72)-24) * time.Hour))
		s.close = s.close.Add(time.Duration(20+d.r.IntN(45)) * day)
		if s.at.Before(until) && !d.add(s) {
			break
		}
	}
	return s
}

// reprice is the amount on entering a stage: the estimate becomes an offer, the offer a price.
func (d *deal) reprice(s step) int {
	factor := 1.0
	switch s.stage {
	case solutionFit, proposal:
		factor = 0.85 + 0.4*d.r.Float64()
	case negotiation:
		factor = 0.97
	case won:
		factor = 0.88 + 0.12*d.r.Float64()
	}
	return roundTo(float64(s.amount)*factor, 10)
}

// quarterEnd draws what is won in the last weeks of a quarter towards its end.
func (d *deal) quarterEnd(at time.Time) time.Time {
	month := (int(at.Month())-1)/3*3 + 3
	end := time.Date(at.Year(), time.Month(month+1), 1, at.Hour(), at.Minute(), 0, 0, time.UTC).Add(-day)
	if gap := end.Sub(at); gap > 0 && gap < 24*day && d.r.Float64() < 0.5 {
		end = end.Add(-time.Duration(d.r.IntN(4)) * day)
		for end.Weekday() == time.Saturday || end.Weekday() == time.Sunday {
			end = end.Add(-day)
		}
		if end.After(at) {
			return end
		}
	}
	return at
}

// add takes a step if it has happened yet.
func (d *deal) add(s step) bool {
	if previous := d.last().at; !s.at.After(previous) {
		s.at = previous.Add(time.Minute)
	}
	if s.at.After(d.now) {
		return false
	}
	d.steps = append(d.steps, s)
	return true
}

// remember says when each step was written down: mostly at once, sometimes days later.
func (d *deal) remember() {
	for i := range d.steps {
		s := &d.steps[i]
		s.recorded = s.at
		if d.r.Float64() < 0.12 {
			if late := s.at.Add(time.Duration(20+d.r.IntN(170)) * time.Hour); late.Before(d.now) {
				s.recorded = late
			}
		}
	}
}

func (d *deal) last() step { return d.steps[len(d.steps)-1] }

func (d *deal) later(at time.Time, days float64) time.Time {
	return weekday(at.Add(time.Duration(math.Max(0.1, days) * float64(day))))
}

// weekday moves what falls outside of office hours into them.
func weekday(at time.Time) time.Time {
	for at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
		at = at.Add(day)
	}
	if h := at.Hour(); h < 7 || h > 16 {
		at = at.Truncate(day).Add(time.Duration(7+(h*7+at.Minute())%10)*time.Hour + time.Duration(at.Minute())*time.Minute)
	}
	return at.Truncate(time.Minute)
}

func roundTo(x float64, unit int) int {
	return max(unit, int(math.Round(x/float64(unit)))*unit)
}
