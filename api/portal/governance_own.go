package portal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// ownFields adds to the facts of an opportunity the fields that its company added, as the layout has them that this
// person's role has for its type: in its order, only when it shows them, and with a word on what is asked for and missing.
func (v *visit) ownFields(page *views.Opportunity, o record) {
	if form := formOf(o.part, o.RecordTypeID); form != nil {
		page.Facts = append(page.Facts, v.laidOut(o.part, *form, o)...)
		return
	}
	for _, f := range o.part.Fields {
		if text := v.valueOf(f, o); f.Custom && text != "" {
			page.Facts = append(page.Facts, views.Field{Name: f.Label, Value: text})
		}
	}
}

// formOf is the layout for records of the type.
func formOf(part objects.ObjectPart, recordType *uuid.UUID) *objects.Form {
	form, _ := typeOf(part, recordType)
	return form
}

// typeOf is the layout for records of the type, and its name.
func typeOf(part objects.ObjectPart, recordType *uuid.UUID) (*objects.Form, string) {
	for _, t := range part.Types {
		if recordType != nil && t.ID == *recordType {
			return t.Layout, t.Name
		}
	}
	return nil, ""
}

// laidOut are the fields of a layout that stand nowhere else on the page, or are asked for and empty. A field that waits
// for another one's value is there when that has it.
func (v *visit) laidOut(part objects.ObjectPart, form objects.Form, o record) []views.Field {
	var out []views.Field
	value := func(name string) (objects.FieldNote, string) {
		i := slices.IndexFunc(part.Fields, func(f objects.FieldNote) bool { return f.Name == name })
		if i < 0 {
			return objects.FieldNote{}, ""
		}
		return part.Fields[i], v.valueOf(part.Fields[i], o)
	}
	texts := v.textsOf(o)
	for _, s := range form.Definition.Sections {
		for _, place := range s.Fields {
			if !place.Shown(texts) {
				continue
			}
			f, text := value(place.Name)
			switch {
			case f.Name == "": // hidden from this person
			case text == "" && place.Required:
				out = append(out, views.Field{Name: f.Label, Value: "Missing: it must be filled in"})
			case f.Custom && text != "":
				out = append(out, views.Field{Name: f.Label, Value: text})
			}
		}
	}
	return out
}

// valueOf is the value of a field as a reader sees it, "" for none.
func (v *visit) valueOf(f objects.FieldNote, o record) string {
	if f.Custom {
		return customText(o.Custom[f.Name])
	}
	switch f.Name {
	case "name":
		return o.Name
	case "customer_name":
		return o.CustomerName
	case "stage":
		return o.Stage.Name
	case "region":
		return o.Region
	case "tier":
		return o.Tier
	case "vendor_net":
		if o.VendorNet.Currency != "" {
			return v.money(o.VendorNet)
		}
	case "close_date":
		if o.CloseDate != nil {
			return v.date(*o.CloseDate)
		}
	case "owner":
		if o.Owner != nil {
			return o.Owner.Name
		}
	case "lines":
		if len(o.Lines) > 0 {
			return v.counted(int64(len(o.Lines)), "product", "products")
		}
	}
	return ""
}

func customText(value any) string {
	switch x := value.(type) {
	case nil:
		return ""
	case bool:
		return map[bool]string{true: "Yes", false: "No"}[x]
	case string:
		return strings.TrimSpace(x)
	}
	return fmt.Sprint(value)
}
