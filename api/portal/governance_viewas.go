package portal

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// viewAs offers to look as a role of one's own company, and shows the vendor's opportunities as one of a partner's people
// sees them: behind the vendor's own wall, narrowed to their connection, with the fields of their role alone.
func (p *Portal) viewAs(v *visit) error {
	return v.showViewAs(http.StatusOK, v.r.URL.Query().Get("role"))
}

func (v *visit) showViewAs(status int, role string, notes ...views.Note) error {
	page := views.ViewAs{Notes: notes}
	if v.actor.Allowed(operational.RolesManage) {
		input, err := v.rolesToLookAs(role)
		if err != nil {
			return err
		}
		page.Role = &input
	}
	if v.actor.Allowed(operational.ChannelGovern) {
		if err := v.asContact(&page); err != nil {
			return err
		}
	}
	crumbs := governanceCrumbs(views.Link{Text: "Roles & permissions", Href: "/governance/roles"}, views.Link{Text: "View as"})
	return v.render(status, views.Shell{Title: "View as", Section: "Roles & permissions", Crumbs: crumbs}, views.ViewAsPage(page))
}

// rolesToLookAs are those of one's own people that work on this side.
func (v *visit) rolesToLookAs(chosen string) (views.Input, error) {
	input := views.Input{ID: "v-role", Name: "role", Label: "Role", Value: chosen}
	roles, err := v.rolesOf(governance.Internal)
	for _, r := range roles {
		if r.Hat == nil || *r.Hat == v.actor.Side {
			input.Options = append(input.Options, views.Option{Value: r.Key, Text: r.Name})
		}
	}
	return input, err
}

func (v *visit) asContact(page *views.ViewAs) error {
	input := views.Input{ID: "v-contact", Name: "contact", Label: "Person", Value: v.r.URL.Query().Get("contact"), Options: []views.Option{{Text: "Choose a person"}}}
	page.Search = clip(strings.TrimSpace(v.r.URL.Query().Get("who")), 100)
	people, err := v.testable(page.Search)
	if err != nil {
		return err
	}
	listed := false
	for _, o := range people {
		if id, is := strings.CutPrefix(o.value, aContact); is {
			input.Options = append(input.Options, views.Option{Value: id, Text: o.text})
			listed = listed || id == input.Value
		}
	}
	page.Contact = &input
	given, err := v.roleOptions(governance.External, "That which they have")
	if err != nil {
		return err
	}
	page.With = &views.Input{ID: "v-with", Name: "with", Label: "With the role", Value: v.r.URL.Query().Get("with"), Options: given}
	if len(input.Options) == 1 {
		page.Empty = &views.Empty{Icon: "filter-off", Title: "None of your partners' people is called so", Text: "Search for another part of the name, or for nothing to see the first of them."}
	}
	if input.Value == "" && page.Empty == nil {
		page.Empty = &views.Empty{Icon: "eye", Title: "Choose one of your partners' people", Text: "You see what they see of yours, and nothing that you do not see yourself. That you looked is noted in the audit log."}
	}
	if input.Value == "" {
		return nil
	}
	as, x, err := v.theirEyes(input.Value)
	if err != nil {
		return err
	}
	if !listed {
		input.Options = append(input.Options, views.Option{Value: input.Value, Text: x.DisplayName + ", " + x.PartnerName + " (" + x.RoleName + ")"})
	}
	return v.seenAs(page, as, x)
}

// theirEyes gives who reads as a contact does, with the role that they have or one that they could be given, and who that is.
func (v *visit) theirEyes(contact string) (as operational.Actor, x interconnect.PartnerContact, err error) {
	id, err := uuid.Parse(contact)
	if err != nil {
		return as, x, operational.NotFound("contact")
	}
	with := v.r.URL.Query().Get("with")
	if as, err = v.rights().ViewAs(v.ctx, v.actor, id, with); err != nil {
		return as, x, err
	}
	x, err = v.deps.Interconnect.Contact(v.ctx, v.actor, id)
	if with != "" {
		x.RoleName = as.Rights.As.Role.Name
	}
	return as, x, err
}

