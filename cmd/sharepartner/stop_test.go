package main

import (
	"bytes"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// asProgram turns this test program into the program itself, with the arguments that it was started with.
const asProgram = "SHAREPARTNER_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	code := pgtest.Run(m)
	chtest.Stop()
	os.Exit(code)
}

// Rows of accounts are given to a copy, and to nobody else, only while nobody holds this lock.
const holdingSQL = `
	create function crm.hold_copy() returns boolean language plpgsql as $$ begin
		if current_query() ilike 'copy%' then perform pg_advisory_xact_lock_shared(4711); end if;
		return true;
	end $$;
	grant execute on function crm.hold_copy() to sharepartner_cdc;
	create policy held on crm.account as restrictive for select to sharepartner_cdc using (crm.hold_copy())`

// Whoever stops the program in the middle of its first copy, by Ctrl-C or as a service does, has it end at once and in
// order, with nothing half done; the next start copies all rows.
func TestStoppedInTheFirstCopy(t *testing.T) {
	cfg := testConfig(t)
	g, err := openGround(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	defer g.Close()
	owner, err := pgx.Connect(t.Context(), g.ownerURL)
	require.NoError(t, err)
	defer owner.Close(t.Context())
	exec := func(sql string) {
		t.Helper()
		_, err := owner.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	exec(`insert into crm.organisation (id, name, created_at) select gen_random_uuid(), 'O' || i, now() from generate_series(1, 3000) i`)
	exec(`insert into crm.account (id, org_id, name, name_key, created_at, updated_at) select gen_random_uuid(), id, name, lower(name), now(), now() from crm.organisation`)
	exec(holdingSQL)
	exec(`select pg_advisory_lock(4711)`)

	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		p := startProgram(t, cfg)
		require.Eventually(t, func() bool {
			var waiting bool
			err := owner.QueryRow(t.Context(), `select exists (select from pg_locks where locktype = 'advisory' and objid = 4711 and not granted)`).Scan(&waiting)
			return err == nil && waiting
		}, 2*time.Minute, 20*time.Millisecond, "the copy is at the accounts")
		p.stop(t, sig)
		require.Contains(t, p.said.String(), "stopping")
		requireNothingComplete(t, cfg)
	}

	exec(`select pg_advisory_unlock(4711)`)
	app, err := Start(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	defer app.Stop()
	require.NoError(t, app.WaitLoaded(t.Context(), 2*time.Minute))
	s, err := app.pipeline.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, "first_snapshot", s.LastResync.Reason)
	require.Eventually(t, func() bool { // it follows the log a moment after all is loaded
		done, err := app.pipeline.CheckDrift(t.Context())
		return err == nil && done
	}, 2*time.Minute, 50*time.Millisecond, "all rows are compared")
	s, err = app.pipeline.Status(t.Context())
	require.NoError(t, err)
	require.GreaterOrEqual(t, s.Drift.Compared, int64(6000))
	require.Zero(t, s.Drift.Differences)
}

// program is the program in a process of its own.
type program struct {
	cmd  *exec.Cmd
	said bytes.Buffer // to be read when it has ended
}

func startProgram(t *testing.T, cfg Config) *program {
	t.Helper()
	p := &program{cmd: exec.Command(os.Args[0], "up", "--addr", cfg.Addr, "--data", cfg.Data, "--duckdb-memory", cfg.DuckDBMemory, "--duckdb-threads", "1")}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = append(os.Environ(), asProgram+"=1"), &p.said, &p.said
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // nothing, where it has ended
	return p
}

// stop tells it to end and waits until it has.
func (p *program) stop(t *testing.T, sig os.Signal) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(sig))
	late := time.AfterFunc(time.Minute, func() { _ = p.cmd.Process.Signal(syscall.SIGQUIT) }) // it says what it waits for
	defer late.Stop()
	require.NoError(t, p.cmd.Wait(), "%v: %s", sig, &p.said)
}

// requireNothingComplete opens the warehouse as the next program does.
func requireNothingComplete(t *testing.T, cfg Config) {
	t.Helper()
	store, err := duckdb.Open(t.Context(), duckdb.Options{Path: cfg.Data + "/warehouse.duckdb"})
	require.NoError(t, err)
	defer store.Close()
	_, complete, err := store.Checkpoint(t.Context())
	require.NoError(t, err)
	require.False(t, complete, "it is no warehouse to answer from")
	s, err := store.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, "stopped", s.State)
	require.NotNil(t, s.Resyncing, "that a copy was cut off is known")
}
