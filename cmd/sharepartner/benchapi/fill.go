// Package benchapi measures the API on a large channel: a point read against pgbench, a list against its bare SQL.
package benchapi

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Channel is the filled database: whom to ask as.
type Channel struct {
	Vendors  []uuid.UUID // the first has the largest share
	Partners []uuid.UUID
}

// Fill writes a channel of 20 vendors, 1,000 partners and 20,000 people with n opportunities, as the owner, in bulk. The shares are
// skewed as in real channels: a few vendors and partners hold much.
func Fill(ctx context.Context, ownerURL string, n int) (Channel, error) {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return Channel{}, err
	}
	defer conn.Close(ctx)
	for _, step := range fillSQL {
		if _, err := conn.Exec(ctx, step.sql, step.args(n)...); err != nil {
			return Channel{}, fmt.Errorf("fill %s: %w", step.what, err)
		}
	}
	var ch Channel
	for _, q := range []struct {
		sql  string
		into *[]uuid.UUID
	}{
		{`select vendor_org_id from crm.opportunity group by 1 order by count(*) desc`, &ch.Vendors},
		{`select partner_org_id from crm.opportunity group by 1 order by count(*) desc`, &ch.Partners},
	} {
		rows, err := conn.Query(ctx, q.sql)
		if err != nil {
			return Channel{}, err
		}
		if *q.into, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID]); err != nil {
			return Channel{}, err
		}
	}
	return ch, nil
}

func none(int) []any    { return nil }
func count(n int) []any { return []any{n} }

