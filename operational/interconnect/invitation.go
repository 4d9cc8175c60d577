package interconnect

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// The kinds of invitations.
const (
	KindPartner = "partner" // a company, into a vendor's channel
	KindMember  = "member"  // a person, into one's own company
	// KindAdministrator invites a person to look after the workspace of a partner of one's own.
	KindAdministrator = "administrator"
)

// The states of an invitation: open until one of the others, which are final, but that one that has expired can be sent
// again. The database repeats it (crm.invitation_step).
const (
	InvitationOpen     = "open"
	InvitationAccepted = "accepted"
	InvitationRejected = "rejected"
	InvitationRevoked  = "revoked"
	InvitationExpired  = "expired"
)

// The states of an invitation's mail.
const (
	mailNone    = "none" // the link is passed on by hand
	mailWaiting = "waiting"
	mailSent    = "sent"
	mailFailed  = "failed"
)

// Invitation is an offer to work together.
type Invitation struct {
	ID           uuid.UUID  `json:"id" db:"id" doc:"Id of the invitation"`
	Status       string     `json:"status" db:"status" enum:"open,accepted,rejected,revoked,expired" doc:"Open, until one of the others happens"`
	Email        *string    `json:"email,omitempty" db:"email" doc:"Where it is sent to; gone when it is accepted or rejected"`
	Mail         string     `json:"mail" db:"mail" enum:"none,waiting,sent,failed" doc:"What became of the mail; none: the link is passed on by hand"`
	Message      *string    `json:"message,omitempty" db:"message" doc:"What the link's page says"`
	ExpiresAt    time.Time  `json:"expires_at" db:"expires_at" doc:"Until when it can be accepted"`
	InvitedBy    uuid.UUID  `json:"invited_by" db:"invited_by" doc:"Membership of who invited"`
	ClosedAt     *time.Time `json:"closed_at,omitempty" db:"closed_at" doc:"When it was accepted, rejected, revoked, or expired"`
	ClosedReason *string    `json:"closed_reason,omitempty" db:"closed_reason" doc:"Why it was rejected"`
	Version      int64      `json:"version" db:"version" doc:"Counts the changes"`
	CreatedAt    time.Time  `json:"created_at" db:"created_at" doc:"When it was made"`
	UpdatedAt    time.Time  `json:"updated_at" db:"updated_at" doc:"Last change"`
}

// PartnerInvitation invites a company into the channel: what the connection will be like.
type PartnerInvitation struct {
	Invitation
	PartnerName      string     `json:"partner_name" db:"partner_name" doc:"What the vendor calls the partner"`
	PartnerNumber    string     `json:"partner_number" db:"partner_number" doc:"The vendor's own number for the partner"`
	Tier             *string    `json:"tier,omitempty" db:"tier" doc:"Level of the partner in the vendor's programme"`
	Region           *string    `json:"region,omitempty" db:"region" doc:"Region that the vendor counts the partner to"`
	ChannelManagerID *uuid.UUID `json:"channel_manager_id,omitempty" db:"channel_manager_id" doc:"Membership of the channel manager"`
	ExternalRole     *string    `json:"external_role,omitempty" db:"external_role" doc:"Role that the partner's people get; absent: the default one"`
	ConnectionID     *uuid.UUID `json:"connection_id,omitempty" db:"connection_id" doc:"The connection that came of it"`
}

// MemberInvitation invites a person into the own company.
type MemberInvitation struct {
	Invitation
	Role         string     `json:"role" db:"role" doc:"Role that the person gets"`
	MembershipID *uuid.UUID `json:"membership_id,omitempty" db:"membership_id" doc:"The member who came of it"`
}

// NewPartnerInvitation asks for one.
type NewPartnerInvitation struct {
	Email            *string
	PartnerName      string
	PartnerNumber    *string // nil: the next free one
	Tier             *string
	Region           *string
	ChannelManagerID *uuid.UUID
	ExternalRole     *string
	Message          *string
	ExpiresAt        *time.Time // nil: in 14 days
}

func (in NewPartnerInvitation) validate() error {
	var f operational.Faults
	checkAddress(&f, in.Email)
	f.Text("partner_name", in.PartnerName, 1, 200)
	optional(&f, "partner_number", in.PartnerNumber, 60)
	optional(&f, "tier", in.Tier, 60)
	optional(&f, "region", in.Region, 60)
	optional(&f, "message", in.Message, 2000)
	return f.Err()
}

// NewMemberInvitation asks for one.
type NewMemberInvitation struct {
	Email     *string
	Role      string
	Message   *string
	ExpiresAt *time.Time // nil: in 14 days
}

func (in NewMemberInvitation) validate() error {
	var f operational.Faults
	checkAddress(&f, in.Email)
	f.Text("role", in.Role, 1, 60)
	optional(&f, "message", in.Message, 2000)
	return f.Err()
}

