package duckdb_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// manyOf makes inserts of every kind of value, at the ends of what each kind holds.
func manyOf(t *warehouse.Table, rows int) *warehouse.Batch {
	ends := map[warehouse.Kind][]int64{
		warehouse.KindInt:     {0, math.MaxInt64, math.MinInt64},
		warehouse.KindDecimal: {0, 999_999_999_999_999_999, -999_999_999_999_999_999, 1},
		warehouse.KindTime:    {0, -1, 253_402_300_800_000_000, -210_863_520_000_000_000},
		warehouse.KindDate:    {0, -1, 2_932_897, -2_440_550},
		warehouse.KindBool:    {0, 1},
	}
	texts := []string{"", "exactly 12 b", "thirteen byte", strings.Repeat("long 日本 ", 300)}
	b := warehouse.NewBatch(t)
	for n := range rows {
		b.AddRow(warehouse.OpInsert, 2000+uint64(n/100), math.MaxUint64>>1+uint64(n), uint32(n%100), int64(n))
		for i, column := range t.Columns {
			c := &b.Columns[i]
			isKey := column.Name == t.Key[0] || column.Name == t.Key[len(t.Key)-1]
			switch {
			case !isKey && !t.AppendOnly && (i+n)%3 == 0:
				c.AddAbsent(warehouse.Null)
			case column.Name == "effective_at" || column.Name == "recorded_at" || column.Name == "version":
				c.AddInt(int64(n))
			case column.Kind == warehouse.KindUUID:
				c.AddUUID(uuid.NewSHA1(uuid.Nil, fmt.Append(nil, i, n)))
			case column.Kind == warehouse.KindText:
				c.AddText([]byte(texts[(i+n)%len(texts)]))
			default:
				c.AddInt(ends[column.Kind][(i+n)%len(ends[column.Kind])])
			}
		}
	}
	return b
}

// A batch that the engine reads where it stands comes through as the same rows in small batches do, and a copy of the files
// that is taken while the store is open has it too, as after a crash.
func TestManyRowsAsFew(t *testing.T) {
	const enough = 250
	const rows = 2*enough + 1
	path := filepath.Join(t.TempDir(), "many.duckdb")
	many, err := duckdb.Open(t.Context(), duckdb.Options{Path: path})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, many.Close()) })
	few := open(t)
	for _, s := range []*duckdb.Store{many, few} {
		s.Piecemeal(200_000, 500_000, enough)
	}
	load := func(s *duckdb.Store, lsn uint64, step int) {
		l, err := s.Begin(t.Context())
		require.NoError(t, err)
		for _, table := range warehouse.Tables {
			all := manyOf(table, rows)
			for from := 0; from < rows; from += step {
				b := warehouse.NewBatch(table)
				for i := from; i < min(rows, from+step); i++ {
					b.AddRow(all.Ops[i], all.CommitLSN[i], all.RecordLSN[i], all.Seq[i], all.CommitAt[i])
					b.TakeValues(all, i, false)
				}
				require.NoError(t, l.Append(t.Context(), b))
			}
		}
		require.NoError(t, l.Commit(t.Context(), warehouse.Checkpoint{LSN: lsn, CommittedAt: time.UnixMicro(1).UTC()}))
	}
	contents := func(s *duckdb.Store) map[string][]string {
		all := map[string][]string{}
		for _, table := range warehouse.Tables {
			names := []string{table.Name + "_log"}
			if !table.AppendOnly {
				names = append(names, table.Name)
			}
			for _, name := range names {
				all[name], err = s.Select(t.Context(), "SELECT x::VARCHAR FROM "+name+" x ORDER BY _rec")
				require.NoError(t, err)
			}
		}
		return all
	}
	load(many, 9000, rows)
	load(few, 9000, enough-1)
	got, want := contents(many), contents(few)
	for name := range want {
		require.Len(t, want[name], rows, name)
		require.Equal(t, want[name], got[name], name)
	}
	require.NoError(t, many.Whole(t.Context()))

	crashed := filepath.Join(t.TempDir(), "crashed.duckdb")
	for _, end := range []string{"", ".wal"} {
		b, err := os.ReadFile(path + end)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(crashed+end, b, 0o600))
	}
	s, err := duckdb.Open(t.Context(), duckdb.Options{Path: crashed})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	require.Equal(t, got, contents(s))
}

// A first copy has the engine work with one thread while rows come, and with all of them otherwise.
func TestThreads(t *testing.T) {
	s, err := duckdb.Open(t.Context(), duckdb.Options{Path: filepath.Join(t.TempDir(), "warehouse.duckdb"), Threads: 3})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	threads := func(want string) {
		got, err := s.Select(t.Context(), "SELECT current_setting('threads')::VARCHAR")
		require.NoError(t, err)
		require.Equal(t, []string{want}, got)
	}
	threads("3")
	l, err := s.Begin(t.Context())
	require.NoError(t, err)
	threads("1")
	require.NoError(t, l.Rollback())
	threads("3")
	l, err = s.Begin(t.Context())
	require.NoError(t, err)
	threads("1")
	require.NoError(t, l.Commit(t.Context(), warehouse.Checkpoint{LSN: 1000}))
	threads("3")
	l, err = s.Begin(t.Context())
	require.NoError(t, err)
	threads("3")
	require.NoError(t, l.Rollback())
}
