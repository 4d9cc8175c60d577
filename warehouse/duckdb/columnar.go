package duckdb

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/arrow/memory/mallocator"

	"github.com/sharepartner/sharepartner/warehouse"
)

// shownRecord gives the engine a record to read once, and again when given was taken back. The driver never lets go of a
// reader, so whoever made the record releases it and takes it away.
type shownRecord struct {
	record arrow.Record
	given  bool
}

func (r *shownRecord) Retain()               {}
func (r *shownRecord) Release()              {}
func (r *shownRecord) Schema() *arrow.Schema { return r.record.Schema() }
func (r *shownRecord) Record() arrow.Record  { return r.record }
func (r *shownRecord) Err() error            { return nil }

func (r *shownRecord) Next() bool {
	next := !r.given
	r.given = true
	return next
}

// columnar is a batch in the form in which the engine reads it where it stands, a column at a time. Its memory is the C
// library's, as the engine must not hold pointers into Go's.
type columnar struct {
	memory memory.Allocator
	rows   int
	fields []arrow.Field
	arrays []arrow.Array
}

// inColumns copies a batch without values that were left out. The columns of the latest state come first, and then what
// the log has besides: the engine reads the first columns of a record, or all, but mistakes them when one between is left
// out.
func inColumns(b *warehouse.Batch) arrow.Record {
	r := &columnar{memory: mallocator.NewMallocator(), rows: b.Len()}
	for i := range b.Columns {
		r.add(b.Table.Columns[i], &b.Columns[i])
	}
	r.put("_rec", arrow.PrimitiveTypes.Uint64, nil, r.bytes(arrow.Uint64Traits.CastToBytes(b.RecordLSN)))
	ops := r.buffer(r.rows)
	for i, op := range b.Ops {
		ops.Bytes()[i] = byte(op)
	}
	r.put("_op", arrow.PrimitiveTypes.Uint8, nil, ops)
	r.put("_lsn", arrow.PrimitiveTypes.Uint64, nil, r.bytes(arrow.Uint64Traits.CastToBytes(b.CommitLSN)))
	r.put("_seq", arrow.PrimitiveTypes.Uint32, nil, r.bytes(arrow.Uint32Traits.CastToBytes(b.Seq)))
	r.put("_commit_at", instant, nil, r.bytes(arrow.Int64Traits.CastToBytes(b.CommitAt)))
	defer r.release() // the record holds the arrays
	return array.NewRecord(arrow.NewSchema(r.fields, nil), r.arrays, int64(r.rows))
}

var (
	instant      = &arrow.TimestampType{Unit: arrow.Microsecond}
	sixteenBytes = &arrow.FixedSizeBinaryType{ByteWidth: 16}
	asUUID       = arrow.NewMetadata([]string{"ARROW:extension:name", "ARROW:extension:metadata"}, []string{"arrow.uuid", ""})
)

// add takes a mirrored column.
func (r *columnar) add(column warehouse.Column, c *warehouse.ColumnData) {
	valid := r.valid(c)
	switch c.Kind {
	case warehouse.KindUUID:
		ids := r.buffer(16 * r.rows)
		for i := range c.UUIDs {
			copy(ids.Bytes()[16*i:], c.UUIDs[i][:])
		}
		r.put(column.Name, sixteenBytes, valid, ids)
	case warehouse.KindText:
		ends := r.buffer(8 * (r.rows + 1)) // the first text begins at 0
		for i, end := range c.Ends {
			arrow.Int64Traits.CastFromBytes(ends.Bytes())[i+1] = int64(end)
		}
		r.put(column.Name, arrow.BinaryTypes.LargeString, valid, ends, r.bytes(c.Bytes))
	case warehouse.KindInt:
		r.put(column.Name, arrow.PrimitiveTypes.Int64, valid, r.bytes(arrow.Int64Traits.CastToBytes(c.Ints)))
	case warehouse.KindTime:
		r.put(column.Name, instant, valid, r.bytes(arrow.Int64Traits.CastToBytes(c.Ints)))
	case warehouse.KindDecimal:
		numbers := r.buffer(16 * r.rows)
		for i, n := range c.Ints {
			arrow.Decimal128Traits.CastFromBytes(numbers.Bytes())[i] = decimal128.FromI64(n)
		}
		r.put(column.Name, &arrow.Decimal128Type{Precision: 18, Scale: int32(column.Scale)}, valid, numbers)
	case warehouse.KindDate:
		days := r.buffer(4 * r.rows)
		for i, n := range c.Ints {
			arrow.Int32Traits.CastFromBytes(days.Bytes())[i] = int32(n)
		}
		r.put(column.Name, arrow.FixedWidthTypes.Date32, valid, days)
	case warehouse.KindBool:
		r.put(column.Name, arrow.FixedWidthTypes.Boolean, valid, r.bits(func(i int) bool { return c.Ints[i] != 0 }))
	default:
		panic(fmt.Sprintf("column %s: kind %d has no form", column.Name, c.Kind))
	}
}

func (r *columnar) release() {
	for _, a := range r.arrays {
		a.Release()
	}
}

// put takes a column's buffers over. Without valid no value is null.
func (r *columnar) put(name string, form arrow.DataType, valid *memory.Buffer, buffers ...*memory.Buffer) {
	field := arrow.Field{Name: name, Type: form, Nullable: true}
	if form == arrow.DataType(sixteenBytes) {
		field.Metadata = asUUID
	}
	nulls := 0
	if valid != nil {
		nulls = array.UnknownNullCount
	}
	buffers = append([]*memory.Buffer{valid}, buffers...)
	data := array.NewData(form, r.rows, buffers, nil, nulls, 0)
	r.fields, r.arrays = append(r.fields, field), append(r.arrays, array.MakeFromData(data))
	data.Release()
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
}

// valid tells which values are there; nil when all are.
func (r *columnar) valid(c *warehouse.ColumnData) *memory.Buffer {
	for _, state := range c.State {
		if state != warehouse.Present {
			return r.bits(func(i int) bool { return c.State[i] == warehouse.Present })
		}
	}
	return nil
}

func (r *columnar) bits(set func(i int) bool) *memory.Buffer {
	b := r.buffer((r.rows + 7) / 8)
	for i := range r.rows {
		bitutil.SetBitTo(b.Bytes(), i, set(i))
	}
	return b
}

func (r *columnar) buffer(size int) *memory.Buffer {
	b := memory.NewResizableBuffer(r.memory)
	b.Resize(size)
	return b
}

func (r *columnar) bytes(v []byte) *memory.Buffer {
	b := r.buffer(len(v))
	copy(b.Bytes(), v)
	return b
}
