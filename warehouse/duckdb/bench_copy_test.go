package duckdb_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// copyPiece is how many rows a piece of a first copy has.
const copyPiece = 20_000

// copied makes the rows of a table as a first copy brings them.
func copied(table string, ids []uuid.UUID, from int) *warehouse.Batch {
	for _, t := range warehouse.Tables {
		if t.Name != table {
			continue
		}
		b := warehouse.NewBatch(t)
		one := [16]byte(uuid.NewSHA1(uuid.Nil, []byte("one")))
		for n, id := range ids {
			b.AddRow(warehouse.OpSnapshot, 0, 0, 0, 1_700_000_000_000_000)
			for i, c := range t.Columns {
				into := &b.Columns[i]
				switch {
				case c.Name == "id" || c.Name == "opportunity_id":
					into.AddUUID(id)
				case c.Name == "closed_at" || c.Name == "frozen_at" || c.Name == "record_type_id" || c.Name == "owner_contact_id" || c.Name == "owner_membership_id" || c.Name == "vendor_account_id":
					into.AddAbsent(warehouse.Null)
				case c.Name == "stage_type":
					into.AddText([]byte("active"))
				case c.Kind == warehouse.KindUUID:
					into.AddUUID(one)
				case c.Kind == warehouse.KindText:
					into.AddText([]byte("Germany"))
				case c.Kind == warehouse.KindDecimal:
					into.AddInt(int64((from+n)%100_000*100 + 25))
				case c.Kind == warehouse.KindTime:
					into.AddInt(1_700_000_000_000_000)
				case c.Kind == warehouse.KindBool:
					into.AddInt(0)
				case c.Name == "number" || c.Name == "seq":
					into.AddInt(int64(from + n))
				default:
					into.AddInt(1)
				}
			}
		}
		return b
	}
	panic("no table " + table)
}

// A first copy: opportunities with a row of history each, and accounts, in pieces of twenty thousand rows.
func BenchmarkFirstCopy(b *testing.B) {
	n := sizes()[len(sizes())-1] / 5
	ids := make([]uuid.UUID, n)
	for i := range ids {
		ids[i] = uuid.New()
	}
	var pieces []*warehouse.Batch
	for _, table := range []string{"account", "opportunity", "opportunity_history"} {
		for from := 0; from < n; from += copyPiece {
			pieces = append(pieces, copied(table, ids[from:min(n, from+copyPiece)], from))
		}
	}
	var busy, worked time.Duration
	rounds := 0
	for b.Loop() {
		rounds++
		s, err := duckdb.Open(context.Background(), duckdb.Options{Path: filepath.Join(b.TempDir(), fmt.Sprint(rounds, ".duckdb"))})
		require.NoError(b, err)
		began, used := time.Now(), cpu()
		load, err := s.Begin(b.Context())
		require.NoError(b, err)
		for _, piece := range pieces {
			require.NoError(b, load.Append(b.Context(), piece))
		}
		require.NoError(b, load.Commit(b.Context(), warehouse.Checkpoint{SystemID: "7", Timeline: 1, Slot: "bench", LSN: 1000, CommittedAt: time.UnixMicro(1_700_000_000_000_000), SnapshotLSN: 1000}))
		busy, worked = busy+time.Since(began), worked+cpu()-used
		require.NoError(b, s.Close())
	}
	b.ReportMetric(float64(3*n*rounds)/busy.Seconds(), "rows/s")
	b.ReportMetric(float64(3*n*rounds)/worked.Seconds(), "rows/cpu-s")
}
