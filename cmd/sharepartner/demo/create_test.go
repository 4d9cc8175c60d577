package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestTheDemoIsMadeOnceThroughTheServices(t *testing.T) {
	ctx, db, now := t.Context(), pgtest.New(t), time.Now()
	last := 0.0
	began := time.Now()
	people, err := Create(ctx, Deps{API: db.API, Jobs: db.Jobs}, now, func(done float64, step string) {
		require.GreaterOrEqual(t, done, last, step)
		last = done
	})
	require.NoError(t, err)
	t.Logf("made in %s", time.Since(began))
	require.InDelta(t, 1, last, 0)

	owner := db.Owner(t)
	ask := func(sql string) (n int) {
		require.NoError(t, owner.QueryRow(ctx, sql).Scan(&n), sql)
		return n
	}
	require.Len(t, people, 3)
	for _, p := range people {
		session, err := identity.New(db.API, pgtest.Secret).SignIn(ctx, identity.SignInInput{Email: p.Email, Password: p.Password, From: "127.0.0.1"})
		require.NoError(t, err, p.Name)
		require.NotEmpty(t, session.Token)
	}
	require.Equal(t, 80, ask(`select count(*) from crm.connection c join crm.organisation o on o.id = c.vendor_org_id where o.name = 'Halden Industrial'`))
	require.Equal(t, 10, ask(`select count(*) from crm.connection c join crm.organisation o on o.id = c.vendor_org_id where o.name = 'Ostrava Sensors'`))
	require.Equal(t, 10, ask(`select count(*) from (select partner_org_id from crm.connection group by 1 having count(*) = 2) x`))
	require.Equal(t, 4, ask(`select count(distinct tier) from crm.connection c join crm.organisation o on o.id = c.vendor_org_id where o.name = 'Halden Industrial'`))
	require.GreaterOrEqual(t, ask(`select count(*) from crm.opportunity`), 4000)
	require.Zero(t, ask(`select count(*) from crm.import_finding where not kept`))
	require.NotZero(t, ask(`select count(*) from crm.opportunity where partner_org_id is null`))
	require.NotZero(t, ask(`select count(*) from crm.opportunity where stage_type = 'active'`))
	require.NotZero(t, ask(`select count(*) from crm.opportunity_history where recorded_at > effective_at`))
	require.GreaterOrEqual(t, ask(`select extract(year from age(min(effective_at)))::int from crm.opportunity_history`), 2)
	require.Equal(t, 15, ask(`select count(*) from crm.opportunity_private`))
	require.Equal(t, 6, ask(`select count(*) from crm.connection where external_role = 'referral_partner'`))
	require.Equal(t, 2, ask(`select count(*) from crm.role_object where 'x_competitor' = any(editable) and role_key = 'dealer_personnel' or role_key = 'referral_partner' and object = 'opportunity'`))
	require.Equal(t, 2, ask(`select count(*) from crm.record_type t join crm.layout_assignment a on a.record_type_id = t.id or t.is_default`))
	require.Equal(t, 1, ask(`select count(*) from crm.membership m join crm.person p on p.id = m.person_id where p.display_name = 'Tomasz Wrona' and m.role = 'administrator'`))
	require.Equal(t, 2, ask(`select count(*) from crm.connection c join crm.organisation o on o.id = c.partner_org_id where o.name = 'Kestrel Automation'`))

	all := `select (select count(*) from crm.opportunity_history) + (select count(*) from crm.contact) + (select count(*) from crm.person) +
		(select count(*) from crm.import) + (select count(*) from sec.password) + (select count(*) from crm.role) + (select sum(version) from crm.membership) + (select sum(version) from crm.opportunity)`
	before := ask(all)
	again, err := Create(ctx, Deps{API: db.API, Jobs: db.Jobs}, now.Add(48*time.Hour), func(float64, string) {})
	require.NoError(t, err)
	require.Equal(t, people, again)
	require.Equal(t, before, ask(all), "a second run changes nothing")
}
