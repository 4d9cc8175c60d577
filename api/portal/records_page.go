package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// recordPage is the page of one record.
func (v *visit) recordPage(b *book) error { return v.showRecord(b, tried{}) }

func (v *visit) showRecord(b *book, t tried) error {
	r, err := v.bookRow(b)
	if err != nil {
		return err
	}
	part, err := v.part(b)
	if err != nil {
		return err
	}
	k, err := v.known(part, r)
	if err != nil {
		return err
	}
	page := views.Sheet{Title: r.title, Text: r.line, Notes: v.recordNotes(b), Main: k.factBlocks(r)}
	if name := typeNamed(part, r.in("record_type_id")); name != "" {
		page.Badges = []views.Cell{{Text: name, Tone: "acc"}}
	}
	if v.actor.Allowed(b.edit) {
		page.Acts = []views.Act{{Text: "Edit", Href: b.path + "/" + r.id.String() + "/edit", Icon: "pen"}}
	}
	status := http.StatusOK
	if t.note != nil {
		page.Notes, status = append(page.Notes, *t.note), t.status
	}
	main, side, err := b.blocks(v, r)
	if err != nil {
		return err
	}
	page.Main = append(page.Main, main...)
	page.Side = append(append([]views.Block{v.aboutRecord(b, r)}, side...), v.deleteBlocks(b, r)...)
	if b.erase != nil {
		page.Side = append(page.Side, b.erase(v, b, r, t)...)
	}
	return v.sheet(status, b.title, page, views.Link{Text: b.title, Href: b.path}, views.Link{Text: r.title})
}

// factBlocks are the record's fields, a card for each part of its layout.
func (k known) factBlocks(r row) []views.Block {
	var out []views.Block
	for i, s := range k.layout(r.recordType, func(f objects.FieldNote) string { return r.in(memberOf(f)) }) {
		block := views.Block{ID: "part-" + views.Number(i), Title: s.title}
		for _, f := range s.fields {
			fact := k.fact(f.FieldNote, r.in(memberOf(f.FieldNote)))
			switch {
			case fact.Value != "":
			case f.required:
				fact.Value = "Missing: it must be filled in"
			default:
				fact.Value = "—"
			}
			block.Facts = append(block.Facts, fact)
		}
		out = append(out, block)
	}
	return out
}

// aboutRecord is what is known of the record itself, and where more of it is told.
func (v *visit) aboutRecord(b *book, r row) views.Block {
	block := views.Block{ID: "about", Title: "Record", Facts: []views.Fact{
		{Name: "Created", Value: v.time(r.created)}, {Name: "Last change", Value: v.time(r.updated)}, {Name: "Version", Value: strconv.FormatInt(r.version, 10)},
	}}
	if v.actor.Allowed(operational.AuditRead) {
		block.Links = append(block.Links, views.Link{Text: "What was done to it", Href: "/governance/audit?record=" + r.id.String()})
	}
	if slices.ContainsFunc(governsRoles, v.actor.Allowed) {
		block.Links = append(block.Links, views.Link{Text: "Why can somebody see this?", Href: "/governance/tester?" + url.Values{"object": {string(b.object)}, "record": {r.title}}.Encode()})
	}
	return block
}

// deleteBlocks delete the record after a second word.
func (v *visit) deleteBlocks(b *book, r row) []views.Block {
	if !v.actor.Allowed(b.remove) {
		return nil
	}
	return []views.Block{{ID: "delete", Title: "Delete", Text: "For good. As long as other records refer to it, it stays.", Form: &views.Sent{
		Action: b.path + "/" + r.id.String() + "/delete", Version: strconv.FormatInt(r.version, 10), Submit: "Delete " + clip(r.title, 60), Ask: "Delete…", Bad: true,
	}}}
}

// recordNotes say what was done before the page came.
func (v *visit) recordNotes(b *book) []views.Note {
	switch v.r.URL.Query().Get("saved") {
	case "made":
		return []views.Note{{Tone: "good", Title: "The " + b.one + " was created"}}
	case "edit":
		return []views.Note{{Tone: "good", Title: "Saved"}}
	case "nothing":
		return []views.Note{{Title: "Nothing was changed", Text: "All values were as before."}}
	case "erased":
		return []views.Note{{Tone: "good", Title: "Erased", Text: "Nothing names the person any more."}}
	case "deleted":
		return []views.Note{{Tone: "good", Title: "The " + b.one + " was deleted"}}
	}
	return nil
}

// deleteRecord deletes a record that is as it was shown.
func (v *visit) deleteRecord(b *book) error {
	_, version, err := v.posted()
	if err != nil {
		return err
	}
	id, err := v.pathID(string(b.object))
	if err != nil {
		return err
	}
	if err = b.delete(v, id, version); err == nil {
		http.Redirect(v.w, v.r, b.path+"?saved=deleted", http.StatusSeeOther)
		return nil
	}
	t, known := notDone("delete", nil, err)
	if !known {
		return err
	}
	return v.showRecord(b, t)
}
