package postgres_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// The middle of two tiers, beside the channel of these tests: company M is a partner of A and the vendor of R. It has an
// opportunity with A (om), R has one with it (or), and it has two without any connection: one that it sells itself as a
// vendor (md), one of its own business as a partner (mp).
const middleSQL = `
insert into crm.organisation (id, name, created_at) select md5(o)::uuid, o, now() from unnest('{M,R}'::text[]) o;
insert into crm.workspace (org_id, governs, sells, reporting_currency) select md5(o)::uuid, o = 'M', true, 'EUR' from unnest('{M,R}'::text[]) o;
insert into crm.person (id, display_name, created_at) select md5('person ' || o)::uuid, 'Person of ' || o, now() from unnest('{M,R}'::text[]) o;
insert into crm.membership (id, org_id, person_id, role, created_at) select md5('member ' || o)::uuid, md5(o)::uuid, md5('person ' || o)::uuid, 'administrator', now() from unnest('{M,R}'::text[]) o;
insert into crm.connection (id, vendor_org_id, partner_org_id, status, partner_number, created_at, updated_at)
  select md5(v || p)::uuid, md5(v)::uuid, md5(p)::uuid, 'active', p, now(), now() from (values ('A', 'M'), ('M', 'R')) c(v, p);
insert into crm.external_contact (id, connection_id, vendor_org_id, partner_org_id, membership_id, display_name)
  select md5('contact ' || c.id)::uuid, c.id, c.vendor_org_id, c.partner_org_id, md5('member ' || c.partner_number)::uuid, 'Contact' from crm.connection c where c.partner_number in ('M', 'R');
insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at) select md5('product ' || o)::uuid, md5(o)::uuid, 'Product of ' || o, 'F', 10, 'EUR', now(), now() from unnest('{M,R}'::text[]) o;
insert into crm.sales_process (id, org_id, name, created_at, updated_at) select md5('process ' || o)::uuid, md5(o)::uuid, 'Process', now(), now() from unnest('{M,R}'::text[]) o;
insert into crm.stage (id, org_id, process_id, name, position, type) select md5('open ' || o)::uuid, md5(o)::uuid, md5('process ' || o)::uuid, 'Open', 1, 'active' from unnest('{M,R}'::text[]) o;
insert into crm.account (id, org_id, name, name_key, created_at, updated_at) select md5('account ' || o)::uuid, md5(o)::uuid, 'Customer', 'customer', now(), now() from unnest('{M,R}'::text[]) o;
insert into crm.account_link (connection_id, vendor_org_id, partner_org_id, vendor_account_id, partner_account_id, created_at)
  select c.id, c.vendor_org_id, c.partner_org_id, md5('account ' || v.name)::uuid, md5('account ' || c.partner_number)::uuid, now()
  from crm.connection c join crm.organisation v on v.id = c.vendor_org_id where c.partner_number in ('M', 'R');
insert into crm.opportunity (id, connection_id, vendor_org_id, partner_org_id, number, name, process_org_id, process_id, process_version, stage_id, stage_type, vendor_net_amount, amount_source, currency, created_at, updated_at)
  select md5(o.name)::uuid, md5(o.v || o.p)::uuid, md5(o.v)::uuid, md5(o.p)::uuid, 1, o.name, md5(o.process)::uuid, md5('process ' || o.process)::uuid, 1, md5('open ' || o.process)::uuid, 'active', 100, 'entered', 'EUR', now(), now()
  from (values ('om', 'A', 'M', 'A'), ('or', 'M', 'R', 'M'), ('md', 'M', null, 'M'), ('mp', null, 'M', 'M')) o(name, v, p, process);
insert into crm.opportunity_line (id, opportunity_id, connection_id, vendor_org_id, partner_org_id, product_org_id, product_id, quantity, unit_price)
  select md5('line ' || o.name)::uuid, o.id, o.connection_id, o.vendor_org_id, o.partner_org_id, o.process_org_id, md5('product ' || p.name)::uuid, 1, 10
  from crm.opportunity o join crm.organisation p on p.id = o.process_org_id where o.name in ('om', 'or', 'md', 'mp');
insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, change, changed_by_side, process_id, process_version, stage_id, stage_type, stage_position, vendor_net_amount, currency)
  select id, 1, connection_id, vendor_org_id, partner_org_id, now(), 'created', 'system', process_id, 1, stage_id, stage_type, 1, vendor_net_amount, currency from crm.opportunity where name in ('om', 'or', 'md', 'mp');
insert into crm.opportunity_private (opportunity_id, scope_id, partner_org_id, note, updated_at) select o.id, o.scope_id, o.partner_org_id, 'secret', now() from crm.opportunity o where o.name in ('om', 'or', 'mp');
insert into crm.record_counter (scope_id, object, connection_id, vendor_org_id, partner_org_id, last)
  select distinct on (scope_id) scope_id, 'opportunity', connection_id, vendor_org_id, partner_org_id, 1 from crm.opportunity where name in ('om', 'or', 'md') order by scope_id;
insert into crm.access_member (vendor_org_id, connection_id) select vendor_org_id, id from crm.connection where partner_number in ('M', 'R');
insert into crm.import (id, org_id, kind, state, created_at) select md5('import M')::uuid, md5('M')::uuid, 'crm_export', 'queued', now();
insert into crm.audit_event (id, org_id, at, side, system, action, object, seq, prev_hash, hash)
  select md5('audit ' || o)::uuid, md5(o)::uuid, now(), 'partner', 'test', 'thing.made', 'thing', 1, sha256(''), sha256('x') from unnest('{M,R}'::text[]) o;
`

