package duckdb_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/marcboeker/go-duckdb"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

const loaderEnv = "DUCKDB_TEST_LOADER_FILE"

// TestMain runs as a loader when a test asks for one that it can kill.
func TestMain(m *testing.M) {
	if path := os.Getenv(loaderEnv); path != "" {
		if err := loadForever(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// loadForever goes on from the checkpoint, one won opportunity per load, and tells what is committed. The n-th
// opportunity ends at an LSN that is known from n, as a real log would bring it again.
func loadForever(path string) error {
	ctx := context.Background()
	s, err := duckdb.Open(ctx, duckdb.Options{Path: path})
	if err != nil {
		return err
	}
	at, _, err := s.Checkpoint(ctx)
	if err != nil {
		return err
	}
	c := warehousetest.NewChannel()
	k := c.Connect(c.Vendor("V"), c.Partner("P"), "North", "gold")
	p := c.Process(k.Vendor, "Standard", "Qualify")
	for n := 0; ; n++ {
		c.Opportunity(strconv.Itoa(n), k, p, "2025-01-01", "Qualify", "1", "EUR").Move("2025-01-02", "Won")
		if c.LSN() < at.LSN && n%7 != 0 {
			continue // sent again together with others
		}
		if err := c.TryLoad(ctx, s); err != nil {
			return err
		}
		if _, err := fmt.Println("committed", c.LSN(), n+1); err != nil {
			return err
		}
	}
}

// Killed at any moment, the store has every load that was committed, none twice and none in part.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "warehouse.duckdb")
	told := 0
	for range 5 {
		told = max(told, loadAndKill(t, path, time.Duration(300+rand.IntN(700))*time.Millisecond))
		s, err := duckdb.Open(t.Context(), duckdb.Options{Path: path})
		require.NoError(t, err)
		answer, err := s.Won(t.Context(), warehouse.EverythingScope(), warehouse.Ask{Period: warehousetest.Quarter(1), AsOf: warehousetest.Midyear})
		require.NoError(t, err)
		require.Len(t, answer.Rows, 1)
		require.GreaterOrEqual(t, answer.Rows[0].Count, int64(told), "what was committed is there")
		require.Equal(t, answer.Rows[0].Count, answer.Rows[0].Amount.IntPart())
		require.NoError(t, s.Whole(t.Context()))
		require.NoError(t, s.Close())
	}
}

// loadAndKill lets a loader work for a while and tells how many opportunities it had committed.
func loadAndKill(t *testing.T, path string, after time.Duration) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), loaderEnv+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan(), "the loader works")
	time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	last := 0
	for ok := true; ok; ok = lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 3 {
			last, err = strconv.Atoi(fields[2])
			require.NoError(t, err)
		}
	}
	require.Error(t, cmd.Wait(), "it was killed")
	return last
}

// A full disk is a clear error; nothing is half loaded, and the store goes on when there is space again.
func TestDiskFull(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ) // a file past its limit is then an error of the write, as a full disk is
	t.Cleanup(func() { signal.Reset(syscall.SIGXFSZ) })
	s := open(t)
	c := warehousetest.NewChannel()
	k := c.Connect(c.Vendor("V"), c.Partner("P"), "North", "gold")
	p := c.Process(k.Vendor, "Standard", "Qualify")
	won := func() int64 {
		answer, err := s.Won(t.Context(), warehouse.EverythingScope(), warehouse.Ask{Period: warehousetest.Quarter(1), AsOf: warehousetest.Midyear})
		require.NoError(t, err)
		if len(answer.Rows) == 0 {
			return 0
		}
		return answer.Rows[0].Count
	}
	c.Opportunity("first", k, p, "2025-01-01", "Won", "1", "EUR")
	c.Load(t.Context(), t, s)
	for n := range 5000 {
		c.Opportunity(strconv.Itoa(n), k, p, "2025-01-01", "Qualify", "1", "EUR").Move("2025-01-02", "Won")
	}
	restore := limitFiles(t, 300_000)
	for _, what := range []string{"commit the load", "begin a load", "begin a load"} {
		err := c.TryLoad(t.Context(), s)
		require.ErrorContains(t, err, what, "says what failed")
		require.ErrorContains(t, err, "File too large", "and why")
		require.Equal(t, int64(1), won(), "answers go on")
	}
	restore()
	before := c.Checkpoint()
	c.Load(t.Context(), t, s)
	require.Equal(t, int64(5001), won())
	after, ok, err := s.Checkpoint(t.Context())
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, before, after)
	require.NoError(t, s.Whole(t.Context()))
}

