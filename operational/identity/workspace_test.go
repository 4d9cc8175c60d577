package identity_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestASessionWorksWhereItIsTold(t *testing.T) {
	ctx := t.Context()
	d := pgtest.New(t)
	c, people := d.Plant(t), identity.New(d.API, pgtest.Secret)
	// P1's administrator is an analyst of vendor A as well.
	elsewhere := uuid.New()
	_, err := d.Owner(t).Exec(ctx, `insert into crm.membership (id, org_id, person_id, role, created_at) values ($1, $2, $3, 'analyst', now())`, elsewhere, c.A.Org, c.P1.Person)
	require.NoError(t, err)
	session, err := people.Enter(ctx, c.P1.Membership, "")
	require.NoError(t, err)
	me, err := people.Me(ctx, session.Actor)
	require.NoError(t, err)
	require.Equal(t, []identity.Choice{
		{Organisation: identity.OrganisationRef{ID: c.P1.Org, Name: "Partner One"}, Side: "partner", Current: true},
		{Organisation: identity.OrganisationRef{ID: c.A.Org, Name: "Vendor A"}, Side: "vendor"},
	}, me.Workspaces)
	require.Len(t, me.Vendors, 2)
	require.Equal(t, "Vendor A", me.Vendors[0].Vendor.Name)

	narrow, err := people.Switch(ctx, session.Actor, session.Token, identity.Place{Connection: &c.AP1})
	require.NoError(t, err)
	require.NotEqual(t, session.Token, narrow.Token)
	require.Equal(t, session.ExpiresAt.UTC(), narrow.ExpiresAt.UTC(), "it lives no longer than it would have")
	_, err = people.ActorOfSession(ctx, session.Token)
	require.Equal(t, operational.KindUnauthenticated, operational.KindOf(err))
	actor, err := people.ActorOfSession(ctx, narrow.Token)
	require.NoError(t, err)
	require.Equal(t, c.AP1, actor.Connection)
	grants := actor.Grants(operational.ObjectOpportunity)
	require.Len(t, grants, 1)
	require.Equal(t, c.AP1, grants[0].Connection)
	_, err = people.Switch(ctx, session.Actor, session.Token, identity.Place{})
	require.Equal(t, operational.KindUnauthenticated, operational.KindOf(err), "the old token is good for nothing")

	for name, to := range map[string]identity.Place{
		"another's connection":  {Connection: &c.AP2},
		"a side that is not":    {Side: new(operational.SideVendor)},
		"another's company":     {Organisation: &c.B.Org},
		"a vendor's connection": {Organisation: &c.A.Org, Connection: &c.AP1},
	} {
		_, err := people.Switch(ctx, actor, narrow.Token, to)
		require.Equal(t, operational.KindInvalid, operational.KindOf(err), name)
	}
	wide, err := people.Switch(ctx, actor, narrow.Token, identity.Place{})
	require.NoError(t, err)
	require.Len(t, wide.Actor.Grants(operational.ObjectOpportunity), 3)
	vendor, err := people.Switch(ctx, wide.Actor, wide.Token, identity.Place{Organisation: &c.A.Org})
	require.NoError(t, err)
	require.Equal(t, elsewhere, vendor.Actor.Membership)
	require.Equal(t, operational.SideVendor, vendor.Actor.Side)
	require.Equal(t, operational.RoleAnalyst, vendor.Actor.Rights.Own.Key)

	_, err = d.Owner(t).Exec(ctx, `update crm.workspace set sells = true where org_id = $1`, c.A.Org)
	require.NoError(t, err)
	both, err := people.Switch(ctx, vendor.Actor, vendor.Token, identity.Place{Side: new(operational.SidePartner)})
	require.NoError(t, err)
	require.Equal(t, operational.SidePartner, both.Actor.Side)
}

