package portal

import (
	"net/http"
	"strconv"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/imports"
)

// showImport is the page of one import: how far it is, and in the end what it kept and what it left out, with the reasons.
func (p *Portal) showImport(v *visit) error {
	id, err := v.pathID("import")
	if err != nil {
		return err
	}
	x, err := v.deps.Imports.Get(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	title := "Import: " + importNamed(x)
	page := views.Sheet{Title: title, Text: "Asked for " + v.time(x.CreatedAt), Badges: []views.Cell{importState(x)}}
	about := views.Block{ID: "about", Title: "What became of it", Facts: v.importFacts(x)}
	if x.FinishedAt == nil {
		about.Links = []views.Link{{Text: "Look again", Href: importsPath + "/" + id.String()}}
		page.Side = []views.Block{{ID: "cancel", Title: "Cancel", Text: "Nothing of it is kept then.", Form: &views.Sent{Action: importsPath + "/" + id.String() + "/cancel", Submit: "Cancel the import", Ask: "Cancel…", Bad: true}}}
	}
	page.Main = []views.Block{about}
	if x.State == imports.StateDone {
		findings, err := v.findingsBlock(x)
		if err != nil {
			return err
		}
		page.Main = append(page.Main, findings)
	}
	return v.sheet(http.StatusOK, "Import", page, views.Link{Text: "Import", Href: importsPath}, views.Link{Text: title})
}

func (v *visit) importFacts(x imports.Import) []views.Fact {
	facts := []views.Fact{{Name: "State", Value: textOf(importStates, string(x.State))}}
	if x.DryRun {
		facts = append(facts, views.Fact{Name: "Only tried", Value: "Nothing was kept"})
	}
	if x.FinishedAt == nil {
		facts = append(facts, views.Fact{Name: "Progress", Value: strconv.Itoa(int(x.Progress*100)) + " %"}, views.Fact{Name: "Doing", Value: orNone(&x.Step)})
	} else {
		facts = append(facts, views.Fact{Name: "Ended", Value: v.time(*x.FinishedAt)})
	}
	if x.Fault != nil {
		facts = append(facts, views.Fact{Name: "Why", Value: *x.Fault})
	}
	if r := x.Records; r != nil {
		facts = append(facts, views.Fact{Name: "New", Value: v.count(int64(r.Created))}, views.Fact{Name: "Changed", Value: v.count(int64(r.Updated))},
			views.Fact{Name: "As before", Value: v.count(int64(r.Unchanged))}, views.Fact{Name: "Left out", Value: v.count(int64(r.Quarantined))})
	}
	return facts
}

func (v *visit) findingsBlock(x imports.Import) (views.Block, error) {
	b := views.Block{ID: "findings", Title: "Findings"}
	path := importsPath + "/" + x.ID.String()
	q := operational.Query{Page: operational.Page{Limit: pageLength, Count: true}}
	var err error
	if q.After, err = decodeCursor(v.r.URL.Query().Get("cursor")); err != nil {
		return b, err
	}
	found, err := v.deps.Imports.Findings(v.ctx, v.actor, x.ID, q)
	if err != nil {
		return b, err
	}
	if len(found.Items) == 0 {
		b.Empty = &views.Empty{Icon: "ok", Title: "Nothing to say", Text: "Every row of the file could be kept as it is."}
		return b, nil
	}
	v.paged(&b, path, len(found.Items), found.Next, found.Total, "finding", "findings")
	b.Links = []views.Link{{Text: "Download as CSV", Href: "/v1" + path + "/findings.csv"}}
	b.Table = &views.Table{Caption: "Findings", Sticky: true, Columns: []views.Column{{Title: "Line"}, {Title: "Column"}, {Title: "Value"}, {Title: "What is wrong, and what to do"}}}
	for _, f := range found.Items {
		b.Table.Rows = append(b.Table.Rows, views.Row{Cells: []views.Cell{{Text: views.Number(f.Line)}, {Text: textIn(f.Field)}, {Text: textIn(f.Was)}, {Text: f.Reason, Wide: true}}})
	}
	return b, nil
}

// cancelImport stops an import that waits or runs.
func (p *Portal) cancelImport(v *visit) error {
	id, err := v.pathID("import")
	if err != nil {
		return err
	}
	if _, err = p.deps.Imports.Cancel(v.ctx, v.actor, id); err != nil && operational.KindOf(err) != operational.KindConflict { // it has ended: the page says so
		return err
	}
	http.Redirect(v.w, v.r, importsPath+"/"+id.String(), http.StatusSeeOther)
	return nil
}

func importNamed(x imports.Import) string {
	for _, k := range importKinds {
		if k.kind == x.Kind {
			return k.text
		}
	}
	return "A CRM's export"
}

func importState(x imports.Import) views.Cell {
	c := views.Cell{Text: textOf(importStates, string(x.State)), Tone: map[imports.State]string{imports.StateDone: "good", imports.StateFailed: "bad", imports.StateCancelled: "warn"}[x.State]}
	if x.DryRun {
		c.Sub = "only tried"
	}
	return c
}

// outcomeOf is what an import of records kept and left out, in words.
func (v *visit) outcomeOf(x imports.Import) (kept, left string) {
	if x.Records == nil {
		return "", ""
	}
	return v.count(int64(x.Records.Created)) + " new, " + v.count(int64(x.Records.Updated)) + " changed", v.count(int64(x.Records.Quarantined))
}
