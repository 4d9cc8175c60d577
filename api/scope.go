package api

import (
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// ScopeOf says which rows and fields of the warehouse the actor may see: what its grants over opportunities are, in the
// words of the warehouse. It is worked out for each request from the credential as it is now, and is never kept: roles,
// connections and who is let in count at once. Only whose a record is, of which type, and whether it is frozen lies in the
// mirrored record, and follows by the seconds of the pipeline.
func ScopeOf(actor operational.Actor) warehouse.Scope {
	if !actor.Allowed(operational.AnalyticsRead) {
		return warehouse.Scope{}
	}
	if actor.Role == operational.RoleSystem && actor.Rights == nil {
		return wholeOf(actor)
	}
	if g, public := actor.PublicGrant(operational.ObjectOpportunity); public {
		others := branchOf(g.ToOthers(), false)
		others.Part, others.Partner, others.Living = warehouse.PartOthers, actor.Org, true
		return warehouse.NewScope(warehouse.VendorWall, g.Vendor, linked(g), others)
	}
	var branches []warehouse.Branch
	for _, g := range actor.Grants(operational.ObjectOpportunity) {
		switch {
		case g.Connection != uuid.Nil:
			branches = joined(branches, linked(g))
		default:
			branches = append(branches, own(actor, g)...)
		}
	}
	if actor.Side == operational.SideVendor {
		return warehouse.NewScope(warehouse.VendorWall, actor.Org, branches...)
	}
	return warehouse.NewScope(warehouse.PartnerWall, actor.Org, branches...)
}

// wholeOf is for the program's own jobs.
func wholeOf(actor operational.Actor) warehouse.Scope {
	switch actor.Side {
	case operational.SideVendor:
		return warehouse.VendorScope(actor.Org)
	case operational.SidePartner:
		return warehouse.PartnerScope(actor.Org)
	}
	return warehouse.Scope{}
}

// branchOf is what all branches have of a grant: record types and fields.
func branchOf(g operational.Grant, partners bool) warehouse.Branch {
	b := warehouse.Branch{AllTypes: g.AllTypes, RecordTypes: g.RecordTypes}
	for _, f := range warehouse.Fields {
		if f == warehouse.FieldPartner && partners || f != warehouse.FieldPartner && g.Read.Has(string(f)) {
			b.Fields = append(b.Fields, f)
		}
	}
	return b
}

// linked is the branch of a connection.
func linked(g operational.Grant) warehouse.Branch {
	b := branchOf(g, true)
	b.Part, b.Connections, b.Living = warehouse.PartConnections, []uuid.UUID{g.Connection}, true
	if g.Visibility == operational.VisibilityPrivate {
		b.Private, b.Contacts = true, []uuid.UUID{g.Contact}
	}
	return b
}

// own are the branches of the role in the actor's company: a vendor's channel, a partner's own business.
func own(actor operational.Actor, g operational.Grant) []warehouse.Branch {
	b := branchOf(g, true)
	b.Part = warehouse.PartUnconnected
	switch private := g.Visibility == operational.VisibilityPrivate; {
	case private && actor.Side == operational.SideVendor:
		b.Private, b.Membership = true, actor.Membership
		managed := branchOf(g, true)
		managed.Part, managed.Connections = warehouse.PartConnections, actor.Rights.Managed
		return []warehouse.Branch{b, managed}
	case private:
		b.Private, b.Membership = true, actor.Membership
	case actor.Side == operational.SideVendor:
		b.Part = warehouse.PartAll
	}
	return []warehouse.Branch{b}
}

// joined adds the branch of a connection to those before it; one that differs in its ids alone goes in with them.
func joined(branches []warehouse.Branch, b warehouse.Branch) []warehouse.Branch {
	for i, q := range branches {
		if q.Part == b.Part && q.Private == b.Private && q.AllTypes == b.AllTypes && slices.Equal(q.RecordTypes, b.RecordTypes) && slices.Equal(q.Fields, b.Fields) {
			branches[i].Connections = append(q.Connections, b.Connections...)
			branches[i].Contacts = append(q.Contacts, b.Contacts...)
			return branches
		}
	}
	return append(branches, b)
}
