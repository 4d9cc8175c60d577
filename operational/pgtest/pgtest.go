// Package pgtest gives a test a private, migrated database on a real Postgres of its own.
//
// One server per test program (TestMain calls Main); a database per test, cloned from a migrated template, so
// that tests run in parallel and each may have its own replication slot. A missing Postgres fails the test.
package pgtest

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/identity/hashing"
	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/operational/postgres/local"
)

// Secret is the secret of every test deployment.
var Secret = postgres.Secret("a secret for tests, of no use elsewhere")

const (
	prefix   = "sharepartner-pgtest-"
	template = "template_sharepartner"
)

// settings are for servers whose data nobody keeps: they would vacuum databases whose tests are over.
var settings = map[string]string{
	"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200", "max_wal_senders": "30", "max_replication_slots": "30",
	"autovacuum": "off",
}

var (
	once     sync.Once
	server   *local.Server
	startErr error
	folder   string
	count    atomic.Int64
)

// Main runs the tests of a package and stops the server that they started.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run is Main for packages that have more to clean up.
func Run(m *testing.M) int {
	hashing.Quick()
	defer stop()
	return m.Run()
}

func stop() {
	if server != nil {
		_ = server.Stop()
	}
	if folder != "" {
		_ = os.RemoveAll(folder)
	}
}

func start() {
	sweep()
	folder, startErr = os.MkdirTemp("", prefix)
	if startErr != nil {
		return
	}
	server, startErr = local.Start(context.Background(), local.Options{Dir: folder, Database: template, Settings: settings})
	if startErr != nil {
		return
	}
	if startErr = postgres.EnsureLogins(context.Background(), server.SuperURL, Secret); startErr != nil {
		return
	}
	if startErr = postgres.Migrate(context.Background(), server.URL, Secret); startErr != nil {
		return
	}
	startErr = Quicken(context.Background(), server)
}

// sweep removes the folders of test programs that were killed. Their servers ended with them (package local); a folder
// that nobody holds and that is not just being made is nobody's.
func sweep() {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	for _, f := range folders {
		info, err := os.Stat(f)
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		lock, err := os.Open(filepath.Join(f, "lock"))
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(f)
		}
		_ = lock.Close()
	}
}

// Server is the private server of this test program.
func Server(t testing.TB) *local.Server {
	t.Helper()
	once.Do(start)
	require.NoError(t, startErr, "the tests need a real Postgres")
	return server
}

// Own starts a server for one test alone, without logins and tables: for what concerns a whole server.
// Settings are given as name, value, name, value.
func Own(t testing.TB, changed ...string) *local.Server {
	t.Helper()
	mine := maps.Clone(settings)
	for i := 0; i+1 < len(changed); i += 2 {
		mine[changed[i]] = changed[i+1]
	}
	s, err := local.Start(context.Background(), local.Options{Dir: t.TempDir(), Settings: mine})
	require.NoError(t, err, "the tests need a real Postgres")
	t.Cleanup(func() { _ = s.Stop() })
	return s
}

// NewURL makes a migrated database and gives the owner's address.
func NewURL(t testing.TB) string {
	t.Helper()
	return copyOf(t, template)
}

// copyOf makes a database like another, to which nobody is connected, and gives the owner's address.
func copyOf(t testing.TB, from string) string {
	t.Helper()
	s := Server(t)
	name := fmt.Sprintf("test_%d", count.Add(1))
	ctx := context.Background()
	admin, err := pgx.Connect(ctx, s.SuperURL)
	require.NoError(t, err)
	defer admin.Close(ctx)
	// Files are copied as they are, which takes half of what it takes to write each page into the log. The rights on a
	// database itself are not copied with it.
	for _, sql := range []string{"create database %s template " + from + " strategy file_copy owner sharepartner_owner", "revoke temporary on database %s from public"} {
		_, err = admin.Exec(ctx, fmt.Sprintf(sql, name))
		require.NoError(t, err)
	}
	u, err := url.Parse(s.URL)
	require.NoError(t, err)
	u.Path = "/" + name
	if !testing.Verbose() {
		return u.String()
	}
	t.Logf("database: %s", name)
	return u.String()
}

// nameOf is the name of the database at an address.
func nameOf(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return strings.TrimPrefix(u.Path, "/")
}

// Database is a migrated database with the program's logins.
type Database struct {
	URL  string // owner
	API  *postgres.DB
	Jobs *postgres.DB
}

// New makes a migrated database and opens the logins.
func New(t testing.TB) *Database { return NewAt(t, time.Now) }

// NewAt is New with the program's clock in the test's hands.
func NewAt(t testing.TB, clock func() time.Time) *Database {
	t.Helper()
	return at(t, NewURL(t), clock)
}

// at opens the logins of a database.
func at(t testing.TB, ownerURL string, clock func() time.Time) *Database {
	t.Helper()
	d := &Database{URL: ownerURL}
	d.API = open(t, d.URL, postgres.LoginAPI, clock)
	d.Jobs = open(t, d.URL, postgres.LoginJobs, clock)
	return d
}

func open(t testing.TB, ownerURL, login string, clock func() time.Time) *postgres.DB {
	t.Helper()
	u, err := postgres.LoginURL(ownerURL, login, Secret)
	require.NoError(t, err)
	db, err := postgres.Open(context.Background(), u, postgres.NewSigner(Secret), 8, clock)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}

// Owner opens a connection that stands above the wall: for planting and for looking, never for the code under test.
func (d *Database) Owner(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), d.URL)
	require.NoError(t, err)
	postgres.RegisterTypes(conn.TypeMap())
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}
