package warehousetest

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// wonOf counts what was won in a product family, now or as loaded by then.
func wonOf(t *testing.T, s warehouse.Store, family string, until uint64) int64 {
	t.Helper()
	answer, err := s.Won(t.Context(), warehouse.EverythingScope(), warehouse.Ask{
		Period: warehouse.Period{From: At("2000-01-01"), To: At("2100-01-01")}, AsOf: At("2100-01-01"),
		UntilLSN: until, Filter: warehouse.Filter{Families: []string{family}},
	})
	require.NoError(t, err)
	n := int64(0)
	for _, r := range answer.Rows {
		n += r.Count
	}
	return n
}

// testLog sends every kind of change. The latest state of products and lines is seen through the filter by family.
func testLog(t *testing.T, open func(t testing.TB) warehouse.Store) {
	tests := map[string]func(t *testing.T, s warehouse.Store, c *Channel, o *Opportunity, product uuid.UUID){
		"update":                      logUpdate,
		"delete":                      logDelete,
		"key change":                  logKeyChange,
		"unchanged value":             logUnchanged,
		"truncate":                    logTruncate,
		"history deleted":             logHistoryDeleted,
		"history truncated":           logHistoryTruncated,
		"insert and delete in a load": logShortLived,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, copied := range []bool{false, true} {
				s := open(t)
				c, k, p := simple()
				c.Snapshot(copied)
				product := c.Product(k.Vendor, "Pump", "Hardware")
				o := c.Opportunity("1", k, p, "2025-01-01", "Won", "10", "EUR").Line(product, "2", "5")
				c.Load(t.Context(), t, s)
				c.Snapshot(false)
				require.Equal(t, int64(1), wonOf(t, s, "Hardware", 0))
				before := c.LSN() - 1
				test(t, s, c, o, product)
				require.Equal(t, int64(1), wonOf(t, s, "Hardware", before), "as it was loaded before the change; by a first copy: %v", copied)
			}
		})
	}
}

func productRow(id, org uuid.UUID, family any) Values {
	return Values{"id": id, "org_id": org, "name": "Pump", "family": family, "list_price": Amount("100"), "currency": "EUR", "active": true}
}

func logUpdate(t *testing.T, s warehouse.Store, c *Channel, o *Opportunity, product uuid.UUID) {
	c.Transaction(func() { c.Row(warehouse.OpUpdate, "product", productRow(product, o.Connection.Vendor, "Pumps")) })
	c.Transaction(func() { c.Row(warehouse.OpUpdate, "product", productRow(product, o.Connection.Vendor, "Water")) })
	c.Load(t.Context(), t, s)
	require.Equal(t, []int64{0, 0, 1}, []int64{wonOf(t, s, "Hardware", 0), wonOf(t, s, "Pumps", 0), wonOf(t, s, "Water", 0)})
	last := c.LSN() - commitLength // a watermark where the last commit record begins does not hold that commit
	require.Equal(t, []int64{1, 0}, []int64{wonOf(t, s, "Pumps", last), wonOf(t, s, "Water", last)})
}

func logDelete(t *testing.T, s warehouse.Store, c *Channel, o *Opportunity, product uuid.UUID) {
	c.Transaction(func() {
		c.Row(warehouse.OpDelete, "opportunity_line", Values{"id": ID("line " + o.ID.String() + product.String())})
	})
	c.Load(t.Context(), t, s)
	require.Equal(t, int64(0), wonOf(t, s, "Hardware", 0))
}

func logKeyChange(t *testing.T, s warehouse.Store, c *Channel, o *Opportunity, product uuid.UUID) {
	renamed := ID("another product")
	c.Transaction(func() {
		c.KeyChange("product", Values{"id": product}, productRow(renamed, o.Connection.Vendor, Unchanged)) // the new row leaves the family out
	})
	c.Load(t.Context(), t, s)
	require.Equal(t, int64(0), wonOf(t, s, "Hardware", 0), "the line points to the old key")
	o.Line(renamed, "1", "1")
	c.Load(t.Context(), t, s)
	require.Equal(t, int64(1), wonOf(t, s, "Hardware", 0), "the family came over to the new key")
}

