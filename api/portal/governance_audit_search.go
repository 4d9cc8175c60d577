package portal

import (
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
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

// recordsCalled are opportunities, accounts, contacts, people and roles by number or name.
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
	if v.actor.Allowed(operational.PeopleManage) {
		members, err := v.deps.Interconnect.People(v.ctx, v.actor, few(operational.Filter{Field: "name", Op: "contains", Values: []string{text}}))
		if err != nil {
			return nil, err
		}
		for _, x := range members.Items {
			ids = append(ids, x.ID.String())
		}
	}
	if slices.ContainsFunc(governsRoles, v.actor.Allowed) {
		roles, err := v.rights().Roles(v.ctx, v.actor, few(operational.Filter{Field: "name", Op: "contains", Values: []string{text}}))
		if err != nil {
			return nil, err
		}
		for _, x := range roles.Items {
			ids = append(ids, x.ID.String())
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

func (v *visit) otherCompany(c interconnect.Connection) string {
	if v.vendor() {
		return c.PartnerName
	}
	return c.VendorName
}
