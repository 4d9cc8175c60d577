package portal

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// Rows on a page of the list.
const pageLength = 50

var statusOptions = []option{{"active", "Open"}, {"closed", "Closed"}, {"won", "Won"}, {"lost", "Lost"}, {"disqualified", "Disqualified"}}

// list is the list of opportunities with filters, order and pages.
func (p *Portal) list(v *visit) error {
	f := readFilters(v.r)
	c, err := v.choices()
	if err != nil {
		return err
	}
	known, err := v.places()
	if err != nil {
		return err
	}
	fields, err := v.deps.Opportunities.Listing(v.ctx, v.actor, f.Sort)
	if err != nil {
		return err
	}
	page := views.List{Title: "Opportunities", Acts: v.dealActs(), Search: f.Search, Filters: v.listBar(f, c, known, fields.Filters), Keep: keepFields(v.listQuery(f), "q", "cursor")}
	query, err := v.listQueryOf(f, fields)
	if err != nil {
		return err
	}
	found, err := v.deps.Opportunities.List(v.ctx, v.actor, query)
	if err != nil {
		return err
	}
	v.fillList(&page, f, c, found, fields.Sorts)
	if len(page.Table.Rows) > 0 && v.actor.Allowed(operational.OpportunitiesExport) {
		page.Acts = slices.Insert(page.Acts, 0, views.Act{Text: "Export CSV", Href: exportOf("/opportunities", query), Icon: "download"})
	}
	return v.render(200, views.Shell{Title: page.Title, Query: f.Search, FindKeep: page.Keep}, views.ListPage(page))
}

func (v *visit) fillList(page *views.List, f filters, c choices, found operational.Listed[opportunities.Opportunity], sorts []string) {
	switch {
	case c.first.IsZero():
		page.Filters, page.Empty = views.Filters{}, v.firstUse()
		if page.Empty.Action.Href == "" && len(page.Acts) > 0 {
			page.Empty.Action = views.Link{Text: page.Acts[0].Text, Href: page.Acts[0].Href}
		}
		return
	case len(found.Items) == 0:
		page.Empty = noMatch(page.Filters)
		return
	}
	page.Table = v.listTable(f, found.Items, sorts)
	q := v.listQuery(f)
	if found.Total != nil {
		page.Count = v.counted(*found.Total, "opportunity", "opportunities")
		page.Text = page.Count
	} else {
		page.Count = v.count(int64(len(found.Items))) + " on this page"
	}
	if f.Cursor != "" {
		page.First = address("/opportunities", q.Encode())
	}
	if found.Next != nil {
		q.Set("cursor", encodeCursor(found.Next))
		page.Next = address("/opportunities", q.Encode())
	}
}

