package api

import (
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// ScopeOf says which rows of the warehouse the actor may see. It is worked out for each request from the credential
// as it is now and is never kept.
func ScopeOf(actor operational.Actor) warehouse.Scope {
	if !actor.Allowed(operational.AnalyticsRead) {
		return warehouse.Scope{}
	}
	switch actor.Side {
	case operational.SideVendor:
		return warehouse.VendorScope(actor.Org)
	case operational.SidePartner:
		return warehouse.PartnerScope(actor.Org)
	}
	return warehouse.Scope{}
}
