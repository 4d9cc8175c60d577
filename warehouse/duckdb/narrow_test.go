package duckdb_test

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

// A load in pieces has little memory, a first copy and small loads have all of it, and so has what comes afterwards.
func TestLargeLoadsHaveLittleMemory(t *testing.T) {
	s, err := duckdb.Open(t.Context(), duckdb.Options{Path: filepath.Join(t.TempDir(), "warehouse.duckdb"), MemoryLimit: "600MB"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	s.Piecemeal(200, 500, 2000)
	memory := func(text string) {
		t.Helper()
		values, err := s.Select(t.Context(), "SELECT current_setting('memory_limit')")
		require.NoError(t, err)
		require.Equal(t, []string{text}, values)
	}
	c := warehousetest.NewChannel()
	k := c.Connect(c.Vendor("V"), c.Partner("P"), "North", "gold")
	p := c.Process(k.Vendor, "Standard", "Qualify")
	made := 0
	take := func(load warehouse.Load, opportunities int) {
		t.Helper()
		for range opportunities {
			c.Opportunity(strconv.Itoa(made), k, p, "2025-01-01", "Won", "1", "EUR")
			made++
		}
		for _, b := range c.Pending() {
			require.NoError(t, load.Append(t.Context(), b))
		}
		c.ForgetPending()
	}
	for _, one := range []struct {
		opportunities int
		while         string
		commit        bool
	}{
		{300, "572.2 MiB", true}, // the first copy
		{10, "572.2 MiB", true},
		{300, "114.4 MiB", false},
		{300, "114.4 MiB", true},
	} {
		load, err := s.Begin(t.Context())
		require.NoError(t, err)
		t.Cleanup(func() { _ = load.Rollback() }) // closing waits for it
		take(load, one.opportunities)
		memory(one.while)
		if one.commit {
			require.NoError(t, load.Commit(t.Context(), c.Checkpoint()))
		} else {
			require.NoError(t, load.Rollback())
			made -= one.opportunities
		}
		memory("572.2 MiB")
	}
	n, _ := s.Won(t.Context(), warehouse.EverythingScope(), warehouse.Ask{Period: warehousetest.Quarter(1), AsOf: warehousetest.Midyear})
	require.Equal(t, int64(610), n.Rows[0].Count)
	require.NoError(t, s.Whole(t.Context()))
}

func TestLimitsOfMemoryAreRead(t *testing.T) {
	for text, want := range map[string]float64{"1GB": 1000, "600MB": 600, "1.5 GiB": 1611, "80%": 0, "": 0, "xMB": 0} {
		require.InDelta(t, want, duckdb.Megabytes(text), 0.001, text)
	}
}
