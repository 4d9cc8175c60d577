package parity

import (
	"context"
	"embed"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/warehouse"
)

//go:embed queries/*.sql
var queries embed.FS

func text(name string) string {
	content, err := queries.ReadFile("queries/" + name + ".sql")
	if err != nil {
		panic(err)
	}
	return string(content)
}

// plan is what is asked on both sides.
type plan struct {
	asOf    time.Time
	names   []string // of the periods
	periods []warehouse.Period
	vendors []uuid.UUID // whose funnels and briefings
}

const allTime = "all"

// planned looks which quarters and vendors there are.
func planned(ctx context.Context, source Side, o Options) (plan, error) {
	p := plan{asOf: o.AsOf, names: []string{allTime}, periods: []warehouse.Period{{From: time.Unix(0, 0).UTC().AddDate(-70, 0, 0), To: o.AsOf.AddDate(1, 0, 0)}}}
	rows, err := source.Query(ctx, `
		select date_trunc('quarter', effective_at at time zone 'UTC') from crm.opportunity_history where effective_at <= $1 group by 1 order by 1 desc limit $2`, o.AsOf, o.Quarters)
	if err != nil {
		return p, fmt.Errorf("look for quarters with data: %w", err)
	}
	begins, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		return p, fmt.Errorf("look for quarters with data: %w", err)
	}
	for _, at := range begins {
		p.names = append(p.names, fmt.Sprintf("%d-Q%d", at.Year(), (at.Month()+2)/3))
		p.periods = append(p.periods, warehouse.Period{From: at, To: at.AddDate(0, 3, 0)})
	}
	rows, err = source.Query(ctx, `select distinct vendor_org_id from crm.opportunity_history where vendor_org_id is not null order by 1`)
	if err != nil {
		return p, fmt.Errorf("look for vendors: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return p, fmt.Errorf("look for vendors: %w", err)
	}
	p.vendors = turn(all, o.Vendors, o.Turn)
	return p, nil
}

// turn takes the next few of a list, and begins again at its end.
func turn[T any](all []T, few, n int) []T {
	if len(all) <= few {
		return all
	}
	from := n * few % len(all)
	return append(all[from:min(from+few, len(all)):len(all)], all[:max(0, from+few-len(all))]...)
}

// reference computes all values on Postgres.
func (p plan) reference(ctx context.Context, source Side) (values, error) {
	found := values{}
	for _, q := range []string{"postings", "open", "briefing", "funnel"} {
		args := []any{p.asOf, p.names, p.bounds(func(w warehouse.Period) time.Time { return w.From }), p.bounds(func(w warehouse.Period) time.Time { return w.To })}
		if q == "briefing" || q == "funnel" {
			names := make([]string, len(p.vendors))
			for i, v := range p.vendors {
				names[i] = v.String()
			}
			args = append(args, names)
		}
		rows, err := source.Query(ctx, text("base")+text(q), args...)
		if err != nil {
			return nil, fmt.Errorf("compute %s on Postgres: %w", q, err)
		}
		var at place
		var n string
		_, err = pgx.ForEachRow(rows, []any{&at.metric, &at.vendor, &at.period, &at.key, &at.value, &n}, func() error {
			value, err := decimal.NewFromString(n)
			found.put(at, value)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("compute %s on Postgres: %w", q, err)
		}
	}
	return found, nil
}

func (p plan) bounds(of func(warehouse.Period) time.Time) []time.Time {
	list := make([]time.Time, len(p.periods))
	for i, w := range p.periods {
		list[i] = of(w)
	}
	return list
}
