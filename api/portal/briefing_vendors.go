package portal

import (
	"net/url"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/warehouse"
)

// vendorLine is a partner's business through one sales process, which tells the vendor, in one currency.
type vendorLine struct {
	place             place
	code              string
	won, lost, open   sum
	wonKeys, lostKeys []string // stages that it ended in
}

// vendorLines puts the stages of a process together. What is grouped by stage is the only way to a vendor: a partner
// is one partner to all of them.
func (b *briefingPage) vendorLines() []vendorLine {
	type key struct {
		process uuid.UUID
		code    string
	}
	index := map[key]int{}
	var out []vendorLine
	each := func(a *api.Answer[api.TallyRow], into func(*vendorLine, api.TallyRow)) {
		for _, r := range a.Rows {
			p, ok := b.stagesKnown[r.Key]
			if !ok {
				continue
			}
			k := key{p.process.ID, r.Amount.Currency}
			if _, ok := index[k]; !ok {
				index[k] = len(out)
				out = append(out, vendorLine{place: p, code: r.Amount.Currency})
			}
			into(&out[index[k]], r)
		}
	}
	each(b.d.byStage.won, func(l *vendorLine, r api.TallyRow) {
		l.won.add(r.Count, r.Amount)
		l.wonKeys = append(l.wonKeys, r.Key)
	})
	each(b.d.byStage.lost, func(l *vendorLine, r api.TallyRow) {
		l.lost.add(r.Count, r.Amount)
		l.lostKeys = append(l.lostKeys, r.Key)
	})
	each(b.d.byStage.open, func(l *vendorLine, r api.TallyRow) {
		if b.stagesKnown[r.Key].stage.Type == catalog.StageActive {
			l.open.add(r.Count, r.Amount)
		}
	})
	return out
}

// vendorsCard is a partner's own side: its business by vendor.
func (b *briefingPage) vendorsCard() views.Card {
	c := views.Card{ID: "vendors", Title: "Your vendors", Table: views.Table{
		Caption: "Your vendors in " + b.d.period.Label + ", table", Sticky: true,
		Columns: []views.Column{
			{Title: "Vendor"},
			{Title: "Won", Num: true},
			{Title: "Amount won", Num: true},
			{Title: "Lost", Num: true},
			{Title: b.openName(), Num: true},
			{Title: "Amount open", Num: true},
			{Title: "Win rate (90%)", Num: true},
		},
	}}
	for _, l := range b.vendorLines() {
		name := l.place.org
		c.Table.Rows = append(c.Table.Rows, views.Row{Cells: []views.Cell{
			{Text: name, Sub: l.place.process.Name},
			b.endCell(l.won, b.d.byStage.won, l.wonKeys, "won, "+name),
			{Text: b.money(l.won.in(l.code))},
			b.endCell(l.lost, b.d.byStage.lost, l.lostKeys, "lost, "+name),
			b.countCell(l.open.count, "/opportunities?"+url.Values{"status": {"active"}, "process": {l.place.process.ID.String()}}.Encode(), "open", name),
			{Text: b.money(l.open.in(l.code))},
			{Text: b.rateText(l.won.count, l.lost.count)},
		}})
	}
	if len(c.Table.Rows) == 0 {
		c.Empty = &views.Empty{Icon: "list", Title: "Nothing was won, lost or open", Text: "There is nothing to show for " + b.d.period.Label + "."}
	}
	return c
}

// endCell opens its rows where one stage holds them all.
func (b *briefingPage) endCell(s sum, a *api.Answer[api.TallyRow], keys []string, what string) views.Cell {
	href := ""
	if len(keys) == 1 {
		href = keyed(a.Receipt.ID, keys[0])
	}
	c := views.Cell{Text: b.count(s.count)}
	if s.count != 0 && href != "" {
		c.Href, c.Label = href, b.count(s.count)+" "+what
	}
	return c
}

func (f format) rateText(won, lost int64) string {
	rate, low, high, ok := warehouse.Wilson(won, lost)
	if !ok {
		return "—"
	}
	return f.rate(&rate, &low, &high)
}
