package portal

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational"
)

// briefingData are the answers that the Sales Briefing is made of.
type briefingData struct {
	period operational.Period // what is looked at, and what it is compared with
	before operational.Period
	yearly operational.Period
	asOf   time.Time

	events                        *api.BriefingAnswer
	won, lost, open               *api.Answer[api.TallyRow]
	rate                          *api.Answer[api.WinRateRow]
	wonDays, wonBefore, wonYearly *api.Answer[api.TallyRow]
	openByStage                   *api.Answer[api.TallyRow]
	byPartner, byRegion, byStage  *split
}

// split is the same four figures by one dimension.
type split struct {
	won, lost, open *api.Answer[api.TallyRow]
	rate            *api.Answer[api.WinRateRow]
}

// asker asks several questions at a time, and all again when data came in between, so that totals agree.
type asker struct {
	v    *visit
	asks []func(ctx context.Context) (watermark string, err error)
}

func ask[A any](a *asker, into **api.Answer[A], question func(context.Context, operational.Actor, api.AnalyticsInput) (*api.Answer[A], error), in api.AnalyticsInput) {
	a.asks = append(a.asks, func(ctx context.Context) (string, error) {
		answer, err := question(ctx, a.v.actor, in)
		if err != nil {
			return "", err
		}
		*into = answer
		return answer.Watermark.LSN, nil
	})
}

// Questions at a time: a dashboard must not take the engine for itself.
const atATime = 4

func (a *asker) run() error {
	for try := 1; ; try++ {
		marks := make([]string, len(a.asks))
		group, ctx := errgroup.WithContext(a.v.ctx)
		group.SetLimit(atATime)
		for i, ask := range a.asks {
			group.Go(func() (err error) {
				marks[i], err = ask(ctx)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		if same(marks) || try == 3 {
			return nil
		}
	}
}

func same(list []string) bool {
	for _, s := range list {
		if s != list[0] {
			return false
		}
	}
	return true
}

func by(in api.AnalyticsInput, dimension string) api.AnalyticsInput {
	in.By = dimension
	return in
}

func in(in api.AnalyticsInput, p operational.Period) api.AnalyticsInput {
	in.Period = p.Text
	return in
}

func (a *asker) split(dimension string, q api.AnalyticsInput) *split {
	x, s := a.v.api.Analytics(), &split{}
	ask(a, &s.won, x.Won, by(q, dimension))
	ask(a, &s.lost, x.Lost, by(q, dimension))
	ask(a, &s.open, x.AmountOpen, by(q, dimension))
	if dimension != "stage" {
		ask(a, &s.rate, x.WinRate, by(q, dimension))
	}
	return s
}

// briefingData asks for everything that the page shows.
func (v *visit) briefingData(f filters) (*briefingData, error) {
	d := &briefingData{}
	var err error
	if d.period, d.asOf, err = v.periodOf(f); err != nil {
		return nil, err
	}
	d.before, d.yearly = v.cal.Previous(d.period), v.cal.YearBefore(d.period)
	x, q, a := v.api.Analytics(), in(f.ask(), d.period), &asker{v: v}
	a.asks = append(a.asks, func(ctx context.Context) (string, error) {
		answer, err := x.Briefing(ctx, v.actor, q)
		if err != nil {
			return "", err
		}
		d.events = answer
		return answer.Watermark.LSN, nil
	})
	ask(a, &d.won, x.Won, q)
	ask(a, &d.lost, x.Lost, q)
	ask(a, &d.open, x.AmountOpen, q)
	ask(a, &d.rate, x.WinRate, q)
	ask(a, &d.wonDays, x.Won, by(q, "day"))
	ask(a, &d.wonBefore, x.Won, by(in(q, d.before), "day"))
	ask(a, &d.wonYearly, x.Won, by(in(q, d.yearly), "day"))
	ask(a, &d.openByStage, x.AmountOpen, by(q, "stage"))
	if v.vendor() {
		d.byPartner = a.split("partner", q)
		d.byRegion = a.split("region", q)
	} else {
		d.byStage = a.split("stage", q)
	}
	return d, a.run()
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
