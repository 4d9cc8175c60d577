package pipelines_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLiveChanges(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	exec := func(sql string, args ...any) {
		t.Helper()
		_, err := owner.Exec(context.Background(), sql, args...)
		require.NoError(t, err)
	}
	b.oracle(owner)
	w := newWriter(t, owner, 1)
	keep, gone, moved, wide := id(), id(), id(), id()
	// Values that leave the row, as long texts do, are not sent again with a change that does not touch them.
	exec(`alter table crm.product alter column family set storage external`)
	exec(`alter table crm.product drop constraint product_family_check`)
	add := `insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at) values ($1, $2, $3, $4, $5, 'EUR', now(), now())`
	exec(add, keep, w.vendor, "kept", "F", "9999999999999999.99")
	exec(add, gone, w.vendor, "gone", "F", "0")
	exec(add, wide, w.vendor, "wide", string(longText()), "1")
	var outside bool
	require.NoError(t, owner.QueryRow(context.Background(), `select pg_relation_size(reltoastrelid) > 0 from pg_class where oid = 'crm.product'::regclass`).Scan(&outside))
	require.True(t, outside, "the long text has left its row")

	store := b.open()
	p, stop := b.run(store)
	b.catchUp(p)
	exec(add, moved, w.vendor, "moved", string(longText()), "0.01")
	exec(`update crm.product set list_price = 2 where id = $1`, wide)
	exec(`update crm.product set name = 'kept too' where id = $1`, keep)
	exec(`delete from crm.product where id = $1`, gone)
	exec(`update crm.product set id = $2 where id = $1`, moved, id())
	for range 30 {
		require.NoError(t, w.step())
	}
	exec(`insert into crm.account (id, org_id, name, name_key, created_at, updated_at) values ($1, $2, 'A', 'a', '0044-03-15 12:00:00+00', '2262-04-12 00:00:00.000001+00')`, id(), w.vendor)
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())
	duck := b.read()
	b.requireSame(owner, duck)
	b.requireExactLog(owner, duck)
	require.NoError(t, duck.Close())

	// Again from the checkpoint, and a truncate of several tables at once.
	store = b.open()
	p, stop = b.run(store)
	exec(`begin; insert into crm.account (id, org_id, name, name_key, created_at, updated_at) select gen_random_uuid(), org_id, name, name_key, now(), now() from crm.account;
		truncate crm.account, crm.opportunity_line cascade; insert into crm.account (id, org_id, name, name_key, created_at, updated_at) values ('018f4fb4-0000-7000-8000-000000000001', '` + w.vendor.String() + `', 'after', 'after', now(), now()); commit`)
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())
	duck = b.read()
	b.requireSame(owner, duck)
	b.requireExactLog(owner, duck)
}

func longText() []byte {
	text := make([]byte, 5000)
	for i := range text {
		text[i] = byte('a' + i*7%26)
	}
	return text
}
