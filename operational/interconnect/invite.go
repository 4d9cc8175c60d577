package interconnect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Invitations brings companies into channels and people into companies.
type Invitations struct {
	db       *postgres.DB
	identity *identity.Service
	tickets  Tickets
	mails    bool
}

// NewInvitations makes the service on the api login. Without a way to send mail, links are passed on by hand.
func NewInvitations(db *postgres.DB, people *identity.Service, tickets Tickets, mails bool) *Invitations {
	return &Invitations{db: db, identity: people, tickets: tickets, mails: mails}
}

// SendsMail says whether invitations go out by mail.
func (s *Invitations) SendsMail() bool { return s.mails }

// Issued is an invitation whose link is shown, this once.
type Issued[T any] struct {
	Invitation T
	Link       string
}

// eventInvited wakes whoever sends the mail.
const eventInvited = "invitation.sent"

// InvitePartner invites a company into the caller's channel. The answer is the same whether anybody here is known by the
// address or the name, or not.
func (s *Invitations) InvitePartner(ctx context.Context, actor operational.Actor, in NewPartnerInvitation) (Issued[PartnerInvitation], error) {
	if actor.Side != operational.SideVendor {
		return Issued[PartnerInvitation]{}, errVendorOnly()
	}
	if in.ExternalRole != nil {
		if err := actor.Require(operational.ChannelGovern); err != nil {
			return Issued[PartnerInvitation]{}, err
		}
	}
	if err := s.reaches(in.Email, in.validate()); err != nil {
		return Issued[PartnerInvitation]{}, err
	}
	return issue[PartnerInvitation](ctx, s, actor, KindPartner, in.Email, in.ExpiresAt, sqlPartnerInvitation, func(tx *postgres.Tx, args pgx.NamedArgs) error {
		number, err := partnerNumber(ctx, tx, in.PartnerNumber)
		if err != nil {
			return err
		}
		if in.ExternalRole != nil {
			if err := giveable(ctx, tx, "external_role", *in.ExternalRole, ofPartners); err != nil {
				return err
			}
		}
		if err := worksHere(ctx, tx, in.ChannelManagerID); err != nil {
			return err
		}
		args["message"], args["partner_name"], args["partner_number"] = in.Message, strings.TrimSpace(in.PartnerName), number
		args["tier"], args["region"], args["manager"], args["external_role"] = in.Tier, in.Region, in.ChannelManagerID, in.ExternalRole
		return nil
	})
}

// InviteMember invites a person into the caller's company.
func (s *Invitations) InviteMember(ctx context.Context, actor operational.Actor, in NewMemberInvitation) (Issued[MemberInvitation], error) {
	if err := s.reaches(in.Email, in.validate()); err != nil {
		return Issued[MemberInvitation]{}, err
	}
	return issue[MemberInvitation](ctx, s, actor, KindMember, in.Email, in.ExpiresAt, sqlMemberInvitation, func(tx *postgres.Tx, args pgx.NamedArgs) error {
		args["message"], args["role"] = in.Message, in.Role
		return giveable(ctx, tx, "role", in.Role, ofOwnPeople)
	})
}

// issue writes an invitation of either kind and makes its link.
func issue[T any](ctx context.Context, s *Invitations, actor operational.Actor, kind string, email *string, expires *time.Time, read string,
	fill func(*postgres.Tx, pgx.NamedArgs) error,
) (issued Issued[T], err error) {
	id := uuid.Must(uuid.NewV7())
	token := s.tickets.token(id, 1)
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		var f operational.Faults
		args := pgx.NamedArgs{
			"id": id, "org": actor.Org, "kind": kind, "digest": digest(token), "email": email, "mail": s.mailTo(email), "expires": until(&f, expires, tx.Now),
			"member": actor.Membership, "now": tx.Now, "partner_name": nil, "partner_number": nil, "tier": nil, "region": nil, "manager": nil,
			"external_role": nil, "role": nil, "into": nil,
		}
		if err := errors.Join(f.Err(), fill(tx, args)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlInsertInvitation, args); err != nil {
			return fmt.Errorf("write invitation: %w", err)
		}
		var about map[string]uuid.UUID
		if into, some := args["into"].(uuid.UUID); some { // the partner keeps an anchor of it
			about = onConnection(into)
		}
		if err := s.noteIssue(ctx, tx, "invitation.created", id, about, givenBy(args), email); err != nil {
			return err
		}
		issued.Invitation, err = postgres.OneTx[T](ctx, tx, "invitation", read, id)
		return err
	})
	issued.Link = s.tickets.link(token)
	return issued, err
}

