package portal

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// record is an opportunity with what its page shows beside it.
type record struct {
	opportunities.Opportunity
	history []opportunities.Change
	stages  []catalog.Stage
	owners  []opportunities.Ref // to whom the person can give it
	private *opportunities.Private
	own     []objects.FieldNote // fields of the own company that are in its half
	part    objects.ObjectPart  // its fields, types and layouts as the person knows them
}

// opportunity is the page of one opportunity.
func (p *Portal) opportunity(v *visit) error {
	o, err := v.record()
	if err != nil {
		return err
	}
	page, err := v.opportunityPage(o, attempt{})
	if err != nil {
		return err
	}
	switch v.r.URL.Query().Get("saved") {
	case "made":
		page.Notes = append(page.Notes, views.Note{Tone: "good", Title: "The opportunity was created"})
	case "move":
		page.Notes = append(page.Notes, views.Note{Tone: "good", Title: "Moved to " + o.Stage.Name, Text: "The change is in the history below."})
	case "reopen":
		page.Notes = append(page.Notes, views.Note{Tone: "good", Title: "Reopened in " + o.Stage.Name, Text: "The change is in the history below."})
	case "edit":
		page.Notes = append(page.Notes, views.Note{Tone: "good", Title: "Saved", Text: "The change is in the history below."})
	case "private":
		page.Notes = append(page.Notes, views.Note{Tone: "good", Title: "Saved", Text: "Only your company sees it."})
	case "link":
		page.Notes = append(page.Notes, views.Note{Tone: "good", Title: "Your account is linked", Text: "The page of the account says with whom, and takes it back."})
	case "nothing":
		page.Notes = append(page.Notes, views.Note{Title: "Nothing was changed", Text: "All values were as before."})
	}
	return v.showOpportunity(200, o, page)
}

func (v *visit) showOpportunity(status int, o record, page views.Opportunity) error {
	return v.render(status, views.Shell{Title: page.Title, Crumbs: []views.Link{{Text: "Opportunities", Href: "/opportunities"}, {Text: page.Title}}}, views.OpportunityPage(page))
}

// record reads the opportunity of the address. A text that is no id is an opportunity that is not there.
func (v *visit) record() (record, error) {
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return record{}, operational.NotFound("opportunity")
	}
	var o record
	if o.Opportunity, err = v.deps.Opportunities.Get(v.ctx, v.actor, id); err != nil {
		return o, err
	}
	o.part = v.partOf(o.Opportunity)
	if o.owners, err = v.ownersOf(o.Opportunity); err != nil {
		return o, err
	}
	if o.history, err = v.deps.Opportunities.History(v.ctx, v.actor, id); hiddenOr(err) != nil {
		return o, err
	}
	if o.Process.ID != uuid.Nil {
		process, err := v.deps.Catalog.Process(v.ctx, v.actor, o.Process.ID)
		if err != nil {
			return o, err
		}
		o.stages = process.Stages
	}
	if !v.vendor() {
		private, err := v.deps.Opportunities.Private(v.ctx, v.actor, id)
		if hiddenOr(err) != nil {
			return o, err
		}
		if err == nil {
			o.private = &private
			if o.own, err = v.ownNotes(o.Opportunity); err != nil {
				return o, err
			}
		}
	}
	return o, nil
}

// hiddenOr is nil for a part of a record that the reader's role does not show.
func hiddenOr(err error) error {
	if operational.KindOf(err) == operational.KindNotFound {
		return nil
	}
	return err
}