const (
	invitationColumns = `i.id, i.status, i.email, i.mail, i.message, i.expires_at, i.invited_by, i.closed_at, i.closed_reason, i.version, i.created_at, i.updated_at`
	partnerColumns    = invitationColumns + `, i.partner_name, i.partner_number, i.tier, i.region, i.channel_manager_id, i.external_role, i.connection_id`
	memberColumns     = invitationColumns + `, i.role, i.membership_id`

	sqlPartnerInvitation = `select ` + partnerColumns + ` from crm.invitation i where i.id = $1 and i.kind = 'partner'`
	sqlMemberInvitation  = `select ` + memberColumns + ` from crm.invitation i where i.id = $1 and i.kind = 'member'`

	sqlPartnerInvitations = `select ` + partnerColumns + `, {keys} as sort_keys from crm.invitation i` + sqlPage
	sqlMemberInvitations  = `select ` + memberColumns + `, {keys} as sort_keys from crm.invitation i` + sqlPage

	sqlInsertInvitation = `
insert into crm.invitation (id, org_id, kind, token_sha256, email, message, mail, expires_at, invited_by, partner_name, partner_number, tier, region,
  channel_manager_id, external_role, role, into_connection, created_at, updated_at)
values (@id, @org, @kind, @digest, @email, @message, @mail, @expires, @member, @partner_name, @partner_number, @tier, @region, @manager, @external_role, @role, @into, @now, @now)`

	// What time has done is noted when somebody looks, so that lists and filters say the same as the page behind the link.
	sqlExpire = `
update crm.invitation set status = 'expired', closed_at = expires_at, version = version + 1, updated_at = $2
where org_id = $1 and status = 'open' and expires_at <= $2`

	sqlRevoke = `
update crm.invitation set status = 'revoked', closed_at = @now, version = version + 1, updated_at = @now
where id = @id and kind = @kind and version = @version and status = 'open'`

	sqlIssueAgain = `
update crm.invitation set status = 'open', closed_at = null, issue = issue + 1, token_sha256 = @digest, expires_at = @expires, mail = @mail, asked = 0, asked_emails = '{}',
  version = version + 1, updated_at = @now
where id = @id and kind = @kind and version = @version and status in ('open', 'expired')`

	sqlIssue = `select issue, status, version, email, role, external_role, into_connection from crm.invitation where id = $1 and kind = $2`
)

func invitationList(more map[string]postgres.Column) postgres.List {
	l := postgres.List{
		From: "crm.invitation i", ID: "i.id", Order: []operational.Sort{{Field: "created_at", Desc: true}},
		Field: map[string]postgres.Column{
			"kind":       {SQL: "i.kind", Type: postgres.Text}, // the program's own condition: see listingOf
			"status":     {SQL: "i.status", Type: postgres.Text, Enum: []string{InvitationOpen, InvitationAccepted, InvitationRejected, InvitationRevoked, InvitationExpired}},
			"email":      {SQL: "i.email", Type: postgres.Text, Nullable: true},
			"expires_at": {SQL: "i.expires_at", Type: postgres.Time},
			"created_at": {SQL: "i.created_at", Type: postgres.Time},
			"closed_at":  {SQL: "i.closed_at", Type: postgres.Time, Nullable: true},
		},
	}
	maps.Copy(l.Field, more)
	return l
}

var (
	partnerInvitationList = invitationList(map[string]postgres.Column{
		"partner_name":   {SQL: "i.partner_name", Type: postgres.Text},
		"partner_number": {SQL: "i.partner_number", Type: postgres.Text},
		"tier":           {SQL: "i.tier", Type: postgres.Text, Nullable: true},
		"region":         {SQL: "i.region", Type: postgres.Text, Nullable: true},
	})
	memberInvitationList = invitationList(map[string]postgres.Column{"role": {SQL: "i.role", Type: postgres.Text}})
)

type partnerInvitationRow struct {
	postgres.Keyed
	PartnerInvitation
}

type memberInvitationRow struct {
	postgres.Keyed
	MemberInvitation
}

// PartnerInvitationListing says by which fields invitations into a channel can be listed.
func PartnerInvitationListing() operational.Listing { return listingOf(partnerInvitationList) }

// MemberInvitationListing says by which fields invitations into one's company can be listed.
func MemberInvitationListing() operational.Listing { return listingOf(memberInvitationList) }

// listingOf leaves out the kind, which each list has one of.
func listingOf(l postgres.List) operational.Listing {
	kind := func(name string) bool { return name == "kind" }
	all := l.Listing()
	return operational.Listing{Filters: slices.DeleteFunc(all.Filters, kind), Sorts: slices.DeleteFunc(all.Sorts, kind)}
}
