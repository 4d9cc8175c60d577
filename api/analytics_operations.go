package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

type answerOutput[T any] struct{ Body *T }

type receiptInput struct {
	Token string `path:"id" maxLength:"8192" doc:"Id of the receipt"`
}

type receiptRowsInput struct {
	Token string `path:"id" maxLength:"8192" doc:"Id of the receipt"`
	CellInput
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Length of a page"`
	Cursor string `query:"cursor" maxLength:"4000" doc:"Where to go on: next_cursor of the page before"`
}

type metricsOutput struct {
	Body struct {
		Items []warehouse.Definition `json:"items" doc:"All metrics"`
	}
}

// metric registers one metric; its description is its definition.
func metric[T any](a *API, path string, m warehouse.Metric, summary string, ask func(*AnalyticsView, context.Context, AnalyticsInput) (*T, error)) {
	d := warehouse.Definitions[m]
	register(a, operational.AnalyticsRead, huma.Operation{
		OperationID: "analytics-" + path, Method: http.MethodGet, Path: "/v1/analytics/" + path, Tags: []string{"analytics"},
		Summary: summary, Description: d.Words + " At zero: " + d.AtZero + ".",
		Errors: []int{http.StatusNotFound}, // who does not read what it counts has no such metric
	}, func(ctx context.Context, actor operational.Actor, in *AnalyticsInput) (*answerOutput[T], error) {
		view, err := a.analytics.View(ctx, actor)
		if err != nil {
			return nil, err
		}
		defer view.Close()
		answer, err := ask(view, ctx, *in)
		return &answerOutput[T]{answer}, err
	})
}

func (a *API) analyticsOperations() {
	s := a.analytics
	metric(a, "won", warehouse.MetricWon, "Won", (*AnalyticsView).Won)
	metric(a, "lost", warehouse.MetricLost, "Lost", (*AnalyticsView).Lost)
	metric(a, "amount-open", warehouse.MetricAmountOpen, "Amount open", (*AnalyticsView).AmountOpen)
	metric(a, "win-rate", warehouse.MetricWinRate, "Win rate", (*AnalyticsView).WinRate)
	metric(a, "funnel", warehouse.MetricFunnel, "Funnel", (*AnalyticsView).Funnel)
	metric(a, "briefing", warehouse.MetricBriefing, "Sales Briefing", (*AnalyticsView).Briefing)
	register(a, operational.AnalyticsRead, huma.Operation{
		OperationID: "list-metrics", Method: http.MethodGet, Path: "/v1/analytics/metrics", Tags: []string{"analytics"},
		Summary: "What the metrics mean", Description: "The definition of each metric, in words, with its version.",
	}, func(context.Context, operational.Actor, *struct{}) (*metricsOutput, error) {
		out := &metricsOutput{}
		for _, d := range warehouse.Definitions {
			out.Body.Items = append(out.Body.Items, d)
		}
		slices.SortFunc(out.Body.Items, func(x, y warehouse.Definition) int { return strings.Compare(string(x.Metric), string(y.Metric)) })
		return out, nil
	})
	register(a, operational.AnalyticsRead, huma.Operation{
		OperationID: "recompute-receipt", Method: http.MethodGet, Path: receiptsPath + "{id}", Tags: []string{"analytics"},
		Summary: "Run a receipt again", Description: "Asks the same question at the same watermark and says whether the answer is the same.",
	}, func(ctx context.Context, actor operational.Actor, in *receiptInput) (*answerOutput[Recomputed], error) {
		x, err := s.Recompute(ctx, actor, in.Token)
		return &answerOutput[Recomputed]{x}, err
	})
	register(a, operational.AnalyticsRead, huma.Operation{
		OperationID: "list-receipt-rows", Method: http.MethodGet, Path: receiptsPath + "{id}/rows", Tags: []string{"analytics"},
		Summary: "The records behind a number", Description: "Lists the opportunities behind one cell of the answer, as they are today and as you may see them today.",
	}, func(ctx context.Context, actor operational.Actor, in *receiptRowsInput) (*answerOutput[ReceiptRows], error) {
		rows, err := s.ReceiptRows(ctx, actor, in.Token, in.CellInput, in.Limit, in.Cursor)
		return &answerOutput[ReceiptRows]{rows}, err
	})
}
