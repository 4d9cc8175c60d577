package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// team is what the page on who works for a vendor works on.
type team struct {
	connection interconnect.Connection
	choice     interconnect.ConnectionPeople
	search     string
	people     []interconnect.Person
	more       bool // than are listed
}

func (v *visit) team() (g team, err error) {
	if g.connection, err = v.connection(); err != nil {
		return g, err
	}
	if g.connection.Status == interconnect.StatusEnded {
		return g, operational.NotFound("page")
	}
	if g.choice, err = v.deps.Interconnect.ConnectionPeople(v.ctx, v.actor, g.connection.ID); err != nil {
		return g, err
	}
	q := operational.Query{Page: operational.Page{Limit: accessRows}, Sort: []operational.Sort{{Field: "name"}}}.Also(is("status", interconnect.StatusActive))
	if g.search = clip(strings.TrimSpace(v.r.URL.Query().Get("q")), 100); g.search != "" {
		q = q.Also(operational.Filter{Field: "name", Op: "contains", Values: []string{g.search}})
	}
	found, err := v.deps.Interconnect.People(v.ctx, v.actor, q)
	g.people, g.more = found.Items, found.Next != nil
	return g, err
}

// asked is the choice that a form asks for. Ticks count where people are chosen; what is not listed stays as it is.
func (g team) asked(values url.Values) interconnect.UpdateConnectionPeople {
	in := interconnect.UpdateConnectionPeople{Mode: operational.Set(values.Get("mode"))}
	if values.Get("mode") != interconnect.ChosenPeople {
		return in
	}
	if members := asked(g.choice.MembershipIDs, values["shown.person"], values["person"]); !slices.Equal(members, g.choice.MembershipIDs) {
		in.MembershipIDs = operational.Set(members)
	}
	return in
}

func (g team) address(name, value string) string {
	q := url.Values{}
	if g.search != "" {
		q.Set("q", g.search)
	}
	if name != "" {
		q.Set(name, value)
	}
	return address("/connections/"+g.connection.ID.String()+"/people", q.Encode())
}

// vendorPeople is the page on which of the own people work for a vendor.
func (p *Portal) vendorPeople(v *visit) error {
	g, err := v.team()
	if err != nil {
		return err
	}
	page := v.teamPage(g, nil)
	if v.r.URL.Query().Get("saved") != "" {
		page.Notes = append(page.Notes, views.Note{Tone: "good", Title: "Saved", Text: "Who was taken out finds nothing of " + g.connection.VendorName + " from the next request on."})
	}
	return v.showTeam(http.StatusOK, g, page)
}

func (v *visit) showTeam(status int, g team, page views.Team) error {
	crumbs := []views.Link{{Text: "Vendors", Href: "/connections"}, {Text: g.connection.VendorName, Href: "/connections/" + g.connection.ID.String()}, {Text: "Who works for it"}}
	return v.render(status, views.Shell{Title: page.Title, Crumbs: crumbs}, views.TeamPage(page))
}

func (v *visit) teamPage(g team, values url.Values) views.Team {
	c, name := g.choice, g.connection.VendorName
	words := map[string]string{
		interconnect.AllPeople:    "All of your people, also who joins later. " + name + " knows each by name and mail address.",
		interconnect.ChosenPeople: "Only the ticked people. " + name + " learns of nobody else, nor of who joins later.",
	}
	page := views.Team{
		Title: "Who works for " + name, Action: g.address("", ""), Here: "/connections/" + g.connection.ID.String() + "/people", Version: strconv.FormatInt(c.Version, 10),
		Search: g.search, More: g.more, Bar: views.SaveBar{Discard: g.address("", "")},
		Lede: []views.Span{{Text: v.counted(c.People, "person", "people"), Bold: true}, {Text: " of you can work for " + name + " now. "}, {Text: words[c.Mode]}},
		Kept: "Who is taken out is suspended by you for " + name + ": it keeps the name that it knew. Sessions and API keys that work for it alone end. Opportunities that the person owns stay theirs; hand them over before, where a colleague shall go on with them.",
	}
	mode := c.Mode
	if values.Has("mode") {
		mode = values.Get("mode")
	}
	for _, m := range []option{{interconnect.AllPeople, "All our people"}, {interconnect.ChosenPeople, "Chosen people"}} {
		page.Modes = append(page.Modes, views.Tick{Name: "mode", Value: m.value, Word: m.text, Label: words[m.value], On: m.value == mode, Was: m.value == c.Mode})
	}
	everybody := c.Mode == interconnect.AllPeople && len(c.MembershipIDs) == 0 // nobody has been chosen yet: whoever begins takes people out
	for _, x := range g.people {
		id, was := x.ID.String(), everybody || slices.Contains(c.MembershipIDs, x.ID)
		on := was
		if slices.Contains(values["shown.person"], id) {
			on = slices.Contains(values["person"], id)
		}
		page.People = append(page.People, views.Tick{Name: "person", Value: id, Word: x.Name, Label: x.RoleName, Was: was, On: on})
	}
	return page
}

// changeVendorPeople reviews what the form asks for, or applies it.
func (p *Portal) changeVendorPeople(v *visit) error {
	values, version, err := v.posted()
	if err != nil {
		return err
	}
	g, err := v.team()
	if err != nil {
		return err
	}
	in := g.asked(values)
	if values.Get("do") == "apply" {
		if _, err := v.deps.Interconnect.ChoosePeople(v.ctx, v.actor, g.connection.ID, version, in); err != nil {
			return v.teamAgain(g, values, err)
		}
		http.Redirect(v.w, v.r, g.address("saved", "1"), http.StatusSeeOther)
		return nil
	}
	page := v.teamPage(g, values)
	if page.Bar, err = v.takenOut(g, in); err != nil {
		return v.teamAgain(g, values, err)
	}
	return v.showTeam(http.StatusOK, g, page)
}

// takenOut says who would work for the vendor and who would not any more.
func (v *visit) takenOut(g team, in interconnect.UpdateConnectionPeople) (views.SaveBar, error) {
	bar := views.SaveBar{Discard: g.address("", "")}
	if *in.Mode.Value == g.choice.Mode && !in.MembershipIDs.Given {
		return bar, nil
	}
	preview, err := v.deps.Interconnect.PreviewPeople(v.ctx, v.actor, g.connection.ID, in)
	if err != nil {
		return bar, err
	}
	bar.Changed, bar.Open, bar.Title = true, v.r.Header.Get("HX-Request") == "", "The change is not applied"
	bar.Text = v.counted(preview.People, "person", "people") + " would work for " + g.connection.VendorName + "; " + v.count(preview.Gaining) + " of them do not now."
	if preview.Losing > 0 {
		bar.Lines = append(bar.Lines, v.counted(preview.Losing, "person would be taken out at once.", "people would be taken out at once."))
	}
	bar.Columns = []views.Column{{Title: "Would be taken out"}}
	for _, x := range preview.Leaving {
		bar.Rows = append(bar.Rows, views.Row{Cells: []views.Cell{{Text: x.Name}}})
	}
	return bar, nil
}

func (v *visit) teamAgain(g team, values url.Values, err error) error {
	status, note, known := refused(err)
	if !known {
		return err
	}
	if operational.KindOf(err) == operational.KindStale {
		note.Tone, note.Title = "warn", "Somebody changed who works here while you had it open, so nothing was saved"
		note.Text = "Your choice is still in the form: review it and apply again."
	}
	page := v.teamPage(g, values)
	page.Notes = append(page.Notes, note)
	if bar, err := v.takenOut(g, g.asked(values)); err == nil {
		page.Bar = bar
	}
	return v.showTeam(status, g, page)
}
