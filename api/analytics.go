package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/warehouse"
)

// Analytics answers the metrics of the catalogue: View opens the data for a caller, and receipts are opened again.
// API and pages share it.
type Analytics struct {
	store         warehouse.Store
	interconnect  *interconnect.Service
	catalog       *catalog.Service
	opportunities *opportunities.Service
	receipts      receipts
	cursors       cursors
	audit         *audit.Service
	clock         func() time.Time
}

// NewAnalytics needs DB, Warehouse, Interconnect, Catalog, Opportunities, Secret and Clock.
func NewAnalytics(d Deps) *Analytics {
	return &Analytics{
		store: d.Warehouse, interconnect: d.Interconnect, catalog: d.Catalog, opportunities: d.Opportunities,
		receipts: receipts{key: d.Secret.Derive("receipt")}, cursors: newCursors(d.Secret), audit: audit.New(d.DB), clock: d.Clock,
	}
}

// What an answer can be grouped by. A metric of one instant has no days.
var (
	ofInstant = []warehouse.Dimension{warehouse.ByPartner, warehouse.ByVendor, warehouse.ByRegion, warehouse.ByTier, warehouse.ByStage}
	groupings = append(slices.Clone(ofInstant), warehouse.ByDay)
)

// tallying is a question of the warehouse that gives counts and amounts.
type tallying func(context.Context, warehouse.Scope, warehouse.Ask) (warehouse.Answer[warehouse.Tally], error)

// Won tells what was won in a period.
func (v *AnalyticsView) Won(ctx context.Context, in AnalyticsInput) (*Answer[TallyRow], error) {
	return v.tally(ctx, in, warehouse.MetricWon, v.data.Won, groupings)
}

// Lost tells what was lost in a period.
func (v *AnalyticsView) Lost(ctx context.Context, in AnalyticsInput) (*Answer[TallyRow], error) {
	return v.tally(ctx, in, warehouse.MetricLost, v.data.Lost, groupings)
}

// AmountOpen tells what is open at an instant.
func (v *AnalyticsView) AmountOpen(ctx context.Context, in AnalyticsInput) (*Answer[TallyRow], error) {
	return v.tally(ctx, in, warehouse.MetricAmountOpen, v.data.AmountOpen, ofInstant)
}

func (v *AnalyticsView) tally(ctx context.Context, in AnalyticsInput, metric warehouse.Metric, ask tallying, by []warehouse.Dimension) (*Answer[TallyRow], error) {
	q, err := v.read(in, metric, by...)
	if err != nil {
		return nil, err
	}
	got, err := ask(ctx, v.scope, q.ask)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", metric, err)
	}
	names, err := v.namesFor(ctx, q.ask.By)
	if err != nil {
		return nil, err
	}
	out, err := explain[TallyRow](v, metric, q, got)
	if err != nil {
		return nil, err
	}
	for _, row := range got.Rows {
		out.Rows = append(out.Rows, TallyRow{Key: row.Key, Name: names.of(row.Key), Count: row.Count, Amount: v.money(row.Amount, row.Currency)})
	}
	if len(out.Rows) == 0 && q.ask.By == warehouse.ByNothing {
		out.Rows = []TallyRow{{Name: names.of(""), Amount: v.nothing(q)}}
	}
	return out, nil
}

// nothing is an amount of zero in the currency that the organisation reports in.
func (v *AnalyticsView) nothing(q question) operational.Money {
	currency := q.ask.Filter.Currency
	if currency == "" {
		currency = q.workspace.Currency
	}
	return v.money(decimal.Zero, currency)
}

// money is an amount as the caller sees it: where amounts are hidden there is none.
func (v *AnalyticsView) money(amount decimal.Decimal, currency string) operational.Money {
	if !v.Reads(warehouse.FieldAmount) {
		return operational.Money{}
	}
	return operational.Money{Amount: amount, Currency: currency}
}

