package postgres_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func TestTheWallHolds(t *testing.T) {
	d := pgtest.New(t)
	require.NoError(t, postgres.CheckWall(context.Background(), d.URL, pgtest.Secret), "an empty database")
	newChannel(t, d)
	require.NoError(t, postgres.CheckWall(context.Background(), d.URL, pgtest.Secret), "one with data")
}

// Each way to weaken the wall that touches one database only is seen and named.
func TestAWeakWallIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, sql, says string }{
		{"a table outside", `create table crm.extra (id uuid)`, "crm.extra stands outside the wall"},
		{"row security off", `alter table crm.opportunity disable row level security`, "crm.opportunity stands outside the wall"},
		{"not forced", `alter table crm.opportunity no force row level security`, "crm.opportunity stands outside the wall"},
		{"a policy for everybody", `create policy open on crm.product using (true)`, "crm.product has a policy for everybody: open"},
		{"an open policy", `create policy open on crm.product to sharepartner_partner using (true)`, "does not ask for the signed context: open"},
		{"all partners' records for everybody", `create policy open on crm.opportunity to sharepartner_public using (true)`, "does not ask for the signed context: open"},
		{"more than the records of all partners", `grant select on crm.account to sharepartner_public`, "sharepartner_public has rights on crm.account but no policy there"},
		{"no policy for the pipeline", `drop policy cdc_reads on crm.account`, "crm.account has no policy that shows all rows to sharepartner_cdc"},
		{"a blind pipeline", `alter policy cdc_reads on crm.account using (false)`, "sharepartner_cdc sees 0 rows of crm.account"},
		{"a blind owner", `alter policy owner_all on crm.account using (false)`, "crm.account has no policy that shows all rows to sharepartner_owner"},
		{"the pipeline reads more", `grant select (name) on crm.account to sharepartner_cdc`, "sharepartner_cdc may read crm.account.name, which is not published"},
		{"the pipeline reads passwords", `grant select on sec.password to sharepartner_cdc`, "sharepartner_cdc has rights on sec.password"},
		{"the pipeline writes", `grant update (status) on crm.connection to sharepartner_cdc`, "sharepartner_cdc may write crm.connection.status"},
		{"the login has rights of its own", `grant select on crm.account to sharepartner_api`, "sharepartner_api reads crm.account without saying who asks"},
		{"the partner's half shown", `grant select on crm.opportunity_private to sharepartner_vendor`, "sharepartner_vendor has rights on crm.opportunity_private but no policy there"},
		{"passwords shown", `grant select (hash) on sec.password to sharepartner_vendor`, "sharepartner_vendor has rights on sec.password"},
		{"rows can be given away", `grant update (vendor_org_id) on crm.opportunity to sharepartner_vendor`, "sharepartner_vendor may change crm.opportunity.vendor_org_id"},
		{"truncate", `grant truncate on crm.account to sharepartner_vendor`, "sharepartner_vendor may empty"},
		{"temporary tables", `do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$`, "may make temporary tables"},
		{"a view", `create view crm.peek as select * from crm.account`, "crm.peek is a view that does not ask as its reader"},
		{"a function for everybody", `grant execute on function sec.password_of(text) to public`, "everybody may call sec.password_of(text)"},
		{"a function without path", `create function crm.f() returns int language sql security definer as 'select 1'; revoke all on function crm.f() from public`, "acts as the owner without a search path of its own"},
		{"creating", `grant create on schema crm to sharepartner_api`, "sharepartner_api may create things in schema crm"},
		{"another key", `update sec.key set inner_pad = outer_pad`, "does not believe this program's signature"},
		{"nothing published", `drop publication sharepartner`, "the publication sharepartner is empty or not there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			d := pgtest.New(t)
			newChannel(t, d)
			_, err := d.Owner(t).Exec(ctx, c.sql)
			require.NoError(t, err)
			err = postgres.CheckWall(ctx, d.URL, pgtest.Secret)
			var wall *postgres.WallError
			require.ErrorAs(t, err, &wall)
			require.ErrorContains(t, err, c.says)
		})
	}
}

// Roles belong to the whole server, so this test has one to itself.
func TestRolesAboveTheWallAreRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := pgtest.Own(t)
	require.NoError(t, postgres.EnsureLogins(ctx, server.SuperURL, pgtest.Secret))
	require.NoError(t, postgres.Migrate(ctx, server.URL, pgtest.Secret))
	super := connect(t, server.SuperURL)
	for _, c := range []struct{ do, undo, says string }{
		{`alter role sharepartner_api bypassrls`, `alter role sharepartner_api nobypassrls`, "sharepartner_api has the attribute BYPASSRLS"},
		{`alter role sharepartner_jobs superuser`, `alter role sharepartner_jobs nosuperuser`, "sharepartner_jobs has the attribute SUPERUSER"},
		{`alter role sharepartner_api inherit`, `alter role sharepartner_api noinherit`, "sharepartner_api has the attribute INHERIT"},
		{`alter role sharepartner_partner login`, `alter role sharepartner_partner nologin`, "sharepartner_partner has the attribute LOGIN"},
		{`grant sharepartner_owner to sharepartner_api`, `revoke sharepartner_owner from sharepartner_api`, "sharepartner_api is a member of sharepartner_owner"},
		{`alter role sharepartner_cdc password 'other'`, fmt.Sprintf(`alter role sharepartner_cdc password '%s'`, pgtest.Secret.Password(postgres.LoginCDC)), "the login sharepartner_cdc cannot sign in"},
	} {
		_, err := super.Exec(ctx, c.do)
		require.NoError(t, err)
		err = postgres.CheckWall(ctx, server.URL, pgtest.Secret)
		require.ErrorContains(t, err, c.says)
		_, err = super.Exec(ctx, c.undo)
		require.NoError(t, err)
		require.NoError(t, postgres.CheckWall(ctx, server.URL, pgtest.Secret))
	}
}
