package pipelines_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

var (
	soakRounds = flag.Int("soak.rounds", 8, "how many faults TestSoak brings about")
	soakSeed   = flag.Uint64("soak.seed", 1, "which faults; the same seed brings the same ones")
)

// compareEvery is after how many rounds both sides are compared row by row.
const compareEvery = 25

// soak is a pipeline in a process of its own, a server of its own, a line between them, and somebody who writes.
type soak struct {
	*cluster
	bed    *bed
	rng    *rand.Rand
	victim *soaked
	same   func() // holds both sides against each other, when nothing is written and the victim is dead

	writing sync.Mutex // held while nothing may be written
}

// fault is one way in which things go wrong, for a while. What is wrong ends with it.
type fault struct {
	name string
	do   func(s *soak, while time.Duration)
}

var faults = []fault{
	{"program killed", func(s *soak, while time.Duration) {
		s.victim.kill()
		time.Sleep(while / 4)
		s.victim = s.soaked()
	}},
	{"program paused", func(s *soak, while time.Duration) {
		s.victim.signal(syscall.SIGSTOP)
		time.Sleep(while)
		s.victim.signal(syscall.SIGCONT)
	}},
	{"server killed", func(s *soak, while time.Duration) {
		s.killServer()
		s.line.cut()
		time.Sleep(while / 4)
		s.start()
	}},
	{"line cut", func(s *soak, _ time.Duration) { s.line.cut() }},
	{"line slow", func(s *soak, while time.Duration) {
		s.line.slow(while / 50)
		time.Sleep(while)
		s.line.slow(0)
	}},
	{"line half open", func(s *soak, while time.Duration) {
		s.line.freeze()
		time.Sleep(while)
		s.line.cut()
		s.line.thaw()
	}},
	{"connections dead", func(s *soak, _ time.Duration) { s.line.silence() }},
	{"disk full", func(s *soak, while time.Duration) {
		s.victim.say("full")
		time.Sleep(while)
		s.victim.say("free")
	}},
}

// TestSoak brings about one fault after the other while somebody writes. After each one the pipeline has to catch up by
// itself; in the end nothing is lost and nothing is there twice. `make soak` does as many rounds as one likes.
func TestSoak(t *testing.T) {
	t.Parallel()
	c := newCluster(t, nil)
	s := &soak{cluster: c, bed: c.bed()}
	s.same = func() {
		conn := connect(s.t, s.server.URL)
		duck := s.bed.read()
		s.bed.requireSame(conn, duck)
		s.bed.requireExactLog(conn, duck)
		require.NoError(s.t, duck.Close())
		require.NoError(s.t, conn.Close(context.Background()))
	}
	s.begin(5_000)
	s.suffer(faults, *soakRounds)
}

// begin fills the server, and starts the pipeline and whoever writes.
func (s *soak) begin(rows int) {
	s.rng = rand.New(rand.NewPCG(*soakSeed, 42))
	owner := connect(s.t, s.server.URL)
	s.bed.oracle(owner)
	s.bed.plant(owner, rows)
	s.victim = s.soaked()
	s.t.Cleanup(func() { s.victim.kill() })
	stop := s.keepWriting()
	s.t.Cleanup(stop)
	s.caughtUp(0, "first snapshot")
}

// suffer brings the faults about.
func (s *soak) suffer(faults []fault, rounds int) {
	s.t.Helper()
	var order []int
	for round := 1; round <= rounds; round++ {
		if len(order) == 0 {
			order = s.rng.Perm(len(faults)) // each one now and then
		}
		f := faults[order[0]]
		order = order[1:]
		while := time.Duration(s.rng.IntN(2000)) * time.Millisecond
		time.Sleep(time.Duration(s.rng.IntN(300)) * time.Millisecond)
		begun := time.Now()
		f.do(s, while)
		s.caughtUp(round, f.name)
		s.t.Logf("round %d: %s for %s, in step after %s", round, f.name, while, time.Since(begun).Round(time.Millisecond))
		if round%compareEvery == 0 || round == rounds {
			s.compare()
		}
	}
}

// caughtUp waits until all that was written is loaded.
func (s *soak) caughtUp(round int, what string) {
	s.t.Helper()
	conn, err := pgx.Connect(context.Background(), s.server.URL)
	require.NoError(s.t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	place := fence(s.t, conn)
	deadline := time.Now().Add(time.Minute)
	for s.victim.loaded.Load() < place {
		require.True(s.t, time.Now().Before(deadline), "seed %d, round %d (%s) did not end by itself; the pipeline said last:\n%s", *soakSeed, round, what, s.victim.last())
		time.Sleep(20 * time.Millisecond)
	}
}

// compare holds both sides against each other, row by row and change by change, while nobody writes.
func (s *soak) compare() {
	s.t.Helper()
	s.writing.Lock()
	defer s.writing.Unlock()
	s.caughtUp(0, "before comparing")
	s.victim.kill()
	s.same()
	s.victim = s.soaked()
}

// keepWriting writes until it is stopped. Whoever is interrupted cannot know whether the last transaction is there, so a
// new writer begins with a company of its own.
func (s *soak) keepWriting() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	seeds := rand.New(rand.NewPCG(*soakSeed, 43))
	wait.Go(func() {
		for ctx.Err() == nil {
			s.writeUntilFault(ctx, seeds.Uint64())
			time.Sleep(50 * time.Millisecond)
		}
	})
	return func() {
		cancel()
		wait.Wait()
	}
}

func (s *soak) writeUntilFault(ctx context.Context, seed uint64) {
	s.line.mu.Lock()
	target := s.line.target
	s.line.mu.Unlock()
	cfg, err := pgx.ParseConfig(s.bed.url)
	require.NoError(s.t, err)
	host, port, _ := strings.Cut(target, ":")
	n, err := strconv.ParseUint(port, 10, 16)
	require.NoError(s.t, err)
	cfg.Host, cfg.Port = host, uint16(n)
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return // the server is away
	}
	defer func() { _ = conn.Close(context.Background()) }()
	w, err := tryWriter(conn, seed)
	for err == nil && ctx.Err() == nil {
		s.writing.Lock()
		err = w.step()
		s.writing.Unlock()
		time.Sleep(pause)
	}
}

// killServer kills the server as a machine that loses its power would, but for what the system has in memory.
func (s *soak) killServer() {
	s.t.Helper()
	var found string
	require.NoError(s.t, filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Name() == "postmaster.pid" {
			found = path
		}
		return nil
	}))
	text, err := os.ReadFile(found)
	require.NoError(s.t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(strings.SplitN(string(text), "\n", 2)[0]))
	require.NoError(s.t, err)
	require.NoError(s.t, syscall.Kill(pid, syscall.SIGKILL))
	_ = s.server.Stop() // it is dead: what is left of it is cleared
}
