package pipelines_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/parity"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
)

// What heals a warehouse works alike on a server: the same code stands above the store.

// onServer is a bed whose warehouse is a database of the ClickHouse that the tests share.
func onServer(t *testing.T) (b *bed, exec func(statements ...string)) {
	b = newBed(t)
	b.file = chtest.NewURL(t)
	db := chtest.Connect(t, b.file)
	return b, func(statements ...string) {
		t.Helper()
		for _, sql := range statements {
			require.NoError(t, db.Exec(context.Background(), sql), sql)
		}
	}
}

// served starts a pipeline into it that compares only when it is asked to.
func (b *bed) served(tables []*warehouse.Table, version int64) (*pipelines.Pipeline, func(), *clickhouse.Store) {
	b.t.Helper()
	store, err := clickhouse.Open(context.Background(), clickhouse.Options{URL: b.file, Tables: tables})
	require.NoError(b.t, err)
	b.t.Cleanup(func() { _ = store.Close() })
	p, stop := start(b.t, pipelines.Config{SourceURL: b.cdc, Store: store, Log: logTo(b.t), Tables: tables, Version: version, DriftEvery: -1, DriftRows: 2000})
	return p, stop, store
}

func TestClickHouseIsPutRightAndInParity(t *testing.T) {
	t.Parallel()
	b, exec := onServer(t)
	owner := b.owner()
	b.plant(owner, 1000)
	w := newWriter(t, owner, 1)
	steps(t, w, 80)
	past(t, owner)
	p, stop, _ := b.served(nil, 0)
	b.catchUp(p)
	require.Zero(t, round(t, p).Differences)
	exec(
		`ALTER TABLE product UPDATE list_price = list_price + 1, family = NULL WHERE name IN ('Product 5', 'Product 700') SETTINGS mutations_sync = 2`,
		`DELETE FROM account WHERE id IN (SELECT id FROM account ORDER BY id LIMIT 3)`,
		`INSERT INTO product SELECT * FROM product WHERE name = 'Product 9'`, // twice
		`DELETE FROM opportunity_history_log WHERE version = 2`,
		`ALTER TABLE opportunity_wide UPDATE vendor_net_amount = 1 WHERE UUIDToNum(opportunity_id) IN (SELECT max(UUIDToNum(opportunity_id)) FROM opportunity_wide) SETTINGS mutations_sync = 2`,
	)
	found := round(t, p)
	require.GreaterOrEqual(t, found.Differences, int64(2+3+1+1+1))
	require.Equal(t, found.Differences, found.Repaired)
	require.Zero(t, round(t, p).Differences, "all is put right")
	steps(t, w, 40)
	b.catchUp(p)
	require.Zero(t, round(t, p).Differences)
	for n := range 2 {
		c := compare(t, p, parity.Options{Vendors: 1, Turn: n})
		require.Zero(t, c.Differences, "%+v", c.Found)
		require.Greater(t, c.Compared, int64(200))
	}
	stop()
}

func TestClickHouseTakesColumnsThatCome(t *testing.T) {
	t.Parallel()
	b, _ := onServer(t)
	b.spareWriters()
	written := b.keepWriting(2)
	p, stop, store := b.served(mirror(nil), postgres.Version())
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())
	next := mirror(map[string]func([]warehouse.Column) []warehouse.Column{
		"product": with(warehouse.Column{Name: "weight", Kind: warehouse.KindInt}),
	})
	b.migrate(9001, `alter table crm.product add column weight int not null default 3;`+publish(next)+`;grant select (weight) on crm.product to sharepartner_cdc`)
	p, stop, store = b.served(next, 9001)
	b.untilBrought(store)
	written()
	b.catchUp(p)
	require.Zero(t, round(t, p).Differences)
	var least *int64
	require.NoError(t, chtest.Connect(t, b.file).QueryRow(context.Background(), "SELECT min(weight) FROM product_log WHERE _op = 82").Scan(&least))
	require.EqualValues(t, 3, *least)
	stop()
}

// The slot is gone, and what was written since: all rows are compared, the differences go into the log, and nothing that was known is lost.
func TestClickHouseIsComparedWhereTheSlotIsGone(t *testing.T) {
	t.Parallel()
	b, _ := onServer(t)
	owner := b.owner()
	w := newWriter(t, owner, 1)
	steps(t, w, 60)
	p, stop, store := b.served(nil, 0)
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())
	dropSlots(t, b.url)
	steps(t, w, 60)
	p, stop, store = b.served(nil, 0)
	b.catchUp(p)
	s, err := p.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, "slot_missing", s.LastResync.Reason)
	require.Zero(t, round(t, p).Differences)
	var copied, compared uint64
	require.NoError(t, chtest.Connect(t, b.file).QueryRow(context.Background(), "SELECT countIf(_op = 83), countIf(_op = 82) FROM opportunity_log").Scan(&copied, &compared))
	require.Positive(t, copied, "the log of before is still there")
	require.Positive(t, compared)
	after, ok, err := store.Checkpoint(context.Background())
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, 1, after.Epoch)
	stop()
}
