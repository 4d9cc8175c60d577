package pgsource

import (
	"fmt"
	"slices"

	"github.com/sharepartner/sharepartner/warehouse"
)

// EventKind says what a message meant for the position in the log.
type EventKind uint8

// The kinds.
const (
	EventNone      EventKind = iota // nothing to do
	EventBegin                      // a transaction begins
	EventRow                        // one or more rows were added
	EventCommit                     // the transaction is complete; LSN is its end, At its commit time
	EventKeepalive                  // the sender is alive and has sent all up to LSN
	EventSchema                     // the transaction changes the published tables as Schema says
)

// Event is what a message meant.
type Event struct {
	Kind  EventKind
	LSN   uint64
	At    int64 // microseconds since 1970
	Reply bool  // the sender wants an answer at once

	Schema *Announcement
}

// FirstSeq is the number of a transaction's first change. Those before it are for rows that are replayed at a checkpoint: a
// transaction may commit right there, and comes after them.
const FirstSeq = 1 << 24

// Decoder turns replication messages (pgoutput, protocol 2) into rows of the mirrored tables.
// After an error it must not be used again, nor the Changes it was filling.
type Decoder struct {
	tables    []*warehouse.Table
	relations map[uint32]*relation
	passed    []*warehouse.Table      // whose changes are left out
	awaited   []warehouse.TableColumn // columns that older descriptions may lack
	shift     uint64                  // what the store adds to the server's places
	skipBelow uint64                  // transactions that committed before are loaded already
	xid       uint32                  // of the open transaction

	open      bool // inside a transaction
	skip      bool // which is loaded already
	commitLSN uint64
	commitAt  int64
	seq       uint32

	old, row []field // scratch

	raw  []byte           // the message that is being read
	held map[string]*held // what later rows may need of rows that were set aside
}

// NewDecoder makes a decoder for the given tables that leaves out transactions committed before the checkpoint.
func NewDecoder(tables []*warehouse.Table, checkpoint uint64) *Decoder {
	return &Decoder{tables: tables, relations: map[uint32]*relation{}, skipBelow: checkpoint, held: map[string]*held{}}
}

// Shift has the decoder add to the places of the rows; those of the events stay the server's.
func (d *Decoder) Shift(by uint64) { d.shift = by }

// PassOver has the decoder leave out the changes of some tables.
func (d *Decoder) PassOver(tables []*warehouse.Table) { d.passed = tables }

// Await has the decoder take descriptions from before some columns came: these are null until they are sent.
func (d *Decoder) Await(columns []warehouse.TableColumn) { d.awaited = columns }

// Open says that the last transaction is not complete yet.
func (d *Decoder) Open() bool { return d.open }

func errShort(kind byte) error {
	return fmt.Errorf("replication message %q is cut short", string(kind))
}

// Decode reads one message of the copy stream and adds its rows, if any.
func (d *Decoder) Decode(message []byte, into *Changes) (Event, error) {
	c := cursor{b: message}
	switch kind := c.u8(); kind {
	case 'k':
		e := Event{Kind: EventKeepalive, LSN: c.u64()}
		c.u64()
		e.Reply = c.u8() == 1
		if c.short {
			return Event{}, errShort(kind)
		}
		return e, nil
	case 'w':
		start := c.u64()
		c.take(16)
		if c.short {
			return Event{}, errShort(kind)
		}
		return d.payload(&c, start, into)
	default:
		return Event{}, fmt.Errorf("unknown replication message %q", string(kind))
	}
}

func (d *Decoder) payload(c *cursor, start uint64, into *Changes) (Event, error) {
	d.raw = c.b
	switch kind := c.u8(); kind {
	case 'B':
		return d.begin(c)
	case 'C':
		return d.commit(c)
	case 'R':
		return Event{}, d.relationMessage(c, d.raw)
	case 'I', 'U', 'D', 'T':
		return d.change(kind, c, start+d.shift, into)
	case 'M':
		return d.message(c)
	case 'O', 'Y': // origin, name of a type
		return Event{}, nil
	default:
		return Event{}, fmt.Errorf("unknown change message %q", string(kind))
	}
}

