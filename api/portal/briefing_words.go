package portal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/dashboards"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// lede is the sentence that answers first, computed from the figures of the page.
func (b *briefingPage) lede() []views.Span {
	if !b.staged || !b.priced {
		return b.countedLede()
	}
	main := b.codes[0]
	won, open := total(b.d.won.Rows), total(b.d.open.Rows)
	spans := []views.Span{
		{Text: "Won "}, {Text: b.amounts(won), Bold: true}, {Text: fmt.Sprintf(" with %s in %s", b.counted(won.count, "opportunity", "opportunities"), b.d.period.Label)},
	}
	spans = append(append(spans, b.comparedWords(main)...), b.rateWords()...)
	spans = append(spans, views.Span{Text: b.openName() + ": "}, views.Span{Text: b.amounts(open), Bold: true}, views.Span{Text: fmt.Sprintf(" in %s.", b.counted(open.count, "opportunity", "opportunities"))})
	return append(spans, b.leaderWords()...)
}

// countedLede is the sentence without what is hidden.
func (b *briefingPage) countedLede() []views.Span {
	if !b.staged {
		n := b.event(warehouse.EventNew).Count
		return []views.Span{{Text: b.counted(n, "opportunity", "opportunities"), Bold: true}, {Text: fmt.Sprintf(" came in %s.", b.d.period.Label)}}
	}
	won, open := total(b.d.won.Rows), total(b.d.open.Rows)
	spans := []views.Span{{Text: "Won "}, {Text: b.counted(won.count, "opportunity", "opportunities"), Bold: true}, {Text: fmt.Sprintf(" in %s. ", b.d.period.Label)}}
	spans = append(spans, b.rateWords()...)
	return append(spans, views.Span{Text: b.openName() + ": "}, views.Span{Text: b.counted(open.count, "opportunity", "opportunities"), Bold: true}, views.Span{Text: "."})
}

// comparedWords sets what was won against the period before and the same one last year; an empty one is only named.
func (b *briefingPage) comparedWords(code string) []views.Span {
	now := b.reached(b.d.wonDays, b.d.period, code)
	var spans []views.Span
	var none []string
	for _, c := range []struct {
		days   *api.Answer[api.TallyRow]
		period operational.Period
	}{{b.d.wonBefore, b.d.before}, {b.d.wonYearly, b.d.yearly}} {
		if b.twice() && c.days != b.d.wonBefore {
			continue // for a year, both are the same
		}
		then := b.reached(c.days, c.period, code)
		if then.Amount.IsZero() {
			none = append(none, c.period.Label)
			continue
		}
		joint := ", "
		if len(spans) > 0 {
			joint = " and "
		}
		spans = append(spans, views.Span{Text: joint}, views.Span{Text: b.compared(now, then), Bold: true, Tone: toneOf(now.Amount.Cmp(then.Amount))}, views.Span{Text: " than in " + c.period.Label})
	}
	if len(spans) > 0 {
		spans[len(spans)-1].Text += b.byThen()
	}
	end := ". "
	if len(none) > 0 && !now.Amount.IsZero() {
		end = "; nothing was won in " + strings.Join(none, " and in ") + b.byThen() + ". "
	}
	return append(spans, views.Span{Text: end})
}

func toneOf(sign int) string {
	switch sign {
	case 1:
		return "good"
	case -1:
		return "bad"
	default:
		return ""
	}
}

// amounts names each currency by itself.
func (b *briefingPage) amounts(s sum) string {
	text := b.short(s.in(b.codes[0]))
	for _, code := range b.codes[1:] {
		if m := s.in(code); !m.Amount.IsZero() {
			text += " and " + b.short(m)
		}
	}
	return text
}

func (b *briefingPage) rateWords() []views.Span {
	if len(b.d.rate.Rows) == 0 || b.d.rate.Rows[0].Rate == nil {
		return []views.Span{{Text: "Nothing was closed, so there is no win rate. "}}
	}
	r := b.d.rate.Rows[0]
	return []views.Span{
		{Text: "Of " + b.counted(r.N, "closed opportunity", "closed opportunities") + " "},
		{Text: b.percent(*r.Rate), Bold: true},
		{Text: fmt.Sprintf(" were won (90%% range %.0f–%.0f). ", *r.Low*100, *r.High*100)},
	}
}

