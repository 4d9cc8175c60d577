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
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// accessRows is how many companies, and people, the page lists at once; a search finds the others.
const accessRows = 100

// entrance is what the page of the access scope works on.
type entrance struct {
	scope     governance.AccessScope
	search    string
	ticked    bool // only those are listed that are
	companies []interconnect.Connection
	contacts  []interconnect.PartnerContact
	more      bool // than are listed
}

func (v *visit) entrance() (g entrance, err error) {
	g.search = clip(strings.TrimSpace(v.r.URL.Query().Get("q")), 100)
	if g.scope, err = v.rights().AccessScope(v.ctx, v.actor); err != nil {
		return g, err
	}
	g.ticked = v.r.URL.Query().Has("ticked")
	q := operational.Query{Page: operational.Page{Limit: accessRows}}
	companies := q.Also(operational.Filter{Field: "status", Op: "in", Values: []string{"active", "suspended"}})
	people := q
	if g.search != "" {
		text := []string{g.search}
		companies = companies.Also(operational.Filter{Field: "partner_name", Op: "contains", Values: text})
		people = people.Also(operational.Filter{Or: []operational.Filter{{Field: "partner_name", Op: "contains", Values: text}, {Field: "display_name", Op: "contains", Values: text}}})
	}
	if g.ticked {
		companies, people = companies.Also(among(g.scope.ConnectionIDs)), people.Also(among(g.scope.ContactIDs))
	}
	companies.Sort, people.Sort = []operational.Sort{{Field: "partner_name"}}, []operational.Sort{{Field: "display_name"}}
	found, err := v.deps.Interconnect.Connections(v.ctx, v.actor, companies)
	if err != nil {
		return g, err
	}
	known, err := v.deps.Interconnect.Contacts(v.ctx, v.actor, people)
	if err != nil {
		return g, err
	}
	g.companies, g.contacts, g.more = found.Items, known.Items, found.Next != nil || known.Next != nil
	return g, nil
}

// among filters for these and no others.
func among(ids []uuid.UUID) operational.Filter {
	values := []string{uuid.Nil.String()} // nobody has it: a filter for none of them
	for _, id := range ids {
		values = append(values, id.String())
	}
	return operational.Filter{Field: "id", Op: "in", Values: values}
}

// asked is the scope that a form asks for: what it does not list stays as it is.
func (g entrance) asked(values url.Values) governance.UpdateAccessScope {
	in := governance.UpdateAccessScope{Mode: operational.Set(values.Get("mode"))}
	if companies := asked(g.scope.ConnectionIDs, values["shown.company"], values["company"]); !slices.Equal(companies, g.scope.ConnectionIDs) {
		in.ConnectionIDs = operational.Set(companies)
	}
	if contacts := asked(g.scope.ContactIDs, values["shown.contact"], values["contact"]); !slices.Equal(contacts, g.scope.ContactIDs) {
		in.ContactIDs = operational.Set(contacts)
	}
	return in
}

