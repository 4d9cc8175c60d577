package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// vendors are a partner's pages on whom it sells for.
func (p *Portal) vendors(mux *http.ServeMux) {
	partner, read, manage := operational.SidePartner, operational.ConnectionsRead, operational.ConnectionsManage
	mux.HandleFunc("GET /connections", p.ofSide(partner, p.vendorList, read))
	mux.HandleFunc("POST /connections/invitation", p.ofSide(partner, p.openInvitation, read))
	mux.HandleFunc("GET /connections/{id}", p.ofSide(partner, p.vendorPage, read))
	mux.HandleFunc("GET /connections/{id}/disclosure", p.ofSide(partner, p.disclosure, manage))
	mux.HandleFunc("GET /connections/{id}/people", p.ofSide(partner, p.vendorPeople, operational.PeopleManage))
	mux.HandleFunc("POST /connections/{id}/people", p.ofSide(partner, p.changeVendorPeople, operational.PeopleManage))
	mux.HandleFunc("GET /connections/{id}/end", p.ofSide(partner, p.askEnd, manage))
	mux.HandleFunc("POST /connections/{id}/end", p.ofSide(partner, p.endConnection, manage))
}

var vendorNotes = map[string]views.Note{
	"joined": {
		Tone: "good", Title: "Your workspace is ready", Text: "You are an administrator of it. These are good first steps:",
		Links: []views.Link{{Text: "See what you can sell and register the first opportunity", Href: "/opportunities"}, {Text: "Invite your colleagues", Href: "/settings/people"}, {Text: "Look over your time zone and currency", Href: "/settings"}},
	},
	"accepted": {Tone: "good", Title: "You are connected", Text: "The vendor sees what you share with it from now on, and nothing else of your workspace."},
}

// vendorList is whom the partner sells for.
func (p *Portal) vendorList(v *visit) error { return v.showVendors(tried{}) }

func (v *visit) showVendors(t tried) error {
	list, err := listed(func(q operational.Query) (operational.Listed[interconnect.Standing], error) {
		return v.deps.Interconnect.Standings(v.ctx, v.actor, q)
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b interconnect.Standing) int {
		return strings.Compare(strings.Replace(a.Status, "ended", "z", 1), strings.Replace(b.Status, "ended", "z", 1))
	})
	page := views.Sheet{Title: "Vendors", Text: "Whom you sell for, and what each of them says of you. None of them learns of the others."}
	if n, known := vendorNotes[v.r.URL.Query().Get("saved")]; known {
		page.Notes = append(page.Notes, n)
	}
	status := http.StatusOK
	if t.note != nil {
		page.Notes, status = append(page.Notes, *t.note), t.status
	}
	block := views.Block{ID: "vendors", Title: "Your vendors", Aside: v.counted(int64(len(list)), "connection", "connections"), Table: v.vendorTable(list)}
	if len(list) == 0 {
		block.Empty = &views.Empty{Icon: "handshake", Title: "You sell for nobody yet", Text: "A vendor invites you by a link. Paste it below, or open it from your mail."}
	}
	page.Main = []views.Block{block}
	if v.actor.Looks() { // it answers none
		return v.sheet(status, "Vendors", page, views.Link{Text: "Vendors"})
	}
	page.Main = append(page.Main, views.Block{ID: "invited", Title: "You have been invited?", Text: "Paste the link of the invitation. You see who invites you and what they say before you answer.", Form: &views.Sent{
		Action: "/connections/invitation", Submit: "Look at it", Quiet: true, Fields: []views.Input{t.input("invited", views.Input{Name: "link", Label: "Link of the invitation", Max: 500, Required: true})},
	}})
	return v.sheet(status, "Vendors", page, views.Link{Text: "Vendors"})
}

