package duckdb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/google/uuid"
	engine "github.com/marcboeker/go-duckdb"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/warehouse"
)

//go:embed queries/*.sql
var queries embed.FS

// text reads a query that is part of the program.
func text(name string) string {
	content, err := queries.ReadFile("queries/" + name + ".sql")
	if err != nil {
		panic(err)
	}
	return string(content)
}

var (
	wonLostSQL    = text("won_lost")
	wonSQL        = text("won")
	winRateSQL    = text("win_rate")
	openSQL       = text("open")
	amountOpenSQL = text("amount_open")
	cohortSQL     = text("cohort")
	funnelSQL     = text("funnel")
	eventsSQL     = happening(text("events"))
	briefingSQL   = happening(text("briefing"))
	rowsSQL       = text("rows")
)

// happening fills in what happened inside the period.
func happening(query string) string { return strings.ReplaceAll(query, "{within}", text("within")) }

// ask puts one question: write makes the text, scan reads a row.
func ask[T any](ctx context.Context, v *view, who warehouse.Scope, what warehouse.Cell, a warehouse.Ask, write func(q *query) (string, error), scan func(rows *sql.Rows) (T, error)) (warehouse.Answer[T], error) {
	var answer warehouse.Answer[T]
	if who.IsZero() {
		return answer, nil
	}
	if err := who.Unknown(what, a); err != nil {
		return answer, err
	}
	if a.AsOf.IsZero() {
		return answer, errors.New("ask the warehouse: the instant (AsOf) is missing")
	}
	err := v.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if v.mark.LSN == 0 {
			return warehouse.ErrNotReady
		}
		answer.Watermark = v.mark
		q := &query{ask: a, who: who, params: make(map[string]any)}
		if q.source, err = v.sourceOf(ctx, tx, a); err != nil {
			return err
		}
		if answer.SQL, err = write(q); err != nil {
			return err
		}
		answer.Params = q.told()
		answer.Rows, err = collect(ctx, tx, answer.SQL, q.args(), scan)
		return err
	})
	return answer, err
}

func collect[T any](ctx context.Context, tx *sql.Tx, query string, args []any, scan func(rows *sql.Rows) (T, error)) ([]T, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("ask the warehouse: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read an answer of the warehouse: %w", err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the answer of the warehouse: %w", err)
	}
	return all, nil
}

// finish joins the table expressions and fills in the fixed fragments.
func (q *query) finish(body string, expressions ...string) (string, error) {
	dimension, err := q.dimension()
	if err != nil {
		return "", err
	}
	replace := strings.NewReplacer(append(q.shown(), "{dimension}", dimension, "{filter}", q.filter(), "{stage}", q.source.latest(q, "stage"))...)
	return replace.Replace("WITH " + strings.Join(append(q.reach(), expressions...), ",\n") + "\n" + body), nil
}

// Won counts what was won in the period.
func (v *view) Won(ctx context.Context, who warehouse.Scope, a warehouse.Ask) (warehouse.Answer[warehouse.Tally], error) {
	return ask(ctx, v, who, warehouse.Cell{Metric: warehouse.MetricWon}, a, func(q *query) (string, error) { return q.finish(wonSQL, q.postings("won", "won")...) }, scanTally)
}

// Lost counts what was lost in the period.
func (v *view) Lost(ctx context.Context, who warehouse.Scope, a warehouse.Ask) (warehouse.Answer[warehouse.Tally], error) {
	return ask(ctx, v, who, warehouse.Cell{Metric: warehouse.MetricLost}, a, func(q *query) (string, error) { return q.finish(wonSQL, q.postings("lost", "lost")...) }, scanTally)
}

// postings gives the table expressions for what entered and left the stages of one or two types.
func (q *query) postings(kind, other string) []string {
	q.period()
	q.bind("type", kind)
	q.bind("other_type", other)
	return []string{q.source.moves(q), wonLostSQL}
}

