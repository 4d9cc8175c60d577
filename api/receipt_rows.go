package api

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/warehouse"
)

// Recompute runs the question of a receipt again at the same watermark.
func (s *Analytics) Recompute(ctx context.Context, actor operational.Actor, token string) (*Recomputed, error) {
	scope := ScopeOf(actor)
	x, err := s.receipts.open(token, scope)
	if err != nil {
		return nil, err
	}
	w, err := s.interconnect.Workspace(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &Recomputed{
		Metric: x.Metric, DefinitionVersion: x.Version, Engine: x.Engine, AsOf: x.Ask.AsOf, KnownAt: x.Ask.KnownAt, Parameters: map[string]any{},
		Watermark: WatermarkNote{LSN: lsnText(x.LSN), CommittedAt: x.CommittedAt.UTC()}.shownTo(actor), RowsURL: receiptsPath + token + "/rows",
	}
	if p, err := w.Calendar().Period(x.PeriodText); err == nil && x.Metric != warehouse.MetricAmountOpen {
		bounds := PeriodBounds{Label: p.Label, Text: p.Text, From: x.Ask.Period.From, To: x.Ask.Period.To}
		out.Period = &bounds
	}
	view, err := s.store.View(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = view.Close() }() // nothing was written
	if out.Why = s.cannotRepeat(view.Watermark(), x); out.Why != "" {
		return out, nil
	}
	now, err := again(ctx, view, scope, x)
	if err != nil {
		return nil, fmt.Errorf("ask for %s again: %w", x.Metric, err)
	}
	out.SQL, out.Same = now.sql, now.result == x.Result
	if now.params != nil {
		out.Parameters = now.params
	}
	out.Why = "The same question at the same watermark gives the same rows."
	switch {
	case out.Same:
	case now.partial:
		out.Why = "A part of the analytic store does not answer at the moment, so that the rows cannot be held against those of the receipt. Ask again in a moment."
	case x.Partial:
		out.Why = "The receipt is of an answer that was partial, as it said: a part of the analytic store did not answer then. This one is whole."
	default:
		out.Why = "The rows at this watermark are not those of the receipt: the store was rebuilt or repaired since, or a record became yours or ceased to be."
	}
	return out, nil
}

// cannotRepeat says why a receipt cannot be run again, or "".
func (s *Analytics) cannotRepeat(mark warehouse.Watermark, x receipt) string {
	definition, ok := warehouse.Definitions[x.Metric]
	if !ok || definition.Version != x.Version {
		return fmt.Sprintf("The metric has another definition today (version %d; the receipt has version %d).", definition.Version, x.Version)
	}
	if x.Engine != s.store.Engine() {
		return fmt.Sprintf("Another engine answers today (%s; the receipt was given by %s).", s.store.Engine(), x.Engine)
	}
	if mark.LSN < x.LSN {
		return fmt.Sprintf("The store has loaded up to %s only; the receipt was given at %s. Ask again when it has caught up.", lsnText(mark.LSN), lsnText(x.LSN))
	}
	return ""
}

// answered is what an answer is held against.
type answered struct {
	result, sql string
	params      map[string]any
	partial     bool
}

func again(ctx context.Context, data warehouse.Metrics, scope warehouse.Scope, x receipt) (answered, error) {
	switch x.Metric {
	case warehouse.MetricWon:
		return hashed(data.Won(ctx, scope, x.Ask))
	case warehouse.MetricLost:
		return hashed(data.Lost(ctx, scope, x.Ask))
	case warehouse.MetricAmountOpen:
		return hashed(data.AmountOpen(ctx, scope, x.Ask))
	case warehouse.MetricWinRate:
		return hashed(data.WinRate(ctx, scope, x.Ask))
	case warehouse.MetricFunnel:
		return hashed(data.Funnel(ctx, scope, x.Ask))
	case warehouse.MetricBriefing:
		return hashed(data.Briefing(ctx, scope, x.Ask))
	}
	return answered{}, fmt.Errorf("there is no metric %q", x.Metric)
}

func hashed[T any](a warehouse.Answer[T], err error) (answered, error) {
	if err != nil {
		return answered{}, err
	}
	result, err := hashOf(a.Rows)
	return answered{result, a.SQL, a.Params, len(a.Missing) > 0}, err
}

// maxOffset bounds how far a list of rows goes: behind it the list is for an export, not for people.
const maxOffset = 1_000_000

// ReceiptRows lists the operational records behind a number, through the caller's own rights of today.
func (s *Analytics) ReceiptRows(ctx context.Context, actor operational.Actor, token string, in CellInput, limit int, cursor string) (*ReceiptRows, error) {
	if actor.Scopes != nil { // a key for figures is none for records
		if err := actor.Require(operational.OpportunitiesRead); err != nil {
			return nil, err
		}
	}
	scope := ScopeOf(actor)
	x, err := s.receipts.open(token, scope)
	if err != nil {
		return nil, err
	}
	cell, err := cellOf(x, scope, in)
	if err != nil {
		return nil, err
	}
	name := listID("receipt-rows", token, in.Key, in.Event, in.Stage, in.Part)
	after, err := s.cursors.decode(actor, name, cursor)
	if err != nil {
		return nil, err
	}
	offset := 0
	if len(after) == 1 {
		offset, _ = strconv.Atoi(after[0]) // signed by us
	}
	if limit < 1 || limit > 200 {
		limit = 50
	}
	got, err := s.store.Rows(ctx, scope, x.Ask, cell, limit+1, offset)
	if err != nil {
		return nil, fmt.Errorf("list the rows of %s: %w", x.Metric, err)
	}
	out := &ReceiptRows{Items: []ReceiptRow{}, Partial: partialFor(actor, got.Missing)}
	refs := got.Rows
	if len(refs) > limit && offset+limit < maxOffset {
		refs = refs[:limit]
		out.HasMore = true
		out.Next = s.cursors.encode(actor, name, []string{strconv.Itoa(offset + limit)})
	}
	if err := s.resolve(ctx, actor, refs, out); err != nil {
		return nil, err
	}
	return out, s.noteRows(ctx, actor, x, out)
}

// noteRows notes who looked behind a number: rows that cannot be noted are not shown.
func (s *Analytics) noteRows(ctx context.Context, actor operational.Actor, x receipt, shown *ReceiptRows) error {
	r := audit.Record{Action: "receipt.rows_read"}
	r.Codes = map[string]string{"metric": string(x.Metric)}
	r.Counts = map[string]int64{"rows": int64(len(shown.Items)), "hidden": int64(shown.Hidden)}
	return s.audit.Note(ctx, actor, r)
}

// resolve reads the records as they are today; those that the caller may not see any more are only counted.
func (s *Analytics) resolve(ctx context.Context, actor operational.Actor, refs []warehouse.RowRef, out *ReceiptRows) error {
	if len(refs) == 0 {
		return nil
	}
	var ids []string
	for _, ref := range refs {
		if id := ref.OpportunityID.String(); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	found, err := s.opportunities.List(ctx, actor, operational.Query{
		Page:   operational.Page{Limit: len(ids)},
		Filter: &operational.Filter{Field: "id", Op: "in", Values: ids},
	})
	if err != nil {
		return fmt.Errorf("read the records of a receipt: %w", err)
	}
	byID := map[uuid.UUID]opportunities.Opportunity{}
	for _, o := range found.Items {
		byID[o.ID] = o
	}
	for _, ref := range refs {
		o, ok := byID[ref.OpportunityID]
		if !ok {
			out.Hidden++
			continue
		}
		out.Items = append(out.Items, ReceiptRow{Sign: ref.Sign, At: ref.At.UTC(), Amount: amountOf(ref), Opportunity: o})
	}
	return nil
}

// amountOf is the amount at the event; without a currency it is hidden.
func amountOf(ref warehouse.RowRef) operational.Money {
	if ref.Currency == "" {
		return operational.Money{}
	}
	return operational.Money{Amount: ref.Amount, Currency: ref.Currency}
}

// funnelParts are the numbers of a funnel stage that have rows.
var funnelParts = []string{"reached", "went_on", "lost", "disqualified", "moved_back", "still_here", "won"}

// cellOf checks that the receipt has such a number.
func cellOf(x receipt, scope warehouse.Scope, in CellInput) (warehouse.Cell, error) {
	cell := warehouse.Cell{Metric: x.Metric, Key: in.Key, Event: in.Event, Part: in.Part}
	var faults operational.Faults
	switch x.Metric {
	case warehouse.MetricFunnel:
		cell.Stage = idOf(&faults, "query.stage", in.Stage)
		if !slices.Contains(funnelParts, in.Part) {
			faults.Add("query.part", "must be a part of a funnel stage: reached, went_on, lost, disqualified, moved_back, still_here or won", in.Part)
		}
	case warehouse.MetricBriefing:
		if !slices.Contains(eventsOf(scope), in.Event) {
			faults.Add("query.event", "must be an event of the briefing", in.Event)
		}
	case warehouse.MetricWinRate:
		switch in.Part {
		case "won":
			cell.Metric, cell.Part = warehouse.MetricWon, ""
		case "lost":
			cell.Metric, cell.Part = warehouse.MetricLost, ""
		case "":
		default:
			faults.Add("query.part", "must be won or lost", in.Part)
		}
	}
	return cell, faults.Err()
}
