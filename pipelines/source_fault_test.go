package pipelines_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/operational/postgres/local"
	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// cluster is a server of the test's own, with a line to it.
type cluster struct {
	t      *testing.T
	dir    string
	extra  map[string]string
	server *local.Server
	line   *line
}

func newCluster(t *testing.T, extra map[string]string) *cluster {
	c := &cluster{t: t, dir: t.TempDir(), extra: map[string]string{"fsync": "off", "full_page_writes": "off"}, line: newLine(t)}
	for k, v := range extra {
		c.extra[k] = v
	}
	c.start()
	t.Cleanup(func() { _ = c.server.Stop() })
	require.NoError(t, postgres.EnsureLogins(context.Background(), c.server.SuperURL, pgtest.Secret))
	require.NoError(t, pgtest.Quicken(context.Background(), c.server))
	require.NoError(t, postgres.Migrate(context.Background(), c.server.URL, pgtest.Secret))
	return c
}

func (c *cluster) start() {
	var err error
	c.server, err = local.Start(context.Background(), local.Options{Dir: c.dir, Settings: c.extra})
	require.NoError(c.t, err)
	u, err := url.Parse(c.server.URL)
	require.NoError(c.t, err)
	c.line.to(u.Host)
}

// bed uses the line for the pipeline and the server itself for everything else.
func (c *cluster) bed() *bed {
	u, err := url.Parse(c.server.URL)
	require.NoError(c.t, err)
	u.Host = c.line.listener.Addr().String()
	return &bed{t: c.t, url: c.server.URL, cdc: cdcURL(c.t, u.String()), file: filepath.Join(c.t.TempDir(), "warehouse.duckdb")}
}

func TestServerGoesAwayAndSlotIsLost(t *testing.T) {
	t.Parallel()
	c := newCluster(t, map[string]string{"max_slot_wal_keep_size": "16MB", "min_wal_size": "32MB", "max_wal_size": "32MB"})
	b := c.bed()
	store := b.open()
	why := newReasons(t)
	p, stop := start(t, pipelines.Config{SourceURL: b.cdc, Store: store, Log: slog.New(why)})
	w := newWriter(t, b.owner(), 1)
	write := func(n int) { steps(t, w, n) }
	write(50)
	b.catchUp(p)

	c.line.cut() // as when a cable is pulled: neither side says goodbye
	write(50)
	b.catchUp(p)

	require.NoError(t, c.server.Stop())
	require.Eventually(t, func() bool {
		s, err := p.Status(context.Background())
		return err == nil && s.State == "waiting" && s.LagSeconds > 1
	}, 10*time.Second, 20*time.Millisecond, "it waits, and says since when nothing is known")
	c.start()
	b.url = c.server.URL
	w.conn = b.owner()
	write(50)
	b.catchUp(p)
	require.Equal(t, []string{"first_snapshot"}, why.all(), "a restart needs no new snapshot")

	stop()
	owner := b.owner()
	super := connect(t, c.server.SuperURL)
	for range 6 {
		_, err := owner.Exec(context.Background(), `select pg_logical_emit_message(true, 'fill', repeat('x', 16777216))`)
		require.NoError(t, err)
		_, err = super.Exec(context.Background(), `select pg_switch_wal(); checkpoint`)
		require.NoError(t, err)
	}
	write(20)
	p, stop = start(t, pipelines.Config{SourceURL: b.cdc, Store: store, Log: slog.New(why)})
	b.catchUp(p)
	require.Equal(t, []string{"first_snapshot", "slot_lost"}, why.all())
	stop()
	require.NoError(t, store.Close())
	b.requireSame(owner, b.read())
}

// A store that does not fit to the server is recognised by name and filled again.
func TestStoresThatDoNotFit(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	w := newWriter(t, owner, 1)
	store := b.open()
	p, stop := b.run(store)
	b.catchUp(p)
	cases := []struct {
		name   string
		change func(c *warehouse.Checkpoint)
	}{
		{"other_server", func(c *warehouse.Checkpoint) { c.SystemID = "1" }},
		{"other_timeline", func(c *warehouse.Checkpoint) { c.Timeline++ }},
		{"other_slot", func(c *warehouse.Checkpoint) { c.Slot = "before" }},
		{"server_behind", func(c *warehouse.Checkpoint) { c.LSN += 1 << 40 }},
		{"warehouse_behind", func(c *warehouse.Checkpoint) { c.LSN = 1 }},
		{"slot_missing", func(*warehouse.Checkpoint) {}},
		{"slot_unusable", func(*warehouse.Checkpoint) {}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			require.NoError(t, w.step())
			stop()
			if c.name == "slot_missing" {
				dropSlots(t, b.url)
			}
			if c.name == "slot_unusable" { // changes from when the publication was not there cannot be decoded any more
				for _, sql := range []string{`alter publication sharepartner rename to away`, `update crm.organisation set name = 'meanwhile'`, `alter publication away rename to sharepartner`} {
					_, err := owner.Exec(context.Background(), sql)
					require.NoError(t, err)
				}
			}
			changed := false
			why := newReasons(b.t)
			p, stop = start(b.t, pipelines.Config{SourceURL: b.cdc, Log: slog.New(why), Store: &hookStore{Store: store, checkpoint: func(at *warehouse.Checkpoint) {
				if !changed {
					changed = true
					c.change(at)
				}
			}}})
			b.catchUp(p)
			require.Equal(t, []string{c.name}, why.all())
		})
	}
	stop()
	require.NoError(t, store.Close())
	b.requireSame(owner, b.read())
}

func TestWalLevelReplica(t *testing.T) {
	t.Parallel()
	c := newCluster(t, map[string]string{"wal_level": "replica"})
	b := c.bed()
	p, stop := b.run(b.open())
	err := p.Preflight(context.Background())
	var setup *pgsource.SetupError
	require.ErrorAs(t, err, &setup)
	require.ErrorContains(t, err, "set wal_level = logical in postgresql.conf and restart the server")
	require.Eventually(t, func() bool {
		s, err := p.Status(context.Background())
		return err == nil && s.State == "failed" && assertContains(s.Detail, "wal_level is replica")
	}, 10*time.Second, 20*time.Millisecond)
	stop()
	require.NoError(t, c.server.Stop())
	c.extra["wal_level"] = "logical"
	c.start()
	b.url = c.server.URL
	p, stop = b.run(b.open())
	b.catchUp(p)
	stop()
}

func TestAddressThatCannotBeRead(t *testing.T) {
	p := pipelines.New(pipelines.Config{SourceURL: "postgres://%zz"})
	require.Error(t, p.Run(context.Background()))
	require.Error(t, p.Preflight(context.Background()))
}

func TestWaitForEndsWithItsContext(t *testing.T) {
	p := pipelines.New(pipelines.Config{SourceURL: "postgres://127.0.0.1/none"})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	require.True(t, errors.Is(p.WaitFor(ctx, 1), context.DeadlineExceeded))
}
