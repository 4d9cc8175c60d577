package main

import (
	"context"
	"time"

	"github.com/sharepartner/sharepartner/cmd/sharepartner/benchcdc"
)

// benchRows is how large the channel is that the pipeline's changes fall upon.
const benchRows = 100_000

func (c *benchCommand) benchThroughput(ctx context.Context) ([]measurement, error) {
	source, done, err := benchSource(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	r, err := benchcdc.Throughput(ctx, source, benchRows, c.Changes)
	if err != nil {
		return nil, err
	}
	return []measurement{
		atLeast("streaming into DuckDB, log and latest state, against pg_recvlogical", r.Ratio, "ratio", 0.3),
		{Name: "changes loaded", Value: float64(r.Changes) / r.Pipeline.Seconds(), Unit: "1/s", Bar: "-", Holds: true},
	}, nil
}

func (c *benchCommand) benchLatency(ctx context.Context) ([]measurement, error) {
	source, done, err := benchSource(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	r, err := benchcdc.Latency(ctx, source, benchRows, 400)
	if err != nil {
		return nil, err
	}
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return []measurement{
		atMost("COMMIT to visible at 20 commits/s, p50", ms(r.P50), "ms", 50),
		atMost("COMMIT to visible at 20 commits/s, p95", ms(r.P95), "ms", 250),
	}, nil
}

// benchSource is a migrated database on a private server.
func benchSource(ctx context.Context) (benchcdc.Source, func(), error) {
	cfg, remove, err := scratchConfig()
	if err != nil {
		return benchcdc.Source{}, nil, err
	}
	g, err := openGround(ctx, cfg, cfg.logger())
	if err != nil {
		remove()
		return benchcdc.Source{}, nil, err
	}
	done := func() {
		g.Close()
		remove()
	}
	return benchcdc.Source{OwnerURL: g.ownerURL, CDCURL: g.CDCURL, Dir: cfg.Data}, done, nil
}

func (c *benchCommand) benchParity(ctx context.Context) ([]measurement, error) {
	source, done, err := benchSource(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	r, err := benchcdc.Parity(ctx, source, benchRows, c.Parity)
	if err != nil {
		return nil, err
	}
	return []measurement{
		atMost("metrics that differ between Postgres and the warehouse under load", float64(r.Differences), "values", 0),
		atLeast("values of metrics compared under load", float64(r.Compared), "values", 1),
		{Name: "slowest comparison of all metrics", Value: r.Slowest.Seconds(), Unit: "s", Bar: "-", Holds: true},
	}, nil
}
