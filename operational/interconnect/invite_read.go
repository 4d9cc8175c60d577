package interconnect

import (
	"context"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// PartnerInvitations lists the invitations into the caller's channel, newest first.
func (s *Invitations) PartnerInvitations(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[PartnerInvitation], error) {
	q, err := s.ofKind(ctx, actor, KindPartner, q)
	if err != nil {
		return operational.Listed[PartnerInvitation]{}, err
	}
	return postgres.Page(ctx, s.db, actor, partnerInvitationList, q, sqlPartnerInvitations, func(r partnerInvitationRow) PartnerInvitation { return r.PartnerInvitation })
}

// MemberInvitations lists the invitations into the caller's company, newest first.
func (s *Invitations) MemberInvitations(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[MemberInvitation], error) {
	q, err := s.ofKind(ctx, actor, KindMember, q)
	if err != nil {
		return operational.Listed[MemberInvitation]{}, err
	}
	return postgres.Page(ctx, s.db, actor, memberInvitationList, q, sqlMemberInvitations, func(r memberInvitationRow) MemberInvitation { return r.MemberInvitation })
}

// PartnerInvitation reads one.
func (s *Invitations) PartnerInvitation(ctx context.Context, actor operational.Actor, id uuid.UUID) (PartnerInvitation, error) {
	return readInvitation[PartnerInvitation](ctx, s, actor, KindPartner, sqlPartnerInvitation, id)
}

// MemberInvitation reads one.
func (s *Invitations) MemberInvitation(ctx context.Context, actor operational.Actor, id uuid.UUID) (MemberInvitation, error) {
	return readInvitation[MemberInvitation](ctx, s, actor, KindMember, sqlMemberInvitation, id)
}

func (s *Invitations) ofKind(ctx context.Context, actor operational.Actor, kind string, q operational.Query) (operational.Query, error) {
	return q.Also(operational.Filter{Field: "kind", Op: "eq", Values: []string{kind}}), s.lookFirst(ctx, actor, kind)
}

// lookFirst notes what time has done, so that a list and its filters say the same as the page behind a link.
func (s *Invitations) lookFirst(ctx context.Context, actor operational.Actor, kind string) error {
	if err := mayList(actor, kind); err != nil {
		return err
	}
	return s.db.InTx(ctx, actor, func(tx *postgres.Tx) error { return expire(ctx, tx) })
}

func readInvitation[T any](ctx context.Context, s *Invitations, actor operational.Actor, kind, sql string, id uuid.UUID) (T, error) {
	if err := s.lookFirst(ctx, actor, kind); err != nil {
		var none T
		return none, err
	}
	return postgres.One[T](ctx, s.db, actor, "invitation", sql, id)
}
