package operational

import "slices"

// Permission is a right to do one sort of thing. Every operation of the API declares exactly one.
type Permission string

// All permissions. An operation without one does not start (a test walks the OpenAPI document).
const (
	Public              Permission = "public"    // no credential: sign-in, health, the document itself
	SignedIn            Permission = "signed_in" // any valid credential
	OrganisationsRead   Permission = "organisations.read"
	ConnectionsRead     Permission = "connections.read"
	AccountsRead        Permission = "accounts.read"
	AccountsWrite       Permission = "accounts.write"
	ContactsRead        Permission = "contacts.read"
	ContactsWrite       Permission = "contacts.write"
	ProductsRead        Permission = "products.read"
	ProductsWrite       Permission = "products.write"
	ProcessesRead       Permission = "sales_processes.read"
	ProcessesWrite      Permission = "sales_processes.write"
	OpportunitiesRead   Permission = "opportunities.read"
	OpportunitiesWrite  Permission = "opportunities.write"
	AnalyticsRead       Permission = "analytics.read"
	ImportsRun          Permission = "imports.run"
	PipelinesRead       Permission = "pipelines.read"
	KeysManage          Permission = "api_keys.manage"
	AccountsCreate      Permission = "accounts.create"
	ContactsCreate      Permission = "contacts.create"
	ProductsCreate      Permission = "products.create"
	ProcessesCreate     Permission = "sales_processes.create"
	OpportunitiesCreate Permission = "opportunities.create"
	AccountsDelete      Permission = "accounts.delete"
	ContactsDelete      Permission = "contacts.delete"
	AccountsExport      Permission = "accounts.export"
	ContactsExport      Permission = "contacts.export"
	ProductsExport      Permission = "products.export"
	OpportunitiesExport Permission = "opportunities.export"
	ImportsRead         Permission = "imports.read" // those that one has started; with imports.run all of the company
	AccountsImport      Permission = "accounts.import"
	ContactsImport      Permission = "contacts.import"
	OpportunitiesImport Permission = "opportunities.import"
	PeopleManage        Permission = "people.manage"      // members of one's own company: invite, suspend, roles
	RolesManage         Permission = "roles.manage"       // roles, fields, record types, layouts of one's own company
	ConnectionsManage   Permission = "connections.manage" // invite, accept, suspend, resume, end
	ChannelGovern       Permission = "channel.govern"     // a vendor's external roles and access scope
	AuditRead           Permission = "audit.read"
	WorkspaceManage     Permission = "workspace.manage" // name, country, time zone, fiscal year and currency of one's own company
)

// actOf says which permissions are a right to an object; the others are capabilities of a role in one's own company.
var actOf = map[Permission]struct {
	object Object
	act    Act
}{
	AccountsRead: {ObjectAccount, ActRead}, AccountsWrite: {ObjectAccount, ActEdit}, AccountsCreate: {ObjectAccount, ActCreate},
	ContactsRead: {ObjectContact, ActRead}, ContactsWrite: {ObjectContact, ActEdit}, ContactsCreate: {ObjectContact, ActCreate},
	ProductsRead: {ObjectProduct, ActRead}, ProductsWrite: {ObjectProduct, ActEdit}, ProductsCreate: {ObjectProduct, ActCreate},
	ProcessesRead: {ObjectSalesProcess, ActRead}, ProcessesWrite: {ObjectSalesProcess, ActEdit}, ProcessesCreate: {ObjectSalesProcess, ActCreate},
	OpportunitiesRead: {ObjectOpportunity, ActRead}, OpportunitiesWrite: {ObjectOpportunity, ActEdit}, OpportunitiesCreate: {ObjectOpportunity, ActCreate},
	AccountsDelete: {ObjectAccount, ActDelete}, ContactsDelete: {ObjectContact, ActDelete},
	AccountsExport: {ObjectAccount, ActExport}, ContactsExport: {ObjectContact, ActExport}, ProductsExport: {ObjectProduct, ActExport}, OpportunitiesExport: {ObjectOpportunity, ActExport},
	AccountsImport: {ObjectAccount, ActImport}, ContactsImport: {ObjectContact, ActImport}, OpportunitiesImport: {ObjectOpportunity, ActImport},
}

