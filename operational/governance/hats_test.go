package governance_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
)

// newMiddle is the planted channel in which vendor A has begun to sell as well.
func newMiddle(t *testing.T) world {
	t.Helper()
	w := newWorld(t)
	w.exec(t, `select crm.begin_to_sell($1, now())`, w.A.Org)
	w.A = w.WithRights(t, w.A)
	return w
}

// wearing is the same person at work on a side.
func (w world) wearing(t *testing.T, a operational.Actor, side operational.Side) operational.Actor {
	t.Helper()
	a.Side = side
	return w.WithRights(t, a)
}

// A role is made for one side of a company, or for both, and says so; where there is one side only, there is no choice.
func TestTheSideOfARole(t *testing.T) {
	ctx, w := t.Context(), newMiddle(t)
	for key, worn := range map[string]string{"administrator": governance.BothSides, "channel_leader": "vendor", "analyst": "vendor", "seller": "partner", "dealer_personnel": governance.BothSides} {
		r, err := w.s.Role(ctx, w.A, key)
		require.NoError(t, err)
		require.Equal(t, worn, r.Worn(), key)
	}
	for i, try := range []struct{ hat, copyOf, worn string }{
		{"", "", "vendor"}, {"partner", "", "partner"}, {governance.BothSides, "", governance.BothSides}, {"", "seller", "partner"}, {"vendor", "seller", "vendor"}, {governance.BothSides, "analyst", governance.BothSides},
	} {
		r, err := w.s.CreateRole(ctx, w.A, governance.NewRole{Audience: governance.Internal, Name: string(rune('A' + i)), Hat: try.hat, CopyOf: try.copyOf})
		require.NoError(t, err)
		require.Equal(t, try.worn, r.Worn(), try)
	}
	kind(t, operational.KindInvalid, second(w.s.CreateRole(ctx, w.A, governance.NewRole{Audience: governance.Internal, Name: "x", Hat: "seller"})), "no side")
	kind(t, operational.KindInvalid, second(w.s.CreateRole(ctx, w.A, governance.NewRole{Audience: governance.External, Name: "x", Hat: "vendor"})), "partners' people have none")
	kind(t, operational.KindInvalid, second(w.s.CreateRole(ctx, w.P1, governance.NewRole{Audience: governance.Internal, Name: "x", Hat: "partner"})), "a company that only sells")
	only, err := w.s.CreateRole(ctx, w.P1, governance.NewRole{Audience: governance.Internal, Name: "x"})
	require.NoError(t, err)
	require.Nil(t, only.Hat)

	// What the other side cannot have is not copied there; and a role keeps what its side has, whoever changes it where.
	r := w.role(t, w.A, governance.Internal, "Governs", governance.UpdateRole{Capabilities: operational.Set([]operational.Permission{operational.ChannelGovern, operational.AuditRead})})
	copied, err := w.s.CreateRole(ctx, w.A, governance.NewRole{Audience: governance.Internal, Name: "Sells", Hat: "partner", CopyOf: r.Key})
	require.NoError(t, err)
	require.Equal(t, []operational.Permission{operational.AuditRead}, copied.Capabilities)
	selling := w.wearing(t, w.A, operational.SidePartner)
	r, err = w.s.UpdateRole(ctx, selling, r.Key, r.Version, governance.UpdateRole{Name: operational.Set("Governs still")})
	require.NoError(t, err)
	require.Contains(t, r.Capabilities, operational.ChannelGovern)
	govern := governance.UpdateRole{Capabilities: operational.Set([]operational.Permission{operational.ChannelGovern})}
	kind(t, operational.KindInvalid, second(w.s.UpdateRole(ctx, w.A, copied.Key, copied.Version, govern)), "who sells governs no channel")
	found, err := w.s.Compare(ctx, w.A, r.Key, copied.Key)
	require.NoError(t, err)
	require.Contains(t, found, governance.Difference{Subject: "hat", One: "vendor", Other: "partner"})
}

