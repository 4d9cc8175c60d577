package interconnect

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// AdministratorInvitation invites somebody to look after a partner's workspace: of partners that an import has made nobody
// does. Where people of the partner work here already, they answer it, and whoever invited is told nothing of that.
type AdministratorInvitation struct {
	Invitation
	IntoConnectionID uuid.UUID `json:"into_connection_id" db:"into_connection" doc:"The connection with the partner"`
	PartnerName      string    `json:"partner_name" db:"partner_name" doc:"Name of the partner"`
}

// NewAdministratorInvitation asks for one.
type NewAdministratorInvitation struct {
	Email     *string
	Message   *string
	ExpiresAt *time.Time // nil: in 14 days
}

func (in NewAdministratorInvitation) validate() error {
	var f operational.Faults
	checkAddress(&f, in.Email)
	optional(&f, "message", in.Message, 2000)
	return f.Err()
}

const (
	administratorsFrom = `crm.invitation i join crm.connection c on c.id = i.into_connection left join crm.organisation p on p.id = c.partner_org_id left join crm.former_organisation pf on pf.org_id = c.partner_org_id`

	administratorColumns = invitationColumns + `, i.into_connection, ` + partnerName + ` as partner_name`

	sqlAdministratorInvitation  = `select ` + administratorColumns + ` from ` + administratorsFrom + ` where i.id = $1`
	sqlAdministratorInvitations = `select ` + administratorColumns + `, {keys} as sort_keys from ` + administratorsFrom + sqlPage
)

var administratorInvitationList = func() postgres.List {
	l := invitationList(map[string]postgres.Column{
		"into_connection_id": {SQL: "i.into_connection", Type: postgres.UUID},
		"partner_name":       {SQL: partnerName, Type: postgres.Text},
	})
	l.From = administratorsFrom
	return l
}()

type administratorInvitationRow struct {
	postgres.Keyed
	AdministratorInvitation
}

// AdministratorInvitationListing says by which fields invitations of administrators can be listed.
func AdministratorInvitationListing() operational.Listing {
	return listingOf(administratorInvitationList)
}

// InviteAdministrator invites somebody to look after the workspace of a partner. It looks the same whoever works there: what
// people a partner has, and which other vendors, is its own affair.
func (s *Invitations) InviteAdministrator(ctx context.Context, actor operational.Actor, connection uuid.UUID, in NewAdministratorInvitation) (Issued[AdministratorInvitation], error) {
	if actor.Side != operational.SideVendor {
		return Issued[AdministratorInvitation]{}, errVendorOnly()
	}
	if err := s.reaches(in.Email, in.validate()); err != nil {
		return Issued[AdministratorInvitation]{}, err
	}
	return issue[AdministratorInvitation](ctx, s, actor, KindAdministrator, in.Email, in.ExpiresAt, sqlAdministratorInvitation, func(tx *postgres.Tx, args pgx.NamedArgs) error {
		args["message"], args["into"] = in.Message, connection
		return mayAdminister(ctx, tx, connection)
	})
}

func mayAdminister(ctx context.Context, tx *postgres.Tx, connection uuid.UUID) error {
	c, err := postgres.OneTx[Connection](ctx, tx, "connection", connectionsFor(tx.Actor.Side)+" where c.id = $1", connection)
	switch {
	case err != nil:
		return err
	case c.Status == StatusEnded:
		return suspending.refused(c.Status)
	case c.Status == StatusSuspended:
		return operational.Fault(operational.KindConflict, "connection-state", "The connection is suspended. Nothing was saved. Resume it first.")
	}
	return nil
}

// AdministratorInvitations lists those that the caller's company has made, newest first.
func (s *Invitations) AdministratorInvitations(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[AdministratorInvitation], error) {
	q, err := s.ofKind(ctx, actor, KindAdministrator, q)
	if err != nil {
		return operational.Listed[AdministratorInvitation]{}, err
	}
	return postgres.Page(ctx, s.db, actor, administratorInvitationList, q, sqlAdministratorInvitations, func(r administratorInvitationRow) AdministratorInvitation { return r.AdministratorInvitation })
}

// AdministratorInvitation reads one.
func (s *Invitations) AdministratorInvitation(ctx context.Context, actor operational.Actor, id uuid.UUID) (AdministratorInvitation, error) {
	return readInvitation[AdministratorInvitation](ctx, s, actor, KindAdministrator, sqlAdministratorInvitation, id)
}
