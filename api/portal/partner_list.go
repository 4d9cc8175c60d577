package portal

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// partnerHealths are what partners can be chosen by; whoever sees no records of them sees not when they were changed.
func (v *visit) partnerHealths() []option {
	nobody := option{interconnect.HealthEmpty, "Nobody has joined"}
	if !v.seesActivity() {
		return []option{nobody}
	}
	return []option{{interconnect.HealthGood, "Active lately"}, {interconnect.HealthQuiet, "Quiet for 60 days"}, nobody}
}

func (v *visit) seesActivity() bool {
	return slices.Contains(interconnect.StandingListing(v.actor).Filters, "last_activity")
}

// partnerList is the channel at a glance.
func (p *Portal) partnerList(v *visit) error {
	q := v.r.URL.Query()
	c, err := v.choices()
	if err != nil {
		return err
	}
	query, err := v.partnerQuery(q)
	if err != nil {
		return err
	}
	found, err := v.deps.Interconnect.Standings(v.ctx, v.actor, query)
	if err != nil {
		return err
	}
	b := newBar("/partners", v.simpleQuery())
	b.choose("status", "State", connectionStates, q.Get("status"))
	b.choose("health", "How it goes", v.partnerHealths(), q.Get("health"))
	b.choose("tier", "Tier", c.levels, q.Get("tier"))
	b.choose("region", "Region", c.regions, q.Get("region"))
	page := views.Sheet{
		Title: "Partners", Text: "Whom you work with, how it stands, and what is open.", Filters: b.filters(),
		Search: &views.Search{Label: "Search partners by name", Action: "/partners", Value: q.Get("name"), Keep: keepFields(v.simpleQuery(), "name")},
	}
	if q.Get("name") != "" {
		page.Filters.Active = append(page.Filters.Active, views.Link{Text: "Contains: " + clip(q.Get("name"), 40), Href: b.with("name")})
	}
	if v.actor.Allowed(operational.ConnectionsManage) {
		page.Acts = []views.Act{{Text: "Invitations", Href: "/partner-invitations"}, {Text: "Invite a partner", Href: "/partner-invitations/new", Icon: "plus", Primary: true}}
	}
	block := views.Block{ID: "partners", Title: "Your partners"}
	v.paged(&block, "/partners", len(found.Items), found.Next, found.Total, "partner", "partners")
	if len(found.Items) == 0 {
		block.Count, block.Empty = "", v.noPartners(page.Filters)
	} else if block.Table, err = v.partnerTable(found.Items); err != nil {
		return err
	}
	page.Main = []views.Block{block}
	return v.sheet(http.StatusOK, "Partners", page, views.Link{Text: "Partners"})
}

// partnerQuery is what an address asks the list for.
func (v *visit) partnerQuery(q url.Values) (query operational.Query, err error) {
	query = operational.Query{Page: operational.Page{Limit: pageLength, Count: q.Get("cursor") == ""}, Sort: []operational.Sort{{Field: "partner_name"}}}
	if by := q.Get("sort"); by != "" {
		field, desc := strings.CutPrefix(by, "-")
		query.Sort = []operational.Sort{{Field: field, Desc: desc}}
	}
	for _, field := range []string{"status", "tier", "region"} {
		if value := q.Get(field); value != "" {
			query = query.Also(is(field, value))
		}
	}
	if health := q.Get("health"); health != "" {
		f, known := interconnect.Healthy(health, v.deps.Clock())
		if !known {
			f = is("health", health) // refused as any field that is not there
		}
		query = query.Also(f)
	}
	if name := strings.TrimSpace(q.Get("name")); name != "" {
		query = query.Also(operational.Filter{Field: "partner_name", Op: "contains", Values: []string{clip(name, 100)}})
	}
	query.After, err = decodeCursor(q.Get("cursor"))
	return query, err
}

// simpleQuery is the address of the list without the place in it.
func (v *visit) simpleQuery() url.Values {
	out := url.Values{}
	for _, name := range []string{"name", "status", "health", "tier", "region", "sort"} {
		if value := v.r.URL.Query().Get(name); value != "" {
			out[name] = []string{value}
		}
	}
	return out
}

func (v *visit) noPartners(f views.Filters) *views.Empty {
	if len(f.Active) > 0 {
		return &views.Empty{Icon: "filter-off", Title: "No partners match", Text: chosen(f), Action: views.Link{Text: "Clear filters", Href: f.Clear}}
	}
	e := &views.Empty{Icon: "handshake", Title: "You have no partners yet", Text: "Invite a company: it gets a workspace of its own, and you see what it shares with you."}
	if v.actor.Allowed(operational.ConnectionsManage) {
		e.Action = views.Link{Text: "Invite a partner", Href: "/partner-invitations/new"}
	}
	return e
}

