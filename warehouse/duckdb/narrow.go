package duckdb

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// A load in pieces takes as long with little memory as with much: its pieces have one size, and what was worked through is
// on the disk. With the usual limit the engine would keep it in memory all the same, up to that limit, beside what the rest
// of the program needs to bring it. Questions that are asked meanwhile have less too, and go to the disk earlier. Work on
// a piece takes some 25 MB, and each leaves some 3 MB behind that stay in memory until the load is over, also a smaller piece:
// with 48 MB 1.6 M rows fit, and with this some 7 M.
const narrowMB = 120

// narrow gives the engine little memory for the rest of a load. Where that has once not been enough, loads have what
// there is; a first copy has its own ways (settle).
func (l *load) narrow(ctx context.Context) {
	if l.narrowed || l.store.roomy.Load() || megabytes(l.store.opts.MemoryLimit) <= narrowMB {
		return
	}
	if _, err := l.tx.ExecContext(ctx, fmt.Sprintf("SET memory_limit = '%dMB'", narrowMB)); err != nil {
		l.store.log.DebugContext(ctx, "a large load has as much memory as the store", "error", err) // questions hold it
		return
	}
	l.narrowed = true
}

// judge notes from a fault whether the load had too little.
func (l *load) judge(fault error) {
	if l.narrowed && outOfMemory(fault) {
		l.store.roomy.Store(true)
	}
}

func outOfMemory(fault error) bool { return strings.Contains(fault.Error(), "Out of Memory") }

// widen gives the engine its memory back.
func (l *load) widen() error {
	if !l.narrowed {
		return nil
	}
	_, err := l.store.writer.ExecContext(context.Background(), "SET memory_limit = '"+strings.ReplaceAll(l.store.opts.MemoryLimit, "'", "")+"'")
	return err
}

// megabytes reads a limit as it is usually written, "1GB"; one that is written otherwise is 0.
func megabytes(limit string) float64 {
	for unit, factor := range map[string]float64{"MB": 1, "GB": 1000, "MiB": 1.049, "GiB": 1074} {
		if number, ok := strings.CutSuffix(strings.ReplaceAll(limit, " ", ""), unit); ok {
			n, err := strconv.ParseFloat(number, 64)
			if err != nil {
				return 0
			}
			return n * factor
		}
	}
	return 0
}
