package portal

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// partners are a vendor's pages on its channel.
func (p *Portal) partners(mux *http.ServeMux) {
	read, manage, govern := operational.ConnectionsRead, operational.ConnectionsManage, operational.ChannelGovern
	vendor := operational.SideVendor
	mux.HandleFunc("GET /partners", p.ofSide(vendor, p.partnerList, read))
	mux.HandleFunc("GET /partners/{id}", p.ofSide(vendor, p.partner, read))
	mux.HandleFunc("POST /partners/{id}/edit", p.ofSide(vendor, p.editPartner, manage))
	mux.HandleFunc("POST /partners/{id}/assign", p.ofSide(vendor, p.assignPartner, govern))
	mux.HandleFunc("POST /partners/{id}/suspend", p.ofSide(vendor, p.stepPartner, manage))
	mux.HandleFunc("POST /partners/{id}/resume", p.ofSide(vendor, p.stepPartner, manage))
	mux.HandleFunc("GET /partners/{id}/end", p.ofSide(vendor, p.askEnd, manage))
	mux.HandleFunc("POST /partners/{id}/end", p.ofSide(vendor, p.endConnection, manage))
	mux.HandleFunc("GET /partner-people/{id}", p.ofSide(vendor, p.contact, read))
	mux.HandleFunc("POST /partner-people/{id}/{act}", p.ofSide(vendor, p.changeContact, govern))
}

var connectionStates = []option{{"active", "Active"}, {"suspended", "Suspended"}, {"ended", "Ended"}}

func connectionTone(status string) string {
	return map[string]string{"active": "good", "suspended": "warn", "ended": "bad"}[status]
}

// partnerList is the channel at a glance.
func (p *Portal) partnerList(v *visit) error {
	q := v.r.URL.Query()
	c, err := v.choices()
	if err != nil {
		return err
	}
	query := operational.Query{Page: operational.Page{Limit: pageLength, Count: q.Get("cursor") == ""}, Sort: []operational.Sort{{Field: "partner_name"}}}
	for _, field := range []string{"status", "tier", "region"} {
		if value := q.Get(field); value != "" {
			query = query.Also(is(field, value))
		}
	}
	if name := strings.TrimSpace(q.Get("name")); name != "" {
		query = query.Also(operational.Filter{Field: "partner_name", Op: "contains", Values: []string{clip(name, 100)}})
	}
	if query.After, err = decodeCursor(q.Get("cursor")); err != nil {
		return err
	}
	found, err := v.deps.Interconnect.Connections(v.ctx, v.actor, query)
	if err != nil {
		return err
	}
	b := newBar("/partners", v.simpleQuery())
	b.choose("status", "State", connectionStates, q.Get("status"))
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

// simpleQuery is the address of the list without the place in it.
func (v *visit) simpleQuery() map[string][]string {
	out := map[string][]string{}
	for _, name := range []string{"name", "status", "tier", "region"} {
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

func (v *visit) partnerTable(list []interconnect.Connection) (*views.Table, error) {
	names, err := v.memberNames()
	if err != nil {
		return nil, err
	}
	open := v.openByPartner(list)
	ranks := map[string]int{"Platinum": 1, "Gold": 2, "Silver": 3}
	t := &views.Table{Caption: "Partners", Sticky: true, Columns: []views.Column{{Title: "Partner"}, {Title: "State"}, {Title: "Tier"}, {Title: "Region"}, {Title: "Manager"}, {Title: "Open", Num: true}, {Title: "Since"}}}
	for _, x := range list {
		manager := "—"
		if x.ChannelManagerID != nil && names[*x.ChannelManagerID] != "" {
			manager = names[*x.ChannelManagerID]
		}
		tier := views.Cell{Text: orNone(x.Tier)}
		if x.Tier != nil {
			tier.Tier = cmp.Or(ranks[*x.Tier], 4)
		}
		amount := views.Cell{Text: "—"}
		if o, some := open[x.PartnerOrgID]; some && x.Status != interconnect.StatusEnded {
			amount = views.Cell{Text: o.text, Sub: o.count, Href: "/opportunities?status=active&partner=" + x.PartnerOrgID.String(), Label: "Open of " + x.PartnerName + ": " + o.words()}
		}
		t.Rows = append(t.Rows, views.Row{Go: true, Cells: []views.Cell{
			{Text: x.PartnerName, Sub: x.PartnerNumber, Href: "/partners/" + x.ID.String()},
			{Text: textOf(connectionStates, x.Status), Tone: connectionTone(x.Status)},
			tier,
			{Text: orNone(x.Region)},
			{Text: manager, Muted: true},
			amount,
			{Text: v.day(x.CreatedAt), Muted: true},
		}})
	}
	return t, nil
}

// opened is what a partner has open now, in words: an amount for each currency.
type opened struct{ text, count string }

func (o opened) words() string { return strings.TrimSuffix(o.text+", "+o.count, ", ") }

// openByPartner asks for all partners of a page at once. Without figures the page is still of use.
func (v *visit) openByPartner(list []interconnect.Connection) map[uuid.UUID]opened {
	if !v.actor.Allowed(operational.AnalyticsRead) {
		return nil
	}
	in := api.AnalyticsInput{By: "partner"}
	for _, x := range list {
		if id := x.PartnerOrgID.String(); !slices.Contains(in.Partners, id) {
			in.Partners = append(in.Partners, id)
		}
	}
	view, err := v.api.Analytics().View(v.ctx, v.actor)
	if err != nil {
		v.log.WarnContext(v.ctx, "open amounts not readable", "error", err)
		return nil
	}
	defer view.Close()
	return v.openedOf(view, v.ctx, in)
}

func (v *visit) openedOf(view *api.AnalyticsView, ctx context.Context, in api.AnalyticsInput) map[uuid.UUID]opened {
	answer, err := view.AmountOpen(ctx, in)
	if err != nil {
		v.log.WarnContext(ctx, "open amounts not readable", "error", err)
		return nil
	}
	amounts, counts, out := map[uuid.UUID][]string{}, map[uuid.UUID]int64{}, map[uuid.UUID]opened{}
	for _, r := range answer.Rows {
		id, err := uuid.Parse(r.Key)
		if err != nil {
			continue // business without a partner
		}
		counts[id] += r.Count
		if r.Amount.Currency != "" {
			amounts[id] = append(amounts[id], v.short(r.Amount))
		}
		o := opened{strings.Join(amounts[id], " · "), v.counted(counts[id], "opportunity", "opportunities")}
		if o.text == "" {
			o = opened{text: o.count}
		}
		out[id] = o
	}
	return out
}

// memberNames are the own people's names, by membership.
func (v *visit) memberNames() (map[uuid.UUID]string, error) {
	people, err := listed(func(q operational.Query) (operational.Listed[interconnect.Person], error) {
		return v.deps.Interconnect.People(v.ctx, v.actor, q)
	})
	names := map[uuid.UUID]string{}
	for _, x := range people {
		names[x.ID] = x.Name
	}
	return names, err
}
