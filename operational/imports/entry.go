package imports

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// entry is one row at work: what cleansing noted about it and why it cannot be kept, if so.
type entry struct {
	x      *reader
	t      *table
	r      row
	notes  []Finding
	faults []Finding
}

func (x *reader) entry(t *table, r row) *entry { return &entry{x: x, t: t, r: r} }

// text is a value after cleansing.
func (e *entry) text(column string) string {
	was := e.t.get(e.r, column)
	v := squeeze(was)
	if v != was {
		e.note(column, ruleWhitespace, was, v, "Blanks that nobody meant were taken out.")
	}
	if right, found := e.x.spelling[column][v]; found {
		e.note(column, ruleSpelling, v, right, "The mapping puts this value right.")
		return right
	}
	return v
}

// plain is a value as it stands in the file, but for blanks: for saying what was there.
func (e *entry) plain(column string) string { return squeeze(e.t.get(e.r, column)) }

// needed is a value without which, or with more characters than fit, the row cannot be kept.
func (e *entry) needed(column string, most int) string {
	v := e.text(column)
	switch {
	case v == "":
		e.fault(column, ruleMissingValue, "", "The value is missing.")
	case utf8.RuneCountInString(v) > most:
		e.fault(column, ruleTooLong, v, fmt.Sprintf("The value has more than %d characters.", most))
	}
	return v
}

// optional is a value that is left empty when it does not fit.
func (e *entry) optional(column string, most int) *string {
	v := e.text(column)
	if utf8.RuneCountInString(v) > most {
		e.drop(column, v, fmt.Sprintf("has more than %d characters", most))
		return nil
	}
	if v == "" {
		return nil
	}
	return &v
}

// day is the day of a column, nil when empty or wrong.
func (e *entry) day(column string) *time.Time {
	v := e.text(column)
	if v == "" {
		return nil
	}
	at, err := e.x.dates.day(v)
	if err == nil && e.x.ambiguous[e.t.role+"/"+column] && e.x.dates.readsBothWays(v) {
		err = fmt.Errorf("%q may be read as two different days, and this column mixes both ways of writing them", v)
	}
	if err != nil {
		e.fault(column, ruleDateFormat, v, sentence(err))
		return nil
	}
	return &at
}

func (e *entry) note(column, rule, was, became, reason string) {
	e.notes = append(e.notes, e.finding(column, rule, was, reason, true))
	e.notes[len(e.notes)-1].Became = new(clip(became))
}

func (e *entry) drop(column, was, why string) {
	e.note(column, ruleValueDropped, was, "", fmt.Sprintf("The value %s; the row is kept without it.", why))
}

func (e *entry) fault(column, rule, was, reason string) {
	e.faults = append(e.faults, e.finding(column, rule, was, reason, false))
}

func (e *entry) finding(column, rule, was, reason string, kept bool) Finding {
	f := Finding{File: e.t.name, Line: e.r.line, Rule: rule, Was: new(clip(was)), Reason: reason, Kept: kept}
	if name, mapped := e.t.header[column]; mapped {
		f.Field = &name
	}
	return f
}

// kept closes the row: what was noted is reported if the row stays, else why it does not.
func (e *entry) kept() bool {
	if len(e.faults) > 0 {
		e.x.findings = append(e.x.findings, e.faults...)
		e.x.quarantined[e.t.role]++
		return false
	}
	e.x.findings = append(e.x.findings, e.notes...)
	return true
}

// first says whether a name comes for the first time in its file; a second row with it is quarantined.
func (e *entry) first(column, name, key string) bool {
	if name == "" {
		return false // reported already
	}
	line, twice := e.x.lines[e.t.role][key]
	if twice {
		e.fault(column, ruleDuplicate, name, fmt.Sprintf("The row on line %d has the same; that one is kept.", line))
		return false
	}
	e.x.lines[e.t.role][key] = e.r.line
	return true
}

// find looks a name up in another file, however it is spelled; ok is false when the row must go.
func (e *entry) find(column, name, role, rule string) (place int, ok bool) {
	place, known := e.x.names[role].find(name)
	switch {
	case !known:
		e.fault(column, rule, name, fmt.Sprintf("It is not in %s.", e.x.m.FileName(role)))
	case place < 0:
		e.fault(column, rule, name, fmt.Sprintf("Its row in %s is in quarantine.", e.x.m.FileName(role)))
	default:
		return place, true
	}
	return -1, false
}

// spelledAs notes that a name is written another way than in its own file.
func (e *entry) spelledAs(column, name, right, role string) {
	if name != right {
		e.note(column, ruleNameMatch, name, right, fmt.Sprintf("The same name as in %s, written another way.", e.x.m.FileName(role)))
	}
}

// sentence makes a reason out of an error.
func sentence(err error) string { return "The value " + err.Error() + "." }
