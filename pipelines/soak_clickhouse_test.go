package pipelines_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	clickserver "github.com/sharepartner/sharepartner/warehouse/clickhouse/local"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

var soakClickHouse = flag.Int("soak.clickhouse", 5, "how many faults TestSoakOnClickHouse brings about")

// TestSoakOnClickHouse is TestSoak with the warehouse in a server that dies and stands still, too. What it answers in the end is
// held against a DuckDB that had no faults.
func TestSoakOnClickHouse(t *testing.T) {
	t.Parallel()
	c := newCluster(t, nil)
	s := &soak{cluster: c, bed: c.bed()}
	server := chtest.Own(t, clickserver.Options{})
	s.bed.file = server.URL("soak")
	twin, inStep := s.twin()
	s.same = func() {
		inStep()
		s.sameAnswers(twin)
		s.exactLog(server.URL("soak"))
	}
	s.begin(2_000)
	none := func(f fault) bool { return f.name == "disk full" } // of the program, which writes none
	s.suffer(append(slices.DeleteFunc(slices.Clone(faults), none), warehouseFaults(t, server)...), *soakClickHouse)
}

// warehouseFaults are those of the warehouse's server.
func warehouseFaults(t *testing.T, server *clickserver.Server) []fault {
	return []fault{
		{"warehouse killed", func(_ *soak, while time.Duration) {
			server.Kill()
			time.Sleep(while)
			require.NoError(t, server.Restart(context.Background()))
		}},
		{"warehouse paused", func(_ *soak, while time.Duration) {
			require.NoError(t, server.Pause())
			time.Sleep(while)
			require.NoError(t, server.Resume())
		}},
	}
}

// twin is a DuckDB that is kept in step beside. The function waits until it is.
func (s *soak) twin() (warehouse.Store, func()) {
	store, err := duckdb.Open(context.Background(), duckdb.Options{Path: filepath.Join(s.t.TempDir(), "twin.duckdb"), MemoryLimit: "512MB", Threads: 1})
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = store.Close() })
	p, _ := start(s.t, pipelines.Config{SourceURL: s.bed.cdc, Store: store, Slot: "twin"})
	return store, func() {
		conn := connect(s.t, s.server.URL)
		catchUp(s.t, conn, p)
		require.NoError(s.t, conn.Close(context.Background()))
	}
}

// sameAnswers holds all rows and many answers of the warehouse against those of its twin.
func (s *soak) sameAnswers(twin warehouse.Store) {
	s.t.Helper()
	ctx := context.Background()
	store, err := clickhouse.Open(ctx, clickhouse.Options{URL: s.bed.file})
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, store.Close()) }()
	for _, t := range warehouse.Tables {
		requireRows(s.t, standing(s.t, twin, t), standing(s.t, store, t), t.Name)
	}
	view, err := store.View(ctx)
	require.NoError(s.t, err)
	defer func() { _ = view.Close() }()
	wrong, err := view.Misderived(ctx, warehouse.KeySpan{})
	require.NoError(s.t, err)
	require.Empty(s.t, wrong)
	rng := rand.New(rand.NewPCG(*soakSeed, 44))
	now := time.Now().UTC().Truncate(time.Microsecond)
	for range 20 {
		ago := func() time.Time { return now.Add(-time.Duration(rng.IntN(400)) * time.Hour / 10) }
		ask := warehouse.Ask{Period: warehouse.Period{From: ago().AddDate(-1, 0, 0), To: now}, AsOf: ago(), By: []warehouse.Dimension{warehouse.ByNothing, warehouse.ByPartner, warehouse.ByVendor}[rng.IntN(3)]}
		want, err := warehousetest.Answers(ctx, twin, warehouse.EverythingScope(), ask)
		require.NoError(s.t, err)
		got, err := warehousetest.Answers(ctx, store, warehouse.EverythingScope(), ask)
		require.NoError(s.t, err)
		require.Equal(s.t, withoutMarks(want), withoutMarks(got), "%+v", ask)
	}
}

// withoutMarks leaves out up to where each side had loaded: messages that bring no rows may have moved one of them on.
func withoutMarks(answers []string) []string {
	for i, a := range answers {
		answers[i] = a[:strings.LastIndex(a, "{")]
	}
	return answers
}

// standing writes down the rows of a table that count now.
func standing(t testing.TB, store warehouse.Store, table *warehouse.Table) (rows []string) {
	t.Helper()
	view, err := store.View(context.Background())
	require.NoError(t, err)
	defer func() { _ = view.Close() }()
	require.NoError(t, view.Scan(context.Background(), table, warehouse.KeySpan{}, func(b *warehouse.Batch) error {
		for i := range b.Len() {
			rows = append(rows, rowWords(b, i))
		}
		return nil
	}))
	return rows
}

func rowWords(b *warehouse.Batch, i int) string {
	var words []string // not the version: what one side copied, the other may have had from the log
	for at := range b.Columns {
		switch c := &b.Columns[at]; {
		case c.State[i] != warehouse.Present:
			words = append(words, "-")
		case c.Kind == warehouse.KindUUID:
			words = append(words, fmt.Sprintf("%x", c.UUIDs[i]))
		case c.Kind == warehouse.KindText:
			words = append(words, string(c.Text(i)))
		default:
			words = append(words, fmt.Sprint(c.Ints[i]))
		}
	}
	return strings.Join(words, "|")
}

// exactLog compares the log, change by change, with what the oracle saw. Which loads count is read from the terms by itself.
func (s *soak) exactLog(url string) {
	s.t.Helper()
	db := chtest.Connect(s.t, url)
	texts := func(query string) (all []string) {
		rows, err := db.Query(context.Background(), query)
		require.NoError(s.t, err)
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var text string
			require.NoError(s.t, rows.Scan(&text))
			all = append(all, text)
		}
		require.NoError(s.t, rows.Err())
		return all
	}
	var number, upto, before, beforeUpto, snapshot, follow, bound uint64
	counts := []string{"false"}
	for i, term := range texts("SELECT concat(toString(number), ' ', toString(max(upto)), ' ', toString(any(before)), ' ', toString(any(before_upto)), ' ', toString(argMax(snapshot_lsn, upto))) FROM term GROUP BY number ORDER BY number DESC") {
		var of uint64
		_, err := fmt.Sscan(term, &number, &upto, &before, &beforeUpto, &of)
		require.NoError(s.t, err)
		if i == 0 {
			snapshot, follow, bound = of, number, upto
		}
		if number == follow {
			counts = append(counts, fmt.Sprintf("_load BETWEEN %d AND %d", number<<32, number<<32+bound))
			follow, bound = before, beforeUpto
		}
	}
	conn := connect(s.t, s.server.URL)
	defer func() { require.NoError(s.t, conn.Close(context.Background())) }()
	want := s.bed.changes(conn, snapshot)
	for _, t := range warehouse.Tables {
		got := texts("SELECT concat(char(_op), ' ', toString(_lsn), ' ', toString(_rec), ' ', toString(_seq)) FROM " + t.Name + "_log WHERE _op <> 83 AND (" + strings.Join(counts, " OR ") + ")")
		requireRows(s.t, want[t.Name], got, t.Name+"_log against the server's log after "+pgsource.FormatLSN(snapshot))
	}
}
