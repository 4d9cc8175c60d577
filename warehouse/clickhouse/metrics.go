package clickhouse

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	engine "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

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
	stateSQL      = text("state")
	openSQL       = text("open")
	amountOpenSQL = text("amount_open")
	cohortSQL     = text("cohort")
	stayedSQL     = text("stayed")
	funnelSQL     = strings.ReplaceAll(text("funnel"), "{stayed}", stayedSQL)
	eventsSQL     = text("events")
	briefingSQL   = text("briefing")
	rowsSQL       = text("rows")
)

// readLimits sets those of one question, so that none takes the server from all others: a minute, and of the memory what its
// administrator allows, or else a share. What does not fit goes to the disk before.
func (s *Store) readLimits(ctx context.Context) error {
	s.limits = engine.Settings{"max_execution_time": 60}
	allowed, err := one[string](ctx, s, "SELECT value FROM system.settings WHERE name = 'max_memory_usage'")
	if err != nil {
		return fmt.Errorf("read how much memory a question may take: %w", err)
	}
	if allowed == "0" {
		s.limits["max_memory_usage"], s.limits["max_bytes_before_external_group_by"], s.limits["max_bytes_before_external_sort"] = 4<<30, 1<<30, 1<<30
	}
	return nil
}

// ask puts one question: write makes the text, scan reads a row, sum adds up the answers of shards.
func ask[T any](ctx context.Context, v *view, who warehouse.Scope, what warehouse.Cell, a warehouse.Ask, write func(q *query) (string, error), scan func(rows driver.Rows) (T, error), sum func(ctx context.Context, q *query, parts [][]T) ([]T, error)) (warehouse.Answer[T], error) {
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
	err := v.read(ctx, func(ctx context.Context) (err error) {
		ctx = engine.Context(ctx, engine.WithSettings(v.store.limits))
		if answer.Watermark = v.Watermark(); answer.Watermark.LSN == 0 {
			return warehouse.ErrNotReady
		}
		q := &query{view: v, ask: a, who: who, params: make(map[string]any), lists: make(map[string][]uuid.UUID)}
		if err = q.aim(); err != nil {
			return err
		}
		if q.source, err = v.sourceOf(ctx, q.shards, a); err != nil {
			return err
		}
		if answer.SQL, err = write(q); err != nil {
			return err
		}
		answer.Params = q.told()
		if ctx, err = beside(ctx, q.lists); err != nil {
			return err
		}
		answer.Rows, answer.Missing, err = askShards(ctx, q, answer.SQL, scan, sum)
		return err
	})
	return answer, err
}

// finish joins the table expressions and fills in the fixed fragments.
func (q *query) finish(body string, expressions ...string) (string, error) {
	dimension, err := q.dimension()
	if err != nil {
		return "", err
	}
	replace := strings.NewReplacer(append(q.shown(), "{dimension}", dimension, "{order}", q.order(), "{filter}", q.filter(), "{stage}", q.source.latest(q, "stage"))...)
	return replace.Replace("WITH " + strings.Join(append(q.reach(), expressions...), ",\n") + "\n" + body), nil
}

// Won counts what was won in the period.
func (v *view) Won(ctx context.Context, who warehouse.Scope, a warehouse.Ask) (warehouse.Answer[warehouse.Tally], error) {
	return ask(ctx, v, who, warehouse.Cell{Metric: warehouse.MetricWon}, a, func(q *query) (string, error) { return q.finish(wonSQL, q.postings("won", "won")...) }, tallies(a), plain(sumTallies))
}

// Lost counts what was lost in the period.
func (v *view) Lost(ctx context.Context, who warehouse.Scope, a warehouse.Ask) (warehouse.Answer[warehouse.Tally], error) {
	return ask(ctx, v, who, warehouse.Cell{Metric: warehouse.MetricLost}, a, func(q *query) (string, error) { return q.finish(wonSQL, q.postings("lost", "lost")...) }, tallies(a), plain(sumTallies))
}

// postings gives the table expressions for what entered and left the stages of one or two types.
func (q *query) postings(kind, other string) []string {
	q.period()
	q.bind("type", "String", kind)
	q.bind("other_type", "String", other)
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
	return ask(ctx, v, who, warehouse.Cell{Metric: warehouse.MetricAmountOpen}, a, write, tallies(a), plain(sumTallies))
}

// open gives the table expressions for what was open at the instant.
func (q *query) open() ([]string, error) {
	if q.ask.By == warehouse.ByDay {
		return nil, errors.New("what is open at an instant has no days")
	}
	return []string{q.source.states(q), openSQL}, nil
}

func tallies(a warehouse.Ask) func(rows driver.Rows) (warehouse.Tally, error) {
	return func(rows driver.Rows) (t warehouse.Tally, err error) {
		err = rows.Scan(&t.Key, &t.Currency, &t.Count, &t.Amount)
		t.Key = keyOf(a, t.Key)
		return t, err
	}
}

// WinRate gives what a win rate is made of.
func (v *view) WinRate(ctx context.Context, who warehouse.Scope, a warehouse.Ask) (warehouse.Answer[warehouse.WonLost], error) {
	write := func(q *query) (string, error) { return q.finish(winRateSQL, q.postings("won", "lost")...) }
	return ask(ctx, v, who, warehouse.Cell{Metric: warehouse.MetricWinRate}, a, write, func(rows driver.Rows) (w warehouse.WonLost, err error) {
		err = rows.Scan(&w.Key, &w.Won, &w.Lost)
		w.Key = keyOf(a, w.Key)
		return w, err
	}, plain(sumWonLost))
}