func (v *visit) opportunityPage(o record, a attempt) (views.Opportunity, error) {
	page := views.Opportunity{Title: titleOf(o.Opportunity), Text: v.opportunityLine(o), Path: v.path(o), Gate: v.gate(o), KPIs: v.opportunityKPIs(o), Facts: v.facts(o), Events: v.timeline(o), Why: v.why(o.Opportunity)}
	if tone, icon := stageTone(o.Stage.Type); o.Stage.Name != "" && o.Stage.Type != catalog.StageActive {
		page.Badges = []views.Cell{{Tone: tone, Icon: icon, Text: o.Stage.Name}}
	}
	page.Forms = v.forms(o, a)
	v.lines(&page, o)
	v.ownFields(&page, o)
	if o.private != nil {
		page.Private = v.privateFacts(o)
	}
	v.accountOf(&page, o)
	half, err := v.halfForm(o, a)
	if err != nil {
		return page, err
	}
	link, err := v.linkForm(o)
	page.Forms = append(append(page.Forms, half...), link...)
	return page, err
}

func (v *visit) opportunityLine(o record) string {
	return joinedWith(joinedWith(o.Number, " · ", o.CustomerName), " · ", v.counterpart(o.Opportunity))
}

// stays is how long the opportunity was in each stage, from its history in business time.
func (v *visit) stays(o record) (map[uuid.UUID]time.Duration, time.Time) {
	list := slices.Clone(o.history)
	slices.SortStableFunc(list, func(a, b opportunities.Change) int { return a.EffectiveAt.Compare(b.EffectiveAt) })
	out := map[uuid.UUID]time.Duration{}
	since := o.CreatedAt
	for i, c := range list {
		if i == 0 || list[i-1].Stage.ID != c.Stage.ID {
			since = c.EffectiveAt
		}
		end := v.deps.Clock()
		if i+1 < len(list) {
			end = list[i+1].EffectiveAt
		}
		out[c.Stage.ID] += end.Sub(c.EffectiveAt)
	}
	return out, since
}

// path are the stages of the process with where it stands.
func (v *visit) path(o record) []views.Step {
	if o.Stage.ID == uuid.Nil { // hidden
		return nil
	}
	stays, _ := v.stays(o)
	closed := o.Stage.Type != catalog.StageActive
	var out []views.Step
	for _, s := range o.stages {
		step := views.Step{Name: s.Name}
		stay, was := stays[s.ID]
		switch {
		case s.Type != catalog.StageActive:
			continue
		case s.ID == o.Stage.ID:
			step.State, step.Time = "now", v.stay(stay)
		case was && (closed || s.Position < o.Stage.Position):
			step.State, step.Time = "done", v.stay(stay)
		case !closed && s.Position < o.Stage.Position:
			step.State, step.Time = "done", "passed over"
		}
		out = append(out, step)
	}
	switch o.Stage.Type {
	case catalog.StageActive:
		out = append(out, views.Step{Name: "Closed"})
	case catalog.StageWon:
		out = append(out, views.Step{Name: o.Stage.Name, State: "won"})
	default:
		out = append(out, views.Step{Name: o.Stage.Name, State: "lost"})
	}
	return out
}

func (v *visit) stay(d time.Duration) string {
	days := d.Hours() / 24
	return v.days(&days)
}

func (v *visit) gate(o record) string {
	if o.Stage.ID == uuid.Nil || len(o.history) == 0 {
		return ""
	}
	_, since := v.stays(o)
	if o.Stage.Type == catalog.StageActive {
		return "In " + o.Stage.Name + " since " + v.day(since) + "."
	}
	at := since
	if o.ClosedAt != nil {
		at = *o.ClosedAt
	}
	return o.Stage.Name + " on " + v.day(at) + ", " + v.stay(at.Sub(o.CreatedAt)) + " after it was created."
}

var sourceNames = map[opportunities.AmountSource]string{
	opportunities.AmountEntered: "as entered", opportunities.AmountImported: "as imported", opportunities.AmountListPrice: "from list prices", opportunities.AmountLines: "from its lines",
}

