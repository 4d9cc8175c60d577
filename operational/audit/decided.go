package audit

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// Decided is one thing that a decision changed, in codes of the program, keys and ids.
type Decided struct {
	Subject string `json:"subject" doc:"What changed, for example role, or opportunity.field.vendor_net of a role"`
	Was     string `json:"was,omitempty" doc:"What it was: a code, a key or an id; absent when there was nothing, or when it was added"`
	Is      string `json:"is,omitempty" doc:"What it is then; absent when there is nothing any more, or when it was taken out"`
}

// Moved adds a change from one code to another, if there is one.
func (d *Details) Moved(subject, was, is string) {
	if was != is {
		d.Changes = append(d.Changes, Decided{subject, was, is})
	}
}

// MovedID is Moved for ids that may be missing.
func (d *Details) MovedID(subject string, was, is *uuid.UUID) {
	d.Moved(subject, textOf(was), textOf(is))
}

func textOf(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

// MostListed is how many of what was added to a list an event names, and of what was taken out of it. It counts all.
const MostListed = 60

// Listed adds what came into a list of codes and what was taken out of it, with how many of each there are.
func (d *Details) Listed(subject string, was, is []string) {
	out, in := without(was, is), without(is, was)
	for _, one := range out[:min(len(out), MostListed)] {
		d.Moved(subject, one, "")
	}
	for _, one := range in[:min(len(in), MostListed)] {
		d.Moved(subject, "", one)
	}
	d.Count(subject+"_taken_out", int64(len(out)))
	d.Count(subject+"_added", int64(len(in)))
}

// ListedIDs is Listed for ids.
func (d *Details) ListedIDs(subject string, was, is []uuid.UUID) {
	d.Listed(subject, texts(was), texts(is))
}

func texts(ids []uuid.UUID) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = id.String()
	}
	return all
}

func without(list, others []string) (left []string) {
	there := make(map[string]bool, len(others))
	for _, o := range others {
		there[o] = true
	}
	for _, one := range list {
		if !there[one] {
			left = append(left, one)
		}
	}
	return left
}

// Count adds how much of something there was, unless it was nothing.
func (d *Details) Count(name string, n int64) {
	if n == 0 {
		return
	}
	if d.Counts == nil {
		d.Counts = map[string]int64{}
	}
	d.Counts[name] = n
}

// Code adds a code, unless it is empty.
func (d *Details) Code(name, code string) {
	if code == "" {
		return
	}
	if d.Codes == nil {
		d.Codes = map[string]string{}
	}
	d.Codes[name] = code
}

// CodeOf makes a code of a word of the business, such as the name of a region: small letters, digits and underscores.
// What is lost of it by that is told apart by a part of its hash.
func CodeOf(word string) string {
	lower := strings.ToLower(strings.TrimSpace(word))
	if lower == "" {
		return ""
	}
	kept := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '-':
			return r
		}
		return '_'
	}, lower)
	plain := strings.ReplaceAll(lower, " ", "_")
	if kept == plain && codeForm.MatchString(kept) {
		return kept
	}
	sum := sha256.Sum256([]byte(word))
	return cmp.Or(strings.TrimLeft(kept[:min(len(kept), 60)], "_.-"), "word") + ":" + hex.EncodeToString(sum[:4])
}

// mostDetails is how many bytes of changes and names of fields one event holds; the database takes a little more.
const mostDetails = 28_000

// leftOut counts the changes for which an event has no room.
const leftOut = "changes_left_out"

// bounded is the details with as much as there is room for, and the count of what is left out.
func (d Details) bounded() Details {
	room := mostDetails
	for i, f := range d.Fields {
		if room -= len(f) + 8; room < 0 {
			d.Count(leftOut, int64(len(d.Fields)-i+len(d.Changes)))
			d.Fields, d.Changes = d.Fields[:i], nil
			return d
		}
	}
	for i, c := range d.Changes {
		if room -= len(c.Subject) + len(c.Was) + len(c.Is) + 56; room < 0 {
			d.Count(leftOut, int64(len(d.Changes)-i))
			d.Changes = d.Changes[:i]
			return d
		}
	}
	return d
}

// hides says whether the reader's role hides what is spoken of: an object, or a field of it.
func hides(readable map[operational.Object]operational.FieldSet, seen func(operational.Object) bool, subject string) bool {
	object, rest, _ := strings.Cut(subject, ".")
	fields, governed := readable[operational.Object(object)]
	if !governed || rest == "" {
		return false
	}
	if !seen(operational.Object(object)) {
		return true
	}
	field, is := strings.CutPrefix(rest, "field.")
	return is && !fields.Has(field)
}

// shown leaves out of the details what the reader's role hides.
func (d Details) shown(object string, readable map[operational.Object]operational.FieldSet, seen func(operational.Object) bool) Details {
	hidden := func(subject string) bool { return hides(readable, seen, subject) }
	d.Changes = slices.DeleteFunc(d.Changes, func(c Decided) bool { return hidden(c.Subject) })
	if field := d.Codes["field"]; field != "" && hidden(d.Codes["object"]+".field."+field) { // a field that the company added
		delete(d.Codes, "field")
	}
	fields, governed := readable[operational.Object(object)]
	d.Fields = slices.DeleteFunc(d.Fields, func(f string) bool { return governed && !fields.Has(f) || hidden(f) })
	return d
}
