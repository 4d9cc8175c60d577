package portal

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
)

// auditLog is the page of what was done, with its filters in the address.
func (p *Portal) auditLog(v *visit) error {
	service, q := audit.New(v.deps.DB), v.r.URL.Query()
	asked, err := v.auditQuery(q)
	if err != nil {
		return err
	}
	state, err := service.State(v.ctx, v.actor)
	if err != nil {
		return err
	}
	found, err := service.Events(v.ctx, v.actor, asked)
	if err != nil {
		return err
	}
	names, err := v.legend(found.Items)
	if err != nil {
		return err
	}
	page := views.AuditLog{State: v.chainNote(state), KPIs: v.chainKPIs(state), Table: v.auditTable(found.Items, names), Filters: auditBar(q)}
	page.Search = []views.Input{
		{ID: "a-who", Name: "who", Label: "Who", Value: q.Get("who"), Hint: "A name", Max: 60},
		{ID: "a-record", Name: "record", Label: "Record", Value: q.Get("record"), Hint: "Number, name or id", Max: 100},
		{ID: "a-with", Name: "with", Label: v.otherSide(), Value: q.Get("with"), Hint: "Name of the other company", Max: 60},
		{ID: "a-action", Name: "action", Label: "What was done", Value: q.Get("action"), Hint: "A part of it, such as role or changed", Max: 60},
		{ID: "a-from", Name: "from", Label: "From", Kind: "date", Value: q.Get("from")},
		{ID: "a-to", Name: "to", Label: "To", Kind: "date", Value: q.Get("to")},
	}
	page.Keep = keepFields(q, "action", "from", "to", "who", "record", "with", "cursor")
	if !v.actor.Looks() {
		page.Export = exportOf("/audit-events", asked)
	}
	if len(found.Items) == 0 {
		page.Empty = &views.Empty{Icon: "audit", Title: "Nothing was noted", Text: "Nothing has happened here yet that is noted."}
		if len(page.Filters.Active) > 0 {
			page.Empty = &views.Empty{Icon: "filter-off", Title: "No event fits", Text: "Chosen: " + chosen(page.Filters) + ".", Action: views.Link{Text: "Clear filters", Href: page.Filters.Clear}}
		}
	}
	page.Count = v.count(int64(len(found.Items))) + " on this page"
	if found.Total != nil {
		page.Count = v.counted(*found.Total, "event", "events")
	}
	v.auditPlaces(&page, q, found.Next)
	return v.render(http.StatusOK, views.Shell{Title: "Audit log", Crumbs: governanceCrumbs(views.Link{Text: "Audit log"})}, views.AuditPage(page))
}

func (v *visit) auditPlaces(page *views.AuditLog, q url.Values, next []string) {
	q = maps.Clone(q)
	cursor := q.Get("cursor")
	q.Del("cursor")
	if cursor != "" {
		page.First = address("/governance/audit", q.Encode())
	}
	if next != nil {
		q.Set("cursor", encodeCursor(next))
		page.Next = address("/governance/audit", q.Encode())
	}
}

// auditQuery turns the address into the question. What a person types becomes a value, never a field.
func (v *visit) auditQuery(q url.Values) (asked operational.Query, err error) {
	asked.Page = operational.Page{Limit: pageLength, Count: q.Get("cursor") == ""}
	if asked.After, err = decodeCursor(q.Get("cursor")); err != nil {
		return asked, err
	}
	var faults operational.Faults
	if object := q.Get("object"); object != "" {
		asked = asked.Also(is("object", clip(object, 60)))
	}
	if text := strings.TrimSpace(q.Get("action")); text != "" {
		asked = asked.Also(operational.Filter{Field: "action", Op: "contains", Values: []string{clip(text, 60)}})
	}
	meant, err := v.auditMeant(q, &faults)
	if err != nil {
		return asked, err
	}
	for _, f := range meant {
		asked = asked.Also(f)
	}
	for name, op := range map[string]string{"from": "ge", "to": "lt"} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, text, v.loc)
		if err != nil {
			faults.Add(name, "write it as 2017-03-31", clip(text, 40))
			continue
		}
		if name == "to" { // that day too
			day = day.AddDate(0, 0, 1)
		}
		asked = asked.Also(operational.Filter{Field: "at", Op: op, Values: []string{day.UTC().Format(time.RFC3339)}})
	}
	return asked, faults.Err()
}

var auditObjects = []option{
	{"role", "Roles"},
	{"access_scope", "Access scope"},
	{"member", "Members"},
	{"connection", "Connections"},
	{"external_contact", "Partners' people"},
	{"opportunity", "Opportunities"},
	{"account", "Accounts"},
	{"contact", "Contacts"},
	{"product", "Products"},
	{"api_key", "API keys"},
	{"import", "Imports"},
	{"record_type", "Record types"},
	{"layout", "Layouts"},
	{"custom_field", "Custom fields"},
	{"session", "Sign-ins"},
	{"invitation", "Invitations"},
	{"workspace", "Settings"},
	{"sales_process", "Sales processes"},
	{"audit_event", "The audit"},
}

func auditBar(q url.Values) views.Filters {
	kept := maps.Clone(q)
	kept.Del("cursor")
	b := newBar("/governance/audit", kept)
	m := b.one("object", "Done to", auditObjects, q.Get("object"), "Everything")
	m.Choices = slices.Insert(m.Choices, 0, views.Choice{Text: "Everything", Href: b.with("object"), On: q.Get("object") == ""})
	for _, f := range []option{{"action", "Contains"}, {"from", "From"}, {"to", "To"}, {"who", "Who"}, {"record", "Record"}, {"with", "With"}} {
		if text := q.Get(f.value); text != "" {
			b.out.Active = append(b.out.Active, views.Link{Text: f.text + ": " + clip(text, 40), Href: b.with(f.value)})
		}
	}
	if q.Get("member") != "" {
		b.out.Active = append(b.out.Active, views.Link{Text: "One person", Href: b.with("member")})
	}
	return b.filters()
}

func (v *visit) chainNote(s audit.State) views.Note {
	switch {
	case s.Fault != nil:
		return views.Note{Tone: "bad", Title: "The chain of events is broken", Text: *s.Fault, Lines: []string{"Somebody has changed the database past the program. Keep a copy of it as it is, and tell the person who runs this program."}}
	case s.VerifiedAt == nil:
		return views.Note{Title: "The chain was not checked yet", Text: "Every link is computed again from time to time; the first time is still to come."}
	}
	n := views.Note{Tone: "good", Title: "Nothing was changed afterwards", Text: "Every link of the chain was computed again " + v.time(*s.VerifiedAt) + "."}
	if s.VerifiedEvents != nil && *s.VerifiedEvents < s.Events {
		n.Text += " " + v.counted(s.Events-*s.VerifiedEvents, "event has", "events have") + " come since."
	}
	return n
}

func (v *visit) chainKPIs(s audit.State) []views.KPI {
	head := views.KPI{Name: "Head of the chain", Value: "—", Detail: "no event is linked yet"}
	if s.Head != "" {
		head.Value, head.Detail = s.Head[:min(12, len(s.Head))]+"…", "kept elsewhere, it proves all before it"
		head.More = []string{s.Head}
	}
	length := views.KPI{Name: "Events in the chain", Value: v.count(s.Events)}
	if s.ChainedAt != nil {
		length.Detail = "the last linked " + v.time(*s.ChainedAt)
	}
	return []views.KPI{length, {Name: "Waiting to be linked", Value: v.count(s.Waiting), Detail: "linked within moments"}, head}
}
