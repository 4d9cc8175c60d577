package warehouse

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// LetterState says what became of a row that was set aside.
type LetterState string

// The states. Only an open letter can be replayed.
const (
	LetterOpen       LetterState = "open"
	LetterReplayed   LetterState = "replayed"   // decoded again and loaded
	LetterSuperseded LetterState = "superseded" // a later version of the row, its deletion or a truncate was loaded
)

// DeadLetter is a change that cannot be kept, set aside as it came. What the store has of the row stands until then.
type DeadLetter struct {
	ID        int64  // given by the store, in the order of arrival
	CommitLSN uint64 // of the transaction; 0: a row of a snapshot
	RecordLSN uint64 // of the change record: the version of the row
	Seq       uint32 // place in the transaction
	CommitAt  time.Time
	Op        Op
	Table     string // in Postgres, with its schema
	Key       string // as Batch.KeyText writes it; empty when the key itself cannot be read
	Column    string // the first that cannot be kept
	Reason    string
	Raw       []byte // the message as the server sent it
	Relation  []byte // the server's description of the table then
	NotedAt   time.Time
	State     LetterState
	SettledAt time.Time // zero while open
}

// LetterFilter chooses dead letters; the zero filter takes all.
type LetterFilter struct {
	State LetterState
	Table string // with its schema
	IDs   []int64
	After int64 // letters with a larger id
	Limit int   // 0: all
	Raw   bool  // with the message and the description, which may be large
}

// LetterCount is how many letters a table has in a state.
type LetterCount struct {
	Table string
	State LetterState
	Count int64
}

// KeyText writes the key of row i as text: the columns of the key, separated by commas. Key columns are ids and numbers.
func (b *Batch) KeyText(i int) string {
	parts := make([]string, len(b.Table.Key))
	for k, name := range b.Table.Key {
		c := &b.Columns[b.Table.Index(name)]
		switch {
		case c.State[i] != Present:
			return ""
		case c.Kind == KindUUID:
			id := c.UUIDs[i]
			parts[k] = fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
		case c.Kind == KindText:
			parts[k] = string(c.Text(i))
		default:
			parts[k] = strconv.FormatInt(c.Ints[i], 10)
		}
	}
	return strings.Join(parts, ",")
}

// Undo takes the last row out again, also one whose values are not all there yet.
func (b *Batch) Undo() {
	n := len(b.Ops) - 1
	b.Ops, b.CommitLSN, b.RecordLSN, b.Seq, b.CommitAt = b.Ops[:n], b.CommitLSN[:n], b.RecordLSN[:n], b.Seq[:n], b.CommitAt[:n]
	for i := range b.Columns {
		c := &b.Columns[i]
		if len(c.State) <= n {
			continue
		}
		c.State = c.State[:n]
		switch c.Kind {
		case KindUUID:
			c.UUIDs = c.UUIDs[:n]
		case KindText:
			c.Ends = c.Ends[:n]
			end := uint32(0)
			if n > 0 {
				end = c.Ends[n-1]
			}
			c.Bytes = c.Bytes[:end]
		default:
			c.Ints = c.Ints[:n]
		}
	}
}
