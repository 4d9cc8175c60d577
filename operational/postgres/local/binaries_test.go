package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// pretend makes a folder that looks like Postgres of a version; its initdb finds the disk full.
func pretend(t *testing.T, version string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	for name, script := range map[string]string{
		"postgres": fmt.Sprintf("echo 'postgres (PostgreSQL) %s (Pretended 1.2)'", version),
		"initdb":   "echo 'initdb: error: could not write file: No space left on device' >&2; exit 1",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755)) //nolint:gosec // it must be run
	}
	return dir
}

func only(t *testing.T, path string, elsewhere ...string) {
	t.Helper()
	t.Setenv("PATH", path)
	real := places
	places = elsewhere
	t.Cleanup(func() { places = real })
}

func TestWhichPostgresIsTaken(t *testing.T) {
	old, fifteen, seventeen := pretend(t, "13.9"), pretend(t, "15.4"), pretend(t, "17rc1")
	for _, c := range []struct {
		name, path string
		elsewhere  []string
		want       string
	}{
		{"that of PATH", fifteen, []string{seventeen}, fifteen},
		{"the newest", "", []string{fifteen, seventeen, old}, seventeen},
		{"not an old one of PATH", old, []string{fifteen}, fifteen},
	} {
		t.Run(c.name, func(t *testing.T) {
			only(t, c.path+":/bin", c.elsewhere...)
			got, err := FindBinaries()
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	t.Run("the one that made the data", func(t *testing.T) {
		only(t, seventeen+":/bin", fifteen)
		b, err := choose(installed(), 15, "x")
		require.NoError(t, err)
		require.Equal(t, fifteen, b.dir)
	})
	t.Run("none", func(t *testing.T) {
		only(t, "")
		_, err := FindBinaries()
		require.ErrorIs(t, err, errNoPostgres)
		_, err = Start(context.Background(), Options{Dir: t.TempDir()})
		require.ErrorContains(t, err, "apt-get install postgresql")
	})
	t.Run("only an old one", func(t *testing.T) {
		only(t, old+":/bin")
		_, err := FindBinaries()
		require.ErrorContains(t, err, "only PostgreSQL 13 was found")
		require.ErrorIs(t, err, errNoPostgres)
	})
}

func TestADiskThatIsFull(t *testing.T) {
	only(t, pretend(t, "15.4")+":/bin")
	dir := t.TempDir()
	_, err := Start(context.Background(), Options{Dir: dir})
	require.ErrorContains(t, err, "is full")
	left, _ := filepath.Glob(filepath.Join(dir, "data*"))
	require.Empty(t, left, "nothing half made stays")
}
