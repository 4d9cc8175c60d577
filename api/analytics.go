package api

import (
	"context"
	"time"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/warehouse"
)

// Analytics answers the metrics of the catalogue for a caller: it reads the question by the organisation's
// calendar, hands the warehouse the caller's scope, and gives each answer its receipt. API and pages share it.
type Analytics struct {
	store         warehouse.Store
	interconnect  *interconnect.Service
	catalog       *catalog.Service
	opportunities *opportunities.Service
	key           []byte // signs receipts
	cursors       cursors
	clock         func() time.Time
}

// NewAnalytics needs Warehouse, Interconnect, Catalog, Opportunities, Secret and Clock.
func NewAnalytics(d Deps) *Analytics {
	return &Analytics{
		store: d.Warehouse, interconnect: d.Interconnect, catalog: d.Catalog, opportunities: d.Opportunities,
		key: d.Secret.Derive("receipt"), cursors: newCursors(d.Secret), clock: d.Clock,
	}
}

// Won tells what was won in a period.
func (s *Analytics) Won(ctx context.Context, actor operational.Actor, in AnalyticsInput) (*Answer[TallyRow], error) {
	panic("to be written")
}

// Lost tells what was lost in a period.
func (s *Analytics) Lost(ctx context.Context, actor operational.Actor, in AnalyticsInput) (*Answer[TallyRow], error) {
	panic("to be written")
}

// AmountOpen tells what is open at an instant.
func (s *Analytics) AmountOpen(ctx context.Context, actor operational.Actor, in AnalyticsInput) (*Answer[TallyRow], error) {
	panic("to be written")
}

// WinRate tells the share of won among closed in a period.
func (s *Analytics) WinRate(ctx context.Context, actor operational.Actor, in AnalyticsInput) (*Answer[WinRateRow], error) {
	panic("to be written")
}

// Funnel tells how far the opportunities created in a period came.
func (s *Analytics) Funnel(ctx context.Context, actor operational.Actor, in AnalyticsInput) (*Answer[FunnelRow], error) {
	panic("to be written")
}

// Briefing tells what happened in a period, beside the period before and the same period last year.
func (s *Analytics) Briefing(ctx context.Context, actor operational.Actor, in AnalyticsInput) (*BriefingAnswer, error) {
	panic("to be written")
}

// Recompute runs the question of a receipt again at the same watermark.
func (s *Analytics) Recompute(ctx context.Context, actor operational.Actor, token string) (*Recomputed, error) {
	panic("to be written")
}

// ReceiptRows lists the operational records behind a number, through the caller's own rights of today.
func (s *Analytics) ReceiptRows(ctx context.Context, actor operational.Actor, token string, cell CellInput, limit int, cursor string) (*ReceiptRows, error) {
	panic("to be written")
}
