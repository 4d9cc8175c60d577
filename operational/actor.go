package operational

import "github.com/google/uuid"

// Side is the hat that an organisation wears in a request: it governs a channel, or it sells in one.
// An organisation in the middle of two tiers has both and switches.
type Side string

// The two sides.
const (
	SideVendor  Side = "vendor"
	SidePartner Side = "partner"
)

// Role is what a person does in an organisation.
type Role string

// The roles that exist from the start.
const (
	RoleAdministrator   Role = "administrator"
	RoleChannelLeader   Role = "channel_leader"
	RoleChannelManager  Role = "channel_manager"
	RoleAnalyst         Role = "analyst"
	RoleReviewer        Role = "reviewer"
	RoleDealerPersonnel Role = "dealer_personnel" // what a vendor's partners' people are to it
	RoleSeller          Role = "seller"           // who sells, in a partner's own company
	RoleSystem          Role = "system"           // a job of the program, never a person
)

// Actor is who is asking. It comes from a credential only, never from a body or a free header.
type Actor struct {
	Person     uuid.UUID // the human being, of an API key its maker; zero for a system actor
	Membership uuid.UUID // the person in this organisation
	Org        uuid.UUID // the workspace the request works in
	Side       Side
	Role       Role
	View       Role      // the role of its company that the session looks as (Role then, too); "": none
	Credential uuid.UUID // session or API key: what rate limits and idempotency keys belong to
	Scopes     []string  // permissions of an API key; nil means: all of the role
	System     string    // name of the job, for example "import"
	Connection uuid.UUID // the only connection that the session or key works in; zero: all
	Rights     *Rights   // what its answers are decided by; nil: nothing, but for the program's own jobs
	Belief     *Belief   // nil: the credential was asked about in this request; else entering the tenant asks
}

// IsZero says that nobody is signed in.
func (a Actor) IsZero() bool { return a.Org == uuid.Nil }

// As gives the same cause of action inside another workspace: how a job that was started in one
// organisation writes what belongs to another.
func (a Actor) As(org uuid.UUID, side Side, system string) Actor {
	if !a.Proven() {
		return Actor{} // nobody: what has to be proven is gone with the change of the workspace
	}
	return Actor{Org: org, Side: side, Role: RoleSystem, System: system, Credential: a.Credential}
}
