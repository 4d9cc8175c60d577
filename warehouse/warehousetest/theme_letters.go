package warehousetest

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// letterOf is a change of a product that cannot be kept, as the next record of the channel's log.
func letterOf(c *Channel, product uuid.UUID) warehouse.DeadLetter {
	c.lsn += 10
	return warehouse.DeadLetter{
		CommitLSN: c.lsn + 10, RecordLSN: c.lsn, Seq: 1, CommitAt: c.commitAt, Op: warehouse.OpUpdate, Table: "crm.product", Key: product.String(), Column: "list_price",
		Reason: "NaN cannot be kept", Raw: []byte("U\x00\x01"), Relation: []byte("R\x00"), NotedAt: At("2025-05-01"),
	}
}

// setAside loads what is pending together with a letter.
func setAside(t *testing.T, s warehouse.Store, c *Channel, letters ...warehouse.DeadLetter) {
	t.Helper()
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, load.SetAside(t.Context(), letters))
	for _, b := range c.Pending() {
		require.NoError(t, load.Append(t.Context(), b))
	}
	c.pending = nil
	c.lsn += 20
	require.NoError(t, load.Commit(t.Context(), c.Checkpoint()))
}

func requireStates(t *testing.T, s warehouse.Store, want ...warehouse.LetterState) []warehouse.DeadLetter {
	t.Helper()
	letters, err := s.DeadLetters(t.Context(), warehouse.LetterFilter{})
	require.NoError(t, err)
	var got []warehouse.LetterState
	for _, d := range letters {
		got = append(got, d.State)
		require.Equal(t, d.State == warehouse.LetterOpen, d.SettledAt.IsZero())
	}
	require.Equal(t, want, got)
	return letters
}

func testLetters(t *testing.T, open func(t testing.TB) warehouse.Store) {
	tests := map[string]func(t *testing.T, s warehouse.Store, c *Channel, k Connection, product uuid.UUID){
		"kept as they came":    lettersKept,
		"superseded by a row":  lettersSuperseded,
		"superseded by others": lettersEnded,
		"replayed":             lettersReplayed,
		"rolled back":          lettersRolledBack,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			c, k, _ := simple()
			product := c.Product(k.Vendor, "Pump", "Hardware")
			c.Load(t.Context(), t, s)
			test(t, s, c, k, product)
		})
	}
}

func lettersKept(t *testing.T, s warehouse.Store, c *Channel, _ Connection, product uuid.UUID) {
	want := letterOf(c, product)
	setAside(t, s, c, want)
	want.ID, want.State = 1, warehouse.LetterOpen
	got, err := s.DeadLetters(t.Context(), warehouse.LetterFilter{State: warehouse.LetterOpen, Table: "crm.product", IDs: []int64{1}, Limit: 5, Raw: true})
	require.NoError(t, err)
	require.Equal(t, []warehouse.DeadLetter{want}, got)
	setAside(t, s, c, want, letterOf(c, ID("another"))) // the first is sent once more
	requireStates(t, s, warehouse.LetterOpen, warehouse.LetterOpen)
	for _, none := range []warehouse.LetterFilter{{State: warehouse.LetterReplayed}, {Table: "crm.account"}, {IDs: []int64{}}, {After: 2}} {
		got, err := s.DeadLetters(t.Context(), none)
		require.NoError(t, err)
		require.Empty(t, got)
	}
	counts, err := s.LetterCounts(t.Context())
	require.NoError(t, err)
	require.Equal(t, []warehouse.LetterCount{{Table: "crm.product", State: warehouse.LetterOpen, Count: 2}}, counts)
	require.NoError(t, s.Reset(t.Context()))
	requireStates(t, s)
}

func lettersSuperseded(t *testing.T, s warehouse.Store, c *Channel, k Connection, product uuid.UUID) {
	older := func() { c.Row(warehouse.OpUpdate, "product", productRow(product, k.Vendor, "Water")) }
	c.Transaction(older)
	setAside(t, s, c, letterOf(c, product))
	requireStates(t, s, warehouse.LetterOpen) // the row in the same load is the one before
	c.Transaction(func() { c.Row(warehouse.OpUpdate, "product", productRow(ID("another"), k.Vendor, "Water")) })
	c.Load(t.Context(), t, s)
	requireStates(t, s, warehouse.LetterOpen)
	c.Transaction(older)
	c.Load(t.Context(), t, s)
	letters := requireStates(t, s, warehouse.LetterSuperseded)
	require.Equal(t, c.commitAt, letters[0].SettledAt)
	next := letterOf(c, product)
	c.Transaction(older)
	setAside(t, s, c, next)
	requireStates(t, s, warehouse.LetterSuperseded, warehouse.LetterSuperseded)
}

func lettersEnded(t *testing.T, s warehouse.Store, c *Channel, _ Connection, product uuid.UUID) {
	setAside(t, s, c, letterOf(c, product))
	c.Transaction(func() { c.Row(warehouse.OpDelete, "product", Values{"id": product}) })
	c.Load(t.Context(), t, s)
	requireStates(t, s, warehouse.LetterSuperseded)
	setAside(t, s, c, letterOf(c, ID("another")))
	c.Transaction(func() { c.Row(warehouse.OpTruncate, "product", nil) })
	c.Load(t.Context(), t, s)
	requireStates(t, s, warehouse.LetterSuperseded, warehouse.LetterSuperseded)
}

func lettersReplayed(t *testing.T, s warehouse.Store, c *Channel, k Connection, product uuid.UUID) {
	c.Opportunity("1", k, c.Process(k.Vendor, "Other", "Qualify"), "2025-01-01", "Won", "10", "EUR").Line(product, "1", "1")
	c.Load(t.Context(), t, s)
	first, second := letterOf(c, product), letterOf(c, product)
	setAside(t, s, c, first, second)
	mark := c.LSN()
	b := warehouse.NewBatch(c.batchOf("product").Table)
	b.AddRow(warehouse.OpUpdate, mark, first.RecordLSN, 1<<31, first.CommitAt.UnixMicro())
	row := productRow(product, k.Vendor, "Water")
	for i, column := range b.Table.Columns {
		addValue(&b.Columns[i], column, row[column.Name])
	}
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, load.Append(t.Context(), b))
	require.NoError(t, load.Replayed(t.Context(), []int64{1}, At("2025-06-01")))
	require.NoError(t, load.Commit(t.Context(), c.Checkpoint()))
	letters := requireStates(t, s, warehouse.LetterReplayed, warehouse.LetterOpen) // the second came later
	require.Equal(t, At("2025-06-01"), letters[0].SettledAt)
	require.Equal(t, []int64{0, 1}, []int64{wonOf(t, s, "Hardware", 0), wonOf(t, s, "Water", 0)})
	c.Product(k.Vendor, "Later", "Later")
	c.Load(t.Context(), t, s)
	require.Equal(t, []int64{1, 0}, []int64{wonOf(t, s, "Hardware", mark), wonOf(t, s, "Water", mark)}, "as it was loaded then")
}

func lettersRolledBack(t *testing.T, s warehouse.Store, c *Channel, _ Connection, product uuid.UUID) {
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, load.SetAside(t.Context(), []warehouse.DeadLetter{letterOf(c, product)}))
	require.NoError(t, load.Rollback())
	requireStates(t, s)
	require.Error(t, load.SetAside(t.Context(), nil))
	require.Error(t, load.Replayed(t.Context(), []int64{1}, At("2025-06-01")))
}
