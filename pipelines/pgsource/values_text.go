package pgsource

import (
	"encoding/hex"
	"errors"
	"strconv"

	"github.com/sharepartner/sharepartner/warehouse"
)

// The text forms come where the sender has no binary one, or was asked for text.

var errText = errors.New("the value cannot be read")

func addText(c *warehouse.ColumnData, column *warehouse.Column, v []byte) error {
	switch column.Kind {
	case warehouse.KindText:
		c.AddText(v)
		return nil
	case warehouse.KindUUID:
		id, err := textUUID(v)
		if err != nil {
			return err
		}
		c.AddUUID(id)
		return nil
	}
	n, err := textInt(column, string(v))
	if err != nil {
		return err
	}
	c.AddInt(n)
	return nil
}

func textInt(column *warehouse.Column, v string) (int64, error) {
	switch column.Kind {
	case warehouse.KindInt:
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return 0, errText
		}
		return n, nil
	case warehouse.KindDecimal:
		return textNumeric(v, column.Scale)
	case warehouse.KindTime:
		return textTime(v)
	case warehouse.KindDate:
		return textDate(v)
	case warehouse.KindBool:
		if v != "t" && v != "f" {
			return 0, errText
		}
		if v == "t" {
			return 1, nil
		}
		return 0, nil
	}
	return 0, errText
}

func textUUID(v []byte) (id [16]byte, err error) {
	if len(v) != 36 || v[8] != '-' || v[13] != '-' || v[18] != '-' || v[23] != '-' {
		return id, errText
	}
	plain := make([]byte, 0, 32)
	for _, part := range [][]byte{v[:8], v[9:13], v[14:18], v[19:23], v[24:]} {
		plain = append(plain, part...)
	}
	if _, err := hex.Decode(id[:], plain); err != nil {
		return id, errText
	}
	return id, nil
}

func textNumeric(v string, scale int) (int64, error) {
	if v == "NaN" || v == "Infinity" || v == "-Infinity" {
		return 0, errors.New("NaN and infinity cannot be kept")
	}
	negative := len(v) > 0 && v[0] == '-'
	if negative {
		v = v[1:]
	}
	var sum uint64
	places, digits := -1, 0 // places: decimals read so far; -1 before the point
	for _, ch := range []byte(v) {
		if ch == '.' && places < 0 {
			places = 0
			continue
		}
		if ch < '0' || ch > '9' {
			return 0, errText
		}
		digits++
		if places >= scale {
			if ch != '0' {
				return 0, errInexact
			}
			continue
		}
		if places >= 0 {
			places++
		}
		if sum = sum*10 + uint64(ch-'0'); sum >= maxDecimal {
			return 0, errTooLarge
		}
	}
	if digits == 0 {
		return 0, errText
	}
	for range scale - max(places, 0) {
		if sum *= 10; sum >= maxDecimal {
			return 0, errTooLarge
		}
	}
	if negative {
		return -int64(sum), nil
	}
	return int64(sum), nil
}
