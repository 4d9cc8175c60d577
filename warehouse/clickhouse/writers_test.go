package clickhouse_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

// TestWriterThatIsOvertaken stood still in the middle of a load, and another one has gone on. What it wrote never counts, it is told
// so, and its next load goes on from what the other one loaded.
func TestWriterThatIsOvertaken(t *testing.T) {
	address, b := chtest.NewURL(t), newBusiness()
	slow, other := openAt(t, address), openAt(t, address)
	b.win(2)
	b.Load(t.Context(), t, slow)
	b.win(1)
	load, err := slow.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = load.Rollback() }()
	for _, batch := range b.Pending() {
		require.NoError(t, load.Append(t.Context(), batch))
	}
	b.Load(t.Context(), t, other) // the same rows: they came again from the log
	b.win(2)
	b.Load(t.Context(), t, other)
	require.ErrorContains(t, load.Commit(t.Context(), b.Checkpoint()), "another program has taken over the warehouse")
	for _, s := range []warehouse.Loader{slow, other, slow} {
		holds(t, slow, b.won)
		holds(t, other, b.won)
		b.win(1)
		b.Load(t.Context(), t, s)
	}
	holds(t, slow, b.won)
	holds(t, other, b.won)
}

// TestReadersSeeLoads of another program, and views of theirs stay at their moment.
func TestReadersSeeLoads(t *testing.T) {
	address, b := chtest.NewURL(t), newBusiness()
	writer, one, two := openAt(t, address), openAt(t, address), openAt(t, address)
	var views []warehouse.View
	for n := range 4 {
		b.win(n + 1)
		b.Load(t.Context(), t, writer)
		holds(t, one, b.won)
		holds(t, two, b.won)
		for _, reader := range []warehouse.Store{one, two} {
			v, err := reader.View(t.Context())
			require.NoError(t, err)
			views = append(views, v)
		}
	}
	for i, v := range views {
		answer, err := v.Won(t.Context(), warehouse.EverythingScope(), allTime)
		require.NoError(t, err)
		require.EqualValues(t, []int{1, 3, 6, 10}[i/2], answer.Rows[0].Count)
		require.NoError(t, v.Close())
	}
}

// TestWritersAtOnce holds that a load whose writer was told that it counts does so, whoever takes over in that moment.
func TestWritersAtOnce(t *testing.T) {
	address := chtest.NewURL(t)
	first := newBusiness()
	reader := openAt(t, address)
	first.Load(t.Context(), t, reader)
	var told sync.Map
	var both sync.WaitGroup
	account := func(c *warehousetest.Channel, name string) {
		c.Transaction(func() {
			c.Row(warehouse.OpRepair, "account", warehousetest.Values{"id": warehousetest.ID(name)}) // no checkpoint makes it old
		})
	}
	for _, name := range []string{"a", "b"} {
		s := openAt(t, address)
		both.Go(func() {
			for i := range 25 {
				c, key := warehousetest.NewChannel(), name+string(rune('a'+i))
				account(c, key)
				if c.TryLoad(t.Context(), s) == nil {
					told.Store(warehousetest.ID(key).String(), key)
				}
			}
		})
	}
	both.Wait()
	v, err := reader.View(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, v.Close()) }()
	found := map[string]bool{}
	for _, table := range warehouse.Tables {
		if table.Name == "account" {
			require.NoError(t, v.Scan(t.Context(), table, warehouse.KeySpan{}, func(b *warehouse.Batch) error {
				for i := range b.Len() {
					found[b.KeyText(i)] = true
				}
				return nil
			}))
		}
	}
	told.Range(func(id, key any) bool {
		require.True(t, found[id.(string)], "the load of %s is gone, and its writer was told that it counts", key)
		return true
	})
	require.NotEmpty(t, found)
}
