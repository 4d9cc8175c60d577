package portal

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// dealFields are the fields that every company has and that a new opportunity is given, in their usual order.
var dealFields = []string{"name", "customer_name", "stage", "vendor_net", "close_date", "owner"}

// dealMembers are the inputs by the field that each sets; amounts have two.
var dealMembers = map[string]string{
	"name": "name", "customer_name": "customer_name", "stage_id": "stage", "vendor_net": "vendor_net", "currency": "vendor_net", "close_date": "close_date",
	"owner": "owner", "record_type_id": "record_type",
}

// way is a stage of a process in which an opportunity can begin.
type way struct {
	process catalog.SalesProcess
	stage   catalog.Stage
}

// waysOf are the stages of a company's processes, those of the usual one first.
func (v *visit) waysOf(company uuid.UUID) ([]way, error) {
	if !v.actor.Allowed(operational.ProcessesRead) {
		return nil, nil
	}
	processes, err := listed(func(q operational.Query) (operational.Listed[catalog.SalesProcess], error) {
		return v.deps.Catalog.Processes(v.ctx, v.actor, q)
	}, is("organisation", company.String()), is("active", "true"))
	slices.SortStableFunc(processes, func(a, b catalog.SalesProcess) int {
		if a.Default != b.Default && a.Default {
			return -1
		}
		if a.Default != b.Default {
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	var ways []way
	for _, p := range processes {
		for _, s := range p.Stages {
			ways = append(ways, way{p, s})
		}
	}
	return ways, err
}

// fill puts the fields into the page that this person may set, in the order of the layout for the type where there is one.
func (f *dealForm) fill(page *views.RecordForm) error {
	for i, s := range f.parts() {
		section := views.FormSection{ID: "part-" + views.Number(i), Title: s.title}
		for _, n := range s.fields {
			inputs, err := f.inputs(n)
			if err != nil {
				return err
			}
			section.Fields = append(section.Fields, inputs...)
		}
		if len(section.Fields) > 0 {
			page.Sections = append(page.Sections, section)
		}
	}
	return nil
}

// parts are the fields of the form under their headings. One that waits for the value of another is there when that has
// it; the name is always there, since nothing is made without one, and so is the own account beside the customer.
func (f *dealForm) parts() []laid {
	all, named := f.laid(), map[string]bool{}
	for _, s := range all {
		for _, n := range s.fields {
			named[n.Name] = true
		}
	}
	if len(all) == 0 {
		all = []laid{{title: "Details"}}
	}
	if !named["name"] {
		all[0].fields = append([]laidField{{FieldNote: objects.FieldNote{Name: "name"}, required: true}}, all[0].fields...)
	}
	if account := f.accountMember(); account != "" && !named[account] {
		at, after := 0, len(all[0].fields)
		for i, s := range all {
			if k := slices.IndexFunc(s.fields, func(n laidField) bool { return n.Name == "customer_name" }); k >= 0 {
				at, after = i, k+1
			}
		}
		all[at].fields = slices.Insert(all[at].fields, after, laidField{FieldNote: objects.FieldNote{Name: account}})
	}
	return all
}

func (f *dealForm) laid() []laid {
	known := func(name string) (objects.FieldNote, bool) {
		n, there := fieldOf(f.at.part, name)
		return n, there && f.sets(name) && (n.Custom || slices.Contains(dealFields, name) || name == f.accountMember())
	}
	if f.kind != nil && f.kind.Layout != nil {
		var out []laid
		texts := f.textsOf(f.draft())
		for _, s := range f.kind.Layout.Definition.Sections {
			section := laid{title: s.Title}
			for _, p := range s.Fields {
				n, there := known(p.Name)
				if there && (p.Shown(texts) || f.sent.Get(memberOfDeal(n)) != "" || f.faults()[memberOfDeal(n)] != "") {
					section.fields = append(section.fields, laidField{n, p.Required})
				}
			}
			out = append(out, section)
		}
		return out
	}
	details := laid{title: "Details"}
	for _, name := range dealFields {
		if n, there := known(name); there {
			details.fields = append(details.fields, laidField{FieldNote: n})
		}
	}
	for _, n := range f.at.part.Fields {
		if n.Custom && n.Editable {
			details.fields = append(details.fields, laidField{FieldNote: n})
		}
	}
	return []laid{details}
}

// memberOfDeal is the input of a field.
func memberOfDeal(n objects.FieldNote) string {
	if n.Custom {
		return customPrefix + n.Name
	}
	for member, field := range dealMembers {
		if field == n.Name && member != "currency" {
			return member
		}
	}
	return n.Name
}

// inputs are those of a field, with what was sent and what was wrong with it.
func (f *dealForm) inputs(n laidField) ([]views.Input, error) {
	member := memberOfDeal(n.FieldNote)
	in := views.Input{ID: "f-" + strings.ReplaceAll(member, ".", "-"), Name: member, Label: f.labelOf(member), Value: f.sent.Get(member), Max: 200, Fault: f.faults()[member]}
	in.Required = n.required || n.Name == "name"
	if in.Required {
		in.Label += " (required)"
	}
	switch n.Name {
	case "customer_name":
		f.customerHint(&in)
	case "stage":
		return f.stageInput(in), nil
	case "vendor_net":
		in.Mode, in.Max = "decimal", 20
		if f.takesLines() {
			in.Hint = "Left empty, it is the sum of the products"
		}
		currency := views.Input{ID: "f-currency", Name: "currency", Label: f.labelOf("currency"), Hint: "Three letters, for example EUR", Value: f.currency(), Max: 3, Fault: f.faults()["currency"]}
		return []views.Input{in, currency}, nil
	case "close_date":
		in.Kind, in.Max = "date", 0
	case "owner":
		return f.ownerInput(in), nil
	case "account_id", "vendor_account_id":
		r := recordForm{known: known{visit: f.visit}, sent: f.sent, fits: f.fits}
		if err := r.referAccount(&in); err != nil || in.Fixed {
			return nil, err
		}
	}
	if n.Custom {
		in = customInput(in, n.FieldNote, nil)
		in.Value, in.Label = f.sent.Get(member), f.labelOf(member)
		if in.Required {
			in.Label += " (required)"
		}
	}
	return []views.Input{in}, nil
}

func (f *dealForm) customerHint(in *views.Input) {
	switch {
	case f.accountMember() == "":
	case f.at.connection == nil:
		in.Hint = "Left empty, it is called as the account is"
	default:
		in.Hint = "Both companies read it; left empty, they read the name of the account"
	}
}

// stageInput offers where it begins; with several processes a stage says which.
func (f *dealForm) stageInput(in views.Input) []views.Input {
	if len(f.ways) == 0 {
		return nil
	}
	one := f.ways[0].process.ID == f.ways[len(f.ways)-1].process.ID
	for _, w := range f.ways {
		text := w.stage.Name
		if !one {
			text = w.process.Name + ": " + text
		}
		in.Options = append(in.Options, views.Option{Value: w.stage.ID.String(), Text: text})
	}
	in.Max = 0
	if !one {
		in.Label = strings.Replace(in.Label, "Stage", "Process and stage", 1)
	}
	return []views.Input{in}
}

// ownerInput offers the people who can work on it; whoever makes it comes first.
func (f *dealForm) ownerInput(in views.Input) []views.Input {
	in.Max = 0
	self := f.actor.Membership
	if f.at.connection != nil {
		self = f.at.grant.Contact
	}
	if self == uuid.Nil {
		in.Options = []views.Option{{Text: "Nobody yet"}}
	}
	for _, o := range f.owners {
		in.Options = append(in.Options, views.Option{Value: o.ID.String(), Text: o.Name})
	}
	if !f.sent.Has(in.Name) && self != uuid.Nil {
		in.Value = self.String()
	}
	if len(in.Options) == 0 {
		return nil
	}
	return []views.Input{in}
}

// dealLabels are what people call the inputs.
var dealLabels = map[string]string{
	"name": "Name", "customer_name": "Customer", "stage_id": "Stage", "vendor_net": "Vendor net amount", "currency": "Currency", "close_date": "Close date", "owner": "Owner",
	"record_type_id": "Type", "account_id": "Your account of the customer", "vendor_account_id": "Your account of the customer", "with": "With", "lines": "Products",
}

func (f *dealForm) labelOf(member string) string {
	if label := dealLabels[member]; label != "" {
		return label
	}
	if label, is := lineLabel(member); is {
		return label
	}
	if n, there := fieldOf(f.at.part, strings.TrimPrefix(member, customPrefix)); there {
		return n.Label
	}
	return fieldName(member)
}

// faults are the messages of fields, by the name of the input.
func (f *dealForm) faults() map[string]string {
	out := map[string]string{}
	for field, message := range faultsOf(f.fault) {
		field = f.inputOfLine(strings.TrimSuffix(strings.TrimPrefix(field, "body."), ".amount"))
		if input, other := faultInputs[field]; other {
			field = input
		}
		out[field] = message
	}
	return out
}

// faultInputs are the inputs of fields that a fault calls otherwise.
var faultInputs = map[string]string{
	"vendor_net.currency": "currency", "stage": "stage_id", "process_id": "stage_id", "owner_contact_id": "owner", "owner_membership_id": "owner", "connection_id": "with",
}
