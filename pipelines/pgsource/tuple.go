package pgsource

import (
	"bytes"
	"fmt"

	"github.com/sharepartner/sharepartner/warehouse"
)

// field is one value of a tuple as it was sent: 'n' null, 'u' unchanged, 't' text, 'b' binary.
type field struct {
	form byte
	data []byte
}

func (f field) same(g field) bool {
	return f.form == 'u' || f.form == g.form && bytes.Equal(f.data, g.data)
}

func (d *Decoder) tuple(c *cursor, r *relation, into *[]field) error {
	count := int(c.u16())
	if c.short || count != len(r.target) {
		return fmt.Errorf("a row of %s has %d columns, its description %d", r.table.Name, count, len(r.target))
	}
	fields := (*into)[:0]
	for range count {
		f := field{form: c.u8()}
		switch f.form {
		case 'n', 'u':
		case 't', 'b':
			f.data = c.take(int(int32(c.u32())))
		default:
			return fmt.Errorf("a value of %s has the unknown form %q", r.table.Name, string(f.form))
		}
		fields = append(fields, f)
	}
	*into = fields
	if c.short {
		return fmt.Errorf("a row of %s is cut short", r.table.Name)
	}
	return nil
}

// add adds a row, or nothing and a ValueError.
func (d *Decoder) add(op warehouse.Op, r *relation, fields []field, start uint64, into *Changes) error {
	b := into.batches[r.index]
	b.AddRow(op, d.commitLSN, start, d.seq, d.commitAt)
	for i, f := range fields {
		at := r.target[i]
		err := addValue(&b.Columns[at], &r.table.Columns[at], f)
		if err != nil && op == warehouse.OpDelete && !r.key[i] {
			b.Columns[at].AddAbsent(warehouse.Null) // the key says what is gone
			continue
		}
		if err != nil {
			b.Undo()
			return &ValueError{Table: r.table.Schema + "." + r.table.Name, Column: r.table.Columns[at].Name, Reason: err.Error()}
		}
	}
	for _, at := range r.gone {
		b.Columns[at].AddAbsent(warehouse.Null)
	}
	return nil
}
