package pgsource

import (
	"math/bits"
	"strconv"
	"strings"
)

// Times in text form: 2026-03-01 12:34:56.789+00, with more than four digits of the year after 9999, and BC at the end
// before the year 1. The standard library reads neither.

const dayMicros = 86400 * 1_000_000

func textDate(v string) (int64, error) {
	if v == "infinity" || v == "-infinity" {
		return 0, errInfinite
	}
	v, before := strings.CutSuffix(v, " BC")
	days, ok := civilDays(v, before)
	if !ok {
		return 0, errText
	}
	return days, nil
}

func textTime(v string) (int64, error) {
	if v == "infinity" || v == "-infinity" {
		return 0, errInfinite
	}
	v, before := strings.CutSuffix(v, " BC")
	date, rest, _ := strings.Cut(v, " ")
	days, ok := civilDays(date, before)
	sign := strings.LastIndexAny(rest, "+-")
	if !ok || sign < 0 {
		return 0, errText
	}
	clock, ok1 := clockMicros(rest[:sign])
	offset, ok2 := clockMicros(rest[sign+1:])
	if !ok1 || !ok2 {
		return 0, errText
	}
	if rest[sign] == '-' {
		offset = -offset
	}
	return micros(days, clock-offset)
}

// micros adds what a day has to the days, if that can be kept.
func micros(days, clock int64) (int64, error) {
	negative := days < 0
	if negative {
		days = -days
	}
	high, low := bits.Mul64(uint64(days), dayMicros)
	if high != 0 || low > 1<<63-1-2*dayMicros {
		return 0, errFarTime
	}
	if negative {
		return clock - int64(low), nil
	}
	return clock + int64(low), nil
}

// civilDays counts the days since 1970 of a date in the Gregorian calendar, which Postgres uses for all times.
func civilDays(date string, before bool) (int64, bool) {
	parts := strings.Split(date, "-")
	if len(parts) != 3 || len(parts[0]) > 7 {
		return 0, false
	}
	var n [3]int64
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 32)
		if err != nil {
			return 0, false
		}
		n[i] = int64(v)
	}
	year, month, day := n[0], n[1], n[2]
	if year < 1 || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false
	}
	if before {
		year = 1 - year
	}
	if month <= 2 { // years that begin in March have the leap day at their end
		year, month = year-1, month+12
	}
	return 365*year + floor(year, 4) - floor(year, 100) + floor(year, 400) + (153*(month-3)+2)/5 + day - 1 - 719468, true
}

func floor(a, b int64) int64 {
	if a < 0 {
		return -((b - 1 - a) / b)
	}
	return a / b
}

// clockMicros reads hours, and minutes, seconds and their fraction if they are there.
func clockMicros(v string) (int64, bool) {
	whole, fraction, _ := strings.Cut(v, ".")
	parts := strings.Split(whole, ":")
	if len(parts) > 3 || len(fraction) > 6 || fraction != "" && len(parts) != 3 {
		return 0, false
	}
	var sum int64
	for i, unit := range []int64{3600, 60, 1} {
		if i == len(parts) {
			break
		}
		n, err := strconv.ParseUint(parts[i], 10, 8)
		if err != nil || n > 60 {
			return 0, false
		}
		sum += int64(n) * unit
	}
	sum *= 1_000_000
	if fraction != "" {
		n, err := strconv.ParseUint((fraction + "00000")[:6], 10, 32)
		if err != nil {
			return 0, false
		}
		sum += int64(n)
	}
	return sum, true
}
