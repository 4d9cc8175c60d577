package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// bookColumn is a column of a list: the field that it shows, and the name by which the list is sorted by it. The first
// column opens the record.
type bookColumn struct {
	field, sort string
	num, desc   bool
}

// bookFilter is a menu of a list, or, without choices, a value that an address brings along.
type bookFilter struct {
	name, title string // in the address, and on the page
	field, op   string // of the list
	hint        string // lets the value be typed
	choices     func(known) []option
	called      func(*visit, string) string // a value in words, where there are no choices
}

// bookList is the list of a book with search, filters, order, pages and a way to take it along.
func (v *visit) bookList(b *book) error {
	part, err := v.part(b)
	if err != nil {
		return err
	}
	filters := b.filtersWith(part)
	listing, err := b.listing(v, filters)
	if err != nil {
		return err
	}
	q := v.bookAddress(filters)
	query, err := v.bookQuery(b, q, filters, listing)
	if err != nil {
		return err
	}
	found, err := b.list(v, query)
	if err != nil {
		return err
	}
	k, err := v.known(part, found.Items...)
	if err != nil {
		return err
	}
	page := views.Sheet{
		Title: b.title, Notes: v.recordNotes(b), Filters: k.bookBar(b, q, filters, listing),
		Search: &views.Search{Label: "Search " + b.many, Action: b.path, Value: q.Get("name"), Keep: keepFields(q, "name")},
	}
	if found.Total != nil {
		page.Text = v.counted(*found.Total, b.one, b.many)
	}
	if v.actor.Allowed(b.export) {
		page.Acts = append(page.Acts, views.Act{Text: "Export CSV", Href: exportOf(b.path, query), Icon: "download"})
	}
	if b.mayMake(v, part) {
		page.Acts = append(page.Acts, views.Act{Text: "New " + b.one, Href: b.path + "/new", Icon: "plus", Key: "n", Primary: true})
	}
	block := views.Block{ID: "records", Title: "Your " + b.many}
	v.paged(&block, b.path, len(found.Items), found.Next, found.Total, b.one, b.many)
	if len(found.Items) == 0 {
		block.Count, block.Empty = "", v.noRecords(b, page.Filters, part)
	} else {
		block.Table = k.bookTable(b, q, listing, found.Items)
	}
	page.Main = []views.Block{block}
	return v.sheet(http.StatusOK, b.title, page, views.Link{Text: b.title})
}

// The most menus of fields that a company has added.
const mostMenus = 4

// filtersWith are the filters of a list with those by choices which the company has added.
func (b *book) filtersWith(part objects.ObjectPart) []bookFilter {
	all := slices.Clone(b.filters)
	for _, f := range part.Fields {
		if !f.Custom || f.Type != objects.Choice || len(all) == len(b.filters)+mostMenus {
			continue
		}
		all = append(all, bookFilter{name: f.Name, title: f.Label, field: f.Name, op: "eq", choices: func(known) (out []option) {
			for _, c := range f.Choices {
				out = append(out, option{c, c})
			}
			return out
		}})
	}
	return all
}

// fieldsOf are the fields of a list that filters name.
func fieldsOf(filters []bookFilter) []string {
	names := make([]string, 0, len(filters))
	for _, f := range filters {
		names = append(names, f.field)
	}
	return names
}

