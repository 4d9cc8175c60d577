package warehousetest

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// testMissing updates rows that somebody has taken out of the store by hand.
func testMissing(t *testing.T, open func(t testing.TB) warehouse.Store) {
	t.Run("listed once, in their order, and left out", func(t *testing.T) { testMissingListed(t, open(t)) })
	t.Run("whole again in the same load", func(t *testing.T) { testMissingMadeWhole(t, open(t)) })
	t.Run("sent again", func(t *testing.T) { testMissingSentAgain(t, open(t)) })
}

// loadMissing loads what is pending, each batch by itself, and gives what is missing then.
func loadMissing(t *testing.T, s warehouse.Store, c *Channel) (ids []uuid.UUID) {
	t.Helper()
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	for _, b := range c.Pending() {
		require.NoError(t, load.Append(t.Context(), b))
	}
	c.ForgetPending()
	require.NoError(t, load.Commit(t.Context(), c.Checkpoint()))
	for _, m := range load.Missing() { // it can still be asked
		require.Equal(t, "product", m.Table.Name)
		ids = append(ids, m.ID)
	}
	return ids
}

func testMissingListed(t *testing.T, s warehouse.Store) {
	c, k, _ := simple()
	there := c.Product(k.Vendor, "Pump", "Hardware")
	require.Empty(t, loadMissing(t, s, c))
	update := func(id uuid.UUID, family any) {
		c.Transaction(func() { c.Row(warehouse.OpUpdate, "product", productRow(id, k.Vendor, family)) })
	}
	update(ID("second"), Unchanged)
	update(there, Unchanged)
	update(ID("first"), Unchanged)
	update(ID("second"), Unchanged)
	update(ID("whole"), "Water") // all of it came
	c.Transaction(func() { c.Row(warehouse.OpDelete, "product", Values{"id": ID("deleted")}) })
	c.Transaction(func() {
		c.KeyChange("product", Values{"id": ID("old")}, productRow(ID("new"), k.Vendor, Unchanged))
	})
	other := c.Product(k.Vendor, "Tank", "Hardware") // what comes beside it is loaded
	require.Equal(t, []uuid.UUID{ID("second"), ID("first"), ID("new")}, loadMissing(t, s, c))
	ids, _ := scanned(t, view(t, s), "product", warehouse.KeySpan{})
	require.ElementsMatch(t, []uuid.UUID{there, other, ID("whole")}, ids)

	update(ID("second"), Unchanged)
	require.Equal(t, []uuid.UUID{ID("second")}, loadMissing(t, s, c), "as long as it is missing, each load says so")
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.Empty(t, load.Missing())
	require.NoError(t, load.Rollback())
}

func testMissingMadeWhole(t *testing.T, s warehouse.Store) {
	c, k, _ := simple()
	require.Empty(t, loadMissing(t, s, c))
	for _, family := range []any{Unchanged, "Water", Unchanged} {
		c.Transaction(func() { c.Row(warehouse.OpUpdate, "product", productRow(ID("gone"), k.Vendor, family)) })
	}
	require.Equal(t, []uuid.UUID{ID("gone")}, loadMissing(t, s, c), "the first of its changes is not there")
	ids, rows := scanned(t, view(t, s), "product", warehouse.KeySpan{})
	require.Equal(t, []uuid.UUID{ID("gone")}, ids)
	require.Equal(t, "Water", string(rows.Columns[rows.Table.Index("family")].Text(0)))
}

func testMissingSentAgain(t *testing.T, s warehouse.Store) {
	c, k, _ := simple()
	product := c.Product(k.Vendor, "Pump", "Hardware")
	require.Empty(t, loadMissing(t, s, c))
	c.Transaction(func() { c.Row(warehouse.OpUpdate, "product", productRow(product, k.Vendor, Unchanged)) })
	again := c.Pending()
	require.Empty(t, loadMissing(t, s, c))
	c.Transaction(func() { c.Row(warehouse.OpDelete, "product", Values{"id": product}) })
	require.Empty(t, loadMissing(t, s, c))
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	for _, b := range again {
		require.NoError(t, load.Append(t.Context(), b))
	}
	require.NoError(t, load.Commit(t.Context(), c.Checkpoint()))
	require.Empty(t, load.Missing(), "it was loaded, and is gone since")
	ids, _ := scanned(t, view(t, s), "product", warehouse.KeySpan{})
	require.Empty(t, ids)
}
