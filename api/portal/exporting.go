package portal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
)

// exportLists are the lists of which files can be had, by their names in the API.
var exportLists = map[string]views.Link{
	"accounts": {Text: "Accounts", Href: "/accounts"}, "contacts": {Text: "Contacts", Href: "/contacts"},
	"opportunities": {Text: "Opportunities", Href: "/opportunities"}, "audit-events": {Text: "Audit log", Href: "/governance/audit"},
}

// export gives a file as the API gives it. Where the API refuses, a person is told in words, on a page.
func (p *Portal) export(v *visit) error {
	name := v.r.PathValue("list")
	list, known := exportLists[name]
	if !known {
		return operational.NotFound("page")
	}
	r := v.r.Clone(v.r.Context()) // not the page's: a file may take longer
	r.URL.Path = "/v1/" + name + "/export"
	out := &handed{out: v.w, header: http.Header{}}
	p.api.ServeHTTP(out, r)
	if !out.refused() {
		return nil
	}
	var problem api.Problem
	if err := json.Unmarshal(out.body.Bytes(), &problem); err != nil {
		return fmt.Errorf("read why there is no file of %s: %w", name, err)
	}
	f := faultPage{status: out.status, title: problem.Title, text: problem.Detail}
	for _, e := range problem.Errors {
		f.lines = append(f.lines, fieldName(e.Location)+": "+e.Message)
	}
	if problem.Code == "export-running" {
		f.text = "Another file is still on its way to you, and one comes at a time. Wait until it has arrived, then ask for this one again. Nothing was lost."
	}
	if after := out.header.Get("Retry-After"); after != "" {
		v.w.Header().Set("Retry-After", after)
	}
	v.showFault(f, views.Link{Text: "Try again", Href: here(v.r)}, list)
	return nil
}

// handed passes a file on as it comes, and keeps a refusal for the page that puts it into words.
type handed struct {
	out    http.ResponseWriter
	header http.Header // the API's; those of a page differ
	status int
	body   bytes.Buffer
}

func (h *handed) refused() bool { return h.status >= http.StatusBadRequest }

// Unwrap lets a long file set deadlines and be sent piece by piece.
func (h *handed) Unwrap() http.ResponseWriter { return h.out }

func (h *handed) Header() http.Header { return h.header }

func (h *handed) WriteHeader(status int) {
	if h.status != 0 {
		return
	}
	if h.status = status; h.refused() {
		return
	}
	for _, name := range []string{"Content-Type", "Content-Disposition"} {
		if value := h.header.Get(name); value != "" {
			h.out.Header().Set(name, value)
		}
	}
	h.out.WriteHeader(status)
}

func (h *handed) Write(b []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	if h.refused() {
		return h.body.Write(b)
	}
	return h.out.Write(b)
}
