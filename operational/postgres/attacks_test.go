package postgres_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// raw is the api login with a statement of the attacker's choice: what an injection would have.
func (c channel) raw(t *testing.T, login string) *pgx.Conn {
	t.Helper()
	url, err := postgres.LoginURL(c.URL, login, pgtest.Secret)
	require.NoError(t, err)
	return connect(t, url)
}

func refused(t *testing.T, err error, why ...any) {
	t.Helper()
	require.Error(t, err, why...)
	require.Equal(t, operational.KindForbidden, operational.KindOf(postgres.Translate(err)), append([]any{err.Error()}, why...)...)
}

func TestContextsThatAreNone(t *testing.T) {
	ctx := context.Background()
	c := newChannel(t, pgtest.New(t))
	api := c.raw(t, postgres.LoginAPI)
	signer := postgres.NewSigner(pgtest.Secret)
	good, sig := signer.Sign(c.A, time.Now().Add(time.Hour))
	expired, expiredSig := signer.Sign(c.A, time.Now().Add(-time.Second))
	forgedClaim, _ := signer.Sign(c.B, time.Now().Add(time.Hour))
	_, otherSig := postgres.NewSigner(postgres.Secret("guessed")).Sign(c.A, time.Now().Add(time.Hour))
	partner, partnerSig := signer.Sign(c.P, time.Now().Add(time.Hour))
	wrong, err := hex.DecodeString(sig)
	require.NoError(t, err)
	wrong[0] ^= 1
	for name, k := range map[string][2]string{
		"none": {"", ""}, "no signature": {good, ""}, "no claim": {"", sig}, "nonsense": {"x", "y"}, "one bit": {good, hex.EncodeToString(wrong)},
		"another's claim": {forgedClaim, sig}, "another key": {good, otherSig}, "expired": {expired, expiredSig}, "later expiry": {expired + "0", expiredSig},
		"the other side": {partner, partnerSig},
	} {
		_, err := api.Exec(ctx, fmt.Sprintf(`begin; set local role sharepartner_vendor; select set_config('app.ctx', '%s', true), set_config('app.sig', '%s', true); select * from crm.opportunity_line`, k[0], k[1]))
		refused(t, err, name)
		_, err = api.Exec(ctx, `rollback`)
		require.NoError(t, err)
	}
	_, err = api.Exec(ctx, fmt.Sprintf(`begin; set local role sharepartner_vendor; select set_config('app.ctx', '%s', true), set_config('app.sig', '%s', true); select * from crm.opportunity_line; rollback`, good, sig))
	require.NoError(t, err, "the true one is believed")
}

