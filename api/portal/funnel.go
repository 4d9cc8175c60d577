package portal

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/dashboards"
)

// funnel is how far the opportunities created in a period came.
func (p *Portal) funnel(v *visit) error {
	f := readFilters(v.r)
	c, err := v.choices()
	if err != nil {
		return err
	}
	page := views.Dashboard{Title: "Funnel", Filters: v.dashboardBar("/funnel", "Created in", f, c)}
	shell := views.Shell{Title: page.Title, Charts: true}
	if c.first.IsZero() {
		page.Filters, page.Empty = views.Filters{}, v.firstUse()
		return v.render(200, shell, views.DashboardPage(page))
	}
	period, asOf, err := v.periodOf(f)
	if err != nil {
		return err
	}
	f.Period = period.Text
	view, err := v.api.Analytics().View(v.ctx, v.actor)
	if err != nil {
		return err
	}
	defer view.Close()
	answer, err := view.Funnel(v.ctx, f.ask())
	if err != nil {
		return err
	}
	x := &funnelPage{visit: v, answer: answer}
	if x.stagesKnown, err = v.places(); err != nil {
		return err
	}
	page.Text = "Opportunities created in " + period.Label + ", followed until " + v.day(asOf.Add(-1))
	page.Notes = append(v.staleNote(), partialNote(answer.Partial)...)
	for _, g := range x.groups() {
		page.Figures = append(page.Figures, views.Sized[views.Figure]{Width: "w12", Of: x.figure(g, period.Label)})
	}
	if len(page.Figures) == 0 {
		page.Empty = v.noCohort(page.Filters, period.Label, c, f)
	}
	return v.render(200, shell, views.DashboardPage(page))
}

// noCohort is a funnel without anybody in it.
func (v *visit) noCohort(bar views.Filters, label string, c choices, f filters) *views.Empty {
	if len(bar.Active) > 0 {
		return noMatch(bar)
	}
	e := &views.Empty{Icon: "filter-off", Title: "No opportunity was created in " + label, Text: "Choose another period."}
	if !c.last.IsZero() {
		last := v.cal.Quarter(c.last)
		f.Period = last.Text
		e.Text = "The newest business here is from " + last.Label + "."
		e.Action = views.Link{Text: "Show " + last.Label, Href: address("/funnel", f.query().Encode())}
	}
	return e
}

// funnelPage turns the answer into texts.
type funnelPage struct {
	*visit
	answer      *api.Answer[api.FunnelRow]
	stagesKnown map[string]place
}

// funnelGroup are the stages of one process, in one currency.
type funnelGroup struct {
	process uuid.UUID
	code    string
	rows    []api.FunnelRow
}

func (x *funnelPage) groups() []funnelGroup {
	var out []funnelGroup
	for _, r := range x.answer.Rows {
		n := len(out)
		if n == 0 || out[n-1].process != r.ProcessID || out[n-1].code != r.Amount.Currency {
			out = append(out, funnelGroup{process: r.ProcessID, code: r.Amount.Currency})
			n++
		}
		out[n-1].rows = append(out[n-1].rows, r)
	}
	kept := out[:0]
	for _, g := range out {
		if g.rows[0].Reached > 0 {
			kept = append(kept, g)
		}
	}
	return kept
}

// title names the process where there are several.
func (x *funnelPage) title(g funnelGroup) string {
	groups := x.groups()
	if len(groups) == 1 {
		return "How far opportunities get"
	}
	p := x.stagesKnown[g.rows[0].StageID.String()]
	title := p.org + ", " + p.process.Name
	for _, other := range groups {
		if other.process == g.process && other.code != g.code {
			return title + ", " + g.code
		}
	}
	return title
}

func (x *funnelPage) figure(g funnelGroup, period string) views.Figure {
	first := g.rows[0]
	id := "funnel-" + g.process.String()[24:] + "-" + g.code
	f := views.Figure{
		Open: true, ID: id, Title: x.title(g), Receipt: receiptOf(x.answer.Receipt.ID), Finding: x.finding(g),
		Aside:   x.counted(first.Reached, "opportunity", "opportunities"),
		Caption: "Bars show how many reached a stage; beside them the share that went on and the median days in it. A stage that was passed over counts as reached. Stays that have not ended count up to now.",
	}
	var bars []dashboards.Bar
	for _, r := range g.rows {
		bars = append(bars, x.bar(r))
	}
	won := dashboards.Bar{
		Name: "Won", Value: float64(first.Won), Label: x.count(first.Won), Color: "c-up", Beside: x.ofAll(first),
		Link: x.link(first, "won", first.Won), Tip: []dashboards.TipRow{{Name: "Won", Value: x.count(first.Won)}},
	}
	if first.AmountWon.Currency != "" {
		won.Tip = append(won.Tip, dashboards.TipRow{Name: "Amount", Value: x.money(first.AmountWon)})
	}
	bars = append(bars, won)
	f.Chart = dashboards.Bars(bars, "Funnel of opportunities created in "+period+". "+f.Finding)
	f.Table = x.table(g, period)
	return f
}