func asked(held []uuid.UUID, shown, ticked []string) []uuid.UUID {
	out := slices.DeleteFunc(slices.Clone(held), func(id uuid.UUID) bool { return slices.Contains(shown, id.String()) })
	for _, text := range ticked {
		if id, err := uuid.Parse(text); err == nil && slices.Contains(shown, text) {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	return out
}

func (g entrance) address(name, value string) string {
	q := url.Values{}
	if g.search != "" {
		q.Set("q", g.search)
	}
	if g.ticked {
		q.Set("ticked", "1")
	}
	if name != "" {
		q.Set(name, value)
	}
	return address("/governance/access", q.Encode())
}

// access is the page of the external access scope: whose people of partners come in at all.
func (p *Portal) access(v *visit) error {
	g, err := v.entrance()
	if err != nil {
		return err
	}
	page := v.accessPage(g, nil)
	if v.r.URL.Query().Get("saved") != "" {
		page.Notes = append(page.Notes, views.Note{Tone: "good", Title: "Saved", Text: "Who is shut out is so with the next request."})
	}
	return v.showAccess(http.StatusOK, page)
}

func (v *visit) showAccess(status int, page views.Access) error {
	return v.render(status, views.Shell{Title: "Access scope", Crumbs: governanceCrumbs(views.Link{Text: "Access scope"})}, views.AccessPage(page))
}

func (v *visit) accessPage(g entrance, values url.Values) views.Access {
	s := g.scope
	page := views.Access{
		Action: g.address("", ""), Version: strconv.FormatInt(s.Version, 10), Search: g.search, Ticked: g.ticked, More: g.more, Bar: views.SaveBar{Discard: g.address("", "")},
		Lede: []views.Span{{Text: v.counted(s.People, "person", "people") + " of " + v.counted(s.Partners, "partner", "partners"), Bold: true}, {Text: " can come in now. "}, {Text: modeWords[s.Mode]}},
	}
	mode := s.Mode
	if values.Has("mode") {
		mode = values.Get("mode")
	}
	for _, m := range []option{{"all", "Everybody"}, {"companies", "Chosen companies"}, {"contacts", "Chosen people"}} {
		page.Modes = append(page.Modes, views.Tick{Name: "mode", Value: m.value, Word: m.text, Label: modeWords[m.value], On: m.value == mode, Was: m.value == s.Mode})
	}
	on := func(name, id string, was bool) bool {
		if slices.Contains(values["shown."+name], id) {
			return slices.Contains(values[name], id)
		}
		return was
	}
	for _, c := range g.companies {
		id, was := c.ID.String(), slices.Contains(s.ConnectionIDs, c.ID)
		page.Companies = append(page.Companies, views.Tick{Name: "company", Value: id, Word: c.PartnerName, Was: was, On: on("company", id, was)})
	}
	for _, c := range g.contacts {
		id, was := c.ID.String(), slices.Contains(s.ContactIDs, c.ID)
		page.Contacts = append(page.Contacts, views.Tick{Name: "contact", Value: id, Word: c.DisplayName, Label: c.PartnerName + ", " + c.RoleName, Was: was, On: on("contact", id, was)})
	}
	return page
}

var modeWords = map[string]string{
	"all":       "The people of every partner come in.",
	"companies": "Only the people of the ticked companies come in.",
	"contacts":  "Only the ticked people come in.",
}

// changeAccess reviews what the form asks for, or applies it.
func (p *Portal) changeAccess(v *visit) error {
	values, version, err := v.posted()
	if err != nil {
		return err
	}
	g, err := v.entrance()
	if err != nil {
		return err
	}
	in := g.asked(values)
	if values.Get("do") == "apply" {
		if _, err := v.rights().UpdateAccessScope(v.ctx, v.actor, version, in); err != nil {
			return v.accessAgain(g, values, err)
		}
		http.Redirect(v.w, v.r, g.address("saved", "1"), http.StatusSeeOther)
		return nil
	}
	page := v.accessPage(g, values)
	if page.Bar, err = v.shutOut(g, in); err != nil {
		return v.accessAgain(g, values, err)
	}
	return v.showAccess(http.StatusOK, page)
}

// shutOut says who would come in and who would not any more.
func (v *visit) shutOut(g entrance, in governance.UpdateAccessScope) (views.SaveBar, error) {
	bar := views.SaveBar{Discard: g.address("", "")}
	if *in.Mode.Value == g.scope.Mode && !in.ConnectionIDs.Given && !in.ContactIDs.Given {
		return bar, nil
	}
	preview, err := v.rights().PreviewAccessScope(v.ctx, v.actor, in)
	if err != nil {
		return bar, err
	}
	bar.Changed, bar.Open, bar.Title = true, v.r.Header.Get("HX-Request") == "", "The change is not applied"
	bar.Text = v.counted(preview.People, "person", "people") + " of " + v.counted(preview.Partners, "partner", "partners") + " would come in; " + v.count(preview.PeopleGaining) + " of them cannot now."
	if preview.PeopleLosing > 0 {
		line := v.counted(preview.PeopleLosing, "person would be shut out at once", "people would be shut out at once")
		if preview.PartnersLosing > 0 {
			line += ", and with them " + v.counted(preview.PartnersLosing, "whole partner", "whole partners")
		}
		bar.Lines = append(bar.Lines, line+".")
	}
	bar.Columns = []views.Column{{Title: "Would be shut out"}, {Title: "Partner"}}
	for _, p := range preview.Losing {
		bar.Rows = append(bar.Rows, views.Row{Cells: []views.Cell{{Text: p.Name}, {Text: p.Partner}}})
	}
	return bar, nil
}

func (v *visit) accessAgain(g entrance, values url.Values, err error) error {
	status, note, known := refused(err)
	if !known {
		return err
	}
	if operational.KindOf(err) == operational.KindStale {
		note.Tone, note.Title = "warn", "Somebody changed the scope while you had it open, so nothing was saved"
		note.Text = "It is now: " + modeWords[g.scope.Mode] + " Your choice is still in the form: review it and apply again."
	}
	page := v.accessPage(g, values)
	page.Notes = append(page.Notes, note)
	if bar, err := v.shutOut(g, g.asked(values)); err == nil {
		page.Bar = bar
	}
	return v.showAccess(status, page)
}