func logUnchanged(t *testing.T, s warehouse.Store, c *Channel, o *Opportunity, product uuid.UUID) {
	unchanged := func() {
		c.Transaction(func() { c.Row(warehouse.OpUpdate, "product", productRow(product, o.Connection.Vendor, Unchanged)) })
	}
	unchanged() // from the latest state, and from the row before in the same batch
	unchanged()
	c.Load(t.Context(), t, s)
	require.Equal(t, int64(1), wonOf(t, s, "Hardware", 0))
	load, err := s.Begin(t.Context()) // from an earlier piece of the load
	require.NoError(t, err)
	for _, family := range []any{"Water", Unchanged} {
		c.Transaction(func() { c.Row(warehouse.OpUpdate, "product", productRow(product, o.Connection.Vendor, family)) })
		require.NoError(t, load.Append(t.Context(), c.Pending()[0]))
		c.pending = nil
	}
	require.NoError(t, load.Commit(t.Context(), c.Checkpoint()))
	require.Equal(t, []int64{0, 1}, []int64{wonOf(t, s, "Hardware", 0), wonOf(t, s, "Water", 0)})
	require.Equal(t, int64(1), wonOf(t, s, "Water", c.LSN()-1))
}

func logTruncate(t *testing.T, s warehouse.Store, c *Channel, o *Opportunity, product uuid.UUID) {
	o2 := c.Opportunity("2", o.Connection, o.Process, "2025-01-01", "Won", "10", "EUR").Line(product, "1", "1")
	c.Transaction(func() { c.Row(warehouse.OpTruncate, "opportunity_line", nil) })
	o3 := c.Opportunity("3", o.Connection, o.Process, "2025-01-01", "Won", "10", "EUR").Line(product, "1", "1")
	c.Load(t.Context(), t, s)
	require.Equal(t, int64(1), wonOf(t, s, "Hardware", 0), "what came after the truncate stays")
	o2.Line(product, "1", "1")
	o3.Move("2025-02-01", "Lost")
	c.Load(t.Context(), t, s)
	require.Equal(t, int64(1), wonOf(t, s, "Hardware", 0))
}

func logHistoryDeleted(t *testing.T, s warehouse.Store, c *Channel, o *Opportunity, _ uuid.UUID) {
	o.Reopen("2025-02-01", "Qualify").Worth("2025-02-02", "30").Move("2025-02-03", "Won")
	c.Load(t.Context(), t, s)
	requireWon(t, s, 1, "30.00")
	remove := func(version int) {
		c.Transaction(func() {
			c.Row(warehouse.OpDelete, "opportunity_history", Values{"opportunity_id": o.ID, "version": version})
		})
	}
	remove(4)
	c.Load(t.Context(), t, s)
	requireWon(t, s, 0, "0.00")
	remove(3)
	remove(2)
	remove(1)
	c.Load(t.Context(), t, s)
	requireWon(t, s, 0, "0.00")
	require.Equal(t, int64(0), wonOf(t, s, "Hardware", 0))
}

func logHistoryTruncated(t *testing.T, s warehouse.Store, c *Channel, o *Opportunity, _ uuid.UUID) {
	c.Opportunity("2", o.Connection, o.Process, "2025-01-01", "Won", "1", "EUR")
	c.Transaction(func() { c.Row(warehouse.OpTruncate, "opportunity_history", nil) })
	c.Opportunity("3", o.Connection, o.Process, "2025-01-01", "Qualify", "7", "EUR").Move("2025-01-02", "Won")
	c.Load(t.Context(), t, s)
	requireWon(t, s, 1, "7.00")
	require.Equal(t, int64(0), wonOf(t, s, "Hardware", 0))
	c.Transaction(func() { c.Row(warehouse.OpTruncate, "opportunity_history", nil) }) // a load of nothing else
	c.Load(t.Context(), t, s)
	requireWon(t, s, 0, "0.00")
}

func logShortLived(t *testing.T, s warehouse.Store, c *Channel, o *Opportunity, product uuid.UUID) {
	id := ID("short-lived")
	line := Values{"id": id, "opportunity_id": o.ID, "product_id": product, "quantity": Amount("1"), "unit_price": Amount("1")}
	c.Transaction(func() {
		c.Row(warehouse.OpDelete, "opportunity_line", Values{"id": ID("line " + o.ID.String() + product.String())})
		c.Row(warehouse.OpInsert, "opportunity_line", line)
		c.Row(warehouse.OpDelete, "opportunity_line", Values{"id": id})
		c.Row(warehouse.OpInsert, "opportunity_line", line)
		c.Row(warehouse.OpUpdate, "opportunity_line", line)
		c.Row(warehouse.OpDelete, "opportunity_line", Values{"id": id})
	})
	c.Load(t.Context(), t, s)
	require.Equal(t, int64(0), wonOf(t, s, "Hardware", 0))
}