// What an injected statement can try from inside A's transaction: take another's context, shed the role, take one that is worth more.
func TestSmuggledStatements(t *testing.T) {
	ctx := context.Background()
	c := newChannel(t, pgtest.New(t))
	claim := fmt.Sprintf("%s|vendor|%s|%d", c.B.Org, c.B.Membership, time.Now().Add(time.Hour).Unix())
	partner := fmt.Sprintf("%s|partner|%s|%d", c.P.Org, c.P.Membership, time.Now().Add(time.Hour).Unix())
	for _, sql := range []string{
		`with x as materialized (select set_config('app.ctx', '` + claim + `', true)) select count(*) from x, crm.opportunity`,
		`with x as materialized (select set_config('role', 'sharepartner_partner', true), set_config('app.ctx', '` + partner + `', true)) select count(*) from x, crm.opportunity_private`,
		`select set_config('app.ctx', '', true); select id from crm.opportunity`,
		`reset role; select * from crm.opportunity`,
		`set local role none; select * from sec.key`,
		`set local role sharepartner_partner; select id from crm.opportunity`,
		`set local role sharepartner_owner; select * from crm.opportunity`,
		`set local role sharepartner_cdc; select * from crm.opportunity`,
		`set session authorization postgres; select 1`,
		`reset role; select * from sec.password_of('b@x.example')`,
		`reset role; select sec.open_session(gen_random_uuid(), sha256('x'), '` + c.B.Membership.String() + `', 'vendor', now(), '1 hour', '1 day', null, true, null)`,
		`reset role; select sec.drop_totp('` + c.B.Person.String() + `', gen_random_uuid(), now())`,
		`reset role; select * from sec.factors_of('` + c.B.Person.String() + `')`,
		`reset role; select * from sec.memberships_of('` + id("person B").String() + `')`,
		`reset role; select sec.add_person(gen_random_uuid(), gen_random_uuid(), '` + c.B.Org.String() + `', 'administrator', 'x', 'x@x.example', 'x@x.example', 'h', now())`,
		`reset role; select sec.claim()`,
		`reset role; select * from sec.provider_to_ask('` + id("provider B").String() + `')`,
		`reset role; select sec.link_identity(gen_random_uuid(), '` + id("provider B").String() + `', 'mine', '` + id("person B").String() + `', now())`,
		`reset role; select * from sec.use_identity('` + id("provider B").String() + `', 's', now())`,
		`reset role; select sec.prove('` + c.B.Org.String() + `', 1, 1)`,
		`select crm.object_setup('` + c.B.Org.String() + `', 'opportunity', 'administrator')`,
		`select crm.object_setup('` + c.P.Org.String() + `', 'account', 'administrator')`,
		`select inner_pad from sec.key`,
		`select * from sec.session`,
		`create temporary table opportunity (x int)`,
		`create table crm.mine (x int)`,
		`create function crm.f() returns int language sql as 'select 1'`,
		`select pg_read_file('/etc/hostname')`,
		`copy crm.account to program 'cat'`,
		`alter table crm.account disable row level security`,
		`set local session_replication_role = replica`,
		`set local row_security = off; select * from crm.account`,
		`select pg_create_logical_replication_slot('mine', 'test_decoding')`,
		`truncate crm.account`,
		`lock table crm.account`,
	} {
		refused(t, c.as(t, c.A, sql), sql)
	}
	// The jobs login's own rights, once its tenant's role is shed, show no personal data and no secrets either.
	jobs := c.raw(t, postgres.LoginJobs)
	for _, sql := range []string{
		`select * from crm.person`, `select * from sec.password`, `select * from sec.key`, `select * from crm.opportunity`, `select * from crm.import_file`, `select * from sec.members_of('` + c.A.Org.String() + `')`,
		`select sec.enable_person('` + id("person A").String() + `', 'x', 'x', 'h', now())`, `update crm.connection set status = 'ended'`,
	} {
		_, err := jobs.Exec(ctx, sql)
		refused(t, err, sql)
	}
	n := 0
	require.NoError(t, c.Owner(t).QueryRow(ctx, `select count(*) from sec.session`).Scan(&n))
	require.Zero(t, n)
}

// Of what a vendor has set up a partner is told what its own role there is told, whatever it asks.
func TestTheSetupOfAVendorIsToldByOnesOwnRole(t *testing.T) {
	c := newChannel(t, pgtest.New(t))
	asks := `select crm.object_setup('` + c.A.Org.String() + `', 'opportunity', '%s')`
	require.NoError(t, c.as(t, c.P, fmt.Sprintf(asks, "dealer_personnel")))
	for _, role := range []string{"administrator", "channel_manager", "none"} {
		refused(t, c.as(t, c.P, fmt.Sprintf(asks, role)), role)
	}
	stranger := c.P
	stranger.Membership = uuid.New()
	refused(t, c.as(t, stranger, fmt.Sprintf(asks, "dealer_personnel")), "somebody whom the vendor does not know")
	require.NoError(t, c.as(t, c.A, fmt.Sprintf(asks, "channel_manager")), "one's own company")
}