// listQuery is the address of this list, without the place in it.
func (v *visit) listQuery(f filters) url.Values {
	q := f.full()
	for _, name := range []string{"process", "connection", "account"} {
		if value := v.r.URL.Query().Get(name); value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func keepFields(q url.Values, without ...string) []views.Field {
	var out []views.Field
	for name, list := range q {
		if slices.Contains(without, name) {
			continue
		}
		for _, value := range list {
			out = append(out, views.Field{Name: name, Value: value})
		}
	}
	slices.SortFunc(out, func(a, b views.Field) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
	return out
}

// listBar offers the filters by fields that the person reads on all of the list.
func (v *visit) listBar(f filters, c choices, known map[string]place, fields []string) views.Filters {
	b := newBar("/opportunities", v.listQuery(f))
	offered := func(field string) bool { return slices.Contains(fields, field) }
	if offered("stage") {
		status := b.one("status", "State", statusOptions, f.Status, "All")
		status.Choices = slices.Insert(status.Choices, 0, views.Choice{Text: "All", Href: b.with("status"), On: f.Status == ""})
		stage := b.one("stage", "Stage", stageOptions(known), f.Stage, "All")
		stage.Choices = slices.Insert(stage.Choices, 0, views.Choice{Text: "All", Href: b.with("stage"), On: f.Stage == ""})
	}
	if offered("region") {
		b.many("region", "Region", c.regions, f.Regions)
	}
	if offered("tier") {
		b.many("tier", "Tier", c.levels, f.Tiers)
	}
	if v.vendor() {
		b.many("partner", "Partner", append(c.partners, option{"direct", "Direct business"}), f.Partners)
	}
	if offered("product") {
		b.many("product", "Product", c.products, f.Products)
	}
	if f.Search != "" {
		b.out.Active = append(b.out.Active, views.Link{Text: "Contains: " + clip(f.Search, 40), Href: b.with("q")})
	}
	if process := v.r.URL.Query().Get("process"); process != "" {
		name := "one process"
		for _, p := range known {
			if p.process.ID.String() == process {
				name = p.org + ", " + p.process.Name
			}
		}
		b.out.Active = append(b.out.Active, views.Link{Text: "Process: " + name, Href: b.with("process")})
	}
	if id := v.r.URL.Query().Get("connection"); id != "" {
		name := "one connection"
		for _, x := range c.connections {
			if x.ID.String() == id {
				name = v.otherOf(x)
			}
		}
		b.out.Active = append(b.out.Active, views.Link{Text: "With: " + name, Href: b.with("connection")})
	}
	if id := v.r.URL.Query().Get("account"); id != "" {
		b.out.Active = append(b.out.Active, views.Link{Text: "Account: " + v.accountCalled(id), Href: b.with("account")})
	}
	return b.filters("sort")
}

// otherOf is the other company of a connection.
func (v *visit) otherOf(c interconnect.Connection) string {
	if v.vendor() {
		return c.PartnerName
	}
	return c.VendorName
}

func stageOptions(known map[string]place) []option {
	list := make([]place, 0, len(known))
	processes := map[uuid.UUID]bool{}
	for _, p := range known {
		list = append(list, p)
		processes[p.process.ID] = true
	}
	slices.SortFunc(list, func(a, b place) int {
		if a.process.ID != b.process.ID {
			return strings.Compare(a.org+a.process.Name, b.org+b.process.Name)
		}
		return a.stage.Position - b.stage.Position
	})
	var out []option
	for _, p := range list {
		text := p.stage.Name
		if len(processes) > 1 {
			text += " (" + p.org + ", " + p.process.Name + ")"
		}
		out = append(out, option{p.stage.ID.String(), text})
	}
	return out
}

// listQueryOf turns the address into the question to the service. What a person types becomes a value, never a field.
func (v *visit) listQueryOf(f filters, fields operational.Listing) (operational.Query, error) {
	q := operational.Query{Page: operational.Page{Limit: pageLength, Count: f.Cursor == ""}}
	var all []operational.Filter
	in := func(field string, list []string) {
		if len(list) > 0 {
			all = append(all, operational.Filter{Field: field, Op: "in", Values: list})
		}
	}
	in("region", f.Regions)
	in("tier", f.Tiers)
	in("product", f.Products)
	if v.vendor() {
		all = append(all, partnerFilter(f.Partners)...)
	}
	asked := v.r.URL.Query()
	for field, value := range map[string]string{"stage_type": f.Status, "stage": f.Stage, "process": asked.Get("process"), "connection": asked.Get("connection"), v.accountOfList(): asked.Get("account")} {
		switch {
		case field == "stage_type" && value == "closed":
			all = append(all, operational.Filter{Field: field, Op: "ne", Values: []string{"active"}})
		case value != "":
			all = append(all, is(field, value))
		}
	}
	if f.Search != "" {
		all = append(all, opportunitiesWith(f.Search, fields))
	}
	if len(all) > 0 {
		q.Filter = &operational.Filter{And: all}
	}
	var err error
	if q.Sort, err = operational.ParseSort(f.Sort, fields.Sorts); err != nil {
		return q, err
	}
	q.After, err = decodeCursor(f.Cursor)
	return q, err
}

// opportunitiesWith finds a text in the fields that the person reads on all of the list, and a number.
func opportunitiesWith(search string, fields operational.Listing) operational.Filter {
	text := []string{clip(search, 100)}
	any := []operational.Filter{{Field: "name", Op: "contains", Values: text}, {Field: "customer_name", Op: "contains", Values: text}}
	any = slices.DeleteFunc(any, func(f operational.Filter) bool { return !slices.Contains(fields.Filters, f.Field) })
	if number := strings.ToUpper(search); strings.HasPrefix(number, "OPP-") && len(number) > 4 && len(number) < 16 && slices.Contains(fields.Filters, "number") && strings.Trim(number[4:], "0123456789") == "" {
		any = append(any, is("number", number))
	}
	if len(any) == 0 { // no text is shown, so none is found
		any = []operational.Filter{is("id", uuid.Nil.String())}
	}
	return operational.Filter{Or: any}
}

// partnerFilter knows that business without a partner has none.
func partnerFilter(list []string) []operational.Filter {
	if len(list) == 0 {
		return nil
	}
	var any []operational.Filter
	if ids := slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "direct" }); len(ids) > 0 {
		any = append(any, operational.Filter{Field: "partner", Op: "in", Values: ids})
	}
	if slices.Contains(list, "direct") {
		any = append(any, operational.Filter{Field: "partner", Op: "is_null"})
	}
	if len(any) == 1 {
		return any
	}
	return []operational.Filter{{Or: any}}
}

// A cursor holds the sort keys of the last row seen: values that the reader saw on the page before.
func encodeCursor(after []string) string {
	text, err := json.Marshal(after)
	if err != nil {
		return "" // strings always marshal
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func decodeCursor(text string) (after []string, err error) {
	if text == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &after)
	}
	if err != nil {
		return nil, operational.Fault(operational.KindInvalid, "invalid-cursor", "This page of the list cannot be found. Begin at its first page.")
	}
	return after, nil
}
