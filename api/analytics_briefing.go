package api

import (
	"context"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// briefingEvents is the order of the page: what came, what moved, what ended.
var briefingEvents = []string{"new", "moved_forward", "moved_back", "won", "lost", "disqualified", "reopened"}

// eventsOf are those that a scope knows: without stages nothing moves or ends.
func eventsOf(scope warehouse.Scope) []string {
	if !scope.Reads(warehouse.FieldStage) {
		return []string{warehouse.EventNew}
	}
	return briefingEvents
}

// Briefing tells what happened in a period, beside the period before and the same period last year.
func (v *AnalyticsView) Briefing(ctx context.Context, in AnalyticsInput) (*BriefingAnswer, error) {
	q, err := v.read(in, warehouse.MetricBriefing)
	if err != nil {
		return nil, err
	}
	questions := []question{q, q.during(q.calendar.Previous(q.period)), q.during(q.calendar.YearBefore(q.period))}
	answers := make([]warehouse.Answer[warehouse.BriefingRow], len(questions))
	for i, asked := range questions {
		if answers[i], err = v.data.Briefing(ctx, v.scope, asked.ask); err != nil {
			return nil, fmt.Errorf("ask for %s: %w", warehouse.MetricBriefing, err)
		}
	}
	now, err := explain[BriefingRow](v, warehouse.MetricBriefing, q, answers[0])
	if err != nil {
		return nil, err
	}
	out := &BriefingAnswer{Answer: *now}
	missing := slices.Concat(answers[0].Missing, answers[1].Missing, answers[2].Missing)
	v.missing = append(v.missing, missing...)
	out.Partial = partialFor(v.actor, missing)
	out.Rows = v.compared(answers, v.nothing(q).Currency)
	for i, c := range []*Comparison{&out.Previous, &out.YearBefore} {
		got, asked := answers[i+1], questions[i+1]
		c.Period = boundsOf(asked.period)
		if c.Receipt, err = note(v, warehouse.MetricBriefing, asked, got); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (q question) during(p operational.Period) question {
	q.period = p
	q.ask.Period = warehouse.Period{From: p.From.UTC(), To: p.To.UTC()}
	return q
}

// compared lays the three periods side by side: every event for every currency, nothing as zero.
func (v *AnalyticsView) compared(answers []warehouse.Answer[warehouse.BriefingRow], currency string) []BriefingRow {
	type cell struct{ event, currency string }
	found := make([]map[cell]Tallied, len(answers))
	var currencies []string
	for i, answer := range answers {
		found[i] = map[cell]Tallied{}
		for _, row := range answer.Rows {
			found[i][cell{row.Event, row.Currency}] = Tallied{row.Count, v.money(row.Amount, row.Currency)}
			if !slices.Contains(currencies, row.Currency) {
				currencies = append(currencies, row.Currency)
			}
		}
	}
	if len(currencies) == 0 {
		currencies = []string{currency}
	}
	slices.Sort(currencies)
	at := func(i int, c cell) Tallied {
		if t, ok := found[i][c]; ok {
			return t
		}
		return Tallied{Amount: v.money(decimal.Zero, c.currency)}
	}
	var rows []BriefingRow
	for _, currency := range currencies {
		for _, event := range eventsOf(v.scope) {
			c := cell{event, currency}
			now := at(0, c)
			rows = append(rows, BriefingRow{Event: event, Count: now.Count, Amount: now.Amount, Previous: at(1, c), YearBefore: at(2, c)})
		}
	}
	return rows
}
