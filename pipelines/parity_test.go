package pipelines_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/parity"
	"github.com/sharepartner/sharepartner/warehouse"
)

// past gives every deal a past of two years: moves forward and back, closed, reopened, in two currencies, in the order
// of chance, as imports and corrections make it.
func past(t testing.TB, owner *pgx.Conn) {
	t.Helper()
	for _, sql := range []string{
		`insert into crm.stage (id, org_id, process_id, name, position, type)
			select gen_random_uuid(), p.org_id, p.id, k.name, k.position, k.type from crm.sales_process p, (values ('Lost', 4, 'lost'), ('Gone', 5, 'disqualified')) k(name, position, type)`,
		`alter table crm.opportunity_history disable trigger user`, // they want the opportunity to change with it
		`insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, change, changed_by_side, process_id, process_version,
				stage_id, stage_type, stage_position, vendor_net_amount, currency, close_date)
			select o.id, 1000 + i, o.connection_id, o.vendor_org_id, o.partner_org_id, date_trunc('hour', now()) - floor(random() * 17000) * interval '1 hour', 'edited', 'system', o.process_id, 1,
				s.id, s.type, s.position, round((random() * 10000)::numeric, 2), case when random() < 0.7 then 'EUR' else 'USD' end, o.close_date
			from crm.opportunity o, generate_series(1, 8) i, lateral (select * from crm.stage s where s.process_id = o.process_id and i > 0 order by random() limit 1) s`,
		`alter table crm.opportunity_history enable trigger user`,
	} {
		_, err := owner.Exec(context.Background(), sql)
		require.NoError(t, err)
	}
}

func compare(t testing.TB, p *pipelines.Pipeline, o parity.Options) warehouse.Check {
	t.Helper()
	ctx := context.Background()
	m, err := p.Fence(ctx)
	require.NoError(t, err)
	defer m.Close()
	conn, err := m.Begin(ctx)
	require.NoError(t, err)
	defer conn.Close(ctx)
	o.AsOf = time.Now()
	c, err := parity.Compare(ctx, conn, m.View, o)
	require.NoError(t, err)
	return c
}

// Every metric is the same on both sides while writes go on, and a difference that was made by hand is named.
func TestParity(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	for seed := range uint64(3) {
		w := newWriter(t, owner, seed)
		for range 120 {
			require.NoError(t, w.step())
		}
	}
	past(t, owner)
	store := b.open()
	p, stop := b.run(store)
	b.catchUp(p)
	written := b.keepWriting(2)
	for n := range 4 {
		c := compare(t, p, parity.Options{Vendors: 3, Turn: n})
		require.Zero(t, c.Differences, "%+v", c.Found)
		require.Greater(t, c.Compared, int64(500))
		require.Len(t, c.Measures, 6)
		for _, m := range c.Measures {
			require.Positive(t, m.Compared, m.Name)
		}
		t.Logf("%d values compared in %.2f s", c.Compared, c.Seconds)
	}
	written()
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())

	duck := b.read()
	for _, sql := range []string{
		`update opportunity_wide set vendor_net_amount = vendor_net_amount + 0.01 where opportunity_id = (select min(opportunity_id) from opportunity_wide where stage_type = 'active')`,
		`delete from opportunity_move where stage_type = 'won' and seq = (select max(seq) from opportunity_move where stage_type = 'won' and prev_stage_type = 'active')`,
	} {
		_, err := duck.Exec(sql)
		require.NoError(t, err)
	}
	require.NoError(t, duck.Close())
	p, stop = b.run(b.open())
	b.catchUp(p)
	c := compare(t, p, parity.Options{Vendors: 100})
	stop()
	require.Positive(t, c.Differences)
	named := map[string]bool{}
	for _, d := range c.Found {
		named[d.Name] = true
		require.NotEqual(t, d.Source, d.Warehouse)
		require.NotEmpty(t, d.Vendor)
	}
	for _, metric := range []string{"won", "amount_open", "win_rate", "briefing", "funnel"} {
		require.True(t, named[metric], "%s: %+v", metric, c.Found)
	}
	require.False(t, named["lost"])
}
