package interconnect

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Offer is what an invitation's link shows, and no more: of who is meant, of the connection to come and of what is
// known here already it says nothing.
type Offer struct {
	Kind      string    `json:"kind" db:"kind" enum:"partner,member" doc:"partner: to sell for the company that invites; member: to work for it"`
	Inviter   string    `json:"inviter" db:"inviter" doc:"Name of the company that invites"`
	Message   *string   `json:"message,omitempty" db:"message" doc:"What it says"`
	ExpiresAt time.Time `json:"expires_at" db:"expires_at" doc:"Until when it can be accepted"`
}

// offered is an open invitation as the program knows it.
type offered struct {
	ID    uuid.UUID        `db:"id"`
	OrgID uuid.UUID        `db:"org_id"`
	Side  operational.Side `db:"side"`
	Role  *string          `db:"role"`
	Offer
}

// errNoInvitation is the one answer for a token that is wrong, used, expired or revoked.
func errNoInvitation() error { return operational.NotFound("invitation") }

// Look shows what is behind a link.
func (s *Invitations) Look(ctx context.Context, token string) (Offer, error) {
	found, err := s.look(ctx, token)
	return found.Offer, err
}

const sqlLook = `select id, org_id, side, kind, role, inviter, message, expires_at from sec.see_invitation($1, $2)`

func (s *Invitations) look(ctx context.Context, token string) (found offered, err error) {
	if len(token) != tokenLength {
		return offered{}, errNoInvitation()
	}
	err = s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlLook, digest(token), s.db.Now()).Query(func(rows pgx.Rows) error {
			all, err := pgx.CollectRows(rows, pgx.RowToStructByName[offered])
			if err == nil && len(all) == 0 {
				return errNoInvitation()
			}
			if err == nil {
				found = all[0]
			}
			return err
		})
	})
	return found, err
}

// Accepted is what came of an invitation that somebody who is signed in has accepted.
type Accepted struct {
	Kind         string     `json:"kind" enum:"partner,member" doc:"What the invitation was to"`
	ConnectionID *uuid.UUID `json:"connection_id,omitempty" doc:"The new connection of your organisation"`
	MembershipID *uuid.UUID `json:"membership_id,omitempty" doc:"Your new membership: switch the session's workspace to work there"`
}

// Accept accepts an invitation: into a channel for the caller's company, which begins to sell if it did not; into a
// company for the caller's own person.
func (s *Invitations) Accept(ctx context.Context, actor operational.Actor, token string) (Accepted, error) {
	found, err := s.look(ctx, token)
	if err != nil {
		return Accepted{}, err
	}
	if err := mayAccept(actor, found.Kind); err != nil {
		return Accepted{}, err
	}
	id := uuid.Must(uuid.NewV7())
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		var outcome string
		if err := tx.QueryRow(ctx, `select crm.accept_invitation($1, $2, $3)`, digest(token), id, tx.Now).Scan(&outcome); err != nil {
			return fmt.Errorf("accept invitation %s: %w", found.ID, err)
		}
		if err := unaccepted(outcome); err != nil {
			return err
		}
		if found.Kind == KindPartner {
			return events.Append(ctx, tx, "connection.created", id, onConnection(id))
		}
		return events.Append(ctx, tx, "member.joined_elsewhere", actor.Membership, nil) // who they are there is the other company's affair
	})
	switch {
	case err != nil:
		return Accepted{}, err
	case found.Kind == KindPartner:
		return Accepted{Kind: KindPartner, ConnectionID: &id}, nil
	}
	return Accepted{Kind: KindMember, MembershipID: &id}, nil
}

// mayAccept says whether the credential may answer for a company, or for a person.
func mayAccept(actor operational.Actor, kind string) error {
	if kind == KindPartner {
		if actor.Connection != uuid.Nil {
			return errBound()
		}
		return actor.Require(operational.ConnectionsManage)
	}
	if actor.Scopes != nil {
		return errSessionNeeded()
	}
	return nil
}

func errBound() error {
	return operational.Fault(operational.KindForbidden, "bound-to-connection", "This session or API key works in one connection only. Nothing was saved. Switch to all of your business first.")
}

func errSessionNeeded() error {
	return operational.Fault(operational.KindForbidden, "session-needed", "Only somebody who is signed in may do this, not an API key. Nothing was saved.")
}

// unaccepted says what stood against it.
func unaccepted(outcome string) error {
	switch outcome {
	case done:
		return nil
	case "own":
		return operational.Fault(operational.KindConflict, "own-invitation", "This invitation is from your own organisation. Nothing was changed. Pass the link on to the partner.")
	case "connected":
		return operational.Fault(operational.KindConflict, "already-connected", "Your organisation is connected with this vendor already. Nothing was changed.")
	case "member":
		return operational.Fault(operational.KindConflict, "already-member", "You are a member of this organisation already. Nothing was changed. If you cannot work there, ask an administrator of it.")
	}
	return errNoInvitation()
}

