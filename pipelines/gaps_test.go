package pipelines_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
)

const productColumns = "id, org_id, name, family, list_price, currency, active"

// A table that leaves the publication and comes back between two looks leaves no word in the stream of what was written
// meanwhile. It is noticed all the same, also after the program was away, and that table alone is compared.
func TestTableLeavesThePublicationForAMoment(t *testing.T) {
	t.Parallel()
	b := newAsideBed(t)
	b.plant(b.w.conn, 300)
	b.catchUp(b.p)
	b.stop()
	why := newReasons(t)
	run := func() {
		b.p = pipelines.New(pipelines.Config{SourceURL: b.cdc, Store: b.store, Log: slog.New(why), DriftEvery: -1})
		b.p.Tune(func(o *pgsource.Options, _ *pipelines.Limits) { o.ShapeEvery = 100 * time.Millisecond })
		b.stop = startIt(t, b.p)
	}
	noticed := func(words ...string) {
		t.Helper()
		require.Eventually(t, func() bool {
			s, err := b.p.Status(context.Background())
			return err == nil && s.State == "streaming" && assertContains(s.LastFault, append(words, "table crm.product was out of the publication for a while")...)
		}, 60*time.Second, 20*time.Millisecond)
	}
	run()
	b.catchUp(b.p)
	// One transaction, so that no look falls between.
	b.simple(`alter publication sharepartner drop table crm.product;
		update crm.product set name = 'meanwhile' where id = '` + b.product.String() + `';
		delete from crm.product where name = 'Product 7';
		insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at) values (gen_random_uuid(), '` + b.w.vendor.String() + `', 'new', 'f', 1, 'EUR', now(), now());
		alter publication sharepartner add table crm.product (` + productColumns + `)`)
	noticed("and 3 put right")
	s, err := b.p.Status(context.Background())
	require.NoError(t, err)
	require.Zero(t, s.Restarts, "nothing begins anew for it: %s", s.LastFault)
	b.stop()

	// The same while no program runs, row by row.
	for _, sql := range []string{`alter publication sharepartner drop table crm.product`, `update crm.product set name = name || '!'`, `alter publication sharepartner add table crm.product (` + productColumns + `)`} {
		b.exec(sql)
	}
	run()
	noticed("and 301 put right")
	b.stop()
	run()
	b.catchUp(b.p)
	s, err = b.p.Status(context.Background())
	require.NoError(t, err)
	require.Zero(t, round(t, b.p).Differences)
	require.Empty(t, why.all(), "no other table was read")
	for _, c := range s.Tables {
		require.Zero(t, c.Repaired, "it is known now: %s", c.Table)
	}
	b.requireEnd()
}

// An older copy of the server's files is put back, and counts beyond the checkpoint before the program comes: it looks like
// the same server. What changed last tells that it is not.
func TestServerRestoredAndBeyondTheCheckpoint(t *testing.T) {
	t.Parallel()
	c := newCluster(t, nil)
	b := c.bed()
	store, why, w := b.open(), newReasons(t), newWriter(t, b.owner(), 1)
	p, stop := b.reasoned(store, why)
	steps(t, w, 40)
	b.catchUp(p)
	stop()
	marks := func() string {
		known, err := store.Marks(context.Background())
		require.NoError(t, err)
		return known["server started"]
	}
	before := marks()
	require.NotEmpty(t, before)
	require.NoError(t, c.server.Stop())
	backup := t.TempDir()
	c.copyTo(backup)
	restart := func() {
		c.start()
		b.url = c.server.URL
	}
	restart()
	w.conn = b.owner()
	p, stop = b.reasoned(store, why)
	steps(t, w, 30)
	b.catchUp(p)
	require.Eventually(t, func() bool { return marks() != before || len(why.all()) > 1 }, 60*time.Second, 50*time.Millisecond, "a server that was started again is looked at")
	require.Len(t, why.all(), 1, "and found to be the same")
	stop()
	loaded, _, err := store.Checkpoint(context.Background())
	require.NoError(t, err)
	require.NoError(t, c.server.Stop())

	c.dir = backup
	restart()
	w = newWriter(t, b.owner(), 2)
	_, err = w.conn.Exec(context.Background(), `select pg_logical_emit_message(true, 'fill', repeat('x', 20000000))`)
	require.NoError(t, err)
	steps(t, w, 30)
	require.Greater(t, fence(t, w.conn), loaded.Place(), "it has counted beyond")
	p, stop = b.reasoned(store, why)
	require.Eventually(t, func() bool { return len(why.all()) == 2 }, 60*time.Second, 20*time.Millisecond)
	require.Equal(t, "server_restored", why.all()[1])
	steps(t, w, 10)
	b.catchUp(p)
	s, err := p.Status(context.Background())
	require.NoError(t, err)
	require.Contains(t, s.LastFault, "An older copy of its files was put back")
	require.Positive(t, s.LastResync.Differed)
	require.Zero(t, round(t, p).Differences)
	stop()
	after, _, err := store.Checkpoint(context.Background())
	require.NoError(t, err)
	require.Greater(t, after.LSN, loaded.LSN)
	require.NoError(t, store.Close())
	duck := b.read()
	b.requireSame(b.owner(), duck)
	b.requireDerived(duck)
}
