package parity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Options bound one comparison.
type Options struct {
	AsOf     time.Time // business time of all questions
	Quarters int       // how many, from the last one that has data; default 8
	Vendors  int       // how many have their funnels and briefings compared; default 10
	Turn     int       // which of them: the next ones with each turn
}

const (
	quarters = 8
	vendors  = 10
	shown    = 100 // differences that are named; the rest is counted
)

// place names one value of one metric.
type place struct{ metric, vendor, period, key, value string }

// values are what one side answers.
type values map[place]decimal.Decimal

// put keeps a value; a zero is the same as none.
func (v values) put(p place, n decimal.Decimal) {
	if !n.IsZero() {
		v[p] = n
	}
}

// Side is Postgres inside a snapshot, with the login of the pipeline.
type Side interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Compare computes all metrics on both sides, which have to be at one place of the log.
func Compare(ctx context.Context, source Side, view warehouse.View, o Options) (warehouse.Check, error) {
	began := time.Now()
	c := warehouse.Check{LSN: view.Watermark().LSN}
	o.AsOf = o.AsOf.UTC().Truncate(time.Microsecond) // what both sides know
	if o.Quarters == 0 {
		o.Quarters = quarters
	}
	if o.Vendors == 0 {
		o.Vendors = vendors
	}
	p, err := planned(ctx, source, o)
	if err != nil {
		return c, err
	}
	expected, err := p.reference(ctx, source)
	if err != nil {
		return c, err
	}
	found, err := p.asked(ctx, view)
	if err != nil {
		return c, err
	}
	hold(&c, expected, found)
	c.Seconds = time.Since(began).Seconds()
	return c, nil
}

// hold counts the values of each metric, and names those that differ.
func hold(c *warehouse.Check, expected, found values) {
	all := make(map[place]bool, len(expected))
	for p := range expected {
		all[p] = true
	}
	for p := range found {
		all[p] = true
	}
	measures := map[string]*warehouse.Measure{}
	for _, m := range []warehouse.Metric{warehouse.MetricWon, warehouse.MetricLost, warehouse.MetricAmountOpen, warehouse.MetricWinRate, warehouse.MetricFunnel, warehouse.MetricBriefing} {
		measures[string(m)] = &warehouse.Measure{Name: string(m)}
	}
	for p := range all {
		m := measures[p.metric]
		m.Compared++
		c.Compared++
		if expected[p].Equal(found[p]) {
			continue
		}
		m.Differences++
		c.Differences++
		c.Found = append(c.Found, warehouse.Difference{
			Name: p.metric, Vendor: p.vendor, Period: p.period, Key: p.key, Value: p.value, Source: expected[p].String(), Warehouse: found[p].String(),
		})
	}
	for _, m := range measures {
		c.Measures = append(c.Measures, *m)
	}
	slices.SortFunc(c.Measures, func(a, b warehouse.Measure) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.Found, func(a, b warehouse.Difference) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	c.Found = c.Found[:min(len(c.Found), shown)]
}
