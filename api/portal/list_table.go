package portal

import (
	"slices"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// Columns of the list; those with a field can be sorted by, the first time downwards where desc says so.
var listColumns = []struct {
	title, field string
	num, desc    bool
	shows        string // the field that it is of; without it on any opportunity there is no such column
}{
	{"Opportunity", "name", false, false, ""},
	{"", "", false, false, ""}, // the other company
	{"Stage", "", false, false, "stage"},
	{"Amount", "amount", true, true, "vendor_net"},
	{"Close date", "close_date", false, true, "close_date"},
	{"Region", "region", false, false, "region"},
	{"Tier", "tier", false, false, "tier"},
	{"Last change", "updated_at", false, true, ""},
}

func (v *visit) listTable(f filters, items []opportunities.Opportunity, sorts []string) views.Table {
	t := views.Table{Caption: "Opportunities, table", Sticky: true}
	order := f.Sort
	if order == "" {
		order = "-updated_at"
	}
	var hidden []int
	for i, c := range listColumns {
		if c.shows != "" && !v.reads(c.shows) {
			hidden = append(hidden, i)
			continue
		}
		col := views.Column{Title: c.title, Num: c.num}
		if i == 1 {
			col.Title = v.otherSide()
		}
		if slices.Contains(sorts, c.field) {
			col.Sort, col.Order = sortedBy("/opportunities", v.listQuery(f), c.field, c.desc, order)
		}
		t.Columns = append(t.Columns, col)
	}
	ranks := tierRanks(items)
	for _, o := range items {
		close := views.Cell{Day: true}
		switch {
		case o.CloseDate != nil:
			close.Text = v.date(*o.CloseDate)
		case v.readsOf(o).Has("close_date"):
			close.Text = "—"
		}
		amount := views.Cell{}
		if o.VendorNet.Currency != "" {
			amount.Text = v.money(o.VendorNet)
		}
		tier := views.Cell{Text: o.Tier}
		if o.Tier != "" {
			tier.Tier = ranks[o.Tier]
		}
		t.Rows = append(t.Rows, views.Row{Go: true, Cells: drop([]views.Cell{
			v.nameCell(o), {Text: v.counterpart(o)}, stageCell(o), amount, close, {Text: o.Region}, tier, {Text: v.day(o.UpdatedAt), Muted: true},
		}, hidden...)})
	}
	return t
}

// nameCell opens an opportunity.
func (v *visit) nameCell(o opportunities.Opportunity) views.Cell {
	c := views.Cell{Text: titleOf(o), Href: "/opportunities/" + o.ID.String()}
	for _, part := range []string{o.Number, o.CustomerName} {
		if part != "" && part != c.Text {
			c.Sub = joinedWith(c.Sub, " · ", part)
		}
	}
	return c
}

// stageCell is the stage, with a tone when it is an end.
func stageCell(o opportunities.Opportunity) views.Cell {
	c := views.Cell{Text: o.Stage.Name}
	if o.Stage.Name == "" {
		return c // hidden
	}
	c.Tone, c.Icon = stageTone(o.Stage.Type)
	return c
}

func stageTone(t catalog.StageType) (tone, icon string) {
	switch t {
	case catalog.StageWon:
		return "good", "trophy"
	case catalog.StageLost:
		return "bad", "x"
	case catalog.StageDisqualified:
		return "mute", "minus"
	default:
		return "acc", ""
	}
}

// tierRanks gives each tier a mark of its own; well-known names keep theirs.
func tierRanks(items []opportunities.Opportunity) map[string]int {
	ranks := map[string]int{"Platinum": 1, "Gold": 2, "Silver": 3, "Member": 4}
	for _, o := range items {
		if o.Tier != "" && ranks[o.Tier] == 0 {
			ranks[o.Tier] = 4
		}
	}
	return ranks
}
