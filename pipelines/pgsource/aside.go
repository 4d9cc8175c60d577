package pgsource

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sharepartner/sharepartner/warehouse"
)

// held is what is known of a row whose last versions were set aside. The sender leaves out long values that an update
// does not change; the value before is then in a version that the warehouse does not have.
type held struct {
	fields []field // by column of our table; form 0: not sent since
	whole  bool    // the warehouse has no row at all that a value could be taken from
}

var errHeld = errors.New("the value was not sent, since it did not change, and the version that it came with was set aside")

// put adds a row, or sets it aside when it holds a value that cannot be kept. Its place in the transaction counts either way.
func (d *Decoder) put(op warehouse.Op, r *relation, fields []field, start uint64, into *Changes) error {
	var err error
	if op != warehouse.OpDelete {
		err = d.complete(r, fields, fields)
	}
	return d.putWhole(err, op, r, fields, start, into)
}

// putWhole is put for a row that was completed; err says why it could not be.
func (d *Decoder) putWhole(err error, op warehouse.Op, r *relation, fields []field, start uint64, into *Changes) error {
	if err == nil {
		err = d.add(op, r, fields, start, into)
	}
	var value *ValueError
	switch {
	case err == nil && len(d.held) > 0:
		b := into.batches[r.index]
		delete(d.held, heldName(r.table, b.KeyText(b.Len()-1)))
	case errors.As(err, &value):
		d.setAside(op, r, fields, start, value, into)
	case err != nil:
		return err
	}
	d.seq++
	into.Rows++
	return nil
}

// complete fills in what was left out of a row because it is in a version that was set aside, under the key it had.
func (d *Decoder) complete(r *relation, key, fields []field) error {
	if len(d.held) == 0 {
		return nil
	}
	h := d.held[heldName(r.table, keyOf(r, key))]
	if h == nil {
		return nil
	}
	for i := range fields {
		if fields[i].form != 'u' {
			continue
		}
		if before := h.fields[r.target[i]]; before.form != 0 && before.form != 'u' {
			fields[i] = before
		} else if h.whole {
			return &ValueError{Table: r.table.Schema + "." + r.table.Name, Column: r.table.Columns[r.target[i]].Name, Reason: errHeld.Error()}
		}
	}
	return nil
}

func (d *Decoder) setAside(op warehouse.Op, r *relation, fields []field, start uint64, value *ValueError, into *Changes) {
	key := keyOf(r, fields)
	d.hold(op, r, fields, key)
	into.Aside = append(into.Aside, warehouse.DeadLetter{
		CommitLSN: d.commitLSN, RecordLSN: start, Seq: d.seq, CommitAt: time.UnixMicro(d.commitAt).UTC(), Op: op, Table: value.Table, Key: key,
		Column: value.Column, Reason: value.Reason, Raw: bytes.Clone(d.raw), Relation: r.raw,
	})
}

// hold remembers the values of a row that is set aside.
func (d *Decoder) hold(op warehouse.Op, r *relation, fields []field, key string) {
	name := heldName(r.table, key)
	h := d.held[name]
	if h == nil || op != warehouse.OpUpdate {
		h = &held{fields: make([]field, len(r.table.Columns)), whole: op != warehouse.OpUpdate}
		d.held[name] = h
	}
	for i, f := range fields {
		if f.form != 'u' {
			h.fields[r.target[i]] = field{form: f.form, data: bytes.Clone(f.data)}
		}
	}
}

func heldName(t *warehouse.Table, key string) string { return t.Name + " " + key }

func (d *Decoder) forgetTable(t *warehouse.Table) {
	for name := range d.held {
		if strings.HasPrefix(name, t.Name+" ") {
			delete(d.held, name)
		}
	}
}

// keyOf reads the key of a row that perhaps cannot be read otherwise.
func keyOf(r *relation, fields []field) string {
	b := warehouse.NewBatch(r.table)
	b.AddRow(warehouse.OpInsert, 0, 0, 0, 0)
	for i, f := range fields {
		at := r.target[i]
		if !r.key[i] || addValue(&b.Columns[at], &r.table.Columns[at], f) != nil {
			b.Columns[at].AddAbsent(warehouse.Null)
		}
	}
	return b.KeyText(0)
}

