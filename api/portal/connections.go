package portal

import (
	"net/http"
	"slices"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
)

// interconnection are the pages on whom a company works with: partners, vendors, invitations, its own people.
func (p *Portal) interconnection(mux *http.ServeMux) {
	mux.HandleFunc("POST /workspace", p.page(operational.SignedIn, p.switchRoom))
	mux.HandleFunc("GET /invitations/{token}", p.invited(p.invitation))
	mux.HandleFunc("GET /invitations/{token}/{ticket}", p.invited(p.invitation))
	mux.HandleFunc("POST /invitations/{token}/ask", p.invited(p.askToJoin))
	mux.HandleFunc("POST /invitations/{token}/accept", p.invited(p.accept))
	mux.HandleFunc("POST /invitations/{token}/join", p.invited(p.join))
	mux.HandleFunc("POST /invitations/{token}/reject", p.invited(p.reject))
	p.invitationsOf(mux, partnerInvitations)
	p.invitationsOf(mux, administratorInvitations)
	p.partners(mux)
	p.vendors(mux)
	p.settings(mux)
}

// ofSide runs a page for a side of a company; to the other side it is not there.
func (p *Portal) ofSide(side operational.Side, show func(*visit) error, anyOf ...operational.Permission) http.HandlerFunc {
	return p.openTo(func(v *visit) bool { return v.actor.Side == side && slices.ContainsFunc(anyOf, v.actor.Allowed) }, show)
}

// programNav are the entries of the rail on whom the company works with.
func (v *visit) programNav() []views.NavItem {
	switch {
	case !v.actor.Allowed(operational.ConnectionsRead):
		return nil
	case v.vendor():
		return []views.NavItem{{Title: "Partners", Icon: "handshake", Href: "/partners", Group: "Program"}}
	}
	return []views.NavItem{{Title: "Vendors", Icon: "handshake", Href: "/connections", Group: "Program"}}
}
