package operational

import "slices"

// Permission is a right to do one sort of thing. Every operation of the API declares exactly one.
type Permission string

// All permissions. An operation without one does not start (a test walks the OpenAPI document).
const (
	Public             Permission = "public"    // no credential: sign-in, health, the document itself
	SignedIn           Permission = "signed_in" // any valid credential
	OrganisationsRead  Permission = "organisations.read"
	ConnectionsRead    Permission = "connections.read"
	AccountsRead       Permission = "accounts.read"
	AccountsWrite      Permission = "accounts.write"
	ContactsRead       Permission = "contacts.read"
	ContactsWrite      Permission = "contacts.write"
	ProductsRead       Permission = "products.read"
	ProductsWrite      Permission = "products.write"
	ProcessesRead      Permission = "sales_processes.read"
	ProcessesWrite     Permission = "sales_processes.write"
	OpportunitiesRead  Permission = "opportunities.read"
	OpportunitiesWrite Permission = "opportunities.write"
	AnalyticsRead      Permission = "analytics.read"
	ImportsRun         Permission = "imports.run"
	PipelinesRead      Permission = "pipelines.read"
	KeysManage         Permission = "api_keys.manage"
)

var reading = []Permission{
	SignedIn, OrganisationsRead, ConnectionsRead, AccountsRead, ContactsRead, ProductsRead, ProcessesRead,
	OpportunitiesRead, AnalyticsRead, PipelinesRead, KeysManage,
}

// policy is the one table of who may do what. Which rows that concerns is the wall's business
// (row-level security).
var policy = map[Side]map[Role][]Permission{
	SideVendor: {
		RoleAdministrator:  append(slices.Clone(reading), AccountsWrite, ContactsWrite, ProductsWrite, ProcessesWrite, OpportunitiesWrite, ImportsRun),
		RoleChannelLeader:  append(slices.Clone(reading), AccountsWrite, ContactsWrite, ProductsWrite, ProcessesWrite, OpportunitiesWrite, ImportsRun),
		RoleChannelManager: append(slices.Clone(reading), AccountsWrite, ContactsWrite, OpportunitiesWrite),
		RoleAnalyst:        slices.Clone(reading),
		RoleSystem:         append(slices.Clone(reading), AccountsWrite, ContactsWrite, ProductsWrite, ProcessesWrite, OpportunitiesWrite, ImportsRun),
	},
	SidePartner: {
		RoleAdministrator:   append(slices.Clone(reading), AccountsWrite, ContactsWrite, ProductsWrite, ProcessesWrite, OpportunitiesWrite),
		RoleDealerPersonnel: append(slices.Clone(reading), AccountsWrite, ContactsWrite, OpportunitiesWrite),
		RoleSystem:          append(slices.Clone(reading), AccountsWrite, ContactsWrite, ProductsWrite, ProcessesWrite, OpportunitiesWrite),
	},
}

// Allowed says whether the actor holds the permission. Unknown roles hold none.
func (a Actor) Allowed(p Permission) bool {
	if p == Public {
		return true
	}
	if a.IsZero() || !slices.Contains(policy[a.Side][a.Role], p) {
		return false
	}
	return a.Scopes == nil || p == SignedIn || slices.Contains(a.Scopes, string(p))
}

// Permissions are all that the actor holds.
func (a Actor) Permissions() []Permission {
	held := []Permission{}
	for _, p := range policy[a.Side][a.Role] {
		if a.Allowed(p) {
			held = append(held, p)
		}
	}
	slices.Sort(held)
	return held
}

// Require is Allowed as an error.
func (a Actor) Require(p Permission) error {
	switch {
	case a.Allowed(p):
		return nil
	case a.IsZero():
		return Fault(KindUnauthenticated, "sign-in-required", "Sign in first.")
	default:
		return Fault(KindForbidden, "not-permitted", "Your role may not do this (it needs %s). Ask an administrator of your organisation.", p)
	}
}
