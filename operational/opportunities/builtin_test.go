package opportunities_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// What the roles reach that come with a channel: its leader, who reads and who reviews all of it, its channel managers the
// partners and regions that they look after, and what is their own.
func TestWhatTheBuiltInRolesReach(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	deal := func(actor operational.Actor, connection *uuid.UUID, name string) opportunities.Opportunity {
		return w.create(actor, opportunities.NewOpportunity{ConnectionID: connection, Name: name, VendorNet: ptr(usd("1"))})
	}
	as := func(role string) operational.Actor {
		a := w.colleague(w.A, role)
		w.exec(`update crm.membership set role = $2 where id = $1`, a.Membership, role)
		return w.db.WithRights(t, a)
	}
	of := map[string]opportunities.Opportunity{"one": deal(w.P1, &w.AP1, "one"), "two": deal(w.P2, &w.AP2, "two"), "direct": deal(w.A, nil, "direct")}
	manager := as("channel_manager")
	of["own"] = deal(manager, nil, "own")
	seen := func(actor operational.Actor) []string { return w.list(w.db.WithRights(t, actor), "", "name") }
	all := []string{"direct", "one", "own", "two"}
	require.Equal(t, []string{"own"}, seen(manager), "nobody's manager yet")
	w.exec(`update crm.connection set channel_manager_id = $2 where id = $1`, w.AP1, manager.Membership)
	require.Equal(t, []string{"one", "own"}, seen(manager), "a partner that they look after")
	w.exec(`insert into crm.membership_region (org_id, membership_id, region) values ($1, $2, 'East')`, w.A.Org, manager.Membership)
	require.Equal(t, []string{"one", "own", "two"}, seen(manager), "and a region")
	w.exec(`delete from crm.membership_region where membership_id = $1`, manager.Membership)
	for role, want := range map[string]struct {
		sees  []string
		edits []string
	}{
		"channel_leader":  {all, all},
		"channel_manager": {[]string{"one", "own"}, []string{"one", "own"}},
		"analyst":         {all, nil},
		"reviewer":        {all, all},
	} {
		actor := as(role)
		if role == "channel_manager" {
			actor = w.db.WithRights(t, manager)
		}
		require.Equal(t, want.sees, seen(actor), role)
		for name, o := range of {
			now, err := w.s.Get(ctx, w.A, o.ID)
			require.NoError(t, err)
			_, err = w.s.Update(ctx, actor, o.ID, now.Version, opportunities.Update{CustomerName: operational.Set(role)})
			require.Equal(t, slices.Contains(want.edits, name), err == nil, "%s changes %s: %v", role, name, err)
			if !slices.Contains(want.sees, name) {
				require.Equal(t, operational.KindNotFound, kind(err), "%s and %s", role, name)
			}
		}
		require.Equal(t, role != "analyst" && role != "reviewer", actor.May(operational.ActCreate, operational.ObjectOpportunity), role)
		require.True(t, actor.May(operational.ActRead, operational.ObjectAccount) && actor.May(operational.ActRead, operational.ObjectProduct), "customers and catalogue are the company's")
		require.Equal(t, role == "channel_leader", actor.Allowed(operational.ChannelGovern), role)
	}
}
