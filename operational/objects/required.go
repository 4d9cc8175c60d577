package objects

import (
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// Content tells what a record holds, as layouts look at it: its type, and of each field the ways to write its value,
// by which conditions are compared; a field without any is empty.
type Content struct {
	Type  *uuid.UUID
	Texts func(field string) []string
}

// Demand refuses a record that lacks what the caller's layout for its type asks for. What the caller cannot set is not
// asked of it. Of a change (was is the record before it) only that is refused which it makes missing: a field that it
// empties, or one that is asked for because of it. member is what the caller calls a field.
func (s Setup) Demand(actor operational.Actor, object operational.Object, g operational.Grant, was *Content, now Content, member func(field string) string) error {
	o, _ := Of(object)
	var lacked []string
	if was != nil {
		_, lacked = s.lacks(o.settable(actor, g), g, *was)
	}
	name, lacks := s.lacks(o.settable(actor, g), g, now)
	var faults operational.Faults
	for _, field := range lacks {
		if !slices.Contains(lacked, field) {
			faults.Add(member(field), required(g, name), nil)
		}
	}
	return faults.Err()
}

// required names the record type to those alone who read of what type a record is.
func required(g operational.Grant, typeName string) string {
	if !g.Read.Has("record_type") {
		return "It is required."
	}
	return "It is required for " + typeName + "."
}

// settable says which fields somebody can fill in under the grant.
func (o Object) settable(actor operational.Actor, g operational.Grant) func(field string) bool {
	return func(field string) bool {
		i := slices.IndexFunc(o.Fields, func(f Field) bool { return f.Name == field })
		if i >= 0 && (o.Fields[i].Fixed || o.Fields[i].Inner && actor.Side != operational.SideVendor) {
			return false
		}
		return g.Read.Has(field) && g.Edit.Has(field)
	}
}

// lacks are the fields that the layout of the record's type asks for and that are empty, and the name of the type.
func (s Setup) lacks(settable func(field string) bool, g operational.Grant, c Content) (name string, lacks []string) {
	form, name := s.FormOf(g, c.Type)
	if form == nil {
		return name, nil
	}
	for _, section := range form.Definition.Sections {
		for _, p := range section.Fields {
			if p.Required && settable(p.Name) && p.Shown(c.Texts) && len(c.Texts(p.Name)) == 0 && s.inUse(p.Name) {
				lacks = append(lacks, p.Name)
			}
		}
	}
	return name, lacks
}

// FormOf is the layout for records of a type as the grant sees it, and the name of the type; nil: there is none.
func (s Setup) FormOf(g operational.Grant, recordType *uuid.UUID) (*Form, string) {
	for _, t := range s.Types {
		if recordType != nil && t.ID == *recordType {
			return t.Layout.seen(g), t.Name
		}
	}
	return nil, ""
}

// LooksAt says whether some layout asks for the field, or shows another one by it.
func (s Setup) LooksAt(field string) bool {
	return slices.ContainsFunc(s.Types, func(t RecordType) bool {
		return t.Layout != nil && slices.ContainsFunc(t.Layout.Definition.Sections, func(section FormSection) bool {
			return slices.ContainsFunc(section.Fields, func(p Place) bool { return p.Name == field && p.Required || p.ShowIf != nil && p.ShowIf.Field == field })
		})
	})
}

// TypeName gives the texts by which conditions know a type: its name, and its id.
func (s Setup) TypeName(recordType *uuid.UUID) []string {
	if recordType == nil {
		return nil
	}
	texts := []string{recordType.String()}
	for _, t := range s.Types {
		if t.ID == *recordType {
			texts = append(texts, t.Name)
		}
	}
	return texts
}

// inUse says whether values of the field can be set: one that a company has added may have been put out of use since
// the layout was made.
func (s Setup) inUse(name string) bool {
	_, known := s.field(name)
	return known || !operational.IsCustom(name)
}

// Shown says whether a layout shows the field, by the values of the others.
func (p Place) Shown(texts func(field string) []string) bool {
	return p.ShowIf == nil || slices.ContainsFunc(texts(p.ShowIf.Field), func(text string) bool { return slices.Contains(p.ShowIf.In, text) })
}

// CustomTexts are the ways in which the value of a company's own field is written: none when it is empty.
func CustomTexts(value any) []string {
	switch x := value.(type) {
	case bool:
		if x {
			return []string{"true", "Yes"}
		}
		return []string{"false", "No"}
	case string:
		if x != "" {
			return []string{x}
		}
	}
	return nil
}

// MemberOfCustom is what a caller calls a company's own field.
func MemberOfCustom(field string) string { return "custom." + field }
