package pipelines_test

import (
	"context"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/postgres/local"
	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// logged counts the rows of the store's logs; the store must be closed.
func (b *bed) logged() (rows int) {
	b.t.Helper()
	duck := b.read()
	defer duck.Close()
	for _, t := range warehouse.Tables {
		var n int
		require.NoError(b.t, duck.QueryRow(`select count(*) from `+t.Name+`_log`).Scan(&n))
		rows += n
	}
	return rows
}

// copyTo copies the folder of a stopped server.
func (c *cluster) copyTo(dir string) {
	c.t.Helper()
	out, err := exec.Command("cp", "-a", c.dir+"/.", dir).CombinedOutput()
	require.NoError(c.t, err, string(out))
}

// written writes a file into a server's data as its owner.
func written(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, "data", name)
	like, err := os.Stat(filepath.Join(dir, "data", "pg_hba.conf"))
	require.NoError(t, err)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = f.WriteString(text)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	owner := like.Sys().(*syscall.Stat_t)
	require.NoError(t, os.Chown(path, int(owner.Uid), int(owner.Gid)))
}

// reasoned starts a pipeline that collects why it reads all rows, and compares nothing else of its own accord.
func (b *bed) reasoned(store warehouse.Store, why reasons) (*pipelines.Pipeline, func()) {
	return start(b.t, pipelines.Config{SourceURL: b.cdc, Store: store, Log: slog.New(why), DriftEvery: -1})
}

func steps(t *testing.T, w *writer, n int) {
	t.Helper()
	for range n {
		require.NoError(t, w.step())
	}
}

// An old copy of the database's files is put back: the warehouse knows of rows that never were. They are taken back, the
// log says so, and its order holds although the server counts from further back.
func TestDatabaseRestoredFromACopy(t *testing.T) {
	t.Parallel()
	c := newCluster(t, nil)
	b := c.bed()
	store, why, w := b.open(), newReasons(t), newWriter(t, b.owner(), 1)
	p, stop := b.reasoned(store, why)
	steps(t, w, 60)
	b.catchUp(p)
	stop()
	require.NoError(t, c.server.Stop())
	backup := t.TempDir()
	c.copyTo(backup)
	c.start()
	b.url = c.server.URL
	w.conn = b.owner()
	_, err := w.conn.Exec(context.Background(), `select pg_logical_emit_message(true, 'fill', repeat('x', 20000000))`)
	require.NoError(t, err)
	steps(t, w, 60)
	p, stop = b.reasoned(store, why)
	b.catchUp(p)
	stop()
	before, _, err := store.Checkpoint(context.Background())
	require.NoError(t, err)
	require.NoError(t, store.Close())
	rows := b.logged()
	store = b.open()

	require.NoError(t, c.server.Stop())
	c.dir = backup
	c.start()
	b.url = c.server.URL
	w = newWriter(t, b.owner(), 2)
	steps(t, w, 20)
	p, stop = b.reasoned(store, why)
	b.catchUp(p)
	steps(t, w, 40)
	b.catchUp(p)
	require.Equal(t, []string{"first_snapshot", "server_behind"}, why.all())
	s, err := p.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, "server_behind", s.LastResync.Reason)
	require.Positive(t, s.LastResync.Differed)
	stop()
	after, _, err := store.Checkpoint(context.Background())
	require.NoError(t, err)
	require.Positive(t, after.Shift)
	require.Greater(t, after.LSN, before.LSN, "places never go back")
	require.Less(t, after.Place(), before.LSN)
	require.Equal(t, before.Deployment, after.Deployment)
	require.Equal(t, before.Epoch+1, after.Epoch)
	p, stop = b.reasoned(store, why)
	steps(t, w, 10)
	b.catchUp(p)
	require.Zero(t, round(t, p).Differences)
	require.Len(t, why.all(), 2, "it goes on from there")
	stop()
	require.NoError(t, store.Close())
	require.Greater(t, b.logged(), rows, "the log goes on")
	duck := b.read()
	b.requireSame(b.owner(), duck)
	var gone int
	require.NoError(t, duck.QueryRow(`select count(*) from opportunity_history_log where _op = 88`).Scan(&gone))
	require.Positive(t, gone)
	b.requireDerived(duck)
}

// A standby is promoted while the last changes had not reached it.
func TestStandbyIsPromoted(t *testing.T) {
	t.Parallel()
	c := newCluster(t, nil)
	b := c.bed()
	store, why, w := b.open(), newReasons(t), newWriter(t, b.owner(), 1)
	p, stop := b.reasoned(store, why)
	steps(t, w, 40)
	b.catchUp(p)
	require.NoError(t, c.server.Stop())
	standby := t.TempDir()
	c.copyTo(standby)
	slots, err := filepath.Glob(filepath.Join(standby, "data", "pg_replslot", "*"))
	require.NoError(t, err)
	for _, dir := range slots { // a base backup leaves them out
		require.NoError(t, os.RemoveAll(dir))
	}
	written(t, c.dir, "pg_hba.conf", "\nhost replication postgres 127.0.0.1/32 scram-sha-256\n")
	written(t, standby, "standby.signal", "")
	c.start()
	second, err := local.Start(context.Background(), local.Options{Dir: standby, Settings: map[string]string{
		"fsync": "off", "full_page_writes": "off", "primary_conninfo": c.server.SuperURL,
	}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = second.Stop() })
	b.url = c.server.URL
	w.conn = b.owner()
	steps(t, w, 40)
	place := fence(t, w.conn)
	b.catchUp(p)
	super := connect(t, second.SuperURL)
	require.Eventually(t, func() bool {
		var lsn string
		if super.QueryRow(context.Background(), `select pg_last_wal_replay_lsn()::text`).Scan(&lsn) != nil {
			return false
		}
		at, err := pgsource.ParseLSN(lsn)
		return err == nil && at >= place
	}, 20*time.Second, 50*time.Millisecond, "the standby follows")
	_, err = super.Exec(context.Background(), `select pg_wal_replay_pause()`)
	require.NoError(t, err)
	steps(t, w, 20) // of these the standby shall know nothing
	b.catchUp(p)
	require.NoError(t, c.server.Stop())
	_, err = super.Exec(context.Background(), `select pg_wal_replay_resume(), pg_promote()`)
	require.NoError(t, err)
	u, err := url.Parse(second.URL)
	require.NoError(t, err)
	c.line.to(u.Host)
	c.line.cut()
	b.url = second.URL
	w = newWriter(t, b.owner(), 2)
	steps(t, w, 30)
	b.catchUp(p)
	steps(t, w, 10)
	b.catchUp(p)
	require.Equal(t, []string{"first_snapshot", "other_timeline"}, why.all())
	stop()
	require.NoError(t, store.Close())
	duck := b.read()
	b.requireSame(b.owner(), duck)
	b.requireDerived(duck)
}

