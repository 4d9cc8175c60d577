package operational

import (
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Covers says whether the record is among those that the grant reaches. The wall has shown it already. It is for one
// record what the lists compile into SQL for many.
func (g Grant) Covers(a Actor, f Facts) bool {
	private := g.Visibility == VisibilityPrivate
	switch {
	case !g.HasType(idOf(f.RecordType)):
		return false
	case a.Role == RoleSystem && a.Rights == nil:
		return true
	case g.Connection != uuid.Nil:
		return f.Connection == g.Connection && !f.Frozen && (!private || f.OwnerContact == g.Contact)
	case a.Side == SidePartner && f.Connection != uuid.Nil:
		return false
	case a.Side == SideVendor && f.Connection != uuid.Nil:
		return !private || slices.Contains(a.rights().Managed, f.Connection)
	}
	return !private || f.OwnerMembership == a.Membership && a.Membership != uuid.Nil
}

func idOf(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// CoversOthers says whether the record is another partner's, which the vendor shows to all of them.
func (g Grant) CoversOthers(a Actor, f Facts) bool {
	return g.Public(a) && f.Vendor == g.Vendor && f.Partner != a.Org && f.Partner != uuid.Nil && !f.Frozen && g.HasType(idOf(f.RecordType))
}

// Reaches says whether the actor still reaches all records of the kind that it did: each grant that it had is as it was.
func (a Actor) Reaches(before Actor, o Object) bool {
	grants := a.Grants(o)
	for _, g := range before.Grants(o) {
		if !slices.ContainsFunc(grants, func(now Grant) bool { return reflect.DeepEqual(now, g) }) {
			return false
		}
	}
	return slices.Equal(a.rights().Managed, before.rights().Managed)
}

// Public says whether the grant shows the records of all the vendor's partners: only while one works in that one
// connection.
func (g Grant) Public(a Actor) bool {
	return g.Visibility == VisibilityPublic && g.Connection != uuid.Nil && g.Connection == a.Connection
}

// ToOthers is what the grant lets one do with records of other partners: read what does not tell who they are.
func (g Grant) ToOthers() Grant {
	g.Acts, g.Edit = []Act{ActRead}, FieldSet{}
	g.Read = g.Read.Without(namesOthers)
	return g
}

// Without gives the set without some fields.
func (s FieldSet) Without(fields []string) FieldSet {
	if s.All {
		s.Except = append(slices.Clone(s.Except), fields...)
		return s
	}
	s.Names = slices.DeleteFunc(slices.Clone(s.Names), func(f string) bool { return slices.Contains(fields, f) })
	return s
}

// GrantOver is the grant that reaches the record; none does when it is not there for the actor.
func (a Actor) GrantOver(o Object, f Facts) (Grant, bool) {
	for _, g := range a.Grants(o) {
		if g.Covers(a, f) {
			return g, true
		}
		if g.CoversOthers(a, f) {
			return g.ToOthers(), true
		}
	}
	return Grant{}, false
}

// PublicGrant is the grant by which the actor reads the records of all the vendor's partners, if there is one.
func (a Actor) PublicGrant(o Object) (Grant, bool) {
	if a.Connection == uuid.Nil {
		return Grant{}, false
	}
	for _, g := range a.Grants(o) {
		if g.Public(a) {
			return g, true
		}
	}
	return Grant{}, false
}

// OwnGrant is what the role in the actor's own company gives, which is all that is asked about its own half of a
// shared record.
func (a Actor) OwnGrant(o Object) Grant { return a.rights().Own.grant(o) }

// ListableFields are the fields that lists may be filtered and sorted by: those that are readable on every record in
// them, also on other partners' where those are shown.
func (a Actor) ListableFields(o Object) FieldSet {
	fields := a.ReadableFields(o)
	if _, public := a.PublicGrant(o); public {
		fields = fields.Without(namesOthers)
	}
	return fields
}

// IsCustom says whether a field's name is of the kind that companies give to their own.
func IsCustom(field string) bool { return strings.HasPrefix(field, "x_") }
