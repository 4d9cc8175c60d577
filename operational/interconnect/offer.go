package interconnect

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Offer is what an invitation's link shows, and no more: of who is meant, of the connection to come and of what is
// known here already it says nothing.
type Offer struct {
	Kind      string    `json:"kind" db:"kind" enum:"partner,member,administrator" doc:"partner: to sell for the company that invites; member: to work for it; administrator: to look after the workspace of a company that it works with"`
	Inviter   string    `json:"inviter" db:"inviter" doc:"Name of the company that invites"`
	Company   *string   `json:"company,omitempty" db:"company" doc:"Name of the company whose workspace needs an administrator"`
	Message   *string   `json:"message,omitempty" db:"message" doc:"What it says"`
	ExpiresAt time.Time `json:"expires_at" db:"expires_at" doc:"Until when it can be accepted"`
	AskFirst  bool      `json:"ask_first" db:"-" doc:"Somebody new asks for the link to join first, which is mailed to them; otherwise the mail address to join with is the one that whoever invited has named"`
}

// offered is an open invitation as the program knows it.
type offered struct {
	ID        uuid.UUID               `db:"id"`
	OrgID     uuid.UUID               `db:"org_id"`
	Side      operational.Side        `db:"side"`
	Issue     int                     `db:"issue"`
	Joins     *uuid.UUID              `db:"joins"` // the company that one becomes a member of; nil: of one's own
	InvitedBy uuid.UUID               `db:"invited_by"`
	Gives     *operational.RoleRights `db:"gives"`
	Rights    *operational.Rights     `db:"rights"` // of whoever has invited, as they are now; nil: works there no more
	Offer
}

// errNoInvitation is the one answer for a token that is wrong, used, expired or revoked, or of somebody who may not
// invite like this any more.
func errNoInvitation() error { return operational.NotFound("invitation") }

// Look shows what is behind a link.
func (s *Invitations) Look(ctx context.Context, token string) (Offer, error) {
	found, err := s.look(ctx, token)
	return found.Offer, err
}

const sqlLook = `select id, org_id, side, kind, inviter, company, message, expires_at, issue, joins, invited_by, gives, rights from sec.see_invitation($1, $2)`

func (s *Invitations) look(ctx context.Context, token string) (found offered, err error) {
	if len(token) != tokenLength {
		return offered{}, errNoInvitation()
	}
	err = s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlLook, digest(token), s.db.Now()).Query(func(rows pgx.Rows) error {
			all, err := pgx.CollectRows(rows, pgx.RowToStructByName[offered])
			if err == nil && (len(all) == 0 || !all[0].stands()) {
				return errNoInvitation()
			}
			if err == nil {
				found = all[0]
			}
			return err
		})
	})
	found.AskFirst = s.mails
	return found, err
}

// stands says whether whoever invited could still do so: an invitation gives no more than they could give now, also
// when it is not their role that has become another but what the role may do.
func (o offered) stands() bool {
	if o.Rights == nil {
		return false
	}
	inviter := operational.Actor{Org: o.OrgID, Membership: o.InvitedBy, Side: o.Side, Rights: o.Rights}
	gives := o.Gives != nil && len(inviter.Giving().Beyond(operational.RoleRights{}, *o.Gives)) == 0
	switch o.Kind {
	case KindMember:
		return inviter.Allowed(operational.PeopleManage) && gives
	case KindPartner:
		return inviter.Allowed(operational.ConnectionsManage) && (o.Gives == nil || inviter.Allowed(operational.ChannelGovern) && gives)
	}
	return inviter.Allowed(operational.ConnectionsManage)
}

// givenBy is what whoever accepts a new invitation gets.
func givenBy(args pgx.NamedArgs) (d audit.Details) {
	d.Code("kind", args["kind"].(string))
	switch role := args["role"].(type) {
	case string:
		d.Moved("role", "", role)
	default:
		if args["kind"] == KindAdministrator {
			d.Moved("role", "", string(operational.RoleAdministrator))
		}
	}
	if role, _ := args["external_role"].(*string); role != nil {
		d.Moved("role", "", *role)
	}
	if manager, _ := args["manager"].(*uuid.UUID); manager != nil {
		d.MovedID("channel_manager", nil, manager)
	}
	if region, _ := args["region"].(*string); region != nil {
		d.Moved("region", "", audit.CodeOf(*region))
	}
	return d
}
