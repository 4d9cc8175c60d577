package portal

import (
	"net/http"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
)

// problem is the page behind the type of a problem: what happened, and what to do. It tells nothing of anybody, so
// whoever has got the problem may read it.
func (p *Portal) problem(w http.ResponseWriter, r *http.Request) {
	t, known := api.ProblemTypeOf(r.PathValue("code"))
	if !known {
		p.bareFault(w, r, operational.NotFound("sort of problem"))
		return
	}
	links := []views.Link{{Text: "Start page", Href: "/"}}
	_ = render(w, r, http.StatusOK, views.Bare(bareShell(r, t.Title), true, views.Fault(t.Title, t.What, []string{t.Do}, links, "")))
}
