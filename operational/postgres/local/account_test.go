package local

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Where root may not use namespaces, the server runs as another account, and takes its data along.
func TestWithoutNamespaces(t *testing.T) {
	t.Setenv("TMPDIR", "/var/tmp") // data is taken along to /var/lib by renaming it, which another disk, or memory, refuses
	dir := t.TempDir()
	first := start(t, dir)
	do(t, first.URL, `create table kept (x int)`)
	require.NoError(t, first.Stop())

	real := namespaces
	namespaces = func(string) bool { return false }
	defer func() { namespaces = real }()
	second := start(t, dir)
	do(t, second.URL, `select * from kept`)
	if os.Geteuid() != 0 {
		require.Equal(t, dir, second.home.dir, "who is not root needs none of this")
		return
	}
	place, err := os.ReadFile(filepath.Join(dir, "place"))
	require.NoError(t, err)
	require.Equal(t, second.home.dir, strings.TrimSpace(string(place)))
	t.Cleanup(func() { _ = os.RemoveAll(second.home.dir) })
	info, err := os.Stat(procPath(second.Pid(), "stat"))
	require.NoError(t, err)
	uid, _, _, err := unprivilegedAccount()
	require.NoError(t, err)
	require.EqualValues(t, uid, owner(info))
	a, there := Running(dir)
	require.True(t, there)
	require.Equal(t, second.URL, a.URL)
	require.NoError(t, second.Stop())

	namespaces = func(string) bool { return true }
	third := start(t, dir)
	require.Equal(t, second.home.dir, third.home.dir, "the data stays where it is")
	do(t, third.URL, `select * from kept`)
	require.NoError(t, third.Stop())

	namespaces = func(string) bool { return false }
	require.NoError(t, os.Remove(filepath.Join(dir, "place")), "as if the start had broken off before the place was noted")
	fourth := start(t, dir)
	do(t, fourth.URL, `select * from kept`)
}

func TestNoAccountToRunAs(t *testing.T) {
	real := accounts
	accounts = []string{"nobody-of-that-name", "root"}
	defer func() { accounts = real }()
	_, err := asAccount(t.TempDir(), "", slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "Start the program as an ordinary user")
}
