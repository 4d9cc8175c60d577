package portal

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// faultPage is how a fault is shown: the same kinds as the API, in a page's words.
type faultPage struct {
	status      int
	title, text string
	lines       []string
	ref         string
}

// faultTitles are a page's words for the kinds; their status is the API's.
var faultTitles = map[operational.Kind]string{
	operational.KindNotFound:           "Not found",
	operational.KindConflict:           "The record does not allow it",
	operational.KindInvalid:            "That is not valid",
	operational.KindForbidden:          "Not open to you",
	operational.KindUnauthenticated:    "Sign in first",
	operational.KindStale:              "The record has changed",
	operational.KindPreconditionNeeded: "The form is not complete",
	operational.KindLimited:            "Too much at once",
	operational.KindUnavailable:        "Not available at the moment",
}

// explain turns an error into a page. What is internal goes to the log line of the request, whose id begins with the
// reference, and is never shown.
func (p *Portal) explain(r *http.Request, err error) faultPage {
	if errors.Is(err, warehouse.ErrNotReady) {
		return faultPage{
			status: http.StatusServiceUnavailable, title: "The figures are being loaded for the first time",
			text: "Figures come from a copy of the data that is being made now. Opportunities can be read and changed meanwhile. This page is ready in a moment.",
		}
	}
	if errors.Is(err, warehouse.ErrRefused) {
		api.NoteFault(r.Context(), err)
		return faultPage{
			status: http.StatusServiceUnavailable, title: "The figures are away at the moment",
			text: "This program cannot sign in to the store that figures come from. Nothing is lost: opportunities and all other records can be read and changed meanwhile, and figures come back by themselves when it can. Tell the person who runs this program: its log says what to do.",
		}
	}
	if errors.Is(err, warehouse.ErrBusy) {
		api.NoteFault(r.Context(), err)
		return faultPage{
			status: http.StatusServiceUnavailable, title: "Many ask for figures at the moment",
			text: "The store that figures come from answers as many questions as it takes at a time, and some of them take long. Try again in a moment; a shorter period or a narrower filter is faster.",
		}
	}
	if errors.Is(err, warehouse.ErrUnable) {
		api.NoteFault(r.Context(), err)
		return faultPage{
			status: http.StatusServiceUnavailable, title: "These figures could not be worked out",
			text: "The store that figures come from could not answer this as it is set up. Nothing is lost: opportunities and all other records can be read and changed meanwhile. A shorter period or a narrower filter asks less of it; if it stays, tell the person who runs this program: its log says what to do.",
		}
	}
	if errors.Is(err, warehouse.ErrAway) || errors.Is(err, warehouse.ErrPartAway) {
		api.NoteFault(r.Context(), err)
		return faultPage{
			status: http.StatusServiceUnavailable, title: "The figures are away at the moment",
			text: "The store that figures come from does not answer. Nothing is lost: opportunities and all other records can be read and changed meanwhile, and figures come back with what was changed. Try again in a moment; if it stays, tell the person who runs this program.",
		}
	}
	var e *operational.Error
	if errors.As(err, &e) {
		if status, known := api.StatusOf(e.Kind); known {
			f := faultPage{status: status, title: faultTitles[e.Kind], text: e.Message}
			for _, field := range e.Fields {
				f.lines = append(f.lines, fieldName(field.Field)+": "+field.Message)
			}
			return f
		}
	}
	if errors.Is(err, context.Canceled) { // the reader has gone on
		return faultPage{status: http.StatusServiceUnavailable, title: "The request was cut off", text: "It ended before it was done. Try again."}
	}
	api.NoteFault(r.Context(), err)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, warehouse.ErrViewEnded) {
		return faultPage{status: http.StatusServiceUnavailable, title: "The page took too long", text: "It could not be answered in time. Try again; where it shows figures, a shorter period or a narrower filter is faster."}
	}
	ref, _, _ := strings.Cut(api.RequestID(r.Context()), "-")
	return faultPage{
		status: http.StatusInternalServerError, title: "Something went wrong here",
		text: "The fault is ours and was noted. Nothing was changed by this request. Try again; if it stays, tell the person who runs this program the reference.", ref: ref,
	}
}

