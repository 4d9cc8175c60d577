package portal

import (
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
)

var eventNames = map[string]string{
	"new": "New", "moved_forward": "Moved forward", "moved_back": "Moved back", "won": "Won", "lost": "Lost", "disqualified": "Disqualified", "reopened": "Reopened",
}

// eventsCard is what happened, beside the period before and the same period last year.
func (b *briefingPage) eventsCard() views.Card {
	c := views.Card{
		ID: "events", Title: "What happened", Aside: "Once for each move",
		Receipts: []views.Link{{Text: "Receipt", Href: receiptOf(b.d.events.Receipt.ID)}},
		Table: views.Table{Caption: "What happened in " + b.d.period.Label + ", table", Sticky: true, Columns: []views.Column{
			{Title: "Event"}, {Title: b.d.period.Label, Num: true}, {Title: "Amount", Num: true}, {Title: b.d.before.Label, Num: true}, {Title: b.d.yearly.Label, Num: true},
		}},
	}
	several := len(b.codes) > 1
	for _, r := range b.d.events.Rows {
		name := eventNames[r.Event]
		if several && r.Count == 0 && r.Previous.Count == 0 && r.YearBefore.Count == 0 {
			continue
		}
		if several {
			name += ", " + r.Amount.Currency
		}
		link := func(receipt string) string { return rowsOf(receipt, cell{event: r.Event}) }
		row := views.Row{Cells: []views.Cell{
			{Text: name},
			b.countCell(r.Count, link(b.d.events.Receipt.ID), "times", name),
			{Text: b.money(r.Amount)},
			b.countCell(r.Previous.Count, link(b.d.events.Previous.Receipt.ID), "times in "+b.d.before.Label, name),
		}}
		if !b.twice() {
			row.Cells = append(row.Cells, b.countCell(r.YearBefore.Count, link(b.d.events.YearBefore.Receipt.ID), "times in "+b.d.yearly.Label, name))
		}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	if b.twice() {
		c.Table.Columns = c.Table.Columns[:len(c.Table.Columns)-1]
	}
	if !b.priced {
		c.Table.Columns = drop(c.Table.Columns, eventAmount)
		for i, r := range c.Table.Rows {
			c.Table.Rows[i].Cells = drop(r.Cells, eventAmount)
		}
	}
	return c
}

// eventAmount is the column of amounts.
const eventAmount = 2

// place is a stage with the process and the organisation it belongs to.
type place struct {
	stage   catalog.Stage
	process catalog.SalesProcess
	org     string
}

// places knows every stage that the person may see, by id.
func (v *visit) places() (map[string]place, error) {
	orgs := map[uuid.UUID]string{v.me.Organisation.ID: v.me.Organisation.Name}
	found, err := v.deps.Interconnect.Organisations(v.ctx, v.actor, operational.Query{Page: operational.Page{Limit: mostChoices}})
	if err != nil {
		return nil, err
	}
	for _, o := range found.Items {
		orgs[o.ID] = o.Name
	}
	processes, err := v.deps.Catalog.Processes(v.ctx, v.actor, operational.Query{Page: operational.Page{Limit: mostChoices}})
	if err != nil {
		return nil, err
	}
	out := map[string]place{}
	for _, p := range processes.Items {
		for _, s := range p.Stages {
			out[s.ID.String()] = place{s, p, orgs[p.OrganisationID]}
		}
	}
	return out, nil
}
