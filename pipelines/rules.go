package pipelines

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// The states of a pipeline.
const (
	stateStarting  = "starting"  // looking at the server and at the checkpoint
	stateStandby   = "standby"   // another program works on the slot
	stateSnapshot  = "snapshot"  // copying the tables
	stateResync    = "resync"    // comparing the tables, while answers come from the state before
	stateStreaming = "streaming" // following the log
	stateWaiting   = "waiting"   // something is away that should come back by itself
	stateFailed    = "failed"    // somebody has to change something; tried again all the same
	stateStopped   = "stopped"
)

// moves are the allowed changes of state.
var moves = map[string][]string{
	"":             {stateStarting},
	stateStarting:  {stateStandby, stateSnapshot, stateResync, stateStreaming, stateWaiting, stateFailed, stateStopped},
	stateStandby:   {stateStarting, stateWaiting, stateFailed, stateStopped},
	stateSnapshot:  {stateStreaming, stateWaiting, stateFailed, stateStopped},
	stateResync:    {stateStreaming, stateWaiting, stateFailed, stateStopped},
	stateStreaming: {stateWaiting, stateFailed, stateStopped},
	stateWaiting:   {stateStarting, stateStopped},
	stateFailed:    {stateStarting, stateStopped},
	stateStopped:   {stateStarting},
}

func mayMove(from, to string) bool { return slices.Contains(moves[from], to) }

// Reason names why a store cannot go on from where it is and has to be compared with all of Postgres, or filled for the
// first time.
type Reason string

// The reasons.
const (
	ReasonFirst          Reason = "first_snapshot"    // nothing is loaded, or a first snapshot was cut off
	ReasonEmptied        Reason = "warehouse_emptied" // nothing is loaded, and yet somebody has read from the slot: the file was deleted, or is another one
	ReasonOtherServer    Reason = "other_server"      // the checkpoint is of a server with another system identifier
	ReasonOtherTimeline  Reason = "other_timeline"    // the server was promoted or restored since
	ReasonOtherSlot      Reason = "other_slot"        // the checkpoint is of a slot with another name
	ReasonServerBehind   Reason = "server_behind"     // the server is older than the checkpoint: an old copy was restored
	ReasonSlotMissing    Reason = "slot_missing"      // somebody dropped the slot
	ReasonSlotLost       Reason = "slot_lost"         // the server gave up the log that the slot needed
	ReasonSlotUnusable   Reason = "slot_unusable"     // the server cannot decode from the slot's place: the publication was away then
	ReasonReshaped       Reason = "reshaped"          // tables were published in another shape for a while: changes may not have come, or cannot be read
	ReasonServerRestored Reason = "server_restored"   // an old copy of its files was put back, and it has counted beyond the checkpoint since
	ReasonStoreBehind    Reason = "warehouse_behind"  // the slot has given more than the store holds: an old copy was restored
)

// judge says whether the store may go on from its checkpoint: "" when it may.
func judge(c warehouse.Checkpoint, ok bool, s pgsource.Server, slot string) Reason {
	switch {
	case !ok:
		return ReasonFirst
	case c.SystemID != s.SystemID:
		return ReasonOtherServer
	case c.Timeline != s.Timeline:
		return ReasonOtherTimeline
	case c.Slot != slot:
		return ReasonOtherSlot
	case c.Place() > s.LSN:
		return ReasonServerBehind
	case !s.Slot.Exists:
		return ReasonSlotMissing
	case s.Slot.Lost:
		return ReasonSlotLost
	case s.Slot.Confirmed > c.Place():
		return ReasonStoreBehind
	}
	return ""
}

// carriedOn gives what was cut off its first name. It leaves another slot behind, or none, and that is no reason of its own.
// A warehouse without anything, whose slot is there although no copy was cut off, is one that was filled and was emptied.
func carriedOn(reason Reason, begun *warehouse.Resyncing, c warehouse.Checkpoint, ok bool, s pgsource.Server) Reason {
	first := begun != nil && (Reason(begun.Reason) == ReasonFirst || Reason(begun.Reason) == ReasonEmptied)
	switch {
	case !ok && first:
		return Reason(begun.Reason)
	case !ok && s.Slot.Exists:
		return ReasonEmptied
	case !ok || begun == nil || first || begun.Epoch != c.Epoch: // nothing was cut off
		return reason
	case reason == "" || reason == ReasonSlotMissing || reason == ReasonStoreBehind:
		return Reason(begun.Reason)
	}
	return reason
}

