package pgsource

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Postgres counts time from 2000-01-01, the warehouse from 1970-01-01.
const (
	epochDays   = 10957
	epochMicros = epochDays * 86400 * 1_000_000
)

// ValueError says that a value cannot be kept in the warehouse: its row is set aside.
type ValueError struct{ Table, Column, Reason string }

func (e *ValueError) Error() string {
	return fmt.Sprintf("column %s of table %s holds a value that cannot be kept: %s", e.Column, e.Table, e.Reason)
}

var errLength = errors.New("the value has a wrong length")

// addValue appends a value of a tuple to its column.
func addValue(c *warehouse.ColumnData, column *warehouse.Column, f field) error {
	switch f.form {
	case 'n':
		c.AddAbsent(warehouse.Null)
		return nil
	case 'u':
		c.AddAbsent(warehouse.Unchanged)
		return nil
	case 'b':
		return addBinary(c, column, f.data)
	default:
		return addText(c, column, f.data)
	}
}

func addBinary(c *warehouse.ColumnData, column *warehouse.Column, v []byte) error {
	switch column.Kind {
	case warehouse.KindText:
		c.AddText(v)
		return nil
	case warehouse.KindUUID:
		if len(v) != 16 {
			return errLength
		}
		c.AddUUID([16]byte(v))
		return nil
	}
	n, err := binaryInt(column, v)
	if err != nil {
		return err
	}
	c.AddInt(n)
	return nil
}

func binaryInt(column *warehouse.Column, v []byte) (int64, error) {
	switch column.Kind {
	case warehouse.KindInt:
		return binaryInteger(v)
	case warehouse.KindDecimal:
		return binaryNumeric(v, column.Scale)
	case warehouse.KindTime:
		if len(v) != 8 {
			return 0, errLength
		}
		return fromPostgresTime(int64(binary.BigEndian.Uint64(v)))
	case warehouse.KindDate:
		if len(v) != 4 {
			return 0, errLength
		}
		return fromPostgresDate(int32(binary.BigEndian.Uint32(v)))
	case warehouse.KindBool:
		if len(v) != 1 || v[0] > 1 {
			return 0, errLength
		}
		return int64(v[0]), nil
	}
	return 0, fmt.Errorf("kind %d has no form", column.Kind)
}

func binaryInteger(v []byte) (int64, error) {
	switch len(v) {
	case 8:
		return int64(binary.BigEndian.Uint64(v)), nil
	case 4:
		return int64(int32(binary.BigEndian.Uint32(v))), nil
	case 2:
		return int64(int16(binary.BigEndian.Uint16(v))), nil
	}
	return 0, errLength
}

var (
	errInfinite = errors.New("infinity cannot be kept")
	errFarTime  = errors.New("the time is too far in the future to be kept") // after the year 294246
)

func fromPostgresTime(micros int64) (int64, error) {
	if micros == math.MaxInt64 || micros == math.MinInt64 {
		return 0, errInfinite
	}
	if micros > math.MaxInt64-epochMicros {
		return 0, errFarTime
	}
	return micros + epochMicros, nil
}

func fromPostgresDate(days int32) (int64, error) {
	if days == math.MaxInt32 || days == math.MinInt32 {
		return 0, errInfinite
	}
	return int64(days) + epochDays, nil
}

// maxDecimal bounds a scaled decimal: eighteen digits.
const maxDecimal = 1_000_000_000_000_000_000

var (
	errTooLarge = errors.New("the number has more than eighteen digits")
	errInexact  = errors.New("the number has more decimal places than the column keeps")
	pow10       = [...]uint64{1, 10, 100, 1000, 10000}
)

// binaryNumeric reads digits in base 10000 and gives the value times 10^scale, exactly or not at all.
func binaryNumeric(v []byte, scale int) (int64, error) {
	c := cursor{b: v}
	count, weight, sign := int(c.u16()), int(int16(c.u16())), c.u16()
	c.u16()
	if c.short || len(c.b) != 2*count {
		return 0, errLength
	}
	if sign != 0 && sign != 0x4000 {
		return 0, errors.New("NaN and infinity cannot be kept")
	}
	var sum uint64
	for i := range count {
		digit := uint64(c.u16())
		if digit > 9999 {
			return 0, errLength
		}
		var err error
		if sum, err = appendDigit(sum, digit, 4*(weight-i)+scale); err != nil {
			return 0, err
		}
	}
	for place := 4*(weight-count+1) + scale; place > 0 && sum > 0; place-- {
		if sum *= 10; sum >= maxDecimal {
			return 0, errTooLarge
		}
	}
	if sign == 0x4000 {
		return -int64(sum), nil
	}
	return int64(sum), nil
}

// appendDigit adds a digit. place is the power of ten that its last decimal stands for, counted from the last kept one.
func appendDigit(sum, digit uint64, place int) (uint64, error) {
	keep := min(4, max(0, 4+place)) // how many of the four decimals are kept
	if digit%pow10[4-keep] != 0 {
		return 0, errInexact
	}
	high, low := bits.Mul64(sum, pow10[keep])
	if high != 0 || low >= maxDecimal {
		return 0, errTooLarge
	}
	if low += digit / pow10[4-keep]; low >= maxDecimal {
		return 0, errTooLarge
	}
	return low, nil
}
