package governance

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sharepartner/sharepartner/operational"
)

// Differences is everything that two roles do not say alike.
func Differences(a, b Role) []Difference { return differences(a, b) }

// differences is everything that two roles do not say alike.
func differences(a, b Role) []Difference {
	found := []Difference{}
	add := func(o operational.Object, subject, one, other string) {
		if one != other {
			found = append(found, Difference{o, subject, one, other})
		}
	}
	add("", "hat", a.Worn(), b.Worn())
	add("", "everything", yes(a.Everything), yes(b.Everything))
	for _, c := range sorted(append(slices.Clone(a.Capabilities), b.Capabilities...)) {
		add("", "capability."+string(c), yes(slices.Contains(a.Capabilities, c)), yes(slices.Contains(b.Capabilities, c)))
	}
	for _, o := range slices.Sorted(maps.Keys(union(a.Objects, b.Objects))) {
		x, y := a.Objects[o], b.Objects[o]
		for _, a := range operational.Acts {
			add(o, string(a), yes(x.Has(a)), yes(y.Has(a)))
		}
		add(o, "visibility", orNone(string(x.Visibility)), orNone(string(y.Visibility)))
		add(o, "access", orNone(x.Access), orNone(y.Access))
		add(o, "record_types", typesIn(x), typesIn(y))
		for _, f := range sorted(slices.Concat(x.Readable, y.Readable, x.Editable, y.Editable)) {
			add(o, "field."+f, x.Level(f), y.Level(f))
		}
	}
	return found
}

func union(a, b Rights) Rights {
	all := maps.Clone(a)
	if all == nil {
		all = Rights{}
	}
	maps.Copy(all, b)
	return all
}

func typesIn(x operational.ObjectRights) string {
	switch {
	case !x.Read:
		return "none"
	case x.RecordTypes == nil:
		return "all"
	}
	names := make([]string, 0, len(x.RecordTypes))
	for _, t := range x.RecordTypes {
		names = append(names, t.String())
	}
	return strconv.Itoa(len(names)) + ": " + strings.Join(names, ", ")
}

// shown are the fields that only one of two roles shows.
func shown(found []Difference) (revealed, hidden []FieldRef) {
	revealed, hidden = []FieldRef{}, []FieldRef{}
	for _, d := range found {
		field, isField := strings.CutPrefix(d.Subject, "field.")
		switch {
		case isField && d.One == "hidden":
			revealed = append(revealed, FieldRef{d.Object, field})
		case isField && d.Other == "hidden":
			hidden = append(hidden, FieldRef{d.Object, field})
		}
	}
	return revealed, hidden
}
