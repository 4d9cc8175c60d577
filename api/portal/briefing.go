package portal

import (
	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// briefing is the Sales Briefing: what was won, what is open, who did it, and how that compares.
func (p *Portal) briefing(v *visit) error {
	f := readFilters(v.r)
	c, err := v.choices()
	if err != nil {
		return err
	}
	page := views.Dashboard{Title: "Sales briefing", Filters: v.dashboardBar("/briefing", "Period", f, c)}
	shell := views.Shell{Title: page.Title, Charts: true}
	if c.first.IsZero() {
		page.Filters, page.Empty = views.Filters{}, v.firstUse()
		return v.render(200, shell, views.DashboardPage(page))
	}
	d, err := v.briefingData(f)
	if err != nil {
		return err
	}
	b := &briefingPage{visit: v, f: f, d: d, c: c, codes: []string{""}, priced: v.counts(warehouse.FieldAmount), staged: d.won != nil}
	if b.priced {
		b.codes = currencies(v.space.Currency, d.won, d.lost, d.open, d.wonBefore, d.wonYearly)
	}
	if b.stagesKnown, err = v.places(); err != nil {
		return err
	}
	page.Text = b.subtitle()
	page.Notes = append(append(v.staleNote(), partialNote(d.partial)...), b.quietNote(page.Filters)...)
	if b.nothing() && len(page.Filters.Active) > 0 {
		page.Empty = noMatch(page.Filters)
		return v.render(200, shell, views.DashboardPage(page))
	}
	page.Lede, page.KPIs = b.lede(), b.kpis()
	for _, code := range b.codes {
		if !b.priced || !b.staged {
			break // these are of amounts
		}
		page.Figures = append(page.Figures, views.Sized[views.Figure]{Width: "w8", Of: b.pace(code)}, views.Sized[views.Figure]{Width: "w4", Of: b.stages(code)})
	}
	page.Tables = b.tables()
	return v.render(200, shell, views.DashboardPage(page))
}

// briefingPage turns answers into texts.
type briefingPage struct {
	*visit
	f     filters
	d     *briefingData
	c     choices
	codes []string // currencies, the main one first; one without a name where amounts are hidden

	priced, staged bool // the person reads them

	stagesKnown map[string]place
}

// twice says that the period before is the same as that of last year: so it is for years.
func (b *briefingPage) twice() bool { return b.d.before.Text == b.d.yearly.Text }

func (b *briefingPage) running() bool { return b.d.period.Contains(b.d.asOf) }

func (b *briefingPage) subtitle() string {
	from, to := b.d.period.From.In(b.cal.Location), b.d.period.To.In(b.cal.Location).AddDate(0, 0, -1)
	text := b.d.period.Label + ", " + from.Format("2 Jan 2006") + " to " + to.Format("2 Jan 2006")
	if b.f.AsOf != "" {
		return text + ", as of " + b.day(b.d.asOf.Add(-1))
	}
	if b.running() {
		return text + ", day " + views.Number(b.dayToday()+1) + " of " + views.Number(len(b.dates(b.d.period)))
	}
	return text
}

// nothing says that no figure of the page is different from zero.
func (b *briefingPage) nothing() bool {
	for _, r := range b.d.events.Rows {
		if r.Count != 0 || r.Previous.Count != 0 || r.YearBefore.Count != 0 {
			return false
		}
	}
	return !b.staged || total(b.d.open.Rows).count == 0
}

// quietNote says where the data is when there is none in this period.
func (b *briefingPage) quietNote(f views.Filters) []views.Note {
	for _, r := range b.d.events.Rows {
		if r.Count != 0 {
			return nil
		}
	}
	last := b.cal.Quarter(b.c.last)
	if b.c.last.IsZero() || last.Text == b.d.period.Text || len(f.Active) > 0 || b.d.period.Contains(b.c.last) {
		return nil
	}
	q := b.f
	q.Period = last.Text
	return []views.Note{{
		Title: "Nothing happened in " + b.d.period.Label, Text: "The newest business here is from " + last.Label + ".",
		Links: []views.Link{{Text: "Show " + last.Label, Href: address("/briefing", q.query().Encode())}},
	}}
}

// firstUse tells a workspace without any opportunity what to do.
func (v *visit) firstUse() *views.Empty {
	switch {
	case v.vendor() && v.actor.Allowed(operational.ImportsRun):
		return &views.Empty{
			Icon: "database", Title: "There are no opportunities yet",
			Text: "Bring them from your CRM: put its export (accounts, products, sales team, pipeline as CSV) into a folder and run this on the machine of this program, or send it to POST /v1/imports/crm-export.",
			Code: "sharepartner import crm-export FOLDER",
		}
	case v.vendor():
		return &views.Empty{Icon: "database", Title: "There are no opportunities yet", Text: "A channel leader or administrator of your organisation can bring them from your CRM's export. They appear here at once."}
	default:
		return &views.Empty{Icon: "database", Title: "There are no opportunities yet", Text: "As soon as you or a vendor that you are connected with creates one, it appears here."}
	}
}

// noMatch is for filters that leave nothing.
func noMatch(f views.Filters) *views.Empty {
	title := "No opportunities match this filter"
	if len(f.Active) > 1 {
		title = "No opportunities match these " + views.Number(len(f.Active)) + " filters"
	}
	return &views.Empty{Icon: "filter-off", Title: title, Text: chosen(f), Action: views.Link{Text: "Clear filters", Href: f.Clear}}
}

// partialNote warns above figures that are not whole.
func partialNote(partial *api.PartialNote) []views.Note {
	if partial == nil {
		return nil
	}
	return []views.Note{{Tone: "warn", Title: "Some figures are missing", Text: "A part of the store that figures come from does not answer at the moment, and what it holds is not counted below: companies may be missing. Nothing is lost. Load the page again in a moment."}}
}

// staleNote warns above figures that may be old.
func (v *visit) staleNote() []views.Note {
	foot := v.foot()
	if foot.Tone == "" {
		return nil
	}
	text := "The figures below are the last good ones."
	if foot.Since != "" {
		text += " " + foot.Since + "."
	}
	return []views.Note{{Tone: foot.Tone, Title: foot.State, Text: text}}
}
