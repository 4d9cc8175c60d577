package portal

import (
	"net/url"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational"
)

// sum is a count with an amount per currency: amounts of different currencies are never added.
type sum struct {
	count   int64
	amounts []operational.Money
}

func (s *sum) add(count int64, m operational.Money) {
	s.count += count
	if m.Currency == "" || count == 0 && m.Amount.IsZero() {
		return
	}
	for i := range s.amounts {
		if s.amounts[i].Currency == m.Currency {
			s.amounts[i].Amount = s.amounts[i].Amount.Add(m.Amount)
			return
		}
	}
	s.amounts = append(s.amounts, m)
}

// in gives the amount in one currency.
func (s sum) in(currency string) operational.Money {
	for _, m := range s.amounts {
		if m.Currency == currency {
			return m
		}
	}
	return operational.Money{Amount: decimal.Zero, Currency: currency}
}

func total(rows []api.TallyRow) sum {
	var s sum
	for _, r := range rows {
		s.add(r.Count, r.Amount)
	}
	return s
}

// currencies lists those of some answers, the workspace's own first; there is always one.
func currencies(own string, answers ...*api.Answer[api.TallyRow]) []string {
	out := []string{}
	for _, a := range answers {
		if a == nil {
			continue
		}
		for _, r := range a.Rows {
			if r.Amount.Currency != "" && !slices.Contains(out, r.Amount.Currency) && (r.Count != 0 || !r.Amount.Amount.IsZero()) {
				out = append(out, r.Amount.Currency)
			}
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		switch {
		case a == b:
			return 0
		case a == own, b != own && a < b:
			return -1
		default:
			return 1
		}
	})
	if len(out) == 0 {
		return []string{own}
	}
	return out
}

// cell names a number inside an answer.
type cell struct{ key, event, stage, part string }

// rowsOf is the page that lists what is behind a number.
func rowsOf(receipt string, c cell) string {
	q := url.Values{}
	for name, value := range map[string]string{"key": c.key, "event": c.event, "stage": c.stage, "part": c.part} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if c == (cell{}) {
		q.Set("rows", "all")
	}
	return "/receipts/" + url.PathEscape(receipt) + "?" + q.Encode()
}

// keyed is rowsOf for a row of a grouped answer, where an empty key is direct business.
func keyed(receipt, key string) string {
	return "/receipts/" + url.PathEscape(receipt) + "?" + url.Values{"key": {key}}.Encode()
}

// receiptOf is the page that traces an answer.
func receiptOf(receipt string) string { return "/receipts/" + url.PathEscape(receipt) }
