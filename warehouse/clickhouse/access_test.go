package clickhouse_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/local"
)

// refused opens a store that cannot be opened, and holds that the fault tells no password.
func refused(t *testing.T, address string, words ...string) {
	t.Helper()
	_, err := clickhouse.Open(t.Context(), clickhouse.Options{URL: address})
	require.Error(t, err)
	for _, w := range words {
		require.ErrorContains(t, err, w)
	}
	if u, parsed := url.Parse(address); parsed == nil {
		if password, _ := u.User.Password(); password != "" {
			require.NotContains(t, err.Error(), password)
		}
	}
	require.NotContains(t, err.Error(), "a-secret")
}

// TestAddresses that lead nowhere.
func TestAddresses(t *testing.T) {
	address := chtest.NewURL(t)
	with := func(change func(u *url.URL)) string {
		u, err := url.Parse(address)
		require.NoError(t, err)
		change(u)
		return u.String()
	}
	refused(t, with(func(u *url.URL) { u.User = url.UserPassword("sharepartner", "a-secret") }), "does not accept user and password", "WAREHOUSE_URL")
	refused(t, with(func(u *url.URL) { u.User = url.UserPassword("nobody", "a-secret") }), "does not accept user and password")
	refused(t, with(func(u *url.URL) { u.User = url.UserPassword("default", ""); u.Path = "/another" }), "lacks a right", "database another")
	refused(t, with(func(u *url.URL) { u.RawQuery = "no_such_setting=1" }), "does not know a setting")
	refused(t, "clickhouse://somebody:a-secret@127.0.0.1:port/db", "clickhouse://user:password@host:9000/database")
	refused(t, "clickhouse://somebody:a-secret@[::1/db", "clickhouse://user:password@host:9000/database")
	port, err := local.FreePort()
	require.NoError(t, err)
	refused(t, with(func(u *url.URL) { u.Host = fmt.Sprint("127.0.0.1:", port) }), "connection refused")
}

// TestDatabaseOfAnotherForm leaves alone what is not ours, or not ours any more.
func TestDatabaseOfAnotherForm(t *testing.T) {
	for name, statements := range map[string][]string{
		"of something else":      {"CREATE TABLE theirs (x UInt8) ORDER BY x"},
		"an older form":          {"CREATE TABLE form (version UInt32) ORDER BY version", "INSERT INTO form VALUES (99)"},
		"tables that look alike": {"CREATE TABLE opportunity (id UUID) ORDER BY id"},
	} {
		t.Run(name, func(t *testing.T) {
			address := chtest.NewURL(t)
			conn := chtest.Connect(t, address)
			for _, s := range statements {
				require.NoError(t, conn.Exec(t.Context(), s))
			}
			_, err := clickhouse.Open(t.Context(), clickhouse.Options{URL: address})
			require.ErrorIs(t, err, clickhouse.ErrSchema)
			require.ErrorContains(t, err, "nothing in it was changed")
			require.ErrorContains(t, err, "Name another database in WAREHOUSE_URL")
			var tables uint64
			require.NoError(t, conn.QueryRow(t.Context(), "SELECT count() FROM system.tables WHERE database = currentDatabase()").Scan(&tables))
			require.EqualValues(t, 1, tables)
		})
	}
}

// TestReadOnly says so of a user that may only read, and leaves what is there.
func TestReadOnly(t *testing.T) {
	address, b := chtest.NewURL(t), newBusiness()
	s := openAt(t, address)
	b.win(2)
	b.Load(t.Context(), t, s)
	refused(t, address+"?readonly=1", "may only read", "readonly")
	refused(t, address+"?readonly=2", "may only read", "readonly") // may choose settings
	holds(t, s, 2)
}
