package postgres_test

import (
	"context"
	"crypto/md5"
	"net/url"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// The channel of these tests: vendors A and B, partner P of both, partner Q of A alone. P has an opportunity with A
// (oa), one with B (ob) and one of its own (op); Q has one with A (oq); A sells one itself (od).
// Ids are md5 of short names, so that SQL and Go agree on them.
const channelSQL = `
insert into crm.organisation (id, name, created_at) select md5(o)::uuid, o, now() from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.workspace (org_id, governs, sells, reporting_currency) select md5(o)::uuid, o in ('A', 'B'), o in ('P', 'Q'), 'EUR' from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.person (id, display_name, email, email_norm, created_at) select md5('person ' || o)::uuid, 'Person of ' || o, o || '@x.example', lower(o) || '@x.example', now() from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.membership (id, org_id, person_id, role, created_at) select md5('member ' || o)::uuid, md5(o)::uuid, md5('person ' || o)::uuid, 'administrator', now() from unnest('{A,B,P,Q}'::text[]) o;
insert into sec.password (person_id, hash, changed_at) select id, 'hash of ' || email_norm, now() from crm.person;
insert into sec.attempt (counted, counts_until) values (sha256('a'), now());
insert into sec.totp (person_id, secret, last_step, set_at) select id, 'sealed', 0, now() from crm.person;
insert into sec.password_reset (id, person_id, token_sha256, created_at, expires_at) select id, id, sha256(id::text::bytea), now(), now() from crm.person;
insert into sec.address_change (id, person_id, email, email_norm, token_sha256, created_at, expires_at) select id, id, 'new@x.example', 'new@x.example', sha256(id::text::bytea), now(), now() from crm.person;
insert into sec.recovery_code (person_id, code) select id, sha256('code') from crm.person;
insert into sec.sign_in_rule (org_id, second_factor, changed_at) select org_id, false, now() from crm.workspace;
insert into sec.identity_provider (id, org_id, name, issuer, client_id, client_secret, created_at, updated_at) select md5('provider ' || o)::uuid, md5(o)::uuid, 'Login', 'https://login.example', o, 'sealed', now(), now() from unnest('{A,B,P,Q}'::text[]) o;
insert into sec.identity (id, provider_id, subject, person_id, linked_at) select md5('identity ' || o)::uuid, md5('provider ' || o)::uuid, 's', md5('person ' || o)::uuid, now() from unnest('{A,B,P,Q}'::text[]) o;
insert into sec.known_place (person_id, place, last_at) select id, sha256('a'), now() from crm.person;
insert into crm.connection (id, vendor_org_id, partner_org_id, status, partner_number, tier, region, channel_manager_id, created_at, updated_at)
  select md5(v || p)::uuid, md5(v)::uuid, md5(p)::uuid, 'active', p, 'Gold', 'East', md5('member ' || v)::uuid, now(), now() from (values ('A', 'P'), ('A', 'Q'), ('B', 'P')) c(v, p);
insert into crm.former_organisation (known_to, org_id, name) values (md5('B')::uuid, md5('Q')::uuid, 'Q once'), (md5('Q')::uuid, md5('B')::uuid, 'B once');
insert into crm.external_contact (id, connection_id, vendor_org_id, partner_org_id, membership_id, display_name)
  select md5('contact ' || c.id)::uuid, c.id, c.vendor_org_id, c.partner_org_id, md5('member ' || c.partner_number)::uuid, 'Contact' from crm.connection c;
insert into crm.connection_member (connection_id, partner_org_id, membership_id) select connection_id, partner_org_id, membership_id from crm.external_contact;
insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at) select md5('product ' || o)::uuid, md5(o)::uuid, 'Product of ' || o, 'F', 10, 'EUR', now(), now() from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.sales_process (id, org_id, name, created_at, updated_at) select md5('process ' || o)::uuid, md5(o)::uuid, 'Process', now(), now() from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.stage (id, org_id, process_id, name, position, type)
  select md5(s.name || ' ' || o)::uuid, md5(o)::uuid, md5('process ' || o)::uuid, s.name, s.position, s.type from unnest('{A,B,P,Q}'::text[]) o, (values ('open', 1, 'active'), ('won', 2, 'won')) s(name, position, type);
insert into crm.account (id, org_id, name, name_key, created_at, updated_at) select md5('account ' || o)::uuid, md5(o)::uuid, 'Customer', 'customer', now(), now() from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.contact (id, org_id, account_id, last_name, created_at, updated_at) select md5('person at ' || o)::uuid, md5(o)::uuid, md5('account ' || o)::uuid, 'Buyer', now(), now() from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.account_link (connection_id, vendor_org_id, partner_org_id, vendor_account_id, partner_account_id, created_at)
  select c.id, c.vendor_org_id, c.partner_org_id, md5('account ' || v.name)::uuid, md5('account ' || c.partner_number)::uuid, now() from crm.connection c join crm.organisation v on v.id = c.vendor_org_id;
insert into crm.opportunity (id, connection_id, vendor_org_id, partner_org_id, number, name, vendor_account_id, process_org_id, process_id, process_version, stage_id, stage_type, vendor_net_amount, amount_source, currency, region, tier, created_at, updated_at)
  select md5(o.name)::uuid, md5(o.v || o.p)::uuid, md5(o.v)::uuid, md5(o.p)::uuid, 1, o.name, md5('account ' || o.v)::uuid, md5(o.process)::uuid, md5('process ' || o.process)::uuid, 1, md5('open ' || o.process)::uuid, 'active', 100, 'entered', 'EUR', 'East', 'Gold', now(), now()
  from (values ('oa', 'A', 'P', 'A'), ('ob', 'B', 'P', 'B'), ('oq', 'A', 'Q', 'A'), ('op', null, 'P', 'P'), ('od', 'A', null, 'A')) o(name, v, p, process);
insert into crm.opportunity_line (id, opportunity_id, connection_id, vendor_org_id, partner_org_id, product_org_id, product_id, quantity, unit_price)
  select md5('line ' || o.name)::uuid, o.id, o.connection_id, o.vendor_org_id, o.partner_org_id, o.process_org_id, md5('product ' || p.name)::uuid, 1, 10 from crm.opportunity o join crm.organisation p on p.id = o.process_org_id;
insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, change, changed_by_side, process_id, process_version, stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier)
  select id, 1, connection_id, vendor_org_id, partner_org_id, now(), 'created', 'system', process_id, 1, stage_id, stage_type, 1, vendor_net_amount, currency, region, tier from crm.opportunity;
insert into crm.opportunity_private (opportunity_id, scope_id, partner_org_id, account_id, note, updated_at)
  select o.id, o.scope_id, o.partner_org_id, md5('account ' || p.name)::uuid, 'secret', now() from crm.opportunity o join crm.organisation p on p.id = o.partner_org_id;
insert into crm.record_counter (scope_id, object, connection_id, vendor_org_id, partner_org_id, last) select scope_id, 'opportunity', connection_id, vendor_org_id, partner_org_id, 1 from crm.opportunity;
insert into crm.outbox (org_id, side, event_type, record_id, created_at) select md5(o)::uuid, case when o in ('A', 'B') then 'vendor' else 'partner' end, 'x', gen_random_uuid(), now() from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.idempotency_key (credential_id, key, org_id, side, request_sha256, created_at) select md5('credential ' || o)::uuid, 'k', md5(o)::uuid, case when o in ('A', 'B') then 'vendor' else 'partner' end, sha256('x'), now() from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.import (id, org_id, kind, state, created_at) select md5('import ' || o)::uuid, md5(o)::uuid, 'crm_export', 'queued', now() from unnest('{A,B}'::text[]) o;
insert into crm.import_file (org_id, import_id, name, content) select org_id, id, 'accounts', 'x' from crm.import;
insert into crm.import_finding (org_id, import_id, position, file, line, kept, rule, reason) select org_id, id, 1, 'accounts', 1, true, 'r', 'r' from crm.import;
insert into sec.api_key (id, prefix, secret_sha256, membership_id, org_id, side, name, scopes, created_at)
  select md5('key ' || o)::uuid, 'sp_' || o, sha256(o::bytea), md5('member ' || o)::uuid, md5(o)::uuid, case when o in ('A', 'B') then 'vendor' else 'partner' end, 'k', '{accounts.read}', now() from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at) select md5('field ' || o)::uuid, md5(o)::uuid, 'opportunity', 'x_' || lower(o), 'Field', 'text', now(), now() from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.record_type (id, org_id, object, name, created_at, updated_at) select md5('type ' || o)::uuid, md5(o)::uuid, 'opportunity', 'Project', now(), now() from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.page_layout (id, org_id, object, name, definition, created_at, updated_at) select md5('layout ' || o)::uuid, md5(o)::uuid, 'opportunity', 'Short', '{}', now(), now() from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.layout_assignment (org_id, role_key, record_type_id, layout_id) select md5(o)::uuid, 'administrator', md5('type ' || o)::uuid, md5('layout ' || o)::uuid from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.membership_region (org_id, membership_id, region) select md5(o)::uuid, md5('member ' || o)::uuid, 'East' from unnest('{A,B}'::text[]) o;
insert into crm.access_member (vendor_org_id, connection_id) select vendor_org_id, id from crm.connection;
insert into crm.invitation (id, org_id, kind, token_sha256, expires_at, invited_by, role, created_at, updated_at)
  select md5('invitation ' || o)::uuid, md5(o)::uuid, 'member', sha256(('invitation ' || o)::bytea), now() + interval '1 day', md5('member ' || o)::uuid, 'administrator', now(), now() from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.invitation (id, org_id, kind, token_sha256, expires_at, invited_by, partner_name, partner_number, created_at, updated_at)
  select md5('invitation to ' || o)::uuid, md5(o)::uuid, 'partner', sha256(('invitation to ' || o)::bytea), now() + interval '1 day', md5('member ' || o)::uuid, 'New', 'N', now(), now() from unnest('{A,B}'::text[]) o;
insert into crm.audit_event (id, org_id, at, side, system, action, object, seq, prev_hash, hash)
  select md5('audit ' || o)::uuid, md5(o)::uuid, now(), case when o in ('A', 'B') then 'vendor' else 'partner' end, 'test', 'thing.made', 'thing', 1, sha256(''), sha256('x') from unnest('{A,B,P,Q}'::text[]) o;
insert into crm.audit_chain (org_id, seq, head) select md5(o)::uuid, 1, sha256('x') from unnest('{A,B,P,Q}'::text[]) o;
`

// id is the id of a short name.
func id(name string) uuid.UUID { return md5.Sum([]byte(name)) }

type channel struct {
	*pgtest.Database
	A, B, P, Q operational.Actor
}

func newChannel(t *testing.T, d *pgtest.Database) channel {
	t.Helper()
	_, err := d.Owner(t).Exec(context.Background(), channelSQL)
	require.NoError(t, err)
	actor := func(name string, side operational.Side) operational.Actor {
		return operational.Actor{Org: id(name), Membership: id("member " + name), Side: side, Role: operational.RoleAdministrator}
	}
	v, p := operational.SideVendor, operational.SidePartner
	return channel{Database: d, A: actor("A", v), B: actor("B", v), P: actor("P", p), Q: actor("Q", p)}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func portOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	return u.Port()
}