// reaches adds to the faults of a new invitation that it needs an address where no mail is sent: whoever invites vouches
// for it by naming it, because nobody has to show that it is theirs.
func (s *Invitations) reaches(email *string, faults error) error {
	if s.mails || email != nil || faults != nil && operational.KindOf(faults) != operational.KindInvalid {
		return faults
	}
	var f operational.Faults
	if e := (*operational.Error)(nil); errors.As(faults, &e) {
		f = e.Fields
	}
	f.Add("email", "is needed, because this program sends no mail: somebody new joins with the address that you name", nil)
	return f.Err()
}

func (s *Invitations) mailTo(email *string) string {
	if s.mails && email != nil {
		return mailWaiting
	}
	return mailNone
}

// noteIssue says that there is a new token, and has it sent after the commit.
func (s *Invitations) noteIssue(ctx context.Context, tx *postgres.Tx, event string, id uuid.UUID, about map[string]uuid.UUID, d audit.Details, email *string) error {
	if err := events.AppendDecided(ctx, tx, event, id, about, d); err != nil || s.mailTo(email) == mailNone {
		return err
	}
	return events.Append(ctx, tx, eventInvited, id, nil)
}

// worksHere checks that who is to look after a partner is an active member.
func worksHere(ctx context.Context, tx *postgres.Tx, manager *uuid.UUID) error {
	if manager == nil {
		return nil
	}
	var active bool
	if err := tx.QueryRow(ctx, `select exists (select from crm.membership where org_id = $1 and id = $2 and status = 'active')`, tx.Actor.Org, *manager).Scan(&active); err != nil {
		return fmt.Errorf("look for the channel manager: %w", err)
	}
	var f operational.Faults
	if !active {
		f.Add("channel_manager_id", "There is no such active member of your organisation.", nil)
	}
	return f.Err()
}

const (
	sqlNumberTaken = `
select exists (select from crm.connection c where c.vendor_org_id = $1 and c.partner_number = $2 and c.status <> 'ended')
  or exists (select from crm.invitation i where i.org_id = $1 and i.partner_number = $2 and i.status = 'open')`

	sqlNextPartner = `
insert into crm.record_counter (scope_id, object, vendor_org_id, last) values ($1, 'partner', $1, 1)
on conflict (scope_id, object, side) do update set last = record_counter.last + 1
returning last`
)

// partnerNumber takes the number that the vendor wishes, or the next one that is free.
func partnerNumber(ctx context.Context, tx *postgres.Tx, wanted *string) (string, error) {
	for {
		number := ""
		if wanted != nil {
			number = strings.TrimSpace(*wanted)
		} else {
			var next int64
			if err := tx.QueryRow(ctx, sqlNextPartner, tx.Actor.Org).Scan(&next); err != nil {
				return "", fmt.Errorf("count partners: %w", err)
			}
			number = fmt.Sprintf("P-%04d", next)
		}
		var taken bool
		if err := tx.QueryRow(ctx, sqlNumberTaken, tx.Actor.Org, number).Scan(&taken); err != nil {
			return "", fmt.Errorf("look for partner number: %w", err)
		}
		switch {
		case !taken:
			return number, nil
		case wanted != nil:
			return "", errNumberTaken()
		}
	}
}

// Revoke takes an open invitation back: its link leads nowhere from now on.
func (s *Invitations) Revoke(ctx context.Context, actor operational.Actor, kind string, id uuid.UUID, version int64) error {
	return s.change(ctx, actor, kind, id, version, func(tx *postgres.Tx, args pgx.NamedArgs, now issueNow) error {
		if now.Status != InvitationOpen {
			return errNotOpen(now.Status)
		}
		if err := s.exec(ctx, tx, sqlRevoke, args); err != nil {
			return err
		}
		return events.Append(ctx, tx, "invitation.revoked", id, nil)
	})
}

