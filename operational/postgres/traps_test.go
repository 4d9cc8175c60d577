package postgres_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Whether a value is taken elsewhere is not told by an insert that would rather do nothing: what is unique is unique in
// one's own company or connection. And an insert that would rather change changes nothing of others.
func TestConflictsTellNothingOfOthers(t *testing.T) {
	ctx := context.Background()
	c := newChannel(t, pgtest.New(t))
	for name, sql := range map[string]string{
		"reference of an account": `insert into crm.account (id, org_id, name, name_key, external_ref, created_at, updated_at) values (gen_random_uuid(), $1, 'n', 'n', 'taken', now(), now()) on conflict do nothing`,
		"name of a product":       `insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at) values (gen_random_uuid(), $1, 'taken', 'f', 1, 'EUR', now(), now()) on conflict do nothing`,
		"name of a field":         `insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at) values (gen_random_uuid(), $1, 'account', 'x_taken', 'Taken', 'text', now(), now()) on conflict do nothing`,
		"key of a role":           `insert into crm.role (org_id, key, audience, name, created_at, updated_at) values ($1, 'taken', 'internal', 'Taken', now(), now()) on conflict do nothing`,
		"name of a layout":        `insert into crm.page_layout (id, org_id, object, name, definition, created_at, updated_at) values (gen_random_uuid(), $1, 'account', 'Taken', '{}', now(), now()) on conflict do nothing`,
	} {
		for _, actor := range []operational.Actor{c.A, c.B, c.P, c.Q} {
			require.NoError(t, c.API.InTx(ctx, actor, func(tx *postgres.Tx) error {
				tag, err := tx.Exec(ctx, sql, actor.Org)
				require.EqualValues(t, 1, tag.RowsAffected(), name)
				return err
			}), name)
		}
	}
	// With the id of another company's record: as good as refused for a value that nobody has.
	for _, actor := range []operational.Actor{c.B, c.P, c.Q} {
		err := c.as(t, actor, `insert into crm.account (id, org_id, name, name_key, created_at, updated_at) values ($1, $2, 'mine', 'mine', now(), now()) on conflict (id) do update set name = 'mine'`, id("account A"), actor.Org)
		kind(t, operational.KindForbidden, err)
	}
	var name string
	require.NoError(t, c.Owner(t).QueryRow(ctx, `select name from crm.account where id = $1`, id("account A")).Scan(&name))
	require.Equal(t, "Customer", name)
}

// What the server knows of tables and of what others do is not there for a statement that somebody has smuggled in.
func TestStatisticsTellNothingOfOthers(t *testing.T) {
	ctx := context.Background()
	c := newChannel(t, pgtest.New(t))
	_, err := c.Owner(t).Exec(ctx, `analyze`)
	require.NoError(t, err)
	for _, actor := range []operational.Actor{c.A, c.P} {
		require.Zero(t, c.count(t, actor, "pg_stats where schemaname in ('crm', 'sec')"), "values and how often there are")
		require.Zero(t, c.count(t, actor, "pg_stats_ext"))
		require.Zero(t, c.count(t, actor, "pg_stat_activity where pid <> pg_backend_pid() and coalesce(query, '') not in ('', '<insufficient privilege>') and usename <> current_user and usename <> session_user"))
		for _, sql := range []string{`select * from pg_statistic`, `select * from pg_statistic_ext_data`, `select * from pg_authid`, `select pg_stat_reset()`, `select * from pg_ls_dir('.')`} {
			kind(t, operational.KindForbidden, c.as(t, actor, sql))
		}
	}
	require.Error(t, c.as(t, c.A, `select * from crm.account where id = $1 and 1 / (select count(*) from crm.opportunity_private) > 0`, uuid.New()))
}