// Hold tells the decoder of an open letter from before it began. Letters come in their order.
func (d *Decoder) Hold(letter warehouse.DeadLetter) error {
	r, fields, err := open(d.tables, letter)
	if err == nil {
		d.hold(letter.Op, r, fields, letter.Key)
	}
	return err
}

// Again decodes a letter with the decoder of now. Open letters of the same row that came before it fill in what its
// message leaves out. The row stands at the given place of the log, with the version that it always had.
func Again(tables []*warehouse.Table, letter warehouse.DeadLetter, earlier []warehouse.DeadLetter, lsn uint64, seq uint32) (*warehouse.Batch, error) {
	d := NewDecoder(tables, 0)
	for _, l := range earlier {
		if err := d.Hold(l); err != nil {
			return nil, err
		}
	}
	r, fields, err := open(tables, letter)
	if err != nil {
		return nil, err
	}
	op := letter.Op
	if op == warehouse.OpSnapshot {
		op = warehouse.OpInsert
	}
	d.commitLSN, d.commitAt, d.seq = lsn, letter.CommitAt.UnixMicro(), seq
	into := NewChanges(tables)
	if err := d.complete(r, fields, fields); err != nil {
		return nil, err
	}
	if err := d.add(op, r, fields, letter.RecordLSN, into); err != nil {
		return nil, err
	}
	return into.batches[r.index], nil
}

// copiedLetter sets a row of a snapshot aside. It is written as the message of an insert, so that letters are read in one way.
func copiedLetter(t *warehouse.Table, fields []field, at int, fault error, when int64) warehouse.DeadLetter {
	r := &relation{table: t, target: make([]int, len(fields)), key: make([]bool, len(fields))}
	described := append([]byte{'R', 0, 0, 0, 0}, t.Schema+"\x00"+t.Name+"\x00d"...)
	sent := len(fields)
	for _, c := range t.Columns {
		if c.Gone {
			sent--
		}
	}
	described = binary.BigEndian.AppendUint16(described, uint16(sent))
	row := binary.BigEndian.AppendUint16([]byte{'I', 0, 0, 0, 0, 'N'}, uint16(sent))
	for i, f := range fields {
		r.target[i], r.key[i] = i, slices.Contains(t.Key, t.Columns[i].Name)
		if t.Columns[i].Gone {
			continue
		}
		described = append(append(described, 0), t.Columns[i].From()+"\x00"...)
		described = binary.BigEndian.AppendUint32(described, typesOf[t.Columns[i].Kind][0])
		described = append(described, 0xff, 0xff, 0xff, 0xff)
		if row = append(row, f.form); f.form != 'n' {
			row = append(binary.BigEndian.AppendUint32(row, uint32(len(f.data))), f.data...)
		}
	}
	return warehouse.DeadLetter{
		CommitAt: time.UnixMicro(when).UTC(), Op: warehouse.OpSnapshot, Table: t.Schema + "." + t.Name, Key: keyOf(r, fields),
		Column: t.Columns[at].Name, Reason: fault.Error(), Raw: row, Relation: described,
	}
}

// open reads the message of a letter by the description that it came with.
func open(tables []*warehouse.Table, letter warehouse.DeadLetter) (*relation, []field, error) {
	d := NewDecoder(tables, 0)
	c := cursor{b: letter.Relation}
	if c.u8() != 'R' {
		return nil, nil, fmt.Errorf("letter %d has no description of its table", letter.ID)
	}
	if err := d.relationMessage(&c, letter.Relation); err != nil {
		return nil, nil, err
	}
	c = cursor{b: letter.Raw}
	kind, id := c.u8(), c.u32()
	r := d.relations[id]
	if r == nil || kind != 'I' && kind != 'U' {
		return nil, nil, fmt.Errorf("the message of letter %d cannot be read", letter.ID)
	}
	form := c.u8()
	if form == 'K' || form == 'O' {
		if err := d.tuple(&c, r, &d.old); err != nil {
			return nil, nil, err
		}
		form = c.u8()
	}
	if form != 'N' {
		return nil, nil, errShort(kind)
	}
	if err := d.tuple(&c, r, &d.row); err != nil {
		return nil, nil, err
	}
	for i := range d.row {
		if len(d.old) > 0 && d.row[i].form == 'u' && d.old[i].form != 'n' {
			d.row[i] = d.old[i]
		}
	}
	return r, d.row, nil
}