func (d *Decoder) begin(c *cursor) (Event, error) {
	lsn, at := c.u64(), int64(c.u64())
	xid := c.u32()
	if c.short {
		return Event{}, errShort('B')
	}
	if d.open {
		return Event{}, fmt.Errorf("a transaction begins inside another at %s", FormatLSN(lsn))
	}
	d.open, d.commitLSN, d.commitAt, d.seq = true, lsn+d.shift, at+epochMicros, FirstSeq
	d.skip, d.xid = lsn < d.skipBelow, xid
	return Event{Kind: EventBegin, LSN: lsn, At: d.commitAt}, nil
}

func (d *Decoder) commit(c *cursor) (Event, error) {
	c.u8()
	c.u64()
	end := c.u64()
	c.u64()
	if c.short {
		return Event{}, errShort('C')
	}
	if !d.open {
		return Event{}, fmt.Errorf("a commit without its transaction at %s", FormatLSN(end))
	}
	d.open = false
	return Event{Kind: EventCommit, LSN: end, At: d.commitAt}, nil
}

func (d *Decoder) change(kind byte, c *cursor, start uint64, into *Changes) (Event, error) {
	if !d.open {
		return Event{}, fmt.Errorf("a change outside a transaction at %s", FormatLSN(start))
	}
	if d.skip {
		return Event{}, nil
	}
	size, before := len(c.b), into.Rows
	var err error
	if kind == 'T' {
		err = d.truncate(c, start, into)
	} else {
		err = d.rowMessage(kind, c, start, into)
	}
	if err == nil && into.Rows == before {
		return Event{}, nil
	}
	into.Bytes += size
	return Event{Kind: EventRow}, err
}

func (d *Decoder) rowMessage(kind byte, c *cursor, start uint64, into *Changes) error {
	id := c.u32()
	r := d.relations[id]
	if r == nil {
		return fmt.Errorf("a change of table %d that was not described before", id)
	}
	if slices.Contains(d.passed, r.table) {
		return nil
	}
	oldForm := byte(0)
	form := c.u8()
	if form == 'K' || form == 'O' {
		oldForm = form
		if err := d.tuple(c, r, &d.old); err != nil {
			return err
		}
		if kind != 'D' {
			form = c.u8()
		}
	}
	if kind == 'D' {
		if oldForm == 0 {
			return errShort(kind)
		}
		return d.put(warehouse.OpDelete, r, d.old, start, into)
	}
	if form != 'N' {
		return errShort(kind)
	}
	if err := d.tuple(c, r, &d.row); err != nil {
		return err
	}
	if kind == 'I' {
		return d.put(warehouse.OpInsert, r, d.row, start, into)
	}
	return d.update(oldForm, r, start, into)
}

// update adds a changed row. One whose key changed is a delete of the old key and an insert of the new row.
func (d *Decoder) update(oldForm byte, r *relation, start uint64, into *Changes) error {
	moved := false
	for i := range d.row {
		if oldForm == 'O' && d.row[i].form == 'u' {
			d.row[i] = d.old[i]
		}
		if oldForm != 0 && r.key[i] && !d.row[i].same(d.old[i]) {
			moved = true
		}
	}
	if !moved {
		return d.put(warehouse.OpUpdate, r, d.row, start, into)
	}
	missing := d.complete(r, d.old, d.row)
	if err := d.put(warehouse.OpDelete, r, d.old, start, into); err != nil {
		return err
	}
	return d.putWhole(missing, warehouse.OpInsert, r, d.row, start, into)
}

// truncate reads a T message: number of tables, options, their ids.
func (d *Decoder) truncate(c *cursor, start uint64, into *Changes) error {
	count := int(c.u32())
	c.u8()
	for i := 0; i < count && !c.short; i++ {
		id := c.u32()
		r := d.relations[id]
		if c.short {
			break
		}
		if r == nil {
			return fmt.Errorf("a truncate of table %d that was not described before", id)
		}
		if slices.Contains(d.passed, r.table) {
			continue
		}
		b := into.batches[r.index]
		b.AddRow(warehouse.OpTruncate, d.commitLSN, start, d.seq, d.commitAt)
		d.seq++
		into.Rows++
		for j := range b.Columns {
			b.Columns[j].AddAbsent(warehouse.Null)
		}
		d.forgetTable(r.table)
	}
	if c.short {
		return errShort('T')
	}
	return nil
}
