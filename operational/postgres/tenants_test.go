package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// as runs one statement in a tenant's context and gives its fault.
func (c channel) as(t *testing.T, actor operational.Actor, sql string, args ...any) error {
	t.Helper()
	return c.API.InTx(context.Background(), actor, func(tx *postgres.Tx) error {
		_, err := tx.Exec(context.Background(), sql, args...)
		return err
	})
}

func (c channel) count(t *testing.T, actor operational.Actor, table string) (n int) {
	t.Helper()
	require.NoError(t, c.API.Read(context.Background(), actor, func(b *pgx.Batch) {
		b.Queue("select count(*) from " + table).QueryRow(func(r pgx.Row) error { return r.Scan(&n) })
	}), "%s reads %s", actor.Side, table)
	return n
}

func kind(t *testing.T, want operational.Kind, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, want, operational.KindOf(err), err.Error())
}

// A row for each table: how many rows A, B, P and Q see; -1: no right to read it at all.
func TestEachTenantSeesItsRows(t *testing.T) {
	c := newChannel(t, pgtest.New(t))
	for table, want := range map[string][4]int{
		"crm.organisation":        {3, 2, 3, 2}, // itself and those it is connected with
		"crm.former_organisation": {0, 1, 0, 1}, // as it was when they parted
		"crm.workspace":           {1, 1, 1, 1},
		"crm.person":              {1, 1, 1, 1},
		"crm.membership":          {1, 1, 1, 1},
		"crm.connection":          {2, 1, 2, 1},
		"crm.external_contact":    {2, 1, 2, 1},
		"crm.connection_people":   {-1, -1, 2, 1}, // who of its people works in it is the partner's affair
		"crm.connection_member":   {-1, -1, 2, 1},
		"crm.product":             {1, 1, 3, 2}, // a partner sees its vendors' catalogues, a vendor never a partner's
		"crm.sales_process":       {1, 1, 3, 2},
		"crm.stage":               {2, 2, 6, 4},
		"crm.account":             {1, 1, 1, 1},
		"crm.contact":             {1, 1, 1, 1},
		"crm.account_link":        {-1, -1, 2, 1},
		"crm.opportunity":         {3, 1, 3, 1},
		"crm.opportunity_line":    {3, 1, 3, 1},
		"crm.opportunity_private": {-1, -1, 3, 1},
		"crm.opportunity_history": {3, 1, 3, 1},
		"crm.record_counter":      {3, 1, 3, 1},
		"crm.outbox":              {-1, -1, -1, -1},
		"crm.idempotency_key":     {1, 1, 1, 1},
		"crm.import":              {1, 1, 0, 0},
		"crm.import_file":         {1, 1, 0, 0},
		"crm.import_finding":      {1, 1, 0, 0},
		"sec.api_key":             {1, 1, 1, 1},
		"crm.role":                {6, 6, 2, 2},
		"crm.role_object":         {18, 18, 5, 5},
		"crm.custom_field":        {1, 1, 1, 1},
		"crm.record_type":         {1, 1, 1, 1},
		"crm.page_layout":         {1, 1, 1, 1},
		"crm.layout_assignment":   {1, 1, 1, 1},
		"crm.membership_region":   {1, 1, -1, -1},
		"crm.access_scope":        {1, 1, -1, -1},
		"crm.access_member":       {2, 1, -1, -1},
		"crm.invitation":          {2, 2, 1, 1},
		"crm.audit_event":         {1, 1, 1, 1}, // one audit of a company; the order of all is nobody's to see
		"crm.audit_chain":         {1, 1, 1, 1},
		"sec.object":              {-1, -1, -1, -1},
		"sec.object_field":        {-1, -1, -1, -1},
		"sec.rights_version":      {-1, -1, -1, -1},
		"sec.password":            {-1, -1, -1, -1},
		"sec.session":             {-1, -1, -1, -1},
		"sec.attempt":             {-1, -1, -1, -1},
		"sec.known_place":         {-1, -1, -1, -1},
		"sec.totp":                {-1, -1, -1, -1},
		"sec.password_reset":      {-1, -1, -1, -1},
		"sec.address_change":      {-1, -1, -1, -1},
		"sec.recovery_code":       {-1, -1, -1, -1},
		"sec.sign_in_rule":        {1, 1, 1, 1},
		"sec.identity_provider":   {1, 1, 1, 1},
		"sec.identity":            {-1, -1, -1, -1},
		"sec.key":                 {-1, -1, -1, -1},
	} {
		for i, actor := range []operational.Actor{c.A, c.B, c.P, c.Q} {
			if want[i] >= 0 {
				require.Equal(t, want[i], c.count(t, actor, table), "%s for %c", table, "ABPQ"[i])
			} else {
				kind(t, operational.KindForbidden, c.as(t, actor, "select count(*) from "+table))
			}
		}
	}
}

