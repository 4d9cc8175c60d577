package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// settings are a company's pages on itself: how it counts, its people, its programs' keys, how it sells.
func (p *Portal) settings(mux *http.ServeMux) {
	people, keys := operational.PeopleManage, operational.KeysManage
	mux.HandleFunc("GET /settings", p.governed(p.workspaceSettings, settingsNeed...))
	mux.HandleFunc("POST /settings", p.governed(p.editWorkspace, operational.WorkspaceManage))
	mux.HandleFunc("POST /settings/channel", p.governed(p.openChannel, operational.WorkspaceManage))
	mux.HandleFunc("GET /settings/people", p.governed(p.people, people))
	mux.HandleFunc("GET /settings/people/{id}", p.governed(p.member, people))
	mux.HandleFunc("POST /settings/people/{id}/{act}", p.governed(p.changeMember, people))
	mux.HandleFunc("GET /settings/keys", p.governed(p.keys, keys))
	mux.HandleFunc("GET /settings/keys/new", p.governed(p.askKey, keys))
	mux.HandleFunc("POST /settings/keys/new", p.governed(p.makeKey, keys))
	mux.HandleFunc("POST /settings/keys/{id}/revoke", p.governed(p.revokeKey, keys))
	mux.HandleFunc("GET "+signInSettings, p.governed(p.signingIn, operational.WorkspaceManage))
	mux.HandleFunc("POST "+signInSettings, p.governed(p.askPeople, operational.WorkspaceManage))
	p.providersOf(mux)
	mux.HandleFunc("GET "+sellingPath, p.governed(p.selling, operational.ProcessesRead))
	mux.HandleFunc("GET "+sellingPath+"/new", p.governed(p.askProcess, operational.ProcessesCreate))
	mux.HandleFunc("POST "+sellingPath+"/new", p.governed(p.makeProcess, operational.ProcessesCreate))
	mux.HandleFunc("GET "+sellingPath+"/{id}", p.governed(p.editProcess, operational.ProcessesWrite))
	mux.HandleFunc("POST "+sellingPath+"/{id}", p.governed(p.saveProcess, operational.ProcessesWrite))
	p.invitationsOf(mux, memberInvitations)
}

// settingsNeed are the permissions that let somebody into the settings at all.
var settingsNeed = []operational.Permission{operational.WorkspaceManage, operational.PeopleManage, operational.KeysManage, operational.ProcessesRead}

// settingsNav is the last entry of the rail.
func (v *visit) settingsNav() []views.NavItem {
	if !slices.ContainsFunc(settingsNeed, v.actor.Allowed) {
		return nil
	}
	return []views.NavItem{{Title: "Settings", Icon: "settings", Href: "/settings", Group: "Your company"}}
}

// settingsTabs are the faces of the settings that this person may open.
func (v *visit) settingsTabs(current string) []views.Choice {
	var out []views.Choice
	for _, t := range []struct {
		text, href string
		needs      operational.Permission
	}{
		{"Workspace", "/settings", operational.SignedIn},
		{"People", "/settings/people", operational.PeopleManage},
		{"API keys", "/settings/keys", operational.KeysManage},
		{"Sign-in", signInSettings, operational.WorkspaceManage},
		{"Selling", "/settings/selling", operational.ProcessesRead},
	} {
		if v.actor.Allowed(t.needs) {
			out = append(out, views.Choice{Text: t.text, Href: t.href, On: t.href == current})
		}
	}
	return out
}

// setting writes a page of the settings.
func (v *visit) setting(status int, current string, page views.Sheet, links ...views.Link) error {
	page.TabsLabel, page.Tabs = "Settings", v.settingsTabs(current)
	return v.sheet(status, "Settings", page, append([]views.Link{{Text: "Settings", Href: "/settings"}}, links...)...)
}

// workspaceSettings is how the company counts its days, years and money.
func (p *Portal) workspaceSettings(v *visit) error { return v.showWorkspace(tried{}) }

