package api

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// PageInput asks for a page of a list in its own order.
type PageInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Length of a page"`
	Cursor string `query:"cursor" maxLength:"4000" doc:"Where to go on: next_cursor of the page before, with the same filter and sort"`
	Count  string `query:"count" enum:"exact" doc:"exact: also count all rows of the list"`
	FieldsInput
}

// ListInput asks for a page of a list with a filter and an order.
type ListInput struct {
	PageInput
	Filter string `query:"filter" maxLength:"2000" doc:"Which rows: comparisons (field op value) joined by and, or and parentheses. Ops: eq ne lt le gt ge in contains is_null; text in single quotes" example:"stage_type eq 'active' and amount gt 1000"`
	Sort   string `query:"sort" maxLength:"400" doc:"Order: fields parted by commas, a minus before a field turns it round" example:"-updated_at"`
}

// list is a page of a list.
type list[T any] struct {
	Body listBody[T]
}

type listBody[T any] struct {
	Items   []T    `json:"items" doc:"The rows"`
	Next    string `json:"next_cursor,omitempty" doc:"Give it back as cursor for the next page"`
	HasMore bool   `json:"has_more" doc:"There is another page"`
	Total   *int64 `json:"total,omitempty" doc:"Number of all rows, when asked for by count=exact"`
}

// page reads the cursor; name says which list it must come from.
func (in PageInput) page(c cursors, actor operational.Actor, name string) (operational.Page, error) {
	after, err := c.decode(actor, name, in.Cursor)
	if err != nil {
		return operational.Page{}, err
	}
	limit := in.Limit
	if limit == 0 {
		limit = 50
	}
	return operational.Page{Limit: limit, After: after, Count: in.Count == "exact"}, nil
}

// asList answers with a page and signs where the next one begins.
func asList[T any](c cursors, actor operational.Actor, name string, l operational.Listed[T]) *list[T] {
	out := &list[T]{}
	out.Body.Items = l.Items
	if out.Body.Items == nil {
		out.Body.Items = []T{}
	}
	out.Body.Next, out.Body.HasMore, out.Body.Total = c.encode(actor, name, l.Next), l.Next != nil, l.Total
	return out
}

// sliced is a page of a list that is read as a whole, because it is short or grows at its end only: it goes on behind the
// row with the id that the page before ended with.
func sliced[T any](c cursors, actor operational.Actor, in PageInput, name string, all []T, id func(T) string) (*list[T], error) {
	page, err := in.page(c, actor, name)
	if err != nil {
		return nil, err
	}
	l := operational.Listed[T]{Items: all}
	if len(page.After) == 1 {
		l.Items = all[slices.IndexFunc(all, func(x T) bool { return id(x) == page.After[0] })+1:]
	}
	if len(l.Items) > page.Limit {
		l.Items = l.Items[:page.Limit]
		l.Next = []string{id(l.Items[page.Limit-1])}
	}
	if page.Count {
		n := int64(len(all))
		l.Total = &n
	}
	return asList(c, actor, name, l), nil
}

// query reads filter, sort and cursor; name says which list the cursor must come from.
func (in ListInput) query(c cursors, actor operational.Actor, known operational.Listing, name string) (operational.Query, string, error) {
	filter, err := operational.ParseFilter(in.Filter, known.Filters)
	if err != nil {
		return operational.Query{}, "", err
	}
	sort, err := operational.ParseSort(in.Sort, known.Sorts)
	if err != nil {
		return operational.Query{}, "", err
	}
	name = listID(name, in.Filter, in.Sort)
	page, err := in.page(c, actor, name)
	return operational.Query{Page: page, Filter: filter, Sort: sort}, name, err
}

// listing makes the handler of a list from the service's method.
func listing[T any](a *API, operation string, fields func(operational.Actor) operational.Listing,
	read func(context.Context, operational.Actor, operational.Query) (operational.Listed[T], error),
) func(context.Context, operational.Actor, *ListInput) (*list[T], error) {
	return listingBy(a, operation, func(_ context.Context, actor operational.Actor, _ ...string) (operational.Listing, error) {
		return fields(actor), nil
	}, read)
}

// listingBy is listing where the fields depend on what filter and sort name: a company may have added some.
func listingBy[T any](a *API, operation string, fields func(ctx context.Context, actor operational.Actor, asked ...string) (operational.Listing, error),
	read func(context.Context, operational.Actor, operational.Query) (operational.Listed[T], error),
) func(context.Context, operational.Actor, *ListInput) (*list[T], error) {
	return func(ctx context.Context, actor operational.Actor, in *ListInput) (*list[T], error) {
		known, err := fields(ctx, actor, in.Filter, in.Sort)
		if err != nil {
			return nil, err
		}
		q, name, err := in.query(a.cursors, actor, known, operation)
		if err != nil {
			return nil, err
		}
		found, err := read(ctx, actor, q)
		if err != nil {
			return nil, err
		}
		return asList(a.cursors, actor, name, found), nil
	}
}

// everybody is for lists whose fields all may read.
func everybody(l func() operational.Listing) func(operational.Actor) operational.Listing {
	return func(operational.Actor) operational.Listing { return l() }
}

// bySide is for lists whose fields one side may read and the other not.
func bySide(l func(operational.Side) operational.Listing) func(operational.Actor) operational.Listing {
	return func(actor operational.Actor) operational.Listing { return l(actor.Side) }
}

// parseID reads an id of the path. What is no id is nobody's record.
func parseID(text string) uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != 36 {
		return uuid.Nil
	}
	return id
}
