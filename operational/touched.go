package operational

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// Touched counts the changes of a record by the fields that each has changed, which are joined by commas, and says when the
// last of them was, in microseconds of 1970. Under the empty name are the version and the time from which that is counted.
// Without anything in it, nothing has changed since the record was created.
//
// By it, whoever reads not all fields counts the changes of which they see something. Version and time of the row move with
// all changes, and so would tell of what is hidden.
type Touched map[string][2]int64

// TouchedNothing is in place of the fields where a change brought what there was: it tells of no field, and is counted by all.
const TouchedNothing = "*"

// With counts one more change, of these fields, of a record of which this are version and time of change so far.
func (t Touched) With(version int64, updated time.Time, fields []string, at time.Time) Touched {
	next := maps.Clone(t)
	if len(next) == 0 {
		next = Touched{"": {version, updated.UnixMicro()}}
	}
	together := strings.Join(fields, ",")
	if together == "" {
		together = TouchedNothing
	}
	next[together] = [2]int64{next[together][0] + 1, at.UnixMicro()}
	return next
}

// Text is how the database keeps it.
func (t Touched) Text() string {
	if len(t) == 0 {
		return "{}"
	}
	text, _ := json.Marshal(t) // of a map of numbers: there is nothing to fail
	return string(text)
}

// Base is the version from which changes are counted by field.
func (t Touched) Base(version int64) int64 {
	if len(t) == 0 {
		return version
	}
	return t[""][0]
}

// Seen are version and time of the last change for somebody who reads these fields only. The time is never after the row's
// own, by which lists are walked, also where a clock has gone back between two changes.
func (t Touched) Seen(read FieldSet, version int64, updated time.Time) (int64, time.Time) {
	if len(t) == 0 || read.Whole() {
		return version, updated
	}
	version, at := t[""][0], t[""][1]
	for together, changes := range t {
		if together == TouchedNothing || together != "" && slices.ContainsFunc(strings.Split(together, ","), read.Has) {
			version, at = version+changes[0], max(at, changes[1])
		}
	}
	return version, time.UnixMicro(min(at, updated.UnixMicro())).In(updated.Location())
}
