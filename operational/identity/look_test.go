package identity_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func TestASessionLooksAsARole(t *testing.T) {
	ctx := t.Context()
	d := pgtest.New(t)
	c, people := d.Plant(t), identity.New(d.API, pgtest.Secret)
	conn := d.Owner(t)
	_, err := conn.Exec(ctx, `insert into crm.role (org_id, key, audience, name, capabilities, created_at, updated_at) values ($1, 'clerk', 'internal', 'Clerk', '{analytics.read,people.manage}', now(), now())`, c.A.Org)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, `insert into crm.role_object (org_id, role_key, audience, object, can_read, can_edit, visibility, access, readable, editable) values ($1, 'clerk', 'internal', 'opportunity', true, true, 'private', 'read_write', '{name}', '{name}')`, c.A.Org)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, `update crm.connection set channel_manager_id = $2 where id = $1`, c.AP2, c.A.Membership)
	require.NoError(t, err)
	session, err := people.Enter(ctx, c.A.Membership, "")
	require.NoError(t, err)
	now := func() operational.Actor {
		actor, err := people.ActorOfSession(ctx, session.Token)
		require.NoError(t, err)
		return actor
	}
	_, err = people.BelievedOfSession(ctx, session.Token)
	require.NoError(t, err)
	requireKind(t, operational.KindNotFound, people.LookAs(ctx, now(), session.Token, "nobody"))
	requireKind(t, operational.KindNotFound, people.LookAs(ctx, now(), session.Token, "dealer_personnel"), "it is for partners' people")

	require.NoError(t, people.LookAs(ctx, now(), session.Token, "clerk"))
	looks := now()
	require.Equal(t, operational.Role("clerk"), looks.View)
	require.Equal(t, []operational.Permission{operational.AnalyticsRead, operational.OpportunitiesRead, operational.SignedIn}, looks.Permissions())
	require.Len(t, looks.Rights.Managed, 1, "the partners that whoever looks looks after")
	believed, err := people.BelievedOfSession(ctx, session.Token)
	require.NoError(t, err)
	require.Equal(t, operational.Role("clerk"), believed.View)
	me, err := people.Me(ctx, looks)
	require.NoError(t, err)
	require.Equal(t, &identity.RoleRef{Key: "clerk", Name: "Clerk"}, me.ViewsAs)
	requireKind(t, operational.KindForbidden, people.LookAs(ctx, looks, session.Token, "administrator"), "from what one looks as leads no way further")

	// The database takes nothing from it, whatever the program tries.
	err = d.API.InTx(ctx, looks, func(tx *postgres.Tx) error {
		_, err := tx.Exec(ctx, `update crm.connection set region = 'North'`)
		return err
	})
	require.ErrorContains(t, err, "read-only transaction")
	err = d.API.InTx(ctx, looks, func(tx *postgres.Tx) error {
		_, err := tx.Exec(ctx, `select set_config('transaction_read_only', 'off', true)`)
		return err
	})
	require.Error(t, err, "nor lets it begin to")
	err = d.API.Read(ctx, looks, func(b *pgx.Batch) { b.Queue(`update crm.connection set region = 'North'`) })
	require.ErrorContains(t, err, "read-only transaction")

	// What is taken from the role, or from one's own, is gone with the next request.
	_, err = conn.Exec(ctx, `update crm.role set capabilities = '{}' where org_id = $1 and key = 'clerk'`, c.A.Org)
	require.NoError(t, err)
	require.False(t, now().Allowed(operational.AnalyticsRead))

	require.NoError(t, people.LookNoMore(ctx, now(), session.Token))
	require.Empty(t, now().View)
	require.True(t, now().Rights.Own.Everything)
	require.True(t, now().Allowed(operational.RolesManage))
	require.NoError(t, people.LookNoMore(ctx, now(), session.Token), "once more does nothing")
	rows, err := conn.Query(ctx, `select e.action from crm.audit_event e join crm.role r on r.id = e.record_id where e.membership_id = $1 and r.key = 'clerk' and e.action like 'role.viewed%' order by e.at, e.action`, c.A.Membership)
	require.NoError(t, err)
	noted, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{"role.viewed_as", "role.viewed_no_more"}, noted)

	// A role that is no more is looked as no more; what is left of a session that ends is nothing.
	require.NoError(t, people.LookAs(ctx, now(), session.Token, "clerk"))
	_, err = conn.Exec(ctx, `delete from crm.role where org_id = $1 and key = 'clerk'`, c.A.Org)
	require.NoError(t, err)
	require.Empty(t, now().View)
	require.NoError(t, people.LookAs(ctx, now(), session.Token, "analyst"))
	_, err = people.SignOut(ctx, session.Token)
	require.NoError(t, err)
	session, err = people.Enter(ctx, c.A.Membership, "")
	require.NoError(t, err)
	require.Empty(t, now().View, "the next session begins as its person")
}

// Only who governs the roles looks as them, on the side that they work on, and never by a key.
func TestWhoLooksAsARole(t *testing.T) {
	ctx := t.Context()
	d := pgtest.New(t)
	c, people := d.Plant(t), identity.New(d.API, pgtest.Secret)
	conn := d.Owner(t)
	session, err := people.Enter(ctx, c.P1.Membership, "")
	require.NoError(t, err)
	actor, err := people.ActorOfSession(ctx, session.Token)
	require.NoError(t, err)
	key := actor
	key.Scopes = []string{string(operational.RolesManage)}
	requireKind(t, operational.KindForbidden, people.LookAs(ctx, key, session.Token, "seller"))
	require.NoError(t, people.LookAs(ctx, actor, session.Token, "seller"), "a partner's people look at their own company")
	looks, err := people.ActorOfSession(ctx, session.Token)
	require.NoError(t, err)
	require.Len(t, looks.Grants(operational.ObjectOpportunity), 3, "its own, and what two vendors share")
	for _, g := range looks.Grants(operational.ObjectOpportunity) {
		require.Equal(t, []operational.Act{operational.ActRead}, g.Acts)
	}
	require.NoError(t, people.LookNoMore(ctx, looks, session.Token))

	_, err = conn.Exec(ctx, `update crm.workspace set governs = true where org_id = $1`, c.P1.Org)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, `insert into crm.role (org_id, key, audience, name, hat, created_at, updated_at) values ($1, 'buyer', 'internal', 'Buyer', 'vendor', now(), now())`, c.P1.Org)
	require.NoError(t, err)
	actor, err = people.ActorOfSession(ctx, session.Token)
	require.NoError(t, err)
	requireKind(t, operational.KindConflict, people.LookAs(ctx, actor, session.Token, "buyer"))
	_, err = conn.Exec(ctx, `update crm.membership set role = 'seller' where id = $1`, c.P1.Membership)
	require.ErrorContains(t, err, "last administrator")
	_, err = conn.Exec(ctx, `update sec.session set views_as = 'seller', views_audience = 'internal', views_org_id = $1`, c.A.Org)
	require.ErrorContains(t, err, "foreign key", "no session looks as a role of another company")
}
