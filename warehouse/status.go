package warehouse

import (
	"slices"
	"time"
)

// Status is what a pipeline says of itself: plain data, kept in the store, so that any process can show it. Counts are
// of the program that runs now; Since says from when.
type Status struct {
	State       string    `json:"state" enum:"starting,standby,snapshot,resync,streaming,waiting,failed,stopped" doc:"What the pipeline is doing"`
	Detail      string    `json:"detail,omitempty" doc:"The state in words: which table, which row count, what is awaited"`
	Progress    *Progress `json:"progress,omitempty" doc:"How far a copy or comparison of all tables is; absent while there is none"`
	UpdatedAt   time.Time `json:"updated_at" doc:"When this was written"`
	ReceivedLSN uint64    `json:"received_lsn"`
	LoadedLSN   uint64    `json:"loaded_lsn"`
	LastCommit  time.Time `json:"last_commit_at" doc:"Commit time of the last transaction that is loaded"`
	InStepAt    time.Time `json:"in_step_at,omitzero" doc:"When all that was committed was last known to be loaded; kept over restarts, so that the lag is the age of the data and not of the program"`
	LagSeconds  float64   `json:"lag_seconds" doc:"Age of the oldest change that is committed and not yet visible here; 0 when all is loaded"`
	ClockAhead  float64   `json:"clock_ahead_seconds" doc:"How far the clock of Postgres is ahead of this program's, negative when it is behind; 0 where that is a second at most. The lag does not suffer from it, as it is taken by one clock"`
	Rows        int64     `json:"rows" doc:"Changes loaded since the program started"`
	LastFault   string    `json:"last_fault,omitempty" doc:"The last fault, also when it is over"`
	LastFaultAt time.Time `json:"last_fault_at,omitzero" doc:"When it happened"`

	Since       time.Time    `json:"since,omitzero" doc:"From when counts are"`
	Restarts    int64        `json:"restarts" doc:"How often it began again after a fault"`
	Tables      []TableCount `json:"tables,omitempty" doc:"Rows loaded by table and kind of change"`
	Batches     BatchCount   `json:"batches" doc:"The loads that these rows came in"`
	Slot        SlotFigures  `json:"slot" doc:"The replication slot as the server last told it"`
	Resyncs     int64        `json:"resyncs" doc:"How often the tables were copied again"`
	Resyncing   *Resyncing   `json:"resyncing,omitempty" doc:"The copy or comparison of all tables that is under way, or was cut off"`
	LastResync  *Resync      `json:"last_resync,omitempty" doc:"The last copy of the tables"`
	DeadLetters int64        `json:"dead_letters" doc:"Rows that are set aside and not replayed"`
	Drift       *Check       `json:"drift,omitempty" doc:"The last comparison of the rows on both sides"`
	Parity      *Check       `json:"parity,omitempty" doc:"The last comparison of the metrics on both sides"`
	Schema      *SchemaNote  `json:"schema,omitempty" doc:"How the mirrored tables are made, by the migrations"`
}

// Clone is a copy that shares nothing that changes.
func (s Status) Clone() Status {
	s.Tables = slices.Clone(s.Tables)
	return s
}

// Progress is how far a copy or comparison of all tables is. It is never changed, only exchanged.
type Progress struct {
	Table  string `json:"table" doc:"Which table is being read"`
	Number int    `json:"number" doc:"Which one of them it is, from 1"`
	Tables int    `json:"tables" doc:"How many tables there are"`
	Rows   int64  `json:"rows" doc:"Rows that were read, of all tables"`
	About  int64  `json:"about" doc:"About how many there are in all: tables that are not read yet count as the server estimates them"`
}

// Percent is the share in whole hundredths, cut off: what is not all is never told as all.
func (p *Progress) Percent() int { return int(p.Share() * 100) }

// Share is the part that was read, from 0 to 1.
func (p *Progress) Share() float64 {
	if p.About <= 0 {
		return 0
	}
	return min(1, float64(p.Rows)/float64(p.About))
}

// TableCount is how many rows of a table were loaded.
type TableCount struct {
	Table     string `json:"table" doc:"Which table"`
	Copied    int64  `json:"copied" doc:"Rows of snapshots"`
	Inserted  int64  `json:"inserted" doc:"Rows inserted"`
	Updated   int64  `json:"updated" doc:"Rows updated"`
	Deleted   int64  `json:"deleted" doc:"Rows deleted"`
	Truncated int64  `json:"truncated" doc:"Times the table was emptied"`
	Repaired  int64  `json:"repaired" doc:"Rows that a comparison has put right"`
}

