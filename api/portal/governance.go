package portal

import (
	"errors"
	"net/http"
	"slices"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// governance are the pages where a company says who may do and see what.
func (p *Portal) governance(mux *http.ServeMux) {
	mux.HandleFunc("GET /governance/roles", p.governed(p.roles, governsRoles...))
	mux.HandleFunc("POST /governance/roles", p.governed(p.changeRoles, governsRoles...))
	mux.HandleFunc("GET /governance/new-role", p.governed(p.newRole, governsRoles...))
	mux.HandleFunc("POST /governance/new-role", p.governed(p.createRole, governsRoles...))
	mux.HandleFunc("GET /governance/roles/{key}", p.governed(p.role, governsRoles...))
	mux.HandleFunc("POST /governance/roles/{key}/{act}", p.governed(p.changeRole, governsRoles...))
	mux.HandleFunc("GET /governance/access", p.governed(p.access, operational.ChannelGovern))
	mux.HandleFunc("POST /governance/access", p.governed(p.changeAccess, operational.ChannelGovern))
	for path, show := range map[string]func(*visit) error{"types": p.recordType, "fields": p.customField, "layouts": p.layout} {
		mux.HandleFunc("GET /governance/"+path+"/{id}", p.governed(show, operational.RolesManage))
		mux.HandleFunc("POST /governance/"+path+"/{id}", p.governed(show, operational.RolesManage))
		mux.HandleFunc("POST /governance/"+path, p.governed(p.define(path), operational.RolesManage))
	}
	mux.HandleFunc("POST /governance/layouts/{id}/delete", p.governed(p.deleteLayout, operational.RolesManage))
	mux.HandleFunc("GET /governance/types", p.governed(p.types, operational.RolesManage))
	mux.HandleFunc("GET "+viewAsPath, p.governed(p.viewAs, governsRoles...))
	mux.HandleFunc("GET "+viewAsPath+"/{contact}/{id}", p.governed(p.viewRecordAs, operational.ChannelGovern))
	mux.HandleFunc("POST "+viewAsPath, p.governed(p.lookAs, operational.RolesManage))
	mux.HandleFunc("POST "+lookNoMorePath, p.page(operational.SignedIn, p.lookNoMore))
	mux.HandleFunc("GET /governance/tester", p.governed(p.tester, governsRoles...))
	mux.HandleFunc("GET /governance/audit", p.governed(p.auditLog, operational.AuditRead))
}

var governsRoles = []operational.Permission{operational.RolesManage, operational.ChannelGovern}

// governed runs a page for whoever has one of the permissions; to others it is not there.
func (p *Portal) governed(show func(*visit) error, anyOf ...operational.Permission) http.HandlerFunc {
	return p.openTo(func(v *visit) bool { return slices.ContainsFunc(anyOf, v.actor.Allowed) }, show)
}

// openTo runs a page for those for whom it is there; who is nobody of them is not told what its form takes.
func (p *Portal) openTo(there func(*visit) bool, show func(*visit) error) http.HandlerFunc {
	show = taking(show)
	return p.visited(operational.SignedIn, func(v *visit) error {
		if !there(v) {
			return operational.NotFound("page")
		}
		return show(v)
	})
}

// governanceNav are the entries of the rail that this person may open.
func (v *visit) governanceNav() []views.NavItem {
	var out []views.NavItem
	for _, n := range []struct {
		title, icon, href string
		anyOf             []operational.Permission
	}{
		{"Roles & permissions", "shield", "/governance/roles", governsRoles},
		{"Access scope", "network", "/governance/access", []operational.Permission{operational.ChannelGovern}},
		{typesTitle, "layout", "/governance/types", []operational.Permission{operational.RolesManage}},
		{"Access tester", "tester", "/governance/tester", governsRoles},
		{"Audit log", "audit", "/governance/audit", []operational.Permission{operational.AuditRead}},
	} {
		if slices.ContainsFunc(n.anyOf, v.actor.Allowed) {
			out = append(out, views.NavItem{Title: n.title, Icon: n.icon, Href: n.href, Group: "Governance"})
		}
	}
	return out
}

// rights is the service behind these pages.
func (v *visit) rights() *governance.Service { return governance.New(v.deps.DB) }

// governanceCrumbs lead from the group of the rail to the page.
func governanceCrumbs(links ...views.Link) []views.Link {
	return append([]views.Link{{Text: "Governance"}}, links...)
}

// refused is the status and the note of a form that was not carried out; false for faults that have a page of their own.
func refused(err error) (int, views.Note, bool) {
	status, known := map[operational.Kind]int{
		operational.KindInvalid: http.StatusUnprocessableEntity, operational.KindConflict: http.StatusConflict,
		operational.KindStale: http.StatusConflict, operational.KindForbidden: http.StatusForbidden,
	}[operational.KindOf(err)]
	if !known {
		return 0, views.Note{}, false
	}
	note := views.Note{Tone: "bad", Title: messageOf(err), Focus: true}
	var e *operational.Error
	if errors.As(err, &e) {
		for _, f := range e.Fields {
			note.Lines = append(note.Lines, fieldName(f.Field)+": "+f.Message)
		}
	}
	return status, note, true
}

// objectNamed gives an object in the words of people.
func objectNamed(name operational.Object) string {
	if o, known := objects.Of(name); known {
		return o.Label
	}
	return words(string(name))
}

func pluralOf(name operational.Object) string {
	if o, known := objects.Of(name); known {
		return o.Plural
	}
	return words(string(name))
}

// listed are all rows of a list that has bounds of its own.
func listed[T any](list func(operational.Query) (operational.Listed[T], error), filters ...operational.Filter) ([]T, error) {
	var all []T
	q := operational.Query{Page: operational.Page{Limit: 200}}
	q = q.Also(filters...)
	for {
		found, err := list(q)
		if err != nil {
			return nil, err
		}
		all = append(all, found.Items...)
		if found.Next == nil {
			return all, nil
		}
		q.After = found.Next
	}
}

// is compares a field of a list with a value.
func is(field, value string) operational.Filter {
	return operational.Filter{Field: field, Op: "eq", Values: []string{value}}
}
