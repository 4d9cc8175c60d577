package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// rolesAtOnce is how many roles stand side by side.
const rolesAtOnce = 6

// desk is what the page of roles works on.
type desk struct {
	audience string
	object   operational.Object
	objects  []operational.Object
	roles    []governance.Role // of the audience
	chosen   governance.Role   // whose objects are on the left
	columns  []governance.Role // whose fields are on the right
	page     int
	fields   []governance.Governed
	custom   map[string]string // labels of fields that the company added, by object and name
	types    []governance.RecordType
}

// audiences are whose roles this person governs, partners' people first.
func (v *visit) audiences() []option {
	var out []option
	if v.actor.Allowed(operational.ChannelGovern) {
		out = append(out, option{governance.External, "Partners' people"})
	}
	if v.actor.Allowed(operational.RolesManage) {
		out = append(out, option{governance.Internal, "Your own people"})
	}
	return out
}

func (v *visit) desk() (desk, error) {
	q, offered := v.r.URL.Query(), v.audiences()
	d := desk{audience: q.Get("audience"), object: operational.Object(q.Get("object"))}
	if !slices.ContainsFunc(offered, func(o option) bool { return o.value == d.audience }) {
		d.audience = offered[0].value
	}
	for _, o := range objects.All {
		if d.audience == governance.Internal || governance.IsShared(o.Name) {
			d.objects = append(d.objects, o.Name)
		}
	}
	if !slices.Contains(d.objects, d.object) {
		d.object = operational.ObjectOpportunity
	}
	var err error
	if d.roles, err = v.rolesOf(d.audience); err != nil {
		return d, err
	}
	if len(d.roles) == 0 {
		return d, operational.NotFound("role")
	}
	d.choose(q.Get("role"), q.Get("page"))
	if d.fields, err = v.rights().Governed(v.ctx, v.actor); err != nil {
		return d, err
	}
	return d, v.definitions(&d)
}

// rolesOf lists the roles of an audience: the default one first, those that are everything last.
func (v *visit) rolesOf(audience string) ([]governance.Role, error) {
	list, err := listed(func(q operational.Query) (operational.Listed[governance.Role], error) {
		return v.rights().Roles(v.ctx, v.actor, q)
	}, is("audience", audience))
	rank := func(r governance.Role) int {
		switch {
		case r.Default:
			return 0
		case r.Everything:
			return 2
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b governance.Role) int { return rank(a) - rank(b) })
	return list, err
}

func (d *desk) choose(key, page string) {
	at := max(slices.IndexFunc(d.roles, func(r governance.Role) bool { return r.Key == key }), 0)
	d.chosen, d.page = d.roles[at], at/rolesAtOnce
	for i := range (len(d.roles) + rolesAtOnce - 1) / rolesAtOnce {
		if page == views.Number(i+1) {
			d.page = i
		}
	}
	d.columns = d.roles[d.page*rolesAtOnce : min(len(d.roles), (d.page+1)*rolesAtOnce)]
}

// definitions reads what the company added itself. Who governs partners only is not told of them but by their names.
func (v *visit) definitions(d *desk) error {
	d.custom = map[string]string{}
	if !v.actor.Allowed(operational.RolesManage) {
		return nil
	}
	added, err := v.addedFields()
	if err != nil {
		return err
	}
	for _, f := range added {
		d.custom[string(f.Object)+"."+f.Name] = f.Label
	}
	d.types, err = listed(func(q operational.Query) (operational.Listed[governance.RecordType], error) {
		return v.rights().RecordTypes(v.ctx, v.actor, q)
	})
	d.types = slices.DeleteFunc(d.types, func(t governance.RecordType) bool { return d.object != "" && t.Object != d.object })
	return err
}

// addedFields are the fields that the company added to its records.
func (v *visit) addedFields(only ...operational.Filter) ([]governance.CustomField, error) {
	return listed(func(q operational.Query) (operational.Listed[governance.CustomField], error) {
		return v.rights().CustomFields(v.ctx, v.actor, q)
	}, only...)
}

// address is this page with one thing changed.
func (d desk) address(name, value string) string {
	q := url.Values{"audience": {d.audience}, "object": {string(d.object)}, "role": {d.chosen.Key}}
	if d.page > 0 {
		q.Set("page", views.Number(d.page+1))
	}
	if name != "" {
		q.Set(name, value)
	}
	switch name {
	case "audience":
		q.Del("role")
		q.Del("page")
	case "role":
		q.Del("page")
	}
	return address("/governance/roles", q.Encode())
}

