package portal

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
)

const (
	mostNamed     = 8 // of a list, in one line
	mostDecisions = 6 // of an event, before the others are opened
)

// group is a change, or all that one list has more or less of.
type group struct {
	subject string
	was, is []string
}

// grouped puts together what came into the same list, and what was taken out of it.
func grouped(changes []audit.Decided) (groups []group) {
	for _, c := range changes {
		i := slices.IndexFunc(groups, func(g group) bool {
			return g.subject == c.Subject && (len(g.was) == 0) == (c.Was == "") && (len(g.is) == 0) == (c.Is == "")
		})
		if i < 0 {
			groups = append(groups, group{subject: c.Subject})
			i = len(groups) - 1
		}
		if c.Was != "" {
			groups[i].was = append(groups[i].was, c.Was)
		}
		if c.Is != "" {
			groups[i].is = append(groups[i].is, c.Is)
		}
	}
	return groups
}

// shown are the values of the group that are named.
func (g group) shown() []string {
	return slices.Concat(g.was[:min(len(g.was), mostNamed)], g.is[:min(len(g.is), mostNamed)])
}

// lists are subjects of which there are many at once: what is said of those that were added, and of those taken out.
var lists = map[string][2]string{
	"listed.connection":       {"Companies chosen", "Companies no longer chosen"},
	"listed.external_contact": {"People chosen", "People no longer chosen"},
	"listed.member":           {"People chosen", "People no longer chosen"},
	"inside.connection":       {"Let in", "Shut out"},
	"inside.external_contact": {"Let in", "Shut out"},
	"region":                  {"Regions added", "Regions taken out"},
	"scope":                   {"May", "May no more"},
	"domain":                  {"Domains added", "Domains taken out"},
	"record_type":             {"record types added", "record types taken out"},
}

// subjects are what else is decided about.
var subjects = map[string]string{
	"hat": "Works on", "everything": "May do everything", "effective_role": "Role that holds", "default_role": "Default role", "join_role": "Role of who joins",
	"channel_manager": "Looked after by", "identity_provider": "Provider", "connection": "Works in", "mode": "Who gets in",
}

var modes = map[string]string{"all": "everybody", "companies": "chosen companies", "contacts": "chosen people", "chosen": "chosen people"}

// decisions are what an event decided, a line each.
func (c legend) decisions(e audit.Event) (lines []string) {
	groups := grouped(e.Details.Changes)
	for _, g := range groups {
		if text := c.decision(e, g, groups); text != "" {
			lines = append(lines, text)
		}
	}
	return lines
}

func (c legend) decision(e audit.Event, g group, all []group) string {
	name := g.subject
	if strings.HasSuffix(name, ".record_type") {
		name = "record_type"
	}
	said, many := lists[name]
	if many && (len(g.was) == 0 || len(g.is) == 0) {
		added := len(g.is) > 0
		if rest, listed := strings.CutPrefix(g.subject, "listed."); listed && covered(g, all, "inside."+rest) {
			return "" // said already by who gets in, or no more
		}
		i, count := 0, "_added"
		if !added {
			i, count = 1, "_taken_out"
		}
		title := said[i]
		if object, is := strings.CutSuffix(g.subject, ".record_type"); is {
			title = pluralOf(operational.Object(object)) + ", " + title
		}
		return title + ": " + c.named(g, e.Details.Counts[g.subject+count])
	}
	title, was, is := c.subject(g.subject), c.value(g.subject, first(g.was)), c.value(g.subject, first(g.is))
	switch {
	case strings.HasSuffix(e.Action, ".created") || strings.HasSuffix(e.Action, ".joined"):
		return title + ": " + is
	case was == "":
		was = absent(e, g.subject)
	case is == "":
		is = absent(e, g.subject)
	}
	if was == "" {
		return title + ": " + is
	}
	return title + ": " + was + " → " + is
}

