package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Secret is what is stored of somebody new who will sign in.
type Secret struct {
	Name   string
	Email  string
	Normal string // the address as it is compared
	Hash   string // of the password
}

// NewSecret checks what somebody new gives and hashes the password.
func NewSecret(ctx context.Context, name, email, password string) (Secret, error) {
	var f operational.Faults
	checkName(&f, "name", name, 200)
	checkEmail(&f, email)
	checkPassword(&f, password)
	if err := f.Err(); err != nil {
		return Secret{}, err
	}
	hash, err := hashOf(ctx, password)
	if err != nil {
		return Secret{}, fmt.Errorf("hash a password: %w", err)
	}
	return Secret{Name: strings.TrimSpace(name), Email: strings.TrimSpace(email), Normal: normalEmail(email), Hash: hash}, nil
}

const sqlMembership = `
select m.person_id, m.membership_id, m.org_id, m.role, m.governs, m.sells from sec.membership_of($1) m`

// Enter signs in a member who has just proven who they are in another way than by a password.
func (s *Service) Enter(ctx context.Context, membership uuid.UUID, replaces string) (Session, error) {
	actor, err := s.member(ctx, membership)
	if err != nil {
		return Session{}, fmt.Errorf("enter as member %s: %w", membership, err)
	}
	return s.open(ctx, actor, proof{Person: actor.Person}, replaces)
}

type memberRow struct {
	PersonID     uuid.UUID
	MembershipID uuid.UUID
	OrgID        uuid.UUID
	Role         operational.Role
	Governs      bool
	Sells        bool
}

// member is a membership as an actor, on the side that its role wears at first.
func (s *Service) member(ctx context.Context, id uuid.UUID) (actor operational.Actor, err error) {
	err = s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlMembership, id).Query(func(rows pgx.Rows) error {
			r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[memberRow])
			if errors.Is(err, pgx.ErrNoRows) {
				return errSignInAgain()
			}
			side, ok := sideOf(r.Role, r.Governs, r.Sells)
			if err == nil && !ok {
				return errSignInAgain()
			}
			actor = operational.Actor{Person: r.PersonID, Membership: r.MembershipID, Org: r.OrgID, Side: side, Role: r.Role}
			return err
		})
	})
	return actor, err
}
