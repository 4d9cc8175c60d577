package warehousetest

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// inScope reads the words of a scope plainly, record by record.
func inScope(o *Opportunity, who warehouse.Scope) bool {
	if org, ok := who.Vendor(); ok && o.Connection.Vendor != org {
		return false
	}
	if org, ok := who.Partner(); ok && o.Connection.Partner != org {
		return false
	}
	return slices.ContainsFunc(who.Branches(), func(b warehouse.Branch) bool { return inBranch(o, b) })
}

func inBranch(o *Opportunity, b warehouse.Branch) bool {
	k, h := o.Connection, o.Holder
	if b.Living && h.Frozen || !b.AllTypes && h.Type != uuid.Nil && !slices.Contains(b.RecordTypes, h.Type) {
		return false
	}
	switch b.Part {
	case warehouse.PartAll:
		return true
	case warehouse.PartUnconnected:
		return k.ID == uuid.Nil && (!b.Private || h.Member != uuid.Nil && h.Member == b.Membership)
	case warehouse.PartConnections:
		return slices.Contains(b.Connections, k.ID) && (!b.Private || slices.Contains(b.Contacts, h.Contact))
	case warehouse.PartOthers:
		return k.ID != uuid.Nil && k.Partner != b.Partner
	}
	return false
}

// scope is one of every kind, over random connections, owners, types and fields.
func (w *World) scope() warehouse.Scope {
	vendor, partner := pick(w, w.vendors...), pick(w, w.partners...)
	of := func(part warehouse.Part) warehouse.Branch {
		b := warehouse.Branch{Part: part, AllTypes: w.rnd.IntN(3) > 0, RecordTypes: []uuid.UUID{pick(w, types...)}, Fields: w.fields()}
		b.Living = part != warehouse.PartUnconnected && w.rnd.IntN(2) == 0
		switch part {
		case warehouse.PartUnconnected:
			b.Private, b.Membership = w.rnd.IntN(2) == 0, pick(w, people...)
		case warehouse.PartConnections:
			b.Private, b.Contacts, b.Connections = w.rnd.IntN(2) == 0, people[:w.rnd.IntN(len(people))], w.connections(vendor, partner)
		case warehouse.PartOthers:
			b.Partner = partner
		}
		return b
	}
	all, own, links, others := of(warehouse.PartAll), of(warehouse.PartUnconnected), of(warehouse.PartConnections), of(warehouse.PartOthers)
	switch w.rnd.IntN(10) {
	case 0:
		return warehouse.EverythingScope()
	case 1:
		return warehouse.VendorScope(vendor)
	case 2:
		return warehouse.PartnerScope(partner)
	case 3:
		return warehouse.NewScope(warehouse.VendorWall, vendor, all)
	case 4, 5:
		return warehouse.NewScope(warehouse.VendorWall, vendor, own, links)
	case 6:
		links.Connections = w.of(vendor, partner)
		return warehouse.NewScope(warehouse.VendorWall, vendor, links, others)
	case 7:
		return warehouse.NewScope(warehouse.PartnerWall, partner, own)
	default:
		return warehouse.NewScope(warehouse.PartnerWall, partner, own, links)
	}
}

// Who and what records may belong to.
var (
	people = []uuid.UUID{ID("Ann"), ID("Ben"), ID("Cem")}
	types  = []uuid.UUID{ID("type 1"), ID("type 2")}
)

// fields are all, or all but some.
func (w *World) fields() []warehouse.Field {
	if w.rnd.IntN(3) > 0 {
		return warehouse.Fields
	}
	hidden := pick(w, warehouse.Fields...)
	return slices.DeleteFunc(slices.Clone(warehouse.Fields), func(f warehouse.Field) bool { return f == hidden })
}

// of are the connections of a vendor with a partner.
func (w *World) of(vendor, partner uuid.UUID) []uuid.UUID {
	var ids []uuid.UUID
	for _, o := range w.all {
		if k := o.Connection; k.ID != uuid.Nil && k.Vendor == vendor && k.Partner == partner {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

// connections are some of those that a vendor or a partner has.
func (w *World) connections(vendor, partner uuid.UUID) []uuid.UUID {
	var ids []uuid.UUID
	for _, o := range w.all {
		if k := o.Connection; k.ID != uuid.Nil && (k.Vendor == vendor || k.Partner == partner) && w.rnd.IntN(2) == 0 {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

// holder is a random one that an opportunity can have: contacts go with connections, members with business without.
func (w *World) holder(o *Opportunity) Holder {
	h := Holder{Type: pick(w, append(types, uuid.Nil)...), Frozen: w.rnd.IntN(4) == 0}
	if o.Connection.ID == uuid.Nil {
		h.Member, h.Frozen = pick(w, append(people, uuid.Nil)...), false
	} else {
		h.Contact = pick(w, append(people, uuid.Nil)...)
	}
	return h
}

// unknown holds that exactly that is refused which there is not for the scope, and says whether it is.
func unknown(t *testing.T, who warehouse.Scope, m warehouse.Metric, a warehouse.Ask, err error) bool {
	t.Helper()
	refused := who.Unknown(warehouse.Cell{Metric: m}, a)
	if refused == nil {
		require.NoError(t, err)
		return false
	}
	require.EqualError(t, err, refused.Error())
	return true
}