// SendAgain gives an invitation that is open, or has expired, a new link, as long as a new one is good for; the old one
// leads nowhere.
func (s *Invitations) SendAgain(ctx context.Context, actor operational.Actor, kind string, id uuid.UUID, version int64) (link string, err error) {
	err = s.change(ctx, actor, kind, id, version, func(tx *postgres.Tx, args pgx.NamedArgs, now issueNow) error {
		if err := now.giveable(ctx, tx); err != nil {
			return err // who sends it again sees the link, and so holds what it gives
		}
		if kind == KindAdministrator {
			if err := mayAdminister(ctx, tx, *now.IntoConnection); err != nil {
				return err
			}
		}
		if now.Email == nil && !s.mails { // cleared away, some time after it had expired
			return operational.Fault(operational.KindConflict, "address-gone", "The mail address of this invitation is not kept any more. Nothing was changed. Make a new one.")
		}
		token := s.tickets.token(id, now.Issue+1)
		args["digest"], args["expires"], args["mail"] = digest(token), tx.Now.Add(invitationLife), s.mailTo(now.Email)
		if err := s.exec(ctx, tx, sqlIssueAgain, args); err != nil {
			return err
		}
		link = s.tickets.link(token)
		return s.noteIssue(ctx, tx, "invitation.issued_again", id, nil, audit.Details{}, now.Email)
	})
	return link, err
}

func (s *Invitations) exec(ctx context.Context, tx *postgres.Tx, sql string, args pgx.NamedArgs) error {
	tag, err := tx.Exec(ctx, sql, args)
	if err == nil && tag.RowsAffected() == 0 {
		err = operational.Stale("invitation")
	}
	return err
}

// issueNow is what a change of an invitation goes by.
type issueNow struct {
	Issue   int
	Status  string
	Version int64
	Email   *string

	Role, ExternalRole *string // that it gives
	IntoConnection     *uuid.UUID
}

// giveable says whether the caller could have made such an invitation.
func (now issueNow) giveable(ctx context.Context, tx *postgres.Tx) error {
	switch {
	case now.Role != nil:
		return giveable(ctx, tx, "role", *now.Role, ofOwnPeople)
	case now.ExternalRole == nil:
		return nil
	}
	if err := tx.Actor.Require(operational.ChannelGovern); err != nil {
		return err
	}
	return giveable(ctx, tx, "external_role", *now.ExternalRole, ofPartners)
}

// change looks at an invitation that is to be changed.
func (s *Invitations) change(ctx context.Context, actor operational.Actor, kind string, id uuid.UUID, version int64, do func(*postgres.Tx, pgx.NamedArgs, issueNow) error) error {
	if err := mayList(actor, kind); err != nil {
		return err
	}
	var refused error // what time has done stays noted, also when nothing else is changed
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if err := expire(ctx, tx); err != nil {
			return err
		}
		now, err := postgres.OneTx[issueNow](ctx, tx, "invitation", sqlIssue, id, kind)
		switch {
		case err != nil:
			return err
		case now.Status != InvitationOpen && now.Status != InvitationExpired:
			refused = errNotOpen(now.Status)
			return nil
		case now.Version != version:
			return operational.Stale("invitation")
		}
		err = do(tx, pgx.NamedArgs{"id": id, "kind": kind, "version": version, "now": tx.Now}, now)
		if now.Status == InvitationExpired && operational.KindOf(err) == operational.KindConflict {
			refused, err = err, nil
		}
		return err
	})
	return errors.Join(err, refused)
}

func errNotOpen(status string) error {
	return operational.Fault(operational.KindConflict, "invitation-closed", "The invitation is %s and stays so. Nothing was changed. Make a new one.", status)
}

func expire(ctx context.Context, tx *postgres.Tx) error {
	if _, err := tx.Exec(ctx, sqlExpire, tx.Actor.Org, tx.Now); err != nil {
		return fmt.Errorf("note expired invitations: %w", err)
	}
	return nil
}

func mayList(actor operational.Actor, kind string) error {
	if kind != KindMember && actor.Side != operational.SideVendor {
		return errVendorOnly()
	}
	return nil
}
