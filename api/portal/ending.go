package portal

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// lifeBlocks suspend, resume and end a connection; the end has a page that says first what it does.
func lifeBlocks(c interconnect.Connection, base, version string, t tried) []views.Block {
	var out []views.Block
	reason := func(form string, needed bool) views.Input {
		return t.input(form, views.Input{Name: "reason", Label: "Why", Hint: c.PartnerName + " reads it too.", Max: 500, Required: needed, Rows: 2})
	}
	if c.Status == interconnect.StatusActive {
		out = append(out, views.Block{ID: "suspend", Title: "Suspend the connection", Text: "From their next request on, its people see nothing of the connection. Nothing is lost; you can resume it at any time.", Form: &views.Sent{
			Action: base + "/suspend", Version: version, Submit: "Suspend", Ask: "Suspend…", Bad: true, Open: t.form == "suspend", Fields: []views.Input{reason("suspend", true)},
		}})
	} else {
		out = append(out, views.Block{ID: "resume", Title: "Resume the connection", Text: "It goes on as it was.", Form: &views.Sent{Action: base + "/resume", Version: version, Submit: "Resume", Fields: []views.Input{reason("resume", false)}}})
	}
	return append(out, views.Block{ID: "end", Title: "End the connection", Text: "For good. You see first what stays, what goes on and what ends.", Links: []views.Link{{Text: "What would happen…", Href: base + "/end"}}})
}

// stepPartner suspends or resumes.
func (p *Portal) stepPartner(v *visit) error {
	c, values, version, err := v.postedConnection()
	if err != nil {
		return err
	}
	form, reason := "suspend", strings.TrimSpace(values.Get("reason"))
	if strings.HasSuffix(v.r.URL.Path, "/resume") {
		form = "resume"
		_, err = p.deps.Interconnect.Resume(v.ctx, v.actor, c.ID, version, reason)
	} else {
		_, err = p.deps.Interconnect.Suspend(v.ctx, v.actor, c.ID, version, reason)
	}
	return v.done(form, "/partners/"+c.ID.String(), values, err, v.showPartner)
}

// askEnd says what the end of a connection does, and asks for the reason. Both companies have it.
func (p *Portal) askEnd(v *visit) error { return v.showEnd(tried{}) }

func (v *visit) showEnd(t tried) error {
	c, err := v.connection()
	if err != nil {
		return err
	}
	e, err := v.deps.Interconnect.Ending(v.ctx, v.actor, c.ID)
	if err != nil {
		return err
	}
	other, base, section, back := c.PartnerName, "/partners/"+c.ID.String(), "Partners", views.Link{Text: "Partners", Href: "/partners"}
	if !v.vendor() {
		other, base, section, back = c.VendorName, "/connections/"+c.ID.String(), "Vendors", views.Link{Text: "Vendors", Href: "/connections"}
	}
	page := views.Sheet{
		Title: "End the connection with " + other, Text: "This is final. To work together again, you would connect anew by an invitation.",
		Main: []views.Block{{ID: "ending", Title: "What would happen", Facts: v.endingFacts(e, other)}},
		Side: []views.Block{{ID: "end", Title: "End it", Form: &views.Sent{
			Action: base + "/end", Version: strconv.FormatInt(c.Version, 10), Submit: "End for good", Bad: true,
			Fields: []views.Input{t.input("end", views.Input{Name: "reason", Label: "Why", Hint: other + " reads it too.", Max: 500, Required: true, Rows: 3})},
		}}},
	}
	status := http.StatusOK
	if t.note != nil {
		page.Notes, status = append(page.Notes, *t.note), t.status
	}
	return v.sheet(status, section, page, back, views.Link{Text: other, Href: base}, views.Link{Text: "End"})
}

func (v *visit) endingFacts(e interconnect.Ending, other string) []views.Fact {
	n := func(n int64) string { return v.counted(n, "opportunity", "opportunities") }
	if v.vendor() {
		return []views.Fact{
			{Name: "Stays with you", Value: n(e.Open+e.Closed) + ", " + v.count(e.Open) + " of them open: to be read, not changed any more"},
			{Name: "Goes on", Value: other + " goes on with the open ones in its own workspace, with what it may read of them. You do not see that."},
			{Name: "Ends", Value: "Its people see nothing of you from their next request on."},
		}
	}
	facts := []views.Fact{{Name: "Stays there", Value: n(e.Open+e.Closed) + " as they are: " + other + " reads them and nobody changes them"}}
	if e.GoingOn != nil {
		facts = append(facts, views.Fact{Name: "Goes on here", Value: n(*e.GoingOn) + " in your own workspace, with your private half"})
	}
	if e.Sessions != nil && e.APIKeys != nil {
		facts = append(facts, views.Fact{Name: "Ends", Value: v.counted(*e.Sessions, "session", "sessions") + " and " + v.counted(*e.APIKeys, "API key", "API keys") + " that work in this connection only"})
	}
	return facts
}

func (p *Portal) endConnection(v *visit) error {
	c, values, version, err := v.postedConnection()
	if err != nil {
		return err
	}
	_, err = p.deps.Interconnect.End(v.ctx, v.actor, c.ID, version, strings.TrimSpace(values.Get("reason")))
	to := "/partners/" + c.ID.String()
	if !v.vendor() {
		to = "/connections/" + c.ID.String()
	}
	var gone *operational.Error
	if errors.As(err, &gone) && gone.Kind == operational.KindConflict {
		return err // it has ended meanwhile: there is nothing left to preview
	}
	return v.done("end", to, values, err, v.showEnd)
}
