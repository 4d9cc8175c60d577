package interconnect

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Accepted is what came of an invitation that somebody who is signed in has accepted.
type Accepted struct {
	Kind         string     `json:"kind" enum:"partner,member,administrator" doc:"What the invitation was to"`
	ConnectionID *uuid.UUID `json:"connection_id,omitempty" doc:"The new connection of your organisation"`
	MembershipID *uuid.UUID `json:"membership_id,omitempty" doc:"Your new membership: switch the session's workspace to work there. Absent when you work there already and got the role"`
}

// Accept accepts an invitation: into a channel for the caller's company, which begins to sell if it did not, and whose
// administrator the caller becomes where there is none and they did everything there; into a company for the caller's own
// person.
func (s *Invitations) Accept(ctx context.Context, actor operational.Actor, token string) (Accepted, error) {
	found, err := s.look(ctx, token)
	if err != nil {
		return Accepted{}, err
	}
	if err := mayAccept(actor, found.Kind); err != nil {
		return Accepted{}, err
	}
	id, outcome := uuid.Must(uuid.NewV7()), ""
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if err := tx.QueryRow(ctx, `select crm.accept_invitation($1, $2, $3)`, digest(token), id, tx.Now).Scan(&outcome); err != nil {
			return fmt.Errorf("accept invitation %s: %w", found.ID, err)
		}
		if err := unaccepted(outcome); err != nil {
			return err
		}
		switch {
		case found.Kind == KindPartner:
			if err := noKeyRaises(ctx, tx); err != nil {
				return err
			}
			return events.Append(ctx, tx, "connection.created", id, onConnection(id))
		case outcome == raised:
			return nil // noted where the role was given
		}
		return events.Append(ctx, tx, "member.joined_elsewhere", actor.Membership, nil) // who they are there is the other company's affair
	})
	switch {
	case err != nil:
		return Accepted{}, err
	case found.Kind == KindPartner:
		return Accepted{Kind: KindPartner, ConnectionID: &id}, nil
	case outcome == raised:
		return Accepted{Kind: found.Kind}, nil
	}
	return Accepted{Kind: found.Kind, MembershipID: &id}, nil
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

// noKeyRaises refuses what has made an administrator of whoever accepts, where an API key did it: a program gives nobody
// anything.
func noKeyRaises(ctx context.Context, tx *postgres.Tx) error {
	if tx.Actor.Scopes == nil {
		return nil
	}
	var same bool
	if err := tx.QueryRow(ctx, `select role = $2 from crm.membership where id = $1`, tx.Actor.Membership, tx.Actor.Role).Scan(&same); err != nil {
		return fmt.Errorf("read the role of member %s: %w", tx.Actor.Membership, err)
	}
	if !same {
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

// joinedAs notes by which role somebody has joined.
func joinedAs(ctx context.Context, tx *postgres.Tx, member uuid.UUID) error {
	var d audit.Details
	d.Code("by", "invitation")
	var role string
	if err := tx.QueryRow(ctx, `select role from crm.membership where id = $1`, member).Scan(&role); err != nil {
		return fmt.Errorf("read the role of member %s: %w", member, err)
	}
	d.Moved("role", "", role)
	return events.AppendDecided(ctx, tx, "member.joined", member, nil, d)
}

// unaccepted says what stood against it.
func unaccepted(outcome string) error {
	switch outcome {
	case done, raised:
		return nil
	case "refused":
		return errJoinRefused()
	case "own":
		return operational.Fault(operational.KindConflict, "own-invitation", "This invitation is from your own organisation. Nothing was changed. Pass the link on to the partner.")
	case "connected":
		return operational.Fault(operational.KindConflict, "already-connected", "Your organisation is connected with this vendor already. Nothing was changed.")
	case "nobody-to-sell":
		return operational.Fault(operational.KindConflict, "nobody-to-sell", "Your organisation has no administrator, and nobody else in it could work for the vendor. Nothing was changed. Let somebody accept who may do everything in it: they become its administrator.")
	case "has-administrator":
		return operational.Fault(operational.KindConflict, "has-administrator", "Your organisation has an administrator already, or a channel of its own, into which no vendor brings one. Nothing was changed. Ask whoever looks after it for the role.")
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
	Ticket                string      // of the link that was mailed to the address, where mail is sent
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
	case kind != KindPartner && c != nil:
		f.Add("organisation", "The invitation is to yourself: you join a company that is there.", nil)
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
	proven, err := s.proven(found, in)
	if err != nil {
		return identity.Session{}, err
	}
	secret, err := identity.NewSecret(ctx, in.Name, in.Email, in.Password) // after the look: hashing is dear
	if err != nil {
		return identity.Session{}, err
	}
	actor := found.newcomer()
	joined := false
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if joined, err = join(ctx, tx, token, in, secret, proven); err != nil || !joined {
			return err
		}
		return joinedAs(ctx, tx, actor.Membership)
	})
	if err != nil {
		return identity.Session{}, fmt.Errorf("join by invitation %s: %w", found.ID, err)
	}
	if !joined {
		return identity.Session{}, s.unjoined(ctx, token, proven && found.Kind != KindAdministrator)
	}
	return s.identity.Enter(ctx, actor.Membership, in.Replaces)
}

// newcomer is who joins: in the company that is named, or in one that is made for them.
func (o offered) newcomer() operational.Actor {
	actor := operational.Actor{Person: uuid.Must(uuid.NewV7()), Membership: uuid.Must(uuid.NewV7()), Org: o.OrgID, Side: o.Side}
	switch o.Kind {
	case KindPartner:
		actor.Org, actor.Side = uuid.Must(uuid.NewV7()), operational.SidePartner
	case KindAdministrator:
		actor.Org, actor.Side = *o.Joins, operational.SidePartner
	}
	return actor
}

const sqlJoin = `select sec.join_by_invitation($1, $2, $3, $4)`

// join does it in the newcomer's own name, and looks whether they are there then: the other answers leave a trace too.
func join(ctx context.Context, tx *postgres.Tx, token string, in Newcomer, secret identity.Secret, proven bool) (joined bool, err error) {
	who, err := json.Marshal(map[string]any{
		"person_id": tx.Actor.Person, "membership_id": tx.Actor.Membership,
		"name": secret.Name, "email": secret.Email, "email_norm": secret.Normal, "proven": proven, "hash": secret.Hash,
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
// cannot be used, in words that do not tell which. Only who has shown that the address is theirs is told that it is known.
func (s *Invitations) unjoined(ctx context.Context, token string, proven bool) error {
	if _, err := s.look(ctx, token); err != nil {
		return err
	}
	if proven {
		return operational.Fault(operational.KindConflict, "join-refused", "You have signed in here before with this address. Nothing was saved. Sign in and accept the invitation then.")
	}
	return errJoinRefused()
}

func errJoinRefused() error {
	return operational.Fault(operational.KindConflict, "join-refused",
		"You cannot join with these details. Nothing was saved. If you have signed in here before, sign in and accept the invitation then. Otherwise take the mail address that the invitation was made for.")
}