func (v *visit) showWorkspace(t tried) error {
	w := v.space
	page := views.Sheet{Title: "Settings", Text: "How " + w.Name + " counts its days, years and money. What is stored stays as it is; reports count anew.", Notes: v.savedNote()}
	month := strconv.Itoa(w.FiscalMonth)
	if v.actor.Allowed(operational.WorkspaceManage) {
		name := t.input("edit", views.Input{Name: "name", Label: "Name", Hint: "Companies that you are connected with see it too.", Value: w.Name, Max: 200, Required: true})
		zone := t.input("edit", views.Input{Name: "time_zone", Label: "Time zone", Value: w.TimeZone})
		zone.Options = zoneOptions(zone.Value)
		money := t.input("edit", views.Input{Name: "currency", Label: "Currency of reports", Value: w.Currency})
		money.Options = currencyOptions(money.Value)
		page.Main = []views.Block{{ID: "workspace", Title: "Workspace", Form: &views.Sent{Action: "/settings", Version: strconv.FormatInt(w.Version, 10), Submit: "Save", Fields: []views.Input{
			name, t.input("edit", views.Input{Name: "country_code", Label: "Country (optional)", Hint: "Two letters, for example DE", Value: textIn(w.CountryCode), Max: 2}), zone,
			t.input("edit", views.Input{Name: "fiscal_month", Label: "Fiscal year begins in", Value: month, Options: monthOptions()}), money,
		}}}}
		page.Main = append(page.Main, v.channelBlock(w)...)
	} else {
		page.Main = []views.Block{{ID: "workspace", Title: "Workspace", Facts: []views.Fact{
			{Name: "Name", Value: w.Name}, {Name: "Country", Value: orNone(w.CountryCode)}, {Name: "Time zone", Value: w.TimeZone}, {Name: "Fiscal year", Value: "Begins in " + monthOptions()[w.FiscalMonth-1].Text}, {Name: "Currency", Value: w.Currency},
		}, Foot: "An administrator of your company can change this."}}
	}
	page.Side = []views.Block{{ID: "you", Title: "You", Facts: []views.Fact{{Name: "Name", Value: v.me.Name}, {Name: "Mail address", Value: orNone(&v.me.Email)}, {Name: "Role", Value: words(v.me.Role)}, {Name: "Time zone", Value: v.me.TimeZone}}}}
	if v.actor.Allowed(operational.RolesManage) {
		page.Side[0].Links = []views.Link{{Text: "Roles of your people", Href: "/governance/roles?audience=internal"}}
	}
	status := http.StatusOK
	if t.note != nil {
		page.Notes, status = append(page.Notes, *t.note), t.status
	}
	return v.setting(status, "/settings", page)
}

// channelBlock lets a company that sells for others begin to govern partners of its own.
func (v *visit) channelBlock(w interconnect.Workspace) []views.Block {
	if w.Governs || v.actor.Connection != uuid.Nil {
		return nil
	}
	return []views.Block{{
		ID: "channel", Title: "A channel of your own", Text: "If companies sell for you, as you do for your vendors, open a channel: you invite them, and say what they may see and do. You then work on either side. Your vendors do not learn of it, and what you do for them stays as it is. It is not undone.",
		Form: &views.Sent{Action: "/settings/channel", Version: strconv.FormatInt(w.Version, 10), Submit: "Open a channel", Ask: "Open a channel …"},
	}}
}

func (p *Portal) openChannel(v *visit) error {
	values, version, err := v.posted()
	if err != nil {
		return err
	}
	_, err = p.deps.Interconnect.OpenChannel(v.ctx, v.actor, version)
	return v.done("channel", "/settings", values, err, v.showWorkspace)
}

