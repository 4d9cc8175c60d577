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
		b.AddRow(warehouse.OpSnapshot, 2000+uint64(n/100), math.MaxUint64>>1+uint64(n), uint32(n%100), int64(n))
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

// A first copy has the engine work with one thread and one way to compress texts, and as usual otherwise.
func TestEngineDuringFirstCopy(t *testing.T) {
	s, err := duckdb.Open(t.Context(), duckdb.Options{Path: filepath.Join(t.TempDir(), "warehouse.duckdb"), Threads: 3})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	works := func(want string) {
		got, err := s.Select(t.Context(), "SELECT current_setting('threads') || ' ' || lower(current_setting('force_compression'))")
		require.NoError(t, err)
		require.Equal(t, []string{want}, got)
	}
	works("3 auto")
	l, err := s.Begin(t.Context())
	require.NoError(t, err)
	works("1 dictionary")
	require.NoError(t, l.Rollback())
	works("3 auto")
	l, err = s.Begin(t.Context())
	require.NoError(t, err)
	works("1 dictionary")
	require.NoError(t, l.Commit(t.Context(), warehouse.Checkpoint{LSN: 1000}))
	works("3 auto")
	l, err = s.Begin(t.Context())
	require.NoError(t, err)
	works("3 auto")
	require.NoError(t, l.Rollback())
}

// A text that the way to compress texts of a first copy cannot take is kept all the same.
func TestLongTextOfAFirstCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "warehouse.duckdb")
	s, err := duckdb.Open(t.Context(), duckdb.Options{Path: path})
	require.NoError(t, err)
	s.Piecemeal(200_000, 500_000, 100)
	ids := make([]uuid.UUID, 200)
	for i := range ids {
		ids[i] = uuid.NewSHA1(uuid.Nil, []byte{byte(i)})
	}
	b := copied("account", ids, 0)
	texts := &b.Columns[b.Table.Index("industry")]
	texts.State, texts.Bytes, texts.Ends = nil, nil, nil
	for i := range ids {
		texts.AddText([]byte(strings.Repeat(fmt.Sprint(i%10), 1+i%50*10_000)))
	}
	l, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, l.Append(t.Context(), b))
	require.NoError(t, l.Commit(t.Context(), warehouse.Checkpoint{LSN: 1000}))
	require.NoError(t, s.Close()) // all of it is in the file then
	s, err = duckdb.Open(t.Context(), duckdb.Options{Path: path})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	for _, table := range []string{"account", "account_log"} {
		got, err := s.Select(t.Context(), "SELECT count(DISTINCT id) || ' ' || sum(length(industry)) || ' ' || count(*) FILTER (industry = repeat(industry[1], length(industry)::BIGINT)) FROM "+table)
		require.NoError(t, err)
		require.Equal(t, []string{"200 49000200 200"}, got)
	}
}

// A first copy has opportunities with one row of history, whatever its version and stage, and with several, in pieces that
// each have some rows of them, and at the end a piece that is too small to be one. All are derived as from the whole
// history, and brought forward by what comes next.
func TestSinglesAndSeveral(t *testing.T) {
	const enough, rows = 100, 250
	s := open(t)
	s.Piecemeal(200_000, 150, enough)
	ids := make([]uuid.UUID, rows)
	for i := range ids {
		ids[i] = uuid.NewSHA1(uuid.Nil, []byte{byte(i)})
	}
	l, err := s.Begin(t.Context())
	require.NoError(t, err)
	history := func(version int, of []uuid.UUID, stage func(i int) string) *warehouse.Batch {
		b := copied("opportunity_history", of, 0)
		texts := &b.Columns[b.Table.Index("stage_type")]
		texts.State, texts.Bytes, texts.Ends = nil, nil, nil
		for i := range of {
			b.Columns[b.Table.Index("version")].Ints[i] = int64(version)
			b.Columns[b.Table.Index("effective_at")].Ints[i] += int64(version)
			b.Columns[b.Table.Index("stage_position")].Ints[i] = int64(version)
			texts.AddText([]byte(stage(i)))
		}
		return b
	}
	some := func(i int) string { return []string{"active", "won", "lost", "disqualified"}[i%4] }
	active := func(int) string { return "active" }
	for _, b := range []*warehouse.Batch{
		history(3, ids[:enough], some), history(1, ids[:rows-20], some), history(2, ids[60:60+enough], active), // the first sixty lack the second
		history(2, ids[rows-20:rows-10], some), history(1, ids[rows-10:], some), // too few: single ones of both versions
	} {
		require.NoError(t, l.Append(t.Context(), b))
	}
	require.NoError(t, l.Commit(t.Context(), warehouse.Checkpoint{LSN: 1000}))
	derived := func() []string {
		n, err := s.Select(t.Context(), `SELECT (SELECT count(*) FROM opportunity_move) || ' ' || (SELECT count(*) FROM opportunity_wide)
			|| ' ' || (SELECT count(*) FROM opportunity_wide WHERE last_seq IS NULL OR opportunity_id IS NULL)`)
		require.NoError(t, err)
		return n
	}
	require.Equal(t, []string{"450 250 0"}, derived())
	require.NoError(t, s.Whole(t.Context()))

	l, err = s.Begin(t.Context())
	require.NoError(t, err)
	next := history(4, ids[enough-10:], some)
	for i := range next.Ops {
		next.Ops[i], next.CommitLSN[i], next.RecordLSN[i], next.Seq[i] = warehouse.OpInsert, 2000, 1990, uint32(i)
	}
	require.NoError(t, l.Append(t.Context(), next))
	require.NoError(t, l.Commit(t.Context(), warehouse.Checkpoint{LSN: 3000}))
	require.Equal(t, []string{"610 250 0"}, derived())
	require.NoError(t, s.Whole(t.Context()))
	segments, err := s.Staged(t.Context())
	require.NoError(t, err)
	require.Zero(t, segments)
}
