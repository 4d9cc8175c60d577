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

// asked is a benchmark of an engine with its bars.
type asked struct {
	engine, name  string
	opportunities int
	bar           func(question string) float64
}

// benchAnalytics asks a warehouse of a million opportunities: in the name of roles, what a partner's person sees and what one of a
// vendor's people looks after; and over everything, and for the largest of its vendors. The engines' own benchmarks fill the
// stores and time the questions.
func (c *benchCommand) benchAnalytics(ctx context.Context) ([]measurement, error) {
	return askLarge(ctx, "40x", asked{"duckdb", "BenchmarkRoles", million, func(string) float64 { return 200 }},
		asked{"duckdb", "BenchmarkLargest", million, either(400, 150)}, asked{"clickhouse", "BenchmarkLargest", million, either(500, 300)})
}

// benchTenMillion asks ten times as large a warehouse.
func (c *benchCommand) benchTenMillion(ctx context.Context) ([]measurement, error) {
	return askLarge(ctx, "10x", asked{"duckdb", "BenchmarkLargest", 10 * million, either(2000, 2000)}, asked{"clickhouse", "BenchmarkLargest", 10 * million, either(2000, 2000)})
}

const million = 1_000_000

func askLarge(ctx context.Context, times string, questions ...asked) ([]measurement, error) {
	var all []measurement
	for _, q := range questions {
		cmd := exec.CommandContext(ctx, "go", "test", "./warehouse/"+q.engine, "-run", "^$", "-bench", "^"+q.name+"$", "-benchtime", times, "-timeout", "60m")
		cmd.Stderr = os.Stderr
		cmd.Env = append(os.Environ(), "BENCH_OPPORTUNITIES="+strconv.Itoa(q.opportunities), "BENCH_MEMORY=1GB") // as the program has by default
		out, err := cmd.Output()
		if err != nil {
			return all, fmt.Errorf("time questions: %w: %s", err, out)
		}
		some, err := readBenchmark(out, q)
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

// readBenchmark takes the 95th percentiles out of what a benchmark printed, and the most memory that it had: name, runs, then value and
// unit in turn.
func readBenchmark(out []byte, q asked) ([]measurement, error) {
	var all []measurement
	size, memory := fmt.Sprintf("%d M opportunities in %s", q.opportunities/million, q.engine), 0.0
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		words := strings.Fields(s.Text())
		if len(words) < 3 || !strings.HasPrefix(words[0], q.name+"/") {
			continue
		}
		name := strings.Split(strings.TrimPrefix(words[0], q.name+"/"), "/")
		name[len(name)-1], _, _ = strings.Cut(name[len(name)-1], "-")
		question := strings.Join(name, ", ")
		for i := 2; i+1 < len(words); i += 2 {
			value, err := strconv.ParseFloat(words[i], 64)
			if err != nil {
				return nil, fmt.Errorf("read %q: %w", s.Text(), err)
			}
			switch words[i+1] {
			case "p95-ms":
				all = append(all, atMost(question+", "+size+", p95", value, "ms", q.bar(question)))
			case "peak-MB":
				memory = max(memory, value)
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s printed no figures: %s", q.name, out)
	}
	if memory > 0 {
		all = append(all, atMost("memory of the program, "+size, memory, "MB", 2048))
	}
	return all, nil
}
