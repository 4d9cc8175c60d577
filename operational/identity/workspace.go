package identity

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Place is where a session works.
type Place struct {
	Organisation *uuid.UUID        // nil: where it works now
	Side         *operational.Side // nil: as now in the same organisation, else the one that the role wears at first
	Connection   *uuid.UUID        // the only one; nil: all of the organisation's business
}

// Choice is an organisation that the person is a member of, on one of its sides.
type Choice struct {
	Organisation OrganisationRef `json:"organisation" doc:"The organisation"`
	Side         string          `json:"side" enum:"vendor,partner" doc:"The side to work on"`
	Current      bool            `json:"current" doc:"This session works here"`
}

// VendorChoice is a connection that the session can narrow itself to.
type VendorChoice struct {
	ConnectionID uuid.UUID       `json:"connection_id" doc:"Id of the connection"`
	Vendor       OrganisationRef `json:"vendor" doc:"The vendor"`
	Current      bool            `json:"current" doc:"The session works in this connection alone"`
}

const sqlMembershipsOf = `
select membership_id, org_id, org_name, role, governs, sells, needs_factor, needs_provider from sec.memberships_of($1)`

type membershipRow struct {
	MembershipID  uuid.UUID
	OrgID         uuid.UUID
	OrgName       string
	Role          operational.Role
	Governs       bool
	Sells         bool
	NeedsFactor   bool       // the company asks for a second factor
	NeedsProvider *uuid.UUID // or for the word of this provider
}

func (r membershipRow) has(side operational.Side) bool {
	return side == operational.SideVendor && r.Governs || side == operational.SidePartner && r.Sells
}

func (s *Service) memberships(ctx context.Context, person uuid.UUID) (rows []membershipRow, err error) {
	err = s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlMembershipsOf, person).Query(func(r pgx.Rows) (err error) {
			rows, err = pgx.CollectRows(r, pgx.RowToStructByName[membershipRow])
			return err
		})
	})
	return rows, err
}

// within are the memberships that a session may know of: one by a provider is of the provider's company alone, which
// learns nothing of others that its people work for.
func (s *Service) within(ctx context.Context, actor operational.Actor) (rows []membershipRow, err error) {
	free := false
	err = s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlMembershipsOf, actor.Person).Query(func(r pgx.Rows) (err error) {
			rows, err = pgx.CollectRows(r, pgx.RowToStructByName[membershipRow])
			return err
		})
		b.Queue(`select exists (select from sec.session_shows($1) s where s.provider_id is null)`, actor.Credential).
			QueryRow(func(r pgx.Row) error { return r.Scan(&free) })
	})
	if !free {
		rows = slices.DeleteFunc(rows, func(r membershipRow) bool { return r.OrgID != actor.Org })
	}
	return rows, err
}

// choices are where the person of a session can work. A key works where it was made for.
func (s *Service) choices(ctx context.Context, actor operational.Actor) ([]Choice, []VendorChoice, error) {
	choices, vendors := []Choice{}, []VendorChoice{}
	if actor.Scopes != nil {
		return choices, vendors, nil
	}
	rows, err := s.within(ctx, actor)
	if err != nil {
		return nil, nil, fmt.Errorf("list memberships: %w", err)
	}
	for _, r := range rows {
		for _, side := range []operational.Side{operational.SideVendor, operational.SidePartner} {
			if r.has(side) {
				choices = append(choices, Choice{OrganisationRef{r.OrgID, r.OrgName}, string(side), r.MembershipID == actor.Membership && side == actor.Side})
			}
		}
	}
	if actor.Side == operational.SidePartner {
		vendors, err = s.vendors(ctx, actor)
	}
	return choices, vendors, err
}

// vendors are those that the caller can work for now, by name.
func (s *Service) vendors(ctx context.Context, actor operational.Actor) ([]VendorChoice, error) {
	vendors, open := []VendorChoice{}, []uuid.UUID{}
	if actor.Rights != nil {
		for _, l := range actor.Rights.Links {
			if l.Open() {
				open = append(open, l.Connection)
			}
		}
	}
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(`select c.id, v.id, v.name from crm.connection c join crm.organisation v on v.id = c.vendor_org_id where c.id = any ($1) order by v.name, c.id`, open).
			Query(func(rows pgx.Rows) error {
				for rows.Next() {
					var v VendorChoice
					if err := rows.Scan(&v.ConnectionID, &v.Vendor.ID, &v.Vendor.Name); err != nil {
						return err
					}
					v.Current = v.ConnectionID == actor.Connection
					vendors = append(vendors, v)
				}
				return rows.Err()
			})
	})
	return vendors, err
}

const sqlSwitchSession = `select sec.switch_session($1, $2, $3, $4, $5, $6, $7, $8)`

// Switch takes a session elsewhere: into another organisation of its person, to the other side, into one connection or
// back to all business. It gets a new token, the old one ends, and it lives no longer than it would have.
func (s *Service) Switch(ctx context.Context, actor operational.Actor, token string, to Place) (Session, error) {
	if actor.Scopes != nil || len(token) != tokenLength {
		return Session{}, operational.Fault(operational.KindForbidden, "session-needed", "Only somebody who is signed in may do this, not an API key. Nothing was saved.")
	}
	next, err := s.placed(ctx, actor, to)
	if err != nil {
		return Session{}, err
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: the program ends before it would
	fresh := tokenOf(random)
	next.Credential = uuid.Must(uuid.NewV7())
	var ends *time.Time
	err = s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlSwitchSession, digest(token), next.Credential, digest(fresh), next.Membership, next.Side, to.Connection, s.db.Now(), SessionIdle).
			QueryRow(func(r pgx.Row) error { return r.Scan(&ends) })
	})
	switch {
	case err != nil:
		return Session{}, fmt.Errorf("switch a session: %w", err)
	case ends == nil:
		return Session{}, errSignInAgain()
	}
	s.beliefs.forget(sum(token))
	return Session{Token: fresh, ExpiresAt: *ends, Actor: next}, nil
}

// placed is the actor where it wants to work, with the rights that it has there.
func (s *Service) placed(ctx context.Context, actor operational.Actor, to Place) (operational.Actor, error) {
	rows, err := s.within(ctx, actor)
	if err != nil {
		return operational.Actor{}, fmt.Errorf("list memberships: %w", err)
	}
	org := actor.Org
	if to.Organisation != nil {
		org = *to.Organisation
	}
	at := slices.IndexFunc(rows, func(r membershipRow) bool { return r.OrgID == org })
	if at < 0 {
		return operational.Actor{}, noPlace("organisation_id", "You are a member of no such organisation.")
	}
	r := rows[at]
	next := operational.Actor{Person: actor.Person, Membership: r.MembershipID, Org: r.OrgID, Side: actor.Side, Role: r.Role}
	switch {
	case to.Side != nil:
		next.Side = *to.Side
	case to.Connection != nil:
		next.Side = operational.SidePartner
	case r.OrgID != actor.Org:
		next.Side, _ = sideOf(r.Role, r.Governs, r.Sells)
	}
	if !r.has(next.Side) {
		return operational.Actor{}, noPlace("side", "The organisation does not work on this side.")
	}
	if next, err = s.rights.fresh(ctx, next); err != nil {
		return operational.Actor{}, err
	}
	if to.Connection != nil {
		if !opens(next, *to.Connection) {
			return operational.Actor{}, noPlace("connection_id", "There is no such connection that you can work in.")
		}
		next.Connection = *to.Connection
	}
	return next, nil
}

func noPlace(field, message string) error {
	var f operational.Faults
	f.Add(field, message, nil)
	return f.Err()
}
