package pipelines_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
)

// Tables come to a warehouse that has been running: only they are copied, while all is written to.
func TestTablesThatAreNewAreCopiedAlone(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	exec := func(sql string) {
		t.Helper()
		_, err := owner.Exec(context.Background(), sql)
		require.NoError(t, err)
	}
	b.plant(owner, 20_000)
	steps(t, newWriter(t, owner, 9), 30)
	store := b.open()
	why := newReasons(t)
	cfg := pipelines.Config{SourceURL: b.cdc, Store: store, Log: slog.New(why), DriftEvery: -1}
	p, stop := start(t, cfg)
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())

	// As a program had left it that did not mirror these tables, nor published them.
	exec(`alter publication sharepartner drop table crm.product, crm.opportunity_line`)
	duck := b.read()
	for _, sql := range []string{
		`drop table product`, `drop table product_log`, `drop table opportunity_line`, `drop table opportunity_line_log`,
		`delete from copied where name in ('product', 'opportunity_line')`,
	} {
		_, err := duck.Exec(sql)
		require.NoError(t, err)
	}
	var copied int
	require.NoError(t, duck.QueryRow(`select count(*) from account_log where _op = 83`).Scan(&copied))
	require.NoError(t, duck.Close())
	written := b.keepWriting(3)
	time.Sleep(500 * time.Millisecond)
	exec(`alter publication sharepartner add table crm.product (id, org_id, name, family, list_price, currency, active),
		crm.opportunity_line (id, opportunity_id, connection_id, vendor_org_id, partner_org_id, product_id, quantity, unit_price)`)
	time.Sleep(500 * time.Millisecond)

	store = b.open()
	cfg.Store = store
	left, err := store.Uncopied(context.Background())
	require.NoError(t, err)
	require.Len(t, left, 2)
	p, stop = start(t, cfg)
	require.Eventually(t, func() bool {
		left, err := store.Uncopied(context.Background())
		return err == nil && len(left) == 0
	}, 60*time.Second, 50*time.Millisecond)
	time.Sleep(time.Second)
	n := written()
	t.Logf("%d transactions meanwhile", n)
	b.catchUp(p)
	require.Zero(t, round(t, p).Differences)
	require.Equal(t, []string{"first_snapshot"}, why.all(), "no other table is copied again")
	stop()
	require.NoError(t, store.Close())
	duck = b.read()
	b.requireSame(owner, duck)
	var again int
	require.NoError(t, duck.QueryRow(`select count(*) from account_log where _op = 83`).Scan(&again))
	require.Equal(t, copied, again)
	require.NoError(t, duck.QueryRow(`select count(*) from product_log where _op not in (73, 83, 85, 68)`).Scan(&again))
	require.Zero(t, again, "nothing had to be put right")
}