// edited are the roles that a form of the page can change.
func (d desk) edited() []governance.Role {
	list := slices.Clone(d.columns)
	if !slices.ContainsFunc(list, func(r governance.Role) bool { return r.Key == d.chosen.Key }) {
		list = append(list, d.chosen)
	}
	return slices.DeleteFunc(list, func(r governance.Role) bool { return r.Everything })
}

// roles is the page of roles and permissions.
func (p *Portal) roles(v *visit) error {
	d, err := v.desk()
	if err != nil {
		return err
	}
	page := v.rolesPage(d, nil)
	switch v.r.URL.Query().Get("saved") {
	case "changes":
		page.Notes = append(page.Notes, views.Note{Tone: "good", Title: "Applied", Text: "It holds from everybody's next request on."})
	case "nothing":
		page.Notes = append(page.Notes, views.Note{Title: "Nothing was changed", Text: "Everything was as before."})
	case "deleted":
		page.Notes = append(page.Notes, views.Note{Tone: "good", Title: "The role was deleted", Text: "Nobody had it."})
	}
	return v.showRoles(http.StatusOK, page)
}

func (v *visit) showRoles(status int, page views.Roles) error {
	return v.render(status, views.Shell{Title: "Roles & permissions", Crumbs: governanceCrumbs(views.Link{Text: "Roles & permissions"})}, views.RolesPage(page))
}

// changeRoles reviews what the form asks for, or applies it as one change set.
func (p *Portal) changeRoles(v *visit) error {
	d, err := v.desk()
	if err != nil {
		return err
	}
	values := v.r.PostForm
	changes, err := d.changes(values)
	if err != nil {
		return v.rolesAgain(d, values, err)
	}
	if values.Get("do") != "apply" {
		return v.review(d, values, changes, http.StatusOK)
	}
	if len(changes) == 0 {
		http.Redirect(v.w, v.r, d.address("saved", "nothing"), http.StatusSeeOther)
		return nil
	}
	if _, err := v.rights().UpdateRoles(v.ctx, v.actor, changes); err != nil {
		return v.rolesAgain(d, values, err)
	}
	http.Redirect(v.w, v.r, d.address("saved", "changes"), http.StatusSeeOther)
	return nil
}

// review shows the page with what would change, whom it affects and what it reveals.
func (v *visit) review(d desk, values url.Values, changes []governance.RoleChange, status int, notes ...views.Note) error {
	page := v.rolesPage(d, values)
	page.Notes = append(page.Notes, notes...)
	if len(changes) > 0 {
		joint, err := v.rights().PreviewRoles(v.ctx, v.actor, changes)
		if err != nil {
			return v.rolesAgain(d, values, err)
		}
		page.Bar = v.unsaved(d, changes, joint)
		page.Bar.Open = v.r.Header.Get("HX-Request") == ""
	}
	return v.showRoles(status, page)
}

// rolesAgain shows the form with what was wrong, and after a conflict what the others did.
func (v *visit) rolesAgain(d desk, values url.Values, err error) error {
	if operational.KindOf(err) == operational.KindStale {
		return v.rolesConflict(values)
	}
	status, note, known := refused(err)
	if !known {
		return err
	}
	page := v.rolesPage(d, values)
	if v.r.Header.Get("HX-Request") != "" { // a change of one cell: the bar says it, and the keyboard stays where it is
		note.Focus = false
		page.Bar = views.SaveBar{Changed: true, Title: "This cannot be applied", Text: note.Title, Lines: note.Lines, Discard: d.address("", ""), Refused: true}
		return v.showRoles(http.StatusOK, page)
	}
	page.Notes = append(page.Notes, note)
	page.Bar = views.SaveBar{Changed: true, Title: "Changes not applied", Text: "Your values are still below.", Discard: d.address("", "")}
	return v.showRoles(status, page)
}

// rolesConflict shows what others changed meanwhile beside what this person wants.
func (v *visit) rolesConflict(values url.Values) error {
	d, err := v.desk() // as it is now
	if err != nil {
		return err
	}
	note := views.Note{
		Tone: "warn", Title: "Somebody changed a role while you had it open, so nothing was applied", Focus: true,
		Text: "Your values are still in the form, over what it is now. Review them and apply again.",
	}
	for _, r := range d.edited() {
		if was := values.Get("version." + r.Key); was != "" && was != strconv.FormatInt(r.Version, 10) {
			note.Lines = append(note.Lines, v.meanwhile(d, r, baseOf(values, r))...)
			values.Set("version."+r.Key, strconv.FormatInt(r.Version, 10))
		}
	}
	changes, err := d.changes(values)
	if err != nil {
		return err
	}
	return v.review(d, values, changes, http.StatusConflict, note)
}