func (v *visit) opportunityKPIs(o record) []views.KPI {
	var list []views.KPI
	if o.VendorNet.Currency != "" {
		list = append(list, views.KPI{Name: "Vendor net", Value: v.money(o.VendorNet), Detail: sourceNames[o.AmountSource]})
	}
	if o.private != nil && o.private.EndCustomerAmount != nil {
		end := *o.private.EndCustomerAmount
		k := views.KPI{Name: "End customer price", Value: v.money(end), More: []string{"Only your company sees this"}}
		if end.Currency == o.VendorNet.Currency {
			k.Detail = "Your margin " + v.money(operational.Money{Amount: end.Amount.Sub(o.VendorNet.Amount), Currency: end.Currency})
		}
		list = append(list, k)
	}
	switch {
	case o.CloseDate != nil:
		list = append(list, views.KPI{Name: "Close date", Value: v.date(*o.CloseDate), Detail: v.pushes(o)})
	case v.readsOf(o.Opportunity).Has("close_date"):
		list = append(list, views.KPI{Name: "Close date", Value: "—", Detail: "not set"})
	}
	if o.Stage.Name != "" {
		list = append(list, views.KPI{Name: "Stage", Value: o.Stage.Name, Detail: o.Process.Name})
	}
	return append(list, views.KPI{Name: "Created", Value: v.day(o.CreatedAt), Detail: v.ago(v.deps.Clock().Sub(o.CreatedAt)) + " ago"})
}

// pushes counts how often the close date was put off.
func (v *visit) pushes(o record) string {
	if len(o.history) == 0 {
		return "" // nobody tells
	}
	n := int64(0)
	for i := 1; i < len(o.history); i++ {
		was, is := o.history[i-1].CloseDate, o.history[i].CloseDate
		if was != nil && is != nil && is.Time().After(was.Time()) {
			n++
		}
	}
	if n == 0 {
		return "never put off"
	}
	return "put off " + v.counted(n, "time", "times")
}

func (v *visit) facts(o record) []views.Field {
	var out []views.Field
	add := func(name, value string) {
		if value != "" {
			out = append(out, views.Field{Name: name, Value: value})
		}
	}
	add("Number", o.Number)
	add("Customer", o.CustomerName)
	if o.Partner != nil {
		add("Partner", o.Partner.Name)
	}
	if o.Vendor != nil {
		add("Vendor", o.Vendor.Name)
	}
	if o.Owner != nil {
		add("Owner", o.Owner.Name)
	}
	add("Region", o.Region)
	add("Tier", o.Tier)
	add("Sales process", o.Process.Name)
	add("Created", v.time(o.CreatedAt))
	add("Last change", v.time(o.UpdatedAt))
	if o.ClosedAt != nil {
		add("Closed", v.time(*o.ClosedAt))
	}
	add("Version", views.Number(int(o.Version)))
	return out
}

func (v *visit) privateFacts(o record) []views.Field {
	var out []views.Field
	if m := o.private.EndCustomerAmount; m != nil {
		out = append(out, views.Field{Name: "End customer price", Value: v.money(*m)})
	}
	if o.private.Note != "" {
		out = append(out, views.Field{Name: "Note", Value: o.private.Note})
	}
	return append(out, v.halfFacts(o)...)
}

func (v *visit) lines(page *views.Opportunity, o record) {
	if len(o.Lines) == 0 {
		if !v.readsOf(o.Opportunity).Has("lines") {
			return
		}
		page.LinesEmpty = &views.Empty{Icon: "list", Title: "No products are on it", Text: "The amount stands for itself."}
		return
	}
	t := views.Table{Caption: "Products, table", Columns: []views.Column{{Title: "Product"}, {Title: "Quantity", Num: true}, {Title: "Vendor net each", Num: true}, {Title: "Sum", Num: true}}}
	for _, l := range o.Lines {
		t.Rows = append(t.Rows, views.Row{Cells: []views.Cell{
			{Text: l.Product.Name}, {Text: l.Quantity.String()}, {Text: v.money(l.UnitPrice)}, {Text: v.amount(l.UnitPrice.Amount.Mul(l.Quantity).Round(2), l.UnitPrice.Currency)},
		}})
	}
	page.Lines = &t
}
