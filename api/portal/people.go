package portal

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// people are the members of the own company.
func (p *Portal) people(v *visit) error {
	q := v.r.URL.Query()
	query := operational.Query{Page: operational.Page{Limit: pageLength, Count: q.Get("cursor") == ""}}
	if status := q.Get("status"); status != "" {
		query = query.Also(is("status", status))
	}
	if name := strings.TrimSpace(q.Get("name")); name != "" {
		query = query.Also(operational.Filter{Field: "name", Op: "contains", Values: []string{clip(name, 100)}})
	}
	var err error
	if query.After, err = decodeCursor(q.Get("cursor")); err != nil {
		return err
	}
	found, err := v.deps.Interconnect.People(v.ctx, v.actor, query)
	if err != nil {
		return err
	}
	page := views.Sheet{
		Title: "People", Text: "Who works in " + v.me.Organisation.Name + ", and what they may do.", Filters: v.simpleBar("/settings/people", "status", "State", standings),
		Acts: []views.Act{{Text: "Invitations", Href: "/settings/invitations"}, {Text: "Invite a colleague", Href: "/settings/invitations/new", Icon: "plus", Primary: true}},
	}
	block := views.Block{ID: "people", Title: "Your people"}
	v.paged(&block, "/settings/people", len(found.Items), found.Next, found.Total, "person", "people")
	t := &views.Table{Caption: "People", Sticky: true, Columns: []views.Column{{Title: "Name"}, {Title: "Role"}, {Title: "State"}, {Title: "Since"}}}
	for _, x := range found.Items {
		t.Rows = append(t.Rows, views.Row{Go: true, Cells: []views.Cell{
			{Text: x.Name, Sub: textIn(x.Email), Href: "/settings/people/" + x.ID.String()}, {Text: x.RoleName}, {Text: textOf(standings, x.Status), Tone: connectionTone(x.Status)}, {Text: v.day(x.CreatedAt), Muted: true},
		}})
	}
	block.Table = t
	if len(found.Items) == 0 {
		block.Count, block.Empty = "", &views.Empty{Icon: "filter-off", Title: "Nobody matches", Text: chosen(page.Filters), Action: views.Link{Text: "Show everybody", Href: "/settings/people"}}
	}
	page.Main = []views.Block{block}
	return v.setting(http.StatusOK, "/settings/people", page, views.Link{Text: "People"})
}

// member is the page of one of the own people.
func (p *Portal) member(v *visit) error { return v.showMember(tried{}) }

