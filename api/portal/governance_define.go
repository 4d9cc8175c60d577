package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
)

// recordType is the page of one record type; a form that is sent changes it.
func (p *Portal) recordType(v *visit) error {
	id, err := v.definitionID("record type")
	if err != nil {
		return err
	}
	t, err := v.rights().RecordType(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	if v.r.Method != http.MethodPost {
		return v.askType(http.StatusOK, t, nil, nil)
	}
	values, version, err := v.posted()
	if err != nil {
		return err
	}
	in := governance.UpdateRecordType{
		Name: operational.Set(strings.TrimSpace(values.Get("name"))), Description: operational.Opt[string]{Given: true},
		Default: operational.Set(values.Get("default") == "yes"), Active: operational.Set(values.Get("active") == "yes"),
	}
	if text := strings.TrimSpace(values.Get("description")); text != "" {
		in.Description = operational.Set(text)
	}
	layouts := map[string]uuid.UUID{}
	for name, list := range values {
		if role, is := strings.CutPrefix(name, "layout."); is && list[0] != "" {
			layouts[role], _ = uuid.Parse(list[0]) // what is no id is no layout, and refused
		}
	}
	in.Layouts = operational.Set(layouts)
	if _, err = v.rights().UpdateRecordType(v.ctx, v.actor, id, version, in); err != nil {
		return v.askType(0, t, values, err)
	}
	http.Redirect(v.w, v.r, "/governance/types?"+url.Values{"object": {string(t.Object)}, "saved": {"1"}}.Encode(), http.StatusSeeOther)
	return nil
}

var yesNo = []views.Option{{Value: "yes", Text: "Yes"}, {Value: "no", Text: "No"}}

func yesOr(on bool) string {
	if on {
		return "yes"
	}
	return "no"
}

func (v *visit) askType(status int, t governance.RecordType, values url.Values, fault error) error {
	s, err := v.setup(t.Object)
	if err != nil {
		return err
	}
	description := ""
	if t.Description != nil {
		description = *t.Description
	}
	page := views.Asked{Title: t.Name, Text: "A variant of " + strings.ToLower(pluralOf(t.Object)) + ".", Action: "/governance/types/" + t.ID.String(), Submit: "Save", Version: strconv.FormatInt(t.Version, 10), Fields: []views.Input{
		{ID: "t-name", Name: "name", Label: "Name", Value: t.Name, Max: 60, Required: true},
		{ID: "t-description", Name: "description", Label: "What it is meant for (optional)", Value: description, Max: 500},
		{ID: "t-default", Name: "default", Label: "New records are of it unless told otherwise", Value: yesOr(t.Default), Options: yesNo},
		{ID: "t-active", Name: "active", Label: "New records can be of it", Value: yesOr(t.Active), Options: yesNo},
	}}
	options := []views.Option{{Text: "All fields in their order"}}
	for _, l := range s.layouts {
		options = append(options, views.Option{Value: l.ID.String(), Text: l.Name})
	}
	for _, a := range v.audiences() {
		if len(options) == 1 || a.value == governance.External && !governance.IsShared(t.Object) {
			continue
		}
		roles, err := v.rolesOf(a.value)
		if err != nil {
			return err
		}
		for _, r := range roles {
			f := views.Input{ID: "t-layout-" + r.Key, Name: "layout." + r.Key, Label: "Layout for " + r.Name, Options: options}
			if id, has := t.Layouts[r.Key]; has {
				f.Value = id.String()
			}
			page.Fields = append(page.Fields, f)
		}
	}
	return v.askAgain(status, page, t.Object, values, fault)
}

// customField is the page of one field that the company added; a form that is sent changes it.
func (p *Portal) customField(v *visit) error {
	id, err := v.definitionID("field")
	if err != nil {
		return err
	}
	f, err := v.rights().CustomField(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	page := views.Asked{Title: f.Label, Text: "A field of " + strings.ToLower(pluralOf(f.Object)) + ", " + words(f.Type) + ", called " + f.Name + " by the API.", Action: "/governance/fields/" + f.ID.String(), Submit: "Save", Version: strconv.FormatInt(f.Version, 10), Fields: []views.Input{
		{ID: "f-label", Name: "label", Label: "What people call it", Value: f.Label, Max: 100, Required: true},
		{ID: "f-active", Name: "active", Label: "It can be filled in", Hint: "What it held stays", Value: yesOr(f.Active), Options: yesNo},
	}}
	if f.Type == "choice" {
		page.Fields = append(page.Fields, views.Input{ID: "f-choices", Name: "choices", Label: "Choices", Hint: "Parted by semicolons. New ones can be added and all put in order; records may hold the others.", Value: strings.Join(f.Choices, "; "), Max: 12000})
	}
	if v.r.Method != http.MethodPost {
		return v.askAgain(http.StatusOK, page, f.Object, nil, nil)
	}
	values, version, err := v.posted()
	if err != nil {
		return err
	}
	in := governance.UpdateCustomField{Label: operational.Set(strings.TrimSpace(values.Get("label"))), Active: operational.Set(values.Get("active") == "yes")}
	if f.Type == "choice" {
		in.Choices = operational.Set(parted(values.Get("choices")))
	}
	if _, err := v.rights().UpdateCustomField(v.ctx, v.actor, id, version, in); err != nil {
		return v.askAgain(0, page, f.Object, values, err)
	}
	http.Redirect(v.w, v.r, "/governance/types?"+url.Values{"object": {string(f.Object)}, "saved": {"1"}}.Encode(), http.StatusSeeOther)
	return nil
}

// askAgain shows a form, with what was sent and what was wrong with it. After a conflict each value that others changed
// stands beside the one that was sent.
func (v *visit) askAgain(status int, page views.Asked, object operational.Object, values url.Values, fault error) error {
	if fault != nil {
		code, note, known := refused(fault)
		if !known {
			return fault
		}
		faults := faultsOf(fault)
		stale := operational.KindOf(fault) == operational.KindStale
		for i := range page.Fields {
			f := &page.Fields[i]
			if sent := values.Get(f.Name); stale && sent != f.Value {
				note.Lines = append(note.Lines, f.Label+": is “"+shownAs(*f, f.Value)+"”, you wanted “"+shownAs(*f, sent)+"”.")
			}
			f.Value, f.Fault = values.Get(f.Name), faults[f.Name]
		}
		if stale {
			note.Tone, note.Text = "warn", "Your values are still in the form: save again to put them over the present ones."
		}
		status, page.Notes = code, append(page.Notes, note)
	}
	crumbs := governanceCrumbs(views.Link{Text: typesTitle, Href: "/governance/types?object=" + string(object)}, views.Link{Text: page.Title})
	return v.render(status, views.Shell{Title: page.Title, Section: typesTitle, Crumbs: crumbs}, views.AskedPage(page))
}

func shownAs(f views.Input, value string) string {
	if i := slices.IndexFunc(f.Options, func(o views.Option) bool { return o.Value == value }); i >= 0 {
		return f.Options[i].Text
	}
	return value
}
