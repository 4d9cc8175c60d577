package benchcdc_test

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/cmd/sharepartner/benchcdc"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func source(t *testing.T) benchcdc.Source { return sourceOf(t, pgtest.NewURL(t)) }

func sourceOf(t *testing.T, owner string) benchcdc.Source {
	cdc, err := postgres.LoginURL(owner, postgres.LoginCDC, pgtest.Secret)
	require.NoError(t, err)
	return benchcdc.Source{OwnerURL: owner, CDCURL: cdc, Dir: t.TempDir()}
}

// scale makes the same tests a measurement: BENCHCDC=50 go test -v.
func scale() int {
	n, err := strconv.Atoi(os.Getenv("BENCHCDC"))
	if err != nil {
		return 1
	}
	return n
}

func TestThroughput(t *testing.T) {
	for name, engine := range map[string]benchcdc.Engine{
		"DuckDB": benchcdc.DuckDB(duckdb.Options{}), "DuckDB, log only": benchcdc.DuckDB(duckdb.Options{LogOnly: true}), "ClickHouse": benchcdc.ClickHouse,
	} {
		r, err := benchcdc.Throughput(context.Background(), source(t), engine, 2000*scale(), 10_000*scale())
		require.NoError(t, err)
		require.Positive(t, r.Ratio)
		t.Logf("%s: %d changes: pg_recvlogical %s (%.0f/s), pipeline %s (%.0f/s), ratio %.2f", name, r.Changes,
			r.Reference, float64(r.Changes)/r.Reference.Seconds(), r.Pipeline, float64(r.Changes)/r.Pipeline.Seconds(), r.Ratio)
	}
}

func TestLatency(t *testing.T) {
	r, err := benchcdc.Latency(context.Background(), source(t), benchcdc.DuckDB(duckdb.Options{}), 2000*scale(), benchcdc.Pace{Writers: 2, Every: 50 * time.Millisecond, Commits: 40 * min(10, scale())})
	require.NoError(t, err)
	require.Positive(t, r.P50)
	require.LessOrEqual(t, r.P50, r.Max)
	require.Positive(t, r.Rate)
	t.Logf("%d commits: p50 %s p95 %s p99 %s max %s", r.Commits, r.P50, r.P95, r.P99, r.Max)
}

func TestParity(t *testing.T) {
	r, err := benchcdc.Parity(context.Background(), source(t), 500*scale(), 6*time.Second)
	require.NoError(t, err)
	require.Positive(t, r.Comparisons)
	require.Positive(t, r.Compared)
	require.Zero(t, r.Differences)
	require.Positive(t, r.Least.Compared, "every metric has values: %s", r.Least.Name)
	t.Logf("%d changes, %d comparisons of %d values, the slowest %s", r.Changes, r.Comparisons, r.Compared, r.Slowest)
}

func TestSnapshot(t *testing.T) {
	r, err := benchcdc.Snapshot(context.Background(), source(t), benchcdc.DuckDB(duckdb.Options{}), 2000*scale())
	require.NoError(t, err)
	require.GreaterOrEqual(t, r.Rows, int64(6000*scale()))
	require.Positive(t, r.Bytes)
	require.Positive(t, r.Ratio)
	t.Logf("%s, drained in %s, loaded in %s", r, r.Reference, r.Pipeline)
}

func TestLargeTransactionAndOutage(t *testing.T) {
	r, err := benchcdc.Large(context.Background(), source(t), 20_000*scale())
	require.NoError(t, err)
	require.Positive(t, r.Took)
	require.Greater(t, r.Peak, int64(1<<20))
	took, err := benchcdc.Outage(context.Background(), source(t), 2000*scale(), 3000*scale())
	require.NoError(t, err)
	require.Positive(t, took)
}

// A transaction that the server does not keep for the slot says so, and gives no figure of something else.
func TestLargeTransactionBeyondTheLimitOfTheLog(t *testing.T) {
	ctx := context.Background()
	server := pgtest.Own(t, "max_slot_wal_keep_size", "1MB", "min_wal_size", "32MB", "max_wal_size", "32MB", "checkpoint_completion_target", "0")
	require.NoError(t, postgres.EnsureLogins(ctx, server.SuperURL, pgtest.Secret))
	require.NoError(t, pgtest.Quicken(ctx, server))
	require.NoError(t, postgres.Migrate(ctx, server.URL, pgtest.Secret))
	_, err := benchcdc.Large(ctx, sourceOf(t, server.URL), 60_000)
	require.ErrorContains(t, err, "passed max_slot_wal_keep_size (1MB)")
}

func TestBlocked(t *testing.T) {
	r, err := benchcdc.Blocked(context.Background(), source(t), 1000*scale(), 500, 3*time.Second)
	require.NoError(t, err)
	require.Positive(t, r.Changes)
	require.Positive(t, r.Retained)
	require.Greater(t, r.Compared, int64(1000))
	require.Zero(t, r.Differed)
	require.Zero(t, r.Restarts)
	t.Logf("%+v", r)
}
