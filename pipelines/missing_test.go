package pipelines_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
)

// Rows were deleted from the warehouse by hand, and then changed in Postgres without the long values that their updates
// leave out: they are fetched, and nothing stops for them.
func TestUpdatedRowsThatAreMissingAreFetched(t *testing.T) {
	t.Parallel()
	b := newAsideBed(t)
	moved, last := id(), id()
	b.exec(`insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at) values ($1, $2, 'M', $3, 1, 'EUR', now(), now())`, moved, b.w.vendor, b.family)
	b.catchUp(b.p)
	b.stop()
	require.NoError(t, b.store.Close())
	b.tamper(`delete from product where id in ('` + b.product.String() + `', '` + moved.String() + `')`)
	require.NoError(t, b.w.tx(func(exec execFunc) {
		exec(`update crm.product set list_price = 2 where id = $1`, b.product)
		exec(`update crm.organisation set name = 'beside it' where id = $1`, b.w.vendor)
		exec(`update crm.product set list_price = 3 where id = $1`, b.product)
		exec(`update crm.product set id = $2 where id = $1`, moved, last)
	}))
	b.store = b.open()
	b.p, b.stop = start(t, pipelines.Config{SourceURL: b.cdc, Store: b.store, Log: logTo(t), DriftEvery: -1})
	require.Eventually(t, func() bool {
		s, err := b.p.Status(context.Background())
		require.NoError(t, err)
		for _, table := range s.Tables {
			if table.Table == "product" && table.Repaired == 2 {
				return true
			}
		}
		return false
	}, time.Minute, 20*time.Millisecond)
	s, err := b.p.Status(context.Background())
	require.NoError(t, err)
	require.Zero(t, s.Restarts, s.LastFault)
	b.exec(`update crm.product set list_price = 4 where id = $1`, b.product)
	b.requireEnd()
}