// Object is the object that the permission is a right to; false for capabilities.
func (p Permission) Object() (Object, bool) {
	x, ok := actOf[p]
	return x.object, ok
}

// ofSide are the capabilities that only one side can have.
var ofSide = map[Permission]Side{ImportsRun: SideVendor, ChannelGovern: SideVendor}

// Capabilities are the permissions that are no right to an object: what a role lists by name.
var Capabilities = []Permission{
	OrganisationsRead, ConnectionsRead, AnalyticsRead, ImportsRun, PipelinesRead, KeysManage,
	PeopleManage, RolesManage, ConnectionsManage, ChannelGovern, AuditRead, WorkspaceManage,
}

// CapabilitiesOf are those that people on a side can have.
func CapabilitiesOf(side Side) []Permission {
	return slices.DeleteFunc(slices.Clone(Capabilities), func(p Permission) bool {
		only, bound := ofSide[p]
		return bound && only != side
	})
}

// Allowed says whether the actor holds the permission, for some record at least. Unknown roles hold none.
func (a Actor) Allowed(p Permission) bool {
	if p == Public {
		return true
	}
	if a.IsZero() || a.Scopes != nil && p != SignedIn && !covers(a.Scopes, p) {
		return false
	}
	if p == SignedIn {
		return true
	}
	if p == ImportsRead {
		return a.holds(ImportsRun) || a.May(ActImport, ObjectAccount) || a.May(ActImport, ObjectContact) || a.May(ActImport, ObjectOpportunity)
	}
	return a.holds(p)
}

// covers says whether scopes of a key let a permission be used. Whoever may start an import may see how it goes.
func covers(scopes []string, p Permission) bool {
	if p == ImportsRead {
		for _, start := range []Permission{ImportsRun, AccountsImport, ContactsImport, OpportunitiesImport} {
			if slices.Contains(scopes, string(start)) {
				return true
			}
		}
	}
	return slices.Contains(scopes, string(p))
}

// holds says whether the actor's role gives the permission, whatever the scopes of its key are.
func (a Actor) holds(p Permission) bool {
	if x, ok := actOf[p]; ok {
		return a.May(x.act, x.object)
	}
	if side, ok := ofSide[p]; ok && side != a.Side {
		return false
	}
	return a.rights().Own.has(p)
}

// all are the permissions that somebody can hold.
func all() []Permission {
	list := append([]Permission{SignedIn, ImportsRead}, Capabilities...)
	for p := range actOf {
		list = append(list, p)
	}
	return list
}

// Permissions are all that the actor holds.
func (a Actor) Permissions() []Permission {
	held := []Permission{}
	for _, p := range all() {
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

// Idle says why the right to an act does nothing for an object, so that no role is given it: in one's own company, or for
// the people of a partner (external). It is empty where the right does something.
func Idle(o Object, a Act, external bool) string {
	catalogue := o == ObjectProduct || o == ObjectSalesProcess
	switch {
	case external && a == ActImport:
		return "People import into the business of their own company only; their own company's role says so."
	case external && catalogue && (a == ActCreate || a == ActEdit):
		return "What a vendor sells and how, its own people say."
	case a == ActDelete && o == ObjectOpportunity:
		return "Opportunities are not deleted, since history and figures count them: one that came to nothing is lost or disqualified."
	case a == ActDelete && o == ObjectProduct:
		return "Products are not deleted but taken off sale."
	case a == ActDelete && o == ObjectSalesProcess:
		return "Sales processes are not deleted but retired."
	case a == ActImport && catalogue:
		return "They are not imported from files by themselves."
	case a == ActExport && o == ObjectSalesProcess:
		return "They are not exported."
	}
	return ""
}
