package governance

import (
	"slices"

	"github.com/sharepartner/sharepartner/operational"
)

// beyond says what a role would be given that whoever gives it does not have. What the role had already may stay.
func beyond(own operational.RoleRights, had, wanted Role) error {
	if own.Everything {
		return nil
	}
	var faults operational.Faults
	if wanted.Everything && !had.Everything {
		faults.Add("role", "It may do everything, and you may not.", nil)
	}
	for _, c := range wanted.Capabilities {
		if !slices.Contains(had.Capabilities, c) && !slices.Contains(own.Capabilities, c) {
			faults.Add("capabilities", "It is not one of yours.", string(c))
		}
	}
	for _, o := range sortedObjects(wanted.Objects) {
		beyondObject(&faults, "objects."+string(o), own.Objects[o], had.Objects[o], wanted.Objects[o])
	}
	if len(faults) == 0 {
		return nil
	}
	e := operational.Fault(operational.KindForbidden, "beyond-own-rights", "Nobody can give rights that they do not have themselves. Nothing was saved. Ask an administrator of your organisation.")
	e.Fields = faults
	return e
}

func beyondObject(faults *operational.Faults, at string, own, had, wanted operational.ObjectRights) {
	for _, right := range rightsOf {
		if right.of(wanted) && !right.of(had) && !right.of(own) {
			faults.Add(at+"."+right.name, "You do not have this right.", nil)
		}
	}
	if reach := rank(wanted.Visibility); reach > rank(had.Visibility) && reach > rank(own.Visibility) {
		faults.Add(at+".visibility", "You do not reach so many records.", string(wanted.Visibility))
	}
	if wanted.Access == "read_write" && had.Access != "read_write" && own.Access != "read_write" {
		faults.Add(at+".access", "You may read only.", nil)
	}
	if own.RecordTypes != nil && (!had.Read || had.RecordTypes != nil) {
		if wanted.RecordTypes == nil {
			faults.Add(at+".record_types", "You do not work with all record types.", nil)
		}
		for _, t := range wanted.RecordTypes {
			if !slices.Contains(had.RecordTypes, t) && !slices.Contains(own.RecordTypes, t) {
				faults.Add(at+".record_types", "You do not work with this record type.", t.String())
			}
		}
	}
	for _, f := range wanted.Readable {
		if !slices.Contains(had.Readable, f) && !slices.Contains(own.Readable, f) {
			faults.Add(at+".readable", "The field is hidden from you, or not there.", f)
		}
	}
	for _, f := range wanted.Editable {
		if !slices.Contains(had.Editable, f) && !slices.Contains(own.Editable, f) {
			faults.Add(at+".editable", "You may not write this field.", f)
		}
	}
}

var rightsOf = []struct {
	name string
	of   func(operational.ObjectRights) bool
}{
	{"create", func(x operational.ObjectRights) bool { return x.Create }},
	{"read", func(x operational.ObjectRights) bool { return x.Read }},
	{"edit", func(x operational.ObjectRights) bool { return x.Edit }},
	{"delete", func(x operational.ObjectRights) bool { return x.Delete }},
	{"import", func(x operational.ObjectRights) bool { return x.Import }},
	{"export", func(x operational.ObjectRights) bool { return x.Export }},
}

// rank orders data scopes by what they reach. A vendor's people who reach their company reach all that partners ever do.
func rank(v operational.Visibility) int {
	switch v {
	case operational.VisibilityPrivate:
		return 1
	case operational.VisibilityCompany, operational.VisibilityPublic:
		return 2
	}
	return 0
}