// A fault inside the engine, after which it refuses everything, is over when the file has been opened again: whoever asks
// next does it.
func TestEngineGivesUp(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	t.Cleanup(func() { signal.Reset(syscall.SIGXFSZ) })
	for name, ask := range map[string]func(s *duckdb.Store) error{
		"the checkpoint": func(s *duckdb.Store) error {
			_, _, err := s.Checkpoint(t.Context())
			return err
		},
		"a view": func(s *duckdb.Store) error {
			v, err := s.View(t.Context())
			if err != nil {
				return err
			}
			return v.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, g := open(t), warehousetest.NewGolden()
			for n := range 5000 {
				g.Opportunity(strconv.Itoa(n), warehousetest.Connection{Vendor: g.Acme, Partner: g.North}, g.Standard, "2025-01-01", "Qualify", "1", "EUR")
			}
			g.Load(t.Context(), t, s)
			restore := limitFiles(t, 300_000)
			require.Error(t, s.WriteDown(t.Context()))
			require.ErrorContains(t, s.WriteDown(t.Context()), "invalidated", "the engine has given up")
			restore()
			require.NoError(t, ask(s))
			g.Opportunity("next", warehousetest.Connection{Vendor: g.Acme, Partner: g.North}, g.Standard, "2025-01-01", "Qualify", "1", "EUR")
			g.Load(t.Context(), t, s)
			require.NoError(t, s.Whole(t.Context()))
		})
	}
}

// limitFiles lets no file of the process grow past a size.
func limitFiles(t *testing.T, size uint64) (restore func()) {
	t.Helper()
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before))
	limited := syscall.Rlimit{Cur: size, Max: before.Max}
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limited))
	restore = func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before)) }
	t.Cleanup(restore)
	return restore
}

func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "warehouse.duckdb")
	g := warehousetest.NewGolden()
	for range 3 {
		s, err := duckdb.Open(t.Context(), duckdb.Options{Path: path, MemoryLimit: "200MB", Threads: 1})
		require.NoError(t, err)
		g.Load(t.Context(), t, s)
		answer, err := s.Won(t.Context(), warehouse.VendorScope(g.Acme), warehouse.Ask{Period: warehousetest.Quarter(1), AsOf: warehousetest.Midyear})
		require.NoError(t, err)
		require.Equal(t, int64(6), answer.Rows[0].Count)
		require.NoError(t, s.Close())
		require.NoError(t, s.Close(), "closing twice does no harm")
		_, err = s.Watermark(t.Context())
		require.Error(t, err)
		_, err = s.Begin(t.Context())
		require.Error(t, err)
	}
}

func TestOtherSchemaVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "warehouse.duckdb")
	s, err := duckdb.Open(t.Context(), duckdb.Options{Path: path})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	alter := func(query string) {
		db, err := sql.Open("duckdb", path)
		require.NoError(t, err)
		_, err = db.ExecContext(t.Context(), query)
		require.NoError(t, err)
		require.NoError(t, db.Close())
	}
	refused := func(ending string, words ...string) {
		t.Helper()
		_, err = duckdb.Open(t.Context(), duckdb.Options{Path: path})
		require.ErrorIs(t, err, duckdb.ErrSchema)
		for _, w := range append(words, "mv '"+path+"' '"+path+"."+ending+"'", "All rows are then copied from Postgres") {
			require.ErrorContains(t, err, w)
		}
	}
	alter("UPDATE schema_version SET version = 99")
	refused("v99", "of version 99", "A newer program has written it: start that one again, or move it away")
	alter("PRAGMA disable_checkpoint_on_shutdown; UPDATE schema_version SET version = 1")
	require.FileExists(t, path+".wal", "as after a kill")
	refused("v1", "of version 1,", "Move it away")
	require.NoFileExists(t, path+".wal", "what is moved away is whole, and a new file does not find a log of another one")
	alter("DROP TABLE schema_version")
	refused("other", "a database of something else")

	require.NoError(t, os.Rename(path, path+".other")) // as it was told
	s, err = duckdb.Open(t.Context(), duckdb.Options{Path: path})
	require.NoError(t, err)
	_, ok, err := s.Checkpoint(t.Context())
	require.NoError(t, err)
	require.False(t, ok)
	require.NoError(t, s.Close())
}

func TestNoWarehouseFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "warehouse.duckdb")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("this is a letter ", 1000)), 0o600))
	_, err := duckdb.Open(t.Context(), duckdb.Options{Path: path})
	require.ErrorIs(t, err, duckdb.ErrSchema)
	require.ErrorContains(t, err, path+" is no warehouse at all")
	require.NoError(t, os.WriteFile(path, []byte("short"), 0o600))
	_, err = duckdb.Open(t.Context(), duckdb.Options{Path: path})
	require.ErrorIs(t, err, duckdb.ErrSchema)
	left, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "short", string(left))
	_, err = duckdb.Open(t.Context(), duckdb.Options{Path: filepath.Join(path, "below", "a file")})
	require.Error(t, err)
	_, err = duckdb.Open(t.Context(), duckdb.Options{Path: "a?b"})
	require.Error(t, err)
}
