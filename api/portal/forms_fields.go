package portal

import (
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// inForm are the fields that every company has and that the form of an opportunity changes, in their usual order, with
// the members that it sends and the ends of their ids.
var inForm = []struct{ field, member, id string }{
	{"name", "name", "name"},
	{"customer_name", "customer_name", "customer"},
	{"vendor_net", "vendor_net", "amount"},
	{"close_date", "close_date", "close"},
	{"owner", "owner", "owner"},
	{"record_type", "record_type_id", "type"},
}

// customPrefix begins the names of inputs that hold fields which companies have added.
const customPrefix = "custom."

// editFields are the inputs of what the person may change of the opportunity, in the order of the layout for its type
// where there is one, and beside them what can be read only. What is hidden is in neither.
func (v *visit) editFields(o record, a attempt) (inputs []views.Input, shown []views.Field) {
	g := v.grantOf(o.Opportunity)
	for _, p := range v.formPlaces(o, a) {
		in, there := v.inputOf(o, p, a)
		switch {
		case !there || !g.Read.Has(p.Name):
		case g.Edit.Has(p.Name):
			inputs = append(inputs, in)
		case shownText(in) != "":
			shown = append(shown, views.Field{Name: in.Label, Value: shownText(in)})
		}
	}
	return inputs, shown
}

// formPlaces are the places of the layout that its conditions show, and those that a form which was sent has or lacks;
// behind them, and where there is no layout, the others.
func (v *visit) formPlaces(o record, a attempt) []objects.Place {
	var places []objects.Place
	named := map[string]bool{}
	if form := formOf(o.part, o.RecordTypeID); form != nil {
		texts := v.textsOf(o)
		for _, s := range form.Definition.Sections {
			for _, p := range s.Fields {
				named[p.Name] = true
				member := memberIn(p.Name)
				if p.Shown(texts) || a.fault("edit", member) != "" || a.form == "edit" && a.values.Has(member) {
					places = append(places, p)
				}
			}
		}
	}
	for _, f := range inForm {
		if !named[f.field] {
			places = append(places, objects.Place{Name: f.field})
		}
	}
	for _, f := range o.part.Fields {
		if f.Custom && !named[f.Name] {
			places = append(places, objects.Place{Name: f.Name})
		}
	}
	return places
}

// memberIn is the name of a field's input.
func memberIn(field string) string {
	if operational.IsCustom(field) {
		return customPrefix + field
	}
	for _, f := range inForm {
		if f.field == field {
			return f.member
		}
	}
	return ""
}

// inputOf is the input of a field with its value, or with what was sent; false for fields that the form does not have.
func (v *visit) inputOf(o record, p objects.Place, a attempt) (views.Input, bool) {
	member := memberIn(p.Name)
	in := views.Input{ID: "edit-" + p.Name, Name: member, Max: 200}
	for _, f := range inForm {
		if f.field == p.Name {
			in.ID = "edit-" + f.id
		}
	}
	switch p.Name {
	case "name":
		in.Label, in.Value, in.Required = "Name", o.Name, true
	case "customer_name":
		in.Label, in.Value = "Customer", o.CustomerName
	case "vendor_net":
		in.Label, in.Value, in.Mode, in.Max, in.Required = "Vendor net, "+o.VendorNet.Currency, o.VendorNet.Amount.StringFixed(2), "decimal", 20, true
		if o.VendorNet.Currency == "" {
			return in, false // hidden
		}
	case "close_date":
		in.Label, in.Kind, in.Max = "Close date", "date", 0
		if o.CloseDate != nil {
			in.Value = o.CloseDate.String()
		}
	case "owner":
		if in.Label, in.Max, in.Value = "Owner", 0, ""; o.Owner != nil {
			in.Value = o.Owner.ID.String()
		}
		if in.Options = ownerOptions(o, a.value("edit", member, in.Value)); len(o.owners) > 0 && len(in.Options) < 2 {
			return in, false // nobody else to choose
		}
	case "record_type":
		in.Label, in.Max = "Type", 0
		if in.Options, in.Value = typeOptions(o); len(in.Options) < 2 {
			return in, false // nothing to choose from
		}
	default:
		i := slices.IndexFunc(o.part.Fields, func(f objects.FieldNote) bool { return f.Custom && f.Name == p.Name })
		if i < 0 {
			return in, false
		}
		in = customInput(in, o.part.Fields[i], o.Custom[p.Name])
	}
	if p.Required && in.Value == "" {
		in.Hint = "Not filled in yet, and asked for"
	}
	in.Required = in.Required || p.Required && in.Value != ""
	in.Fault = a.fault("edit", member)
	// What cannot be chosen any more is not kept: the browser would take the first choice for it.
	if sent := a.value("edit", member, in.Value); in.Options == nil || slices.ContainsFunc(in.Options, func(o views.Option) bool { return o.Value == sent }) {
		in.Value = sent
	}
	return in, true
}

// ownerOptions are the people to whom the person can give the opportunity, and whoever has it now: also one who is not
// offered any more, and nobody where nobody has it or the form said so.
func ownerOptions(o record, sent string) (options []views.Option) {
	if len(o.owners) > 0 && (o.Owner == nil || sent == "") {
		options = append(options, views.Option{Text: "Nobody yet"})
	}
	if o.Owner != nil && !slices.ContainsFunc(o.owners, func(r opportunities.Ref) bool { return r.ID == o.Owner.ID }) {
		options = append(options, views.Option{Value: o.Owner.ID.String(), Text: o.Owner.Name})
	}
	for _, r := range o.owners {
		options = append(options, views.Option{Value: r.ID.String(), Text: r.Name})
	}
	return options
}

// ownersOf are the people to whom the person can give the opportunity; none where that is not theirs to say.
func (v *visit) ownersOf(o opportunities.Opportunity) ([]opportunities.Ref, error) {
	g := v.grantOf(o)
	if !g.May(operational.ActEdit) || !v.actor.Allowed(operational.OpportunitiesWrite) || !g.Read.Has("owner") || !g.Edit.Has("owner") {
		return nil, nil
	}
	owners, err := v.deps.Opportunities.Owners(v.ctx, v.actor, o.ConnectionID)
	return owners, hiddenOr(err)
}

// typeOptions are the record types that the person works with, and that of the opportunity.
func typeOptions(o record) (options []views.Option, now string) {
	if o.RecordTypeID == nil {
		options = append(options, views.Option{Text: "None"})
	} else {
		now = o.RecordTypeID.String()
	}
	for _, t := range o.part.Types {
		options = append(options, views.Option{Value: t.ID.String(), Text: t.Name})
	}
	return options, now
}

// customInput is the input of a field that a company has added.
func customInput(in views.Input, f objects.FieldNote, value any) views.Input {
	in.Label, in.Value, in.Max = f.Label, customValue(value), objects.MaxText
	switch f.Type {
	case objects.Number:
		in.Mode, in.Max = "decimal", 24
	case objects.Date:
		in.Kind, in.Max = "date", 0
	case objects.Boolean:
		in.Max, in.Options = 0, []views.Option{{Text: "—"}, {Value: "true", Text: "Yes"}, {Value: "false", Text: "No"}}
	case objects.Choice:
		in.Max, in.Options = 0, []views.Option{{Text: "—"}}
		for _, c := range f.Choices {
			in.Options = append(in.Options, views.Option{Value: c, Text: c})
		}
		if in.Value != "" && !slices.Contains(f.Choices, in.Value) { // a choice that there was
			in.Options = append(in.Options, views.Option{Value: in.Value, Text: in.Value})
		}
	}
	return in
}

// customValue is a value of a company's own field as a form sends it.
func customValue(value any) string {
	if texts := objects.CustomTexts(value); len(texts) > 0 {
		return texts[0]
	}
	return ""
}

// shownText is the value of an input in words.
func shownText(in views.Input) string {
	for _, o := range in.Options {
		if o.Value == in.Value {
			return o.Text
		}
	}
	return in.Value
}

// textsOf are the ways to write what the fields of an opportunity hold, by which conditions of layouts are compared.
func (v *visit) textsOf(o record) func(field string) []string {
	return func(field string) []string {
		switch field {
		case "stage":
			return []string{o.Stage.Name, o.Stage.ID.String()}
		case "vendor_net":
			return []string{o.VendorNet.Amount.String(), o.VendorNet.Amount.StringFixed(2)}
		case "close_date":
			if o.CloseDate != nil {
				return []string{o.CloseDate.String()}
			}
			return nil
		case "lines":
			return objects.CustomTexts(len(o.Lines) > 0)
		case "record_type":
			_, name := typeOf(o.part, o.RecordTypeID)
			return []string{name, idText(o.RecordTypeID)}
		case "vendor_account_id":
			return []string{idText(o.VendorAccountID)}
		case "owner":
			if o.Owner != nil {
				return []string{o.Owner.ID.String()}
			}
			return nil
		}
		if operational.IsCustom(field) {
			return objects.CustomTexts(o.Custom[field])
		}
		return []string{map[string]string{"name": o.Name, "customer_name": o.CustomerName, "region": o.Region, "tier": o.Tier}[field]}
	}
}

func idText(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

// partOf is the part of opportunities in which one lies, as the person knows it.
func (v *visit) partOf(o opportunities.Opportunity) objects.ObjectPart {
	described, err := objects.New(v.deps.DB).Get(v.ctx, v.actor, operational.ObjectOpportunity)
	if err != nil {
		v.log.WarnContext(v.ctx, "fields of the opportunity not described", "error", err)
		return objects.ObjectPart{}
	}
	for _, p := range described.Parts {
		if v.vendor() || p.ConnectionID == nil && o.ConnectionID == nil || p.ConnectionID != nil && o.ConnectionID != nil && *p.ConnectionID == *o.ConnectionID {
			return p
		}
	}
	return objects.ObjectPart{}
}