// covered says whether another group names the same things.
func covered(g group, all []group, subject string) bool {
	return slices.ContainsFunc(all, func(o group) bool {
		return o.subject == subject && slices.Equal(o.was, g.was) && slices.Equal(o.is, g.is)
	})
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// absent is what a decision took the place of, or left behind, where there is nothing.
func absent(e audit.Event, subject string) string {
	switch {
	case subject == "role" && e.Action == "external_contact.assigned":
		return "that of the company"
	case subject == "role" && e.Action == "connection.assigned":
		return "the default one"
	case strings.Contains(subject, ".field."):
		return "not there"
	}
	return "none"
}

// named are the things of a list, the first by name and how many more there are.
func (c legend) named(g group, total int64) string {
	var names []string
	for _, value := range g.shown() {
		names = append(names, c.value(g.subject, value))
	}
	slices.Sort(names)
	text := strings.Join(names, ", ")
	if more := max(total, int64(len(g.was)+len(g.is))) - int64(len(names)); more > 0 {
		text += " and " + strconv.FormatInt(more, 10) + " more"
	}
	return text
}

// subject is what a change is about: of a role the object and its right or field.
func (c legend) subject(subject string) string {
	if text := subjects[subject]; text != "" {
		return text
	}
	if capability, is := strings.CutPrefix(subject, "capability."); is {
		return capabilityNamed(operational.Permission(capability))
	}
	if role, is := strings.CutPrefix(subject, "layout."); is {
		return "Layout for " + c.role(role)
	}
	object, rest, parted := strings.Cut(subject, ".")
	if !parted {
		return words(subject)
	}
	if field, is := strings.CutPrefix(rest, "field."); is {
		return pluralOf(operational.Object(object)) + ", " + labelOf(c.fields, operational.Object(object), field)
	}
	return pluralOf(operational.Object(object)) + ", " + strings.ReplaceAll(rest, "_", " ")
}

func (c legend) role(key string) string { return cmp.Or(c.roles[key], words(key)) }

// value is a code, a key or an id in words.
func (c legend) value(subject, value string) string {
	if id, err := uuid.Parse(value); err == nil {
		return cmp.Or(c.ids[id], "one of your "+strings.ReplaceAll(sortOf(subject), "_", " ")+"s")
	}
	switch {
	case value == "":
		return ""
	case subject == "role" || strings.HasSuffix(subject, "_role"):
		return c.role(value)
	case subject == "hat":
		return hatNames[value]
	case subject == "mode":
		return modes[value]
	case subject == "scope":
		return permissionNamed(value)
	case subject == "region":
		known, _, _ := strings.Cut(value, ":")
		return cmp.Or(c.regions[value], words(known))
	case subject == "domain" || subject == "expires":
		return value
	case value == "true":
		return "yes"
	case value == "false":
		return "no"
	}
	if how, field, placed := strings.Cut(value, "_if."); placed {
		return how + ", depending on " + strings.ToLower(words(strings.TrimPrefix(field, "x_")))
	}
	return strings.ReplaceAll(value, "_", " ")
}

// detailsCell is what an event says beside who did what to which: decisions, names of fields, counts and codes. There are
// no values of records in it.
func (c legend) detailsCell(e audit.Event) views.Cell {
	d, lines := e.Details, c.decisions(e)
	codes := c.codes(e)
	if strings.HasSuffix(e.Action, ".created") { // what it is, before all that it begins with
		lines, codes = slices.Concat(codes, lines), nil
	}
	if len(d.Fields) > 0 {
		names := make([]string, len(d.Fields))
		for i, f := range d.Fields {
			names[i] = labelOf(c.fields, operational.Object(e.Object), f)
		}
		lines = append(lines, "Changed: "+strings.Join(names, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(d.IDs)) {
		if text := c.ids[d.IDs[name]]; text != "" {
			lines = append(lines, cmp.Or(idNames[name], words(name))+": "+text)
		}
	}
	lines = append(lines, codes...)
	for _, name := range slices.Sorted(maps.Keys(d.Counts)) {
		if !strings.HasSuffix(name, "_added") && !strings.HasSuffix(name, "_taken_out") || name == "choices_added" {
			lines = append(lines, words(name)+": "+strconv.FormatInt(d.Counts[name], 10))
		}
	}
	if len(lines) == 1 {
		return views.Cell{Text: lines[0], Wide: true}
	}
	return views.Cell{Lines: lines[:min(len(lines), mostDecisions)], More: lines[min(len(lines), mostDecisions):], Wide: true}
}

var idNames = map[string]string{"membership_id": "Of", "provider_id": "Provider", "in_place_of": "In place of"}

func (c legend) codes(e audit.Event) (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(e.Details.Codes)) {
		if text := c.code(e, name); text != "" {
			lines = append(lines, words(name)+": "+text)
		}
	}
	return lines
}

// code is a code of an event in words; empty for what stands elsewhere in its row.
func (c legend) code(e audit.Event, name string) string {
	code := e.Details.Codes[name]
	switch {
	case name == "role" && e.Object == "role", name == "hat" && code == "both":
		return ""
	case name == "role" || name == "copy_of":
		return c.role(code)
	case name == "object":
		return objectNamed(operational.Object(code))
	case name == "field" && e.Object == "custom_field":
		return cmp.Or(c.fields[e.Details.Codes["object"]+"."+code], code)
	}
	return strings.ReplaceAll(code, "_", " ")
}
