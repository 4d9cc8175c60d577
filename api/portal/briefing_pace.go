package portal

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/dashboards"
	"github.com/sharepartner/sharepartner/operational"
)

// dates are the days of a period in the workspace's calendar, as the answers name them.
func (b *briefingPage) dates(p operational.Period) []time.Time {
	var out []time.Time
	y, m, d := p.From.In(b.cal.Location).Date()
	ey, em, ed := p.To.In(b.cal.Location).Date()
	end := time.Date(ey, em, ed, 0, 0, 0, 0, time.UTC)
	for day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC); day.Before(end); day = day.AddDate(0, 0, 1) {
		out = append(out, day)
	}
	return out
}

// dayToday is the place of today in the period: 0 for its first day.
func (b *briefingPage) dayToday() int {
	y, m, d := b.d.asOf.Add(-time.Nanosecond).In(b.cal.Location).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	days := b.dates(b.d.period)
	for i, day := range days {
		if !day.Before(today) {
			return i
		}
	}
	return len(days) - 1
}

// byDay are what was won on each day of a period, in one currency.
func (b *briefingPage) byDay(a *api.Answer[api.TallyRow], p operational.Period, code string) []api.TallyRow {
	days := b.dates(p)
	out := make([]api.TallyRow, len(days))
	index := map[string]int{}
	for i, day := range days {
		out[i].Key, out[i].Amount.Currency = day.Format(time.DateOnly), code
		index[out[i].Key] = i
	}
	for _, r := range a.Rows {
		if r.Amount.Currency != code {
			continue
		}
		i, ok := index[r.Key]
		if !ok {
			continue // no day of this calendar
		}
		out[i].Count += r.Count
		out[i].Amount.Amount = out[i].Amount.Amount.Add(r.Amount.Amount)
	}
	return out
}

// reached is what was won by today's place in a period: all of it when the period is over.
func (b *briefingPage) reached(a *api.Answer[api.TallyRow], p operational.Period, code string) operational.Money {
	sum := operational.Money{Amount: decimal.Zero, Currency: code}
	last := b.dayToday()
	for i, r := range b.byDay(a, p, code) {
		if b.running() && i > last {
			break
		}
		sum.Amount = sum.Amount.Add(r.Amount.Amount)
	}
	return sum
}

// pace is the running total of what was won, beside the period before and the same period last year.
func (b *briefingPage) pace(code string) views.Figure {
	f := views.Figure{
		ID: "pace-" + code, Title: "Won in " + b.d.period.Label, Aside: "Running total, " + code, Receipt: receiptOf(b.d.wonDays.Receipt.ID),
		Finding: b.paceFinding(code),
		Key: []views.KeyMark{
			{Class: "k1", Text: b.d.period.Label},
			{Class: "k6", Mark: "is-dash", Text: b.d.before.Label},
			{Class: "k3", Mark: "is-dot", Text: b.d.yearly.Label},
		},
		Size: "is-pace",
	}
	now := b.paceLine(b.d.wonDays, b.d.period, code, "c1", "solid")
	then := []dashboards.PaceLine{b.paceLine(b.d.wonBefore, b.d.before, code, "c6", "dashed")}
	if b.twice() {
		f.Key = f.Key[:2]
	} else {
		then = append(then, b.paceLine(b.d.wonYearly, b.d.yearly, code, "c3", "dotted"))
	}
	days := now.Days
	links := make([]string, len(days))
	for i, r := range b.byDay(b.d.wonDays, b.d.period, code) {
		if r.Count != 0 {
			links[i] = keyed(b.d.wonDays.Receipt.ID, r.Key)
		}
	}
	if b.running() {
		now.Values = now.Values[:b.dayToday()+1]
		now.Texts = now.Texts[:b.dayToday()+1]
	}
	f.Chart = dashboards.WonPace(dashboards.Pace{
		Currency: code, Days: days, Links: links, Finding: f.Title + ", " + code + ". " + f.Finding,
		Lines: append([]dashboards.PaceLine{now}, then...),
	})
	f.Table = b.paceTable(code, now, then, links)
	return f
}

func (b *briefingPage) paceLine(a *api.Answer[api.TallyRow], p operational.Period, code, color, style string) dashboards.PaceLine {
	l := dashboards.PaceLine{Name: p.Label, Color: color, Style: style}
	sum := decimal.Zero
	for i, r := range b.byDay(a, p, code) {
		sum = sum.Add(r.Amount.Amount)
		l.Values = append(l.Values, sum.InexactFloat64())
		l.Texts = append(l.Texts, b.amount(sum, code))
		l.Days = append(l.Days, b.dates(p)[i].Format("2 Jan"))
	}
	return l
}

func (b *briefingPage) paceFinding(code string) string {
	text := b.short(b.reached(b.d.wonDays, b.d.period, code))
	for _, s := range b.comparedWords(code) {
		text += s.Text
	}
	return strings.TrimSpace(text)
}

func (b *briefingPage) compared(now, then operational.Money) string {
	d := operational.Money{Amount: now.Amount.Sub(then.Amount), Currency: now.Currency}
	switch d.Amount.Sign() {
	case 1:
		return b.short(d) + " more"
	case -1:
		d.Amount = d.Amount.Neg()
		return b.short(d) + " less"
	default:
		return "neither more nor less"
	}
}

// paceTable holds every day on which something was won, and the last one.
func (b *briefingPage) paceTable(code string, now dashboards.PaceLine, then []dashboards.PaceLine, links []string) views.Table {
	t := views.Table{Caption: "Won by day, " + code + ", table", Columns: []views.Column{{Title: "Day"}, {Title: "Won that day", Num: true}, {Title: "Running total", Num: true}}}
	for _, l := range then {
		t.Columns = append(t.Columns, views.Column{Title: l.Name, Num: true})
	}
	rows := b.byDay(b.d.wonDays, b.d.period, code)
	for i, r := range rows {
		if r.Count == 0 && i != len(now.Texts)-1 || i >= len(now.Texts) {
			continue
		}
		row := views.Row{Cells: []views.Cell{{Text: now.Days[i]}, {Text: b.amount(r.Amount.Amount, code), Href: links[i]}, {Text: now.Texts[i]}}}
		for _, l := range then {
			row.Cells = append(row.Cells, views.Cell{Text: at(l.Texts, i)})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// at is the value at a place, or the last one where a period has fewer days.
func at(list []string, i int) string {
	if len(list) == 0 {
		return ""
	}
	return list[min(i, len(list)-1)]
}
