package pipelines

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// replay is a request to decode dead letters again.
type replay struct {
	ids  []int64 // nil: all that are open
	done chan replayed
}

type replayed struct {
	outcomes []Outcome
	err      error
}

func (r *replay) serve(ctx context.Context, store warehouse.Store, tables []*warehouse.Table, now time.Time) {
	outcomes, err := replayLetters(ctx, store, tables, r.ids, now)
	r.done <- replayed{outcomes, err}
}

// Outcome is what a replay did with a letter.
type Outcome struct {
	ID    int64  `json:"id"`
	Table string `json:"table"`
	Key   string `json:"key"`
	Fault string `json:"fault,omitempty"` // why it stays open; empty: the row is loaded
}

// replayWait is how long a replay waits for the loader: for a large transaction that is being loaded, for example.
const replayWait = 20 * time.Second

// Replay decodes dead letters again, with the decoder of now, and loads what can be kept; nil takes all that are open.
// A running pipeline does it between two loads, since it is the one writer; without one the store is written directly.
func (p *Pipeline) Replay(ctx context.Context, ids []int64) ([]Outcome, error) {
	if !p.ran.Load() {
		return replayLetters(ctx, p.cfg.Store, p.cfg.Tables, ids, p.cfg.Clock())
	}
	r := &replay{ids: ids, done: make(chan replayed, 1)}
	timer := time.NewTimer(replayWait)
	defer timer.Stop()
	select {
	case p.replays <- r:
	case <-timer.C:
		return nil, ErrNotStreaming
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case done := <-r.done:
		return done.outcomes, done.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// replayLetters loads letters in a load of its own. Their rows stand in the log where the checkpoint is: what was loaded
// up to it gives the same answers as before, and all that comes is newer, also a transaction whose commit stands there.
func replayLetters(ctx context.Context, store warehouse.Store, tables []*warehouse.Table, ids []int64, now time.Time) ([]Outcome, error) {
	at, ok, err := store.Checkpoint(ctx)
	if err != nil {
		return nil, ofStore("read the checkpoint", err)
	}
	letters, err := store.DeadLetters(ctx, warehouse.LetterFilter{State: warehouse.LetterOpen, Raw: true})
	if err != nil {
		return nil, ofStore("read what was set aside", err)
	}
	if !ok || len(letters) == 0 {
		return nil, nil
	}
	load, err := store.Begin(ctx)
	if err != nil {
		return nil, ofStore("begin a replay", err)
	}
	defer func() { _ = load.Rollback() }()
	outcomes, good, err := appendLetters(ctx, load, tables, letters, chosen(ids), at.LSN)
	if err != nil || len(good) == 0 {
		return outcomes, err
	}
	if err := load.Replayed(ctx, good, now); err != nil {
		return nil, ofStore("mark what was replayed", err)
	}
	if err := load.Commit(ctx, at); err != nil {
		return nil, ofStore("commit a replay", err)
	}
	return outcomes, nil
}

func chosen(ids []int64) func(int64) bool {
	if ids == nil {
		return func(int64) bool { return true }
	}
	want := make(map[int64]bool, len(ids))
	for _, id := range ids {
		want[id] = true
	}
	return func(id int64) bool { return want[id] }
}

// appendLetters loads the rows of the chosen letters in the order of their versions.
func appendLetters(ctx context.Context, load warehouse.Load, tables []*warehouse.Table, letters []warehouse.DeadLetter, want func(int64) bool, lsn uint64) (outcomes []Outcome, good []int64, err error) {
	earlier := make(map[string][]warehouse.DeadLetter)
	for _, l := range letters {
		row := l.Table + " " + l.Key
		before := earlier[row]
		earlier[row] = append(before, l)
		if !want(l.ID) {
			continue
		}
		o := Outcome{ID: l.ID, Table: l.Table, Key: l.Key}
		b, fault := pgsource.Again(tables, l, before, lsn, uint32(l.ID%pgsource.FirstSeq))
		if fault == nil {
			missing := len(load.Missing())
			if err := load.Append(ctx, b); err != nil {
				return nil, nil, ofStore(fmt.Sprintf("load letter %d", l.ID), err)
			}
			if len(load.Missing()) > missing {
				fault = errors.New("values of it were not sent, and the warehouse has no such row")
			}
		}
		if fault == nil {
			good = append(good, l.ID)
		} else {
			o.Fault = fault.Error()
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, good, nil
}