// viewRecordAs is the page of an opportunity as a contact sees it, without what they could do there.
func (p *Portal) viewRecordAs(v *visit) error {
	as, x, err := v.theirEyes(v.r.PathValue("contact"))
	if err != nil {
		return err
	}
	eyes := *v
	eyes.actor = as
	o, err := eyes.record()
	if err != nil {
		return err
	}
	page, err := eyes.opportunityPage(o, attempt{})
	if err != nil {
		return err
	}
	back := v.viewing("", x.ID)
	page.Forms, page.Why = nil, ""
	page.Notes = append(page.Notes, views.Note{Title: "As " + x.DisplayName + " of " + x.PartnerName + " sees it", Text: "With the fields of the role " + x.RoleName + " alone. What the person could do here is left out.", Links: []views.Link{{Text: "Back to what they see", Href: back}}})
	crumbs := governanceCrumbs(views.Link{Text: "Roles & permissions", Href: "/governance/roles"}, views.Link{Text: "View as", Href: back}, views.Link{Text: o.Number})
	return v.render(http.StatusOK, views.Shell{Title: page.Title, Section: "Roles & permissions", Crumbs: crumbs}, views.OpportunityPage(page))
}

// viewing is an address of these pages that keeps who looks as whom.
func (v *visit) viewing(path string, contact uuid.UUID) string {
	q := url.Values{}
	if path == "" {
		q.Set("contact", contact.String())
	}
	if with := v.r.URL.Query().Get("with"); with != "" {
		q.Set("with", with)
	}
	return address(viewAsPath+path, q.Encode())
}

func (v *visit) seenAs(page *views.ViewAs, as operational.Actor, x interconnect.PartnerContact) error {
	name := x.DisplayName + " of " + x.PartnerName
	grants := as.Grants(operational.ObjectOpportunity)
	if len(grants) == 0 {
		page.Empty = &views.Empty{Icon: "eye-off", Title: name + " sees none of your opportunities", Text: "The role, the access scope or the connection does not let them. The access tester says which."}
		return nil
	}
	found, err := v.deps.Opportunities.List(v.ctx, as, operational.Query{Page: operational.Page{Limit: pageLength, Count: true}})
	if err != nil {
		return err
	}
	read, hidden := grants[0].Read, []string{}
	o, _ := objects.Of(operational.ObjectOpportunity)
	for _, f := range o.Fields {
		if !read.Has(f.Name) {
			hidden = append(hidden, f.Label)
		}
	}
	page.Lede = []views.Span{{Text: name, Bold: true}, {Text: " sees with the role " + x.RoleName + " " + v.counted(*found.Total, "opportunity", "opportunities") + " of yours"}}
	if len(hidden) > 0 {
		page.Lede = append(page.Lede, views.Span{Text: ", without " + strings.Join(hidden, ", ")})
	}
	page.Lede = append(page.Lede, views.Span{Text: "."})
	page.Table = v.seenTable(read, found.Items, x.ID)
	if len(found.Items) == 0 {
		page.Empty = &views.Empty{Icon: "opportunity", Title: "There is none for them", Text: "When one is shared with them, it is shown here as they see it."}
	}
	return nil
}

func (v *visit) seenTable(read operational.FieldSet, list []opportunities.Opportunity, contact uuid.UUID) views.Table {
	columns := []struct {
		field, title string
		num          bool
		of           func(opportunities.Opportunity) string
	}{
		{"", "Number", false, func(o opportunities.Opportunity) string { return o.Number }},
		{"name", "Name", false, func(o opportunities.Opportunity) string { return o.Name }},
		{"customer_name", "Customer", false, func(o opportunities.Opportunity) string { return o.CustomerName }},
		{"stage", "Stage", false, func(o opportunities.Opportunity) string { return o.Stage.Name }},
		{"vendor_net", "Vendor net", true, func(o opportunities.Opportunity) string { return v.money(o.VendorNet) }},
		{"close_date", "Close date", false, func(o opportunities.Opportunity) string {
			if o.CloseDate == nil {
				return "—"
			}
			return v.date(*o.CloseDate)
		}},
		{"region", "Region", false, func(o opportunities.Opportunity) string { return o.Region }},
	}
	t := views.Table{Caption: "Opportunities as they see them", Sticky: true, Rows: make([]views.Row, len(list))}
	for _, c := range columns {
		if c.field != "" && !read.Has(c.field) {
			continue
		}
		t.Columns = append(t.Columns, views.Column{Title: c.title, Num: c.num})
		for i, o := range list {
			cell := views.Cell{Text: c.of(o)}
			if c.field == "" {
				cell.Href, t.Rows[i].Go = v.viewing("/"+contact.String()+"/"+o.ID.String(), contact), true
			}
			t.Rows[i].Cells = append(t.Rows[i].Cells, cell)
		}
	}
	return t
}