// A row for each table that knows two sides: how many rows A, M as a partner, M as a vendor and R see; -1: no right.
func TestTheMiddleSeesByItsHat(t *testing.T) {
	ctx := context.Background()
	c := newChannel(t, pgtest.New(t))
	owner := c.Owner(t)
	_, err := owner.Exec(ctx, middleSQL)
	require.NoError(t, err)
	up := operational.Actor{Org: id("M"), Membership: id("member M"), Side: operational.SidePartner, Role: operational.RoleAdministrator}
	down, r := up, up
	down.Side = operational.SideVendor
	r.Org, r.Membership = id("R"), id("member R")
	for table, want := range map[string][4]int{
		"crm.organisation":        {4, 2, 2, 2}, // the middle: itself, and those of one tier
		"crm.workspace":           {1, 1, 1, 1},
		"crm.membership":          {1, 1, 1, 1},
		"crm.connection":          {3, 1, 1, 1},
		"crm.external_contact":    {3, 1, 1, 1},
		"crm.product":             {1, 2, 1, 2}, // above its vendor's catalogue, below its own
		"crm.sales_process":       {1, 2, 1, 2},
		"crm.account":             {1, 1, 1, 1}, // its customers are one company's
		"crm.account_link":        {-1, 1, -1, 1},
		"crm.opportunity":         {4, 2, 2, 1},
		"crm.opportunity_line":    {4, 2, 2, 1},
		"crm.opportunity_private": {-1, 2, -1, 1},
		"crm.opportunity_history": {4, 2, 2, 1},
		"crm.role":                {6, 7, 7, 2},
		"crm.access_scope":        {1, -1, 1, -1},
		"crm.access_member":       {3, -1, 1, -1},
		"crm.import":              {1, 0, 1, 0},
		"crm.audit_event":         {1, 1, 1, 1},
	} {
		for i, actor := range []operational.Actor{c.A, up, down, r} {
			who := []string{"A", "M as a partner", "M as a vendor", "R"}[i]
			if want[i] >= 0 {
				require.Equal(t, want[i], c.count(t, actor, table), "%s for %s", table, who)
			} else {
				kind(t, operational.KindForbidden, c.as(t, actor, "select count(*) from "+table))
			}
		}
	}
	for _, see := range []struct {
		actor operational.Actor
		names string
	}{{c.A, "{oa,od,om,oq}"}, {up, "{mp,om}"}, {down, "{md,or}"}, {r, "{or}"}} {
		require.NoError(t, c.as(t, see.actor, fmt.Sprintf(`do $$ begin
			if (select array_agg(name order by name) from crm.opportunity) <> '%s'::text[] then raise 'others'; end if; end $$`, see.names)), see.names)
	}
}

// What lies in the other tier cannot be written, named or moved there, with either hat.
func TestNothingCrossesTheMiddle(t *testing.T) {
	ctx := context.Background()
	c := newChannel(t, pgtest.New(t))
	_, err := c.Owner(t).Exec(ctx, middleSQL)
	require.NoError(t, err)
	up := operational.Actor{Org: id("M"), Membership: id("member M"), Side: operational.SidePartner, Role: operational.RoleAdministrator}
	down := up
	down.Side = operational.SideVendor
	insert := func(actor operational.Actor, connection, vendor, partner any, process string) error {
		return c.as(t, actor, fmt.Sprintf(`insert into crm.opportunity (id, connection_id, vendor_org_id, partner_org_id, number, name, process_org_id, process_id, process_version, stage_id, stage_type, vendor_net_amount, amount_source, currency, created_at, updated_at)
			values (gen_random_uuid(), $1, $2, $3, 99, 'n', md5('%[1]s')::uuid, md5('process %[1]s')::uuid, 1, md5('open %[1]s')::uuid, 'active', 1, 'entered', 'EUR', now(), now())`, process), connection, vendor, partner)
	}
	kind(t, operational.KindForbidden, insert(up, id("MR"), id("M"), id("R"), "M"))   // a deal of its channel, as a partner
	kind(t, operational.KindForbidden, insert(down, id("AM"), id("A"), id("M"), "A")) // one with its vendor, as a vendor
	kind(t, operational.KindForbidden, insert(up, nil, id("M"), nil, "M"))            // a direct sale, as a partner
	kind(t, operational.KindForbidden, insert(down, nil, nil, id("M"), "M"))          // its own business, as a vendor
	kind(t, operational.KindInvalid, insert(up, id("MR"), id("A"), id("M"), "A"))     // its channel's connection, for its vendor
	kind(t, operational.KindInvalid, insert(down, id("AM"), id("M"), id("R"), "M"))   // its vendor's connection, for its partner
	kind(t, operational.KindInvalid, insert(down, id("MR"), id("M"), id("R"), "A"))   // its vendor's process, below
	for _, see := range []struct {
		actor operational.Actor
		id    string
	}{{up, "or"}, {up, "md"}, {down, "om"}, {down, "mp"}} {
		require.NoError(t, c.as(t, see.actor, `update crm.opportunity set name = 'mine', version = version + 1 where id = $1`, id(see.id)))
	}
	var changed int
	require.NoError(t, c.Owner(t).QueryRow(ctx, `select count(*) from crm.opportunity where name = 'mine'`).Scan(&changed))
	require.Zero(t, changed)
}
