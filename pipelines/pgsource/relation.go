package pgsource

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Type ids of Postgres that each kind may come as.
var typesOf = map[warehouse.Kind][]uint32{
	warehouse.KindUUID:    {2950},
	warehouse.KindText:    {25, 1043, 1042},
	warehouse.KindInt:     {20, 21, 23},
	warehouse.KindDecimal: {1700},
	warehouse.KindTime:    {1184},
	warehouse.KindDate:    {1082},
	warehouse.KindBool:    {16},
}

// relation says where the columns of a table, as the sender orders them, stand in ours.
type relation struct {
	table  *warehouse.Table
	index  int    // of the table in Changes
	target []int  // of each sent column
	key    []bool // of each sent column
	gone   []int  // columns of ours that are not sent any more
	raw    []byte // the description as it was sent
}

// SchemaError says that Postgres sends another shape of a table than the warehouse keeps.
type SchemaError struct {
	Table   string
	Missing []string // the warehouse keeps them, Postgres does not send them
	Extra   []string // the other way round
	Types   []string // sent with a type that does not fit
	Advice  string   // how that came and what to do
}

func (e *SchemaError) Error() string {
	if e.Advice == "" {
		e.Advice = anyVersion
	}
	if len(e.Missing)+len(e.Extra)+len(e.Types) == 0 {
		return fmt.Sprintf("table %s is published but not mirrored: %s", e.Table, e.Advice)
	}
	var parts []string
	for _, p := range []struct {
		what  string
		names []string
	}{{"not sent: ", e.Missing}, {"sent but not kept: ", e.Extra}, {"of another type: ", e.Types}} {
		if len(p.names) > 0 {
			parts = append(parts, p.what+strings.Join(p.names, ", "))
		}
	}
	return fmt.Sprintf("table %s does not have the columns that the warehouse keeps (%s): %s", e.Table, strings.Join(parts, "; "), e.Advice)
}

// relationMessage reads an R message: id, schema, name, identity, then flags, name, type and modifier of each column.
func (d *Decoder) relationMessage(c *cursor, raw []byte) error {
	id, schema, name := c.u32(), c.text(), c.text()
	c.u8()
	count := int(c.u16())
	if c.short || count*10 > len(c.b) {
		return errShort('R')
	}
	full := schema + "." + name
	index := slices.IndexFunc(d.tables, func(t *warehouse.Table) bool { return t.Schema == schema && t.Name == name })
	if index < 0 {
		return &SchemaError{Table: full}
	}
	r := &relation{table: d.tables[index], index: index, target: make([]int, count), key: make([]bool, count), raw: bytes.Clone(raw)}
	fault := &SchemaError{Table: full}
	seen := make([]bool, len(r.table.Columns))
	for i := range count {
		c.u8()
		column, typeID := c.text(), c.u32()
		c.u32()
		if c.short {
			return errShort('R')
		}
		at := r.table.IndexFrom(column)
		switch {
		case at < 0 || seen[at]:
			fault.Extra = append(fault.Extra, column)
			continue
		case !slices.Contains(typesOf[r.table.Columns[at].Kind], typeID):
			fault.Types = append(fault.Types, column)
		}
		seen[at], r.target[i], r.key[i] = true, at, slices.Contains(r.table.Key, r.table.Columns[at].Name)
	}
	for i, s := range seen {
		switch c := r.table.Columns[i]; {
		case c.Gone:
			r.gone = append(r.gone, i)
		case !s && slices.Contains(d.awaited, warehouse.TableColumn{Table: r.table, Column: c.Name}):
			r.gone = append(r.gone, i) // not yet
		case !s:
			fault.Missing = append(fault.Missing, c.From())
		}
	}
	if len(fault.Missing)+len(fault.Extra)+len(fault.Types) > 0 {
		return fault
	}
	d.relations[id] = r
	return nil
}
