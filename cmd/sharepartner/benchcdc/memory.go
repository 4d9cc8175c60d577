package benchcdc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// LargeResult is what one large transaction costs.
type LargeResult struct {
	Changes int           `json:"changes"`
	Took    time.Duration `json:"took"` // until all of it is visible
	Peak    int64         `json:"peak"` // resident memory of this whole process at most, bytes
}

// Large commits one transaction of so many row changes while the pipeline is away, and lets it come.
func Large(ctx context.Context, s Source, changes int) (LargeResult, error) {
	r := LargeResult{Changes: changes}
	b, err := loaded(ctx, s, 0, DuckDB(duckdb.Options{}))
	if err != nil {
		return r, err
	}
	defer b.end(ctx)
	// Each opportunity is two rows: itself and its history.
	if _, err := b.conn.Exec(ctx, addOpportunitiesSQL, b.link, b.vendor, b.partner, b.process, b.stages[0], 1, changes/2); err != nil {
		return r, fmt.Errorf("write one large transaction: %w", err)
	}
	if err := forgetPeak(); err != nil {
		return r, err
	}
	r.Took, err = b.followUp(ctx)
	if err != nil {
		return r, err
	}
	r.Peak, err = peak()
	return r, err
}

// Outage writes so many changes while the pipeline is away and says how long it takes to be in step again.
func Outage(ctx context.Context, s Source, rows, changes int) (time.Duration, error) {
	b, err := loaded(ctx, s, rows, DuckDB(duckdb.Options{}))
	if err != nil {
		return 0, err
	}
	defer b.end(ctx)
	if _, err := b.change(ctx, rows, changes); err != nil {
		return 0, err
	}
	return b.followUp(ctx)
}

// followUp is catchUp from the log. Where the server has given that up, all rows are compared instead, which measures something else.
func (b *bed) followUp(ctx context.Context) (time.Duration, error) {
	took, err := b.catchUp(ctx)
	status, unknown := b.store.Status(ctx)
	if unknown != nil {
		return took, errors.Join(err, unknown)
	}
	compared := status.Resyncing != nil && status.Resyncing.Reason == string(pipelines.ReasonSlotLost) ||
		status.LastResync != nil && status.LastResync.Reason == string(pipelines.ReasonSlotLost)
	if !compared {
		return took, err
	}
	var limit string
	if unknown := b.conn.QueryRow(ctx, `show max_slot_wal_keep_size`).Scan(&limit); unknown != nil {
		return took, errors.Join(err, unknown)
	}
	return took, errors.Join(fmt.Errorf("postgres has dropped the log that the slot needed, as it passed max_slot_wal_keep_size (%s): "+
		"all rows are compared instead, and the time and memory of that are none of this measure; set it higher, or measure fewer changes", limit), err)
}

// forgetPeak begins to count the largest size anew.
func forgetPeak() error {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		return fmt.Errorf("the largest size of a process can be counted anew on Linux only: %w", err)
	}
	return nil
}

func peak() (int64, error) { return ofProcess("VmHWM:") }

func resident() (int64, error) { return ofProcess("VmRSS:") }

func ofProcess(name string) (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, errors.New("/proc/self/status does not name " + name)
}

// growth waits and says how much larger than before the process was at most, and how much of that came in the second half.
func growth(ctx context.Context, before int64, while time.Duration) (grown, late int64, err error) {
	if err := forgetPeak(); err != nil {
		return 0, 0, err
	}
	var most [2]int64
	for half := range most {
		select {
		case <-time.After(while / 2):
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		}
		if most[half], err = peak(); err != nil {
			return 0, 0, err
		}
	}
	return max(0, most[1]-before), most[1] - most[0], nil
}
