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

// benchAnalytics asks a warehouse of a million opportunities in the name of roles: what a partner's person sees, and what
// one of a vendor's people looks after. The engine's own benchmark fills the store and times the questions.
func (c *benchCommand) benchAnalytics(ctx context.Context) ([]measurement, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "./warehouse/duckdb", "-run", "^$", "-bench", "^BenchmarkRoles$", "-benchtime", "40x", "-timeout", "20m")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("time the questions of roles: %w: %s", err, out)
	}
	return readRoles(out)
}

// readRoles takes the 95th percentiles out of what the benchmark printed: name, runs, then value and unit in turn.
func readRoles(out []byte) ([]measurement, error) {
	var all []measurement
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		words := strings.Fields(s.Text())
		if len(words) < 3 || !strings.HasPrefix(words[0], "BenchmarkRoles/") {
			continue
		}
		name := strings.Split(strings.TrimPrefix(words[0], "BenchmarkRoles/"), "/")
		name[len(name)-1], _, _ = strings.Cut(name[len(name)-1], "-")
		for i := 2; i+1 < len(words); i += 2 {
			if words[i+1] != "p95-ms" {
				continue
			}
			value, err := strconv.ParseFloat(words[i], 64)
			if err != nil {
				return nil, fmt.Errorf("read %q: %w", s.Text(), err)
			}
			all = append(all, atMost(strings.Join(name, ", ")+", 1 M opportunities, p95", value, "ms", 200))
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the benchmark of roles printed no figures: %s", out)
	}
	return all, nil
}
