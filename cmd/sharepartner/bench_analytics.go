package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// benchAnalytics asks a warehouse of a million opportunities: in the name of roles, what a partner's person sees and what one of a
// vendor's people looks after; and over everything, and for the largest of its vendors. The engines' own benchmarks fill the
// stores and time the questions.
func (c *benchCommand) benchAnalytics(ctx context.Context) ([]measurement, error) {
	var all []measurement
	for _, p := range []struct {
		engine, name string
		bar          func(question string) float64
	}{
		{"duckdb", "BenchmarkRoles", func(string) float64 { return 200 }},
		{"duckdb", "BenchmarkLargest", either(400, 150)},
		{"clickhouse", "BenchmarkLargest", either(500, 300)},
	} {
		cmd := exec.CommandContext(ctx, "go", "test", "./warehouse/"+p.engine, "-run", "^$", "-bench", "^"+p.name+"$", "-benchtime", "40x", "-timeout", "20m")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return all, fmt.Errorf("time questions: %w: %s", err, out)
		}
		some, err := readBenchmark(out, p.name, p.engine, p.bar)
		if err != nil {
			return all, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// either is the bar of a question over everything, and of one for a vendor.
func either(all, vendor float64) func(question string) float64 {
	return func(question string) float64 {
		if strings.HasSuffix(question, "all") {
			return all
		}
		return vendor
	}
}

// readBenchmark takes the 95th percentiles out of what a benchmark printed: name, runs, then value and unit in turn.
func readBenchmark(out []byte, benchmark, engine string, bar func(question string) float64) ([]measurement, error) {
	var all []measurement
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		words := strings.Fields(s.Text())
		if len(words) < 3 || !strings.HasPrefix(words[0], benchmark+"/") {
			continue
		}
		name := strings.Split(strings.TrimPrefix(words[0], benchmark+"/"), "/")
		name[len(name)-1], _, _ = strings.Cut(name[len(name)-1], "-")
		question := strings.Join(name, ", ")
		for i := 2; i+1 < len(words); i += 2 {
			if words[i+1] != "p95-ms" {
				continue
			}
			value, err := strconv.ParseFloat(words[i], 64)
			if err != nil {
				return nil, fmt.Errorf("read %q: %w", s.Text(), err)
			}
			all = append(all, atMost(question+", 1 M opportunities in "+engine+", p95", value, "ms", bar(question)))
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s printed no figures: %s", benchmark, out)
	}
	return all, nil
}
