package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sharepartner/sharepartner/cmd/sharepartner/benchcdc"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// benchRows is how large the channel is that the pipeline's changes fall upon.
const benchRows = 100_000

func (c *benchCommand) benchThroughput(ctx context.Context) ([]measurement, error) {
	var all []measurement
	for _, p := range []struct {
		name   string
		engine benchcdc.Engine
		bar    float64
	}{
		{"DuckDB, log, latest state and what is derived", benchcdc.DuckDB(duckdb.Options{}), 0.35},
		{"DuckDB, log only", benchcdc.DuckDB(duckdb.Options{LogOnly: true}), 0.5},
		{"ClickHouse", benchcdc.ClickHouse, 0.35},
	} {
		source, done, err := benchSource(ctx)
		if err != nil {
			return all, err
		}
		r, err := benchcdc.Throughput(ctx, source, p.engine, benchRows, c.Changes)
		done()
		if err != nil {
			return all, err
		}
		name := "streaming into " + p.name
		all = append(all, atLeast(name+", against pg_recvlogical", r.Ratio, "ratio", p.bar), figure(name, float64(r.Changes)/r.Pipeline.Seconds(), "changes/s"))
	}
	return all, nil
}

// quietPace is a write now and then.
var quietPace = benchcdc.Pace{Writers: 1, Every: 50 * time.Millisecond, Commits: 400}

func (c *benchCommand) benchLatency(ctx context.Context) ([]measurement, error) {
	var all []measurement
	for _, p := range []struct {
		name     string
		pace     benchcdc.Pace
		engine   benchcdc.Engine
		p50, p95 float64
	}{
		{"20 commits/s", quietPace, benchcdc.DuckDB(duckdb.Options{}), 30, 150},
		{"500 commits/s", benchcdc.Pace{Writers: 25, Every: 50 * time.Millisecond, Commits: 5000}, benchcdc.DuckDB(duckdb.Options{}), 500, 500},
		{"20 commits/s on ClickHouse", quietPace, benchcdc.ClickHouse, 2000, 2000},
	} {
		source, done, err := benchSource(ctx)
		if err != nil {
			return all, err
		}
		r, err := benchcdc.Latency(ctx, source, p.engine, benchRows, p.pace)
		done()
		if err != nil {
			return all, err
		}
		wanted := float64(p.pace.Writers) / p.pace.Every.Seconds()
		all = append(all, atLeast("commits that were made of "+p.name, r.Rate, "1/s", 0.9*wanted), atMost("COMMIT to visible at "+p.name+", p50", milliseconds(r.P50), "ms", p.p50), atMost("COMMIT to visible at "+p.name+", p95", milliseconds(r.P95), "ms", p.p95))
	}
	return all, nil
}

func (c *benchCommand) benchSnapshot(ctx context.Context) ([]measurement, error) {
	var all []measurement
	for _, p := range []struct {
		name   string
		engine benchcdc.Engine
		bar    float64
	}{{"DuckDB", benchcdc.DuckDB(duckdb.Options{}), 0.25}, {"ClickHouse", benchcdc.ClickHouse, 0.3}} {
		source, done, err := benchSource(ctx)
		if err != nil {
			return all, err
		}
		r, err := benchcdc.Snapshot(ctx, source, p.engine, c.Rows)
		done()
		if err != nil {
			return all, err
		}
		all = append(all, atLeast("snapshot into "+p.name+" ("+r.String()+") against two workers that drain COPY", r.Ratio, "ratio", p.bar),
			figure("rows of the snapshot loaded into "+p.name, float64(r.Rows)/r.Pipeline.Seconds(), "1/s"))
	}
	return all, nil
}

func (c *benchCommand) benchLarge(ctx context.Context) ([]measurement, error) {
	var all []measurement
	for _, changes := range []int{c.Rows, 5 * c.Rows} {
		source, done, err := benchSource(ctx)
		if err != nil {
			return all, err
		}
		r, err := benchcdc.Large(ctx, source, changes)
		done()
		if err != nil {
			return all, err
		}
		name := fmt.Sprintf("one transaction of %d rows", changes)
		all = append(all, atMost(name+": memory of the program", float64(r.Peak)/(1<<20), "MB", 512), figure(name+": until it is visible", r.Took.Seconds(), "s"))
	}
	return all, nil
}

// What ten minutes at 2,000 changes a second leave behind.
const outageChanges = 10 * 60 * 2000

func (c *benchCommand) benchOutage(ctx context.Context) ([]measurement, error) {
	source, done, err := benchSource(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	took, err := benchcdc.Outage(ctx, source, benchRows, outageChanges)
	if err != nil {
		return nil, err
	}
	return []measurement{atMost("in step again after 1.2 M changes were missed", took.Seconds(), "s", 60)}, nil
}

// What people write in a second while the warehouse is blocked.
const blockedPace = 2000

func (c *benchCommand) benchBlocked(ctx context.Context) ([]measurement, error) {
	source, done, err := benchSource(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	r, err := benchcdc.Blocked(ctx, source, benchRows, blockedPace, c.Blocked)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("warehouse blocked for %s", c.Blocked)
	return []measurement{
		atLeast(name+": changes written all the same", r.Pace, "1/s", 0.9*blockedPace),
		figure(name+": slowest transaction of the writer", milliseconds(r.Slowest), "ms"),
		atMost(name+": memory grown", float64(r.Grown)/(1<<20), "MB", 256),
		atMost(name+": memory grown in the second half", float64(r.Late)/(1<<20), "MB", 32),
		atMost(name+": log kept, of what may be", float64(r.Retained)/float64(max(1, r.Limit)), "ratio", 0.5),
		atMost(name+": in step again", r.CatchUp.Seconds(), "s", 60),
		atMost(name+": interruptions", float64(r.Restarts), "times", 0),
		atMost(fmt.Sprintf("%s: rows of %d that differ afterwards", name, r.Compared), float64(r.Differed), "rows", 0),
	}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

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
		atLeast("values compared of "+r.Least.Name+", the metric with fewest", float64(r.Least.Compared), "values", 1),
		{Name: "slowest comparison of all metrics", Value: r.Slowest.Seconds(), Unit: "s", Bar: "-", Holds: true},
	}, nil
}