// WinRate tells the share of won among closed in a period.
func (v *AnalyticsView) WinRate(ctx context.Context, in AnalyticsInput) (*Answer[WinRateRow], error) {
	q, err := v.read(in, warehouse.MetricWinRate, groupings...)
	if err != nil {
		return nil, err
	}
	got, err := v.data.WinRate(ctx, v.scope, q.ask)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", warehouse.MetricWinRate, err)
	}
	names, err := v.namesFor(ctx, q.ask.By)
	if err != nil {
		return nil, err
	}
	out, err := explain[WinRateRow](v, warehouse.MetricWinRate, q, got)
	if err != nil {
		return nil, err
	}
	rows := got.Rows
	if len(rows) == 0 && q.ask.By == warehouse.ByNothing {
		rows = []warehouse.WonLost{{}}
	}
	for _, row := range rows {
		out.Rows = append(out.Rows, winRate(row, names.of(row.Key)))
	}
	return out, nil
}

func winRate(row warehouse.WonLost, name string) WinRateRow {
	out := WinRateRow{Key: row.Key, Name: name, Won: row.Won, Lost: row.Lost, N: row.Won + row.Lost}
	if rate, low, high, ok := warehouse.Wilson(row.Won, row.Lost); ok {
		out.Rate, out.Low, out.High = &rate, &low, &high
	}
	return out
}

// Funnel tells how far the opportunities created in a period came.
func (v *AnalyticsView) Funnel(ctx context.Context, in AnalyticsInput) (*Answer[FunnelRow], error) {
	q, err := v.read(in, warehouse.MetricFunnel)
	if err != nil {
		return nil, err
	}
	got, err := v.data.Funnel(ctx, v.scope, q.ask)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", warehouse.MetricFunnel, err)
	}
	names, err := v.namesFor(ctx, warehouse.ByStage)
	if err != nil {
		return nil, err
	}
	out, err := explain[FunnelRow](v, warehouse.MetricFunnel, q, got)
	if err != nil {
		return nil, err
	}
	for _, row := range got.Rows {
		out.Rows = append(out.Rows, v.funnelRow(row, names.of(row.StageID.String()), v.nothing(q).Currency))
	}
	return out, nil
}

func (v *AnalyticsView) funnelRow(row warehouse.FunnelStage, name, currency string) FunnelRow {
	if row.Currency != "" {
		currency = row.Currency
	}
	out := FunnelRow{
		ProcessID: row.ProcessID, StageID: row.StageID, Name: name, Position: row.Position,
		Reached: row.Reached, WentOn: row.WentOn, Lost: row.Lost, Disqualified: row.Disqualified, MovedBack: row.MovedBack,
		StillHere: row.StillHere, Won: row.Won, OpenStays: row.OpenStays, MedianDays: row.MedianDays, P90Days: row.P90Days,
		Amount: v.money(row.Amount, currency), AmountWon: v.money(row.AmountWon, currency),
	}
	if row.Reached > 0 {
		share := float64(row.WentOn) / float64(row.Reached)
		out.Conversion = &share
	}
	return out
}

// explain puts around the rows of an answer what traces it.
func explain[R, T any](v *AnalyticsView, metric warehouse.Metric, q question, got warehouse.Answer[T]) (*Answer[R], error) {
	definition := warehouse.Definitions[metric]
	v.missing = append(v.missing, got.Missing...)
	note, err := note(v, metric, q, got)
	if err != nil {
		return nil, err
	}
	out := &Answer[R]{
		Metric: metric, DefinitionVersion: definition.Version, Definition: definition.Words, AsOf: q.ask.AsOf, KnownAt: q.knownAt(),
		By: string(q.ask.By), DimensionTime: "event", Watermark: noteOf(got.Watermark, v.status).shownTo(v.actor), Partial: partialFor(v.actor, got.Missing), Rows: []R{}, Receipt: note,
	}
	if metric != warehouse.MetricAmountOpen {
		bounds := boundsOf(q.period)
		out.Period = &bounds
	}
	return out, nil
}

func noteOf(mark warehouse.Watermark, status warehouse.Status) WatermarkNote {
	return WatermarkNote{LSN: lsnText(mark.LSN), CommittedAt: mark.CommittedAt.UTC(), LagSeconds: status.LagSeconds}
}

// lsnText writes a place in the write-ahead log as Postgres does.
func lsnText(lsn uint64) string { return fmt.Sprintf("%X/%X", lsn>>32, uint32(lsn)) }
