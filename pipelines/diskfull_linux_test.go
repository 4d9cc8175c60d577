package pipelines_test

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// fileLimit is what a file may grow to while the disk of the server is full: enough for the small ones that it makes anew.
const fileLimit = 256 << 10

// room sets how large files of a process may become, and of all that it starts from now on. It gives what was so before.
func room(t *testing.T, pid int, most uint64) (before uint64) {
	t.Helper()
	var now syscall.Rlimit
	prlimit := func(to, from *syscall.Rlimit) {
		_, _, err := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(from)), 0, 0)
		require.Zero(t, err, err.Error())
	}
	prlimit(nil, &now)
	before, now.Cur = now.Cur, most
	prlimit(&now, nil)
	return before
}

// all are the processes of the server.
func (c *cluster) all() []int {
	c.t.Helper()
	rows, err := connect(c.t, c.server.SuperURL).Query(context.Background(), `select pid from pg_stat_activity`)
	require.NoError(c.t, err)
	pids := []int{c.server.Pid()}
	for rows.Next() {
		var pid int
		require.NoError(c.t, rows.Scan(&pid))
		pids = append(pids, pid)
	}
	require.NoError(c.t, rows.Err())
	return pids
}

// The disk of Postgres is full. First there is no room for what a large transaction is decoded into: everybody writes on,
// the log cannot be followed, and the pipeline says why. Then there is no room for the log itself: what is written fails, and
// the server ends. Each time the pipeline goes on by itself as soon as there is room.
func TestDiskOfPostgresIsFull(t *testing.T) {
	t.Parallel()
	c := newCluster(t, map[string]string{"logical_decoding_work_mem": "64kB", "autovacuum": "off", "restart_after_crash": "off"})
	b := c.bed()
	owner, store := b.owner(), b.open()
	w := newWriter(t, owner, 1)
	steps(t, w, 20)
	p, stop := b.run(store)
	b.catchUp(p)
	status := func(awaited func(s warehouse.Status) bool) {
		t.Helper()
		var s warehouse.Status
		require.Eventually(t, func() bool {
			var err error
			s, err = p.Status(context.Background())
			return err == nil && awaited(s)
		}, time.Minute, 10*time.Millisecond)
	}

	before := room(t, c.server.Pid(), fileLimit)
	c.line.cut() // so that it is served by processes without room
	status(func(s warehouse.Status) bool { return s.Restarts > 0 && s.State == "streaming" })
	shown := answers(t, store)
	b.plant(owner, 3_000)
	steps(t, w, 20)
	require.NoError(t, w.tx(w.addDeal))
	status(func(s warehouse.Status) bool {
		return s.State == "failed" && assertContains(s.Detail, "the disk of Postgres is full: make room on it", "could not write to data file") && s.LagSeconds > 0.1
	})
	seen, err := p.Status(context.Background())
	require.NoError(t, err)
	status(func(s warehouse.Status) bool { return s.Restarts > seen.Restarts+1 }) // again and again
	require.Equal(t, shown, answers(t, store))
	room(t, c.server.Pid(), before)
	b.catchUp(p)
	require.NotEqual(t, shown, answers(t, store))

	for _, pid := range c.all() {
		room(t, pid, fileLimit)
	}
	for tries := 0; err == nil; tries++ {
		require.Less(t, tries, 10_000)
		err = w.step()
	}
	status(func(s warehouse.Status) bool {
		return s.State == "waiting" && strings.Contains(s.Detail, "connect to Postgres")
	})
	_ = c.server.Stop() // it has ended
	c.start()
	b.url = c.server.URL
	owner = b.owner()
	steps(t, newWriter(t, owner, 2), 20)
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())
	b.requireSame(owner, b.read())
}
