package pgsource

import (
	"errors"

	"github.com/sharepartner/sharepartner/warehouse"
)

// copyReader takes the rows of a binary COPY, one or more with each Write.
type copyReader struct {
	table  *warehouse.Table
	at     int64
	send   func(Piece) error
	batch  *warehouse.Batch
	aside  []warehouse.DeadLetter
	bytes  int
	room   int  // how many rows the last batch had: the next one will have as many
	opened bool // the header is behind us
}

// A batch of the snapshot.
const (
	copyRows  = 20_000
	copyBytes = 8 << 20
)

var copySignature = "PGCOPY\n\xff\r\n\x00"

var errCopy = errors.New("the copy of a table cannot be read")

// Write reads what one message of the copy holds.
func (r *copyReader) Write(message []byte) (int, error) {
	c := cursor{b: message}
	if !r.opened {
		if string(c.take(len(copySignature))) != copySignature {
			return 0, errCopy
		}
		c.u32()
		c.take(int(c.u32()))
		r.opened = true
	}
	for len(c.b) > 0 && !c.short {
		count := c.u16()
		if count == 0xffff { // the end
			break
		}
		if int(count) != len(r.table.Columns) {
			return 0, errCopy
		}
		if err := r.row(&c); err != nil {
			return 0, err
		}
	}
	if c.short {
		return 0, errCopy
	}
	if r.bytes += len(message); r.batch != nil && (r.batch.Len()+len(r.aside) >= copyRows || r.bytes >= copyBytes) {
		if err := r.flush(); err != nil {
			return 0, err
		}
	}
	return len(message), nil
}

// row adds a row. Its version is 0: whatever comes through the slot is newer, also a change whose record in the log
// lies before the snapshot because its transaction was still open then.
func (r *copyReader) row(c *cursor) error {
	if r.batch == nil {
		r.batch = warehouse.NewBatch(r.table)
		r.batch.Grow(r.room)
	}
	values := *c
	r.batch.AddRow(warehouse.OpSnapshot, 0, 0, 0, r.at)
	for i := range r.table.Columns {
		if err := addValue(&r.batch.Columns[i], &r.table.Columns[i], copiedField(c)); err != nil {
			r.batch.Undo()
			*c = values
			return r.setAside(c, i, err)
		}
	}
	if c.short {
		return errCopy
	}
	return nil
}

// setAside reads the values of a row again for a letter: those of a column cannot be kept.
func (r *copyReader) setAside(c *cursor, at int, fault error) error {
	fields := make([]field, len(r.table.Columns))
	for i := range fields {
		fields[i] = copiedField(c)
	}
	if c.short {
		return errCopy
	}
	r.aside = append(r.aside, copiedLetter(r.table, fields, at, fault, r.at))
	return nil
}

func copiedField(c *cursor) field {
	if size := int32(c.u32()); size >= 0 {
		return field{form: 'b', data: c.take(int(size))}
	}
	return field{form: 'n'}
}

func (r *copyReader) flush() error {
	if r.batch == nil {
		return nil
	}
	p := Piece{r.batch, r.aside}
	r.room = r.batch.Len()
	r.batch, r.aside, r.bytes = nil, nil, 0
	return r.send(p)
}
