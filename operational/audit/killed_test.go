package audit_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// TestAKilledProgramLeavesNothingOut runs a program that writes and chains, and kills it in the middle: what it wrote
// down is there, and the next program chains what it did not come to.
func TestAKilledProgramLeavesNothingOut(t *testing.T) {
	if url := os.Getenv("SHAREPARTNER_TEST_AUDIT"); url != "" {
		writeUntilKilled(t, url)
		return
	}
	w := newWorld(t)
	told := 0
	for round := range 3 {
		told += w.killAfter(t, 40*(round+1))
	}
	require.GreaterOrEqual(t, w.one(t, `select count(*) from crm.audit_event where anchor_of is null`), told, "what it said to be written is there")
	w.do(t, w.P1, "deal.edited", w.AP1) // one at least that nobody has chained yet
	require.Eventually(t, func() bool { // what was killed may hold a chain a little longer, and is passed over
		w.extend(t)
		return w.one(t, `select count(*) from crm.audit_event where hash is null`) == 0
	}, time.Minute, 10*time.Millisecond)
	require.Equal(t, w.one(t, `select count(*) from crm.audit_event where anchor_of is null`), w.one(t, `select count(*) from crm.audit_event where anchor_of is not null`))
	require.Empty(t, w.faults(t))
}

// killAfter lets the program write this many events, and gives how many it said to have written.
func (w *world) killAfter(t *testing.T, events int) (told int) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, "-test.run", "^TestAKilledProgramLeavesNothingOut$")
	cmd.Env = append(os.Environ(), "SHAREPARTNER_TEST_AUDIT="+w.URL, "SHAREPARTNER_TEST_ORG="+w.P1.Org.String(), "SHAREPARTNER_TEST_CONNECTION="+w.AP1.String())
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	for lines := bufio.NewScanner(out); told < events && lines.Scan(); {
		if lines.Text() == "written" {
			told++
		}
	}
	require.Equal(t, events, told, "the program ended by itself")
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	return told
}

func writeUntilKilled(t *testing.T, url string) {
	open := func(login string) *postgres.DB {
		u, err := postgres.LoginURL(url, login, pgtest.Secret)
		require.NoError(t, err)
		db, err := postgres.Open(context.Background(), u, postgres.NewSigner(pgtest.Secret), 2, time.Now)
		require.NoError(t, err)
		return db
	}
	actor := operational.Actor{Org: uuid.MustParse(os.Getenv("SHAREPARTNER_TEST_ORG")), Side: operational.SidePartner, System: "test"}
	record := audit.Record{Action: "deal.edited", ID: uuid.New(), Connection: uuid.MustParse(os.Getenv("SHAREPARTNER_TEST_CONNECTION"))}
	s, chain := audit.New(open(postgres.LoginAPI)), audit.NewChain(open(postgres.LoginJobs))
	go func() {
		for {
			_, _ = chain.Extend(context.Background())
		}
	}()
	for {
		require.NoError(t, s.Note(context.Background(), actor, record))
		fmt.Println("written")
	}
}
