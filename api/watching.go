package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// Watches says who looks after the pipeline itself: it carries the data of all companies, so that what it tells of its
// work, row by row, is for nobody else.
func Watches(actor operational.Actor) bool { return watches(actor) }

func mustWatch(actor operational.Actor) error {
	if watches(actor) {
		return nil
	}
	return operational.Fault(operational.KindForbidden, "not-permitted", "How the pipeline works tells of all companies, so it is shown only to a vendor's people with pipelines.read. GET /v1/pipelines says how fresh your figures are.")
}

// LagHistory is how far behind the warehouse was over a day.
type LagHistory struct {
	Samples []warehouse.LagSample `json:"samples" doc:"The oldest first: of the last quarter of an hour every few seconds, of the day before the worst of each five minutes. Where nothing is, no program ran"`
}

// Comparisons are what both sides were last held against each other for.
type Comparisons struct {
	Metrics *warehouse.Check `json:"metrics,omitempty" doc:"Every metric computed a second time on Postgres; absent before the first time"`
	Rows    *warehouse.Check `json:"rows,omitempty" doc:"Every row, by ranges of keys; absent before the first time"`
}

// shownTo leaves of the differences those of the actor's own channel: the others are in the count.
func (c Comparisons) shownTo(actor operational.Actor) Comparisons {
	own := actor.Org.String()
	for _, check := range []**warehouse.Check{&c.Metrics, &c.Rows} {
		if *check == nil {
			continue
		}
		cut := **check
		cut.Found = nil
		for _, d := range (*check).Found {
			if d.Vendor == own {
				cut.Found = append(cut.Found, d)
			}
		}
		*check = &cut
	}
	return c
}

// DeadLetter is a row that cannot be kept and was set aside. What came stays in the store.
type DeadLetter struct {
	ID        int64                 `json:"id" doc:"Its number, for sharepartner pipelines replay"`
	State     warehouse.LetterState `json:"state" enum:"open,replayed,superseded" doc:"open: the warehouse has the version before; replayed: loaded later; superseded: a later version was loaded"`
	Table     string                `json:"table" doc:"Which table"`
	Key       string                `json:"key,omitempty" doc:"Which row; absent when the key itself cannot be read"`
	Column    string                `json:"column" doc:"The first column that cannot be kept"`
	Reason    string                `json:"reason" doc:"Why"`
	LSN       string                `json:"lsn" doc:"Place of its transaction in the write-ahead log; 0/0 for a row of a snapshot"`
	CommitAt  time.Time             `json:"committed_at" doc:"When its transaction committed"`
	NotedAt   time.Time             `json:"noted_at" doc:"When it was set aside"`
	SettledAt *time.Time            `json:"settled_at,omitempty" doc:"When it was loaded or superseded"`
}

func deadLetterOf(d warehouse.DeadLetter) DeadLetter {
	return DeadLetter{
		ID: d.ID, State: d.State, Table: d.Table, Key: d.Key, Column: d.Column, Reason: d.Reason, LSN: lsnText(d.CommitLSN),
		CommitAt: d.CommitAt, NotedAt: d.NotedAt, SettledAt: moment(d.SettledAt),
	}
}

// LettersInput asks for rows that were set aside.
type LettersInput struct {
	PageInput
	State string `query:"state" enum:"open,replayed,superseded" doc:"Only those in this state"`
}

type bodyOf[T any] struct{ Body T }

func (a *API) watching() {
	const onlyWatchers = " Only for a vendor's people with pipelines.read."
	register(a, operational.PipelinesRead, huma.Operation{
		OperationID: "pipeline-lag", Method: http.MethodGet, Path: "/v1/pipelines/lag", Tags: []string{"system"},
		Summary: "Lag over a day", Description: "How far behind the warehouse was, in seconds and in bytes of the write-ahead log." + onlyWatchers,
	}, func(ctx context.Context, actor operational.Actor, _ *struct{}) (*bodyOf[LagHistory], error) {
		if err := mustWatch(actor); err != nil {
			return nil, err
		}
		samples, err := a.deps.Warehouse.Lags(ctx)
		if samples == nil {
			samples = []warehouse.LagSample{}
		}
		return &bodyOf[LagHistory]{LagHistory{samples}}, err
	})
	register(a, operational.PipelinesRead, huma.Operation{
		OperationID: "pipeline-parity", Method: http.MethodGet, Path: "/v1/pipelines/parity", Tags: []string{"system"},
		Summary: "Whether both sides say the same", Description: "The last comparison of the metrics and of the rows of Postgres and the warehouse, each at one place of the log. Differences are counted for all, and named for your own channel." + onlyWatchers,
	}, func(ctx context.Context, actor operational.Actor, _ *struct{}) (*bodyOf[Comparisons], error) {
		if err := mustWatch(actor); err != nil {
			return nil, err
		}
		status, err := a.deps.Warehouse.Status(ctx)
		return &bodyOf[Comparisons]{Comparisons{Metrics: status.Parity, Rows: status.Drift}.shownTo(actor)}, err
	})
	register(a, operational.PipelinesRead, huma.Operation{
		OperationID: "list-dead-letters", Method: http.MethodGet, Path: "/v1/pipelines/dead-letters", Tags: []string{"system"},
		Summary: "Rows that were set aside", Description: "Changes with a value that the warehouse cannot keep, in the order in which they came." + onlyWatchers,
	}, a.deadLetters)
}

func (a *API) deadLetters(ctx context.Context, actor operational.Actor, in *LettersInput) (*list[DeadLetter], error) {
	if err := mustWatch(actor); err != nil {
		return nil, err
	}
	name := listID("list-dead-letters", in.State, "")
	page, err := in.page(a.cursors, actor, name)
	if err != nil {
		return nil, err
	}
	filter := warehouse.LetterFilter{State: warehouse.LetterState(in.State), Limit: page.Limit + 1}
	if len(page.After) == 1 {
		if filter.After, err = strconv.ParseInt(page.After[0], 10, 64); err != nil {
			return nil, err
		}
	}
	found, err := a.deps.Warehouse.DeadLetters(ctx, filter)
	if err != nil {
		return nil, err
	}
	var l operational.Listed[DeadLetter]
	if len(found) > page.Limit {
		found = found[:page.Limit]
		l.Next = []string{strconv.FormatInt(found[page.Limit-1].ID, 10)}
	}
	for _, d := range found {
		l.Items = append(l.Items, deadLetterOf(d))
	}
	if page.Count {
		if l.Total, err = a.countLetters(ctx, filter.State); err != nil {
			return nil, err
		}
	}
	return asList(a.cursors, actor, name, l), nil
}

func (a *API) countLetters(ctx context.Context, state warehouse.LetterState) (*int64, error) {
	counts, err := a.deps.Warehouse.LetterCounts(ctx)
	n := int64(0)
	for _, c := range counts {
		if state == "" || c.State == state {
			n += c.Count
		}
	}
	return &n, err
}