func (p *Portal) editWorkspace(v *visit) error {
	values, version, err := v.posted()
	if err != nil {
		return err
	}
	month, _ := strconv.Atoi(values.Get("fiscal_month")) // what is no number is refused as a month
	_, err = p.deps.Interconnect.UpdateWorkspace(v.ctx, v.actor, version, interconnect.UpdateWorkspace{
		Name: operational.Set(strings.TrimSpace(values.Get("name"))), CountryCode: optText(strings.ToUpper(values.Get("country_code"))), TimeZone: operational.Set(values.Get("time_zone")),
		FiscalMonth: operational.Set(month), Currency: operational.Set(values.Get("currency")),
	})
	return v.done("edit", "/settings", values, err, func(t tried) error {
		if operational.KindOf(err) == operational.KindStale {
			t.note.Lines = v.bothVersions(values)
		}
		return v.showWorkspace(t)
	})
}

// bothVersions tells what the workspace is now where the form says otherwise.
func (v *visit) bothVersions(values url.Values) []string {
	now := map[string]string{"name": v.space.Name, "country_code": textIn(v.space.CountryCode), "time_zone": v.space.TimeZone, "fiscal_month": strconv.Itoa(v.space.FiscalMonth), "currency": v.space.Currency}
	var lines []string
	for _, field := range []string{"name", "country_code", "time_zone", "fiscal_month", "currency"} {
		if yours := values.Get(field); yours != now[field] {
			lines = append(lines, fieldName(field)+": is now “"+now[field]+"”, yours is “"+yours+"”")
		}
	}
	return lines
}

// selling is how the company sells: its processes with their stages, and the fields that it added.
func (p *Portal) selling(v *visit) error {
	processes, err := listed(func(q operational.Query) (operational.Listed[catalog.SalesProcess], error) {
		return v.deps.Catalog.Processes(v.ctx, v.actor, q)
	})
	if err != nil {
		return err
	}
	page := views.Sheet{Title: "Selling", Text: "The paths that opportunities take, and the fields that you have added.", Acts: v.processActs(), Notes: v.savedNote()}
	for i, x := range processes {
		if x.OrganisationID != v.actor.Org {
			continue
		}
		page.Main = append(page.Main, v.processBlock(i, x))
	}
	if len(page.Main) == 0 {
		page.Main = []views.Block{{ID: "processes", Title: "Sales processes", Empty: &views.Empty{Icon: "opportunity", Title: "No process of your own", Text: "Opportunities with a vendor follow that vendor's process. One of your own is for business without a vendor."}}}
		if len(page.Acts) > 0 {
			page.Main[0].Empty.Action = views.Link{Text: page.Acts[0].Text, Href: page.Acts[0].Href}
		}
	}
	if v.actor.Allowed(operational.RolesManage) {
		b, err := v.fieldsBlock()
		if err != nil {
			return err
		}
		page.Main = append(page.Main, b)
	}
	return v.setting(http.StatusOK, "/settings/selling", page, views.Link{Text: "Selling"})
}

// fieldsBlock are the fields that the company added to its records.
func (v *visit) fieldsBlock() (views.Block, error) {
	added, err := v.addedFields()
	b := views.Block{ID: "fields", Title: "Fields that you added", Aside: v.counted(int64(len(added)), "field", "fields")}
	if len(added) == 0 {
		b.Empty = &views.Empty{Icon: "list", Title: "None yet", Text: "Fields of your own are for what only your company keeps of an account, a contact or an opportunity."}
		return b, err
	}
	t := &views.Table{Caption: b.Title, Sticky: true, Columns: []views.Column{{Title: "Field"}, {Title: "Of"}, {Title: "Values"}, {Title: "State"}}}
	for _, f := range added {
		state, kind := views.Cell{Text: "In use", Tone: "good"}, words(f.Type)
		if !f.Active {
			state = views.Cell{Text: "Not filled in any more", Tone: "warn"}
		}
		if len(f.Choices) > 0 {
			kind += ": " + strings.Join(f.Choices, ", ")
		}
		t.Rows = append(t.Rows, views.Row{Cells: []views.Cell{{Text: f.Label, Sub: f.Name}, {Text: objectNamed(f.Object)}, {Text: kind, Wide: true}, state}})
	}
	b.Table = t
	return b, err
}