// leaderWords name the partner that brought most, for who governs a channel.
func (b *briefingPage) leaderWords() []views.Span {
	if b.d.byPartner == nil {
		return nil
	}
	all := lines(b.d.byPartner)
	if len(all) < 2 || all[0].won.Count == 0 || all[0].code != b.codes[0] {
		return nil
	}
	none := int64(0)
	for _, l := range all {
		if l.won.Count == 0 {
			none++
		}
	}
	spans := []views.Span{{Text: " " + all[0].name, Bold: true}, {Text: " won most, " + b.short(all[0].won.Amount)}}
	switch none {
	case 0:
		return append(spans, views.Span{Text: "; every partner with business won something."})
	default:
		return append(spans, views.Span{Text: "; " + b.counted(none, "partner with business has", "partners with business have") + " won nothing."})
	}
}

// stages is where the open opportunities are.
func (b *briefingPage) stages(code string) views.Figure {
	f := views.Figure{ID: "open-" + code, Title: b.openName() + " by stage", Aside: code, Receipt: receiptOf(b.d.openByStage.Receipt.ID), Size: "is-pace"}
	var bars []dashboards.Bar
	all := sum{}
	var largest api.TallyRow
	var most string // its name
	f.Table = views.Table{Caption: f.Title + ", " + code + ", table", Columns: []views.Column{{Title: "Stage"}, {Title: "Open", Num: true}, {Title: "Amount", Num: true}}}
	for _, r := range b.inOrder(b.d.openByStage.Rows) {
		if r.Amount.Currency != code || r.Count == 0 {
			continue
		}
		all.add(r.Count, r.Amount)
		link := keyed(b.d.openByStage.Receipt.ID, r.Key)
		bar := dashboards.Bar{
			Value: r.Amount.Amount.InexactFloat64(), Label: b.short(r.Amount), Color: "c1", Link: link,
			Tip: []dashboards.TipRow{{Name: "Amount", Value: b.money(r.Amount)}, {Name: "Opportunities", Value: b.count(r.Count)}},
		}
		bar.Name, bar.Of = b.stageName(r)
		bars = append(bars, bar)
		name := bar.FullName()
		if r.Amount.Amount.GreaterThan(largest.Amount.Amount) {
			largest, most = r, name
		}
		f.Table.Rows = append(f.Table.Rows, views.Row{Cells: []views.Cell{{Text: name}, b.countCell(r.Count, link, "open", name), {Text: b.money(r.Amount)}}})
	}
	if len(bars) == 0 {
		f.Empty = &views.Empty{Icon: "list", Title: "Nothing is open", Text: "There is no open opportunity in " + code + "."}
		return f
	}
	f.Finding = fmt.Sprintf("%s holds most: %s of %s.", most, b.short(largest.Amount), b.short(all.in(code)))
	f.Chart = dashboards.Bars(bars, f.Title+", "+code+". "+f.Finding)
	if len(bars) < 3 || f.Chart.Marks > 12 { // it is as tall as its neighbour while that suits it
		f.Size = ""
	}
	f.Table.Foot = []views.Row{{Cells: []views.Cell{{Text: "In all"}, {Text: b.count(all.count)}, {Text: b.money(all.in(code))}}}}
	return f
}

// stageName is a stage, and whose it is where there are several processes.
func (b *briefingPage) stageName(r api.TallyRow) (name, of string) {
	p, ok := b.stagesKnown[r.Key]
	if !ok {
		return r.Name, ""
	}
	var parts []string
	orgs, processes := false, false
	for _, other := range b.d.openByStage.Rows {
		if o, ok := b.stagesKnown[other.Key]; ok && other.Amount.Currency == r.Amount.Currency && other.Count > 0 && o.process.ID != p.process.ID {
			orgs, processes = orgs || o.org != p.org, processes || o.org == p.org
		}
	}
	if orgs {
		parts = append(parts, p.org)
	}
	if processes {
		parts = append(parts, p.process.Name)
	}
	return p.stage.Name, strings.Join(parts, ", ")
}

// inOrder sorts stages by process and place in it.
func (b *briefingPage) inOrder(rows []api.TallyRow) []api.TallyRow {
	out := slices.Clone(rows)
	slices.SortStableFunc(out, func(x, y api.TallyRow) int {
		p, q := b.stagesKnown[x.Key], b.stagesKnown[y.Key]
		return cmp.Or(cmp.Compare(p.org, q.org), cmp.Compare(p.process.Name, q.process.Name), cmp.Compare(p.stage.Position, q.stage.Position))
	})
	return out
}
