package governance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// MaxRoles is the most roles that a company may have.
const MaxRoles = 100

// ground is what roles and layouts of a company can name.
type ground struct {
	side   operational.Side
	both   bool // the company governs a channel and sells
	fields []Governed
	types  map[uuid.UUID]operational.Object
}

func (g ground) field(o operational.Object, name string) (Governed, bool) {
	i := slices.IndexFunc(g.fields, func(f Governed) bool { return f.Object == o && f.Field == name })
	if i < 0 {
		return Governed{}, false
	}
	return g.fields[i], true
}

// Capable are the capabilities that a role can have in a company on whose side one works, or that has both.
func (r Role) Capable(side operational.Side, both bool) []operational.Permission {
	switch {
	case r.Hat != nil:
		side = *r.Hat
	case both:
		side = operational.SideVendor // which can have all of them
	}
	return operational.CapabilitiesOf(side)
}

// shared are the objects that external roles speak of.
var shared = []operational.Object{operational.ObjectProduct, operational.ObjectSalesProcess, operational.ObjectOpportunity}

var keyForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,59}$`)

// keyOf makes a key of a name.
func keyOf(name string) string {
	key := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case unicode.IsLetter(r) && r > unicode.MaxASCII:
			return -1
		}
		return '_'
	}, strings.ToLower(name))
	key = strings.Trim(key, "_")
	if key == "" || key[0] < 'a' {
		key = "role_" + key
	}
	return strings.Trim(key[:min(len(key), 50)], "_")
}

// Validate says what is wrong with a new role.
func (in NewRole) Validate(side operational.Side) error {
	var faults operational.Faults
	faults.Text("name", in.Name, 1, 100)
	if in.Description != nil {
		faults.Text("description", *in.Description, 0, 500)
	}
	if in.Key != "" && !keyForm.MatchString(in.Key) {
		faults.Add("key", "It is not of small letters, digits and underscores, beginning with a letter.", in.Key)
	}
	if in.Audience != Internal && (in.Audience != External || side != operational.SideVendor) {
		faults.Add("audience", "There are no such roles in your organisation.", in.Audience)
	}
	switch {
	case !slices.Contains([]string{"", BothSides, string(operational.SideVendor), string(operational.SidePartner)}, in.Hat):
		faults.Add("hat", "It is none of vendor, partner, both.", in.Hat)
	case in.Hat != "" && in.Audience == External:
		faults.Add("hat", "Only roles for your own people work on a side of your organisation.", in.Hat)
	}
	return faults.Err()
}

// apply gives the role after the change set. The result has each list once and in order, so that roles compare.
func (in UpdateRole) apply(r Role) (Role, error) {
	var faults operational.Faults
	in.Name.Required(&faults, "name", &r.Name)
	in.Description.Into(&r.Description)
	if in.Capabilities.Given && in.Capabilities.Value == nil {
		in.Capabilities.Value = &[]operational.Permission{}
	}
	in.Capabilities.Required(&faults, "capabilities", &r.Capabilities)
	r.Capabilities = sorted(r.Capabilities)
	after := Rights{}
	for o, x := range r.Objects {
		after[o] = x
	}
	for o, change := range in.Objects {
		if x := change.apply(after[o]); x.Read {
			after[o] = x
		} else {
			delete(after, o)
		}
	}
	r.Objects = after
	return r, faults.Err()
}

func (in UpdateRights) apply(x operational.ObjectRights) operational.ObjectRights {
	if x.Visibility == "" {
		x.Visibility, x.Access = operational.VisibilityPrivate, "read"
	}
	for _, right := range []struct {
		given operational.Opt[bool]
		held  *bool
	}{{in.Create, &x.Create}, {in.Read, &x.Read}, {in.Edit, &x.Edit}, {in.Delete, &x.Delete}, {in.Import, &x.Import}, {in.Export, &x.Export}} {
		if right.given.Given {
			*right.held = right.given.Value != nil && *right.given.Value
		}
	}
	if in.Visibility.Value != nil {
		x.Visibility = *in.Visibility.Value
	}
	if in.Access.Value != nil {
		x.Access = *in.Access.Value
	}
	if in.RecordTypes.Given {
		x.RecordTypes = nil
		if in.RecordTypes.Value != nil {
			x.RecordTypes = sortedIDs(*in.RecordTypes.Value)
		}
	}
	x.Readable, x.Editable = list(in.Readable, x.Readable), list(in.Editable, x.Editable)
	if !in.Editable.Given { // what is hidden is not written any more either
		x.Editable = slices.DeleteFunc(x.Editable, func(f string) bool { return !slices.Contains(x.Readable, f) })
	}
	return x
}

func list(given operational.Opt[[]string], held []string) []string {
	switch {
	case !given.Given:
		return sorted(held)
	case given.Value == nil:
		return []string{}
	}
	return sorted(*given.Value)
}

func sorted[T ~string](values []T) []T {
	values = slices.Clone(values)
	slices.Sort(values)
	if values = slices.Compact(values); values == nil {
		return []T{}
	}
	return values
}

func sortedIDs(ids []uuid.UUID) []uuid.UUID {
	ids = append([]uuid.UUID{}, ids...)
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(ids)
}

// check says what is wrong with a role as a whole.
func (r Role) check(g ground) error {
	var faults operational.Faults
	faults.Text("name", r.Name, 1, 100)
	if r.Description != nil {
		faults.Text("description", *r.Description, 0, 500)
	}
	for _, c := range r.Capabilities {
		if r.Audience == External || !slices.Contains(r.Capable(g.side, g.both), c) {
			faults.Add("capabilities", "It is no capability that such a role can have.", string(c))
		}
	}
	for _, o := range sortedObjects(r.Objects) {
		r.checkObject(&faults, g, o, r.Objects[o])
	}
	return faults.Err()
}

func sortedObjects(r Rights) []operational.Object {
	names := make([]operational.Object, 0, len(r))
	for o := range r {
		names = append(names, o)
	}
	slices.Sort(names)
	return names
}

func (r Role) checkObject(faults *operational.Faults, g ground, o operational.Object, x operational.ObjectRights) {
	at := "objects." + string(o)
	if !slices.Contains(operational.Objects, o) || r.Audience == External && !slices.Contains(shared, o) {
		faults.Add(at, "There is no such object for such a role.", nil)
		return
	}
	switch x.Visibility {
	case operational.VisibilityPrivate, operational.VisibilityCompany:
	case operational.VisibilityPublic:
		if r.Audience != External {
			faults.Add(at+".visibility", "Roles for one's own people reach the company's records; public is for partners' people.", string(x.Visibility))
		}
	default:
		faults.Add(at+".visibility", "It is none of private, company, public.", string(x.Visibility))
	}
	if x.Access != "read" && x.Access != "read_write" {
		faults.Add(at+".access", "It is none of read, read_write.", x.Access)
	}
	for _, t := range x.RecordTypes {
		if g.types[t] != o {
			faults.Add(at+".record_types", "There is no such record type of this object.", t.String())
		}
	}
	for _, name := range x.Readable {
		if f, known := g.field(o, name); !known || f.InternalOnly && r.Audience == External {
			faults.Add(at+".readable", "There is no such field for such a role.", name)
		}
	}
	for _, name := range x.Editable {
		f, known := g.field(o, name)
		switch {
		case !slices.Contains(x.Readable, name):
			faults.Add(at+".editable", "A field that is written is readable too; name it there as well.", name)
		case known && !f.Editable:
			faults.Add(at+".editable", "Nobody writes this field.", name)
		}
	}
}

// everythingStays refuses to narrow or widen a role that is everything.
func (r Role) everythingStays(in UpdateRole) error {
	if r.Everything && (in.Capabilities.Given || len(in.Objects) > 0) {
		return operational.Fault(operational.KindConflict, "role-is-everything", "The role %q has every right and keeps it. Nothing was saved. Make another role for less.", r.Name)
	}
	return nil
}

// needs is the permission to govern roles of an audience.
func needs(audience string) operational.Permission {
	if audience == External {
		return operational.ChannelGovern
	}
	return operational.RolesManage
}

func orNone(v string) string {
	if v == "" {
		return "none"
	}
	return v
}

func yes(v bool) string { return fmt.Sprintf("%t", v) }

// IsShared says whether external roles speak of the object.
func IsShared(o operational.Object) bool { return slices.Contains(shared, o) }
