package portal

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// setup is what a company has set up for one object.
type setup struct {
	object  operational.Object
	types   []governance.RecordType
	fields  []governance.CustomField
	layouts []governance.Layout
}

const typesTitle = "Record types & layouts"

func (v *visit) setup(object operational.Object) (s setup, err error) {
	s.object = operational.ObjectOpportunity
	if o, known := objects.Of(object); known && o.Name != operational.ObjectSalesProcess {
		s.object = object
	}
	only := is("object", string(s.object))
	if s.types, err = listed(func(q operational.Query) (operational.Listed[governance.RecordType], error) {
		return v.rights().RecordTypes(v.ctx, v.actor, q)
	}, only); err != nil {
		return s, err
	}
	if s.fields, err = v.addedFields(only); err != nil {
		return s, err
	}
	s.layouts, err = listed(func(q operational.Query) (operational.Listed[governance.Layout], error) {
		return v.rights().Layouts(v.ctx, v.actor, q)
	}, only)
	return s, err
}

// types is the page of record types, layouts and custom fields, an object at a time.
func (p *Portal) types(v *visit) error {
	return v.showTypes(http.StatusOK, v.r.URL.Query().Get("object"), "", nil, nil)
}

// showTypes shows the page; a form of it that was not carried out keeps its values.
func (v *visit) showTypes(status int, object, form string, values url.Values, fault error) error {
	s, err := v.setup(operational.Object(object))
	if err != nil {
		return err
	}
	page := views.Types{Lede: []views.Span{
		{Text: v.counted(int64(len(s.types)), "record type", "record types") + ", " + v.counted(int64(len(s.fields)), "field of your own", "fields of your own"), Bold: true},
		{Text: " and " + v.counted(int64(len(s.layouts)), "layout", "layouts") + " for " + strings.ToLower(pluralOf(s.object)) + "."},
	}}
	for _, o := range objects.All {
		if o.Name != operational.ObjectSalesProcess {
			page.Tabs = append(page.Tabs, views.Choice{Text: o.Plural, Href: "/governance/types?object=" + string(o.Name), On: o.Name == s.object})
		}
	}
	if v.r.URL.Query().Get("saved") != "" {
		page.Notes = append(page.Notes, views.Note{Tone: "good", Title: "Saved"})
	}
	if fault != nil {
		_, note, _ := refused(fault)
		page.Notes = append(page.Notes, note)
	}
	page.Cards = []views.SetupCard{v.typeCard(s), v.fieldCard(s), v.layoutCard(s)}
	faults := faultsOf(fault)
	for i := range page.Cards {
		c := &page.Cards[i]
		c.Hidden = []views.Field{{Name: "object", Value: string(s.object)}}
		for j := range c.Fields {
			if f := &c.Fields[j]; c.ID == form {
				f.Value, f.Fault = values.Get(f.Name), faults[f.Name]
			}
		}
	}
	return v.render(status, views.Shell{Title: typesTitle, Crumbs: governanceCrumbs(views.Link{Text: typesTitle})}, views.TypesPage(page))
}

func inUse(active bool) views.Cell {
	if active {
		return views.Cell{Tone: "good", Text: "In use"}
	}
	return views.Cell{Text: "Out of use", Muted: true}
}

func (v *visit) typeCard(s setup) views.SetupCard {
	c := views.SetupCard{
		ID: "types", Title: "Record types", Action: "/governance/types", Submit: "Add the type", Table: views.Table{Caption: "Record types", Columns: []views.Column{{Title: "Type"}, {Title: "State"}, {Title: "Layouts"}}},
		Empty:  views.Empty{Icon: "layout", Title: "There is one sort only", Text: "Add record types when some need other fields, or other people."},
		Fields: []views.Input{{ID: "type-name", Name: "name", Label: "New type", Max: 60, Required: true}},
	}
	for _, t := range s.types {
		row := []views.Cell{{Text: t.Name, Href: "/governance/types/" + t.ID.String()}, inUse(t.Active), {Text: v.counted(int64(len(t.Layouts)), "role has one", "roles have one"), Muted: true}}
		if t.Default {
			row[0].Sub = "default of new records"
		}
		c.Table.Rows = append(c.Table.Rows, views.Row{Cells: row})
	}
	return c
}