// Add counts rows of an operation.
func (t *TableCount) Add(op Op, n int64) {
	switch op {
	case OpSnapshot:
		t.Copied += n
	case OpInsert:
		t.Inserted += n
	case OpUpdate:
		t.Updated += n
	case OpDelete:
		t.Deleted += n
	case OpTruncate:
		t.Truncated += n
	default:
		t.Repaired += n
	}
}

// Rows is the sum over all kinds of changes.
func (t *TableCount) Rows() int64 {
	return t.Copied + t.Inserted + t.Updated + t.Deleted + t.Truncated + t.Repaired
}

// BatchCount sums up loads, and tells of the last one with rows.
type BatchCount struct {
	Loads         int64   `json:"loads" doc:"Loads with rows"`
	Rows          int64   `json:"rows" doc:"Rows in all of them"`
	Bytes         int64   `json:"bytes" doc:"As they came over the wire"`
	Seconds       float64 `json:"seconds" doc:"From the beginning of the load to its end, in all"`
	CommitSeconds float64 `json:"commit_seconds" doc:"The part of it that making durable took"`
	Last          Batched `json:"last" doc:"The last load with rows"`
}

// Add counts a load.
func (c *BatchCount) Add(b Batched) {
	c.Loads++
	c.Rows += b.Rows
	c.Bytes += b.Bytes
	c.Seconds += b.Seconds
	c.CommitSeconds += b.CommitSeconds
	c.Last = b
}

// Batched is one load.
type Batched struct {
	At            time.Time `json:"at,omitzero" doc:"When it had been loaded"`
	Rows          int64     `json:"rows" doc:"Its rows"`
	Bytes         int64     `json:"bytes" doc:"As they came over the wire"`
	Seconds       float64   `json:"seconds" doc:"From its beginning to its end"`
	CommitSeconds float64   `json:"commit_seconds" doc:"The part of it that making durable took"`
}

// SlotFigures are what the server tells of the replication slot.
type SlotFigures struct {
	Name          string    `json:"name,omitempty" doc:"Its name"`
	At            time.Time `json:"at,omitzero" doc:"When the server said so"`
	Exists        bool      `json:"exists" doc:"There is one"`
	Active        bool      `json:"active" doc:"Somebody reads from it"`
	LagBytes      int64     `json:"lag_bytes" doc:"Log that was written and is not confirmed"`
	RetainedBytes int64     `json:"retained_bytes" doc:"Log that the server keeps for it"`
	LimitBytes    *int64    `json:"limit_bytes,omitempty" doc:"Log that the server keeps at most (max_slot_wal_keep_size); absent where there is no limit"`
	SafeBytes     *int64    `json:"safe_bytes,omitempty" doc:"Log that can still be written before the slot may be lost; absent where there is no limit"`
	SpillBytes    int64     `json:"spill_bytes" doc:"Large transactions that the server wrote to its disk while decoding"`
	Guard         Guard     `json:"guard,omitempty" enum:"ok,warning,alarm,lost,unlimited" doc:"How near the slot is to being lost: warning from half of the limit, alarm from four fifths; unlimited where nothing keeps the log from filling the server's disk"`
}

// Guard says how near a slot is to being lost.
type Guard string

// The grades.
const (
	GuardOK        Guard = "ok"
	GuardWarning   Guard = "warning"
	GuardAlarm     Guard = "alarm"
	GuardLost      Guard = "lost"
	GuardUnlimited Guard = "unlimited"
)

// SchemaNote says by which migration the mirrored tables are as they are read.
type SchemaNote struct {
	Version int64     `json:"version" doc:"The last migration that changed them"`
	LSN     uint64    `json:"lsn" doc:"Where in the log it says so; 0 when all rows were read since"`
	At      time.Time `json:"at,omitzero" doc:"When it did"`
	Altered []string  `json:"altered,omitempty" doc:"What is otherwise in the database than that migration said: somebody has altered it by hand"`
}

