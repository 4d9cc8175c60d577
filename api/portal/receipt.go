package portal

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/warehouse"
)

var metricNames = map[warehouse.Metric]string{
	warehouse.MetricWon: "Won", warehouse.MetricLost: "Lost", warehouse.MetricAmountOpen: "Open", warehouse.MetricWinRate: "Win rate",
	warehouse.MetricFunnel: "Funnel", warehouse.MetricBriefing: "What happened",
}

var partNames = map[string]string{
	"reached": "reached", "went_on": "went on from", "lost": "lost from", "disqualified": "disqualified from", "moved_back": "moved back from", "still_here": "still in", "won": "won after",
}

// receipt traces an answer and, when a number of it is named, lists exactly what is behind that number.
func (p *Portal) receipt(v *visit) error {
	token, q := v.r.PathValue("token"), v.r.URL.Query()
	again, err := v.api.Analytics().Recompute(v.ctx, v.actor, token)
	if err != nil {
		return err
	}
	page := views.Rows{Receipt: v.receiptOf(again)}
	in := api.CellInput{Key: q.Get("key"), Event: q.Get("event"), Stage: q.Get("stage"), Part: q.Get("part")}
	named := q.Has("key") || q.Has("event") || q.Has("stage") || q.Has("part") || q.Has("rows")
	page.Title, page.Text = metricNames[again.Metric], v.when(again)
	if named {
		if page.Title, err = v.cellName(again, in); err != nil {
			return err
		}
		if err := v.rows(&page, token, in); err != nil {
			return err
		}
	}
	s := views.Shell{Title: page.Title, Crumbs: []views.Link{{Text: v.me.Organisation.Name}, {Text: "Sales briefing", Href: "/briefing"}, {Text: page.Title}}}
	if again.Metric == warehouse.MetricFunnel {
		s.Crumbs[1] = views.Link{Text: "Funnel", Href: "/funnel"}
	}
	return v.render(200, s, views.RowsPage(page))
}

// when says which time a number speaks of.
func (v *visit) when(a *api.Recomputed) string {
	if a.Period == nil {
		return "As of " + v.time(a.AsOf)
	}
	if a.AsOf.Before(a.Period.To) {
		return a.Period.Label + ", as of " + v.time(a.AsOf)
	}
	return a.Period.Label
}

// cellName says in words which number it is.
func (v *visit) cellName(a *api.Recomputed, in api.CellInput) (string, error) {
	name := metricNames[a.Metric]
	switch {
	case in.Event != "":
		return words(eventNames[in.Event]), nil
	case in.Stage != "":
		known, err := v.places()
		if err != nil {
			return "", err
		}
		return words(partNames[in.Part] + " " + known[in.Stage].stage.Name), nil
	case in.Key == "":
		return name, nil
	}
	id, err := uuid.Parse(in.Key)
	if err != nil {
		return name + ", " + clip(in.Key, 60), nil
	}
	known, err := v.places()
	if err != nil {
		return "", err
	}
	if p, ok := known[in.Key]; ok {
		return name + ", " + p.stage.Name, nil
	}
	org, err := v.deps.Interconnect.Organisation(v.ctx, v.actor, id)
	if err != nil {
		return "", err
	}
	return name + ", " + org.Name, nil
}

// rows lists the page of opportunities, with the number they add up to on top.
func (v *visit) rows(page *views.Rows, token string, in api.CellInput) error {
	value, err := v.api.Analytics().CellValue(v.ctx, v.actor, token, in)
	if err != nil {
		return err
	}
	q := v.r.URL.Query()
	found, err := v.api.Analytics().ReceiptRows(v.ctx, v.actor, token, in, 50, q.Get("cursor"))
	if err != nil {
		return err
	}
	var s sum
	for _, t := range value {
		s.add(t.Count, t.Amount)
	}
	page.KPIs = append(page.KPIs, views.KPI{Name: "Opportunities", Value: v.count(s.count)})
	for _, m := range s.amounts {
		page.KPIs = append(page.KPIs, views.KPI{Name: "Sum", Value: v.money(m)})
	}
	if found.Hidden > 0 {
		page.Notes = append(page.Notes, views.Note{Title: v.counted(int64(found.Hidden), "row of this page is not yours to see any more", "rows of this page are not yours to see any more"), Text: "They are in the number, which is as it was asked for."})
	}
	if len(found.Items) == 0 {
		page.Empty = &views.Empty{Icon: "list", Title: "Nothing is behind this number", Text: "It is 0."}
		return nil
	}
	t := v.rowsTable(found.Items)
	page.Table = &t
	page.Count = v.count(int64(len(found.Items))) + " on this page"
	if q.Has("cursor") {
		q.Del("cursor")
		page.First = address(v.r.URL.EscapedPath(), q.Encode())
	}
	if found.HasMore {
		q.Set("cursor", found.Next)
		page.Next = address(v.r.URL.EscapedPath(), q.Encode())
	}
	return nil
}

