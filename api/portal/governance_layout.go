package portal

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// layout is the editor of one layout: its form carries the whole of it, and buttons move parts without saving them.
func (p *Portal) layout(v *visit) error {
	id, err := v.definitionID("layout")
	if err != nil {
		return err
	}
	l, err := v.rights().Layout(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	if v.r.Method != http.MethodPost {
		page, err := v.layoutPage(l, l.Name, v.r.URL.Query().Get("as"), l.Definition)
		if err != nil {
			return err
		}
		if v.r.URL.Query().Get("saved") != "" {
			page.Notes = append(page.Notes, views.Note{Tone: "good", Title: "Saved", Text: "Forms of record types that use it look so from now on."})
		}
		return v.showLayout(http.StatusOK, l, page)
	}
	values, version, err := v.posted()
	if err != nil {
		return err
	}
	name, d := strings.TrimSpace(values.Get("name")), definitionOf(values)
	what, at, _ := strings.Cut(values.Get("do"), ".")
	switch what {
	case "save":
		if _, err = v.rights().UpdateLayout(v.ctx, v.actor, id, version, governance.UpdateLayout{Name: operational.Set(name), Definition: operational.Set(d)}); err == nil {
			http.Redirect(v.w, v.r, "/governance/layouts/"+id.String()+"?saved=1", http.StatusSeeOther)
			return nil
		}
	default:
		d = rearranged(d, what, at, values)
	}
	return v.layoutAgain(l, name, values.Get("as"), d, err)
}

// deleteLayout deletes a layout that nothing uses.
func (p *Portal) deleteLayout(v *visit) error {
	id, err := v.definitionID("layout")
	if err != nil {
		return err
	}
	_, version, err := v.posted()
	if err != nil {
		return err
	}
	l, err := v.rights().Layout(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	if err := v.rights().DeleteLayout(v.ctx, v.actor, id, version); err != nil {
		return v.layoutAgain(l, l.Name, "", l.Definition, err)
	}
	http.Redirect(v.w, v.r, "/governance/types?"+url.Values{"object": {string(l.Object)}, "saved": {"1"}}.Encode(), http.StatusSeeOther)
	return nil
}

// layoutAgain shows the editor with what was sent, as the role would see it, and what was wrong with it.
func (v *visit) layoutAgain(l governance.Layout, name, as string, d objects.FormDefinition, fault error) error {
	page, err := v.layoutPage(l, name, as, d)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if fault != nil {
		code, note, known := refused(fault)
		if !known {
			return fault
		}
		if operational.KindOf(fault) == operational.KindStale {
			note.Tone, note.Text = "warn", "Your arrangement is still below: save again to put it over the present one, which is this."
			for _, s := range l.Definition.Sections {
				note.Lines = append(note.Lines, s.Title+": "+strings.Join(v.placeLabels(l, s), ", "))
			}
		}
		status, page.Notes = code, append(page.Notes, note)
	}
	return v.showLayout(status, l, page)
}

func (v *visit) placeLabels(l governance.Layout, s objects.FormSection) []string {
	d := desk{}
	_ = v.definitions(&d) // without them the fields have their own names
	labels := make([]string, 0, len(s.Fields))
	for _, f := range s.Fields {
		labels = append(labels, labelOf(d.custom, l.Object, f.Name))
	}
	return labels
}

func (v *visit) showLayout(status int, l governance.Layout, page views.LayoutEditor) error {
	crumbs := governanceCrumbs(views.Link{Text: typesTitle, Href: "/governance/types?object=" + string(l.Object)}, views.Link{Text: l.Name})
	return v.render(status, views.Shell{Title: l.Name, Section: typesTitle, Crumbs: crumbs}, views.LayoutPage(page))
}

// definitionOf reads a layout from its form: sections and fields are numbered in their order.
func definitionOf(values url.Values) objects.FormDefinition {
	var d objects.FormDefinition
	for i := 0; i < governance.MaxSections+1 && values.Has(fmt.Sprintf("title.%d", i)); i++ {
		s := objects.FormSection{Title: strings.TrimSpace(values.Get(fmt.Sprintf("title.%d", i)))}
		for j := 0; j < governance.MaxLayoutFields+1 && values.Has(fmt.Sprintf("name.%d.%d", i, j)); j++ {
			at := fmt.Sprintf("%d.%d", i, j)
			f := objects.Place{Name: values.Get("name." + at), Required: values.Get("required."+at) == "on"}
			if other := values.Get("if." + at); other != "" {
				f.ShowIf = &objects.Condition{Field: other, In: parted(values.Get("in." + at))}
			}
			s.Fields = append(s.Fields, f)
		}
		d.Sections = append(d.Sections, s)
	}
	return d
}

// rearranged carries out a button of the editor: up, down and drop of a field, add to a section, and the same of sections.
func rearranged(d objects.FormDefinition, what, at string, values url.Values) objects.FormDefinition {
	first, second, _ := strings.Cut(at, ".")
	i, err := strconv.Atoi(first)
	if what == "section" {
		d.Sections = append(d.Sections, objects.FormSection{Title: "New section"})
		return d
	}
	if err != nil || i < 0 || i >= len(d.Sections) {
		return d
	}
	s := &d.Sections[i]
	j, err := strconv.Atoi(second)
	field := err == nil && j >= 0 && j < len(s.Fields)
	switch {
	case what == "add" && values.Get("add."+first) != "":
		s.Fields = append(s.Fields, objects.Place{Name: values.Get("add." + first)})
	case what == "up" && field && j > 0:
		s.Fields[j-1], s.Fields[j] = s.Fields[j], s.Fields[j-1]
	case what == "up" && field && i > 0: // into the section before
		d.Sections[i-1].Fields = append(d.Sections[i-1].Fields, s.Fields[j])
		s.Fields = slices.Delete(s.Fields, j, j+1)
	case what == "down" && field && j+1 < len(s.Fields):
		s.Fields[j+1], s.Fields[j] = s.Fields[j], s.Fields[j+1]
	case what == "down" && field && i+1 < len(d.Sections): // into the section after
		d.Sections[i+1].Fields = slices.Insert(d.Sections[i+1].Fields, 0, s.Fields[j])
		s.Fields = slices.Delete(s.Fields, j, j+1)
	case what == "drop" && field:
		s.Fields = slices.Delete(s.Fields, j, j+1)
	case what == "sectionup" && i > 0:
		d.Sections[i-1], d.Sections[i] = d.Sections[i], d.Sections[i-1]
	case what == "sectiondrop":
		d.Sections = slices.Delete(d.Sections, i, i+1)
	}
	return d
}

func (v *visit) layoutPage(l governance.Layout, name, as string, d objects.FormDefinition) (views.LayoutEditor, error) {
	governed, err := v.rights().Governed(v.ctx, v.actor)
	if err != nil {
		return views.LayoutEditor{}, err
	}
	known := desk{object: l.Object, fields: governed}
	if err := v.definitions(&known); err != nil {
		return views.LayoutEditor{}, err
	}
	n := 0
	var before []views.Option
	page := views.LayoutEditor{Title: l.Name, Action: "/governance/layouts/" + l.ID.String(), Version: strconv.FormatInt(l.Version, 10), Name: views.Input{ID: "l-name", Name: "name", Label: "Name", Value: name, Max: 100, Required: true}}
	used := map[string]bool{}
	for i, s := range d.Sections {
		section := views.LayoutSection{At: views.Number(i), First: i == 0, Title: views.Input{ID: "l-title-" + views.Number(i), Name: fmt.Sprintf("title.%d", i), Label: "Section", Value: s.Title, Max: 100, Required: true}}
		for j, f := range s.Fields {
			label, at := labelOf(known.custom, l.Object, f.Name), fmt.Sprintf("%d.%d", i, j)
			place := views.LayoutPlace{At: at, Name: f.Name, Label: label, Required: f.Required, Fixed: !known.writable(f.Name), Others: slices.Clone(before)}
			if f.ShowIf != nil {
				place.If, place.In = f.ShowIf.Field, strings.Join(f.ShowIf.In, "; ")
			}
			section.Places, used[f.Name] = append(section.Places, place), true
			before = append(before, views.Option{Value: f.Name, Text: label})
			n++
		}
		page.Sections = append(page.Sections, section)
	}
	for _, f := range known.ordered() {
		if !used[f.Field] {
			page.Left = append(page.Left, views.Option{Value: f.Field, Text: known.label(f)})
		}
	}
	page.Text = v.counted(int64(len(d.Sections)), "section", "sections") + " with " + v.counted(int64(n), "field", "fields") + ". It shows nobody what their role hides."
	return page, v.layoutSeen(&page, known, as, d)
}

func (d desk) writable(field string) bool {
	return slices.ContainsFunc(d.fields, func(f governance.Governed) bool { return f.Object == d.object && f.Field == field && f.Editable })
}

// layoutSeen is the form as people with one role see it, arranged as it is on the page. The choice goes along with the form
// of the editor, so that it loses nothing of what is not saved.
func (v *visit) layoutSeen(page *views.LayoutEditor, known desk, as string, d objects.FormDefinition) error {
	page.As = views.Input{ID: "l-as", Name: "as", Form: "l-form", Label: "As seen by", Value: as, Options: []views.Option{{Text: "Choose a role"}}}
	for _, a := range v.audiences() {
		if a.value == governance.External && !governance.IsShared(known.object) {
			continue
		}
		roles, err := v.rolesOf(a.value)
		if err != nil {
			return err
		}
		for _, r := range roles {
			page.As.Options = append(page.As.Options, views.Option{Value: r.Key, Text: r.Name})
			if r.Key == as {
				page.Seen = known.seenBy(r, d)
			}
		}
	}
	return nil
}

// seenBy is what the real form shows in the role: package objects decides for both.
func (d desk) seenBy(r governance.Role, form objects.FormDefinition) []views.SeenSection {
	out := []views.SeenSection{}
	grant := r.Grant(d.object)
	if !grant.May(operational.ActRead) {
		return out
	}
	for _, s := range form.Seen(grant).Sections {
		seen := views.SeenSection{Title: s.Title}
		for _, f := range s.Fields {
			how := "is shown"
			if d.writable(f.Name) && objects.Editable(grant, f.Name) {
				how = "can be filled in"
				if f.Required {
					how = "must be filled in"
				}
			}
			if f.ShowIf != nil {
				how += ", when " + labelOf(d.custom, d.object, f.ShowIf.Field) + " is " + strings.Join(f.ShowIf.In, " or ")
			}
			seen.Fields = append(seen.Fields, views.Field{Name: labelOf(d.custom, d.object, f.Name), Value: how})
		}
		out = append(out, seen)
	}
	return out
}
