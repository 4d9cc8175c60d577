package operational

import (
	"encoding/json"
	"slices"
)

// Page asks for a slice of a list. After holds the sort keys of the last row seen (from a verified cursor).
type Page struct {
	Limit int      // 1..200
	After []string // sort key values as text, the id last; nil for the first page
	Count bool     // also count exactly
}

// Listed is one page of a list.
type Listed[T any] struct {
	Items []T
	Next  []string // sort keys of the last row when there is more, else nil
	Total *int64   // only when asked
}

// Query asks for a slice of a list: which rows, in which order.
type Query struct {
	Page
	Filter *Filter
	Sort   []Sort // empty: the list's own order; the id is always the last key
}

// Names are the fields that the query names.
func (q Query) Names() []string {
	var names []string
	for _, s := range q.Sort {
		names = append(names, s.Field)
	}
	var visit func(f Filter)
	visit = func(f Filter) {
		names = append(names, f.Field)
		for _, part := range slices.Concat(f.And, f.Or) {
			visit(part)
		}
	}
	if q.Filter != nil {
		visit(*q.Filter)
	}
	return names
}

// Filter is a parsed filter: a comparison, or a combination of filters.
type Filter struct {
	And, Or []Filter
	Field   string
	Op      string   // eq, ne, lt, le, gt, ge, in, contains, is_null
	Values  []string // one; several for in; none for is_null
}

// Sort is one sort key.
type Sort struct {
	Field string
	Desc  bool
}

// Opt is a value of a merge patch: not given, cleared (given without value) or set.
type Opt[T any] struct {
	Given bool
	Value *T
}

// UnmarshalJSON reads a member of a merge patch: null clears.
func (o *Opt[T]) UnmarshalJSON(data []byte) error {
	o.Given, o.Value = true, nil
	if string(data) == "null" {
		return nil
	}
	o.Value = new(T)
	return json.Unmarshal(data, o.Value)
}

// Set makes a given value.
func Set[T any](v T) Opt[T] { return Opt[T]{Given: true, Value: &v} }

// Listing says by which fields a list may be filtered and sorted: those that this side may read, no others.
type Listing struct{ Filters, Sorts []string }