// connectionsOf are the connections without how they go.
func connectionsOf(list []interconnect.Standing) []interconnect.Connection {
	out := make([]interconnect.Connection, 0, len(list))
	for _, x := range list {
		out = append(out, x.Connection)
	}
	return out
}

func (v *visit) partnerTable(list []interconnect.Standing) (*views.Table, error) {
	names, err := v.memberNames()
	if err != nil {
		return nil, err
	}
	open := v.openByPartner(connectionsOf(list))
	t := &views.Table{Caption: "Partners", Sticky: true, Columns: v.partnerColumns()}
	for _, x := range list {
		manager := "—"
		if x.ChannelManagerID != nil && names[*x.ChannelManagerID] != "" {
			manager = names[*x.ChannelManagerID]
		}
		cells := []views.Cell{
			{Text: x.PartnerName, Sub: x.PartnerNumber, Href: "/partners/" + x.ID.String()},
			{Text: textOf(connectionStates, x.Status), Tone: connectionTone(x.Status), Sub: v.mark(x)},
			tierCell(x.Tier),
			{Text: orNone(x.Region)},
			{Text: manager, Muted: true},
			openCell(open, x, x.PartnerOrgID, x.PartnerName, "partner="+x.PartnerOrgID.String()),
			{Text: v.joinedOf(x), Muted: true},
		}
		if v.seesActivity() {
			cells = append(cells, v.activityCell(x))
		}
		t.Rows = append(t.Rows, views.Row{Go: true, Cells: cells})
	}
	return t, nil
}

// partnerColumns are those of the list, with an address that sorts by each that can be sorted by.
func (v *visit) partnerColumns() []views.Column {
	order := cmp.Or(v.r.URL.Query().Get("sort"), "partner_name")
	column := func(title, field string, desc bool) views.Column {
		c := views.Column{Title: title}
		c.Sort, c.Order = sortedBy("/partners", v.simpleQuery(), field, desc, order)
		return c
	}
	columns := []views.Column{column("Partner", "partner_name", false), {Title: "State"}, {Title: "Tier"}, {Title: "Region"}, {Title: "Manager"}, {Title: "Open", Num: true}, column("People", "joined", false)}
	if v.seesActivity() {
		columns = append(columns, column("Last activity", "last_activity", false))
	}
	return columns
}

// mark is what there is to worry about.
func (v *visit) mark(x interconnect.Standing) string {
	var marks []string
	if x.Status == interconnect.StatusActive && x.Joined == 0 {
		marks = append(marks, "Nobody has joined")
	}
	if v.seesActivity() && x.Quiet(v.deps.Clock()) {
		marks = append(marks, "Quiet for 60 days")
	}
	return strings.Join(marks, " · ")
}

// joinedOf is who of a partner has come, and who was expected.
func (v *visit) joinedOf(x interconnect.Standing) string {
	text := v.count(x.Joined) + " joined"
	if x.Absent > 0 {
		text += ", " + v.count(x.Absent) + " by name only"
	}
	if x.Asked > 0 {
		text += ", " + v.counted(x.Asked, "invitation", "invitations") + " not answered"
	}
	return text
}

func (v *visit) activityCell(x interconnect.Standing) views.Cell {
	if x.LastActivity == nil {
		return views.Cell{Text: "—", Muted: true}
	}
	return views.Cell{Text: v.day(*x.LastActivity), Muted: true}
}

func tierCell(tier *string) views.Cell {
	ranks := map[string]int{"Platinum": 1, "Gold": 2, "Silver": 3}
	cell := views.Cell{Text: orNone(tier)}
	if tier != nil {
		cell.Tier = cmp.Or(ranks[*tier], 4)
	}
	return cell
}

// openCell is what is open with a company; it leads to the list that adds up to it.
func openCell(open map[uuid.UUID]opened, x interconnect.Standing, company uuid.UUID, name, chosen string) views.Cell {
	o, some := open[company]
	if !some || x.Status == interconnect.StatusEnded {
		return views.Cell{Text: "—"}
	}
	return views.Cell{Text: o.text, Sub: o.count, Href: "/opportunities?status=active&" + chosen, Label: "Open of " + name + ": " + o.words()}
}
