package local

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// The test program serves as the program that is killed, too.
func TestMain(m *testing.M) {
	if dir := os.Getenv("SHAREPARTNER_TEST_SERVE"); dir != "" {
		tied = os.Getenv("SHAREPARTNER_TEST_UNTIED") == ""
		s, err := Start(context.Background(), Options{Dir: dir, Settings: quick})
		if err != nil {
			fmt.Println("failed", err)
			os.Exit(1)
		}
		fmt.Println("ready", s.Pid())
		select {}
	}
	os.Exit(m.Run())
}

var quick = map[string]string{"shared_buffers": "16MB", "max_connections": "20", "fsync": "off"}

func start(t *testing.T, dir string) *Server {
	t.Helper()
	s, err := Start(context.Background(), Options{Dir: dir, Settings: quick})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop() })
	return s
}

// program starts the server of a folder in another program; kill ends that program without warning.
func program(t *testing.T, dir string, environment ...string) (server int, kill func()) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), append(environment, "SHAREPARTNER_TEST_SERVE="+dir)...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	word, number, _ := strings.Cut(strings.TrimSpace(line), " ")
	require.Equal(t, "ready", word, line)
	server, err = strconv.Atoi(number)
	require.NoError(t, err)
	return server, kill
}

func do(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), sql)
	require.NoError(t, err)
}

func gone(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool { return !running(pid) }, 20*time.Second, 20*time.Millisecond, "process %d is still there", pid)
}

// running says whether a process works; one that has ended and only waits to be noticed does not.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	b, err := os.ReadFile(procPath(pid, "stat"))
	return err != nil || !strings.Contains(string(b), ") Z ")
}

func owner(info os.FileInfo) uint32 { return info.Sys().(*syscall.Stat_t).Uid }
