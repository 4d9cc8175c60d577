package portal

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// legend is what the ids, keys and codes of a page of events are called today, as far as this person may see it where
// they would look for it. Events hold no names, so that somebody who was erased is so here too.
type legend struct {
	ids     map[uuid.UUID]string
	roles   map[string]string    // by key
	keys    map[uuid.UUID]string // of roles
	fields  map[string]string    // that the company added, by object and name
	regions map[string]string    // by code
}

// sortOf is what sort of thing the ids of a change are of.
func sortOf(subject string) string {
	switch {
	case subject == "channel_manager" || subject == "listed.member":
		return "member"
	case strings.HasPrefix(subject, "layout."):
		return "layout"
	case strings.HasSuffix(subject, ".record_type"):
		return "record_type"
	}
	return strings.TrimPrefix(strings.TrimPrefix(subject, "listed."), "inside.")
}

var sortOfID = map[string]string{"membership_id": "member", "provider_id": "identity_provider", "in_place_of": "record_type"}

// wanted are the ids that a page of events speaks of, by what they are of.
func wanted(events []audit.Event) map[string][]string {
	of := map[string][]string{}
	add := func(sort, id string) {
		if sort == "membership" {
			sort = "member"
		}
		if !slices.Contains(of[sort], id) {
			of[sort] = append(of[sort], id)
		}
	}
	for _, e := range events {
		if e.RecordID != nil {
			add(e.Object, e.RecordID.String())
		}
		for name, id := range e.Details.IDs {
			if sort := sortOfID[name]; sort != "" {
				add(sort, id.String())
			}
		}
		for _, g := range grouped(e.Details.Changes) {
			for _, value := range g.shown() {
				if _, err := uuid.Parse(value); err == nil {
					add(sortOf(g.subject), value)
				}
			}
		}
	}
	return of
}

// naming asks for the names of things by their ids, a part at a time.
func naming[T any](c legend, ids []string, list func(operational.Query) (operational.Listed[T], error), name func(T) (uuid.UUID, string)) error {
	for part := range slices.Chunk(ids, pageLength) {
		found, err := list(operational.Query{Page: operational.Page{Limit: pageLength}}.Also(operational.Filter{Field: "id", Op: "in", Values: part}))
		if err != nil {
			return err
		}
		for _, x := range found.Items {
			id, text := name(x)
			c.ids[id] = text
		}
	}
	return nil
}

// legend looks up what a page of events speaks of.
func (v *visit) legend(events []audit.Event) (c legend, err error) {
	c = legend{ids: map[uuid.UUID]string{}, roles: map[string]string{}, keys: map[uuid.UUID]string{}, fields: map[string]string{}, regions: map[string]string{}}
	for _, e := range events {
		if e.MembershipID != nil && e.ActorName != "" {
			c.ids[*e.MembershipID] = e.ActorName // who did something is named beside it
		}
	}
	of := wanted(events)
	for _, look := range []func(legend, map[string][]string) error{v.recordsNamed, v.channelNamed, v.peopleNamed, v.definedNamed} {
		if err := look(c, of); err != nil {
			return c, err
		}
	}
	return c, nil
}

// recordsNamed are records of daily work.
func (v *visit) recordsNamed(c legend, of map[string][]string) error {
	if v.actor.Allowed(operational.OpportunitiesRead) {
		err := naming(c, of["opportunity"], func(q operational.Query) (operational.Listed[opportunities.Opportunity], error) {
			return v.deps.Opportunities.List(v.ctx, v.actor, q)
		}, func(o opportunities.Opportunity) (uuid.UUID, string) {
			return o.ID, joinedWith(o.Number, " ", titleOf(o))
		})
		if err != nil {
			return err
		}
	}
	for object, b := range map[string]*book{"account": accountBook, "contact": contactBook} {
		if !v.actor.Allowed(b.read) {
			continue
		}
		err := naming(c, of[object], func(q operational.Query) (operational.Listed[row], error) { return b.list(v, q) },
			func(r row) (uuid.UUID, string) { return r.id, r.title })
		if err != nil {
			return err
		}
	}
	return nil
}