// Whoever works on one side gives nothing on the other, also with every right on their own.
func TestNobodyGivesWhatTheOtherSideMayDo(t *testing.T) {
	ctx, w := t.Context(), newMiddle(t)
	w.exec(t, `update crm.role set capabilities = capabilities || '{people.manage,roles.manage}' where org_id = $1 and key in ('channel_manager', 'seller')`, w.A.Org)
	everything := w.member(t, w.A, "channel_leader")
	manager := w.member(t, w.A, "channel_manager")
	seller := w.wearing(t, w.A, operational.SidePartner)
	seller = w.member(t, seller, "seller")
	reviewer, sells := w.member(t, w.A, "reviewer"), w.member(t, seller, "seller")
	w.exec(t, `insert into crm.role (org_id, key, audience, name, hat, created_at, updated_at) values ($1, 'idle', 'internal', 'Idle', 'partner', now(), now()), ($1, 'nothing', 'internal', 'Nothing', 'vendor', now(), now())`, w.A.Org)
	memberVersion := func(whom operational.Actor) int64 { // whatever side they work on
		m, err := w.s.MemberAssignment(ctx, w.A, whom.Membership)
		require.NoError(t, err)
		return m.Version
	}
	assign := func(by, whom operational.Actor, role string) error {
		return second(w.s.AssignMember(ctx, by, whom.Membership, memberVersion(whom), governance.UpdateMemberAssignment{Role: operational.Set(role)}))
	}
	for _, try := range []struct {
		by, whom operational.Actor
		to, code string
	}{
		{manager, reviewer, "seller", "beyond-own-rights"},
		{manager, reviewer, "idle", "beyond-own-rights"}, // the side itself is one of the things that are given
		{everything, reviewer, "seller", "beyond-own-rights"},
		{everything, reviewer, "administrator", "beyond-own-rights"},
		{everything, everything, "administrator", "beyond-own-rights"},
		{everything, sells, "reviewer", "person-above-you"},
		{seller, reviewer, "seller", "person-above-you"},
		{seller, sells, "nothing", "beyond-own-rights"},
	} {
		code(t, try.code, assign(try.by, try.whom, try.to))
	}
	require.NoError(t, assign(everything, reviewer, "channel_leader"), "on their own side they do")
	require.NoError(t, assign(w.A, reviewer, "seller"), "and on both who works on both")

	seen := func() int64 {
		r, err := w.s.Role(ctx, w.A, "seller")
		require.NoError(t, err)
		return r.Version
	}
	for _, by := range []operational.Actor{everything, manager} {
		for _, in := range []governance.NewRole{{Hat: "partner"}, {Hat: governance.BothSides}, {CopyOf: "seller"}} {
			in.Audience, in.Name = governance.Internal, uuid.NewString()
			code(t, "beyond-own-rights", second(w.s.CreateRole(ctx, by, in)))
		}
		_, err := w.s.UpdateRole(ctx, by, "seller", seen(), on(governance.UpdateRights{Delete: operational.Set(false), Export: operational.Set(false)}))
		require.NoError(t, err, "to take away is always allowed")
		code(t, "beyond-own-rights", second(w.s.UpdateRole(ctx, by, "seller", seen(), on(governance.UpdateRights{Export: operational.Set(true)}))))
	}
	// Roles for partners' people give what is the vendor's.
	mine, err := w.s.CreateRole(ctx, everything, governance.NewRole{Audience: governance.External, Name: "Shown", CopyOf: "dealer_personnel"})
	require.NoError(t, err)
	_, err = w.s.AssignContact(ctx, everything, w.ContactAP1, 1, governance.UpdateContactAssignment{Role: operational.Set(mine.Key)})
	require.NoError(t, err)

	// Somebody who does everything on one side does not stand in for the last one who does on both.
	code(t, "last-administrator", assign(w.A, w.A, "analyst"))
	another := w.member(t, w.A, "administrator")
	require.NoError(t, assign(another, w.A, "channel_leader"))
}
