package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
)

var capabilityNames = map[operational.Permission]string{
	operational.OrganisationsRead: "See the companies of the channel", operational.ConnectionsRead: "See connections", operational.ImportsRead: "See imports", operational.AnalyticsRead: "See figures and dashboards",
	operational.ImportsRun: "Import exports of another CRM", operational.PipelinesRead: "See how fresh the data is", operational.KeysManage: "Make and revoke API keys",
	operational.PeopleManage: "Manage your own people", operational.RolesManage: "Manage roles, fields, types and layouts", operational.ConnectionsManage: "Invite, suspend and end connections",
	operational.ChannelGovern: "Govern partners' people: roles and access scope", operational.AuditRead: "Read the audit log", operational.WorkspaceManage: "Change the company's settings",
}

func capabilityNamed(p operational.Permission) string {
	if name := capabilityNames[p]; name != "" {
		return name
	}
	return words(string(p))
}

// role is the page of one role: what it is called, what may be done with it, and how it differs from another.
func (p *Portal) role(v *visit) error {
	r, err := v.rights().Role(v.ctx, v.actor, v.r.PathValue("key"))
	if err != nil {
		return err
	}
	page, err := v.rolePage(r, nil)
	if err != nil {
		return err
	}
	switch v.r.URL.Query().Get("saved") {
	case "edit", "default":
		page.Notes = append(page.Notes, views.Note{Tone: "good", Title: "Saved", Text: "It holds from everybody's next request on."})
	case "created":
		page.Notes = append(page.Notes, views.Note{Tone: "good", Title: "The role is there", Text: "Nobody has it yet. Say what it may do, then give it to people."})
	}
	return v.showRole(http.StatusOK, r, page)
}

func (v *visit) showRole(status int, r governance.Role, page views.Role) error {
	crumbs := governanceCrumbs(views.Link{Text: "Roles & permissions", Href: "/governance/roles"}, views.Link{Text: r.Name})
	return v.render(status, views.Shell{Title: r.Name, Section: "Roles & permissions", Crumbs: crumbs}, views.RolePage(page))
}

func (v *visit) rolePage(r governance.Role, values url.Values) (views.Role, error) {
	base, version := "/governance/roles/"+r.Key, strconv.FormatInt(r.Version, 10)
	page := views.Role{
		Title: r.Name, Text: v.roleLine(r), Version: version, Edit: base + "/edit",
		Permissions: "/governance/roles?" + url.Values{"audience": {r.Audience}, "role": {r.Key}}.Encode(), Copy: "/governance/new-role?" + url.Values{"audience": {r.Audience}, "copy": {r.Key}}.Encode(),
		Facts: []views.Field{
			{Name: "Key", Value: r.Key},
			{Name: "For", Value: audienceNamed(r.Audience)},
			{Name: "People", Value: v.counted(r.People, "person", "people")},
			{Name: "Created", Value: v.time(r.CreatedAt)},
			{Name: "Last change", Value: v.time(r.UpdatedAt)},
			{Name: "Version", Value: version},
		},
	}
	if v.twoSided() && r.Audience == governance.Internal {
		page.Facts = slices.Insert(page.Facts, 2, views.Field{Name: "Works on", Value: sideWorked(r)})
	}
	if v.actor.Allowed(operational.AuditRead) {
		page.History = "/governance/audit?" + url.Values{"object": {"role"}, "record": {r.ID.String()}}.Encode()
	}
	if r.Audience == governance.External && !r.Default {
		page.MakeDefault = base + "/default"
	}
	if !r.BuiltIn && !r.Default {
		page.Delete = base + "/delete"
	}
	name, description := r.Name, ""
	if r.Description != nil {
		description = *r.Description
	}
	if values.Has("name") {
		name, description = values.Get("name"), values.Get("description")
	}
	page.Fields = []views.Input{
		{ID: "role-name", Name: "name", Label: "Name", Value: name, Max: 100, Required: true},
		{ID: "role-description", Name: "description", Label: "What it is meant for (optional)", Value: description, Max: 500},
	}
	if r.Audience == governance.Internal {
		page.Capabilities = v.capabilityTicks(r, values)
	}
	return page, v.comparison(&page, r)
}

