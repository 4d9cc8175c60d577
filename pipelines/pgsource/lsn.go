package pgsource

import (
	"fmt"
	"strconv"
	"strings"
)

// FormatLSN writes a place in the write-ahead log as Postgres does: 0/16B3748.
func FormatLSN(lsn uint64) string { return fmt.Sprintf("%X/%X", lsn>>32, uint32(lsn)) }

// ParseLSN reads what FormatLSN writes.
func ParseLSN(text string) (uint64, error) {
	high, low, ok := strings.Cut(text, "/")
	h, err1 := strconv.ParseUint(high, 16, 32)
	l, err2 := strconv.ParseUint(low, 16, 32)
	if !ok || err1 != nil || err2 != nil {
		return 0, fmt.Errorf("%q is no place in the write-ahead log", text)
	}
	return h<<32 | l, nil
}
