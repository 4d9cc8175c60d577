package portal

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// reaches are data scope and access as one choice.
var reaches = []views.Option{
	{Value: "company:read_write", Text: "Company"},
	{Value: "company:read", Text: "Company, read only"},
	{Value: "private:read_write", Text: "Private"},
	{Value: "private:read", Text: "Private, read only"},
	{Value: "public:read_write", Text: "Public"},
	{Value: "public:read", Text: "Public, read only"},
}

var levels = []views.Option{{Value: "edit", Text: "Edit"}, {Value: "read", Text: "Read"}, {Value: "hidden", Text: "Hidden"}}

// rolesPage is the page with what the roles are, or with what a form says that they become.
func (v *visit) rolesPage(d desk, values url.Values) views.Roles {
	page := views.Roles{
		Title: "Roles and permissions", Action: d.address("", ""), Chosen: d.chosen.Name, Locked: d.chosen.Everything,
		Text:  "What your own people can see and change. Hidden fields never leave the server, in pages, exports, search or the API.",
		Reach: "Private: own records. Company: everyone in the same company.",
		Acts:  []views.Link{{Text: "New role", Href: "/governance/new-role?audience=" + d.audience}},
		Bar:   views.SaveBar{Discard: d.address("", "")}, FieldsTitle: objectNamed(d.object) + " fields", ChosenHref: "/governance/roles/" + d.chosen.Key,
	}
	if d.audience == governance.External {
		page.Text = "What people in partner companies can see and change. Hidden fields never leave the server, in pages, exports, search or the API."
		page.Reach = "Private: own records. Company: everyone in the same partner. Public: other partners' too, to read, for those who work with you alone."
	} else if v.vendor() {
		page.Reach = "Private: records of the partners and regions that a person looks after. Company: all of them."
	}
	seenAs := address(viewAsPath, url.Values{"with": {d.chosen.Key}}.Encode())
	if d.audience == governance.Internal {
		seenAs = address(viewAsPath, url.Values{"role": {d.chosen.Key}}.Encode())
	}
	page.Acts = append([]views.Link{{Text: "View as…", Href: seenAs}}, page.Acts...)
	if v.actor.Allowed(operational.AuditRead) {
		page.Acts = append([]views.Link{{Text: "History", Href: "/governance/audit?object=role"}}, page.Acts...)
	}
	for _, o := range v.audiences() {
		page.Audiences = append(page.Audiences, views.Choice{Text: o.text, Href: d.address("audience", o.value), On: o.value == d.audience})
	}
	for _, r := range d.roles {
		page.Roles = append(page.Roles, views.Choice{Text: r.Name, Href: d.address("role", r.Key), On: r.Key == d.chosen.Key})
	}
	for i := range (len(d.roles) + rolesAtOnce - 1) / rolesAtOnce {
		from, to := i*rolesAtOnce+1, min((i+1)*rolesAtOnce, len(d.roles))
		page.Pages = append(page.Pages, views.Choice{Text: "Roles " + views.Number(from) + " to " + views.Number(to), Href: d.address("page", views.Number(i+1)), On: i == d.page})
	}
	for _, r := range d.edited() {
		page.Hidden = append(page.Hidden, views.Field{Name: "version." + r.Key, Value: strconv.FormatInt(r.Version, 10)}, views.Field{Name: "base." + r.Key, Value: d.baseText(r)})
	}
	v.objectRows(&page, d, values)
	v.fieldRows(&page, d, values)
	return page
}

