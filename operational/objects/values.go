package objects

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/sharepartner/sharepartner/operational"
)

// Limits of a company's own fields.
const (
	MaxText   = 1000  // characters of one value
	MaxValues = 15000 // bytes of all values of a record
)

var numberForm = regexp.MustCompile(`^-?[0-9]{1,16}(\.[0-9]{1,6})?$`)

// Set gives the values of a company's own fields after a change; null takes one away. Which fields the change may
// name, the grant says: one that is hidden does not exist.
func (s Setup) Set(g operational.Grant, now, change map[string]any) (map[string]any, error) {
	if len(change) == 0 {
		return now, nil
	}
	names := slices.Sorted(maps.Keys(change))
	if err := s.writable(g, names); err != nil {
		return nil, err
	}
	after := maps.Clone(now)
	if after == nil {
		after = map[string]any{}
	}
	var faults operational.Faults
	for _, name := range names {
		f, _ := s.field(name)
		if change[name] == nil {
			delete(after, name)
			continue
		}
		if why := f.refuses(change[name]); why != "" {
			faults.Add("custom."+name, why, nil)
		}
		after[name] = change[name]
	}
	if text, err := json.Marshal(after); err != nil || len(text) > MaxValues {
		faults.Add("custom", fmt.Sprintf("All values together are longer than %d bytes.", MaxValues), nil)
	}
	return after, faults.Err()
}

// writable refuses fields that are not there, or not for this caller, in the same words; then those that can be read only.
func (s Setup) writable(g operational.Grant, names []string) error {
	var unknown operational.Faults
	for _, name := range names {
		if _, known := s.field(name); !known || !g.Read.Has(name) {
			unknown.Add("body.custom."+shortened(name), operational.UnexpectedMember, nil)
		}
	}
	if err := unknown.Err(); err != nil {
		return err
	}
	for _, name := range names {
		if !g.Edit.Has(name) {
			return operational.NotEditable("custom." + name)
		}
	}
	return nil
}

// refuses says why a value does not fit the field; "" when it does.
func (f Custom) refuses(value any) string {
	text, isText := value.(string)
	_, isBool := value.(bool)
	switch {
	case f.Type == Boolean && isBool:
		return ""
	case f.Type == Boolean:
		return "It is neither true nor false."
	case !isText && f.Type == Number:
		return `It is not a number written as text, such as "1234.50".`
	case !isText:
		return "It is not text."
	}
	switch f.Type {
	case Number:
		if !numberForm.MatchString(text) {
			return `It is not a number such as "1234.50".`
		}
	case Date:
		if _, err := operational.ParseDate(text); err != nil {
			return `It is not a day such as "2017-03-01".`
		}
	case Choice:
		if !slices.Contains(f.Choices, text) {
			return "It is none of the choices of this field."
		}
	default:
		var faults operational.Faults
		faults.Text("", text, 1, MaxText)
		if len(faults) > 0 {
			return faults[0].Message
		}
	}
	return ""
}

func shortened(name string) string {
	if r := []rune(name); len(r) > 60 {
		return string(r[:60])
	}
	return name
}

// Written gives values as they are kept.
func Written(values map[string]any) string {
	if len(values) == 0 {
		return "{}"
	}
	text, err := json.Marshal(values)
	if err != nil {
		return "{}" // texts and truths always marshal
	}
	return string(text)
}
