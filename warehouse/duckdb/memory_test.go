package duckdb_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

// A question that takes more memory than there is says so, and the store goes on.
func TestAQuestionBeyondTheMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "warehouse.duckdb")
	s, err := duckdb.Open(t.Context(), duckdb.Options{Path: path})
	require.NoError(t, err)
	require.NoError(t, s.Fill(t.Context(), 20_000))
	require.NoError(t, s.Close())
	s, err = duckdb.Open(t.Context(), duckdb.Options{Path: path, MemoryLimit: "8MB", Threads: 1})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	v, err := s.View(t.Context())
	require.NoError(t, err)
	known := warehouse.Ask{Period: warehousetest.Quarter(1), AsOf: warehousetest.At("2030-01-01"), KnownAt: warehousetest.At("2025-06-01")}
	_, err = v.Funnel(t.Context(), warehouse.EverythingScope(), known)
	require.ErrorIs(t, err, warehouse.ErrUnable)
	require.ErrorContains(t, err, "SHAREPARTNER_DUCKDB_MEMORY")
	require.NoError(t, v.Close())
	_, _, err = s.Checkpoint(t.Context())
	require.NoError(t, err)
}