func (v *visit) vendorTable(list []interconnect.Standing) *views.Table {
	t := &views.Table{Caption: "Vendors", Sticky: true, Columns: []views.Column{{Title: "Vendor"}, {Title: "State"}, {Title: "Its number for you"}, {Title: "Tier"}, {Title: "Region"}, {Title: "Open", Num: true}, {Title: "Since"}}}
	active := v.seesActivity()
	if active {
		t.Columns = append(t.Columns, views.Column{Title: "Last activity"})
	}
	open := v.openBy(api.AnalyticsInput{By: "vendor"})
	for _, x := range list {
		cells := []views.Cell{
			{Text: x.VendorName, Href: "/connections/" + x.ID.String()},
			{Text: textOf(connectionStates, x.Status), Tone: connectionTone(x.Status)},
			{Text: x.PartnerNumber},
			{Text: orNone(x.Tier)},
			{Text: orNone(x.Region)},
			openCell(open, x, x.VendorOrgID, x.VendorName, "connection="+x.ID.String()),
			{Text: v.day(x.CreatedAt), Muted: true},
		}
		if active {
			cells = append(cells, v.activityCell(x))
		}
		t.Rows = append(t.Rows, views.Row{Go: true, Cells: cells})
	}
	return t
}

// openInvitation leads to the page behind a link that was pasted.
func (p *Portal) openInvitation(v *visit) error {
	_, rest, found := strings.Cut(strings.TrimSpace(v.r.PostForm.Get("link")), "/invitations/")
	token, _, _ := strings.Cut(rest, "/") // what a mailed link has behind it is for somebody new
	if !found || token == "" || strings.Trim(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		var faults operational.Faults
		faults.Add("link", "paste the whole link, as it stands in the mail", nil)
		return v.done("invited", "", v.r.PostForm, faults.Err(), v.showVendors)
	}
	http.Redirect(v.w, v.r, "/invitations/"+url.PathEscape(token), http.StatusSeeOther)
	return nil
}

// vendorPage is one vendor as the partner knows it.
func (p *Portal) vendorPage(v *visit) error {
	c, err := v.connection()
	if err != nil {
		return err
	}
	base := "/connections/" + c.ID.String()
	page := views.Sheet{
		Title: c.VendorName, Text: "Connected since " + v.day(c.CreatedAt) + ".", Notes: v.savedNote(),
		Badges: []views.Cell{{Text: textOf(connectionStates, c.Status), Tone: connectionTone(c.Status)}},
		Main: []views.Block{{ID: "facts", Title: "What it says of you", Facts: []views.Fact{
			{Name: "Its number for you", Value: c.PartnerNumber}, {Name: "Tier", Value: orNone(c.Tier)}, {Name: "Region", Value: orNone(c.Region)}, {Name: "State", Value: textOf(connectionStates, c.Status)},
		}}},
	}
	if c.StatusAt != nil {
		by := map[string]string{"vendor": "by " + c.VendorName, "partner": "by you"}[textIn(c.StatusSide)]
		page.Main[0].Facts = append(page.Main[0].Facts, views.Fact{Name: "State since", Value: v.time(*c.StatusAt) + ", " + by}, views.Fact{Name: "Reason", Value: orNone(c.StatusReason)})
	}
	passed, err := v.passedOn(c)
	if err != nil {
		return err
	}
	page.Main = append(page.Main, passed...)
	if v.actor.Allowed(operational.ConnectionsManage) {
		page.Acts = []views.Act{{Text: "What does " + c.VendorName + " see of us?", Href: base + "/disclosure", Icon: "eye"}}
		if c.Status != interconnect.StatusEnded {
			page.Side = []views.Block{{ID: "end", Title: "End the connection", Text: "For good. You see first what stays there, what goes on here and what ends.", Links: []views.Link{{Text: "What would happen…", Href: base + "/end"}}}}
		}
	}
	if v.actor.Allowed(operational.PeopleManage) && c.Status != interconnect.StatusEnded {
		page.Acts = append(page.Acts, views.Act{Text: "Who works for " + c.VendorName, Href: base + "/people", Icon: "users"})
	}
	return v.sheet(http.StatusOK, "Vendors", page, views.Link{Text: "Vendors", Href: "/connections"}, views.Link{Text: c.VendorName})
}