// The composite keys check nothing where a column is null, so the nulls are checked too.
func TestTenantColumnsFitTogether(t *testing.T) {
	c := newChannel(t, pgtest.New(t))
	insert := func(actor operational.Actor, connection, vendor, partner any) error {
		return c.as(t, actor, `insert into crm.opportunity (id, connection_id, vendor_org_id, partner_org_id, number, name, process_org_id, process_id, process_version, stage_id, stage_type, vendor_net_amount, amount_source, currency, created_at, updated_at)
			values (gen_random_uuid(), $1, $2, $3, 99, 'n', md5('A')::uuid, md5('process A')::uuid, 1, md5('open A')::uuid, 'active', 1, 'entered', 'EUR', now(), now())`, connection, vendor, partner)
	}
	kind(t, operational.KindInvalid, insert(c.A, nil, c.A.Org, c.P.Org))        // both companies without a connection
	kind(t, operational.KindInvalid, insert(c.A, id("AP"), c.A.Org, nil))       // a connection without its partner
	kind(t, operational.KindInvalid, insert(c.A, id("AP"), c.A.Org, c.Q.Org))   // another partner of the vendor
	kind(t, operational.KindInvalid, insert(c.A, id("BP"), c.A.Org, c.P.Org))   // another vendor's connection
	kind(t, operational.KindForbidden, insert(c.A, id("BP"), c.B.Org, c.P.Org)) // another vendor's row
	kind(t, operational.KindForbidden, insert(c.P, id("AQ"), c.A.Org, c.Q.Org)) // another partner's row
	kind(t, operational.KindForbidden, insert(c.A, nil, nil, c.P.Org))          // the partner's private business
	kind(t, operational.KindForbidden, insert(c.P, nil, c.A.Org, nil))          // the vendor's direct business
	kind(t, operational.KindInvalid, insert(c.B, id("BP"), c.B.Org, c.P.Org))   // a process of somebody else
	kind(t, operational.KindInvalid, insert(c.A, uuid.New(), c.A.Org, c.P.Org)) // no connection at all
	for _, actor := range []operational.Actor{c.A, c.P} {                       // whose a row is never changes
		for _, column := range []string{"id", "connection_id", "vendor_org_id", "partner_org_id", "number", "currency", "process_id", "external_ref", "created_at"} {
			kind(t, operational.KindForbidden, c.as(t, actor, fmt.Sprintf("update crm.opportunity set %[1]s = %[1]s", column)))
		}
	}
	kind(t, operational.KindForbidden, c.as(t, c.P, `update crm.opportunity set tier = 'Platinum', version = version + 1 where id = $1`, id("oa")))
	kind(t, operational.KindInvalid, c.as(t, c.A, `update crm.opportunity set name = 'without history', version = version + 1 where id = $1`, id("oa")))
	kind(t, operational.KindInvalid, c.as(t, c.A, `update crm.opportunity set name = 'without version' where id = $1`, id("oa")))
}

// What exists at others cannot be told from what does not: the same fault for both.
func TestFaultsTellNothingOfOthers(t *testing.T) {
	c := newChannel(t, pgtest.New(t))
	for name, try := range map[string]struct {
		actor   operational.Actor
		sql     string
		foreign uuid.UUID
	}{
		"contact at another's account": {c.P, `insert into crm.contact (id, org_id, account_id, last_name, created_at, updated_at) values (gen_random_uuid(), md5('P')::uuid, $1, 'x', now(), now())`, id("account A")},
		"another's parent account":     {c.P, `update crm.account set parent_account_id = $1`, id("account Q")},
		"private half of another's":    {c.P, `insert into crm.opportunity_private (opportunity_id, scope_id, partner_org_id, updated_at) values ($1, md5('AQ')::uuid, md5('P')::uuid, now())`, id("oq")},
		"line of another's":            {c.B, `insert into crm.opportunity_line (id, opportunity_id, connection_id, vendor_org_id, partner_org_id, product_org_id, product_id, quantity, unit_price) values (gen_random_uuid(), $1, md5('BP')::uuid, md5('B')::uuid, md5('P')::uuid, md5('B')::uuid, md5('product B')::uuid, 1, 1)`, id("oa")},
		"another's product":            {c.B, `insert into crm.opportunity_line (id, opportunity_id, connection_id, vendor_org_id, partner_org_id, product_org_id, product_id, quantity, unit_price) values (gen_random_uuid(), md5('ob')::uuid, md5('BP')::uuid, md5('B')::uuid, md5('P')::uuid, md5('B')::uuid, $1, 1, 1)`, id("product A")},
		"history of another's":         {c.B, history(`$1`, "2", "vendor", "BP", "B", "P"), id("oa")},
		"another's link":               {c.P, `insert into crm.account_link (connection_id, vendor_org_id, partner_org_id, vendor_account_id, partner_account_id, created_at) values (md5('AP')::uuid, md5('A')::uuid, md5('P')::uuid, $1, md5('account P')::uuid, now())`, id("account B")},
	} {
		foreign := c.as(t, try.actor, try.sql, try.foreign)
		random := c.as(t, try.actor, try.sql, uuid.New())
		require.Error(t, foreign, name)
		require.Error(t, random, name)
		require.Equal(t, random.Error(), foreign.Error(), name)
	}
	// Unique values are unique in one's own workspace or connection only.
	for _, sql := range []string{
		`insert into crm.account (id, org_id, name, name_key, external_ref, created_at, updated_at) values (gen_random_uuid(), $1, 'n', 'n', 'same', now(), now())`,
		`insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at) values (gen_random_uuid(), $1, 'same', 'f', 1, 'EUR', now(), now())`,
	} {
		for _, actor := range []operational.Actor{c.A, c.B, c.P, c.Q} {
			require.NoError(t, c.as(t, actor, sql, actor.Org))
			kind(t, operational.KindConflict, c.as(t, actor, sql, actor.Org))
		}
	}
}