func (x *funnelPage) ofAll(r api.FunnelRow) string {
	if r.Reached == 0 {
		return ""
	}
	return x.percent(float64(r.Won)/float64(r.Reached)) + " of all"
}

func (x *funnelPage) bar(r api.FunnelRow) dashboards.Bar {
	b := dashboards.Bar{Name: r.Name, Value: float64(r.Reached), Label: x.count(r.Reached), Color: "c1", Link: x.link(r, "reached", r.Reached)}
	if r.Conversion != nil {
		b.Beside = x.percent(*r.Conversion) + " go on"
		if r.MedianDays != nil {
			b.Beside += " · " + x.days(r.MedianDays)
		}
	}
	for _, part := range []struct {
		name string
		n    int64
	}{{"Reached", r.Reached}, {"Went on", r.WentOn}, {"Lost from here", r.Lost}, {"Disqualified from here", r.Disqualified}, {"Moved back", r.MovedBack}, {"Still here", r.StillHere}} {
		b.Tip = append(b.Tip, dashboards.TipRow{Name: part.name, Value: x.count(part.n)})
	}
	b.Tip = append(b.Tip, dashboards.TipRow{Name: "Median, p90", Value: x.days(r.MedianDays) + ", " + x.days(r.P90Days)})
	if r.Amount.Currency != "" {
		b.Tip = append(b.Tip, dashboards.TipRow{Name: "Amount", Value: x.money(r.Amount)})
	}
	return b
}

func (x *funnelPage) link(r api.FunnelRow, part string, n int64) string {
	if n == 0 {
		return ""
	}
	return rowsOf(x.answer.Receipt.ID, cell{stage: r.StageID.String(), part: part})
}

// finding names the stage that loses most, by share of those that came to an end there.
func (x *funnelPage) finding(g funnelGroup) string {
	worst, share := -1, 0.0
	for i, r := range g.rows {
		ended := r.Lost + r.Disqualified
		if r.Reached == 0 || ended == 0 {
			continue
		}
		if s := float64(ended) / float64(r.Reached); s > share {
			worst, share = i, s
		}
	}
	if worst < 0 {
		return "No stage has lost any of these opportunities so far."
	}
	r := g.rows[worst]
	text := fmt.Sprintf("%s loses most: %s of the %s that reached it ended there.", r.Name, x.percent(share), x.counted(r.Reached, "opportunity", "opportunities"))
	if r.StillHere > 0 {
		text += fmt.Sprintf(" %s still there.", x.counted(r.StillHere, "is", "are"))
	}
	return text
}

// funnelAmount is the column of amounts.
const funnelAmount = 2

func (x *funnelPage) table(g funnelGroup, period string) views.Table {
	t := views.Table{Caption: x.title(g) + ", created in " + period + ", table", Sticky: true, Columns: []views.Column{
		{Title: "Stage"},
		{Title: "Reached", Num: true},
		{Title: "Amount", Num: true},
		{Title: "Went on", Num: true},
		{Title: "Share", Num: true},
		{Title: "Lost here", Num: true},
		{Title: "Disqualified", Num: true},
		{Title: "Moved back", Num: true},
		{Title: "Still here", Num: true},
		{Title: "Won by now", Num: true},
		{Title: "Median", Num: true},
		{Title: "p90", Num: true},
	}}
	for _, r := range g.rows {
		part := func(name, what string, n int64) views.Cell { return x.countCell(n, x.link(r, name, n), what, r.Name) }
		share := "—"
		if r.Conversion != nil {
			share = x.percent(*r.Conversion)
		}
		t.Rows = append(t.Rows, views.Row{Cells: []views.Cell{
			{Text: r.Name},
			part("reached", "reached it", r.Reached),
			{Text: x.money(r.Amount)},
			part("went_on", "went on", r.WentOn),
			{Text: share},
			part("lost", "lost from here", r.Lost), part("disqualified", "disqualified from here", r.Disqualified), part("moved_back", "moved back", r.MovedBack),
			part("still_here", "still here", r.StillHere), part("won", "won by now", r.Won),
			{Text: x.days(r.MedianDays)},
			{Text: x.days(r.P90Days)},
		}})
	}
	if g.code == "" { // amounts are hidden
		t.Columns = drop(t.Columns, funnelAmount)
		for i, r := range t.Rows {
			t.Rows[i].Cells = drop(r.Cells, funnelAmount)
		}
	}
	return t
}
