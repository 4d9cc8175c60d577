package postgres

import (
	"encoding/binary"
	"math"
	"reflect"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
)

// reader writes a value as the server sent it into a field. What it cannot read it leaves to the driver (false), nulls
// among them where a field has no place for one.
type reader func(to reflect.Value, src []byte) bool

// readerOf gives the reader of a type of field and of column; nil when the driver has to do it.
func readerOf(t reflect.Type, oid uint32) reader {
	if t.Kind() == reflect.Pointer {
		inner := readerOf(t.Elem(), oid)
		if inner == nil {
			return nil
		}
		return func(to reflect.Value, src []byte) bool {
			if src == nil {
				to.SetZero()
				return true
			}
			v := reflect.New(t.Elem())
			to.Set(v)
			return inner(v.Elem(), src)
		}
	}
	switch oid {
	case pgtype.UUIDOID:
		return typed(t, uuidOf)
	case pgtype.TimestamptzOID:
		return typed(t, timeOf)
	case pgtype.DateOID:
		return typed(t, dateOf)
	case pgtype.NumericOID:
		return typed(t, decimalOf)
	case pgtype.TextOID:
		if t.Kind() == reflect.String {
			return func(to reflect.Value, src []byte) bool {
				to.SetString(string(src))
				return src != nil
			}
		}
	case pgtype.Int8OID, pgtype.Int4OID:
		if t.Kind() == reflect.Int64 || t.Kind() == reflect.Int {
			return integer
		}
	case pgtype.TextArrayOID:
		return typed(t, textsOf)
	}
	return nil
}

// typed makes a reader of a function that reads one type, for fields of just that type.
func typed[T any](t reflect.Type, read func(src []byte) (T, bool)) reader {
	if t != reflect.TypeFor[T]() {
		return nil
	}
	return func(to reflect.Value, src []byte) bool {
		v, ok := read(src)
		if ok {
			*to.Addr().Interface().(*T) = v
		}
		return ok
	}
}

func integer(to reflect.Value, src []byte) bool {
	switch len(src) {
	case 8:
		to.SetInt(int64(binary.BigEndian.Uint64(src)))
	case 4:
		to.SetInt(int64(int32(binary.BigEndian.Uint32(src))))
	default:
		return false
	}
	return true
}

func uuidOf(src []byte) (uuid.UUID, bool) {
	if len(src) != 16 {
		return uuid.Nil, false
	}
	return uuid.UUID(src), true
}

// The server counts from the year 2000: microseconds, or days.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func timeOf(src []byte) (time.Time, bool) {
	if len(src) != 8 {
		return time.Time{}, false
	}
	n := int64(binary.BigEndian.Uint64(src))
	if n == math.MaxInt64 || n == math.MinInt64 { // infinity
		return time.Time{}, false
	}
	return time.UnixMicro(epoch.UnixMicro() + n).UTC(), true
}

func dateOf(src []byte) (operational.Date, bool) {
	if len(src) != 4 {
		return operational.Date{}, false
	}
	n := int32(binary.BigEndian.Uint32(src))
	if n == math.MaxInt32 || n == math.MinInt32 { // infinity
		return operational.Date{}, false
	}
	return operational.DateOf(epoch.AddDate(0, 0, int(n))), true
}

// decimalOf reads a numeric below 10^12 with at most four decimals: groups of four digits, with the weight of the first.
func decimalOf(src []byte) (decimal.Decimal, bool) {
	if len(src) < 8 {
		return decimal.Decimal{}, false
	}
	groups := int(binary.BigEndian.Uint16(src))
	weight := int(int16(binary.BigEndian.Uint16(src[2:])))
	sign := binary.BigEndian.Uint16(src[4:])
	scale := int(binary.BigEndian.Uint16(src[6:]))
	if weight > 2 || weight-groups < -2 || scale > 4 || sign != 0 && sign != 0x4000 || len(src) != 8+2*groups {
		return decimal.Decimal{}, false
	}
	var value int64 // in units of 1/10,000
	for i := range groups {
		value += int64(binary.BigEndian.Uint16(src[8+2*i:])) * powers[4*(weight-i+1)]
	}
	if sign != 0 {
		value = -value
	}
	return decimal.New(value/powers[4-scale], int32(-scale)), true
}

var powers = func() (p [13]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return p
}()

// textsOf reads an array of texts without nulls.
func textsOf(src []byte) ([]string, bool) {
	if len(src) < 12 || binary.BigEndian.Uint32(src[4:]) != 0 || binary.BigEndian.Uint32(src) > 1 {
		return nil, false
	}
	if binary.BigEndian.Uint32(src) == 0 {
		return []string{}, true
	}
	if len(src) < 20 {
		return nil, false
	}
	n := int(binary.BigEndian.Uint32(src[12:]))
	if n > len(src) {
		return nil, false
	}
	texts := make([]string, 0, n)
	for at := 20; len(texts) < n; {
		if at+4 > len(src) {
			return nil, false
		}
		length := int(binary.BigEndian.Uint32(src[at:]))
		at += 4
		if length > len(src)-at {
			return nil, false
		}
		texts = append(texts, string(src[at:at+length]))
		at += length
	}
	return texts, true
}