// fault shows an error inside the frame.
func (v *visit) fault(err error) {
	f := v.explain(v.r, err)
	v.retryAfter(f)
	if f.status == http.StatusServiceUnavailable {
		v.showFault(f, views.Link{Text: "Try again", Href: here(v.r)})
		return
	}
	v.showFault(f)
}

// showFault shows what went wrong, with links to what helps before those to everything else.
func (v *visit) showFault(f faultPage, links ...views.Link) {
	for _, n := range v.nav() {
		path, _, _ := strings.Cut(n.Href, "?")
		if n.Group == "" && n.Key != "f" && !slices.ContainsFunc(links, func(l views.Link) bool { return l.Href == path }) {
			links = append(links, views.Link{Text: n.Title, Href: path})
		}
	}
	if v.render(f.status, views.Shell{Title: f.title}, views.Fault(f.title, f.text, f.lines, links, f.ref)) != nil {
		v.w.WriteHeader(f.status) // to a reader who has gone
	}
}

// bareFault shows an error to somebody who is perhaps not signed in.
func (p *Portal) bareFault(w http.ResponseWriter, r *http.Request, err error) {
	showBare(w, r, p.explain(r, err))
}

func showBare(w http.ResponseWriter, r *http.Request, f faultPage) {
	if f.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "2")
	}
	links := []views.Link{{Text: "Start page", Href: "/"}}
	if render(w, r, f.status, views.Bare(bareShell(r, f.title), true, views.Fault(f.title, f.text, f.lines, links, f.ref))) != nil {
		w.WriteHeader(f.status) // to a reader who has gone
	}
}

// otherMethods answers who comes to a known address in a way that it does not know.
func (p *Portal) otherMethods(w http.ResponseWriter, r *http.Request, known []string) {
	if slices.Contains(known, http.MethodGet) {
		known = append(known, http.MethodHead)
	}
	allow := strings.Join(known, ", ")
	w.Header().Set("Allow", allow)
	showBare(w, r, faultPage{status: http.StatusMethodNotAllowed, title: "This address does not take that", text: "It knows " + allow + " only. Nothing was done."})
}

func (v *visit) retryAfter(f faultPage) {
	if f.status == http.StatusServiceUnavailable {
		v.w.Header().Set("Retry-After", "2")
	}
}

// messageOf is what an error says to people.
func messageOf(err error) string {
	var e *operational.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return "The fault was noted. Try again."
}

// faultsOf gives the message for each wrong field.
func faultsOf(err error) map[string]string {
	out := map[string]string{}
	var e *operational.Error
	if errors.As(err, &e) {
		for _, f := range e.Fields {
			out[f.Field] = f.Message
		}
	}
	return out
}

var fieldNames = map[string]string{
	"period": "Period", "as_of": "As of", "known_at": "Known at", "region": "Region", "tier": "Tier", "partner": "Partner", "product": "Product",
	"email": "Mail address", "partner_name": "Partner", "partner_number": "Number", "channel_manager_id": "Channel manager", "external_role": "Role", "expires_at": "Good until", "time_zone": "Time zone",
	"fiscal_month": "Fiscal year", "country": "Country", "country_code": "Country", "company": "Company", "connection_id": "Connection", "scopes": "Permissions", "reason": "Reason",
	"name": "Name", "customer_name": "Customer", "close_date": "Close date", "vendor_net": "Amount", "stage_id": "Stage", "cursor": "Page", "hat": "Side",
}

func fieldName(field string) string {
	field = strings.TrimPrefix(field, "query.")
	if name := fieldNames[field]; name != "" {
		return name
	}
	return words(field)
}
