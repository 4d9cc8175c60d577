package operational

import (
	"slices"

	"github.com/google/uuid"
)

// looks are the capabilities that let one see something: what is left of a role's while somebody looks as it.
var looks = []Permission{OrganisationsRead, ConnectionsRead, AnalyticsRead, PipelinesRead, AuditRead}

// Looking are the rights of somebody who looks as another role of its company: what both roles give, and nothing but to
// read. Nobody comes to more by looking, and nothing is written. What vendors give to a partner's person is narrowed by
// the role in its own company anyway. Records that are a person's own, or of the partners that it looks after, are still
// those of whoever looks: a role has none.
func (r Rights) Looking() *Rights {
	if r.View != nil {
		r.Own = r.Own.seenAs(*r.View)
	}
	return &r
}

// Looks says whether the actor looks as another role, and can change nothing.
func (a Actor) Looks() bool { return a.View != "" }

// OnlyLooks refuses what whoever looks as a role would change, or take along; pages and API ask it of all that is no reading.
func (a Actor) OnlyLooks() error {
	if !a.Looks() {
		return nil
	}
	return Fault(KindForbidden, "only-looks", "You look as another role, so nothing can be changed or taken along. Nothing was done. Stop looking as the role first.")
}

// seenAs is what both roles give to read, under the name of the one that is looked as.
func (r RoleRights) seenAs(view RoleRights) RoleRights {
	both := RoleRights{
		Key: view.Key, Name: view.Name, Version: view.Version, Hat: view.Hat, Reads: true,
		Everything: r.Everything && view.Everything, Capabilities: []Permission{}, Objects: map[Object]ObjectRights{},
	}
	if both.Everything {
		return both
	}
	for _, p := range looks {
		if r.has(p) && view.has(p) {
			both.Capabilities = append(both.Capabilities, p)
		}
	}
	for _, o := range Objects {
		if x := r.object(o).seenAs(view.object(o), r.Everything, view.Everything); x.Read {
			both.Objects[o] = x
		}
	}
	return both
}

// has says whether the role has a capability.
func (r RoleRights) has(p Permission) bool {
	if r.Reads && !slices.Contains(looks, p) {
		return false
	}
	return r.Everything && slices.Contains(Capabilities, p) || slices.Contains(r.Capabilities, p)
}

// seenAs is what both give of an object to read. A role that is everything names no fields and types: it has all.
func (x ObjectRights) seenAs(view ObjectRights, all, viewAll bool) ObjectRights {
	both := view
	if viewAll {
		both = x
	}
	both.Read = x.Read && view.Read
	if x.Visibility == VisibilityPrivate {
		both.Visibility = VisibilityPrivate
	}
	if !all && !viewAll {
		both.Readable = slices.DeleteFunc(slices.Clone(view.Readable), func(f string) bool { return !slices.Contains(x.Readable, f) })
		both.RecordTypes = typesInBoth(x.RecordTypes, view.RecordTypes)
	}
	return both.toRead()
}

// typesInBoth are the record types that both work with; nil stands for all.
func typesInBoth(one, other []uuid.UUID) []uuid.UUID {
	switch {
	case one == nil:
		return other
	case other == nil:
		return one
	}
	return slices.DeleteFunc(slices.Clone(one), func(t uuid.UUID) bool { return !slices.Contains(other, t) })
}

// toRead takes away all that changes something, or takes records along.
func (x ObjectRights) toRead() ObjectRights {
	x.Create, x.Edit, x.Delete, x.Import, x.Export, x.Access, x.Editable = false, false, false, false, false, "read", nil
	return x
}
