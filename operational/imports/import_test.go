package imports

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// channel is a vendor on a database of its own.
type channel struct {
	*pgtest.Database
	vendor  operational.Actor
	service *Service
	runner  *Runner
}

func newChannel(t testing.TB) *channel {
	t.Helper()
	c := &channel{Database: pgtest.New(t)}
	c.service, c.runner = New(c.API), NewRunner(c.Jobs)
	c.vendor = c.newVendor(t, "Vendor")
	return c
}

func (c *channel) newVendor(t testing.TB, name string) operational.Actor {
	t.Helper()
	ctx, admin := t.Context(), identity.NewAdmin(c.Jobs)
	org, err := admin.CreateVendor(ctx, identity.NewVendor{Name: name, TimeZone: "America/New_York", FiscalMonth: 1, Currency: "USD"})
	require.NoError(t, err)
	actor, err := admin.AddPerson(ctx, identity.NewPerson{Org: org, Role: operational.RoleAdministrator, Name: "Admin", Email: name + "@vendor.example", Password: "a long password"})
	require.NoError(t, err)
	actor = c.WithRights(t, actor)
	return actor
}

// one asks for a single row as the owner, who sees everything.
func one[T any](t testing.TB, c *channel, sql string, args ...any) T {
	t.Helper()
	conn := c.Owner(t)
	defer conn.Close(t.Context())
	var v T
	require.NoError(t, conn.QueryRow(t.Context(), sql, args...).Scan(&v), sql)
	return v
}

// everything counts the rows and versions of all that an import may touch.
const everything = `
select jsonb_build_object(
  'organisations', (select count(*) from crm.organisation), 'people', (select count(*) from crm.person), 'memberships', (select count(*) from crm.membership),
  'connections', (select count(*) from crm.connection), 'contacts', (select count(*) from crm.external_contact),
  'products', (select array[count(*), sum(version)] from crm.product), 'processes', (select array[count(*), sum(version)] from crm.sales_process),
  'stages', (select count(*) from crm.stage), 'accounts', (select array[count(*), sum(version)] from crm.account), 'links', (select count(*) from crm.account_link),
  'opportunities', (select array[count(*), sum(version)] from crm.opportunity), 'lines', (select count(*) from crm.opportunity_line),
  'history', (select count(*) from crm.opportunity_history), 'private', (select count(*) from crm.opportunity_private))::text`

func (c *channel) run(t testing.TB, in NewImport) Import {
	t.Helper()
	done, err := c.runner.Import(t.Context(), c.vendor, in, nil)
	require.NoError(t, err)
	require.Equal(t, StateDone, done.State)
	return done
}

func TestTheRealExportGivesTheKnownAnswers(t *testing.T) {
	files := realExport(t)
	c := newChannel(t)
	began := time.Now()
	done := c.run(t, NewImport{Files: files})
	took := time.Since(began)
	t.Logf("imported in %s", took)
	require.Equal(t, Tally{Created: 7135}, done.Summary.Opportunities)
	require.Equal(t, Tally{Created: 35}, done.Summary.Partners)
	require.Equal(t, Tally{Created: 6}, done.Summary.Staff)
	require.Equal(t, Tally{Created: 7}, done.Summary.Products)
	require.Equal(t, Tally{Created: 85}, done.Summary.Accounts)
	require.Equal(t, Outcome{3042, "7203038.00"}, done.Summary.Won)
	require.Equal(t, Outcome{1684, "0.00"}, done.Summary.Lost)
	require.Equal(t, 2409, done.Summary.Open.Count)

	summarise := `select count(*) filter (where stage_type = 'won') || '/' || count(*) filter (where stage_type = 'lost') || '/' ||
		coalesce(sum(vendor_net_amount) filter (where stage_type = 'won'), 0)::bigint from crm.opportunity o `
	require.Equal(t, "3042/1684/7203038", one[string](t, c, summarise))
	for region, want := range map[string]string{"Central": "1173/657/2358511", "West": "1010/564/2578786", "East": "859/463/2265741"} {
		require.Equal(t, want, one[string](t, c, summarise+`where region = $1`, region), region)
		require.Equal(t, want, one[string](t, c, summarise+`join crm.connection n on n.id = o.connection_id where n.region = $1`, region), region)
	}
	for from, want := range map[string]string{"2017-01-01": "531/116/1134672", "2017-04-01": "1254/778/3086111", "2017-07-01": "1257/790/2982255"} {
		require.Equal(t, want, one[string](t, c, summarise+`where closed_at >= $1::timestamp at time zone 'America/New_York'
			and closed_at < ($1::timestamp + interval '3 months') at time zone 'America/New_York'`, from), from)
	}
	require.Equal(t, 1205, one[int](t, c, `select count(*) from crm.opportunity_line l join crm.product p on p.id = l.product_id where p.name = 'GTX Pro'`))
	require.Equal(t, 7, one[int](t, c, `select count(*) from crm.product`))
	require.Equal(t, 2409, one[int](t, c, `select count(*) from crm.opportunity where amount_source = 'list_price' and customer_name is null and stage_type = 'active'`))
	require.Equal(t, 7135+4726, one[int](t, c, `select count(*) from crm.opportunity_history where imported and recorded_at = effective_at`))
	require.Equal(t, 7135, one[int](t, c, `select count(*) from crm.opportunity_history h join crm.opportunity_line l using (opportunity_id)
		join crm.product p on p.id = l.product_id where h.version = 1 and h.vendor_net_amount = p.list_price`), "the engaged state has the list price")
	require.Equal(t, 5, one[int](t, c, `select count(*) from crm.connection n where not exists (select from crm.opportunity o where o.connection_id = n.id)`))
	require.Equal(t, 6036, one[int](t, c, `select count(*) from crm.import_finding`))

	before := one[string](t, c, everything)
	again := c.run(t, NewImport{Files: files})
	require.Equal(t, before, one[string](t, c, everything), "importing twice changes nothing")
	require.Equal(t, Tally{Unchanged: 7135}, again.Summary.Opportunities)
	require.Equal(t, Tally{Unchanged: 35}, again.Summary.Partners)
	require.Equal(t, done.Summary.Won, again.Summary.Won)
}
