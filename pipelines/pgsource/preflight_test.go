package pgsource

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func cdc(t *testing.T, ownerURL string) string {
	t.Helper()
	u, err := postgres.LoginURL(ownerURL, postgres.LoginCDC, pgtest.Secret)
	require.NoError(t, err)
	return u
}

func superuser(t *testing.T, ownerURL string) *pgx.Conn {
	t.Helper()
	cfg, err := pgx.ParseConfig(ownerURL)
	require.NoError(t, err)
	super, err := pgx.ParseConfig(pgtest.Server(t).SuperURL)
	require.NoError(t, err)
	cfg.User, cfg.Password = super.User, super.Password
	conn, err := pgx.ConnectConfig(context.Background(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func TestPreflight(t *testing.T) {
	cases := []struct {
		name   string
		damage string
		want   []string // all of them, in one answer
	}{
		{name: "ready"},
		{name: "no publication", damage: `drop publication sharepartner`, want: []string{"publication sharepartner does not exist in this database: run `sharepartner migrate`"}},
		{name: "half a publication", damage: `alter publication sharepartner set (publish = 'insert, update')`, want: []string{"publication sharepartner leaves out some kinds of changes: alter publication"}},
		{name: "table not published", damage: `alter publication sharepartner drop table crm.stage`, want: []string{"table crm.stage is not published"}},
		{name: "table not mirrored", damage: `alter publication sharepartner add table crm.person (id)`, want: []string{"table crm.person is published but not mirrored"}},
		{
			name:   "several faults at once",
			damage: `alter table crm.product rename column family to kind; alter publication sharepartner drop table crm.account; alter publication sharepartner add table crm.account (id, org_id, name)`,
			want:   []string{"table crm.product does not have the columns that the warehouse keeps (not sent: family; sent but not kept: kind)", "table crm.account does not have", "not sent: industry, country, created_at, updated_at; sent but not kept: name"},
		},
		{
			name:   "another type",
			damage: `alter publication sharepartner drop table crm.sales_process; alter table crm.sales_process alter version type numeric; alter publication sharepartner add table crm.sales_process (id, org_id, name, version)`,
			want:   []string{"table crm.sales_process does not have the columns", "of another type: version"},
		},
		{name: "filtered rows", damage: `alter publication sharepartner drop table crm.account; alter publication sharepartner add table crm.account (id, org_id, industry, country, created_at, updated_at) where (id is not null)`, want: []string{"the publication leaves out rows of crm.account"}},
		{name: "no right to read", damage: `revoke select (name) on crm.product from sharepartner_cdc`, want: []string{"the login may not read crm.product (name)"}},
		{name: "hidden rows", damage: `drop policy cdc_reads on crm.connection`, want: []string{"row security hides rows of crm.connection"}},
		{name: "no key", damage: `alter table crm.opportunity_history drop constraint opportunity_history_pkey cascade`, want: []string{"table crm.opportunity_history must have the primary key (opportunity_id, version) as its replica identity"}},
		{name: "no identity", damage: `alter table crm.product replica identity nothing`, want: []string{"table crm.product must have the primary key (id) as its replica identity"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			url := pgtest.NewURL(t)
			_, err := superuser(t, url).Exec(context.Background(), c.damage)
			require.NoError(t, err)
			source, err := New(Options{URL: cdc(t, url)})
			require.NoError(t, err)
			server, err := source.Preflight(context.Background())
			if c.want == nil {
				require.NoError(t, err)
				require.NotEmpty(t, server.SystemID)
				require.Equal(t, 1, server.Timeline)
				require.NotZero(t, server.LSN)
				require.False(t, server.Slot.Exists)
				return
			}
			var setup *SetupError
			require.ErrorAs(t, err, &setup)
			for _, w := range c.want {
				require.ErrorContains(t, err, w)
			}
		})
	}
}

func TestLoginThatMayNotReplicate(t *testing.T) {
	url := pgtest.NewURL(t)
	owner := dial(t, url)
	_, err := owner.Exec(context.Background(), `do $$ begin create role visitor login password 'visitor'; exception when duplicate_object then null; end $$`)
	require.NoError(t, err)
	cfg := owner.Config()
	source, err := New(Options{URL: "postgres://visitor:visitor@" + cfg.Host + ":" + portOf(t, url) + "/" + cfg.Database + "?sslmode=disable"})
	require.NoError(t, err)
	_, err = source.Preflight(context.Background())
	require.ErrorContains(t, err, "login visitor may not replicate: let an administrator run `alter role visitor replication`")
	require.ErrorContains(t, err, "the login may not read crm.opportunity (", "all faults at once")
	require.ErrorContains(t, err, "row security hides rows of crm.opportunity")
	_, err = source.identify(context.Background())
	require.ErrorContains(t, err, "the server refuses a replication connection")
}

func TestSlotOfSomebodyElse(t *testing.T) {
	url, other := pgtest.NewURL(t), pgtest.NewURL(t)
	slot := func(conn *pgx.Conn, plugin string) {
		_, err := conn.Exec(context.Background(), `select pg_create_logical_replication_slot('ours', $1)`, plugin)
		require.NoError(t, err)
		t.Cleanup(func() { _, _ = conn.Exec(context.Background(), `select pg_drop_replication_slot('ours')`) })
	}
	slot(dial(t, other), "pgoutput")
	source, err := New(Options{URL: cdc(t, url), Slot: "ours"})
	require.NoError(t, err)
	_, err = source.Preflight(context.Background())
	require.ErrorContains(t, err, "slot ours belongs to something else")
	require.Error(t, source.DropSlot(context.Background()), "it is not ours to drop")
}

func TestSlotWaitsForOpenTransactions(t *testing.T) {
	url := pgtest.NewURL(t)
	busy := dial(t, url)
	_, err := busy.Exec(context.Background(), `set application_name = 'the slow one'; begin; select pg_current_xact_id()`)
	require.NoError(t, err)
	source, err := New(Options{URL: cdc(t, url), SlotTimeout: 300 * time.Millisecond})
	require.NoError(t, err)
	_, err = source.CreateSlot(context.Background())
	var blocked *BlockedError
	require.ErrorAs(t, err, &blocked)
	require.ErrorContains(t, err, "sharepartner_owner (the slow one)")
	_, err = busy.Exec(context.Background(), `rollback`)
	require.NoError(t, err)
	require.Eventually(t, func() bool { // the server may need a moment to see that the first try is over
		snapshot, err := source.CreateSlot(context.Background())
		if err == nil {
			snapshot.Close()
		}
		return err == nil
	}, 5*time.Second, 50*time.Millisecond)
	require.Eventually(t, func() bool { return source.DropSlot(context.Background()) == nil }, 30*time.Second, 20*time.Millisecond)
	require.NoError(t, source.DropSlot(context.Background()), "one that is not there is no fault")
}

func TestSlotFaultsHaveNames(t *testing.T) {
	url := pgtest.NewURL(t)
	source, err := New(Options{URL: cdc(t, url)})
	require.NoError(t, err)
	_, err = source.Stream(context.Background(), 1)
	require.ErrorIs(t, err, ErrSlotGone)
	snapshot, err := source.CreateSlot(context.Background())
	require.NoError(t, err)
	require.NoError(t, snapshot.Copy(context.Background(), func(Piece) error { return nil }))
	stream, err := snapshot.Stream(context.Background())
	require.NoError(t, err)
	_, err = source.Stream(context.Background(), snapshot.LSN)
	require.ErrorIs(t, err, ErrSlotActive)
	require.ErrorIs(t, source.DropSlot(context.Background()), ErrSlotActive)
	stream.Close()
	require.Eventually(t, func() bool { return source.DropSlot(context.Background()) == nil }, 30*time.Second, 20*time.Millisecond)
}

func portOf(t *testing.T, url string) string {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	return fmt.Sprint(cfg.Port)
}
