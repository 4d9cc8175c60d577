package warehouse

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Store is an analytic engine. Reading methods take a Scope; the zero Scope sees nothing.
type Store interface {
	Loader
	Viewer
	Metrics // each question in a view of its own
	// Engine names the engine, for receipts.
	Engine() string
	// Watermark says up to where the store has loaded.
	Watermark(ctx context.Context) (Watermark, error)
	Close() error
}

// Loader takes what the pipeline brings. One writer at a time.
//
// Sending again is harmless: rows whose transaction commits before the checkpoint's LSN are left out on arrival
// (those of a snapshot or a comparison are always taken). A load must hold whole transactions.
type Loader interface {
	// Checkpoint is the position to go on from; ok is false before the first snapshot is complete: while there is no
	// checkpoint, or one with LSN 0, as a snapshot that is loaded in several loads sets.
	Checkpoint(ctx context.Context) (c Checkpoint, ok bool, err error)
	// Begin starts one load: its rows and its checkpoint become visible together, or not at all.
	Begin(ctx context.Context) (Load, error)
	// Reset empties the store for a first snapshot.
	Reset(ctx context.Context) error
	// Uncopied lists the tables of Tables that the store keeps and that were never filled: they have come since. After a
	// Reset there are none, as a snapshot of all follows.
	Uncopied(ctx context.Context) ([]*Table, error)
	// Awaited lists the columns that have come since the store was filled, table by table: its rows hold null there, until
	// a load brings what Postgres has. After a Reset there are none.
	Awaited(ctx context.Context) ([]TableColumn, error)
	// Status and SaveStatus keep what the pipeline says of itself, so that any process can show it.
	Status(ctx context.Context) (Status, error)
	SaveStatus(ctx context.Context, s Status) error
	// Marks are what the pipeline keeps to know the server by, by name, and SaveMarks replaces them, beside the loads. Reset
	// forgets them: they belong to the data.
	Marks(ctx context.Context) (map[string]string, error)
	SaveMarks(ctx context.Context, marks map[string]string) error
	// SaveLag adds a sample to the history of the lag, and thins what is older (see LagFine). Samples come in the order
	// of their times; Reset leaves them.
	SaveLag(ctx context.Context, s LagSample) error
	// Lags is that history, the oldest first.
	Lags(ctx context.Context) ([]LagSample, error)
	// DeadLetters lists what was set aside, in the order of arrival.
	DeadLetters(ctx context.Context, f LetterFilter) ([]DeadLetter, error)
	// LetterCounts counts what was set aside, by table and state.
	LetterCounts(ctx context.Context) ([]LetterCount, error)
}

// Load is an open load.
type Load interface {
	// Append adds changes of one table; a large transaction comes in several pieces, in order. An update that leaves values
	// out, of a row that is not there although it should be, is left out itself: see Missing.
	Append(ctx context.Context, b *Batch) error
	// Missing lists the rows that were updated and are not there, in the order in which they were met. They are to be
	// fetched when the load is visible.
	Missing() []MissingRow
	// SetAside keeps changes that cannot be loaded, as they came. A row of a snapshot that is set aside already as it came is
	// left out; one that came otherwise takes the place of the letters before. A letter is superseded by itself as soon as a row with
	// its key and a larger record LSN is loaded, or one of a comparison, or a truncate of its table.
	SetAside(ctx context.Context, letters []DeadLetter) error
	// Replayed marks open letters whose rows this load holds.
	Replayed(ctx context.Context, ids []int64, at time.Time) error
	// Derive derives opportunities anew from their history.
	Derive(ctx context.Context, ids []uuid.UUID) error
	// Copied notes that this load fills a table for the first time.
	Copied(ctx context.Context, t *Table) error
	// Brought notes that with this load the rows hold in these columns what Postgres has there.
	Brought(ctx context.Context, columns []TableColumn) error
	// Commit makes the load visible and durable together with the checkpoint, whose place never goes back.
	Commit(ctx context.Context, c Checkpoint) error
	// Rollback forgets the load; after Commit it does nothing.
	Rollback() error
}

// MissingRow is a row that somebody has taken out of the store by hand.
type MissingRow struct {
	Table *Table
	ID    uuid.UUID
}

// Checkpoint is a place in the write-ahead log of one Postgres server. Everything before it is loaded.
//
// Places that the store keeps never go back, so that (place, number in the transaction) orders its log for good. A
// server that was restored or promoted may count from further back: then Shift is added to what it says.
type Checkpoint struct {
	Deployment  string // whose data it is, whatever server keeps it
	SystemID    string // of the Postgres server
	Timeline    int
	Slot        string
	LSN         uint64    // end of the last loaded commit
	CommittedAt time.Time // its commit time
	SnapshotLSN uint64    // consistent point of the snapshot, or of the last resync
	Shift       uint64    // the server's place is LSN less Shift
	Epoch       int       // how many resyncs there were
}

// Place is where the server's log stands.
func (c Checkpoint) Place() uint64 { return c.LSN - min(c.Shift, c.LSN) }

// Watermark says up to where answers are complete.
type Watermark struct {
	LSN         uint64
	CommittedAt time.Time
}

// ErrNotReady says that the first snapshot is not complete yet.
var ErrNotReady = errors.New("the warehouse has not finished its first snapshot")

// ErrViewEnded says that a question came after the end of its view: after Close, or because the store had to open its
// data again. A new view answers it.
var ErrViewEnded = errors.New("this view of the warehouse has ended")

// ErrAway says that the engine cannot be reached, or does not answer. Nothing that was loaded is lost by that, and it is asked
// again: whoever meets it may try later.
var ErrAway = errors.New("the warehouse cannot be reached")

// ErrRefused says that the engine does not let this program in, as its password is another one by now, or that this program does not
// trust its certificate. Nothing that was loaded is lost by that either, and somebody has to put it right.
var ErrRefused = errors.New("this program cannot sign in to the warehouse")

// ErrBusy says that the engine answers as many questions at a time as it may, and that none of them has ended for a while.
var ErrBusy = errors.New("the warehouse is busy with other questions")

// ErrUnable says that the engine answers, and cannot do this one thing: it has too little memory, time or room for it, or this program
// lacks a right. Nothing that was loaded is lost by that.
var ErrUnable = errors.New("the warehouse cannot do this as it is set up")

// ErrPartAway says that a part of the engine cannot be reached, and that all of it is needed: to write, to compare, or for rows that are
// in that part alone. What others hold is answered (Answer.Missing), and that part is asked again.
var ErrPartAway = errors.New("a part of the warehouse cannot be reached")
