package warehousetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// scanned reads a range of a table: the ids in their order, and all rows in one batch.
func scanned(t *testing.T, v warehouse.View, table string, span warehouse.KeySpan) ([]uuid.UUID, *warehouse.Batch) {
	t.Helper()
	var ids []uuid.UUID
	at := slices.IndexFunc(warehouse.Tables, func(x *warehouse.Table) bool { return x.Name == table })
	all := warehouse.NewBatch(warehouse.Tables[at])
	require.NoError(t, v.Scan(t.Context(), warehouse.Tables[at], span, func(b *warehouse.Batch) error {
		for i := range b.Len() {
			ids = append(ids, b.Columns[all.Table.KeyColumns()[0]].UUIDs[i])
			all.AddRow(b.Ops[i], b.CommitLSN[i], b.RecordLSN[i], b.Seq[i], b.CommitAt[i])
			all.TakeValues(b, i, false)
		}
		return nil
	}))
	return ids, all
}

// testCompare reads rows back and puts some right, as a comparison with Postgres does.
func testCompare(t *testing.T, open func(t testing.TB) warehouse.Store) {
	t.Run("rows come back as they were loaded, in the order of their keys", func(t *testing.T) { testScan(t, open(t)) })
	t.Run("many rows", func(t *testing.T) { testScanMany(t, open(t)) })
	t.Run("repair of rows", func(t *testing.T) { testRepair(t, open(t)) })
	t.Run("tables that were never filled", func(t *testing.T) { testUncopied(t, open(t)) })
	t.Run("repair of history", func(t *testing.T) { testRepairHistory(t, open(t)) })
}

func view(t *testing.T, s warehouse.Store) warehouse.View {
	t.Helper()
	v, err := s.View(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = v.Close() })
	return v
}

func testScan(t *testing.T, s warehouse.Store) {
	c, k, p := simple()
	product := c.Product(k.Vendor, "Pump", "Hardware")
	for i := range 20 {
		c.Opportunity(fmt.Sprint(i), k, p, "2025-01-01", "Qualify", "10.25", "EUR").Line(product, "2.125", "-5").Move("2025-01-02 10:11:12", "Won")
	}
	want := map[string]*warehouse.Batch{}
	for _, b := range c.Pending() {
		want[b.Table.Name] = b
	}
	c.Load(t.Context(), t, s)
	v := view(t, s)
	for _, table := range []string{"organisation", "connection", "product", "stage", "opportunity_line", "opportunity_history"} {
		ids, rows := scanned(t, v, table, warehouse.KeySpan{})
		require.Equal(t, want[table].Len(), rows.Len(), table)
		key := rows.Table.KeyColumns()
		for i := range rows.Len() {
			require.True(t, i == 0 || rows.CompareKey(key, i-1, rows, i) < 0, "%s is in order", table)
			found := false
			for j := range want[table].Len() {
				found = found || rows.SameRow(i, want[table], j)
			}
			require.True(t, found, "row %d of %s is as it was loaded", i, table)
		}
		ids = slices.Compact(ids)
		if len(ids) > 3 {
			part, _ := scanned(t, v, table, warehouse.KeySpan{From: ids[1], To: ids[3]})
			require.Equal(t, ids[1:3], slices.Compact(part), "from and up to")
		}
	}
	require.Error(t, v.Scan(t.Context(), want["product"].Table, warehouse.KeySpan{}, func(*warehouse.Batch) error { return errLoad }))
	again, _ := scanned(t, v, "product", warehouse.KeySpan{})
	require.Len(t, again, 1, "a scan that was broken off leaves the view as it was")
}

var errLoad = fmt.Errorf("enough")

func testScanMany(t *testing.T, s warehouse.Store) {
	c := NewChannel()
	const rows = 50_001
	c.Transaction(func() {
		for i := range rows {
			c.Row(warehouse.OpInsert, "product", productRow(ID(fmt.Sprint(i)), ID("org"), nil))
		}
	})
	c.Load(t.Context(), t, s)
	ids, _ := scanned(t, view(t, s), "product", warehouse.KeySpan{})
	require.Len(t, ids, rows)
	require.True(t, slices.IsSortedFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }))
}