func (v *visit) capabilityTicks(r governance.Role, values url.Values) []views.Tick {
	var out []views.Tick
	for _, c := range r.Capable(v.actor.Side, v.twoSided()) {
		was := r.Everything || slices.Contains(r.Capabilities, c)
		on := was
		if values.Has("name") {
			on = slices.Contains(values["capability"], string(c))
		}
		out = append(out, views.Tick{Name: "capability", Value: string(c), Word: capabilityNamed(c), On: on, Was: was, Locked: r.Everything})
	}
	return out
}

func audienceNamed(audience string) string {
	if audience == governance.External {
		return "Partners' people"
	}
	return "Your own people"
}

// roleLine answers first: who has the role and how it stands among the others.
func (v *visit) roleLine(r governance.Role) string {
	text := v.counted(r.People, "person has it.", "people have it.")
	switch {
	case r.Everything && r.Hat != nil:
		text += " On " + strings.ToLower(sideWorked(r)) + " it has every right, also those to come, and cannot be narrowed."
	case r.Everything:
		text += " It has every right, also those to come, and cannot be narrowed."
	case r.Default:
		text += " Partners' people have it when nothing else is said."
	}
	if r.BuiltIn {
		text += " It came with the workspace and stays."
	}
	return text
}

// comparison is how the role differs from another one of the same audience.
func (v *visit) comparison(page *views.Role, r governance.Role) error {
	others, err := v.rolesOf(r.Audience)
	if err != nil {
		return err
	}
	with := v.r.URL.Query().Get("with")
	page.With = views.Input{ID: "role-with", Name: "with", Label: "Compare with", Value: with, Options: []views.Option{}}
	for _, o := range others {
		if o.Key != r.Key {
			page.With.Options = append(page.With.Options, views.Option{Value: o.Key, Text: o.Name})
		}
	}
	at := slices.IndexFunc(others, func(o governance.Role) bool { return o.Key == with && o.Key != r.Key })
	if at < 0 {
		return nil
	}
	found, err := v.rights().Compare(v.ctx, v.actor, r.Key, with)
	if err != nil {
		return err
	}
	d := desk{}
	if err := v.definitions(&d); err != nil {
		return err
	}
	page.Compared = others[at].Name
	for _, x := range found {
		page.Differences = append(page.Differences, views.Row{Cells: []views.Cell{{Text: v.subject(d, x)}, {Text: d.said(x, x.One)}, {Text: d.said(x, x.Other)}}})
	}
	return nil
}

// changeRole renames a role, makes it the default or deletes it.
func (p *Portal) changeRole(v *visit) error {
	values, version, err := v.posted()
	if err != nil {
		return err
	}
	key, act, to := v.r.PathValue("key"), v.r.PathValue("act"), ""
	switch act {
	case "edit":
		to = "/governance/roles/" + key + "?saved=edit"
		var r governance.Role
		if r, err = v.rights().Role(v.ctx, v.actor, key); err == nil {
			_, err = v.rights().UpdateRole(v.ctx, v.actor, key, version, roleEdit(r, values))
		}
	case "default":
		to = "/governance/roles/" + key + "?saved=default"
		_, err = v.rights().MakeDefault(v.ctx, v.actor, key, version)
	case "delete":
		to = "/governance/roles?saved=deleted"
		err = v.rights().DeleteRole(v.ctx, v.actor, key, version)
	default:
		return operational.NotFound("page")
	}
	if err == nil {
		http.Redirect(v.w, v.r, to, http.StatusSeeOther)
		return nil
	}
	status, note, known := refused(err)
	if !known {
		return err
	}
	r, failed := v.rights().Role(v.ctx, v.actor, key)
	if failed != nil {
		return failed
	}
	page, failed := v.rolePage(r, values)
	if failed != nil {
		return failed
	}
	if operational.KindOf(err) == operational.KindStale {
		note.Lines = append(note.Lines, v.meanwhile(desk{}, r, governance.Rights{})...)
	}
	page.Notes = append(page.Notes, note)
	return v.showRole(status, r, page)
}

func roleEdit(r governance.Role, values url.Values) governance.UpdateRole {
	in := governance.UpdateRole{Name: operational.Set(strings.TrimSpace(values.Get("name"))), Description: operational.Opt[string]{Given: true}}
	if text := strings.TrimSpace(values.Get("description")); text != "" {
		in.Description = operational.Set(text)
	}
	if r.Audience == governance.Internal && !r.Everything {
		list := []operational.Permission{}
		for _, c := range values["capability"] {
			list = append(list, operational.Permission(c))
		}
		in.Capabilities = operational.Set(list)
	}
	return in
}
