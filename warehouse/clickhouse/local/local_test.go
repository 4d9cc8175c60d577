package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/stretchr/testify/require"
)

// The test program serves as the program that is killed, too.
func TestMain(m *testing.M) {
	if dir := os.Getenv("SHAREPARTNER_TEST_SERVE"); dir != "" {
		s, err := Start(context.Background(), Options{Dir: dir})
		if err == nil && os.Getenv("SHAREPARTNER_TEST_PAUSED") != "" {
			err = s.Pause()
		}
		if err != nil {
			fmt.Println("failed", err)
			os.Exit(1)
		}
		fmt.Println("ready", s.Pid())
		select {}
	}
	os.Exit(m.Run())
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	s, err := Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(s.Kill)
	return s
}

func connect(t *testing.T, url string, change ...func(*clickhouse.Options)) driver.Conn {
	t.Helper()
	o, err := clickhouse.ParseDSN(url)
	require.NoError(t, err)
	for _, c := range change {
		c(o)
	}
	conn, err := clickhouse.Open(o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func ask(t *testing.T, conn driver.Conn, sql string) string {
	t.Helper()
	var answer string
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&answer), sql)
	return answer
}

// Without a terminal the engine aborts four seconds after a wrong password: it is asked for longer than that.
func TestAWrongPasswordDoesNotEndIt(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	conn := connect(t, s.URL("default"))
	require.Regexp(t, `^26\.`, ask(t, conn, `select version()`))
	var refused *clickhouse.Exception
	require.ErrorAs(t, connect(t, s.URL("default"), func(o *clickhouse.Options) { o.Auth.Password = "another" }).Ping(t.Context()), &refused)
	require.EqualValues(t, 516, refused.Code)
	prompt := connect(t, s.URL("default"), func(o *clickhouse.Options) { o.Auth.Username, o.Auth.Password = "default", "" })
	require.ErrorAs(t, prompt.Exec(t.Context(), `create database another`), &refused)
	require.EqualValues(t, 497, refused.Code, "who comes as the engine's own prompt may do nothing")
	select {
	case <-s.Exited():
		t.Fatalf("it ended:\n%s", s.Words())
	case <-time.After(5 * time.Second):
	}
	require.Equal(t, "sharepartner", ask(t, conn, `select currentUser()`))
	_ = conn.Close()
	s.Stop()
	require.False(t, running(s.Pid()))
	require.True(t, s.run.cmd.ProcessState.Success(), "it ended in order:\n%s", s.Words())
}

func TestKilledItComesBackWithItsDataAndOtherSettings(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	conn, address := connect(t, s.URL("default")), s.Address()
	for _, sql := range []string{`create database kept`, `create table kept.t (x UInt64) order by x`, `insert into kept.t select number from numbers(1000)`} {
		require.NoError(t, conn.Exec(t.Context(), sql))
	}
	s.Kill()
	require.False(t, running(s.Pid()))
	require.Error(t, conn.Ping(t.Context()))
	require.NoError(t, s.Restart(t.Context(), func(o *Options) {
		o.Settings = map[string]string{"max_memory_usage": "20000000"}
		o.Config = `<max_server_memory_usage>1234567890</max_server_memory_usage>`
	}))
	require.Equal(t, address, s.Address())
	conn = connect(t, s.URL("kept"))
	require.Equal(t, "1000", ask(t, conn, `select toString(count()) from t`))
	require.Equal(t, "1234567890", ask(t, conn, `select value from system.server_settings where name = 'max_server_memory_usage'`))
	var exhausted *clickhouse.Exception
	require.ErrorAs(t, conn.Exec(t.Context(), `select groupArray(number) from numbers(10000000) format Null`), &exhausted)
	require.EqualValues(t, 241, exhausted.Code)
	before := s.Pid()
	require.NoError(t, s.Restart(t.Context()), "also one that runs")
	require.False(t, running(before))
}

func TestPausedItAnswersNothingUntilItGoesOn(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	conn := connect(t, s.URL("default"))
	require.NoError(t, conn.Ping(t.Context()))
	require.NoError(t, s.Pause())
	done := make(chan error, 1)
	go func() { done <- conn.Ping(context.Background()) }()
	select {
	case err := <-done:
		t.Fatalf("it answered: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	require.NoError(t, s.Resume())
	require.NoError(t, <-done)
	require.NoError(t, s.Pause())
	s.Kill()
	require.False(t, running(s.Pid()), "also one that stands still")
	require.Error(t, s.Pause())
}

func TestItEndsWithItsProgram(t *testing.T) {
	t.Parallel()
	for _, environment := range []string{"SHAREPARTNER_TEST_PAUSED=", "SHAREPARTNER_TEST_PAUSED=1"} {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), environment, "SHAREPARTNER_TEST_SERVE="+t.TempDir())
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		line, err := bufio.NewReader(out).ReadString('\n')
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
		require.NoError(t, err)
		word, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		require.Equal(t, "ready", word, line)
		pid, err := strconv.Atoi(number)
		require.NoError(t, err)
		require.Eventually(t, func() bool { return !running(pid) }, time.Minute, 5*time.Millisecond, "process %d is still there", pid)
	}
}

// running says whether a process works; one that has ended and only waits to be noticed does not.
func running(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && state(b) != 'Z'
}

func TestItWaitsForAPortThatIsTaken(t *testing.T) {
	t.Parallel()
	port, err := FreePort()
	require.NoError(t, err)
	other, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
	require.NoError(t, err)
	go func() { // as a server that is not ClickHouse and is just going
		if conn, err := other.Accept(); err == nil {
			_ = conn.Close()
		}
		_ = other.Close()
	}()
	s := start(t, Options{Port: port})
	require.Equal(t, "127.0.0.1:"+strconv.Itoa(port), s.Address())
	require.NoError(t, connect(t, s.URL("default")).Ping(t.Context()))
}

func TestWhatKeepsItFromStarting(t *testing.T) {
	t.Run("settings that it does not know", func(t *testing.T) {
		_, err := Start(t.Context(), Options{Dir: t.TempDir(), Settings: map[string]string{"no_such_setting": "1"}})
		require.ErrorContains(t, err, "no_such_setting")
	})
	t.Run("a file that is no folder", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		_, err := Start(t.Context(), Options{Dir: file})
		require.ErrorContains(t, err, "make the folder of the engine")
	})
	t.Run("no engine", func(t *testing.T) {
		t.Chdir(t.TempDir())
		_, err := Start(t.Context(), Options{Dir: t.TempDir()})
		require.ErrorContains(t, err, "make engine")
	})
}
