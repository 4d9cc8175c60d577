package local

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func TestASecondStartFindsTheData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, dir)
	do(t, s.URL, `create table kept (x int)`)
	require.NoError(t, s.Stop())
	select {
	case <-s.Exited():
	default:
		t.Fatal("the server has not ended")
	}
	_, there := Running(dir)
	require.False(t, there)
	again := start(t, dir)
	do(t, again.URL, `select * from kept`)
}

func TestTheServerServesOneProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, dir)
	_, err := Start(context.Background(), Options{Dir: dir})
	var running *RunningError
	require.ErrorAs(t, err, &running)
	require.Equal(t, Address{URL: s.URL, SuperURL: s.SuperURL, Pid: s.Pid()}, running.Address)
	do(t, running.Address.URL, `select 1`)
	a, there := Running(dir)
	require.True(t, there)
	require.Equal(t, s.URL, a.URL)
}

func TestTwoProgramsStartAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	results := make(chan error)
	for range 2 {
		go func() {
			s, err := Start(context.Background(), Options{Dir: dir, Settings: quick})
			if err == nil {
				t.Cleanup(func() { _ = s.Stop() })
			}
			results <- err
		}()
	}
	var running *RunningError
	require.ErrorAs(t, errors.Join(<-results, <-results), &running, "one of them runs the server, the other learns its address")
	do(t, running.Address.URL, `select 1`)
}

func TestAfterPostgresWasKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, dir)
	do(t, s.URL, `create table kept (x int)`)
	require.NoError(t, syscall.Kill(s.Pid(), syscall.SIGKILL))
	<-s.Exited()
	require.NoError(t, s.Stop())
	require.FileExists(t, filepath.Join(dir, "data", "postmaster.pid"), "the crash left it behind")
	again := start(t, dir)
	do(t, again.URL, `select * from kept`)
}

func TestAfterTheProgramWasKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, kill := program(t, dir)
	a, there := Running(dir)
	require.True(t, there)
	do(t, a.URL, `create table kept (x int)`)
	kill()
	again := start(t, dir)
	gone(t, server)
	do(t, again.URL, `select * from kept`)
}

func TestAServerWithoutItsProgramIsStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, kill := program(t, dir, "SHAREPARTNER_TEST_UNTIED=1")
	a, there := Running(dir)
	require.True(t, there)
	do(t, a.URL, `create table kept (x int)`)
	kill()
	require.True(t, running(server), "it lives on without its program")
	again := start(t, dir)
	require.NotEqual(t, server, again.Pid())
	gone(t, server)
	do(t, again.URL, `select * from kept`)
}

func TestAnOldPidFileWithANumberInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, start(t, dir).Stop())
	lines := []string{strconv.Itoa(os.Getpid()), filepath.Join(dir, "data"), "1", "1", "", "127.0.0.1", "", "ready"}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "data", "postmaster.pid"), []byte(strings.Join(lines, "\n")), 0o600))
	_, there := Running(dir)
	require.False(t, there)
	do(t, start(t, dir).URL, `select 1`)
}

func TestHalfMadeDataIsPutAside(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(dir string) error{
		"empty":  func(dir string) error { return os.Mkdir(filepath.Join(dir, "data"), 0o700) },
		"broken": func(dir string) error { return os.MkdirAll(filepath.Join(dir, "data", "base"), 0o700) },
		"no control file": func(dir string) error {
			return errors.Join(os.Mkdir(filepath.Join(dir, "data"), 0o700), os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("15\n"), 0o600))
		},
		"broken off": func(dir string) error { return os.MkdirAll(filepath.Join(dir, "data.making-1", "base"), 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, prepare(dir))
			do(t, start(t, dir).URL, `select 1`)
			making, _ := filepath.Glob(filepath.Join(dir, "data.making-*"))
			require.Empty(t, making)
			aside, _ := filepath.Glob(filepath.Join(dir, "data.broken-*"))
			require.Equal(t, name == "broken" || name == "no control file", len(aside) == 1, "what may hold something is kept")
		})
	}
}

func TestDataOfAnotherVersion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, start(t, dir).Stop())
	file := filepath.Join(dir, "data", "PG_VERSION")
	good, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte("12\n"), 0o600))
	_, err = Start(context.Background(), Options{Dir: dir})
	var version *VersionError
	require.ErrorAs(t, err, &version)
	require.Equal(t, 12, version.Data)
	require.Equal(t, strings.TrimSpace(string(good)), strconv.Itoa(version.Found))
	require.ErrorContains(t, err, "made by PostgreSQL 12")
	require.NoError(t, os.WriteFile(file, good, 0o600))
	do(t, start(t, dir).URL, `select 1`)
}

func TestDataWithoutItsPassword(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, start(t, dir).Stop())
	require.NoError(t, os.Remove(filepath.Join(dir, "password")))
	_, err := Start(context.Background(), Options{Dir: dir})
	require.ErrorContains(t, err, `not the file "password"`)
	require.FileExists(t, filepath.Join(dir, "data", "PG_VERSION"), "nothing is lost")
}

func TestAServerThatDoesNotEndIsKilled(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	s.grace = 100 * time.Millisecond
	require.NoError(t, syscall.Kill(s.Pid(), syscall.SIGSTOP))
	require.NoError(t, s.Stop())
	gone(t, s.Pid())
}

func TestNobodyCopiesTheWholeServer(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	_, err := pgx.Connect(context.Background(), s.URL+"&replication=true")
	require.ErrorContains(t, err, "no pg_hba.conf entry for replication connection")
	conn, err := pgx.Connect(context.Background(), s.URL+"&replication=database")
	require.NoError(t, err, "logical replication is what the pipeline does")
	require.NoError(t, conn.Close(context.Background()))
}

func TestAFileInTheWay(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := Start(context.Background(), Options{Dir: file})
	require.ErrorContains(t, err, "make the data folder")
}

func TestFaultsOfTheDiskAreExplained(t *testing.T) {
	for _, c := range []struct {
		err  error
		says string
	}{
		{&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, "is full"},
		{errors.New("initdb: could not write file: No space left on device"), "is full"},
		{&fs.PathError{Op: "mkdir", Path: "x", Err: syscall.EACCES}, "cannot be written"},
		{&fs.PathError{Op: "mkdir", Path: "x", Err: syscall.EROFS}, "cannot be written"},
	} {
		got := explain(c.err, "/data")
		require.ErrorContains(t, got, c.says)
		require.ErrorContains(t, got, "/data")
		require.ErrorIs(t, got, c.err)
	}
	other := errors.New("other")
	require.Equal(t, other, explain(other, "/data"))
}

func TestAPortThatSomebodyTook(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	asked, real := 0, freePort
	freePort = func() (int, error) {
		if asked++; asked == 1 {
			return taken.Addr().(*net.TCPAddr).Port, nil
		}
		return real()
	}
	defer func() { freePort = real }()
	do(t, start(t, t.TempDir()).URL, `select 1`)
	require.Equal(t, 2, asked)
}
