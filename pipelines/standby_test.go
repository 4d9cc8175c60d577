package pipelines_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
)

// process is another program with a pipeline and a warehouse of its own.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	in   io.Writer // what it is told
	mu   sync.Mutex
	said []string
	wait sync.WaitGroup
}

func (b *bed) process(file string, env ...string) *process {
	b.t.Helper()
	p := &process{t: b.t, cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(append(os.Environ(), victimFile+"="+file, victimSource+"="+b.cdc), env...)
	out, err := p.cmd.StdoutPipe()
	require.NoError(b.t, err)
	p.in, err = p.cmd.StdinPipe()
	require.NoError(b.t, err)
	require.NoError(b.t, p.cmd.Start())
	p.wait.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.mu.Lock()
			p.said = append(p.said, lines.Text())
			p.mu.Unlock()
		}
	})
	b.t.Cleanup(p.kill)
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	p.wait.Wait()
	_ = p.cmd.Wait()
}

func (p *process) signal(s os.Signal) { require.NoError(p.t, p.cmd.Process.Signal(s)) }

// says waits until the process has said something.
func (p *process) says(words string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return strings.Contains(strings.Join(p.said, "\n"), words)
	}, 30*time.Second, 20*time.Millisecond, words)
}

// reaches waits until the pipeline is in a state, and gives how long that took.
func reaches(t testing.TB, p *pipelines.Pipeline, state string, within time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	require.Eventually(t, func() bool {
		s, err := p.Status(context.Background())
		require.NoError(t, err)
		return s.State == state
	}, within, 20*time.Millisecond, state)
	return time.Since(began)
}

// A second program stands by, says whom for, and takes over when the first one is gone.
func TestStandby(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	w := newWriter(t, owner, 1)
	first := b.process(filepath.Join(t.TempDir(), "first.duckdb"))
	first.says("to=streaming")
	store := b.open()
	second, stop := b.run(store)
	reaches(t, second, "standby", 10*time.Second)
	s, err := second.Status(context.Background())
	require.NoError(t, err)
	require.Contains(t, s.Detail, "another program works on slot sharepartner_")
	require.Contains(t, s.Detail, fmt.Sprintf("process %d@", first.cmd.Process.Pid))
	for range 20 {
		require.NoError(t, w.step())
	}
	time.Sleep(2 * time.Second)
	reaches(t, second, "standby", time.Second)

	first.kill()
	took := reaches(t, second, "streaming", 10*time.Second)
	t.Logf("taken over %s after the first was killed", took)
	b.catchUp(second)
	stop()
	require.NoError(t, store.Close())
	b.requireSame(owner, b.read())
}

// A program that was paused finds out, when it wakes up, that another one has taken over: it stands by, and no answer
// is another one than without it.
func TestPausedProgramWakesUp(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	b.oracle(owner)
	old := filepath.Join(t.TempDir(), "first.duckdb")
	first := b.process(old)
	first.says("to=streaming")
	written := b.keepWriting(2)
	store := b.open()
	second, stop := b.run(store)
	reaches(t, second, "standby", 10*time.Second)

	first.signal(syscall.SIGSTOP)
	took := reaches(t, second, "streaming", 20*time.Second)
	t.Logf("taken over %s after the first was paused", took)
	time.Sleep(time.Second)
	first.signal(syscall.SIGCONT)
	first.says("pipeline stands by")
	time.Sleep(2 * time.Second)
	s, err := second.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, "streaming", s.State)
	require.Zero(t, s.Restarts, "the one that woke up has disturbed nothing: %s", s.LastFault)
	written()
	b.catchUp(second)
	first.kill()
	stop()
	require.NoError(t, store.Close())
	duck := b.read()
	b.requireSame(owner, duck)
	b.requireExactLog(owner, duck)

	// What the first one had is old, and it knows that.
	b.file = old
	store = b.open()
	p, stop := b.run(store)
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())
	b.requireSame(owner, b.read())
}
