package pipelines_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// plant fills tables with many rows at once.
func (b *bed) plant(owner *pgx.Conn, rows int) {
	b.t.Helper()
	org := id()
	for _, sql := range []string{
		`insert into crm.organisation (id, name, created_at) select $1, 'Large', now() where $2 > 0`,
		`insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at)
			select gen_random_uuid(), $1, 'Product ' || i, repeat('family ', 5), i / 7.0, 'EUR', now(), now() from generate_series(1, $2) i`,
		`insert into crm.account (id, org_id, name, name_key, industry, created_at, updated_at)
			select gen_random_uuid(), $1, 'Account ' || i, 'account', nullif('i' || i % 5, 'i0'), now(), now() from generate_series(1, $2) i`,
	} {
		_, err := owner.Exec(context.Background(), sql, org, rows)
		require.NoError(b.t, err)
	}
}

func TestSnapshotHandsOverUnderWriters(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	b.oracle(owner)
	b.plant(owner, 15_000)
	written := b.keepWriting(4)
	time.Sleep(300 * time.Millisecond)

	store := b.open()
	p := pipelines.New(pipelines.Config{SourceURL: b.cdc, Store: &hookStore{Store: store, append: func(*warehouse.Batch) error {
		time.Sleep(30 * time.Millisecond)
		return nil
	}}, Log: logTo(t)})
	p.Tune(func(o *pgsource.Options, _ *pipelines.Limits) { o.RangeBytes = 256 << 10 })
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	require.Eventually(t, func() bool {
		s, err := p.Status(ctx)
		return err == nil && s.State == "streaming" && s.Rows > 30_000
	}, 60*time.Second, 20*time.Millisecond)
	time.Sleep(time.Second)
	n := written()
	b.catchUp(p)
	cancel()
	require.NoError(t, <-done)
	require.NoError(t, store.Close())
	t.Logf("%d transactions during snapshot and after", n)
	duck := b.read()
	b.requireSame(owner, duck)
	b.requireExactLog(owner, duck)
}