// Funnel follows the opportunities created in the period.
func (v *view) Funnel(ctx context.Context, who warehouse.Scope, a warehouse.Ask) (warehouse.Answer[warehouse.FunnelStage], error) {
	write := func(q *query) (string, error) {
		q.period()
		return q.finish(","+funnelSQL, q.source.states(q), q.source.stays(q), cohortSQL)
	}
	return ask(ctx, v, who, warehouse.Cell{Metric: warehouse.MetricFunnel}, a, write, scanFunnel, sumFunnel)
}

func scanFunnel(rows driver.Rows) (f warehouse.FunnelStage, err error) {
	var name *string
	var position *int64
	var median, p90 *int64
	err = rows.Scan(&f.ProcessID, &f.StageID, &name, &position, &f.Currency, &f.Reached, &f.WentOn, &f.Lost, &f.Disqualified, &f.MovedBack, &f.StillHere, &f.Won,
		&f.Amount, &f.AmountWon, &median, &p90, &f.OpenStays)
	if name != nil && position != nil {
		f.Name, f.Position = *name, int(*position)
	}
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
		return q.finish(briefingSQL, q.source.moves(q), eventsSQL)
	}
	return ask(ctx, v, who, warehouse.Cell{Metric: warehouse.MetricBriefing}, a, write, func(rows driver.Rows) (b warehouse.BriefingRow, err error) {
		err = rows.Scan(&b.Event, &b.Currency, &b.Count, &b.Amount)
		return b, err
	}, plain(sumBriefing))
}

// Rows lists the events behind one cell. For a win rate, Part says "won" or "lost"; without it both are listed.
func (v *view) Rows(ctx context.Context, who warehouse.Scope, a warehouse.Ask, c warehouse.Cell, limit, offset int) (warehouse.Answer[warehouse.RowRef], error) {
	write := func(q *query) (string, error) {
		first, skipped := limit, offset
		if len(q.shards) > 1 { // any of them may have all of the first ones
			first, skipped = offset+limit, 0
		}
		q.bind("limit", "Int64", int64(first))
		q.bind("offset", "Int64", int64(skipped))
		rows, condition, expressions, err := q.cell(c)
		if err != nil {
			return "", err
		}
		return q.finish(strings.NewReplacer("{rows}", rows, "{cell}", condition).Replace(rowsSQL), expressions...)
	}
	return ask(ctx, v, who, c, a, write, func(rows driver.Rows) (r warehouse.RowRef, err error) {
		var sign, at int64
		err = rows.Scan(&r.OpportunityID, &sign, &at, &r.Amount, &r.Currency)
		r.Sign, r.At = int(sign), instant(at)
		return r, err
	}, plain(newest(limit, offset)))
}

// cell says which rows are behind a cell: the table expression, the condition, and what they need.
func (q *query) cell(c warehouse.Cell) (rows, condition string, expressions []string, err error) {
	ofKey := func() string {
		return "coalesce(toString({dimension}), '') = " + q.bind("key", "String", storedKey(q.ask, c.Key))
	}
	switch c.Metric {
	case warehouse.MetricWon, warehouse.MetricLost:
		return "posting", ofKey(), q.postings(string(c.Metric), string(c.Metric)), nil
	case warehouse.MetricWinRate:
		kind, other := "won", "lost"
		if c.Part != "" {
			kind, other = c.Part, c.Part
		}
		return "posting", ofKey(), q.postings(kind, other), nil
	case warehouse.MetricAmountOpen:
		expressions, err := q.open()
		return "open", ofKey(), expressions, err
	case warehouse.MetricBriefing:
		q.period()
		return "happened", "event = " + q.bind("event", "String", c.Event), []string{q.source.moves(q), eventsSQL}, nil
	case warehouse.MetricFunnel:
		q.period()
		condition, err := q.part(c)
		return "cohort", condition, []string{q.source.states(q), cohortSQL}, err
	}
	return "", "", nil, fmt.Errorf("the metric %q has no rows", c.Metric)
}

// part holds the opportunities behind one number of a funnel's stage.
func (q *query) part(c warehouse.Cell) (string, error) {
	conditions := map[string]string{
		"reached":      "furthest >= {position}",
		"went_on":      "furthest >= {position} AND place > {position}",
		"lost":         "place = {position} AND stage_type = 'lost'",
		"disqualified": "place = {position} AND stage_type = 'disqualified'",
		"moved_back":   "furthest >= {position} AND place < {position}",
		"still_here":   "place = {position} AND stage_type = 'active'",
		"won":          "furthest >= {position} AND stage_type = 'won'",
	}
	condition, ok := conditions[c.Part]
	if !ok {
		return "", fmt.Errorf("a funnel has no part %q", c.Part)
	}
	stage := " FROM {stage} AS s WHERE s.type = 'active' AND s.id = " + q.bind("stage", "UUID", c.Stage.String()) + ")"
	return "process_id = (SELECT any(process_id)" + stage + " AND " + strings.ReplaceAll(condition, "{position}", "(SELECT any(position)"+stage), nil
}

// storedKey and keyOf turn the key of a day into the number that questions know, and back. No day has the key that stands for none.
func storedKey(a warehouse.Ask, key string) string {
	if a.By != warehouse.ByDay {
		return key
	}
	day, err := time.Parse(time.DateOnly, key)
	if err != nil {
		return ""
	}
	return fmt.Sprint(day.Unix() / int64(24*time.Hour/time.Second))
}

func keyOf(a warehouse.Ask, stored string) string {
	var number int64
	if _, err := fmt.Sscan(stored, &number); a.By == warehouse.ByDay && err == nil {
		return time.Unix(number*int64(24*time.Hour/time.Second), 0).UTC().Format(time.DateOnly)
	}
	return stored
}