// Resyncing is a copy or comparison of all tables from its beginning until it is complete. It is kept over interruptions:
// they leave another slot behind, or none, which says nothing of why it was needed.
type Resyncing struct {
	Reason string    `json:"reason" enum:"first_snapshot,warehouse_emptied,other_server,other_timeline,other_slot,server_behind,slot_missing,slot_lost,slot_unusable,reshaped,server_restored,warehouse_behind" doc:"Why it is needed, by name"`
	Since  time.Time `json:"since" doc:"When it first began"`
	Epoch  int       `json:"epoch" doc:"How many there had been before"`
}

// Resync is one copy of all tables.
type Resync struct {
	Reason  string    `json:"reason" enum:"first_snapshot,warehouse_emptied,other_server,other_timeline,other_slot,server_behind,slot_missing,slot_lost,slot_unusable,reshaped,server_restored,warehouse_behind" doc:"Why it was needed, by name"`
	At      time.Time `json:"at" doc:"When it was complete"`
	Seconds float64   `json:"seconds" doc:"How long it took"`
	Rows    int64     `json:"rows" doc:"Rows that were read"`
	// Differed is 0 for a first copy.
	Differed int64 `json:"differed" doc:"Rows that differed and were put right in the log; 0 for a first copy"`
}

// Check is a comparison of both sides at one place in the log.
type Check struct {
	At          time.Time `json:"at,omitzero" doc:"When it was complete; absent while none ever was"`
	Seconds     float64   `json:"seconds" doc:"How long it took"`
	LSN         uint64    `json:"lsn" doc:"The place in the log"`
	Compared    int64     `json:"compared" doc:"How much was compared: rows, or values of metrics"`
	Differences int64     `json:"differences" doc:"How much of it was not the same"`
	Repaired    int64     `json:"repaired,omitempty" doc:"How much of it was put right at once"`
	Whole       bool      `json:"whole" doc:"All was compared: false while a round is under way"`
	Fault       string    `json:"fault,omitempty" doc:"Why none could be made since; the rest is of the last one that could"`
	FaultSince  time.Time `json:"fault_since,omitzero" doc:"From when on none could be made"`

	Measures []Measure    `json:"measures,omitempty" doc:"The same for each table or metric"`
	Found    []Difference `json:"found,omitempty" doc:"Some of the differences"`
}

// Failed is the check after a comparison that could not be made: what the last one found stands, good or bad, and beside
// it since when and why there is none that is newer. There may have been none at all.
func (c *Check) Failed(err error, now time.Time) *Check {
	var kept Check
	if c != nil {
		kept = *c
	}
	if kept.Fault == "" {
		kept.FaultSince = now.UTC()
	}
	kept.Fault = err.Error()
	return &kept
}

// Measure is the part of a comparison that is about one table or metric.
type Measure struct {
	Name        string `json:"name" doc:"Which table or metric"`
	Compared    int64  `json:"compared" doc:"How much was compared"`
	Differences int64  `json:"differences" doc:"How much of it was not the same"`
}

// Difference is one value that is not the same on both sides.
type Difference struct {
	Name      string `json:"name" doc:"Table or metric"`
	Vendor    string `json:"vendor,omitempty" doc:"Of which vendor, by id; absent for a partner's own business"`
	Period    string `json:"period,omitempty" doc:"In which period of time"`
	Key       string `json:"key,omitempty" doc:"Which row: a key, or currency, event and stage"`
	Value     string `json:"value,omitempty" doc:"Which value of it"`
	Source    string `json:"source" doc:"As Postgres has it"`
	Warehouse string `json:"warehouse" doc:"As the warehouse has it"`
}

// LagSample is how far behind the warehouse was at a time.
type LagSample struct {
	At            time.Time `json:"at" doc:"When"`
	Seconds       float64   `json:"lag_seconds" doc:"Age of the oldest change that was committed and not visible"`
	LagBytes      int64     `json:"lag_bytes" doc:"Log that was written and not confirmed"`
	RetainedBytes int64     `json:"retained_bytes" doc:"Log that the server kept"`
}

// What is kept of the lag: all samples of the last minutes, of the time before the worst of each span, and nothing that
// is older than a day. So a short peak is seen a day later, and the history never grows.
const (
	LagFine = 15 * time.Minute
	LagSpan = 5 * time.Minute
	LagKept = 24 * time.Hour
)