func history(opportunity, version, side, connection, vendor, partner string) string {
	return fmt.Sprintf(`insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, change, changed_by_side, process_id, process_version, stage_id, stage_type, stage_position, vendor_net_amount, currency, region, tier)
		select %s, %s, md5('%s')::uuid, md5('%s')::uuid, md5('%s')::uuid, now(), 'edited', '%s', md5('process A')::uuid, 1, md5('open A')::uuid, 'active', 1, 100, 'EUR', 'East', 'Gold'`, opportunity, version, connection, vendor, partner, side)
}

// History is of changes only, and fixed once it is written.
func TestHistoryIsOfChangesOnly(t *testing.T) {
	ctx := context.Background()
	c := newChannel(t, pgtest.New(t))
	oa := "md5('oa')::uuid"
	kind(t, operational.KindInvalid, c.as(t, c.A, history(oa, "2", "vendor", "AP", "A", "P")))  // a version to come
	kind(t, operational.KindConflict, c.as(t, c.A, history(oa, "1", "vendor", "AP", "A", "P"))) // one that is there
	for _, actor := range []operational.Actor{c.A, c.P} {
		kind(t, operational.KindForbidden, c.as(t, actor, `update crm.opportunity_history set reason = 'x'`))
		kind(t, operational.KindForbidden, c.as(t, actor, `delete from crm.opportunity_history`))
	}
	change := func(actor operational.Actor, update, entry string) error {
		return c.API.InTx(ctx, actor, func(tx *postgres.Tx) error {
			if _, err := tx.Exec(ctx, update); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, entry)
			return err
		})
	}
	edit := `update crm.opportunity set name = 'new', version = version + 1 where id = ` + oa
	kind(t, operational.KindInvalid, change(c.A, `update crm.opportunity set vendor_net_amount = 1, version = version + 1 where id = `+oa, history(oa, "2", "vendor", "AP", "A", "P"))) // says another amount
	kind(t, operational.KindInvalid, change(c.A, edit, history(oa, "3", "vendor", "AP", "A", "P")))                                                                                     // leaves one out
	kind(t, operational.KindForbidden, change(c.A, edit, history(oa, "2", "partner", "AP", "A", "P")))                                                                                  // in the partner's name
	kind(t, operational.KindForbidden, change(c.P, edit, history(oa, "2", "vendor", "AP", "A", "P")))                                                                                   // in the vendor's name
	require.NoError(t, change(c.A, edit, history(oa, "2", "vendor", "AP", "A", "P")))
	kind(t, operational.KindInvalid, change(c.P, edit, edit)) // two versions in one go, without a row for each
}
