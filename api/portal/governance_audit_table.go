package portal

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
)

func (v *visit) auditTable(events []audit.Event, c legend) views.Table {
	t := views.Table{Caption: "Events, newest first", Stacked: true, Columns: []views.Column{{Title: "When"}, {Title: "Who"}, {Title: "What"}, {Title: "To"}, {Title: "Details"}}}
	for _, e := range events {
		t.Rows = append(t.Rows, views.Row{Cells: []views.Cell{{Text: v.time(e.At), Sub: chained(e)}, v.auditActor(e, c), actionCell(e), v.auditRecord(e, c), c.detailsCell(e)}})
	}
	return t
}

func chained(e audit.Event) string {
	if e.Seq == nil {
		return "not linked yet"
	}
	return "no. " + strconv.FormatInt(*e.Seq, 10)
}

func (v *visit) auditActor(e audit.Event, legend legend) views.Cell {
	switch {
	case e.MembershipID == nil && e.System != nil:
		return views.Cell{Text: "Program", Sub: *e.System}
	case e.MembershipID == nil:
		return views.Cell{Text: "—"}
	}
	c := views.Cell{Text: cmp.Or(e.ActorName, "A member"), Href: "/governance/audit?member=" + e.MembershipID.String()}
	if e.KeyID != nil {
		c.Sub = "by an API key"
		if name := legend.ids[*e.KeyID]; name != "" {
			c.Sub = "by the key " + name
		}
	}
	return c
}

// actionCell leads to all that was done to the record.
func actionCell(e audit.Event) views.Cell {
	c := views.Cell{Text: e.Action}
	if e.RecordID != nil {
		c.Href, c.Label = "/governance/audit?record="+e.RecordID.String(), e.Action+", all that was done to it"
	}
	return c
}

// auditRecord leads to the record, while it is there and in sight.
func (v *visit) auditRecord(e audit.Event, legend legend) views.Cell {
	c := views.Cell{Text: objectWords(e.Object)}
	switch {
	case e.RecordID == nil:
		return c
	case *e.RecordID == v.me.Organisation.ID:
		return c // the company itself
	}
	if name := legend.ids[*e.RecordID]; name != "" {
		return views.Cell{Text: name, Sub: objectWords(e.Object), Href: v.pageOf(e, legend)}
	}
	if key := e.Details.Codes["role"]; key != "" && e.Object == "role" {
		return views.Cell{Text: legend.role(key), Sub: "Role"} // which is there no more
	}
	c.Sub = clip(e.RecordID.String(), 9)
	return c
}

func objectWords(object string) string {
	if object == "api_key" {
		return "API key"
	}
	return words(object)
}

// pageOf is where the record of an event is shown to this person; empty where it has no page.
func (v *visit) pageOf(e audit.Event, c legend) string {
	id := e.RecordID.String()
	switch e.Object {
	case "connection":
		if v.vendor() {
			return "/partners/" + id
		}
		return "/connections/" + id
	case "role":
		if key := c.keys[*e.RecordID]; key != "" && slices.ContainsFunc(governsRoles, v.actor.Allowed) {
			return "/governance/roles/" + key
		}
		return ""
	case "member", "membership":
		if v.actor.Allowed(operational.PeopleManage) {
			return "/settings/people/" + id
		}
		return ""
	case "layout", "record_type", "custom_field":
		return "/governance/" + map[string]string{"layout": "layouts", "record_type": "types", "custom_field": "fields"}[e.Object] + "/" + id
	}
	if at := map[string]string{"opportunity": "/opportunities/", "account": "/accounts/", "contact": "/contacts/", "external_contact": "/partner-people/"}[e.Object]; at != "" {
		return at + id
	}
	return ""
}
