package api

import (
	"context"
	"fmt"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// CellValue is the number that ReceiptRows lists the records of, at the watermark of the receipt: a count with its
// amount for each currency. An amount without currency says that this number has no amount.
func (s *Analytics) CellValue(ctx context.Context, actor operational.Actor, token string, in CellInput) ([]Tallied, error) {
	scope := ScopeOf(actor)
	x, err := s.receipts.open(token, scope)
	if err != nil {
		return nil, err
	}
	cell, err := cellOf(x, scope, in)
	if err != nil {
		return nil, err
	}
	switch cell.Metric {
	case warehouse.MetricWon:
		return tallied(cell.Key)(s.store.Won(ctx, scope, x.Ask))
	case warehouse.MetricLost:
		return tallied(cell.Key)(s.store.Lost(ctx, scope, x.Ask))
	case warehouse.MetricAmountOpen:
		return tallied(cell.Key)(s.store.AmountOpen(ctx, scope, x.Ask))
	case warehouse.MetricWinRate:
		return picked(func(r warehouse.WonLost) (Tallied, bool) {
			return Tallied{Count: r.Won + r.Lost}, r.Key == cell.Key
		})(s.store.WinRate(ctx, scope, x.Ask))
	case warehouse.MetricBriefing:
		return picked(func(r warehouse.BriefingRow) (Tallied, bool) {
			return Tallied{r.Count, operational.Money{Amount: r.Amount, Currency: r.Currency}}, r.Event == cell.Event
		})(s.store.Briefing(ctx, scope, x.Ask))
	case warehouse.MetricFunnel:
		return picked(func(r warehouse.FunnelStage) (Tallied, bool) {
			return funnelPart(r, cell.Part), r.StageID == cell.Stage
		})(s.store.Funnel(ctx, scope, x.Ask))
	}
	return nil, fmt.Errorf("there is no metric %q", x.Metric)
}

func tallied(key string) func(warehouse.Answer[warehouse.Tally], error) ([]Tallied, error) {
	return picked(func(r warehouse.Tally) (Tallied, bool) {
		return Tallied{r.Count, operational.Money{Amount: r.Amount, Currency: r.Currency}}, r.Key == key
	})
}

func picked[T any](pick func(T) (Tallied, bool)) func(warehouse.Answer[T], error) ([]Tallied, error) {
	return func(a warehouse.Answer[T], err error) ([]Tallied, error) {
		if err != nil {
			return nil, fmt.Errorf("ask for a number of a receipt: %w", err)
		}
		var out []Tallied
		for _, row := range a.Rows {
			if t, ok := pick(row); ok {
				out = append(out, t)
			}
		}
		return out, nil
	}
}

func funnelPart(r warehouse.FunnelStage, part string) Tallied {
	switch part {
	case "reached":
		return Tallied{r.Reached, operational.Money{Amount: r.Amount, Currency: r.Currency}}
	case "won":
		return Tallied{r.Won, operational.Money{Amount: r.AmountWon, Currency: r.Currency}}
	case "went_on":
		return Tallied{Count: r.WentOn}
	case "lost":
		return Tallied{Count: r.Lost}
	case "disqualified":
		return Tallied{Count: r.Disqualified}
	case "moved_back":
		return Tallied{Count: r.MovedBack}
	default:
		return Tallied{Count: r.StillHere}
	}
}