func (v *visit) showMember(t tried) error {
	id, err := v.pathID("person")
	if err != nil {
		return err
	}
	x, err := v.deps.Interconnect.Person(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	a, err := v.rights().MemberAssignment(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	facts := []views.Fact{{Name: "Mail address", Value: orNone(x.Email)}, {Name: "Role", Value: x.RoleName}, {Name: "Member since", Value: v.day(x.CreatedAt)}}
	if v.vendor() {
		facts = append(facts, views.Fact{Name: "Regions", Value: orNone(new(strings.Join(a.Regions, ", ")))})
	}
	page := views.Sheet{
		Title: x.Name, Text: x.RoleName + " of " + v.me.Organisation.Name, Notes: v.savedNote(), Badges: []views.Cell{{Text: textOf(standings, x.Status), Tone: connectionTone(x.Status)}},
		Main: []views.Block{{ID: "facts", Title: "Details", Facts: facts}},
	}
	roles, err := v.roleOptions(governance.Internal, "")
	if err != nil {
		return err
	}
	fields := []views.Input{t.input("assign", views.Input{Name: "role", Label: "Role", Value: a.Role, Options: roles})}
	if v.vendor() {
		fields = append(fields, t.input("assign", views.Input{Name: "regions", Label: "Regions", Hint: v.regionsHint(), Value: strings.Join(a.Regions, ", "), Max: 2000}))
	}
	page.Main = append(page.Main, views.Block{ID: "assign", Title: "What this person may do", Form: &views.Sent{Action: "/settings/people/" + id.String() + "/assign", Version: strconv.FormatInt(a.Version, 10), Submit: "Save", Fields: fields}})
	self := x.ID == v.me.MembershipID
	known, err := v.identityBlocks(x, self)
	if err != nil {
		return err
	}
	page.Side = append(append(standingBlocks(x, self), known...), erasePersonBlock(x, self, t)...)
	status := http.StatusOK
	if t.note != nil {
		page.Notes, status = append(page.Notes, *t.note), t.status
	}
	return v.setting(status, "/settings/people", page, views.Link{Text: "People", Href: "/settings/people"}, views.Link{Text: x.Name})
}

// standingBlocks suspend one of the own people or let them in again; nobody does it to themselves.
func standingBlocks(x interconnect.Person, self bool) []views.Block {
	base, version := "/settings/people/"+x.ID.String(), strconv.FormatInt(x.Version, 10)
	switch {
	case self:
		return []views.Block{{ID: "you", Title: "This is you", Text: "Nobody suspends themselves. Another administrator can."}}
	case x.Status == interconnect.StatusActive:
		return []views.Block{{ID: "sign-out", Title: "Sign out everywhere", Text: "Ends all sessions of this person here at once, for example when a device was lost. They can sign in again.", Form: &views.Sent{
			Action: base + "/sign-out", Version: version, Submit: "Sign " + x.Name + " out", Ask: "Sign out…", Quiet: true,
		}}, {ID: "suspend", Title: "Suspend", Text: "Ends all sessions at once and revokes API keys for good; vendors that this person works for see them as suspended. You can let them in again.", Form: &views.Sent{
			Action: base + "/suspend", Version: version, Submit: "Suspend " + x.Name, Ask: "Suspend…", Bad: true,
		}}}
	}
	return []views.Block{{ID: "reactivate", Title: "Let in again", Text: "With the role that is shown here.", Form: &views.Sent{Action: base + "/reactivate", Version: version, Submit: "Let in again"}}}
}

// identityBlocks end the connections of one of the own people to the company's identity providers. One's own are on the
// page of one's account.
func (v *visit) identityBlocks(x interconnect.Person, self bool) (blocks []views.Block, err error) {
	if self {
		return nil, nil
	}
	list, err := v.deps.Identity.IdentitiesOf(v.ctx, v.actor, x.ID)
	for i, known := range list {
		since := "Connected on " + v.day(known.LinkedAt) + ", not used yet."
		if known.LastUsedAt != nil {
			since = "Connected on " + v.day(known.LinkedAt) + ", last used on " + v.day(*known.LastUsedAt) + "."
		}
		b := views.Block{ID: "identity-" + strconv.Itoa(i), Title: "Signs in with " + known.Name, Text: since + " It is the only way in, so it stays: there is no password. To keep the person out, suspend them."}
		if !known.OnlyWayIn {
			b.Text = since + " If it is the wrong account there, end the connection: what it has signed in to ends at once. With the password the right one can be connected."
			b.Form = &views.Sent{
				Action: "/settings/people/" + x.ID.String() + "/unlink", Version: strconv.FormatInt(x.Version, 10), Submit: "End the connection with " + clip(known.Name, 60), Ask: "End the connection…", Quiet: true,
				Hidden: []views.Field{{Name: "identity_id", Value: known.ID.String()}},
			}
		}
		blocks = append(blocks, b)
	}
	return blocks, err
}

// changeMember gives one of the own people a role, signs them out, suspends them or lets them in again.
func (p *Portal) changeMember(v *visit) error {
	values, version, err := v.posted()
	if err != nil {
		return err
	}
	id, err := v.pathID("person")
	if err != nil {
		return err
	}
	act := v.r.PathValue("act")
	switch act {
	case "assign":
		in := governance.UpdateMemberAssignment{Role: operational.Set(values.Get("role"))}
		if values.Has("regions") {
			in.Regions = operational.Set(commaList(values.Get("regions")))
		}
		_, err = v.rights().AssignMember(v.ctx, v.actor, id, version, in)
	case "sign-out":
		_, err = p.deps.Identity.EndSessionsOf(v.ctx, v.actor, id)
	case "unlink":
		identity, bad := uuid.Parse(values.Get("identity_id"))
		if bad != nil {
			return operational.NotFound("connected sign-in")
		}
		err = p.deps.Identity.UnlinkOf(v.ctx, v.actor, id, identity)
	case "suspend":
		_, err = p.deps.Interconnect.SuspendPerson(v.ctx, v.actor, id, version)
	case "erase":
		err = p.deps.Identity.ErasePerson(v.ctx, v.actor, id, version, erasureOf(values))
	case "reactivate":
		_, err = p.deps.Interconnect.ReactivatePerson(v.ctx, v.actor, id, version)
	default:
		return operational.NotFound("page")
	}
	return v.done(act, "/settings/people/"+id.String(), values, err, v.showMember)
}

// commaList reads a list that is parted by commas.
func commaList(text string) []string {
	list := strings.Split(text, ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// regionsHint names the regions that partners are counted to: one that is written otherwise reaches nobody.
func (v *visit) regionsHint() string {
	hint := "That this person looks after, parted by commas. It matters to roles that reach their own partners only."
	partners, err := listed(func(q operational.Query) (operational.Listed[interconnect.Connection], error) {
		return v.deps.Interconnect.Connections(v.ctx, v.actor, q)
	})
	if err != nil {
		v.log.WarnContext(v.ctx, "regions in use not readable", "error", err)
		return hint
	}
	var in []string
	for _, c := range partners {
		if c.Region != nil && *c.Region != "" {
			in = append(in, *c.Region)
		}
	}
	slices.Sort(in)
	if in = slices.Compact(in); len(in) == 0 {
		return hint
	}
	return hint + " Your partners are in: " + strings.Join(in[:min(len(in), 40)], ", ") + "."
}
