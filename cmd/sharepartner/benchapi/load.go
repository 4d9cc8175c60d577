package benchapi

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"sync"
	"time"
)

// Load is what clients saw in one stretch of time.
type Load struct {
	PerSecond float64
	P50, P95  time.Duration
}

// drive lets clients call as fast as they can for a while. call gets the client's number and a running number.
func drive(ctx context.Context, clients int, length time.Duration, call func(ctx context.Context, client, i int) error) (Load, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	took := make([][]time.Duration, clients)
	fault := make(chan error, clients)
	begin := time.Now()
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := 0; time.Since(begin) < length; i++ {
				t := time.Now()
				if err := call(ctx, c, i); err != nil {
					fault <- err
					cancel()
					return
				}
				took[c] = append(took[c], time.Since(t))
			}
		})
	}
	wg.Wait()
	select {
	case err := <-fault:
		return Load{}, err
	default:
	}
	var all []time.Duration
	for _, t := range took {
		all = append(all, t...)
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	return Load{
		PerSecond: float64(len(all)) / time.Since(begin).Seconds(),
		P50:       all[len(all)/2], P95: all[len(all)*95/100],
	}, nil
}

var tpsLine = regexp.MustCompile(`(?m)^tps = ([0-9.]+)`)

// pgbench runs the select-only script of pgbench on prepared statements.
func pgbench(ctx context.Context, bin, url string, clients int, length time.Duration) (float64, error) {
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "pgbench"), "-S", "-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", "2",
		"-T", strconv.Itoa(int(length.Seconds())), url).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("pgbench: %w: %s", err, out)
	}
	m := tpsLine.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("pgbench printed no figure: %s", out)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

func pgbenchInit(ctx context.Context, bin, url string) error {
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "pgbench"), "-i", "-q", "-s", "10", url).CombinedOutput()
	if err != nil {
		return fmt.Errorf("pgbench -i: %w: %s", err, out)
	}
	return nil
}

func median(v []float64) float64 {
	sort.Float64s(v)
	return v[len(v)/2]
}
