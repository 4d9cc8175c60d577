package portal

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

var standings = []option{{"active", "Active"}, {"suspended", "Suspended"}}

// contactsBlock are the people of a partner as the vendor knows them.
func (v *visit) contactsBlock(c interconnect.Connection) (views.Block, error) {
	people, err := listed(func(q operational.Query) (operational.Listed[interconnect.PartnerContact], error) {
		return v.deps.Interconnect.Contacts(v.ctx, v.actor, q)
	}, is("connection_id", c.ID.String()))
	b := views.Block{ID: "people", Title: "Its people", Aside: v.counted(int64(len(people)), "person", "people")}
	if len(people) == 0 {
		b.Empty = &views.Empty{Icon: "users", Title: "Nobody yet", Text: "People of the partner show here as soon as they work with you."}
		return b, err
	}
	t := &views.Table{Caption: "People of " + c.PartnerName, Sticky: true, Columns: []views.Column{{Title: "Name"}, {Title: "Role"}, {Title: "State"}}}
	for _, x := range people {
		state := views.Cell{Text: textOf(standings, x.Status), Tone: connectionTone(x.Status)}
		if textIn(x.SuspendedBy) == "partner" {
			state.Sub = "By the partner itself"
		}
		t.Rows = append(t.Rows, views.Row{Go: true, Cells: []views.Cell{{Text: x.DisplayName, Sub: textIn(x.WorkEmail), Href: "/partner-people/" + x.ID.String()}, {Text: x.RoleName}, state}})
	}
	b.Table = t
	return b, err
}

// contact is the page of one of a partner's people.
func (p *Portal) contact(v *visit) error { return v.showContact(tried{}) }

func (v *visit) showContact(t tried) error {
	id, err := v.pathID("contact")
	if err != nil {
		return err
	}
	x, err := v.deps.Interconnect.Contact(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	partner := views.Link{Text: x.PartnerName, Href: "/partners/" + x.ConnectionID.String()}
	page := views.Sheet{
		Title: x.DisplayName, Text: "Works for " + x.PartnerName + ". You know this person in your connection only.", Notes: v.savedNote(),
		Badges: []views.Cell{{Text: textOf(standings, x.Status), Tone: connectionTone(x.Status)}},
		Main: []views.Block{{ID: "facts", Title: "Details", Facts: []views.Fact{
			{Name: "Company", Value: x.PartnerName, Href: partner.Href}, {Name: "Mail address", Value: orNone(x.WorkEmail)}, {Name: "Role that counts", Value: x.RoleName}, {Name: "State", Value: standingOf(x)},
		}}},
	}
	status := http.StatusOK
	if t.note != nil {
		page.Notes, status = append(page.Notes, *t.note), t.status
	}
	if v.actor.Allowed(operational.ChannelGovern) {
		page.Acts = []views.Act{
			{Text: "View as…", Icon: "eye", Href: address(viewAsPath, url.Values{"contact": {x.ID.String()}}.Encode())},
			{Text: "Test access", Icon: "tester", Href: address("/governance/tester", url.Values{"person": {aContact + x.ID.String()}, "who": {x.DisplayName}}.Encode())},
		}
		if page.Side, err = v.contactForms(x, t); err != nil {
			return err
		}
	}
	return v.sheet(status, "Partners", page, views.Link{Text: "Partners", Href: "/partners"}, partner, views.Link{Text: x.DisplayName})
}

func standingOf(x interconnect.PartnerContact) string {
	switch {
	case x.Status == interconnect.StatusActive:
		return "Active"
	case textIn(x.SuspendedBy) == "partner":
		return "Suspended by " + x.PartnerName + ": the person works there no more"
	}
	return "Suspended by you"
}

func (v *visit) contactForms(x interconnect.PartnerContact, t tried) ([]views.Block, error) {
	base := "/partner-people/" + x.ID.String()
	a, err := v.rights().ContactAssignment(v.ctx, v.actor, x.ID)
	if err != nil {
		return nil, err
	}
	roles, err := v.roleOptions(governance.External, "That of the company")
	if err != nil {
		return nil, err
	}
	out := []views.Block{{ID: "role", Title: "Role", Form: &views.Sent{
		Action: base + "/assign", Version: strconv.FormatInt(a.Version, 10), Submit: "Save", Quiet: true,
		Fields: []views.Input{t.input("assign", views.Input{Name: "role", Label: "Role of this person", Value: textIn(a.Role), Options: roles})},
	}}}
	version := strconv.FormatInt(x.Version, 10)
	switch {
	case x.Status == interconnect.StatusActive:
		out = append(out, views.Block{ID: "suspend", Title: "Suspend", Text: "From the next request on, this person sees nothing of your connection. Elsewhere nothing changes for them.", Form: &views.Sent{
			Action: base + "/suspend", Version: version, Submit: "Suspend " + x.DisplayName, Ask: "Suspend…", Bad: true,
		}})
	case textIn(x.SuspendedBy) != "partner":
		out = append(out, views.Block{ID: "reactivate", Title: "Let in again", Form: &views.Sent{Action: base + "/reactivate", Version: version, Submit: "Let in again"}})
	}
	return out, nil
}

// changeContact gives one of a partner's people a role, suspends them or lets them in again.
func (p *Portal) changeContact(v *visit) error {
	values, version, err := v.posted()
	if err != nil {
		return err
	}
	id, err := v.pathID("contact")
	if err != nil {
		return err
	}
	act := v.r.PathValue("act")
	switch act {
	case "assign":
		_, err = v.rights().AssignContact(v.ctx, v.actor, id, version, governance.UpdateContactAssignment{Role: optText(values.Get("role"))})
	case "suspend":
		_, err = p.deps.Interconnect.SuspendContact(v.ctx, v.actor, id, version)
	case "reactivate":
		_, err = p.deps.Interconnect.ReactivateContact(v.ctx, v.actor, id, version)
	default:
		return operational.NotFound("page")
	}
	return v.done(act, "/partner-people/"+id.String(), url.Values(values), err, v.showContact)
}
