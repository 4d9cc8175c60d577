package warehousetest

import (
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Opportunities is how many the largest store of a benchmark has: a million, or BENCH_OPPORTUNITIES.
func Opportunities(b *testing.B) int {
	b.Helper()
	switch text := os.Getenv("BENCH_OPPORTUNITIES"); {
	case testing.Short():
		return 5_000
	case text == "":
		return 1_000_000
	default:
		n, err := strconv.Atoi(text)
		require.NoError(b, err)
		return n
	}
}

// peak is the most memory that this program has had since forgetPeak, in MB.
func peak(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(b, err)
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	text, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	kB, err := strconv.Atoi(text)
	require.NoError(b, err)
	return float64(kB) / 1024
}

// forgetPeak begins anew: what it took to fill a store is nothing that the program does.
func forgetPeak(b *testing.B) {
	b.Helper()
	debug.FreeOSMemory()
	require.NoError(b, os.WriteFile("/proc/self/clear_refs", []byte("5"), 0))
}

// BenchmarkLargest asks a large store for the briefing and the funnel of a quarter, over everything and for its largest vendor.
func BenchmarkLargest(b *testing.B, s warehouse.Store, vendor uuid.UUID) {
	forgetPeak(b)
	ask := warehouse.Ask{Period: warehouse.Period{From: At("2025-04-01"), To: At("2025-07-01")}, AsOf: At("2030-01-01")}
	for _, scope := range []struct {
		name string
		who  warehouse.Scope
	}{{"all", warehouse.EverythingScope()}, {"vendor", warehouse.VendorScope(vendor)}} {
		for question, put := range map[string]func() error{
			"funnel":   func() error { _, err := s.Funnel(b.Context(), scope.who, ask); return err },
			"briefing": func() error { _, err := s.Briefing(b.Context(), scope.who, ask); return err },
		} {
			b.Run(question+"/"+scope.name, func(b *testing.B) {
				require.NoError(b, put(), "the first one reads from the disk")
				var took []time.Duration
				for b.Loop() {
					began := time.Now()
					require.NoError(b, put())
					took = append(took, time.Since(began))
				}
				Report(b, took)
				b.ReportMetric(peak(b), "peak-MB")
			})
		}
	}
}

// Report says how long single calls took.
func Report(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
}
