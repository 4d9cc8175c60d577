package clickhouse_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

// A million opportunities with five million moves, a ninth of them of one vendor.
func BenchmarkLargest(b *testing.B) {
	opportunities := warehousetest.Opportunities(b)
	s, err := clickhouse.Open(b.Context(), clickhouse.Options{URL: chtest.NewURL(b)})
	require.NoError(b, err)
	b.Cleanup(func() { _ = s.Close() })
	began := time.Now()
	require.NoError(b, s.Fill(b.Context(), opportunities))
	b.Logf("%d opportunities made in %v", opportunities, time.Since(began).Round(time.Millisecond))
	vendor, err := s.Select(b.Context(), "SELECT toString(any(vendor_org_id)) FROM opportunity_wide")
	require.NoError(b, err)
	warehousetest.BenchmarkLargest(b, s, uuid.MustParse(vendor[0]))
}