// passedOn are the vendor's invitations to look after the workspace, which the partner's own people answer.
func (v *visit) passedOn(c interconnect.Connection) ([]views.Block, error) {
	list, err := v.deps.Invitations.PassedOn(v.ctx, v.actor, c.ID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	b := views.Block{ID: "passed-on", Title: c.VendorName + " asks who looks after your workspace", Text: "Nobody from outside comes in by this, and " + c.VendorName + " is not told who works here. Whom it has in mind you can invite yourselves."}
	for _, p := range list {
		value := "open until " + v.time(p.ExpiresAt)
		if p.Email != nil {
			value = *p.Email + ", " + value
		}
		b.Facts = append(b.Facts, views.Fact{Name: v.day(p.CreatedAt), Value: value})
		if p.Message != nil {
			b.Facts = append(b.Facts, views.Fact{Name: "Message", Value: *p.Message})
		}
	}
	if list[0].Link != nil {
		at, err := url.Parse(*list[0].Link)
		if err != nil {
			return nil, err
		}
		b.Links = append(b.Links, views.Link{Text: "Look after it yourself…", Href: at.Path})
	}
	if v.actor.Allowed(operational.PeopleManage) {
		b.Links = append(b.Links, views.Link{Text: "Invite a colleague", Href: "/settings/invitations/new"})
	}
	return []views.Block{b}, nil
}

// disclosure is exactly what a vendor sees of the partner, and in words what it does not.
func (p *Portal) disclosure(v *visit) error {
	id, err := v.pathID("connection")
	if err != nil {
		return err
	}
	d, err := v.deps.Interconnect.Disclosure(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	title := "What does " + d.VendorName + " see of us?"
	page := views.Sheet{
		Title: title, Text: "All that crosses the connection. What is not on this page does not.",
		Lede: v.disclosureLede(d),
		Main: []views.Block{
			{ID: "company", Title: "Your company", Facts: []views.Fact{
				{Name: "Name", Value: d.Company.Name},
				{Name: "Country", Value: orNone(d.Company.CountryCode)},
				{Name: "Connected since", Value: v.day(d.Since)},
				{Name: "State", Value: textOf(connectionStates, d.Status)},
				{Name: "Reason", Value: orNone(d.StatusReason)},
				{Name: "Its number for you", Value: d.Company.PartnerNumber},
				{Name: "Tier", Value: orNone(d.Company.Tier)},
				{Name: "Region", Value: orNone(d.Company.Region)},
			}},
			v.sharedBlock(d), v.disclosedPeople(d),
		},
		Side: []views.Block{
			{ID: "hidden", Title: "What it does not see", Text: "Your other vendors, and that there are any.\nYour own business: opportunities, accounts and contacts that are not shared.\nThe private half of shared opportunities: what the end customer pays, your notes, your account and your own fields.\nYour people's roles, sign-ins and passwords.\nYour imports, files, figures and settings."},
			v.linkedBlock(d),
		},
	}
	return v.sheet(http.StatusOK, "Vendors", page, views.Link{Text: "Vendors", Href: "/connections"}, views.Link{Text: d.VendorName, Href: "/connections/" + id.String()}, views.Link{Text: "What it sees"})
}

func (v *visit) disclosureLede(d interconnect.Disclosure) []views.Span {
	return []views.Span{
		{Text: d.VendorName + " sees "},
		{Text: v.counted(d.Opportunities.Open+d.Opportunities.Closed, "opportunity", "opportunities"), Bold: true},
		{Text: " and "},
		{Text: v.counted(int64(len(d.Contacts)), "person", "people"), Bold: true},
		{Text: " of you, and nothing else of your workspace."},
	}
}

func (v *visit) sharedBlock(d interconnect.Disclosure) views.Block {
	b := views.Block{ID: "shared", Title: "Opportunities that you share", Facts: []views.Fact{
		{Name: "Open", Value: v.count(d.Opportunities.Open)},
		{Name: "Closed", Value: v.count(d.Opportunities.Closed)},
		{Name: "Seen of each", Value: disclosedFields(d)},
		{Name: "Seen of each change", Value: "What it was, of which fields, when it was made and noted, on which side and by which of your people, and the reason that was given"},
	}, Text: "All of it, also what " + d.VendorName + " does not show to you. Of its own it may add notes, its own account of the customer, and fields that you do not see."}
	if d.Status == interconnect.StatusActive && v.actor.Allowed(operational.OpportunitiesRead) {
		all := "/opportunities?connection=" + d.ConnectionID.String()
		b.Links = []views.Link{{Text: "Open them", Href: all}}
		if v.reads("stage") {
			b.Facts[0].Href, b.Facts[1].Href = all+"&status=active", all+"&status=closed"
		}
	} else {
		b.Foot = "What was shared stays with " + d.VendorName + " as it was."
	}
	return b
}

// disclosedFields says what a vendor sees of an opportunity, in the words of people.
func disclosedFields(d interconnect.Disclosure) string {
	names := []string{"Number", "Your company", "Created", "Last changed", "Closed"}
	o, _ := objects.Of(operational.ObjectOpportunity)
	for _, f := range d.Opportunities.Fields {
		name := words(strings.TrimPrefix(f, "x_"))
		for _, known := range o.Fields {
			if known.Name == f {
				name = known.Label
			}
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func (v *visit) disclosedPeople(d interconnect.Disclosure) views.Block {
	t := &views.Table{Caption: "Your people as " + d.VendorName + " knows them", Sticky: true, Columns: []views.Column{{Title: "Name"}, {Title: "Mail address"}, {Title: "State"}}}
	for _, c := range d.Contacts {
		name := views.Cell{Text: c.DisplayName}
		if v.actor.Allowed(operational.PeopleManage) {
			name.Href = "/settings/people/" + c.MembershipID.String()
		}
		state := textOf(standings, c.Status) + map[string]string{"vendor": " by " + d.VendorName, "partner": " by you"}[textIn(c.SuspendedBy)]
		t.Rows = append(t.Rows, views.Row{Cells: []views.Cell{name, {Text: orNone(c.WorkEmail)}, {Text: state, Tone: connectionTone(c.Status)}}})
	}
	b := views.Block{ID: "people", Title: "Your people as it knows them", Table: t, Text: map[string]string{
		interconnect.AllPeople:    "All of your people work for it, and it learns of everybody who joins.",
		interconnect.ChosenPeople: "You have chosen who works for it. It learns of nobody else; of whom you have taken out it keeps what it knew.",
	}[d.People]}
	if d.Status != interconnect.StatusEnded && v.actor.Allowed(operational.PeopleManage) {
		b.Links = []views.Link{{Text: "Choose who works for it", Href: "/connections/" + d.ConnectionID.String() + "/people"}}
	}
	return b
}

func (v *visit) linkedBlock(d interconnect.Disclosure) views.Block {
	b := views.Block{ID: "linked", Title: "Accounts you have linked", Aside: v.count(d.Linked)}
	if d.Linked == 0 {
		b.Text = "None of your accounts is linked with what you share with " + d.VendorName + "."
		return b
	}
	b.Text = "You have linked these with what you share with " + d.VendorName + ". It sees neither the accounts nor the links."
	t := &views.Table{Caption: "Your accounts", Columns: []views.Column{{Title: "Account"}}}
	for _, a := range d.LinkedAccounts {
		t.Rows = append(t.Rows, views.Row{Cells: []views.Cell{{Text: a.Name, Href: "/accounts/" + a.ID.String()}}})
	}
	b.Table = t
	return b
}
