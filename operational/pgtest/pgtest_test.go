package pgtest_test

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

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestDatabasesAreApart(t *testing.T) {
	ctx := context.Background()
	one, other := pgtest.New(t), pgtest.New(t)
	_, err := one.Owner(t).Exec(ctx, `create table mine (x int)`)
	require.NoError(t, err)
	_, err = other.Owner(t).Exec(ctx, `select * from mine`)
	require.Error(t, err)
}

// What is planted once is in each copy, and what one copy gets is in no other.
func TestCopiesOfWhatIsPlanted(t *testing.T) {
	planted, times := pgtest.Planted{}, 0
	var channel *pgtest.Channel
	plant := func(t testing.TB, d *pgtest.Database) {
		times++
		channel = d.Plant(t)
	}
	one, other := planted.New(t, plant), planted.New(t, plant)
	require.Equal(t, 1, times)
	_, err := one.Owner(t).Exec(t.Context(), `update crm.organisation set name = 'Changed' where id = $1`, channel.A.Org)
	require.NoError(t, err)
	var name string
	require.NoError(t, other.Owner(t).QueryRow(t.Context(), `select name from crm.organisation where id = $1`, channel.A.Org).Scan(&name))
	require.Equal(t, "Vendor A", name)
}

// A test program that is killed or panics (as one that runs out of time does) leaves no server behind.
func TestNoServerIsLeftBehind(t *testing.T) {
	if how := os.Getenv("SHAREPARTNER_TEST_END"); how != "" {
		fmt.Printf("server %d\n", pgtest.Server(t).Pid())
		if how == "panic" {
			go panic("a bug in a test")
		}
		select {}
	}
	for _, how := range []string{"kill", "panic"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			self, err := os.Executable()
			require.NoError(t, err)
			cmd := exec.Command(self, "-test.run", "^TestNoServerIsLeftBehind$")
			cmd.Env = append(os.Environ(), "SHAREPARTNER_TEST_END="+how)
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			pid := 0
			for lines := bufio.NewScanner(out); lines.Scan(); {
				if number, ok := strings.CutPrefix(lines.Text(), "server "); ok {
					pid, err = strconv.Atoi(number)
					require.NoError(t, err)
					break
				}
			}
			require.NotZero(t, pid)
			if how == "kill" {
				require.NoError(t, cmd.Process.Kill())
			}
			require.Error(t, cmd.Wait())
			require.Eventually(t, func() bool { return ended(pid) }, 30*time.Second, 20*time.Millisecond)
		})
	}
}

// ended says that a process does nothing any more; whether somebody has noticed yet is another matter.
func ended(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(b), ") Z ")
}
