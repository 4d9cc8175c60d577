package operational

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