var fieldTypes = []views.Option{{Value: "text", Text: "Text"}, {Value: "number", Text: "Number"}, {Value: "date", Text: "Date"}, {Value: "boolean", Text: "Yes or no"}, {Value: "choice", Text: "Choice"}}

func (v *visit) fieldCard(s setup) views.SetupCard {
	c := views.SetupCard{
		ID: "fields", Title: "Custom fields", Action: "/governance/fields", Submit: "Add the field", Table: views.Table{Caption: "Custom fields", Columns: []views.Column{{Title: "Field"}, {Title: "Type"}, {Title: "State"}}},
		Empty: views.Empty{Icon: "list", Title: "No field was added", Text: "Roles hide a new field until they are given it; those that may do everything have it at once."},
		Fields: []views.Input{
			{ID: "field-label", Name: "label", Label: "New field", Max: 100, Required: true},
			{ID: "field-type", Name: "type", Label: "Its values", Options: fieldTypes},
			{ID: "field-choices", Name: "choices", Label: "Choices", Hint: "For a choice: parted by semicolons", Max: 5000},
		},
	}
	for _, f := range s.fields {
		row := []views.Cell{{Text: f.Label, Sub: f.Name, Href: "/governance/fields/" + f.ID.String()}, {Text: words(f.Type)}, inUse(f.Active)}
		c.Table.Rows = append(c.Table.Rows, views.Row{Cells: row})
	}
	return c
}

func (v *visit) layoutCard(s setup) views.SetupCard {
	c := views.SetupCard{
		ID: "layouts", Title: "Layouts", Action: "/governance/layouts", Submit: "Add the layout", Table: views.Table{Caption: "Layouts", Columns: []views.Column{{Title: "Layout"}, {Title: "Sections", Num: true}, {Title: "Fields", Num: true}}},
		Empty:  views.Empty{Icon: "layout", Title: "Forms show all fields in their order", Text: "A layout says which come first, which are asked for, and which only sometimes. It shows nobody what their role hides."},
		Fields: []views.Input{{ID: "layout-name", Name: "name", Label: "New layout", Max: 100, Required: true}},
	}
	for _, l := range s.layouts {
		n := 0
		for _, section := range l.Definition.Sections {
			n += len(section.Fields)
		}
		c.Table.Rows = append(c.Table.Rows, views.Row{Cells: []views.Cell{{Text: l.Name, Href: "/governance/layouts/" + l.ID.String()}, {Text: views.Number(len(l.Definition.Sections))}, {Text: views.Number(n)}}})
	}
	return c
}

// parted are the values of a list that was typed into one line.
func parted(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// define adds a record type, a field or a layout.
func (p *Portal) define(form string) func(*visit) error {
	return func(v *visit) error {
		values := v.r.PostForm
		object, name, to := operational.Object(values.Get("object")), strings.TrimSpace(values.Get("name")), "/governance/types?"+url.Values{"object": {values.Get("object")}, "saved": {"1"}}.Encode()
		var err error
		switch form {
		case "types":
			_, err = v.rights().CreateRecordType(v.ctx, v.actor, governance.NewRecordType{Object: object, Name: name})
		case "fields":
			_, err = v.rights().CreateCustomField(v.ctx, v.actor, governance.NewCustomField{Object: object, Label: strings.TrimSpace(values.Get("label")), Type: values.Get("type"), Choices: parted(values.Get("choices"))})
		default:
			var l governance.Layout
			if l, err = v.rights().CreateLayout(v.ctx, v.actor, governance.NewLayout{Object: object, Name: name}); err == nil {
				to = "/governance/layouts/" + l.ID.String()
			}
		}
		if status, _, known := refused(err); known {
			return v.showTypes(status, string(object), form, values, err)
		}
		if err != nil {
			return err
		}
		http.Redirect(v.w, v.r, to, http.StatusSeeOther)
		return nil
	}
}

// definitionID is the id in the address; a text that is none is of nothing that is there.
func (v *visit) definitionID(what string) (uuid.UUID, error) {
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return id, operational.NotFound(what)
	}
	return id, nil
}