// Reject turns an invitation down, for good. Whoever has the link may.
func (s *Invitations) Reject(ctx context.Context, token, reason string) error {
	why, err := reasonOf(reason, true)
	if err != nil {
		return err
	}
	found, err := s.look(ctx, token)
	if err != nil {
		return err
	}
	// In the name of the company that invited: whoever answers may have none.
	return s.db.InTx(ctx, operational.Actor{}.As(found.OrgID, found.Side, "invitation"), func(tx *postgres.Tx) error {
		if err := tx.AsProgram(ctx, postgres.PurposeSignIn, `select sec.reject_invitation($1, $2, $3)`, digest(token), why, tx.Now); err != nil {
			return fmt.Errorf("reject invitation %s: %w", found.ID, err)
		}
		return events.Append(ctx, tx, "invitation.rejected", found.ID, nil)
	})
}

// Newcomer is somebody who is not here yet and joins by an invitation.
type Newcomer struct {
	Name, Email, Password string
	Company               *NewCompany // of a partner; nil for a member of the company that invites
	Replaces              string      // the session token that the browser still holds, if any
}

// NewCompany is a newcomer's company.
type NewCompany struct {
	Name        string
	CountryCode *string
	TimeZone    string // empty: UTC
	FiscalMonth int    // 0: January
	Currency    string
}

func (n *Newcomer) validate(kind string) error {
	var f operational.Faults
	switch c := n.Company; {
	case kind == KindPartner && c == nil:
		f.Add("organisation", "It is missing: the invitation is to a company.", nil)
	case kind == KindMember && c != nil:
		f.Add("organisation", "The invitation is to yourself: you join the company that invites.", nil)
	case c != nil:
		f.Text("organisation.name", c.Name, 1, 200)
		if c.CountryCode != nil && !validCountry(*c.CountryCode) {
			f.Add("organisation.country_code", "must be a code of two capital letters, for example DE", *c.CountryCode)
		}
		if c.TimeZone == "" {
			c.TimeZone = "UTC"
		}
		checkZone(&f, c.TimeZone)
		if c.FiscalMonth = max(c.FiscalMonth, 1); c.FiscalMonth > 12 {
			f.Add("organisation.fiscal_month", "must be 1 to 12", c.FiscalMonth)
		}
		if !operational.ValidCurrency(c.Currency) {
			f.Add("organisation.currency", "must be a code of ISO 4217, for example EUR", c.Currency)
		}
	}
	return f.Err()
}

// Join makes a person, and for a partner their company, and signs them in.
func (s *Invitations) Join(ctx context.Context, token string, in Newcomer) (identity.Session, error) {
	found, err := s.look(ctx, token)
	if err != nil {
		return identity.Session{}, err
	}
	if err := in.validate(found.Kind); err != nil {
		return identity.Session{}, err
	}
	secret, err := identity.NewSecret(ctx, in.Name, in.Email, in.Password) // after the look: hashing is dear
	if err != nil {
		return identity.Session{}, err
	}
	actor := operational.Actor{Person: uuid.Must(uuid.NewV7()), Membership: uuid.Must(uuid.NewV7()), Org: found.OrgID, Side: found.Side}
	if found.Kind == KindPartner {
		actor.Org, actor.Side = uuid.Must(uuid.NewV7()), operational.SidePartner
	}
	joined := false
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if joined, err = join(ctx, tx, token, in, secret); err != nil || !joined {
			return err
		}
		return events.Append(ctx, tx, "member.joined", actor.Membership, nil)
	})
	if err != nil {
		return identity.Session{}, fmt.Errorf("join by invitation %s: %w", found.ID, err)
	}
	if !joined {
		return identity.Session{}, s.unjoined(ctx, token)
	}
	return s.identity.Enter(ctx, actor.Membership, in.Replaces)
}

const sqlJoin = `select sec.join_by_invitation($1, $2, $3, $4)`

// join does it in the newcomer's own name, and looks whether they are there then: the other answers leave a trace too.
func join(ctx context.Context, tx *postgres.Tx, token string, in Newcomer, secret identity.Secret) (joined bool, err error) {
	who, err := json.Marshal(map[string]any{
		"person_id": tx.Actor.Person, "membership_id": tx.Actor.Membership,
		"name": secret.Name, "email": secret.Email, "email_norm": secret.Normal, "hash": secret.Hash,
	})
	if err != nil {
		return false, err
	}
	var company []byte
	if c := in.Company; c != nil {
		company, err = json.Marshal(map[string]any{
			"org_id": tx.Actor.Org, "connection_id": uuid.Must(uuid.NewV7()), "name": strings.TrimSpace(c.Name), "country_code": c.CountryCode,
			"time_zone": c.TimeZone, "fiscal_month": c.FiscalMonth, "currency": c.Currency,
		})
		if err != nil {
			return false, err
		}
	}
	if err := tx.AsProgram(ctx, postgres.PurposeSignIn, sqlJoin, digest(token), who, company, tx.Now); err != nil {
		return false, err
	}
	err = tx.QueryRow(ctx, `select exists (select from crm.membership where id = $1)`, tx.Actor.Membership).Scan(&joined)
	return joined, err
}

// unjoined tells somebody who cannot join with these details why: the invitation is not open any more, or the details
// cannot be used, in words that do not tell which.
func (s *Invitations) unjoined(ctx context.Context, token string) error {
	if _, err := s.look(ctx, token); err != nil {
		return err
	}
	return operational.Fault(operational.KindConflict, "join-refused",
		"You cannot join with these details. Nothing was saved. If you have signed in here before, sign in and accept the invitation then; otherwise use another mail address.")
}
