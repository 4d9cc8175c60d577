package governance_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
)

func TestAssignments(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	r := w.role(t, w.A, governance.External, "Narrow", on(reads("name")))
	roleOf := func(partner operational.Actor, connection uuid.UUID) operational.Role {
		for _, l := range w.WithRights(t, partner).Rights.Links {
			if l.Connection == connection {
				return l.Role.Key
			}
		}
		return ""
	}
	before := w.WithRights(t, w.P1).Rights.Version
	a, err := w.s.AssignConnection(ctx, w.A, w.AP1, 1, governance.UpdateConnectionAssignment{Role: operational.Set(r.Key), ChannelManagerID: operational.Set(w.A.Membership)})
	require.NoError(t, err)
	require.Equal(t, r.Key, a.EffectiveRole)
	require.EqualValues(t, 2, a.Version)
	require.EqualValues(t, r.Key, roleOf(w.P1, w.AP1))
	require.EqualValues(t, "dealer_personnel", roleOf(w.P1, w.BP1), "another vendor's role is its own affair")
	require.Greater(t, w.WithRights(t, w.P1).Rights.Version, before, "what is remembered of rights is good no more")
	same, err := w.s.AssignConnection(ctx, w.A, w.AP1, 2, governance.UpdateConnectionAssignment{Role: operational.Set(r.Key)})
	require.NoError(t, err)
	require.Equal(t, a, same)
	kind(t, operational.KindStale, second(w.s.AssignConnection(ctx, w.A, w.AP1, 1, governance.UpdateConnectionAssignment{})), "older version")
	kind(t, operational.KindInvalid, second(w.s.AssignConnection(ctx, w.A, w.AP1, 2, governance.UpdateConnectionAssignment{Role: operational.Set("analyst")})), "a role for other people")
	kind(t, operational.KindInvalid, second(w.s.AssignConnection(ctx, w.A, w.AP1, 2, governance.UpdateConnectionAssignment{ChannelManagerID: operational.Set(w.B.Membership)})), "somebody else's member")
	kind(t, operational.KindNotFound, second(w.s.AssignConnection(ctx, w.A, w.BP1, 1, governance.UpdateConnectionAssignment{})), "another vendor's connection")
	kind(t, operational.KindForbidden, second(w.s.AssignConnection(ctx, w.P1, w.AP1, 2, governance.UpdateConnectionAssignment{})), "a partner governs no vendor's roles")

	c, err := w.s.AssignContact(ctx, w.A, w.ContactAP1, 1, governance.UpdateContactAssignment{Role: operational.Set("dealer_personnel")})
	require.NoError(t, err)
	require.EqualValues(t, 2, c.Version)
	require.EqualValues(t, "dealer_personnel", roleOf(w.P1, w.AP1), "the person's role comes before the company's")
	c, err = w.s.AssignContact(ctx, w.A, w.ContactAP1, 2, governance.UpdateContactAssignment{Role: operational.Opt[string]{Given: true}})
	require.NoError(t, err)
	require.Nil(t, c.Role)
	require.Equal(t, r.Key, c.EffectiveRole)
	kind(t, operational.KindNotFound, second(w.s.ContactAssignment(ctx, w.A, w.ContactBP1)), "another vendor's contact")

	manager := w.member(t, w.A, "channel_manager")
	m, err := w.s.AssignMember(ctx, w.A, manager.Membership, 1, governance.UpdateMemberAssignment{Role: operational.Set("analyst"), Regions: operational.Set([]string{"West", "East", "West"})})
	require.NoError(t, err)
	require.Equal(t, governance.MemberAssignment{MembershipID: manager.Membership, Role: "analyst", Regions: []string{"East", "West"}, Version: 2}, m)
	m, err = w.s.AssignMember(ctx, w.A, manager.Membership, 2, governance.UpdateMemberAssignment{Regions: operational.Set([]string{"North"})})
	require.NoError(t, err)
	require.Equal(t, []string{"North"}, m.Regions)
	kind(t, operational.KindInvalid, second(w.s.AssignMember(ctx, w.A, manager.Membership, 3, governance.UpdateMemberAssignment{Role: operational.Set("dealer_personnel")})), "an external role")
	seller := w.member(t, w.P1, "seller")
	kind(t, operational.KindNotFound, second(w.s.AssignMember(ctx, w.A, seller.Membership, 1, governance.UpdateMemberAssignment{Role: operational.Set("analyst")})), "a partner's member")
	kind(t, operational.KindInvalid, second(w.s.AssignMember(ctx, w.P1, seller.Membership, 1, governance.UpdateMemberAssignment{Regions: operational.Set([]string{"West"})})), "a partner has no regions")
	m, err = w.s.AssignMember(ctx, w.P1, seller.Membership, 1, governance.UpdateMemberAssignment{Role: operational.Set("administrator")})
	require.NoError(t, err)
	require.Empty(t, m.Regions)
}

