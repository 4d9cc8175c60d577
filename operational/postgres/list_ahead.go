package postgres

import (
	"slices"
	"time"

	"github.com/sharepartner/sharepartner/operational"
)

// Readers who do not see all fields see of each record the time of the last change of what they see (SeenAt). No index has
// their rows in that order. But none is ever seen as changed after the row itself was, and rows lie in that order. So a
// page is made of the rows that changed last, of those that belong behind the page before: a few more than a page has, in
// the reader's order, as far as nothing further down can come before them. Where that is not far enough, since more rows
// changed unseen, some pages of rows are read; and where not even those are, all of the reader's rows are sorted, as by any
// field without an index.

// looksAhead are how many rows are read beyond those of a page, one after the other.
var looksAhead = []func(page int) int{
	func(page int) int { return max(page/8, 4) },
	func(page int) int { return 5 * page },
}

// FirstSlice is what a page is read by at first: where the list is asked for in that order, more rows than it has.
func (l List) FirstSlice(actor operational.Actor, q operational.Query) (Slice, error) {
	return l.ahead(actor, q, looksAhead[0])
}

// ahead is that with so many rows more.
func (l List) ahead(actor operational.Actor, q operational.Query, more func(page int) int) (Slice, error) {
	sorts := q.Sort
	if len(sorts) == 0 {
		sorts = l.Order
	}
	if len(sorts) != 1 || !sorts[0].Desc || l.Field[sorts[0].Field].Walk == "" {
		return l.SliceFor(actor, q)
	}
	page := limit(q.Limit)
	s, err := (&builder{list: l, ahead: true}).slice(l.parts(actor), channelOf(actor), q, page+more(page))
	s.ahead = true
	return s, err
}

// listed is a record of a list with what says where the next page begins.
type listed[T any] struct {
	item T
	keys []string
}

// changing is a record that says when its reader saw it change.
type changing interface{ ChangedAt() time.Time }

// foremost are the first of the records in the order of their readers, of as many as could be read of those that changed
// last; false: there are too few of them that nothing further down can come before.
func foremost[T any](found []listed[T], read, wanted int) ([]listed[T], bool) {
	if len(found) == 0 {
		return found, true
	}
	bound := found[len(found)-1].keys
	for i, x := range found {
		if item, ok := any(x.item).(changing); ok {
			found[i].keys = []string{given + item.ChangedAt().UTC().Format(timeForm), x.keys[1]}
		}
	}
	slices.SortFunc(found, func(a, b listed[T]) int { return slices.Compare(b.keys, a.keys) })
	if len(found) == read {
		unsure := slices.IndexFunc(found, func(x listed[T]) bool { return slices.Compare(x.keys, bound) < 0 })
		if unsure >= 0 && unsure < wanted {
			return nil, false
		}
	}
	return found[:min(len(found), wanted)], true
}