func TestAKeyWorksInOneConnection(t *testing.T) {
	ctx := t.Context()
	d := pgtest.New(t)
	c, people := d.Plant(t), identity.New(d.API, pgtest.Secret)
	wish := identity.NewKey{Name: "k", Scopes: []string{"opportunities.read", "api_keys.manage"}, ConnectionID: &c.AP1}
	key, secret, err := people.CreateKey(ctx, c.P1, wish)
	require.NoError(t, err)
	require.Equal(t, c.AP1, *key.ConnectionID)
	actor, err := people.ActorOfKey(ctx, secret)
	require.NoError(t, err)
	require.Equal(t, c.AP1, actor.Connection)
	require.Len(t, actor.Grants(operational.ObjectOpportunity), 1)
	me, err := people.Me(ctx, actor)
	require.NoError(t, err)
	require.Empty(t, me.Vendors, "of other vendors it does not learn")
	_, err = people.Switch(ctx, actor, secret, identity.Place{})
	require.Equal(t, operational.KindForbidden, operational.KindOf(err))

	// It is for that one vendor: of the company's own customers it does not know.
	actor.Scopes = append(actor.Scopes, "accounts.read")
	require.Empty(t, actor.Grants(operational.ObjectAccount))

	// A key makes no key, and a person who works in one room makes none that works in another.
	_, _, err = people.CreateKey(ctx, actor, identity.NewKey{Name: "child", Scopes: []string{"opportunities.read"}})
	require.Equal(t, operational.KindForbidden, operational.KindOf(err))
	inside := c.P1
	inside.Connection = c.AP1
	require.NotEmpty(t, inside.Grants(operational.ObjectAccount))
	made, _, err := people.CreateKey(ctx, inside, identity.NewKey{Name: "made inside", Scopes: []string{"opportunities.read"}})
	require.NoError(t, err)
	require.Equal(t, c.AP1, *made.ConnectionID)
	for _, wrong := range []uuid.UUID{c.BP1, c.AP2, uuid.New()} {
		_, _, err = people.CreateKey(ctx, inside, identity.NewKey{Name: "wrong", Scopes: []string{"opportunities.read"}, ConnectionID: &wrong})
		require.Equal(t, operational.KindInvalid, operational.KindOf(err))
	}
	_, _, err = people.CreateKey(ctx, c.A, identity.NewKey{Name: "k", Scopes: []string{"opportunities.read"}, ConnectionID: &c.AP1})
	require.Equal(t, operational.KindInvalid, operational.KindOf(err), "a vendor works in its whole channel")
	listed, err := people.Keys(ctx, c.P1, operational.Query{})
	require.NoError(t, err)
	require.Len(t, listed.Items, 2)

	// What ends with the connection.
	session, err := people.Enter(ctx, c.P1.Membership, "")
	require.NoError(t, err)
	session, err = people.Switch(ctx, session.Actor, session.Token, identity.Place{Connection: &c.AP1})
	require.NoError(t, err)
	_, err = d.Owner(t).Exec(ctx, `update crm.connection set status = 'suspended' where id = $1`, c.AP1)
	require.NoError(t, err)
	actor, err = people.ActorOfSession(ctx, session.Token)
	require.NoError(t, err)
	require.Empty(t, actor.Grants(operational.ObjectOpportunity), "nothing of it is there while it is suspended")
}

// A program of one vendor learns nothing of the keys of another's, and ends none of them.
func TestAKeyOfOneConnectionKnowsTheKeysThereOnly(t *testing.T) {
	ctx := t.Context()
	d := pgtest.New(t)
	c, people := d.Plant(t), identity.New(d.API, pgtest.Secret)
	scopes := []string{"api_keys.manage"}
	here, secret, err := people.CreateKey(ctx, c.P1, identity.NewKey{Name: "here", Scopes: scopes, ConnectionID: &c.AP1})
	require.NoError(t, err)
	there, _, err := people.CreateKey(ctx, c.P1, identity.NewKey{Name: "there", Scopes: scopes, ConnectionID: &c.BP1})
	require.NoError(t, err)
	everywhere, _, err := people.CreateKey(ctx, c.P1, identity.NewKey{Name: "everywhere", Scopes: scopes})
	require.NoError(t, err)
	actor, err := people.ActorOfKey(ctx, secret)
	require.NoError(t, err)
	seen, err := people.Keys(ctx, actor, operational.Query{})
	require.NoError(t, err)
	require.Len(t, seen.Items, 1)
	require.Equal(t, here.ID, seen.Items[0].ID)
	for _, other := range []uuid.UUID{there.ID, everywhere.ID} {
		require.Equal(t, operational.KindNotFound, operational.KindOf(people.RevokeKey(ctx, actor, other)))
	}
	require.NoError(t, people.RevokeKey(ctx, actor, here.ID))
}
