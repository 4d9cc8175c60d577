package chtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse/clickhouse/local"
)

const prefix = "sharepartner-chtest-"

var (
	once     sync.Once
	server   *local.Server
	startErr error
	folder   string
	lock     *os.File
	count    atomic.Int64
)

// Main runs the tests of a package and ends the server that they started.
func Main(m *testing.M) {
	code := m.Run()
	Stop()
	os.Exit(code)
}

// Stop is for a TestMain that has more to clean up: it ends the server and takes its folder away.
func Stop() {
	if server != nil {
		server.Kill()
	}
	if folder != "" {
		_ = os.RemoveAll(folder)
		_ = lock.Close()
	}
}

func start() {
	sweep()
	if folder, startErr = os.MkdirTemp("", prefix); startErr != nil {
		return
	}
	if lock, startErr = os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600); startErr != nil {
		return
	}
	if startErr = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); startErr != nil {
		return
	}
	server, startErr = local.Start(context.Background(), local.Options{Dir: folder})
}

// sweep removes the folders of test programs that were killed. Their servers ended with them; a folder that nobody holds
// and that is not just being made is nobody's.
func sweep() {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	for _, f := range folders {
		info, err := os.Stat(f)
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		held, err := os.Open(filepath.Join(f, "lock"))
		if err != nil {
			continue
		}
		if syscall.Flock(int(held.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(f)
		}
		_ = held.Close()
	}
}

// Server is the server of this test program, which its tests share.
func Server(t testing.TB) *local.Server {
	t.Helper()
	once.Do(start)
	require.NoError(t, startErr, "the tests need a real ClickHouse")
	return server
}

// NewURL makes an empty database on the shared server, which is dropped after the test, and gives its address.
func NewURL(t testing.TB) string {
	t.Helper()
	s := Server(t)
	address, name := create(t, s)
	t.Cleanup(func() { command(t, s, "drop database "+name+" sync") })
	return address
}

// NewURLOn makes an empty database on a server of one's own, and gives its address.
func NewURLOn(t testing.TB, s *local.Server) string {
	t.Helper()
	address, _ := create(t, s)
	return address
}

func create(t testing.TB, s *local.Server) (address, name string) {
	t.Helper()
	name = fmt.Sprintf("test_%d", count.Add(1))
	command(t, s, "create database "+name+" engine = Atomic")
	return s.URL(name), name
}

func command(t testing.TB, s *local.Server, sql string) {
	t.Helper()
	conn, err := open(s.URL("default"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.Exec(context.Background(), sql)) // also after the test, whose context has ended
}

// Own starts a server for one test alone: to be killed, paused, or given other settings.
func Own(t testing.TB, o local.Options) *local.Server {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	s, err := local.Start(t.Context(), o)
	require.NoError(t, err, "the test needs a real ClickHouse")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server on %s said:\n%s", s.Address(), s.Words())
		}
		s.Kill()
	})
	return s
}

// Shards starts servers of one cluster (local.Cluster), one shard each, all with the same user and password.
func Shards(t testing.TB, n int, o local.Options) []*local.Server {
	t.Helper()
	o.Dir, o.Shards = "", nil
	if o.Password == "" {
		o.Password = "of-all-shards"
	}
	for len(o.Shards) < n {
		port, err := local.FreePort()
		require.NoError(t, err)
		o.Shards = append(o.Shards, port)
	}
	servers := make([]*local.Server, n)
	for i := range servers {
		o.Port = o.Shards[i]
		servers[i] = Own(t, o)
	}
	return servers
}

// Connect opens an address; the connection ends with the test.
func Connect(t testing.TB, url string) driver.Conn {
	t.Helper()
	conn, err := open(url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func open(url string) (driver.Conn, error) {
	options, err := clickhouse.ParseDSN(url)
	if err != nil {
		return nil, err
	}
	return clickhouse.Open(options)
}
