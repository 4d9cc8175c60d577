package pgsource

import (
	"encoding/binary"
	"testing"

	"github.com/sharepartner/sharepartner/warehouse"
)

// copyMessage is a row of a binary COPY with a value in each column.
func copyMessage(t *warehouse.Table) []byte {
	m := binary.BigEndian.AppendUint16(nil, uint16(len(t.Columns)))
	for _, c := range t.Columns {
		v := map[warehouse.Kind][]byte{
			warehouse.KindUUID: []byte("0123456789abcdef"), warehouse.KindText: []byte("Germany"), warehouse.KindInt: make([]byte, 8),
			warehouse.KindDecimal: {0, 2, 0, 0, 0, 0, 0, 2, 0x10, 0, 0x09, 0xc4}, warehouse.KindTime: make([]byte, 8), warehouse.KindDate: make([]byte, 4), warehouse.KindBool: {1},
		}[c.Kind]
		m = append(binary.BigEndian.AppendUint32(m, uint32(len(v))), v...)
	}
	return m
}

// Rows of a first copy are decoded, a table with many columns.
func BenchmarkCopyReader(b *testing.B) {
	table := warehouse.Tables[6]
	message := copyMessage(table)
	header := append([]byte(copySignature), make([]byte, 8)...)
	rows := 0
	for b.Loop() {
		r := &copyReader{table: table, send: func(Piece) error { return nil }}
		if _, err := r.Write(header); err != nil {
			b.Fatal(err)
		}
		for range 100_000 {
			if _, err := r.Write(message); err != nil {
				b.Fatal(err)
			}
		}
		rows += 100_000
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/row")
}
