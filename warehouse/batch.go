package warehouse

import "slices"

// Op says how a row came to be in the log.
type Op uint8

// The operations of a log row.
const (
	OpInsert   Op = 'I'
	OpUpdate   Op = 'U'
	OpDelete   Op = 'D'
	OpTruncate Op = 'T'
	OpSnapshot Op = 'S'
	// OpRepair brings a row as Postgres has it, found different or missing by a comparison; OpGone says that Postgres
	// has no such row, of which only the key is given. Both come at the place of the comparison: all before it is loaded
	// and nothing after it.
	OpRepair Op = 'R'
	OpGone   Op = 'X'
)

// Compared says that the operation comes from reading a table, not from the log: no checkpoint makes it old.
func (o Op) Compared() bool { return o == OpSnapshot || o == OpRepair || o == OpGone }

// Adds says that the operation can only bring a row that was not there.
func (o Op) Adds() bool { return o == OpInsert || o == OpSnapshot }

// State of one value.
const (
	Present   uint8 = iota
	Null            // SQL null
	Unchanged       // an unchanged TOAST value: the sender left it out, the value before stands
)

// ColumnData is one column of a batch. Which slice is filled depends on the kind: Ints for KindInt, KindDecimal
// (scaled by Column.Scale), KindTime (microseconds since 1970, UTC), KindDate (days since 1970) and KindBool (0, 1);
// UUIDs; or Bytes with Ends for text. Every slice has an entry per row, also where the state is not Present.
type ColumnData struct {
	Kind  Kind
	State []uint8
	Ints  []int64
	UUIDs [][16]byte
	Bytes []byte
	Ends  []uint32 // Bytes[Ends[i-1]:Ends[i]] is row i
}

// Batch holds changes of one table in the order of the log, in typed columns.
type Batch struct {
	Table     *Table
	Ops       []Op
	CommitLSN []uint64 // of the transaction: where its commit record begins, so before the checkpoint that follows it
	RecordLSN []uint64 // of the change record: the version of the row, 0 for a snapshot row
	Seq       []uint32 // place in the transaction, over all tables
	CommitAt  []int64  // microseconds since 1970, UTC
	Columns   []ColumnData
}

// keepBytes is how much memory for texts a batch keeps when it is emptied.
const keepBytes = 64 << 20

// NewBatch makes an empty batch.
func NewBatch(t *Table) *Batch {
	b := &Batch{Table: t, Columns: make([]ColumnData, len(t.Columns))}
	for i := range b.Columns {
		b.Columns[i].Kind = t.Columns[i].Kind
	}
	return b
}

// Len is the number of rows.
func (b *Batch) Len() int { return len(b.Ops) }

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	b.Ops, b.CommitLSN, b.RecordLSN, b.Seq, b.CommitAt = b.Ops[:0], b.CommitLSN[:0], b.RecordLSN[:0], b.Seq[:0], b.CommitAt[:0]
	for i := range b.Columns {
		c := &b.Columns[i]
		if cap(c.Bytes) > keepBytes {
			c.Bytes = nil // one huge text should not stay
		}
		c.State, c.Ints, c.UUIDs, c.Bytes, c.Ends = c.State[:0], c.Ints[:0], c.UUIDs[:0], c.Bytes[:0], c.Ends[:0]
	}
}

// Grow makes room for so many more rows. Texts find theirs as they come.
func (b *Batch) Grow(rows int) {
	b.Ops, b.CommitLSN, b.RecordLSN, b.Seq, b.CommitAt = slices.Grow(b.Ops, rows), slices.Grow(b.CommitLSN, rows), slices.Grow(b.RecordLSN, rows), slices.Grow(b.Seq, rows), slices.Grow(b.CommitAt, rows)
	for i := range b.Columns {
		c := &b.Columns[i]
		c.State = slices.Grow(c.State, rows)
		switch c.Kind {
		case KindUUID:
			c.UUIDs = slices.Grow(c.UUIDs, rows)
		case KindText:
			c.Ends = slices.Grow(c.Ends, rows)
		default:
			c.Ints = slices.Grow(c.Ints, rows)
		}
	}
}

// AddAll adds the rows of another batch of the table.
func (b *Batch) AddAll(from *Batch) {
	b.Ops, b.CommitLSN, b.RecordLSN, b.Seq, b.CommitAt = append(b.Ops, from.Ops...), append(b.CommitLSN, from.CommitLSN...), append(b.RecordLSN, from.RecordLSN...), append(b.Seq, from.Seq...), append(b.CommitAt, from.CommitAt...)
	for i := range b.Columns {
		c, more := &b.Columns[i], &from.Columns[i]
		before := uint32(len(c.Bytes))
		c.State, c.Ints, c.UUIDs, c.Bytes = append(c.State, more.State...), append(c.Ints, more.Ints...), append(c.UUIDs, more.UUIDs...), append(c.Bytes, more.Bytes...)
		for _, end := range more.Ends {
			c.Ends = append(c.Ends, before+end)
		}
	}
}

// AddRow notes where the next row stands in the log; its values follow column by column.
func (b *Batch) AddRow(op Op, commitLSN, recordLSN uint64, seq uint32, commitAt int64) {
	b.Ops = append(b.Ops, op)
	b.CommitLSN = append(b.CommitLSN, commitLSN)
	b.RecordLSN = append(b.RecordLSN, recordLSN)
	b.Seq = append(b.Seq, seq)
	b.CommitAt = append(b.CommitAt, commitAt)
}

// AddInt appends a value of an integer-like kind.
func (c *ColumnData) AddInt(v int64) {
	c.State = append(c.State, Present)
	c.Ints = append(c.Ints, v)
}

// AddUUID appends an id.
func (c *ColumnData) AddUUID(v [16]byte) {
	c.State = append(c.State, Present)
	c.UUIDs = append(c.UUIDs, v)
}

// AddText appends a text; the bytes are copied.
func (c *ColumnData) AddText(v []byte) {
	c.State = append(c.State, Present)
	c.Bytes = append(c.Bytes, v...)
	c.Ends = append(c.Ends, uint32(len(c.Bytes)))
}

// AddAbsent appends Null or Unchanged.
func (c *ColumnData) AddAbsent(state uint8) {
	c.State = append(c.State, state)
	switch c.Kind {
	case KindUUID:
		c.UUIDs = append(c.UUIDs, [16]byte{})
	case KindText:
		c.Ends = append(c.Ends, uint32(len(c.Bytes)))
	default:
		c.Ints = append(c.Ints, 0)
	}
}

// Text is the text of row i.
func (c *ColumnData) Text(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = c.Ends[i-1]
	}
	return c.Bytes[start:c.Ends[i]]
}
