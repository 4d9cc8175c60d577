package parity

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/warehouse"
)

// asked puts the same questions to the warehouse.
func (p plan) asked(ctx context.Context, view warehouse.View) (values, error) {
	found := values{}
	for i, name := range p.names {
		a := warehouse.Ask{Period: p.periods[i], AsOf: p.asOf, By: warehouse.ByVendor}
		if err := found.byVendor(ctx, view, name, a); err != nil {
			return nil, fmt.Errorf("ask the warehouse for %s: %w", name, err)
		}
		a.By = warehouse.ByNothing
		for _, vendor := range p.vendors {
			if err := found.ofVendor(ctx, view, warehouse.VendorScope(vendor), place{vendor: vendor.String(), period: name}, a); err != nil {
				return nil, fmt.Errorf("ask the warehouse for %s of %s: %w", name, vendor, err)
			}
		}
	}
	return found, nil
}

// whole refuses an answer in which something is missing: held against Postgres it would differ.
func whole[T any](a warehouse.Answer[T], err error) (warehouse.Answer[T], error) {
	if err == nil && len(a.Missing) > 0 {
		err = fmt.Errorf("%w: %s", warehouse.ErrPartAway, strings.Join(a.Missing, ", "))
	}
	return a, err
}

func (v values) byVendor(ctx context.Context, view warehouse.View, period string, a warehouse.Ask) error {
	everything := warehouse.EverythingScope()
	for metric, ask := range map[warehouse.Metric]func(context.Context, warehouse.Scope, warehouse.Ask) (warehouse.Answer[warehouse.Tally], error){
		warehouse.MetricWon: view.Won, warehouse.MetricLost: view.Lost, warehouse.MetricAmountOpen: view.AmountOpen,
	} {
		question := a
		if metric == warehouse.MetricAmountOpen && a.Period.To.Before(a.AsOf) {
			question.AsOf = a.Period.To
		}
		answer, err := whole(ask(ctx, everything, question))
		if err != nil {
			return err
		}
		for _, r := range answer.Rows {
			at := place{metric: string(metric), vendor: r.Key, period: period, key: r.Currency}
			v.count(at, "count", r.Count)
			v.amount(at, "amount", r.Amount)
		}
	}
	answer, err := whole(view.WinRate(ctx, everything, a))
	for _, r := range answer.Rows {
		at := place{metric: string(warehouse.MetricWinRate), vendor: r.Key, period: period}
		v.count(at, "won", r.Won)
		v.count(at, "lost", r.Lost)
	}
	return err
}

func (v values) ofVendor(ctx context.Context, view warehouse.View, scope warehouse.Scope, at place, a warehouse.Ask) error {
	briefing, err := whole(view.Briefing(ctx, scope, a))
	if err != nil {
		return err
	}
	at.metric = string(warehouse.MetricBriefing)
	for _, r := range briefing.Rows {
		at.key = r.Event + " " + r.Currency
		v.count(at, "count", r.Count)
		v.amount(at, "amount", r.Amount)
	}
	funnel, err := whole(view.Funnel(ctx, scope, a))
	at.metric = string(warehouse.MetricFunnel)
	for _, r := range funnel.Rows {
		at.key = r.ProcessID.String() + " " + r.StageID.String() + " " + r.Currency
		for name, n := range map[string]int64{
			"reached": r.Reached, "went_on": r.WentOn, "lost": r.Lost, "disqualified": r.Disqualified, "moved_back": r.MovedBack,
			"still_here": r.StillHere, "won": r.Won, "open_stays": r.OpenStays, "median": microseconds(r.MedianDays), "p90": microseconds(r.P90Days),
		} {
			v.count(at, name, n)
		}
		v.amount(at, "amount", r.Amount)
		v.amount(at, "amount_won", r.AmountWon)
	}
	return err
}

func (v values) count(at place, value string, n int64) { v.amount(at, value, decimal.NewFromInt(n)) }

func (v values) amount(at place, value string, n decimal.Decimal) {
	at.value = value
	v.put(at, n)
}

// microseconds turns days back into what they were made of.
func microseconds(days *float64) int64 {
	if days == nil {
		return 0
	}
	return int64(math.Round(*days * float64(24*time.Hour/time.Microsecond)))
}
