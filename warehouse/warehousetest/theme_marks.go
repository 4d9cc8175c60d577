package warehousetest

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// testMarks holds what the server is known by: it is kept beside the loads, and goes with the data.
func testMarks(t *testing.T, open func(t testing.TB) warehouse.Store) {
	s := open(t)
	requireMarks := func(want map[string]string) {
		t.Helper()
		got, err := s.Marks(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	requireMarks(map[string]string{})
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.SaveMarks(t.Context(), map[string]string{"crm.product": "1 2", "server started": "once"}), "while a load is open")
	require.NoError(t, load.Rollback())
	next := map[string]string{"crm.product": "1 3", "crm.stage": ""}
	require.NoError(t, s.SaveMarks(t.Context(), next))
	requireMarks(next)
	require.NoError(t, s.Reset(t.Context()))
	requireMarks(map[string]string{})
}

// testRecent asks for what the stream changed last: each row once, also one that is gone.
func testRecent(t *testing.T, open func(t testing.TB) warehouse.Store) {
	s := open(t)
	c := NewChannel()
	c.Snapshot(true)
	vendor := c.Vendor("V")
	c.Product(vendor, "copied", "Hardware")
	c.Snapshot(false)
	c.Load(t.Context(), t, s)
	recent := func(changes int) []uuid.UUID {
		t.Helper()
		keys, err := view(t, s).Recent(t.Context(), warehouse.Tables[2], changes)
		require.NoError(t, err)
		return keys
	}
	require.Empty(t, recent(10), "a first copy is no change")
	var ids []uuid.UUID
	for _, name := range []string{"first", "second", "third"} {
		c.Transaction(func() {
			c.Row(warehouse.OpInsert, "product", Values{"id": ID(name), "org_id": ID("V"), "name": name, "active": true})
		})
		ids = append(ids, uuid.UUID(ID(name)))
	}
	c.Transaction(func() { c.Row(warehouse.OpDelete, "product", Values{"id": ID("second")}) })
	c.Transaction(func() {
		c.Row(warehouse.OpUpdate, "product", Values{"id": ID("third"), "org_id": ID("V"), "name": "third", "active": false})
	})
	c.Load(t.Context(), t, s)
	require.ElementsMatch(t, ids, recent(10))
	require.ElementsMatch(t, ids[1:], recent(3))
}
