package identity

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

const (
	sqlUseIdentity    = `select person_id, active from sec.use_identity($1, $2, $3)`
	sqlLinkIdentity   = `select sec.link_identity($1, $2, $3, $4, $5)`
	sqlJoinByProvider = `select sec.join_by_provider($1, $2, $3)`
	sqlRefuseIdentity = `select sec.refuse_identity($1, $2, $3)`
)

// admit lets in whom a provider has vouched for: who was led there with a password shown is linked, who is known comes in,
// who is not may join.
func (s *Service) admit(ctx context.Context, p asked, v vouched, x trip, in Arrival, out Arrived) (Arrived, error) {
	if x.Step != "" {
		var person uuid.UUID
		var err error
		if person, out.Linked, err = s.linked(ctx, p, v, x, in.Actor); err != nil || out.Linked {
			return out, err
		}
		out.Opened, err = s.enterBy(ctx, p, person, in.Replaces)
		return out, err
	}
	person, active, err := s.subject(ctx, p, v)
	switch {
	case err != nil:
		return out, err
	case person == uuid.Nil:
		person, err = s.join(ctx, p, v)
	case !active:
		err = s.refuse(ctx, p, person, operational.Fault(operational.KindForbidden, "member-suspended", "Your organisation does not let you in at the moment. Ask an administrator of yours."))
	}
	if err == nil {
		out.Opened, err = s.enterBy(ctx, p, person, in.Replaces)
	}
	return out, err
}

// subject is the person that the provider means, if somebody here is known to be that.
func (s *Service) subject(ctx context.Context, p asked, v vouched) (person uuid.UUID, active bool, err error) {
	err = s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlUseIdentity, p.ID, v.Subject, s.db.Now()).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&person, &active}, func() error { return nil })
			return err
		})
	})
	if err != nil {
		return uuid.Nil, false, fmt.Errorf("look whom a provider means: %w", err)
	}
	return person, active, nil
}

// linked makes the subject known as whoever began the step. Connected: that was all that was wished for.
func (s *Service) linked(ctx context.Context, p asked, v vouched, x trip, actor operational.Actor) (person uuid.UUID, connected bool, err error) {
	step, ok := s.errand(x.Step, p.ID)
	if !ok {
		return uuid.Nil, false, errTripOver()
	}
	if _, err := s.factors(ctx, step.proof); err != nil { // the password has become another meanwhile
		return uuid.Nil, false, err
	}
	connected = step.Needs == NeedLink
	if connected && (actor.Person != step.Person || actor.Credential != step.Session) {
		return uuid.Nil, false, errTripOver() // somebody else sits there now
	}
	if connected {
		if err := actor.OnlyLooks(); err != nil { // begun before the look, and no change is finished in it
			return uuid.Nil, false, err
		}
	}
	done := false
	if err := s.program(ctx, sqlLinkIdentity, &done, uuid.Must(uuid.NewV7()), p.ID, v.Subject, step.Person, s.db.Now()); err != nil {
		return uuid.Nil, false, fmt.Errorf("link a person to a provider: %w", err)
	}
	if !done {
		return uuid.Nil, false, s.refuse(ctx, p, step.Person, operational.Fault(operational.KindForbidden, "identity-taken",
			"The account that you used at %s belongs to somebody else here. Nothing was connected. Sign out there, then try again with your own.", p.Name))
	}
	return step.Person, connected, nil
}

// enterBy opens a session in the provider's own company. A provider takes the place of password and code there, and is no
// word at all elsewhere.
func (s *Service) enterBy(ctx context.Context, p asked, person uuid.UUID, replaces string) (Opened, error) {
	rows, err := s.memberships(ctx, person)
	if err != nil {
		return Opened{}, fmt.Errorf("list memberships: %w", err)
	}
	shown := proof{Person: person, Provider: p.ID}
	for _, r := range rows {
		side, ok := sideOf(r.Role, r.Governs, r.Sells)
		if !ok || r.OrgID != p.OrgID {
			continue
		}
		if needs, _ := r.lacks(shown); needs != "" {
			return Opened{}, s.refuse(ctx, p, person, operational.Fault(operational.KindForbidden, "provider-needed",
				"Your organisation asks its people to sign in by another provider. Sign in with your password; the next page leads there."))
		}
		session, err := s.open(ctx, operational.Actor{Person: person, Membership: r.MembershipID, Org: r.OrgID, Side: side, Role: r.Role}, shown, replaces)
		return Opened{Session: session}, err
	}
	return Opened{}, s.refuse(ctx, p, person, operational.Fault(operational.KindForbidden, "no-workspace", "You are a member of no organisation here. Ask an administrator of yours."))
}

// refuse notes in the provider's company that somebody of it was not let in.
func (s *Service) refuse(ctx context.Context, p asked, person uuid.UUID, why error) error {
	if err := s.program(ctx, sqlRefuseIdentity, nil, p.ID, person, s.db.Now()); err != nil {
		return fmt.Errorf("note a refused sign-in: %w", err)
	}
	return why
}

// join makes a member of somebody whom nobody here knows, where the company wants that.
func (s *Service) join(ctx context.Context, p asked, v vouched) (uuid.UUID, error) {
	if p.JoinRole != nil && v.further != nil {
		var err error
		if v, err = v.further(ctx); err != nil {
			return uuid.Nil, errVoid(p, err)
		}
	}
	email := strings.TrimSpace(v.Mail)
	if !p.invites(v.Verified, email) {
		return uuid.Nil, errUnknown(p)
	}
	person := uuid.Must(uuid.NewV7())
	who := map[string]any{
		"person_id": person, "membership_id": uuid.Must(uuid.NewV7()), "identity_id": uuid.Must(uuid.NewV7()), "subject": v.Subject,
		"name": nameOf(v.Name, email), "email": email, "domain": domainOf(email),
	}
	var answer string
	if err := s.program(ctx, sqlJoinByProvider, &answer, p.ID, who, s.db.Now()); err != nil {
		return uuid.Nil, fmt.Errorf("join by a provider: %w", err)
	}
	switch answer {
	case "done":
		return person, nil
	case "known": // in another window, just now
		person, _, err := s.subject(ctx, p, v)
		return person, err
	case "taken":
		return uuid.Nil, operational.Fault(operational.KindForbidden, "identity-unknown",
			"Somebody with this mail address is a member already. If that is you, sign in with your password once and connect %s on the page of your account. Otherwise ask your administrator.", p.Name)
	}
	return uuid.Nil, errUnknown(p)
}

// invites says whether whoever has this address at the provider may join.
func (p asked) invites(verified bool, email string) bool {
	parsed, err := mail.ParseAddress(email)
	return verified && p.JoinRole != nil && err == nil && parsed.Address == email && len(email) <= maxEmail && slices.Contains(p.Domains, domainOf(email))
}

func errUnknown(p asked) error {
	return operational.Fault(operational.KindForbidden, "identity-unknown",
		"Nobody here is known by the account that you used at %s. If you have a password here, sign in with it and connect %s on the page of your account. Otherwise ask your administrator to invite you.", p.Name, p.Name)
}

// nameOf is the name that a provider tells, as it can be kept and shown; without one, the address's own part.
func nameOf(name, email string) string {
	name = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, name)), " ")
	if name == "" {
		name = email[:strings.LastIndexByte(email, '@')]
	}
	if r := []rune(name); len(r) > 200 {
		name = string(r[:200])
	}
	return name
}
