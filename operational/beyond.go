package operational

import (
	"maps"
	"slices"
)

// Giving is what the actor has to give to others: its role in its company. An API key gives nobody anything, whoever
// made it.
func (a Actor) Giving() RoleRights {
	if a.Scopes != nil {
		return RoleRights{}
	}
	return a.rights().Own
}

// Beyond says what a role would be given that whoever gives it does not have. What the role had already may stay. Whoever
// works on one side of a company only has nothing to give on the other, nor has a role for one side what one for both has.
func (r RoleRights) Beyond(had, wanted RoleRights) Faults {
	var faults Faults
	if r.Hat != "" && r.Hat != wanted.Hat {
		r = RoleRights{}
		if had.Key == "" { // it is given to somebody, or made
			faults.Add("hat", "It works on a side of your organisation on which you do not.", nil)
		}
	}
	if r.Everything {
		return nil
	}
	if wanted.Everything && !had.Everything {
		faults.Add("role", "It may do everything, and you may not.", nil)
	}
	for _, c := range wanted.Capabilities {
		if !slices.Contains(had.Capabilities, c) && !slices.Contains(r.Capabilities, c) {
			faults.Add("capabilities", "It is not one of yours.", string(c))
		}
	}
	for _, o := range slices.Sorted(maps.Keys(wanted.Objects)) {
		beyondObject(&faults, "objects."+string(o), r.Objects[o], had.Objects[o], wanted.Objects[o])
	}
	return faults
}

func beyondObject(faults *Faults, at string, own, had, wanted ObjectRights) {
	for _, a := range Acts {
		if wanted.Has(a) && !had.Has(a) && !own.Has(a) {
			faults.Add(at+"."+string(a), "You do not have this right.", nil)
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

// rank orders data scopes by what they reach. A vendor's people who reach their company reach all that partners ever do.
func rank(v Visibility) int {
	switch v {
	case VisibilityPrivate:
		return 1
	case VisibilityCompany, VisibilityPublic:
		return 2
	}
	return 0
}
