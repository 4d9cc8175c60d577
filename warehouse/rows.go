package warehouse

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/google/uuid"
)

// KeySpan is a range of keys by the first column of the key, as both sides order ids: byte by byte. A zero To leaves it open.
type KeySpan struct{ From, To uuid.UUID }

// KeyColumns gives the places of the key's columns.
func (t *Table) KeyColumns() []int {
	at := make([]int, len(t.Key))
	for i, name := range t.Key {
		at[i] = t.Index(name)
	}
	return at
}

// CompareKey orders row i against row j of another batch of the same table by key, as View.Scan does.
func (b *Batch) CompareKey(key []int, i int, other *Batch, j int) int {
	for _, at := range key {
		x, y := &b.Columns[at], &other.Columns[at]
		n := 0
		if x.Kind == KindUUID {
			n = bytes.Compare(x.UUIDs[i][:], y.UUIDs[j][:])
		} else {
			n = cmp.Compare(x.Ints[i], y.Ints[j])
		}
		if n != 0 {
			return n
		}
	}
	return 0
}

// SameRow says whether all values of row i equal those of row j of another batch of the same table. What a column that is
// gone held once is no difference: nobody reads it, and no log is written anew for it.
func (b *Batch) SameRow(i int, other *Batch, j int) bool {
	for at := range b.Columns {
		if !b.Table.Columns[at].Gone && !b.Columns[at].same(i, &other.Columns[at], j) {
			return false
		}
	}
	return true
}

func (c *ColumnData) same(i int, d *ColumnData, j int) bool {
	if c.State[i] != d.State[j] || c.State[i] != Present {
		return c.State[i] == d.State[j]
	}
	switch c.Kind {
	case KindUUID:
		return c.UUIDs[i] == d.UUIDs[j]
	case KindText:
		return bytes.Equal(c.Text(i), d.Text(j))
	default:
		return c.Ints[i] == d.Ints[j]
	}
}

// TakeValues appends the values of row i of another batch; with onlyKey all but the key's are null.
func (b *Batch) TakeValues(from *Batch, i int, onlyKey bool) {
	key := b.Table.KeyColumns()
	for at := range b.Columns {
		c, d := &b.Columns[at], &from.Columns[at]
		switch {
		case d.State[i] != Present:
			c.AddAbsent(d.State[i])
		case onlyKey && !slices.Contains(key, at):
			c.AddAbsent(Null)
		case c.Kind == KindUUID:
			c.AddUUID(d.UUIDs[i])
		case c.Kind == KindText:
			c.AddText(d.Text(i))
		default:
			c.AddInt(d.Ints[i])
		}
	}
}