func (v *visit) objectRows(page *views.Roles, d desk, values url.Values) {
	base := baseOf(values, d.chosen)
	for _, o := range d.objects {
		x, name := d.chosen.Objects[o], string(o)
		row := views.ObjectRow{Name: pluralOf(o), Href: d.address("object", name), Current: o == d.object}
		sent := values.Has("reach." + name)
		for _, a := range actsOf {
			was := a.of(x) || d.chosen.Everything
			on := was
			if asked := slices.Contains(values["act."+name], string(a.act)); sent && asked != a.of(base[o]) {
				on = asked
			}
			tick := views.Tick{Name: "act." + name, Value: string(a.act), Label: row.Name + ": " + string(a.act), Letter: a.letter, Word: words(string(a.act)), On: on, Was: was}
			if tick.Why = operational.Idle(o, a.act, d.audience == governance.External); tick.Why != "" && (!was || d.chosen.Everything) {
				tick.On, tick.Was, tick.Locked = false, false, true // what does nothing is not to be given
			}
			row.Acts = append(row.Acts, tick)
		}
		row.Reach = views.Picked{Name: "reach." + name, Label: row.Name + ": which records", Was: reachOf(x), Options: reaches}
		if d.audience == governance.Internal {
			row.Reach.Options = reaches[:4]
		}
		row.Reach.Value = row.Reach.Was
		if d.chosen.Everything {
			row.Reach.Value, row.Reach.Was = "company:read_write", "company:read_write"
		} else if asked := values.Get(row.Reach.Name); sent && asked != reachOf(base[o]) {
			row.Reach.Value = asked
		}
		page.Objects = append(page.Objects, row)
	}
}

func (v *visit) fieldRows(page *views.Roles, d desk, values url.Values) {
	for _, r := range d.columns {
		column := views.RoleColumn{Name: r.Name, Href: "/governance/roles/" + r.Key, People: v.counted(r.People, "person", "people"), Default: r.Default}
		if v.twoSided() && r.Audience == governance.Internal {
			column.Side = sideWorked(r)
		}
		page.Columns = append(page.Columns, column)
	}
	groups := []views.FieldGroup{{Title: objectNamed(d.object)}, {Title: "Added by your company"}}
	for _, f := range d.ordered() {
		row := views.FieldRow{Name: d.label(f)}
		for _, r := range d.columns {
			row.Cells = append(row.Cells, d.cell(f, r, row.Name, values))
		}
		i := 0
		if f.Custom {
			i = 1
		}
		groups[i].Rows = append(groups[i].Rows, row)
	}
	for _, g := range groups {
		if len(g.Rows) > 0 {
			page.Groups = append(page.Groups, g)
		}
	}
	v.typeRows(page, d, values)
}

// typeRows say with which record types the roles work.
func (v *visit) typeRows(page *views.Roles, d desk, values url.Values) {
	if len(d.types) == 0 {
		return
	}
	rows := []option{{"all", "All, also those to come"}}
	for _, t := range d.types {
		rows = append(rows, option{t.ID.String(), t.Name})
	}
	for _, o := range rows {
		row := views.TypeRow{Name: o.text}
		for _, r := range d.columns {
			x := r.Objects[d.object]
			was := r.Everything || x.Read && (x.RecordTypes == nil || slices.Contains(typesOf(x), o.value))
			t := views.Tick{Name: "types." + r.Key, Value: o.value, Label: o.text + ", " + r.Name, On: was, Was: was, Locked: r.Everything || !x.Read}
			if base := baseOf(values, r)[d.object]; values.Has(t.Name) {
				if asked := slices.Contains(values[t.Name], o.value); asked != (base.RecordTypes == nil || slices.Contains(typesOf(base), o.value)) {
					t.On = asked
				}
			}
			row.Ticks = append(row.Ticks, t)
		}
		page.Types = append(page.Types, row)
	}
}

// cell is what a role does with a field.
func (d desk) cell(f governance.Governed, r governance.Role, label string, values url.Values) views.PermCell {
	c := views.PermCell{Name: "field." + r.Key + "." + f.Field, Label: label + ", " + r.Name, Was: r.Objects[d.object].Level(f.Field), Options: levels}
	switch {
	case r.Everything && f.Editable:
		c.Fixed = "edit"
	case r.Everything:
		c.Fixed = "read"
	case f.InternalOnly && d.audience == governance.External:
		c.Fixed = "hidden"
	case !f.Editable:
		c.Options = levels[1:]
	}
	c.Value = c.Was
	if asked := values.Get(c.Name); asked != "" && asked != baseOf(values, r)[d.object].Level(f.Field) {
		c.Value = asked
	}
	return c
}

// ordered are the fields of the object in the order in which people think of them.
func (d desk) ordered() []governance.Governed {
	o, _ := objects.Of(d.object)
	at := func(f governance.Governed) int {
		if i := slices.IndexFunc(o.Fields, func(x objects.Field) bool { return x.Name == f.Field }); i >= 0 {
			return i
		}
		return len(o.Fields)
	}
	list := slices.DeleteFunc(slices.Clone(d.fields), func(f governance.Governed) bool { return f.Object != d.object })
	slices.SortStableFunc(list, func(a, b governance.Governed) int { return at(a) - at(b) })
	return list
}

