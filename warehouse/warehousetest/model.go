package warehousetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/warehouse"
)

// The model reads the definitions of the metrics plainly, opportunity by opportunity. It is slow and knows no SQL.

// posted is one event behind a number.
type posted struct {
	what   string
	sign   int
	at     time.Time
	amount decimal.Decimal
	o      *Opportunity
	dims   Event // the dimensions that it counts under
}

// told are the events of an opportunity that the question may see, in business time.
func told(o *Opportunity, who warehouse.Scope, a warehouse.Ask, byInstant bool) []Event {
	events := slices.DeleteFunc(slices.Clone(o.Events), func(e Event) bool {
		return !a.KnownAt.IsZero() && e.RecordedAt.After(a.KnownAt) || a.UntilLSN > 0 && e.LSN >= a.UntilLSN || byInstant && e.EffectiveAt.After(a.AsOf)
	})
	slices.SortFunc(events, func(a, b Event) int {
		return cmp.Or(a.EffectiveAt.Compare(b.EffectiveAt), a.RecordedAt.Compare(b.RecordedAt), cmp.Compare(a.Seq, b.Seq))
	})
	for i := range events {
		if !who.Reads(warehouse.FieldAmount) {
			events[i].Amount, events[i].Currency = decimal.Zero, ""
		}
	}
	return events
}

func within(at time.Time, a warehouse.Ask) bool {
	return !at.Before(a.Period.From) && at.Before(a.Period.To) && !at.After(a.AsOf)
}

// modelPostings are the won and lost postings of the period.
func modelPostings(all []*Opportunity, who warehouse.Scope, a warehouse.Ask) []posted {
	var out []posted
	for _, o := range all {
		if !inScope(o, who) {
			continue
		}
		was := "" // type of the stage before
		var entered Event
		for _, e := range told(o, who, a, false) {
			if e.Stage.Type == was {
				continue
			}
			if was == "won" || was == "lost" {
				out = append(out, posted{was, -1, e.EffectiveAt, entered.Amount, o, entered})
			}
			if was = e.Stage.Type; was == "won" || was == "lost" {
				entered = e
				out = append(out, posted{was, 1, e.EffectiveAt, e.Amount, o, e})
			}
		}
	}
	return keep(out, a, true)
}

// modelEvents are the events of a briefing.
func modelEvents(all []*Opportunity, who warehouse.Scope, a warehouse.Ask) []posted {
	var out []posted
	for _, o := range all {
		if !inScope(o, who) {
			continue
		}
		var before *Event
		for _, e := range told(o, who, a, false) {
			add := func(what string) {
				if what == warehouse.EventNew || who.Reads(warehouse.FieldStage) {
					out = append(out, posted{what, 1, e.EffectiveAt, e.Amount, o, e})
				}
			}
			if before == nil {
				add(warehouse.EventNew)
			}
			closed := e.Stage.Type != "active"
			switch {
			case closed && (before == nil || before.Stage.Type != e.Stage.Type):
				add(e.Stage.Type)
			case before == nil || closed:
			case before.Stage.Type != "active":
				add("reopened")
			case e.Stage.Position > before.Stage.Position:
				add("moved_forward")
			case e.Stage.Position < before.Stage.Position:
				add("moved_back")
			}
			before = &e
		}
	}
	return keep(out, a, true)
}

// modelOpen is what was open at the instant.
func modelOpen(all []*Opportunity, who warehouse.Scope, a warehouse.Ask) []posted {
	var out []posted
	for _, o := range all {
		events := told(o, who, a, true)
		if !inScope(o, who) || len(events) == 0 {
			continue
		}
		if last := events[len(events)-1]; last.Stage.Type == "active" {
			out = append(out, posted{"open", 1, last.EffectiveAt, last.Amount, o, last})
		}
	}
	return keep(out, a, false)
}

// keep applies the period and the filter, except products.
func keep(all []posted, a warehouse.Ask, period bool) []posted {
	f := a.Filter
	return slices.DeleteFunc(all, func(p posted) bool {
		return period && !within(p.at, a) ||
			len(f.Partners) > 0 && !slices.Contains(f.Partners, p.o.Connection.Partner) ||
			len(f.Regions) > 0 && (p.dims.Region == "" || !slices.Contains(f.Regions, p.dims.Region)) ||
			len(f.Tiers) > 0 && (p.dims.Tier == "" || !slices.Contains(f.Tiers, p.dims.Tier)) ||
			len(f.Processes) > 0 && !slices.Contains(f.Processes, p.o.Process.ID) ||
			f.Currency != "" && f.Currency != p.dims.Currency
	})
}

// keyOf names what a posting is grouped under.
func keyOf(p posted, a warehouse.Ask) string {
	switch a.By {
	case warehouse.ByPartner:
		return nameOf(p.o.Connection.Partner)
	case warehouse.ByVendor:
		return nameOf(p.o.Connection.Vendor)
	case warehouse.ByRegion:
		return p.dims.Region
	case warehouse.ByTier:
		return p.dims.Tier
	case warehouse.ByStage:
		return p.dims.Stage.ID.String()
	case warehouse.ByDay:
		offset := a.UTCOffset
		for _, s := range a.Switches {
			if !p.at.Before(s.At) {
				offset = s.UTCOffset
			}
		}
		return p.at.Add(offset).Format(time.DateOnly)
	}
	return ""
}

// nameOf is the key of an organisation; nobody has an empty one.
func nameOf(org uuid.UUID) string {
	if org == uuid.Nil {
		return ""
	}
	return org.String()
}

// tally sums postings by key and currency.
func tally(all []posted, a warehouse.Ask) []warehouse.Tally {
	sums := map[[2]string]*warehouse.Tally{}
	for _, p := range all {
		k := [2]string{keyOf(p, a), p.dims.Currency}
		if sums[k] == nil {
			sums[k] = &warehouse.Tally{Key: k[0], Currency: k[1]}
		}
		sums[k].Count += int64(p.sign)
		sums[k].Amount = sums[k].Amount.Add(p.amount.Mul(decimal.NewFromInt(int64(p.sign))))
	}
	rows := make([]warehouse.Tally, 0, len(sums))
	for _, t := range sums {
		rows = append(rows, *t)
	}
	slices.SortFunc(rows, func(a, b warehouse.Tally) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Currency, b.Currency))
	})
	return rows
}
