package governance

import (
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// What decisions leave in the audit: keys, codes and ids, by which it can be asked long afterwards who may do what since
// when and by whom. Names and labels are looked up by whoever reads it.

// decided is what makes one role of another.
func decided(was, is Role) audit.Details {
	var d audit.Details
	d.Code("role", is.Key)
	if was.Name != is.Name {
		d.Fields = append(d.Fields, "name")
	}
	if !same(was.Description, is.Description) {
		d.Fields = append(d.Fields, "description")
	}
	for _, x := range differences(was, is) {
		switch {
		case x.Subject == "record_types":
			types(&d, x.Object, was.Objects[x.Object], is.Objects[x.Object])
		case x.Object == "":
			d.Moved(x.Subject, x.One, x.Other)
		default:
			d.Moved(string(x.Object)+"."+x.Subject, x.One, x.Other)
		}
	}
	return d
}

// types says with which record types a role works: all, none or chosen ones, and which of these.
func types(d *audit.Details, o operational.Object, was, is operational.ObjectRights) {
	d.Moved(string(o)+".record_types", extent(was), extent(is))
	if extent(is) != "chosen" {
		return
	}
	d.ListedIDs(string(o)+".record_type", was.RecordTypes, is.RecordTypes)
}

func extent(x operational.ObjectRights) string {
	switch {
	case !x.Read:
		return "none"
	case x.RecordTypes == nil:
		return "all"
	}
	return "chosen"
}

// begun is what a new role begins with.
func begun(r Role, copyOf string) audit.Details {
	d := decided(Role{Name: r.Name, Description: r.Description, Hat: r.Hat}, r)
	d.Code("audience", r.Audience)
	d.Code("hat", r.Worn())
	d.Code("copy_of", copyOf)
	return d
}

// given is a role of one's own, which may be none: then that of the company holds, or the default one.
func given(was, is *string, otherwise string) audit.Details {
	var d audit.Details
	d.Moved("role", orKey(was, ""), orKey(is, ""))
	if was == nil || is == nil {
		d.Moved("effective_role", orKey(was, otherwise), orKey(is, otherwise))
	}
	return d
}

func (a MemberAssignment) decided(next MemberAssignment) audit.Details {
	var d audit.Details
	d.Moved("role", a.Role, next.Role)
	d.Listed("region", codesOf(a.Regions), codesOf(next.Regions))
	return d
}

func codesOf(words []string) []string {
	codes := make([]string, len(words))
	for i, w := range words {
		codes[i] = audit.CodeOf(w)
	}
	return codes
}

func (t RecordType) decided(next RecordType) audit.Details {
	var d audit.Details
	d.Code("object", string(next.Object))
	if t.Name != next.Name {
		d.Fields = append(d.Fields, "name")
	}
	if !same(t.Description, next.Description) {
		d.Fields = append(d.Fields, "description")
	}
	d.Moved("default", yes(t.Default), yes(next.Default))
	d.Moved("active", yes(t.Active), yes(next.Active))
	for _, role := range sorted(slices.Concat(slices.Collect(maps.Keys(t.Layouts)), slices.Collect(maps.Keys(next.Layouts)))) {
		d.MovedID("layout."+role, at(t.Layouts, role), at(next.Layouts, role))
	}
	return d
}

func at(layouts map[string]uuid.UUID, role string) *uuid.UUID {
	if id, there := layouts[role]; there {
		return &id
	}
	return nil
}

func (l Layout) decided(next Layout) audit.Details {
	var d audit.Details
	d.Code("object", string(next.Object))
	if l.Name != next.Name {
		d.Fields = append(d.Fields, "name")
	}
	was, is := l.places(), next.places()
	for _, name := range sorted(slices.Concat(slices.Collect(maps.Keys(was)), slices.Collect(maps.Keys(is)))) {
		d.Moved(string(next.Object)+".field."+name, was[name], is[name])
	}
	before, after, err := texts(l, next)
	if err == nil && before != after && len(d.Changes) == 0 {
		d.Fields = append(d.Fields, "definition") // titles, order, or the values that a condition waits for
	}
	return d
}

// places says of each field how the form has it: shown or required, and on which other field that depends.
func (l Layout) places() map[string]string {
	all := map[string]string{}
	for _, section := range l.Definition.Sections {
		for _, p := range section.Fields {
			all[p.Name] = placed(p)
		}
	}
	return all
}

func placed(p objects.Place) string {
	how := "shown"
	if p.Required {
		how = "required"
	}
	if p.ShowIf != nil {
		how += "_if." + p.ShowIf.Field
	}
	return how
}

func (f CustomField) decided(next CustomField) audit.Details {
	var d audit.Details
	d.Code("object", string(next.Object))
	d.Code("field", next.Name)
	d.Code("type", next.Type)
	if f.Label != next.Label {
		d.Fields = append(d.Fields, "label")
	}
	if !slices.Equal(f.Choices, next.Choices) {
		d.Fields = append(d.Fields, "choices")
	}
	d.Count("choices_added", int64(len(next.Choices)-len(f.Choices)))
	d.Moved("active", yes(f.Active), yes(next.Active))
	return d
}