func (d desk) label(f governance.Governed) string { return labelOf(d.custom, f.Object, f.Field) }

// labelOf is what people call a field.
func labelOf(custom map[string]string, object operational.Object, field string) string {
	if label := custom[string(object)+"."+field]; label != "" {
		return label
	}
	o, _ := objects.Of(object)
	for _, f := range o.Fields {
		if f.Name == field {
			return f.Label
		}
	}
	return words(strings.TrimPrefix(field, "x_"))
}

// unsaved is the bar that says what is not applied yet, whom it affects and what it reveals.
func (v *visit) unsaved(d desk, changes []governance.RoleChange, joint governance.JointPreview) views.SaveBar {
	bar := views.SaveBar{Discard: d.address("", ""), Columns: []views.Column{{Title: "Role"}, {Title: "What"}, {Title: "Is"}, {Title: "Will be"}}}
	n := 0
	for i, c := range changes {
		at := slices.IndexFunc(d.roles, func(r governance.Role) bool { return r.Key == c.Key })
		name := d.roles[at].Name
		for _, x := range joint.Roles[i].Differences {
			n++
			bar.Rows = append(bar.Rows, views.Row{Cells: []views.Cell{{Text: name}, {Text: v.subject(d, x)}, {Text: d.said(x, x.One)}, {Text: d.said(x, x.Other)}}})
		}
		for _, f := range joint.Roles[i].Revealed {
			bar.Lines = append(bar.Lines, "Makes a hidden field visible: "+labelOf(d.custom, f.Object, f.Field)+", for "+name+".")
		}
	}
	if n == 0 {
		return bar
	}
	bar.Changed, bar.Title = true, v.counted(int64(n), "change", "changes")+" not applied"
	bar.Text = "Affects " + v.counted(joint.People, "person", "people") + "."
	if d.audience == governance.External {
		bar.Text = "Affects " + v.counted(joint.People, "person", "people") + " in " + v.counted(joint.Partners, "partner", "partners") + "."
	}
	return bar
}

// subject is what a difference is about, in words.
func (v *visit) subject(d desk, x governance.Difference) string {
	text := words(x.Subject)
	if x.Subject == "hat" {
		return "Works on"
	}
	if field, isField := strings.CutPrefix(x.Subject, "field."); isField {
		text = labelOf(d.custom, x.Object, field)
	} else if capability, is := strings.CutPrefix(x.Subject, "capability."); is {
		text = capabilityNamed(operational.Permission(capability))
	}
	if x.Object == "" {
		return text
	}
	return pluralOf(x.Object) + ": " + text
}

// said is a value of a difference in words.
func (d desk) said(x governance.Difference, value string) string {
	switch {
	case x.Subject == "hat":
		return hatNames[value]
	case value == "true":
		return "Yes"
	case value == "false":
		return "No"
	case x.Subject == "record_types":
		for _, t := range d.types {
			value = strings.ReplaceAll(value, t.ID.String(), t.Name)
		}
		return words(value)
	}
	return words(value)
}

// meanwhile tells what others did to a role since the form was opened, and who did it last.
func (v *visit) meanwhile(d desk, r governance.Role, base governance.Rights) []string {
	now := governance.Rights{}
	for o, x := range r.Objects {
		if o == d.object || r.Key == d.chosen.Key {
			now[o] = x
		}
	}
	lines := []string{}
	for _, x := range governance.Differences(governance.Role{Objects: base}, governance.Role{Objects: now}) {
		lines = append(lines, r.Name+", "+v.subject(d, x)+": was "+d.said(x, x.One)+", is "+d.said(x, x.Other)+".")
	}
	if !v.actor.Allowed(operational.AuditRead) {
		return lines
	}
	q := operational.Query{Page: operational.Page{Limit: 1}}
	last, err := audit.New(v.deps.DB).Events(v.ctx, v.actor, q.Also(is("object", "role"), is("record_id", r.ID.String())))
	if err == nil && len(last.Items) > 0 {
		lines = append(lines, r.Name+" was last changed by "+last.Items[0].ActorName+", "+v.time(last.Items[0].At)+".")
	}
	return lines
}