// AmountOpen counts what was open at the instant.
func (v *view) AmountOpen(ctx context.Context, who warehouse.Scope, a warehouse.Ask) (warehouse.Answer[warehouse.Tally], error) {
	write := func(q *query) (string, error) {
		open, err := q.open()
		if err != nil {
			return "", err
		}
		return q.finish(amountOpenSQL, open...)
	}
	return ask(ctx, v, who, warehouse.Cell{Metric: warehouse.MetricAmountOpen}, a, write, scanTally)
}

// open gives the table expressions for what was open at the instant.
func (q *query) open() ([]string, error) {
	if q.ask.By == warehouse.ByDay {
		return nil, errors.New("what is open at an instant has no days")
	}
	return []string{q.source.states(q), openSQL}, nil
}

func scanTally(rows *sql.Rows) (t warehouse.Tally, err error) {
	var amount engine.Decimal
	err = rows.Scan(&t.Key, &t.Currency, &t.Count, &amount)
	t.Amount = exact(amount)
	return t, err
}

// WinRate gives what a win rate is made of.
func (v *view) WinRate(ctx context.Context, who warehouse.Scope, a warehouse.Ask) (warehouse.Answer[warehouse.WonLost], error) {
	write := func(q *query) (string, error) { return q.finish(winRateSQL, q.postings("won", "lost")...) }
	return ask(ctx, v, who, warehouse.Cell{Metric: warehouse.MetricWinRate}, a, write, func(rows *sql.Rows) (w warehouse.WonLost, err error) {
		err = rows.Scan(&w.Key, &w.Won, &w.Lost)
		return w, err
	})
}

// Funnel follows the opportunities created in the period.
func (v *view) Funnel(ctx context.Context, who warehouse.Scope, a warehouse.Ask) (warehouse.Answer[warehouse.FunnelStage], error) {
	write := func(q *query) (string, error) {
		q.period()
		return q.finish(","+funnelSQL, q.source.states(q), q.source.stays(q), cohortSQL)
	}
	return ask(ctx, v, who, warehouse.Cell{Metric: warehouse.MetricFunnel}, a, write, scanFunnel)
}

func scanFunnel(rows *sql.Rows) (f warehouse.FunnelStage, err error) {
	var process, stage engine.UUID
	var amount, won engine.Decimal
	var median, p90 *int64
	err = rows.Scan(&process, &stage, &f.Name, &f.Position, &f.Currency, &f.Reached, &f.WentOn, &f.Lost, &f.Disqualified, &f.MovedBack, &f.StillHere, &f.Won,
		&amount, &won, &median, &p90, &f.OpenStays)
	f.ProcessID, f.StageID = uuid.UUID(process), uuid.UUID(stage)
	f.Amount, f.AmountWon = exact(amount), exact(won)
	f.MedianDays, f.P90Days = days(median), days(p90)
	return f, err
}

func days(microseconds *int64) *float64 {
	if microseconds == nil {
		return nil
	}
	d := float64(*microseconds) / float64(24*time.Hour/time.Microsecond)
	return &d
}

// Briefing counts what happened in the period.
func (v *view) Briefing(ctx context.Context, who warehouse.Scope, a warehouse.Ask) (warehouse.Answer[warehouse.BriefingRow], error) {
	write := func(q *query) (string, error) {
		q.period()
		return q.finish(","+briefingSQL, q.source.moves(q))
	}
	return ask(ctx, v, who, warehouse.Cell{Metric: warehouse.MetricBriefing}, a, write, func(rows *sql.Rows) (b warehouse.BriefingRow, err error) {
		var amount engine.Decimal
		err = rows.Scan(&b.Event, &b.Currency, &b.Count, &amount)
		b.Amount = exact(amount)
		return b, err
	})
}

// exact takes over a decimal as it is.
func exact(d engine.Decimal) decimal.Decimal {
	if d.Value == nil {
		d.Value = new(big.Int)
	}
	return decimal.NewFromBigInt(d.Value, -int32(d.Scale))
}
