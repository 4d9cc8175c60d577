package clickhouse

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"

	"github.com/sharepartner/sharepartner/warehouse"
)

// fill gives the columns of an insert their values, in the form in which the engine itself sends columns: the driver reads each
// as it reads an answer's. It would also take values one by one, and spend more on boxing them than on all else.
func fill(columns []column.Interface, b *warehouse.Batch, numbers []any) (err error) {
	var raw []byte
	source := bytes.NewReader(nil)
	reader := proto.NewReader(source)
	for i, into := range columns {
		if i < len(b.Columns) {
			if want := typeOf(b.Table, b.Table.Columns[i]); string(into.Type()) != want {
				return fmt.Errorf("column %s is of type %s there, and should be %s, as this program made it. Nothing of this counts, and it comes again; give the column its type again, or name another database in WAREHOUSE_URL, which is filled anew", into.Name(), into.Type(), want)
			}
			raw = rawColumn(raw[:0], b, i)
		} else if raw, err = binary.Append(raw[:0], binary.LittleEndian, numbers[i-len(b.Columns)]); err != nil {
			return err
		}
		source.Reset(raw)
		if err := into.Decode(reader, b.Len()); err != nil {
			return err
		}
	}
	return nil
}

// rawColumn adds a column to raw. Keys are never null; a row that empties the table has zeros.
func rawColumn(raw []byte, b *warehouse.Batch, at int) []byte {
	c, d := b.Table.Columns[at], &b.Columns[at]
	switch {
	case slices.Contains(b.Table.Key, c.Name):
		return rawValues(raw, c.Kind, d)
	case few(c):
		return rawDictionary(raw, d)
	}
	for i := range d.State {
		raw = append(raw, bit(absent(d, i)))
	}
	return rawValues(raw, c.Kind, d)
}

func absent(d *warehouse.ColumnData, i int) bool { return d.State[i] != warehouse.Present }

func bit(set bool) byte {
	if set {
		return 1
	}
	return 0
}

func rawValues(raw []byte, kind warehouse.Kind, d *warehouse.ColumnData) []byte {
	switch kind {
	case warehouse.KindUUID:
		for _, id := range d.UUIDs { // two numbers
			raw = binary.LittleEndian.AppendUint64(raw, binary.BigEndian.Uint64(id[:8]))
			raw = binary.LittleEndian.AppendUint64(raw, binary.BigEndian.Uint64(id[8:]))
		}
	case warehouse.KindText:
		for i := range d.Ends {
			raw = rawText(raw, d.Text(i))
		}
	case warehouse.KindDate:
		for _, day := range d.Ints {
			raw = binary.LittleEndian.AppendUint32(raw, uint32(day))
		}
	case warehouse.KindBool:
		for _, v := range d.Ints {
			raw = append(raw, bit(v != 0))
		}
	default: // a decimal is its digits
		for _, v := range d.Ints {
			raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
		}
	}
	return raw
}

func rawText(raw, text []byte) []byte {
	return append(binary.AppendUvarint(raw, uint64(len(text))), text...)
}

// rawDictionary adds texts of which there are few: each different one once, and then which of them each row has.
func rawDictionary(raw []byte, d *warehouse.ColumnData) []byte {
	const (
		narrow, wide = 0, 2   // places of one byte, or of four
		whole        = 1 << 9 // the dictionary comes along
	)
	places := map[string]uint32{}
	texts, count := []byte{0, 0}, uint32(2) // what stands for null, and for the default
	rows := make([]uint32, len(d.State))
	for i := range rows {
		if absent(d, i) {
			continue
		}
		text := d.Text(i)
		place, ok := places[string(text)]
		if !ok {
			place = count
			places[string(text)] = place
			texts = rawText(texts, text)
			count++
		}
		rows[i] = place
	}
	size := uint64(narrow)
	if count > 1<<8 {
		size = wide
	}
	raw = binary.LittleEndian.AppendUint64(raw, whole|size)
	raw = binary.LittleEndian.AppendUint64(raw, uint64(count))
	raw = append(raw, texts...)
	raw = binary.LittleEndian.AppendUint64(raw, uint64(len(rows)))
	for _, place := range rows {
		if size == narrow {
			raw = append(raw, byte(place))
		} else {
			raw = binary.LittleEndian.AppendUint32(raw, place)
		}
	}
	return raw
}