// TestTheLastAdministratorStays also when two take the role from each other at the same moment.
func TestTheLastAdministratorStays(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	demote := governance.UpdateMemberAssignment{Role: operational.Set("analyst")}
	code(t, "last-administrator", second(w.s.AssignMember(ctx, w.A, w.A.Membership, 1, demote)))
	for range 5 {
		other := w.member(t, w.A, "administrator")
		var wait sync.WaitGroup
		errs := make([]error, 2)
		for i, pair := range [][2]operational.Actor{{w.A, other}, {other, w.A}} {
			wait.Go(func() {
				now, err := w.s.MemberAssignment(ctx, pair[0], pair[1].Membership)
				if err == nil {
					_, err = w.s.AssignMember(ctx, pair[0], pair[1].Membership, now.Version, demote)
				}
				errs[i] = err
			})
		}
		wait.Wait()
		require.True(t, (errs[0] == nil) != (errs[1] == nil), "%v / %v", errs[0], errs[1])
		if errs[1] == nil { // then the planted one is the analyst
			w.A = other
		}
		code(t, "last-administrator", second(w.s.AssignMember(ctx, w.A, w.A.Membership, versionOf(t, w, w.A), demote)))
	}
}

func versionOf(t *testing.T, w world, a operational.Actor) int64 {
	t.Helper()
	m, err := w.s.MemberAssignment(t.Context(), a, a.Membership)
	require.NoError(t, err)
	return m.Version
}

func TestAccessScope(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	in := func(partner operational.Actor, connection uuid.UUID) bool {
		for _, l := range w.WithRights(t, partner).Rights.Links {
			if l.Connection == connection {
				return l.InScope
			}
		}
		return false
	}
	now, err := w.s.AccessScope(ctx, w.A)
	require.NoError(t, err)
	require.Equal(t, "all", now.Mode)
	require.EqualValues(t, 2, now.People)
	companies := governance.UpdateAccessScope{Mode: operational.Set("companies"), ConnectionIDs: operational.Set([]uuid.UUID{w.AP2})}
	p, err := w.s.PreviewAccessScope(ctx, w.A, companies)
	require.NoError(t, err)
	require.EqualValues(t, []int64{1, 1, 0, 1, 1}, []int64{p.People, p.Partners, p.PeopleGaining, p.PeopleLosing, p.PartnersLosing})
	require.Equal(t, w.ContactAP1, p.Losing[0].ContactID)
	require.Equal(t, "Partner One", p.Losing[0].Partner)
	require.True(t, in(w.P1, w.AP1), "a preview writes nothing")
	now, err = w.s.UpdateAccessScope(ctx, w.A, 1, companies)
	require.NoError(t, err)
	require.EqualValues(t, 2, now.Version)
	require.Equal(t, []uuid.UUID{w.AP2}, now.ConnectionIDs)
	require.False(t, in(w.P1, w.AP1))
	require.True(t, in(w.P1, w.BP1), "the other vendor's scope is its own")
	require.True(t, in(w.P2, w.AP2))
	kind(t, operational.KindStale, second(w.s.UpdateAccessScope(ctx, w.A, 1, companies)), "older version")

	contacts := governance.UpdateAccessScope{Mode: operational.Set("contacts"), ContactIDs: operational.Set([]uuid.UUID{w.ContactAP1})}
	p, err = w.s.PreviewAccessScope(ctx, w.A, contacts)
	require.NoError(t, err)
	require.EqualValues(t, 1, p.PeopleGaining)
	require.EqualValues(t, 1, p.PeopleLosing)
	now, err = w.s.UpdateAccessScope(ctx, w.A, 2, contacts)
	require.NoError(t, err)
	require.Equal(t, []uuid.UUID{w.AP2}, now.ConnectionIDs, "the list of the other mode is kept")
	require.True(t, in(w.P1, w.AP1))
	require.False(t, in(w.P2, w.AP2))
	colleague := w.member(t, w.P1, "administrator")
	require.False(t, in(colleague, w.AP1), "another person of the same partner")
	for name, wrong := range map[string]governance.UpdateAccessScope{
		"another vendor's connection": {ConnectionIDs: operational.Set([]uuid.UUID{w.BP1})}, "another vendor's contact": {ContactIDs: operational.Set([]uuid.UUID{w.ContactBP1})},
		"unknown mode": {Mode: operational.Set("some")}, "too many": {ContactIDs: operational.Set(make([]uuid.UUID, 0)), ConnectionIDs: operational.Set(many(governance.MaxScope + 1))},
	} {
		_, err := w.s.UpdateAccessScope(ctx, w.A, now.Version, wrong)
		kind(t, operational.KindInvalid, err, name)
	}
	_, err = w.s.AccessScope(ctx, w.P1)
	kind(t, operational.KindForbidden, err, "a partner has no scope")
	_, err = w.s.UpdateAccessScope(ctx, w.A, now.Version, governance.UpdateAccessScope{Mode: operational.Set("contacts"), ContactIDs: operational.Set([]uuid.UUID{})})
	require.NoError(t, err)
	require.False(t, in(w.P1, w.AP1), "an empty list lets nobody in")
}

