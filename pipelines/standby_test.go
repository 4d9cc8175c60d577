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
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
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

// Whoever is cut off knows that it has lost the right to the slot before another one has it. A machine that stands still for
// a second may confuse that once, and not again and again.
func TestRightEndsBeforeItPassesOn(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	direct, err := pgsource.New(pgsource.Options{URL: b.cdc})
	require.NoError(t, err)
	line := b.over()
	through, err := pgsource.New(pgsource.Options{URL: b.cdc})
	require.NoError(t, err)
	inOrder := func() bool {
		told := make(chan struct{}, 1)
		first, err := through.Lock(context.Background(), func(pgsource.Figures) {
			select {
			case told <- struct{}{}:
			default:
			}
		})
		require.NoError(t, err)
		<-told
		line.silence()
		var second *pgsource.Lock
		require.Eventually(t, func() bool {
			second, err = direct.Lock(context.Background(), func(pgsource.Figures) {})
			return err == nil
		}, time.Minute, 50*time.Millisecond)
		defer first.Close()
		defer second.Close()
		select {
		case <-first.Lost():
			return true
		default:
			return false
		}
	}
	for tries := 1; !inOrder(); tries++ {
		require.Less(t, tries, 3)
	}
}

// The first program is cut off: its session dies without a word, and nothing new gets through. The second takes over all the
// same. When the line is there again the first finds that out, stands by, and disturbs nothing.
func TestHolderIsCutOff(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	b.oracle(owner)
	w := newWriter(t, owner, 1)
	steps(t, w, 20)
	direct := *b
	line := b.over()
	old := b.open()
	first, end := b.run(old)
	b.catchUp(first)
	direct.file = filepath.Join(t.TempDir(), "second.duckdb")
	store := direct.open()
	second, stop := direct.run(store)
	reaches(t, second, "standby", time.Minute)
	before := answers(t, old)

	line.silence()
	line.freeze()
	took := reaches(t, second, "streaming", time.Minute)
	t.Logf("taken over %s after the first was cut off", took)
	require.NoError(t, w.tx(w.addDeal))
	steps(t, w, 20)
	b.catchUp(second)
	require.Equal(t, before, answers(t, old), "answers are old, and no others")
	blames(t, first, "the right to slot")
	after := answers(t, store)

	line.thaw()
	reaches(t, first, "standby", time.Minute)
	require.Equal(t, before, answers(t, old))
	require.Equal(t, after, answers(t, store))
	steps(t, w, 10)
	b.catchUp(second)
	s, err := second.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, "streaming", s.State)
	require.Zero(t, s.Restarts, s.LastFault)
	end()
	stop()
	require.NoError(t, store.Close())
	duck := direct.read()
	b.requireSame(owner, duck)
	b.requireExactLog(owner, duck)
}
