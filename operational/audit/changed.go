package audit

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// Changed names the fields in which two states of a record differ, as the API calls them. What changes by itself with
// every change is left out; of custom values each is named.
func Changed(before, after any) []string {
	was, is := members(before), members(after)
	for _, m := range []map[string]json.RawMessage{was, is} {
		maps.Copy(m, members(m["custom"]))
		for _, own := range []string{"custom", "version", "updated_at"} {
			delete(m, own)
		}
	}
	names := map[string]bool{}
	for name, value := range is {
		names[name] = !bytes.Equal(value, was[name])
	}
	for name := range was {
		if _, kept := is[name]; !kept {
			names[name] = true
		}
	}
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if names[name] {
			changed = append(changed, name)
		}
	}
	return changed
}

func members(record any) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	text, err := json.Marshal(record)
	if err != nil || json.Unmarshal(text, &m) != nil || m == nil {
		return map[string]json.RawMessage{} // no record has such values; then nothing is named
	}
	return m
}