func testRepair(t *testing.T, s warehouse.Store) {
	c, k, p := simple()
	kept, gone, missing := c.Product(k.Vendor, "Kept", "Hardware"), c.Product(k.Vendor, "Gone", "Hardware"), ID("missing")
	for i, product := range []uuid.UUID{kept, gone, missing} {
		c.Opportunity(fmt.Sprint(i), k, p, "2025-01-01", "Won", "10", "EUR").Line(product, "2", "5")
	}
	c.Load(t.Context(), t, s)
	before := c.LSN() - 1
	c.Transaction(func() {
		c.Row(warehouse.OpRepair, "product", productRow(kept, k.Vendor, "Water"))
		c.Row(warehouse.OpGone, "product", Values{"id": gone})
		c.Row(warehouse.OpRepair, "product", productRow(missing, k.Vendor, "Water"))
	})
	for _, b := range c.Pending() { // a comparison stands right before the place that everything is loaded up to
		for i := range b.CommitLSN {
			b.CommitLSN[i] = c.LSN() - 1
		}
	}
	repeat := c.Pending()
	c.Load(t.Context(), t, s)
	require.Equal(t, []int64{0, 2}, []int64{wonOf(t, s, "Hardware", 0), wonOf(t, s, "Water", 0)})
	require.Equal(t, []int64{0, 2}, []int64{wonOf(t, s, "Hardware", c.LSN()), wonOf(t, s, "Water", c.LSN())})
	require.Equal(t, []int64{2, 0}, []int64{wonOf(t, s, "Hardware", before), wonOf(t, s, "Water", before)}, "nothing that was is rewritten")

	// What is compared is taken also where the checkpoint has passed its place.
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, load.Append(t.Context(), repeat[0]))
	require.NoError(t, load.Commit(t.Context(), c.Checkpoint()))
	ids, _ := scanned(t, view(t, s), "product", warehouse.KeySpan{})
	require.Len(t, ids, 2)

	c.Transaction(func() { c.Row(warehouse.OpUpdate, "product", productRow(kept, k.Vendor, "Air")) })
	c.Load(t.Context(), t, s)
	require.Equal(t, []int64{1, 1}, []int64{wonOf(t, s, "Air", 0), wonOf(t, s, "Water", 0)})
}

func testRepairHistory(t *testing.T, s warehouse.Store) {
	c, k, p := simple()
	o := c.Opportunity("1", k, p, "2025-01-01", "Qualify", "10", "EUR").Move("2025-01-02", "Propose").Move("2025-01-03", "Won")
	c.Opportunity("2", k, p, "2025-01-01", "Won", "1", "EUR")
	var right []*warehouse.Batch
	for _, b := range c.Pending() {
		if b.Table.Name == "opportunity_history" {
			right = append(right, b)
		}
	}
	c.Load(t.Context(), t, s)
	requireWon(t, s, 2, "11.00")
	_, before := scanned(t, view(t, s), "opportunity_history", warehouse.KeySpan{})

	// The last row goes, the first comes with another amount; then all as it was.
	c.Transaction(func() {
		c.Row(warehouse.OpGone, "opportunity_history", Values{"opportunity_id": o.ID, "version": 3})
	})
	c.Load(t.Context(), t, s)
	requireWon(t, s, 1, "1.00")
	_, rows := scanned(t, view(t, s), "opportunity_history", warehouse.KeySpan{})
	require.Equal(t, before.Len()-1, rows.Len())

	repair := warehouse.NewBatch(right[0].Table)
	for i := range right[0].Len() {
		if right[0].Columns[0].UUIDs[i] == [16]byte(o.ID) {
			repair.AddRow(warehouse.OpRepair, c.LSN()+9, 0, uint32(i), c.commitAt.UnixMicro())
			repair.TakeValues(right[0], i, false)
		}
	}
	c.lsn += 10
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, load.Append(t.Context(), repair))
	require.NoError(t, load.Commit(t.Context(), c.Checkpoint()))
	requireWon(t, s, 2, "11.00")
	_, after := scanned(t, view(t, s), "opportunity_history", warehouse.KeySpan{})
	require.Equal(t, before.Len(), after.Len(), "repaired rows replace what stood")
	for i := range after.Len() {
		require.True(t, before.SameRow(i, after, i))
	}

	// What is derived is as the history says, and deriving it anew changes nothing.
	wrong, err := view(t, s).Misderived(t.Context(), warehouse.KeySpan{})
	require.NoError(t, err)
	require.Empty(t, wrong)
	load, err = s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, load.Derive(t.Context(), []uuid.UUID{o.ID, ID("none")}))
	require.NoError(t, load.Commit(t.Context(), c.Checkpoint()))
	requireWon(t, s, 2, "11.00")
	wrong, err = view(t, s).Misderived(t.Context(), warehouse.KeySpan{})
	require.NoError(t, err)
	require.Empty(t, wrong)
}

func testUncopied(t *testing.T, s warehouse.Store) {
	left, err := s.Uncopied(t.Context())
	require.NoError(t, err)
	require.Equal(t, warehouse.Tables, left)
	for _, commit := range []bool{false, true} {
		load, err := s.Begin(t.Context())
		require.NoError(t, err)
		require.NoError(t, load.Copied(t.Context(), warehouse.Tables[2]))
		want := len(warehouse.Tables)
		if commit {
			require.NoError(t, load.Commit(t.Context(), NewChannel().Checkpoint()))
			want--
		} else {
			require.NoError(t, load.Rollback())
		}
		left, err = s.Uncopied(t.Context())
		require.NoError(t, err)
		require.Len(t, left, want)
	}
	require.NotContains(t, left, warehouse.Tables[2])
	require.NoError(t, s.Reset(t.Context()))
	left, err = s.Uncopied(t.Context())
	require.NoError(t, err)
	require.Empty(t, left, "a snapshot of all tables follows")
	awaited, err := s.Awaited(t.Context())
	require.NoError(t, err)
	require.Empty(t, awaited)
}
