package operational

import (
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// Member is a member of a request's body that writes a field, by the name that the caller wrote and the field's own.
type Member struct{ Name, Field string }

// Members gives members that are called as their fields are.
func Members(names ...string) []Member {
	members := make([]Member, 0, len(names))
	for _, name := range names {
		members = append(members, Member{Name: name, Field: name})
	}
	return members
}

// GrantOf is the actor's grant for one part of an object's rows: of a connection, or, for zero, of its own company.
func (a Actor) GrantOf(o Object, connection uuid.UUID) (Grant, bool) {
	for _, g := range a.Grants(o) {
		if g.Connection == connection {
			return g, true
		}
	}
	return Grant{}, false
}

// Require is May as an error, for a record that is in sight.
func (g Grant) Require(act Act) error {
	if g.May(act) {
		return nil
	}
	return Fault(KindForbidden, "not-permitted", "Your role may not do this here (it needs the right to %s such records). Nothing was saved. Ask an administrator of your organisation.", act)
}

// HasType says whether records of this type are in the grant. Those without a type are in every grant.
func (g Grant) HasType(t *uuid.UUID) bool {
	return t == nil || g.AllTypes || slices.Contains(g.RecordTypes, *t)
}

// Reaches says whether a record without a connection is in the grant, by its owner and its type.
func (g Grant) Reaches(member uuid.UUID, owner, recordType *uuid.UUID) bool {
	return g.HasType(recordType) && (g.Visibility != VisibilityPrivate || owner != nil && *owner == member)
}

// Writes says whether a change may set these members. One that is hidden is refused in the words for a member that
// does not exist, so that nobody learns of it; one that can be read only, by its name.
func (g Grant) Writes(members ...Member) error {
	var unknown Faults
	for _, m := range members {
		if !g.Read.Has(m.Field) {
			unknown.Add("body."+m.Name, UnexpectedMember, nil)
		}
	}
	if err := unknown.Err(); err != nil {
		return err
	}
	for _, m := range members {
		if !g.Edit.Has(m.Field) {
			return NotEditable(m.Name)
		}
	}
	return nil
}

// UnexpectedMember is what is said of a member that does not exist, or not for this caller.
const UnexpectedMember = "unexpected property"

// NotEditable says that a field can be read and not changed.
func NotEditable(field string) error {
	e := Fault(KindForbidden, "field-not-editable", "Your role may read the field %.60s here and not change it. Nothing was saved.", field)
	e.Fields = []FieldFault{{Field: "body." + field, Message: "may be read, not changed"}}
	return e
}

// Mask empties the fields of a record that may not be read; how each field is emptied, its module says.
func Mask[T any](read FieldSet, record *T, fields map[string]func(*T)) {
	if read.All {
		return
	}
	for name, empty := range fields {
		if !read.Has(name) {
			empty(record)
		}
	}
}

// MaskCustom leaves of custom values those that may be read.
func MaskCustom(read FieldSet, values map[string]any) map[string]any {
	if read.All || len(values) == 0 {
		return values
	}
	seen := map[string]any{}
	for name, value := range values {
		if read.Has(name) {
			seen[name] = value
		}
	}
	return seen
}

// Require refuses a query that names a field which is not among these, in the words for a field that does not exist.
func (l Listing) Require(q Query) error {
	var faults Faults
	if q.Filter != nil {
		l.filter(&faults, *q.Filter)
	}
	for _, s := range q.Sort {
		if !slices.Contains(l.Sorts, s.Field) {
			faults.Add("sort", fmt.Sprintf("There is no field %.60q to sort by.", s.Field), nil)
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return &Error{Kind: KindInvalid, Code: "invalid-list", Message: "The list cannot be read like this.", Fields: faults}
}

func (l Listing) filter(faults *Faults, f Filter) {
	for _, part := range slices.Concat(f.And, f.Or) {
		l.filter(faults, part)
	}
	if f.Field != "" && !slices.Contains(l.Filters, f.Field) {
		faults.Add("filter", fmt.Sprintf("There is no field %.60q to filter by.", f.Field), nil)
	}
}

// Only leaves of a listing what may be read; field gives the governed field of a name, "" for what is never hidden.
func (l Listing) Only(read FieldSet, field func(name string) string) Listing {
	hidden := func(name string) bool {
		f := field(name)
		return f != "" && !read.Has(f)
	}
	return Listing{
		Filters: slices.DeleteFunc(slices.Clone(l.Filters), hidden),
		Sorts:   slices.DeleteFunc(slices.Clone(l.Sorts), hidden),
	}
}

// Also narrows a query by a condition of the program's own.
func (q Query) Also(conditions ...Filter) Query {
	if q.Filter != nil {
		conditions = append([]Filter{*q.Filter}, conditions...)
	}
	switch len(conditions) {
	case 0:
	case 1:
		q.Filter = &conditions[0]
	default:
		q.Filter = &Filter{And: conditions}
	}
	return q
}

// Doing narrows an actor to the parts of its records with which it may do this: not all that one sees may be taken along.
func (a Actor) Doing(act Act, o Object) Actor {
	if a.Rights == nil {
		return a
	}
	narrowed := *a.Rights
	narrowed.Links = slices.DeleteFunc(slices.Clone(narrowed.Links), func(l Link) bool { return !l.Role.grant(o).May(act) })
	if !narrowed.Own.grant(o).May(act) {
		narrowed.Own, narrowed.Links = RoleRights{}, nil // nothing goes over a link that one's own company does not allow
	}
	a.Rights = &narrowed
	return a
}