// fillSQL makes ids from numbers, so that every step can refer to the others without reading them back.
var fillSQL = []struct {
	what, sql string
	args      func(n int) []any
}{
	{"id maker", `create function pg_temp.id(kind text, i bigint) returns uuid language sql immutable as $$ select md5(kind || ':' || i)::uuid $$`, none},
	{"organisations", `insert into crm.organisation (id, name, created_at)
		select pg_temp.id('vendor', i), 'Vendor ' || i, now() from generate_series(1, 20) i
		union all select pg_temp.id('partner', i), 'Partner ' || i, now() from generate_series(1, 1000) i`, none},
	{"workspaces", `insert into crm.workspace (org_id, governs, sells, reporting_currency)
		select pg_temp.id('vendor', i), true, false, 'EUR' from generate_series(1, 20) i
		union all select pg_temp.id('partner', i), false, true, 'EUR' from generate_series(1, 1000) i`, none},
	{"people", `insert into crm.person (id, display_name, created_at) select pg_temp.id('person', i), 'Person ' || i, now() from generate_series(1, 1020) i`, none},
	{"memberships", `insert into crm.membership (id, org_id, person_id, role, created_at)
		select pg_temp.id('member', i), case when i <= 1000 then pg_temp.id('partner', i) else pg_temp.id('vendor', i - 1000) end, pg_temp.id('person', i),
		       case when i <= 1000 then 'seller' else 'channel_leader' end, now() from generate_series(1, 1020) i`, none},
	{"mates", `insert into crm.person (id, display_name, created_at) select pg_temp.id('mate', i), 'Mate ' || i, now() from generate_series(1, 1000) i`, none},
	// The rest of 20,000 people: they sign in nowhere here, but their companies have them.
	{"crowd", `insert into crm.person (id, display_name, created_at) select pg_temp.id('crowd', i), 'Crowd ' || i, now() from generate_series(1, 18000) i`, none},
	{"memberships of mates", `insert into crm.membership (id, org_id, person_id, role, created_at)
		select pg_temp.id('matemember', i), pg_temp.id('partner', i), pg_temp.id('mate', i), 'seller', now() from generate_series(1, 1000) i`, none},
	{"memberships of the crowd", `insert into crm.membership (id, org_id, person_id, role, created_at)
		select pg_temp.id('crowdmember', i), pg_temp.id('partner', 1 + i % 1000), pg_temp.id('crowd', i), 'seller', now() from generate_series(1, 18000) i`, none},
	{"connections", `insert into crm.connection (id, vendor_org_id, partner_org_id, status, partner_number, tier, region, created_at, updated_at)
		select pg_temp.id('connection', i), pg_temp.id('vendor', 1 + (i / 1000 * 7 + i) % 20), pg_temp.id('partner', 1 + i % 1000), 'active', 'P-' || i, 'Gold', 'North', now(), now()
		from generate_series(0, 2999) i`, none},
	{"contacts", `insert into crm.external_contact (id, connection_id, vendor_org_id, partner_org_id, membership_id, display_name)
		select pg_temp.id('contact', i), pg_temp.id('connection', i), pg_temp.id('vendor', 1 + (i / 1000 * 7 + i) % 20), pg_temp.id('partner', 1 + i % 1000), pg_temp.id('member', 1 + i % 1000), 'Person'
		from generate_series(0, 2999) i`, none},
	{"contacts of mates", `insert into crm.external_contact (id, connection_id, vendor_org_id, partner_org_id, membership_id, display_name)
		select pg_temp.id('matecontact', i), pg_temp.id('connection', i), pg_temp.id('vendor', 1 + (i / 1000 * 7 + i) % 20), pg_temp.id('partner', 1 + i % 1000), pg_temp.id('matemember', 1 + i % 1000), 'Mate'
		from generate_series(0, 2999) i`, none},
	{"contacts of the crowd", `insert into crm.external_contact (id, connection_id, vendor_org_id, partner_org_id, membership_id, display_name)
		select pg_temp.id('crowdcontact', i), c.id, c.vendor_org_id, c.partner_org_id, pg_temp.id('crowdmember', i), 'Crowd'
		from generate_series(1, 18000) i join lateral (select * from crm.connection c where c.id = pg_temp.id('connection', (i % 1000) + 1000 * (i % 3))) c on true`, none},
	{"processes", `insert into crm.sales_process (id, org_id, name, is_default, created_at, updated_at)
		select pg_temp.id('process', i), pg_temp.id('vendor', i), 'Channel', true, now(), now() from generate_series(1, 20) i`, none},
	{"stages", `insert into crm.stage (id, org_id, process_id, name, position, type)
		select pg_temp.id('stage', i * 10 + s), pg_temp.id('vendor', i), pg_temp.id('process', i), 'Stage ' || s, s, case s when 6 then 'won' when 7 then 'lost' else 'active' end
		from generate_series(1, 20) i, generate_series(1, 7) s`, none},
	{"opportunities", `with raw as (
			select i, (power(random(), 2) * 2999)::int as c, 1 + (random() * 6)::int as s, now() - random() * interval '1000 days' as at from generate_series(1, $1::int) i
		), o as (
			select i, c, s, at, 1 + (c / 1000 * 7 + c) % 20 as v, 1 + c % 1000 as p, pg_temp.id(case when i % 10 = 0 then 'matecontact' else 'contact' end, c) as owner from raw
		), history as (
			insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, recorded_at, change, changed_by_side,
				process_id, process_version, stage_id, stage_type, stage_position, vendor_net_amount, currency, close_date, owner_contact_id, region, tier)
			select pg_temp.id('opportunity', i), 1, pg_temp.id('connection', c), pg_temp.id('vendor', v), pg_temp.id('partner', p), at, at, 'created', 'system',
				pg_temp.id('process', v), 1, pg_temp.id('stage', v * 10 + s), case s when 6 then 'won' when 7 then 'lost' else 'active' end, s, i % 90000, 'EUR', at::date + 60, owner, 'North', 'Gold'
			from o
		)
		insert into crm.opportunity (id, connection_id, vendor_org_id, partner_org_id, number, name, customer_name, owner_contact_id, process_org_id, process_id, process_version,
			stage_id, stage_type, vendor_net_amount, amount_source, currency, close_date, region, tier, closed_at, created_at, updated_at)
		select pg_temp.id('opportunity', i), pg_temp.id('connection', c), pg_temp.id('vendor', v), pg_temp.id('partner', p), i, 'Opportunity ' || i, 'Customer ' || i % 5000, owner,
			pg_temp.id('vendor', v), pg_temp.id('process', v), 1, pg_temp.id('stage', v * 10 + s), case s when 6 then 'won' when 7 then 'lost' else 'active' end, i % 90000, 'entered', 'EUR', at::date + 60,
			'North', 'Gold', case when s >= 6 then at end, at, at
		from o`, count},
	{"statistics", `analyze`, none},
}