// channelNamed are connections, and the people of partners.
func (v *visit) channelNamed(c legend, of map[string][]string) error {
	if !v.actor.Allowed(operational.ConnectionsRead) {
		return nil
	}
	err := naming(c, of["connection"], func(q operational.Query) (operational.Listed[interconnect.Connection], error) {
		return v.deps.Interconnect.Connections(v.ctx, v.actor, q)
	}, func(x interconnect.Connection) (uuid.UUID, string) { return x.ID, v.otherCompany(x) })
	if err != nil || !v.vendor() {
		return err
	}
	if len(of["region"]) > 0 || len(of["member"]) > 0 {
		if err := v.regionsNamed(c); err != nil {
			return err
		}
	}
	return naming(c, of["external_contact"], func(q operational.Query) (operational.Listed[interconnect.PartnerContact], error) {
		return v.deps.Interconnect.Contacts(v.ctx, v.actor, q)
	}, func(x interconnect.PartnerContact) (uuid.UUID, string) { return x.ID, x.DisplayName })
}

// regionsNamed are those that partners are counted to.
func (v *visit) regionsNamed(c legend) error {
	found, err := v.deps.Interconnect.Connections(v.ctx, v.actor, operational.Query{Page: operational.Page{Limit: mostChoices}})
	for _, x := range found.Items {
		if x.Region != nil {
			c.regions[audit.CodeOf(*x.Region)] = *x.Region
		}
	}
	return err
}

// peopleNamed are the own people, and the keys of their programs.
func (v *visit) peopleNamed(c legend, of map[string][]string) error {
	if v.actor.Allowed(operational.PeopleManage) {
		err := naming(c, of["member"], func(q operational.Query) (operational.Listed[interconnect.Person], error) {
			return v.deps.Interconnect.People(v.ctx, v.actor, q)
		}, func(x interconnect.Person) (uuid.UUID, string) { return x.ID, x.Name })
		if err != nil {
			return err
		}
	}
	if v.actor.Allowed(operational.WorkspaceManage) {
		err := naming(c, of["identity_provider"], func(q operational.Query) (operational.Listed[identity.Provider], error) {
			return v.deps.Identity.Providers(v.ctx, v.actor, q)
		}, func(x identity.Provider) (uuid.UUID, string) { return x.ID, x.Name })
		if err != nil {
			return err
		}
	}
	if !v.actor.Allowed(operational.KeysManage) {
		return nil
	}
	return naming(c, of["api_key"], func(q operational.Query) (operational.Listed[identity.Key], error) {
		return v.deps.Identity.Keys(v.ctx, v.actor, q)
	}, func(x identity.Key) (uuid.UUID, string) { return x.ID, x.Name })
}

// definedNamed are roles, record types, layouts and fields of the own company.
func (v *visit) definedNamed(c legend, of map[string][]string) error {
	if slices.ContainsFunc([]operational.Permission{operational.RolesManage, operational.ChannelGovern, operational.PeopleManage}, v.actor.Allowed) {
		roles, err := listed(func(q operational.Query) (operational.Listed[governance.Role], error) {
			return v.rights().Roles(v.ctx, v.actor, q)
		})
		if err != nil {
			return err
		}
		for _, r := range roles {
			c.ids[r.ID], c.roles[r.Key], c.keys[r.ID] = r.Name, r.Name, r.Key
		}
	}
	if !v.actor.Allowed(operational.RolesManage) {
		return nil
	}
	added, err := v.addedFields()
	if err != nil {
		return err
	}
	for _, f := range added {
		c.ids[f.ID], c.fields[string(f.Object)+"."+f.Name] = f.Label, f.Label // of all: roles name them
	}
	err = naming(c, of["record_type"], func(q operational.Query) (operational.Listed[governance.RecordType], error) {
		return v.rights().RecordTypes(v.ctx, v.actor, q)
	},
		func(t governance.RecordType) (uuid.UUID, string) { return t.ID, t.Name })
	if err != nil {
		return err
	}
	return naming(c, of["layout"], func(q operational.Query) (operational.Listed[governance.Layout], error) {
		return v.rights().Layouts(v.ctx, v.actor, q)
	},
		func(l governance.Layout) (uuid.UUID, string) { return l.ID, l.Name })
}
