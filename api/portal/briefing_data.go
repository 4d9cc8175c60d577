package portal

import (
	"context"
	"time"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// briefingData are the answers that the Sales Briefing is made of.
type briefingData struct {
	period operational.Period // what is looked at, and what it is compared with
	before operational.Period
	yearly operational.Period
	asOf   time.Time

	events                        *api.BriefingAnswer
	won, lost, open               *api.Answer[api.TallyRow] // none of these, nor of those below, where stages are hidden
	rate                          *api.Answer[api.WinRateRow]
	wonDays, wonBefore, wonYearly *api.Answer[api.TallyRow]
	openByStage                   *api.Answer[api.TallyRow]
	byPartner, byRegion, byVendor *split
	partial                       *api.PartialNote // of any of them
}

// split is the same four figures by one dimension.
type split struct {
	won, lost, open *api.Answer[api.TallyRow]
	rate            *api.Answer[api.WinRateRow]
}

// asker puts question after question to one view of the data, until one goes wrong.
type asker struct {
	ctx  context.Context
	view *api.AnalyticsView
	err  error
}

func ask[A any](a *asker, question func(*api.AnalyticsView, context.Context, api.AnalyticsInput) (*A, error), in api.AnalyticsInput) *A {
	if a.err != nil {
		return nil
	}
	var answer *A
	answer, a.err = question(a.view, a.ctx, in)
	return answer
}

// The questions.
var (
	askWon      = (*api.AnalyticsView).Won
	askLost     = (*api.AnalyticsView).Lost
	askOpen     = (*api.AnalyticsView).AmountOpen
	askRate     = (*api.AnalyticsView).WinRate
	askBriefing = (*api.AnalyticsView).Briefing
)

func by(in api.AnalyticsInput, dimension string) api.AnalyticsInput {
	in.By = dimension
	return in
}

func in(in api.AnalyticsInput, p operational.Period) api.AnalyticsInput {
	in.Period = p.Text
	return in
}

func (a *asker) split(dimension string, q api.AnalyticsInput) *split {
	q.By = dimension
	return &split{won: ask(a, askWon, q), lost: ask(a, askLost, q), open: ask(a, askOpen, q), rate: ask(a, askRate, q)}
}

// briefingData asks for everything that the page shows.
func (v *visit) briefingData(f filters) (*briefingData, error) {
	d := &briefingData{}
	var err error
	if d.period, d.asOf, err = v.periodOf(f); err != nil {
		return nil, err
	}
	d.before, d.yearly = v.cal.Previous(d.period), v.cal.YearBefore(d.period)
	view, err := v.api.Analytics().View(v.ctx, v.actor)
	if err != nil {
		return nil, err
	}
	defer func() { d.partial = view.Partial(); view.Close() }()
	q, a := in(f.ask(), d.period), &asker{ctx: v.ctx, view: view}
	d.events = ask(a, askBriefing, q)
	if !view.Measures(warehouse.MetricWon) {
		return d, a.err // of what is hidden nothing is asked
	}
	d.won, d.lost, d.open, d.rate = ask(a, askWon, q), ask(a, askLost, q), ask(a, askOpen, q), ask(a, askRate, q)
	d.wonDays = ask(a, askWon, by(q, "day"))
	d.wonBefore = ask(a, askWon, by(in(q, d.before), "day"))
	d.wonYearly = ask(a, askWon, by(in(q, d.yearly), "day"))
	d.openByStage = ask(a, askOpen, by(q, "stage"))
	for _, s := range []struct {
		by   warehouse.Dimension
		here bool
		into **split
	}{{warehouse.ByPartner, v.vendor(), &d.byPartner}, {warehouse.ByRegion, v.vendor(), &d.byRegion}, {warehouse.ByVendor, !v.vendor(), &d.byVendor}} {
		if s.here && view.Divides(s.by) {
			*s.into = a.split(string(s.by), q)
		}
	}
	return d, a.err
}

// periodOf reads the period by the workspace's calendar, and until when it is looked at.
func (v *visit) periodOf(f filters) (operational.Period, time.Time, error) {
	asOf := v.deps.Clock()
	if f.AsOf != "" {
		if day, err := operational.ParseDate(f.AsOf); err == nil {
			y, m, d := day.Time().Date()
			asOf = time.Date(y, m, d+1, 0, 0, 0, 0, v.cal.Location)
		} else if at, err := time.Parse(time.RFC3339, f.AsOf); err == nil {
			asOf = at
		} else {
			var faults operational.Faults
			faults.Add("as_of", "write a day as 2017-03-31", f.AsOf)
			return operational.Period{}, asOf, faults.Err()
		}
	}
	if f.Period == "" {
		return v.cal.Quarter(asOf.Add(-time.Nanosecond)), asOf, nil
	}
	p, err := v.cal.Period(f.Period)
	return p, asOf, err
}