// An old copy of the warehouse's file is put back: what it misses comes as differences, and what it had stays.
func TestWarehouseRestoredFromACopy(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	store, why, w := b.open(), newReasons(t), newWriter(t, b.owner(), 1)
	p, stop := b.reasoned(store, why)
	steps(t, w, 40)
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())
	old, err := os.ReadFile(b.file)
	require.NoError(t, err)
	rows := b.logged()
	store = b.open()
	p, stop = b.reasoned(store, why)
	steps(t, w, 60)
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())
	require.NoError(t, os.WriteFile(b.file, old, 0o600))
	_ = os.Remove(b.file + ".wal")

	store = b.open()
	slow := make(chan struct{})
	p, stop = start(t, pipelines.Config{SourceURL: b.cdc, Log: slog.New(why), DriftEvery: -1, Store: &hookStore{Store: store, append: func(*warehouse.Batch) error {
		<-slow
		return nil
	}}})
	require.Eventually(t, func() bool {
		s, err := p.Status(context.Background())
		return err == nil && s.State == "resync" && s.LagSeconds > 0.2 && !s.LastCommit.IsZero()
	}, 20*time.Second, 20*time.Millisecond, "it says that it compares, and how old what it shows is")
	far := time.Now().AddDate(1, 0, 0)
	answer, err := store.AmountOpen(context.Background(), warehouse.EverythingScope(), warehouse.Ask{Period: warehouse.Period{From: time.Now().AddDate(-10, 0, 0), To: far}, AsOf: far})
	require.NoError(t, err)
	require.NotEmpty(t, answer.Rows, "answers come from the state before")
	close(slow)
	b.catchUp(p)
	require.Equal(t, []string{"first_snapshot", "warehouse_behind"}, why.all())
	stop()
	require.NoError(t, store.Close())
	require.Greater(t, b.logged(), rows)
	duck := b.read()
	b.requireSame(b.owner(), duck)
	b.requireDerived(duck)
}

// A warehouse that was emptied is filled by a copy; one of another deployment is refused by name, and nothing is touched.
func TestWarehouseOfAnotherDeployment(t *testing.T) {
	t.Parallel()
	b, other := newBed(t), newBed(t)
	_, err := other.owner().Exec(context.Background(), `create or replace function crm.deployment() returns uuid language sql immutable as $$ select '018f4fb4-0000-7000-8000-00000000000a'::uuid $$`)
	require.NoError(t, err)
	steps(t, newWriter(t, b.owner(), 1), 20)
	store := b.open()
	p, stop := b.run(store)
	b.catchUp(p)
	stop()
	before, _, err := store.Checkpoint(context.Background())
	require.NoError(t, err)

	p, stop = start(t, pipelines.Config{SourceURL: other.cdc, Store: store, Log: logTo(t)})
	require.Eventually(t, func() bool {
		s, err := p.Status(context.Background())
		return err == nil && s.State == "failed" && assertContains(s.Detail, "filled from another deployment ("+before.Deployment, "018f4fb4-0000-7000-8000-00000000000a", "nothing was changed")
	}, 20*time.Second, 20*time.Millisecond)
	stop()
	after, _, err := store.Checkpoint(context.Background())
	require.NoError(t, err)
	require.Equal(t, before, after)
	var slots int
	require.NoError(t, other.owner().QueryRow(context.Background(), `select count(*) from pg_replication_slots where database = current_database()`).Scan(&slots))
	require.Zero(t, slots, "the other database is left alone too")

	// Two deployments that name the same slot: it belongs to the database that made it.
	p, stop = start(t, pipelines.Config{SourceURL: other.cdc, Store: other.open(), Slot: before.Slot, Log: logTo(t)})
	require.Eventually(t, func() bool {
		s, err := p.Status(context.Background())
		return err == nil && s.State == "failed" && assertContains(s.Detail, "slot "+before.Slot+" belongs to something else", "name another slot")
	}, 20*time.Second, 20*time.Millisecond)
	stop()
	require.NoError(t, store.Close())

	require.NoError(t, os.Remove(b.file)) // somebody deletes the file
	store = b.open()
	why := newReasons(t)
	p, stop = b.reasoned(store, why)
	b.catchUp(p)
	require.Equal(t, []string{"warehouse_emptied"}, why.all())
	stop()
	require.NoError(t, store.Close())
	b.requireSame(b.owner(), b.read())
}