// bookAddress is the address of the list as it is asked for, without the place in it.
func (v *visit) bookAddress(filters []bookFilter) url.Values {
	asked, q := v.r.URL.Query(), url.Values{}
	names := []string{"name", "sort"}
	for _, f := range filters {
		names = append(names, f.name)
	}
	for _, name := range names {
		if value := strings.TrimSpace(asked.Get(name)); value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// bookQuery turns the address into the question to the service. What a person types becomes a value, never a field.
func (v *visit) bookQuery(b *book, q url.Values, filters []bookFilter, listing operational.Listing) (operational.Query, error) {
	cursor := v.r.URL.Query().Get("cursor")
	query := operational.Query{Page: operational.Page{Limit: pageLength, Count: cursor == ""}}
	for _, f := range filters {
		if value := q.Get(f.name); value != "" {
			query = query.Also(operational.Filter{Field: f.field, Op: f.op, Values: []string{clip(value, 100)}})
		}
	}
	query = query.Also(wordsIn(q.Get("name"), b.words, listing)...)
	var err error
	if query.Sort, err = operational.ParseSort(q.Get("sort"), listing.Sorts); err != nil {
		return query, err
	}
	query.After, err = decodeCursor(cursor)
	return query, err
}

// The most words that are looked for; a person who types more has pasted something.
const mostWords = 6

// wordsIn looks for each word in any of the fields that the reader may search by.
func wordsIn(text string, fields []string, listing operational.Listing) []operational.Filter {
	var all []operational.Filter
	for i, word := range strings.Fields(clip(text, 100)) {
		if i == mostWords {
			break
		}
		var any []operational.Filter
		for _, field := range fields {
			if slices.Contains(listing.Filters, field) {
				any = append(any, operational.Filter{Field: field, Op: "contains", Values: []string{word}})
			}
		}
		if len(any) == 0 { // no text is shown, so none is found
			any = []operational.Filter{is("id", uuid.Nil.String())}
		}
		all = append(all, operational.Filter{Or: any})
	}
	return all
}

// exportOf is where the rows of a list are given as a file.
func exportOf(path string, query operational.Query) string {
	q := url.Values{}
	if query.Filter != nil {
		q.Set("filter", query.Filter.String())
	}
	keys := make([]string, 0, len(query.Sort))
	for _, s := range query.Sort {
		key := s.Field
		if s.Desc {
			key = "-" + key
		}
		keys = append(keys, key)
	}
	if len(keys) > 0 {
		q.Set("sort", strings.Join(keys, ","))
	}
	return address("/exports"+path, q.Encode())
}

// bookBar offers the filters by fields that the person reads on all of the list.
func (k known) bookBar(b *book, q url.Values, filters []bookFilter, listing operational.Listing) views.Filters {
	bar := newBar(b.path, q)
	for _, f := range filters {
		value := q.Get(f.name)
		switch {
		case !slices.Contains(listing.Filters, f.field):
		case f.choices != nil:
			if options := f.choices(k); len(options) > 1 || value != "" {
				bar.choose(f.name, f.title, options, value)
			}
		case f.hint != "":
			bar.form(bar.one(f.name, f.title, nil, value, "All"), f.name, f.title, f.hint, value)
		case value != "":
			bar.out.Active = append(bar.out.Active, views.Link{Text: f.title + ": " + f.called(k.visit, value), Href: bar.with(f.name)})
		}
	}
	if text := q.Get("name"); text != "" {
		bar.out.Active = append(bar.out.Active, views.Link{Text: "Contains: " + clip(text, 40), Href: bar.with("name")})
	}
	return bar.filters("sort")
}

func (v *visit) noRecords(b *book, f views.Filters, part objects.ObjectPart) *views.Empty {
	if len(f.Active) > 0 {
		return &views.Empty{Icon: "filter-off", Title: "No " + b.many + " match", Text: chosen(f), Action: views.Link{Text: "Clear filters", Href: f.Clear}}
	}
	e := &views.Empty{Icon: string(b.object), Title: "There are no " + b.many + " yet", Text: b.empty}
	if b.mayMake(v, part) {
		e.Action = views.Link{Text: "New " + b.one, Href: b.path + "/new"}
	}
	return e
}

// bookTable shows records in the columns whose fields the reader reads.
func (k known) bookTable(b *book, q url.Values, listing operational.Listing, rows []row) *views.Table {
	t := &views.Table{Caption: b.title + ", table", Sticky: true, Rows: make([]views.Row, len(rows))}
	order := q.Get("sort")
	if order == "" {
		order = "-updated_at"
	}
	add := func(title, sort string, num, desc bool, cell func(row) views.Cell) {
		c := views.Column{Title: title, Num: num}
		if slices.Contains(listing.Sorts, sort) {
			c.Sort, c.Order = sortedBy(b.path, q, sort, desc, order)
		}
		t.Columns = append(t.Columns, c)
		for i, r := range rows {
			t.Rows[i].Go, t.Rows[i].Cells = true, append(t.Rows[i].Cells, cell(r))
		}
	}
	add(objectNamed(b.object), b.words[0], false, false, func(r row) views.Cell {
		return views.Cell{Text: r.title, Href: b.path + "/" + r.id.String()}
	})
	for _, c := range b.columns {
		f, shown := fieldOf(k.part, c.field)
		if !shown {
			continue
		}
		add(f.Label, c.sort, c.num, c.desc, func(r row) views.Cell {
			fact := k.fact(f, r.in(memberOf(f)))
			cell := views.Cell{Text: fact.Value}
			if strings.HasPrefix(fact.Href, "/") {
				cell.Href = fact.Href
			}
			return cell
		})
	}
	add("Last change", "updated_at", false, true, func(r row) views.Cell { return views.Cell{Text: k.day(r.updated), Muted: true} })
	return t
}

// sortedBy is where a column's head leads and how the list is sorted by it now.
func sortedBy(path string, asked url.Values, field string, desc bool, order string) (href, now string) {
	next := field
	if desc {
		next = "-" + field
	}
	switch order {
	case field:
		now, next = "ascending", "-"+field
	case "-" + field:
		now, next = "descending", field
	}
	q := url.Values{}
	for name, list := range asked {
		q[name] = list
	}
	q.Set("sort", next)
	return address(path, q.Encode()), now
}
