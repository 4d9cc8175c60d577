package portal

import (
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// mostMeant is how many things a text may mean: events are asked for by ids.
const mostMeant = 40

// auditMeant are filters by a person, a record and another company. What is typed is looked for where the person may
// look, so that nothing is found by a name that they do not read.
func (v *visit) auditMeant(q url.Values, faults *operational.Faults) ([]operational.Filter, error) {
	var all []operational.Filter
	if who := strings.TrimSpace(q.Get("who")); who != "" {
		all = append(all, operational.Filter{Field: "person", Op: "contains", Values: []string{clip(who, 60)}})
	}
	for _, m := range []struct {
		name  string
		find  func(string) ([]string, error)
		field []string
	}{
		{"member", none, []string{"membership_id"}},
		{"record", v.recordsCalled, []string{"record_id"}},
		{"with", v.connectionsCalled, []string{"connection_id", "record_id"}},
	} {
		text := strings.TrimSpace(q.Get(m.name))
		if text == "" {
			continue
		}
		ids := []string{text}
		if _, err := uuid.Parse(text); err != nil {
			if ids, err = m.find(clip(text, 100)); err != nil {
				return nil, err
			}
		}
		switch {
		case len(ids) > mostMeant:
			faults.Add(m.name, "More than 40 are called so. Write more of the name.", nil)
			continue
		case len(ids) == 0:
			ids = []string{uuid.Nil.String()}
		}
		var any []operational.Filter
		for _, field := range m.field {
			any = append(any, operational.Filter{Field: field, Op: "in", Values: ids})
		}
		all = append(all, operational.Filter{Or: any})
	}
	return all, nil
}

func none(string) ([]string, error) { return nil, nil }

// few asks for as many as are of use and one more, which says that there are too many.
func few(filters ...operational.Filter) operational.Query {
	q := operational.Query{Page: operational.Page{Limit: mostMeant + 1}}
	for _, f := range filters {
		q = q.Also(f)
	}
	return q
}

func (v *visit) connectionsCalled(text string) (ids []string, err error) {
	field := "vendor_name"
	if v.vendor() {
		field = "partner_name"
	}
	found, err := v.deps.Interconnect.Connections(v.ctx, v.actor, few(operational.Filter{Field: field, Op: "contains", Values: []string{text}}))
	for _, x := range found.Items {
		ids = append(ids, x.ID.String())
	}
	return ids, err
}

// recordsCalled are opportunities, accounts, contacts and partners' people by number or name.
func (v *visit) recordsCalled(text string) (ids []string, err error) {
	if v.actor.Allowed(operational.OpportunitiesRead) {
		listing, err := v.deps.Opportunities.Listing(v.ctx, v.actor)
		if err != nil {
			return nil, err
		}
		found, err := v.deps.Opportunities.List(v.ctx, v.actor, few(opportunitiesWith(text, listing)))
		if err != nil {
			return nil, err
		}
		for _, o := range found.Items {
			ids = append(ids, o.ID.String())
		}
	}
	for _, b := range []*book{accountBook, contactBook} {
		if !v.actor.Allowed(b.read) {
			continue
		}
		listing, err := b.listing(v, nil)
		if err != nil {
			return nil, err
		}
		found, err := b.list(v, few(wordsIn(text, b.words, listing)...))
		if err != nil {
			return nil, err
		}
		for _, r := range found.Items {
			ids = append(ids, r.id.String())
		}
	}
	if !v.vendor() || !v.actor.Allowed(operational.ConnectionsRead) {
		return ids, nil
	}
	people, err := v.deps.Interconnect.Contacts(v.ctx, v.actor, few(operational.Filter{Field: "display_name", Op: "contains", Values: []string{text}}))
	for _, x := range people.Items {
		ids = append(ids, x.ID.String())
	}
	return ids, err
}

// recordsOf are the names of those records of a page of events that the person sees today.
func (v *visit) recordsOf(events []audit.Event) (map[uuid.UUID]string, error) {
	of := map[string][]string{}
	for _, e := range events {
		if e.RecordID == nil {
			continue
		}
		if id := e.RecordID.String(); !slices.Contains(of[e.Object], id) {
			of[e.Object] = append(of[e.Object], id)
		}
	}
	asked := func(object string) operational.Query {
		return operational.Query{Page: operational.Page{Limit: pageLength}}.Also(operational.Filter{Field: "id", Op: "in", Values: of[object]})
	}
	names := map[uuid.UUID]string{}
	if len(of["opportunity"]) > 0 && v.actor.Allowed(operational.OpportunitiesRead) {
		found, err := v.deps.Opportunities.List(v.ctx, v.actor, asked("opportunity"))
		if err != nil {
			return nil, err
		}
		for _, o := range found.Items {
			names[o.ID] = joinedWith(o.Number, " ", titleOf(o))
		}
	}
	for object, b := range map[string]*book{"account": accountBook, "contact": contactBook} {
		if len(of[object]) == 0 || !v.actor.Allowed(b.read) {
			continue
		}
		found, err := b.list(v, asked(object))
		if err != nil {
			return nil, err
		}
		for _, r := range found.Items {
			names[r.id] = r.title
		}
	}
	if len(of["connection"]) > 0 && v.actor.Allowed(operational.ConnectionsRead) {
		found, err := v.deps.Interconnect.Connections(v.ctx, v.actor, asked("connection"))
		if err != nil {
			return nil, err
		}
		for _, c := range found.Items {
			names[c.ID] = v.otherCompany(c)
		}
	}
	if len(of["external_contact"]) > 0 && v.vendor() && v.actor.Allowed(operational.ConnectionsRead) {
		found, err := v.deps.Interconnect.Contacts(v.ctx, v.actor, asked("external_contact"))
		if err != nil {
			return nil, err
		}
		for _, x := range found.Items {
			names[x.ID] = x.DisplayName
		}
	}
	return names, nil
}

func (v *visit) otherCompany(c interconnect.Connection) string {
	if v.vendor() {
		return c.PartnerName
	}
	return c.VendorName
}

// pageOf is where records of a sort are shown.
func (v *visit) pageOf(object string) string {
	if object == "connection" && v.vendor() {
		return "/partners/"
	}
	return map[string]string{
		"opportunity": "/opportunities/", "account": "/accounts/", "contact": "/contacts/", "connection": "/connections/", "external_contact": "/partner-people/",
	}[object]
}

// actionCell leads to all that was done to the record.
func actionCell(e audit.Event) views.Cell {
	c := views.Cell{Text: e.Action}
	if e.RecordID != nil {
		c.Href, c.Label = "/governance/audit?record="+e.RecordID.String(), e.Action+", all that was done to it"
	}
	return c
}

// auditRecord leads to the record, while it is there and in sight.
func (v *visit) auditRecord(e audit.Event, seen map[uuid.UUID]string) views.Cell {
	c := views.Cell{Text: words(e.Object)}
	if e.RecordID == nil {
		return c
	}
	c.Sub = clip(e.RecordID.String(), 9)
	if name := seen[*e.RecordID]; name != "" {
		c.Text, c.Sub, c.Href = name, words(e.Object), v.pageOf(e.Object)+e.RecordID.String()
	}
	return c
}
