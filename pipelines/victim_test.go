package pipelines_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// The environment that turns this test program into the process that is killed.
const (
	victimFile   = "SHAREPARTNER_TEST_VICTIM"
	victimSource = "SHAREPARTNER_TEST_VICTIM_SOURCE"
	victimHalf   = "SHAREPARTNER_TEST_VICTIM_HALF" // set: it dies in the middle of its first load
)

// dies has the process end between the next commit of rows and its acknowledgement.
var dies atomic.Bool

// mortal is a store that dies when it is told to, as soon as rows are durable, or before a load is whole.
func mortal(store warehouse.Store) warehouse.Store {
	batches, half := 0, os.Getenv(victimHalf) != ""
	return &hookStore{
		Store: store,
		append: func(*warehouse.Batch) error {
			if batches++; half && batches == 3 {
				die()
			}
			return nil
		},
		commit: func(_ warehouse.Checkpoint, commit func() error) error {
			err := commit()
			if batches > 0 && dies.Load() {
				die()
			}
			batches = 0
			return err
		},
	}
}

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // nothing more happens here
}

// victim runs a pipeline until it is killed and writes what happens as lines. It does what it is told as lines, too.
func victim(path string) int {
	store, err := openVictim(path)
	if err != nil {
		fmt.Println("fault:", err)
		return 1
	}
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p := pipelines.New(pipelines.Config{SourceURL: os.Getenv(victimSource), Store: mortal(store), Log: log})
	go tell(p)
	go obey()
	_ = p.Run(context.Background())
	return 0
}

// openVictim opens a file, or the database of a server. That may be away at the moment.
func openVictim(path string) (warehouse.Store, error) {
	if !strings.HasPrefix(path, "clickhouse://") {
		return duckdb.Open(context.Background(), duckdb.Options{Path: path, MemoryLimit: "512MB", Threads: 1})
	}
	for {
		store, err := clickhouse.Open(context.Background(), clickhouse.Options{URL: path})
		if err == nil {
			return store, nil
		}
		fmt.Println("the warehouse is away:", err)
		time.Sleep(100 * time.Millisecond)
	}
}

// tell says how far the pipeline has come.
func tell(p *pipelines.Pipeline) {
	said := uint64(0)
	for {
		if s, err := p.Status(context.Background()); err == nil && s.LoadedLSN != said {
			said = s.LoadedLSN
			fmt.Println("loaded", said)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// obey lets the disk be full and free again: no file of the process grows past a size. Or it lets the process die.
func obey() {
	signal.Ignore(syscall.SIGXFSZ) // a file past its limit is then an error of the write
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if lines.Text() == "die" {
			dies.Store(true)
			fmt.Println("about to die")
			continue
		}
		limit := before
		if lines.Text() == "full" {
			limit.Cur = 100_000
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			panic(err)
		}
	}
}

// command is this test program as a victim.
func (b *bed) command() *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimFile+"="+b.file, victimSource+"="+b.cdc)
	return cmd
}

// soaked is a victim that is watched while it runs.
type soaked struct {
	s      *soak
	cmd    *exec.Cmd
	in     io.WriteCloser
	loaded atomic.Uint64
	done   chan struct{} // closed when all that it said was read

	mu   sync.Mutex
	said []string // the last lines
}

func (s *soak) soaked() *soaked {
	s.t.Helper()
	v := &soaked{s: s, cmd: s.bed.command(), done: make(chan struct{})}
	var err error
	v.in, err = v.cmd.StdinPipe()
	require.NoError(s.t, err)
	out, err := v.cmd.StdoutPipe()
	require.NoError(s.t, err)
	require.NoError(s.t, v.cmd.Start())
	go v.listen(out)
	return v
}

func (v *soaked) listen(out io.Reader) {
	defer close(v.done)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var place uint64
		if _, err := fmt.Sscanf(lines.Text(), "loaded %d", &place); err == nil {
			v.loaded.Store(place)
			continue
		}
		v.mu.Lock()
		v.said = append(v.said, lines.Text())
		v.said = v.said[max(0, len(v.said)-40):]
		v.mu.Unlock()
	}
}

func (v *soaked) last() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return strings.Join(v.said, "\n")
}

func (v *soaked) say(what string) {
	_, err := fmt.Fprintln(v.in, what)
	require.NoError(v.s.t, err, "the process has ended:\n%s", v.last())
}

func (v *soaked) signal(sig syscall.Signal) { require.NoError(v.s.t, v.cmd.Process.Signal(sig)) }

// kill ends it without a word; again it does nothing.
func (v *soaked) kill() {
	_ = v.cmd.Process.Kill()
	<-v.done
	_ = v.cmd.Wait()
}
