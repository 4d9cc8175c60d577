package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
)

// twoSided says whether the company both governs a channel and sells, so that its roles work on one of its sides.
func (v *visit) twoSided() bool { return v.space.Governs && v.space.Sells }

var hatNames = map[string]string{governance.BothSides: "Both sides", string(operational.SideVendor): "The vendor's side", string(operational.SidePartner): "The partner's side"}

// sideWorked is the side that a role works on, in words.
func sideWorked(r governance.Role) string { return hatNames[r.Worn()] }

// hatInput asks on which side a new role works. Whoever works on one side only makes roles for that.
func (v *visit) hatInput(values url.Values, list []governance.Role) views.Input {
	in := views.Input{ID: "new-hat", Name: "hat", Label: "Works on (your own people only)", Value: values.Get("hat"), Hint: "It cannot be another one later"}
	for _, hat := range []string{string(operational.SideVendor), string(operational.SidePartner), governance.BothSides} {
		if own := string(v.actor.Giving().Hat); own == "" || own == hat {
			in.Options = append(in.Options, views.Option{Value: hat, Text: hatNames[hat]})
		}
	}
	if in.Value == "" {
		in.Value = string(v.actor.Side)
		if at := slices.IndexFunc(list, func(r governance.Role) bool { return r.Key == values.Get("copy") }); at >= 0 {
			in.Value = list[at].Worn()
		}
	}
	return in
}

// newRole asks what a new role is called and what it begins with.
func (p *Portal) newRole(v *visit) error {
	q := v.r.URL.Query()
	return v.askNewRole(http.StatusOK, url.Values{"audience": {q.Get("audience")}, "copy": {q.Get("copy")}}, nil)
}

func (v *visit) askNewRole(status int, values url.Values, fault error) error {
	faults := faultsOf(fault)
	page := views.Asked{
		Title: "New role", Text: "A new role may do nothing until it is told, or begins with what another one may.", Action: "/governance/new-role", Submit: "Create",
		Fields: []views.Input{{ID: "new-name", Name: "name", Label: "Name", Value: values.Get("name"), Max: 100, Required: true, Fault: faults["name"]}},
	}
	audience := views.Input{ID: "new-audience", Name: "audience", Label: "For", Value: values.Get("audience"), Fault: faults["audience"]}
	begin := views.Input{ID: "new-copy", Name: "copy", Label: "Begins with", Value: values.Get("copy"), Options: []views.Option{{Text: "Nothing"}}, Fault: faults["copy_of"]}
	var hat []views.Input
	for _, o := range v.audiences() {
		audience.Options = append(audience.Options, views.Option{Value: o.value, Text: o.text})
		list, err := v.rolesOf(o.value)
		if err != nil {
			return err
		}
		if o.value == governance.Internal && v.twoSided() {
			in := v.hatInput(values, list)
			in.Fault = faults["hat"]
			hat = append(hat, in)
		}
		for _, r := range list {
			if !r.Everything {
				begin.Options = append(begin.Options, views.Option{Value: r.Key, Text: r.Name + " (" + strings.ToLower(o.text) + ")"})
			}
		}
	}
	page.Fields = append(append(page.Fields, audience, begin), hat...)
	page.Fields = append(page.Fields, views.Input{ID: "new-description", Name: "description", Label: "What it is meant for (optional)", Value: values.Get("description"), Max: 500, Fault: faults["description"]})
	if fault != nil {
		_, note, _ := refused(fault)
		page.Notes = append(page.Notes, note)
	}
	crumbs := governanceCrumbs(views.Link{Text: "Roles & permissions", Href: "/governance/roles"}, views.Link{Text: "New role"})
	return v.render(status, views.Shell{Title: "New role", Section: "Roles & permissions", Crumbs: crumbs}, views.AskedPage(page))
}

func (p *Portal) createRole(v *visit) error {
	values := v.r.PostForm
	in := governance.NewRole{Audience: values.Get("audience"), Name: strings.TrimSpace(values.Get("name")), CopyOf: values.Get("copy")}
	if in.Audience == governance.Internal {
		in.Hat = values.Get("hat")
	}
	if text := strings.TrimSpace(values.Get("description")); text != "" {
		in.Description = &text
	}
	r, err := v.rights().CreateRole(v.ctx, v.actor, in)
	if status, _, known := refused(err); known {
		return v.askNewRole(status, values, err)
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/governance/roles/"+r.Key+"?saved=created", http.StatusSeeOther)
	return nil
}
