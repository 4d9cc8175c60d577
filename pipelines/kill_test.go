package pipelines_test

import (
	"bufio"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// killAfter starts a victim, waits for a line and then a while, and kills it. It gives all lines.
func (b *bed) killAfter(line string, while time.Duration) string {
	b.t.Helper()
	cmd := b.command()
	out, err := cmd.StdoutPipe()
	require.NoError(b.t, err)
	require.NoError(b.t, cmd.Start())
	deadline := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer deadline.Stop()
	var said strings.Builder
	lines := bufio.NewScanner(out)
	seen := false
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if !seen && strings.Contains(lines.Text(), line) {
			seen = true
			time.AfterFunc(while, func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait()
	require.True(b.t, seen, "the pipeline never said %q:\n%s", line, said.String())
	return said.String()
}

func TestKill(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	b.oracle(owner)
	b.plant(owner, 30_000)
	written := b.keepWriting(3)
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	inSnapshot, kills := 0, 0
	for kills < 20 {
		line, most := "from=starting to=streaming", 600
		if kills < 6 {
			line, most = "takes a new snapshot", 500
		}
		said := b.killAfter(line, time.Duration(rng.IntN(most))*time.Millisecond)
		kills++
		if strings.Contains(said, "takes a new snapshot") && !strings.Contains(said, "snapshot loaded") {
			inSnapshot++
		}
		if kills == 6 { // from here on it streams
			b.killAfter("to=streaming", 0)
		}
	}
	store := b.open()
	p, stop := b.run(store)
	time.Sleep(500 * time.Millisecond) // some more load, then quiet
	n := written()
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())
	t.Logf("%d kills, %d of them during a snapshot; %d transactions written meanwhile", kills, inSnapshot, n)
	require.Positive(t, inSnapshot)
	duck := b.read()
	b.requireSame(owner, duck)
	b.requireExactLog(owner, duck)
}