func (v *visit) rowsTable(items []api.ReceiptRow) views.Table {
	t := views.Table{Caption: "Opportunities behind this number, table", Sticky: true, Columns: []views.Column{
		{Title: "Opportunity"}, {Title: v.otherSide()}, {Title: "When"}, {Title: "Amount then", Num: true}, {Title: "Counts", Num: true}, {Title: "Stage today"},
	}}
	for _, r := range items {
		sign := "+1"
		if r.Sign < 0 {
			sign = "−1, reopened"
		}
		amount := r.Amount
		if r.Sign < 0 {
			amount.Amount = amount.Amount.Abs().Neg()
		}
		t.Rows = append(t.Rows, views.Row{Go: true, Cells: []views.Cell{
			v.nameCell(r.Opportunity), {Text: v.counterpart(r.Opportunity)}, {Text: v.time(r.At)}, {Text: v.money(amount)}, {Text: sign}, stageCell(r.Opportunity),
		}})
	}
	var hidden []int
	for _, c := range []struct {
		place int
		shown bool
	}{{3, v.counts(warehouse.FieldAmount)}, {5, v.reads("stage")}} {
		if !c.shown {
			hidden = append(hidden, c.place)
		}
	}
	t.Columns = drop(t.Columns, hidden...)
	for i, r := range t.Rows {
		t.Rows[i].Cells = drop(r.Cells, hidden...)
	}
	return t
}

func watermarkOf(v *visit, w api.WatermarkNote) string {
	if w.LSN == "" { // places in the log are those of all companies
		return "committed " + v.time(w.CommittedAt)
	}
	return fmt.Sprintf("log position %s, committed %s", w.LSN, v.time(w.CommittedAt))
}

func (v *visit) receiptOf(a *api.Recomputed) views.Receipt {
	d := warehouse.Definitions[a.Metric]
	r := views.Receipt{
		Metric: metricNames[a.Metric], Definition: d.Words, Version: views.Number(a.DefinitionVersion), Engine: a.Engine,
		AsOf: v.time(a.AsOf), KnownAt: "everything loaded up to the watermark", SQL: a.SQL,
		Watermark: watermarkOf(v, a.Watermark),
		Same:      "Run again: same answer", SameTone: "good", API: a.RowsURL,
	}
	if !a.KnownAt.IsZero() {
		r.KnownAt = v.time(a.KnownAt)
	}
	if !a.Same {
		r.Same, r.SameTone = a.Why, "warn"
	}
	if a.Period != nil {
		r.Period = fmt.Sprintf("%s, from %s until before %s", a.Period.Label, a.Period.From.In(v.cal.Location).Format("2 Jan 2006 15:04 MST"), a.Period.To.In(v.cal.Location).Format("2 Jan 2006 15:04 MST"))
	}
	for _, name := range slices.Sorted(maps.Keys(a.Parameters)) {
		r.Parameters = append(r.Parameters, views.Field{Name: name, Value: clip(parameter(a.Parameters[name]), 300)})
	}
	return r
}

func parameter(value any) string {
	if at, ok := value.(time.Time); ok {
		return at.UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprint(value)
}

// otherSide is what the other company of an opportunity is called here.
func (v *visit) otherSide() string {
	if v.vendor() {
		return "Partner"
	}
	return "Vendor"
}

func (v *visit) counterpart(o opportunities.Opportunity) string {
	ref := o.Vendor
	if v.vendor() {
		ref = o.Partner
	}
	switch {
	case ref != nil:
		return ref.Name
	case v.vendor():
		return "Direct business"
	default:
		return "Own business"
	}
}
