package portal

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
)

// actsOf are the rights to an object, with the letter that heads their column.
var actsOf = []struct {
	act    operational.Act
	letter string
	of     func(operational.ObjectRights) bool
	set    func(*governance.UpdateRights, bool)
}{
	{operational.ActCreate, "C", func(x operational.ObjectRights) bool { return x.Create }, func(u *governance.UpdateRights, on bool) { u.Create = operational.Set(on) }},
	{operational.ActRead, "R", func(x operational.ObjectRights) bool { return x.Read }, func(u *governance.UpdateRights, on bool) { u.Read = operational.Set(on) }},
	{operational.ActEdit, "E", func(x operational.ObjectRights) bool { return x.Edit }, func(u *governance.UpdateRights, on bool) { u.Edit = operational.Set(on) }},
	{operational.ActDelete, "D", func(x operational.ObjectRights) bool { return x.Delete }, func(u *governance.UpdateRights, on bool) { u.Delete = operational.Set(on) }},
	{operational.ActImport, "I", func(x operational.ObjectRights) bool { return x.Import }, func(u *governance.UpdateRights, on bool) { u.Import = operational.Set(on) }},
	{operational.ActExport, "X", func(x operational.ObjectRights) bool { return x.Export }, func(u *governance.UpdateRights, on bool) { u.Export = operational.Set(on) }},
}

// reachOf writes data scope and access as one value of a form.
func reachOf(x operational.ObjectRights) string {
	if !x.Read {
		return "private:read"
	}
	return string(x.Visibility) + ":" + x.Access
}

// typesOf are the record types of a role as values of a form.
func typesOf(x operational.ObjectRights) []string {
	if x.RecordTypes == nil {
		return []string{"all"}
	}
	out := make([]string, 0, len(x.RecordTypes))
	for _, t := range x.RecordTypes {
		out = append(out, t.String())
	}
	return out
}

// baseText is what a form shows of a role: what differs from it is what the person wants, whatever others do meanwhile.
func (d desk) baseText(r governance.Role) string {
	shown := governance.Rights{}
	for o, x := range r.Objects {
		if o == d.object || r.Key == d.chosen.Key {
			shown[o] = x
		}
	}
	text, err := json.Marshal(shown)
	if err != nil {
		return "" // booleans, texts and ids always marshal
	}
	return string(text)
}

// baseOf reads it from a form.
func baseOf(values url.Values, r governance.Role) governance.Rights {
	var base governance.Rights
	if json.Unmarshal([]byte(values.Get("base."+r.Key)), &base) != nil {
		return r.Objects
	}
	return base
}

// changes turns the form into one change set per role that it would change.
func (d desk) changes(values url.Values) ([]governance.RoleChange, error) {
	var out []governance.RoleChange
	var faults operational.Faults
	for _, r := range d.edited() {
		version, err := strconv.ParseInt(values.Get("version."+r.Key), 10, 64)
		if err != nil {
			continue // the role came after the form did
		}
		c := governance.RoleChange{Key: r.Key, Version: version, UpdateRole: governance.UpdateRole{Objects: map[operational.Object]governance.UpdateRights{}}}
		base := baseOf(values, r)
		if r.Key == d.chosen.Key {
			d.objectRights(&c, base, values)
		}
		d.fieldRights(&c, r, base[d.object], values, &faults)
		if len(c.Objects) > 0 {
			out = append(out, c)
		}
	}
	return out, faults.Err()
}

// objectRights are the rights to objects, of the role on the left.
func (d desk) objectRights(c *governance.RoleChange, base governance.Rights, values url.Values) {
	for _, o := range d.objects {
		if !values.Has("reach." + string(o)) {
			continue
		}
		x, u, changed := base[o], governance.UpdateRights{}, false
		for _, a := range actsOf {
			on := slices.Contains(values["act."+string(o)], string(a.act))
			if on != a.of(x) {
				a.set(&u, on)
				changed = true
			}
		}
		reads := slices.Contains(values["act."+string(o)], string(operational.ActRead))
		if reach := values.Get("reach." + string(o)); reads && reach != reachOf(x) {
			visibility, access, _ := strings.Cut(reach, ":")
			u.Visibility, u.Access, changed = operational.Set(operational.Visibility(visibility)), operational.Set(access), true
		}
		if changed {
			c.Objects[o] = u
		}
	}
}

// fieldRights are the fields and record types of the object on the right.
func (d desk) fieldRights(c *governance.RoleChange, r governance.Role, x operational.ObjectRights, values url.Values, faults *operational.Faults) {
	now := r.Objects[d.object]
	u, touched := c.Objects[d.object]
	readable, editable, fields := slices.Clone(now.Readable), slices.Clone(now.Editable), false
	for _, f := range d.fields {
		level := values.Get("field." + r.Key + "." + f.Field)
		if f.Object != d.object || level == "" || level == x.Level(f.Field) {
			continue
		}
		fields = true
		readable, editable = put(readable, f.Field, level != "hidden"), put(editable, f.Field, level == "edit")
	}
	if fields {
		u.Readable, u.Editable, touched = operational.Set(readable), operational.Set(editable), true
	}
	if types := slices.DeleteFunc(slices.Clone(values["types."+r.Key]), func(t string) bool { return t == "" }); values.Has("types."+r.Key) && d.typesDiffer(types, x) {
		u.RecordTypes, touched = typesAsked(types), true
	}
	if !touched {
		return
	}
	reads := now.Read
	if u.Read.Given {
		reads = *u.Read.Value
	}
	if fields && !reads {
		faults.Add(r.Name, "It does not read "+strings.ToLower(pluralOf(d.object))+". Give it the right to read them first, in the table of objects.", nil)
		return
	}
	c.Objects[d.object] = u
}

func (d desk) typesDiffer(types []string, x operational.ObjectRights) bool {
	if slices.Contains(types, "all") || !x.Read {
		return x.Read && x.RecordTypes != nil
	}
	held := typesOf(x)
	slices.Sort(types)
	slices.Sort(held)
	return !slices.Equal(types, held)
}

// typesAsked are the record types of a form; all is said by naming none.
func typesAsked(types []string) operational.Opt[[]uuid.UUID] {
	if slices.Contains(types, "all") {
		return operational.Opt[[]uuid.UUID]{Given: true}
	}
	ids := []uuid.UUID{}
	for _, t := range types {
		if id, err := uuid.Parse(t); err == nil {
			ids = append(ids, id)
		}
	}
	return operational.Set(ids)
}

// put puts a value into a list or takes it out.
func put(list []string, value string, in bool) []string {
	list = slices.DeleteFunc(list, func(x string) bool { return x == value })
	if in {
		list = append(list, value)
	}
	return list
}
