package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/google/uuid"
	engine "github.com/marcboeker/go-duckdb"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Rows lists the events behind one cell. For a win rate, Part says "won" or "lost"; without it both are listed.
func (v *view) Rows(ctx context.Context, who warehouse.Scope, a warehouse.Ask, c warehouse.Cell, limit, offset int) (warehouse.Answer[warehouse.RowRef], error) {
	write := func(q *query) (string, error) {
		q.bind("limit", int64(limit))
		q.bind("offset", int64(offset))
		rows, condition, expressions, err := q.cell(c)
		if err != nil {
			return "", err
		}
		body := strings.NewReplacer("{rows}", rows, "{cell}", condition).Replace(rowsSQL)
		return q.finish(body, expressions...)
	}
	return ask(ctx, v, who, c, a, write, func(rows *sql.Rows) (r warehouse.RowRef, err error) {
		var id engine.UUID
		var amount engine.Decimal
		err = rows.Scan(&id, &r.Sign, &r.At, &amount, &r.Currency)
		r.OpportunityID, r.Amount, r.At = uuid.UUID(id), exact(amount), r.At.UTC()
		return r, err
	})
}

// cell says which rows are behind a cell: the table expression, the condition, and what they need.
func (q *query) cell(c warehouse.Cell) (rows, condition string, expressions []string, err error) {
	ofKey := func() string { return "coalesce(CAST({dimension} AS VARCHAR), '') = " + q.bind("key", c.Key) }
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
		return "happened", "event = " + q.bind("event", c.Event), []string{q.source.moves(q), eventsSQL}, nil
	case warehouse.MetricFunnel:
		q.period()
		condition, err := q.part(c)
		return "(SELECT *, 1 AS sign FROM cohort)", condition, []string{q.source.states(q), cohortSQL}, err
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
	stage := " FROM {stage} s WHERE s.type = 'active' AND s.id = " + q.bind("stage", c.Stage.String()) + "::UUID)"
	return "process_id = (SELECT process_id" + stage + " AND " + strings.ReplaceAll(condition, "{position}", "(SELECT position"+stage), nil
}