// reasonOf says what a fault means for the next attempt; before is what is known already. A table in another shape is
// first put right by a person, then all rows are looked at, since the stream cannot give what came meanwhile.
func reasonOf(err error, before Reason) Reason {
	var setup *pgsource.SetupError
	var schema *pgsource.SchemaError
	var restored *RestoredError
	switch {
	case before == ReasonServerRestored, errors.As(err, &restored):
		return ReasonServerRestored
	case before == ReasonReshaped, errors.As(err, &schema), errors.As(err, &setup) && setup.Gap:
		return ReasonReshaped
	case errors.Is(err, pgsource.ErrSlotGone):
		return ReasonSlotUnusable
	}
	return ""
}

// limits say when a batch goes to the loader.
type limits struct {
	rows, bytes         int           // full: goes as soon as the loader is free, also in the middle of a transaction
	hardRows, hardBytes int           // nothing more is decoded until the loader is free
	age                 time.Duration // goes with the next end of a transaction
	linger              time.Duration // goes when the socket has been drained and the first row is this old
	idleEvery           time.Duration // how often a position without rows is kept
}

var usual = limits{
	rows: 50_000, bytes: 16 << 20, hardRows: 60_000, hardBytes: 20 << 20,
	age: 200 * time.Millisecond, linger: 2 * time.Millisecond, idleEvery: 10 * time.Second,
}

// gathered is what a batch looks like when it is asked whether to go.
type gathered struct {
	rows, bytes int
	open        bool          // it ends inside a transaction
	owed        bool          // a part of the last transaction has gone before, so that even an empty rest has to go
	drained     bool          // nothing more has arrived
	age         time.Duration // of its first row
}

func (l limits) full(g gathered) bool { return g.rows >= l.rows || g.bytes >= l.bytes }

func (l limits) overfull(g gathered) bool { return g.rows >= l.hardRows || g.bytes >= l.hardBytes }

// due says whether the batch goes now; otherwise again is when to ask next, 0 meaning when something arrives.
func (l limits) due(g gathered) (now bool, again time.Duration) {
	switch {
	case l.full(g):
		return true, 0
	case g.open:
		return false, 0
	case g.owed:
		return true, 0
	case g.rows == 0:
		return false, 0
	case g.age >= l.age, g.drained && g.age >= l.linger:
		return true, 0
	case g.drained:
		return false, l.linger - g.age
	}
	return false, l.age - g.age
}

// storeError is a fault of the warehouse, not of the source.
type storeError struct {
	doing string
	err   error
}

func (e *storeError) Error() string { return fmt.Sprintf("warehouse: %s: %v", e.doing, e.err) }
func (e *storeError) Unwrap() error { return e.err }

func ofStore(doing string, err error) error {
	if err == nil {
		return nil
	}
	return &storeError{doing: doing, err: err}
}

// stateAfter says whether a fault goes away by itself.
func stateAfter(err error) string {
	var setup *pgsource.SetupError
	var schema *pgsource.SchemaError
	var flood *FloodError
	var store *storeError
	var other *OtherDeploymentError
	if errors.Is(err, warehouse.ErrRefused) { // is away, too, until somebody has put it right
		return stateFailed
	}
	if errors.Is(err, warehouse.ErrAway) || errors.Is(err, warehouse.ErrPartAway) {
		return stateWaiting
	}
	if errors.As(err, &setup) || errors.As(err, &schema) || errors.As(err, &flood) || errors.As(err, &store) || errors.As(err, &other) || errors.Is(err, pgsource.ErrDiskFull) {
		return stateFailed
	}
	return stateWaiting
}

// pause is how long to wait before the n-th try in a row, n from 1: short at first, since most faults are short.
func pause(n int) time.Duration {
	return min(100*time.Millisecond<<min(n-1, 10), 5*time.Second)
}