func TestNoTableIsForgotten(t *testing.T) {
	c := newChannel(t, pgtest.New(t))
	var empty []string
	owner := c.Owner(t)
	rows, err := owner.Query(context.Background(), `select oid::regclass::text from pg_class where relnamespace in ('crm'::regnamespace, 'sec'::regnamespace) and relkind in ('r', 'p')`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for _, table := range tables {
		var n int
		require.NoError(t, owner.QueryRow(context.Background(), "select count(*) from "+table).Scan(&n))
		if n == 0 && table != "sec.session" {
			empty = append(empty, table)
		}
	}
	require.Empty(t, empty, "a new table needs rows in channelSQL and a line in TestEachTenantSeesItsRows")
}

func TestColumnsOfTheOtherSide(t *testing.T) {
	c := newChannel(t, pgtest.New(t))
	hidden := map[*operational.Actor][]string{
		&c.A: {
			"crm.organisation.created_at", "crm.external_contact.membership_id", "crm.opportunity_history.changed_by", "crm.opportunity_history.seq", "sec.api_key.secret_sha256", "sec.identity_provider.client_secret", "crm.audit_event.n",
		},
		&c.P: {
			"crm.organisation.created_at", "crm.account_link.vendor_account_id", "crm.opportunity.vendor_account_id", "crm.connection.channel_manager_id", "crm.connection.external_role", "crm.connection.external_ref",
			"crm.opportunity_history.changed_by", "crm.opportunity_history.seq", "sec.api_key.secret_sha256", "sec.identity_provider.client_secret", "crm.audit_event.n",
		},
	}
	for actor, columns := range hidden {
		for _, column := range columns {
			at := strings.LastIndex(column, ".")
			for _, sql := range []string{"select %[2]s from %[1]s", "select count(*) from %[1]s where %[2]s is null", "select 1 from %[1]s order by %[2]s", "select count(t.*) from %[1]s t"} {
				kind(t, operational.KindForbidden, c.as(t, *actor, fmt.Sprintf(sql, column[:at], column[at+1:])))
			}
		}
	}
}

// Owner, pipeline and jobs see all rows although row security is forced.
func TestWhoMustSeeAllSeesAll(t *testing.T) {
	ctx := context.Background()
	c := newChannel(t, pgtest.New(t))
	var n int
	require.NoError(t, c.Owner(t).QueryRow(ctx, `select count(*) from crm.opportunity`).Scan(&n))
	require.Equal(t, 5, n)
	require.NoError(t, c.Jobs.Login().QueryRow(ctx, `select count(*) from crm.outbox`).Scan(&n))
	require.Equal(t, 4, n)

	url, err := postgres.LoginURL(c.URL, postgres.LoginCDC, pgtest.Secret)
	require.NoError(t, err)
	cdc := connect(t, url)
	var copied strings.Builder
	tag, err := cdc.PgConn().CopyTo(ctx, &copied, `copy crm.opportunity (id, vendor_org_id, stage_id) to stdout`)
	require.NoError(t, err)
	require.EqualValues(t, 5, tag.RowsAffected(), "a copy under row security gives no rows and no fault")
	for _, sql := range []string{`select name from crm.account`, `select * from crm.opportunity`, `select * from crm.person`, `select * from sec.key`, `update crm.connection set status = 'ended'`, `set role sharepartner_vendor`} {
		_, err := cdc.Exec(ctx, sql)
		require.Equal(t, operational.KindForbidden, operational.KindOf(postgres.Translate(err)), sql)
	}
}

func TestVendorsCatalogueIsNotThePartnersToChange(t *testing.T) {
	c := newChannel(t, pgtest.New(t))
	for _, sql := range []string{
		`insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at) values (gen_random_uuid(), md5('A')::uuid, 'n', 'f', 1, 'EUR', now(), now())`,
		`insert into crm.sales_process (id, org_id, name, created_at, updated_at) values (gen_random_uuid(), md5('A')::uuid, 'n', now(), now())`,
		`insert into crm.stage (id, org_id, process_id, name, position, type) values (gen_random_uuid(), md5('A')::uuid, md5('process A')::uuid, 'n', 9, 'lost')`,
	} {
		kind(t, operational.KindForbidden, c.as(t, c.P, sql))
	}
	for _, table := range []string{"product", "sales_process"} {
		require.NoError(t, c.as(t, c.P, "update crm."+table+" set name = 'mine' || org_id"), "only its own is there to change")
		var changed int
		require.NoError(t, c.Owner(t).QueryRow(context.Background(), "select count(*) from crm."+table+" where name like 'mine%'").Scan(&changed))
		require.Equal(t, 1, changed, table)
		kind(t, operational.KindForbidden, c.as(t, c.P, "delete from crm."+table))
	}
	// When a connection ends, the vendor's products go; the stages of what was done together stay readable.
	_, err := c.Owner(t).Exec(context.Background(), `update crm.connection set status = 'ended', ended_at = now() where vendor_org_id = $1`, c.B.Org)
	require.NoError(t, err)
	require.Equal(t, 2, c.count(t, c.P, "crm.product"))
	require.Equal(t, 6, c.count(t, c.P, "crm.stage"))
}
