package portal

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// fill puts the fields into the page that this person may set; of a record, those that they only read are shown as they are.
func (f *recordForm) fill(page *views.RecordForm) error {
	recordType := f.row.recordType
	if f.fresh {
		recordType = f.chooseType(page)
	}
	parts := f.layout(recordType, f.holds)
	if f.fresh {
		parts = f.withNeeded(parts)
	}
	faults := f.faults()
	for i, s := range parts {
		section := views.FormSection{ID: "part-" + views.Number(i), Title: s.title}
		for _, n := range s.fields {
			if f.fresh && (!n.Editable || n.Name == "record_type") {
				continue
			}
			in, err := f.input(n)
			if err != nil {
				return err
			}
			in.Fault = faults[in.Name]
			section.Fields = append(section.Fields, in)
		}
		if len(section.Fields) > 0 {
			page.Sections = append(page.Sections, section)
		}
	}
	return nil
}

// chooseType settles of which type a new record is to be; each has a form of its own.
func (f *recordForm) chooseType(page *views.RecordForm) *uuid.UUID {
	note, settable := fieldOf(f.part, "record_type")
	if !settable || !note.Editable || len(f.part.Types) == 0 {
		for _, t := range f.part.Types {
			if t.Default {
				return &t.ID
			}
		}
		return nil
	}
	wanted := f.sent.Get("record_type_id")
	if wanted == "" {
		wanted = f.r.URL.Query().Get("type")
	}
	at := slices.IndexFunc(f.part.Types, func(t objects.TypeNote) bool { return t.ID.String() == wanted })
	if at < 0 {
		at = max(0, slices.IndexFunc(f.part.Types, func(t objects.TypeNote) bool { return t.Default }))
	}
	chosen := f.part.Types[at]
	page.Hidden = append(page.Hidden, views.Field{Name: "record_type_id", Value: chosen.ID.String()})
	page.TabsLabel = "Type of the " + f.one
	q := f.r.URL.Query()
	for _, t := range f.part.Types {
		q.Set("type", t.ID.String())
		page.Tabs = append(page.Tabs, views.Choice{Text: t.Name, Href: address(f.path+"/new", q.Encode()), On: t.ID == chosen.ID})
	}
	if len(page.Tabs) == 1 {
		page.Tabs = nil
	}
	return &chosen.ID
}

// withNeeded has the fields without which no record can be made, also where a layout leaves them out.
func (f *recordForm) withNeeded(parts []laid) []laid {
	var missing []laidField
	for _, name := range f.needed {
		there := slices.ContainsFunc(parts, func(s laid) bool {
			return slices.ContainsFunc(s.fields, func(x laidField) bool { return x.Name == name })
		})
		if n, known := fieldOf(f.part, name); known && !there {
			missing = append(missing, laidField{n, true})
		}
	}
	switch {
	case len(missing) == 0:
		return parts
	case len(parts) == 0:
		return []laid{{title: "Details", fields: missing}}
	}
	parts[0].fields = append(missing, parts[0].fields...)
	return parts
}

// longest are the lengths of texts, where they are not those of a company's own fields.
var longest = map[string]int{
	"name": 200, "industry": 100, "website": 300, "country": 100, "first_name": 100, "last_name": 100, "email": 254, "phone": 40, "job_title": 100,
	"year_established": 4, "number_of_employees": 10, "annual_revenue": 20,
}

// input is the field of the form; one that is only read is shown.
func (f *recordForm) input(n laidField) (views.Input, error) {
	member := memberOf(n.FieldNote)
	in := views.Input{ID: "f-" + strings.ReplaceAll(member, ".", "-"), Name: member, Label: n.Label, Value: f.holds(n.FieldNote), Max: longest[n.Name]}
	if !n.Editable {
		in.Value, in.Fixed = f.fact(n.FieldNote, f.row.in(member)).Value, true
		return in, nil
	}
	if in.Required = n.required || slices.Contains(f.needed, n.Name); in.Required {
		in.Label += " (required)"
	}
	switch n.Type {
	case objects.Record:
		return in, f.refer(&in, n.FieldNote)
	case objects.Number:
		in.Mode = "decimal"
	case objects.Date:
		in.Kind = "date"
	case objects.Boolean:
		in.Options = []views.Option{{Text: "—"}, {Value: "true", Text: "Yes"}, {Value: "false", Text: "No"}}
	case objects.Choice:
		in.Options = chosenAmong(n.Choices, in.Value)
	default:
		if n.Custom {
			in.Max = objects.MaxText
		}
		if strings.Contains(in.Value, "\n") || len(in.Value) > 200 {
			in.Rows = 4
		}
	}
	return in, nil
}

// chosenAmong offers the choices of a field, and the value that it has although it is no choice any more.
func chosenAmong(choices []string, value string) []views.Option {
	out := []views.Option{{Text: "—"}}
	if value != "" && !slices.Contains(choices, value) {
		choices = append([]string{value}, choices...)
	}
	for _, c := range choices {
		out = append(out, views.Option{Value: c, Text: c})
	}
	return out
}

// refer offers the records that a field can name.
func (f *recordForm) refer(in *views.Input, n objects.FieldNote) error {
	switch n.Name {
	case "owner":
		in.Options = []views.Option{{Text: "Nobody"}}
		ids := slices.SortedFunc(maps.Keys(f.members), func(a, b string) int {
			return byText(option{a, f.members[a]}, option{b, f.members[b]})
		})
		for _, id := range ids {
			in.Options = append(in.Options, views.Option{Value: id, Text: f.members[id]})
		}
	case "record_type":
		if in.Value == "" {
			in.Options = []views.Option{{Text: "—"}}
		}
		for _, t := range f.part.Types {
			in.Options = append(in.Options, views.Option{Value: t.ID.String(), Text: t.Name})
		}
	default:
		return f.referAccount(in)
	}
	return nil
}

// referAccount offers accounts; where there are too many for a list a name is typed, and when several fit they are offered.
func (f *recordForm) referAccount(in *views.Input) error {
	if fits := f.fits[in.Name]; len(fits) > 0 {
		in.Options = fits
		return nil
	}
	q := operational.Query{Page: operational.Page{Limit: mostChoices}}
	named := slices.Contains(accounts.AccountListing(f.actor).Filters, "name")
	if named {
		q.Sort = []operational.Sort{{Field: "name"}}
	}
	found, err := f.deps.Accounts.Accounts(f.ctx, f.actor, q)
	if operational.KindOf(err) == operational.KindNotFound { // accounts are not there for this person
		in.Value, in.Fixed = "", true
		return nil
	}
	if err != nil {
		return err
	}
	if found.Next == nil {
		if in.Options = accountOptions(found.Items); !in.Required {
			in.Options = append([]views.Option{{Text: "—"}}, in.Options...)
		}
		return nil
	}
	return f.typed(in, named)
}

// typed lets the account be named in words.
func (f *recordForm) typed(in *views.Input, named bool) error {
	in.Max, in.Hint = 200, "The name of the account; a part of it is enough"
	if id, err := uuid.Parse(in.Value); err == nil && named {
		one := map[string]string{id.String(): ""}
		if err := f.nameAccounts(one); err != nil {
			return err
		}
		if name := one[id.String()]; name != "" {
			in.Value = name
		}
	}
	return nil
}

func accountOptions(list []accounts.Account) []views.Option {
	out := make([]views.Option, 0, len(list))
	for _, a := range list {
		out = append(out, views.Option{Value: a.ID.String(), Text: called(a.Name, "Account", a.ID)})
	}
	return out
}
