package enginetest

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// commitLength is how far before the end of a transaction its commit record begins.
const commitLength = 2

// changes are what a pipeline would bring, a batch for each table.
type changes struct {
	batches map[string]*warehouse.Batch
	lsn     uint64
	at      time.Time
	seq     uint32
	open    []place // rows of the open transaction, whose place of commit is not known yet
	copying bool    // rows are those of a first copy
}

type place struct {
	batch *warehouse.Batch
	row   int
}

func newChanges() *changes {
	return &changes{batches: map[string]*warehouse.Batch{}, lsn: 1000, at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// transaction gathers the rows that a function adds.
func (c *changes) transaction(rows func()) {
	c.seq, c.open, c.at = 0, c.open[:0], c.at.Add(time.Second)
	rows()
	c.lsn += 10
	for _, p := range c.open {
		p.batch.CommitLSN[p.row], p.batch.CommitAt[p.row] = c.lsn-commitLength, c.at.UnixMicro()
	}
}

// row adds a row to the open transaction; of its values the last ones may be left out, and are null then.
func (c *changes) row(op warehouse.Op, table string, values ...value) {
	b := c.batches[table]
	if b == nil {
		b = warehouse.NewBatch(tableOf(table))
		c.batches[table] = b
	}
	if c.copying {
		b.AddRow(warehouse.OpSnapshot, 0, 0, 0, c.at.UnixMicro())
	} else {
		c.seq++
		c.lsn += 10
		b.AddRow(op, 0, c.lsn, c.seq, 0)
		c.open = append(c.open, place{b, b.Len() - 1})
	}
	for i := range b.Columns {
		if i < len(values) {
			values[i].addTo(&b.Columns[i])
		} else {
			b.Columns[i].AddAbsent(warehouse.Null)
		}
	}
}

// keyChange adds an update that changes the key, as it comes: a delete and an insert from one record of the log.
func (c *changes) keyChange(table string, before value, after ...value) {
	c.row(warehouse.OpDelete, table, before)
	c.row(warehouse.OpInsert, table, after...)
	b := c.batches[table]
	b.RecordLSN[b.Len()-1] = b.RecordLSN[b.Len()-2]
}

// take gives all that has come, and where it stands. In a first copy that is not complete, that is nowhere.
func (c *changes) take() load {
	l := load{checkpoint: warehouse.Checkpoint{SystemID: "7000000000000000001", Timeline: 1, Slot: "test", LSN: c.lsn, CommittedAt: c.at, SnapshotLSN: 1000}}
	if c.copying {
		l.checkpoint.LSN = 0
	}
	for _, t := range warehouse.Tables {
		if b := c.batches[t.Name]; b != nil {
			l.batches = append(l.batches, b)
		}
	}
	c.batches = map[string]*warehouse.Batch{}
	return l
}

// load is what comes together.
type load struct {
	batches    []*warehouse.Batch
	checkpoint warehouse.Checkpoint
}

// into loads it; an engine only reads the batches.
func (l load) into(ctx context.Context, s warehouse.Store) error {
	open, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = open.Rollback() }()
	for _, b := range l.batches {
		if err := open.Append(ctx, b); err != nil {
			return err
		}
	}
	if missing := open.Missing(); len(missing) > 0 {
		return fmt.Errorf("%s: %d rows are missing", s.Engine(), len(missing))
	}
	return open.Commit(ctx, l.checkpoint)
}

func tableOf(name string) *warehouse.Table {
	for _, t := range warehouse.Tables {
		if t.Name == name {
			return t
		}
	}
	panic("no table " + name)
}

// value is one value of a row; the zero one is null.
type value struct {
	kind   byte // u, n, t, or =: the sender left it out as it did not change
	number int64
	id     uuid.UUID
	text   string
}

func number(n int64) value { return value{kind: 'n', number: n} }

func text(s string) value { return value{kind: 't', text: s} }

var unchanged = value{kind: '='}

// id is null for the nil id.
func id(u uuid.UUID) value {
	if u == uuid.Nil {
		return value{}
	}
	return value{kind: 'u', id: u}
}

func yes(b bool) value {
	if b {
		return number(1)
	}
	return number(0)
}

func (v value) addTo(c *warehouse.ColumnData) {
	switch v.kind {
	case 'u':
		c.AddUUID(v.id)
	case 'n':
		c.AddInt(v.number)
	case 't':
		c.AddText([]byte(v.text))
	case '=':
		c.AddAbsent(warehouse.Unchanged)
	default:
		c.AddAbsent(warehouse.Null)
	}
}
