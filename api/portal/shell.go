package portal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sharepartner/sharepartner/api/portal/assets"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// Names of the cookies that hold what a browser prefers.
const (
	themeCookie = "sharepartner-theme"
	keysCookie  = "sharepartner-keys"
)

// bareShell is a frame for somebody who is not signed in.
func bareShell(r *http.Request, title string) views.Shell {
	return views.Shell{Title: title, Theme: themeOf(r), Return: here(r), Missing: assets.Default().Missing()}
}

// shell fills in what every page has: the rail with the filters that hold elsewhere, the person, the pipeline.
func (v *visit) shell(s views.Shell) views.Shell {
	s.Theme, s.Return, s.Missing = themeOf(v.r), here(v.r), assets.Default().Missing()
	s.KeysOff = cookie(v.r, keysCookie) == "off"
	s.Person = v.person()
	s.Nav = v.nav()
	for i := range s.Nav {
		s.Nav[i].Current = s.Nav[i].Title == s.Title || s.Nav[i].Title == s.Section
	}
	if s.Crumbs == nil {
		s.Crumbs = []views.Link{{Text: v.me.Organisation.Name}, {Text: s.Title}}
	}
	s.Finds = v.actor.Allowed(operational.OpportunitiesRead)
	s.Foot = v.foot()
	return s
}

// nav are the entries of the rail: the pages that open for this person, with the filters that hold on them too.
func (v *visit) nav() []views.NavItem {
	keep := readFilters(v.r)
	dashboards, list := keep.query().Encode(), keep.listQuery().Encode()
	var out []views.NavItem
	if v.actor.Allowed(operational.AnalyticsRead) {
		out = append(out, views.NavItem{Title: "Sales briefing", Icon: "briefing", Href: address("/briefing", dashboards), Key: "b"})
		if v.counts(warehouse.FieldStage) { // without it there is no such metric
			out = append(out, views.NavItem{Title: "Funnel", Icon: "filter", Href: address("/funnel", dashboards), Key: "f"})
		}
	}
	if v.actor.Allowed(operational.OpportunitiesRead) {
		out = append(out, views.NavItem{Title: "Opportunities", Icon: "opportunity", Href: address("/opportunities", list), Key: "o"})
	}
	return slices.Concat(out, v.customersNav(), v.programNav(), v.governanceNav(), v.importNav(), v.pipelinesNav(), v.settingsNav())
}

// home leads to the first page that opens for this person.
func (p *Portal) home(v *visit) error {
	to := "/help"
	if nav := v.nav(); len(nav) > 0 {
		to, _, _ = strings.Cut(nav[0].Href, "?")
	}
	http.Redirect(v.w, v.r, address(to, v.r.URL.RawQuery), http.StatusSeeOther)
	return nil
}

func address(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}

// footTime is how long a page of records waits to say how old the figures are.
const footTime = 5 * time.Second

// foot is what the pipeline says of itself. What went wrong inside is the vendor's affair, who runs it.
func (v *visit) foot() views.Foot {
	if !v.actor.Allowed(operational.PipelinesRead) {
		return views.Foot{}
	}
	ctx, cancel := context.WithTimeout(v.ctx, footTime)
	defer cancel()
	status, err := v.deps.Warehouse.Status(ctx)
	if errors.Is(err, warehouse.ErrAway) { // told in the log when that began
		return views.Foot{Known: true, Tone: "bad", State: "The figures are away at the moment", Since: "Records are not concerned"}
	}
	if err != nil {
		v.log.WarnContext(v.ctx, "pipeline status not readable", "error", err)
		return views.Foot{Known: true, Tone: "warn", State: "The state of the data is not known at the moment", Fault: ""}
	}
	return v.footOf(status, v.deps.Clock())
}

// A pipeline that says nothing for so long is taken to be down.
const silence = 2 * time.Minute

func (v *visit) footOf(s warehouse.Status, now time.Time) views.Foot {
	f := views.Foot{Known: true, Fault: "No fault so far"}
	lag := time.Duration(s.LagSeconds * float64(time.Second))
	switch {
	case s.State == "failed" || s.State == "stopped":
		f.Tone, f.State = "bad", "Data is not being brought up to date"
	case s.State == "snapshot" || s.LastCommit.IsZero() && slices.Contains([]string{"starting", "standby", "waiting"}, s.State):
		f.Tone, f.State = "warn", "Data is being loaded for the first time"
	case s.State == "resync":
		age := v.ago(lag)
		if lag < 2*time.Second {
			age = "a moment"
		}
		f.Tone, f.State = "warn", "Data is as of "+age+" ago, while all of it is compared with the source"
	case !s.UpdatedAt.IsZero() && now.Sub(s.UpdatedAt) > silence:
		f.Tone, f.State = "warn", "Data may be old: the pipeline has said nothing for "+v.ago(now.Sub(s.UpdatedAt))
	case lag > time.Minute:
		f.Tone, f.State = "warn", "Data is "+v.ago(lag)+" behind"
	case lag > 0:
		f.State = fmt.Sprintf("Data is %.1f s behind", s.LagSeconds)
	default:
		f.State = "Data is complete, no lag"
	}
	if !s.LastCommit.IsZero() {
		f.Since = "Last change loaded " + v.time(s.LastCommit)
	}
	if s.LastFault != "" {
		f.Fault = "Last fault"
		if !s.LastFaultAt.IsZero() {
			f.Fault += " " + v.time(s.LastFaultAt)
		}
		if v.vendor() {
			f.Fault += ": " + clip(s.LastFault, 160)
		}
	}
	return f
}

func clip(text string, most int) string {
	r := []rune(text)
	if len(r) <= most {
		return text
	}
	return string(r[:most-1]) + "…"
}

func themeOf(r *http.Request) string {
	if t := cookie(r, themeCookie); t == "light" || t == "dark" {
		return t
	}
	return ""
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// here is the address of this page, to come back to it; after a form it is the page that the form was on.
func here(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return r.URL.RequestURI()
	}
	if back, err := url.Parse(r.Referer()); err == nil {
		return local(back.RequestURI())
	}
	return "/"
}