// Twenty thousand people are let in one by one, and each request under it looks at its own only.
func TestALongScope(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	for _, table := range []string{"membership", "external_contact"} { // each row counts a change of the one company by itself: a trial of another kind
		w.exec(t, "alter table crm."+table+" disable trigger user")
		defer w.exec(t, "alter table crm."+table+" enable trigger user")
	}
	w.exec(t, `with h as (insert into crm.person (id, display_name, created_at) select gen_random_uuid(), 'Person ' || n, now() from generate_series(2, $4::int) n returning id),
		m as (insert into crm.membership (id, org_id, person_id, role, created_at) select gen_random_uuid(), $3, id, 'administrator', now() from h returning id)
		insert into crm.external_contact (id, connection_id, vendor_org_id, partner_org_id, membership_id, display_name) select gen_random_uuid(), $1, $2, $3, id, 'Person' from m`,
		w.AP1, w.A.Org, w.P1.Org, governance.MaxScope)
	var ids []uuid.UUID
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select array_agg(id) from crm.external_contact where connection_id = $1`, w.AP1).Scan(&ids))
	require.Len(t, ids, governance.MaxScope)
	in := governance.UpdateAccessScope{Mode: operational.Set("contacts"), ContactIDs: operational.Set(ids)}
	timed := func(what string, do func() error) {
		t.Helper()
		began := time.Now()
		require.NoError(t, do(), what)
		t.Logf("%s: %s", what, time.Since(began))
	}
	timed("preview", func() error { return second(w.s.PreviewAccessScope(ctx, w.A, in)) })
	timed("save all", func() error { return second(w.s.UpdateAccessScope(ctx, w.A, 1, in)) })
	timed("a request under it", func() error {
		require.True(t, w.WithRights(t, w.P1).Rights.Links[0].InScope || w.WithRights(t, w.P1).Rights.Links[1].InScope)
		return nil
	})
	in.ContactIDs = operational.Set(ids[1:])
	timed("take one out", func() error { return second(w.s.UpdateAccessScope(ctx, w.A, 2, in)) })
	now, err := w.s.AccessScope(ctx, w.A)
	require.NoError(t, err)
	require.EqualValues(t, governance.MaxScope-1, now.People)
}

func many(n int) []uuid.UUID {
	ids := make([]uuid.UUID, n)
	for i := range ids {
		ids[i] = uuid.New()
	}
	return ids
}
