package portal

import (
	"fmt"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// kpis is the strip of key figures; each opens its rows.
func (b *briefingPage) kpis() []views.KPI {
	if !b.staged {
		return []views.KPI{b.eventKPI("New", warehouse.EventNew)}
	}
	won, lost, open := total(b.d.won.Rows), total(b.d.lost.Rows), total(b.d.open.Rows)
	list := []views.KPI{
		b.amountKPI("Won", won, b.counted(won.count, "won", "won"), rowsOf(b.d.won.Receipt.ID, cell{})),
		b.lostKPI(lost),
		b.amountKPI(b.openName(), open, b.counted(open.count, "open", "open"), rowsOf(b.d.open.Receipt.ID, cell{})),
		b.rateKPI(),
		b.eventKPI("New", "new"),
		b.eventKPI("Moved forward", "moved_forward"),
		b.eventKPI("Moved back", "moved_back"),
	}
	if main := b.codes[0]; b.priced {
		now, then := b.reached(b.d.wonDays, b.d.period, main), b.reached(b.d.wonBefore, b.d.before, main)
		list[0].Delta, list[0].Tone = b.difference(now, then)
		list[0].Detail = "vs " + b.d.before.Label
		if b.running() {
			list[0].Detail += " to date"
		}
	}
	before := b.event("lost")
	list[1].Detail = fmt.Sprintf("%s: %s", b.d.before.Label, b.count(before.Previous.Count))
	return list
}

func (b *briefingPage) openName() string {
	if b.f.AsOf != "" {
		return "Open on " + b.asOfDay()
	}
	return "Open now"
}

func (b *briefingPage) asOfDay() string {
	return b.d.asOf.Add(-1).In(b.cal.Location).Format("2 Jan 2006")
}

// byThen says that the earlier period is measured at the same day while this one runs.
func (b *briefingPage) byThen() string {
	if b.running() {
		return " by the same day"
	}
	return ""
}

// amountKPI shows the amount in the main currency large and all exact amounts below; where amounts are hidden, the count.
func (b *briefingPage) amountKPI(name string, s sum, small, href string) views.KPI {
	if !b.priced {
		return views.KPI{Name: name, Value: b.count(s.count), Href: href}
	}
	k := views.KPI{Name: name, Value: b.short(s.in(b.codes[0])), Small: small, Href: href}
	for _, code := range b.codes {
		m := s.in(code)
		if code == b.codes[0] || !m.Amount.IsZero() {
			k.More = append(k.More, b.money(m))
		}
	}
	return k
}

// lostKPI leads with the count: many systems write no amount on what was lost.
func (b *briefingPage) lostKPI(lost sum) views.KPI {
	k := b.amountKPI("Lost", lost, "", rowsOf(b.d.lost.Receipt.ID, cell{}))
	k.Value, k.Small = b.count(lost.count), "lost"
	return k
}

func (b *briefingPage) rateKPI() views.KPI {
	k := views.KPI{Name: "Win rate", Value: "—", Small: "none closed", Href: rowsOf(b.d.rate.Receipt.ID, cell{})}
	if len(b.d.rate.Rows) == 0 || b.d.rate.Rows[0].Rate == nil {
		return k
	}
	r := b.d.rate.Rows[0]
	k.Value, k.Small = b.percent(*r.Rate), fmt.Sprintf("%.0f–%.0f", *r.Low*100, *r.High*100)
	k.More = []string{"90% interval"}
	k.Detail = b.counted(r.N, "closed", "closed")
	return k
}

// event is all currencies of one kind of event together, counts only.
func (b *briefingPage) event(name string) (out api.BriefingRow) {
	out.Event = name
	for _, r := range b.d.events.Rows {
		if r.Event == name {
			out.Count += r.Count
			out.Previous.Count += r.Previous.Count
			out.YearBefore.Count += r.YearBefore.Count
		}
	}
	return out
}

func (b *briefingPage) eventSum(name string) sum {
	var s sum
	for _, r := range b.d.events.Rows {
		if r.Event == name {
			s.add(r.Count, r.Amount)
		}
	}
	return s
}

func (b *briefingPage) eventKPI(name, event string) views.KPI {
	e, s := b.event(event), b.eventSum(event)
	k := views.KPI{Name: name, Value: b.count(e.Count), Href: rowsOf(b.d.events.Receipt.ID, cell{event: event})}
	if e.Count != 0 && b.priced {
		k.Small = b.short(s.in(b.codes[0]))
	}
	k.Detail = b.d.before.Label + ": " + b.count(e.Previous.Count)
	return k
}

// difference is a change with its direction in sign and word, and its tone.
func (b *briefingPage) difference(now, then operational.Money) (text, tone string) {
	d := operational.Money{Amount: now.Amount.Sub(then.Amount), Currency: now.Currency}
	switch d.Amount.Sign() {
	case 1:
		return "▲ " + b.short(d), "good"
	case -1:
		d.Amount = d.Amount.Neg()
		return "▼ " + b.short(d), "bad"
	default:
		return "= no change", ""
	}
}
