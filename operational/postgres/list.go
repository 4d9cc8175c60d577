package postgres

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sharepartner/sharepartner/operational"
)

// List is what the API may ask of one table: by which fields it can be filtered and sorted, and how those read in SQL.
// Only texts of a List, which a programmer wrote, get into a statement; what a caller gives becomes an argument.
type List struct {
	From  string             // table and alias, for example "crm.opportunity o"
	ID    string             // the key of the table in SQL, for example "o.id"; ties are broken by it
	Order []operational.Sort // when nothing is asked for
	Field map[string]Column  // by its name in the API
	Reach Reach              // how rights choose among its rows; zero: the wall alone does
}

// Column is a field of a list.
type Column struct {
	SQL      string
	Type     ValueType
	Nullable bool     // null comes last, whatever the direction
	Enum     []string // the only values there are
	Prefix   string   // what people may write before the value, as in OPP-1187
	Walk     string   // a column that is never below this one and that lists are sorted by along their indexes: see list_ahead.go
	// Within holds the place of a field that lies in another table: "exists (select from ... where ... and %s)".
	// One can filter by such a field, not sort.
	Within string
}

const idField = "id"

// Listing names the fields.
func (l List) Listing() operational.Listing {
	listing := operational.Listing{Filters: []string{idField}, Sorts: []string{idField}}
	for _, name := range slices.Sorted(maps.Keys(l.Field)) {
		listing.Filters = append(listing.Filters, name)
		if l.Field[name].Within == "" {
			listing.Sorts = append(listing.Sorts, name)
		}
	}
	return listing
}

// With gives the list with further fields.
func (l List) With(fields map[string]Column) List {
	if len(fields) > 0 {
		l.Field = maps.Clone(l.Field)
		maps.Copy(l.Field, fields)
	}
	return l
}

func (l List) column(name string) (Column, bool) {
	if name == idField {
		return Column{SQL: l.ID, Type: UUID}, true
	}
	c, ok := l.Field[name]
	return c, ok
}

// Slice is a query against a list, in pieces of SQL with numbered arguments.
type Slice struct {
	Match     string // the filter alone, for counting; its arguments are the first MatchArgs of Args
	MatchArgs int
	From      string // the table under its alias, or the parts of it that are put together
	Where     string // the filter, the rights and the place behind the last row seen
	Order     string
	Keys      string // an array with the sort keys of a row as text
	Limit     int    // one more row than asked for, which says whether there are more
	ahead     bool   // rows come in the order in which they lie, and more of them
	Args      []any
}

// Limits of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 500 // of a page that the program reads for itself; callers of the API get 200 at most
)

// Slice translates a query of somebody whom rights deny nothing that the wall shows. All wrong values are reported at once.
func (l List) Slice(q operational.Query) (Slice, error) {
	return (&builder{list: l}).slice([]part{{all: true}}, 0, q, limit(q.Limit))
}

// SliceFor translates a query of somebody who sees what their rights let them.
func (l List) SliceFor(actor operational.Actor, q operational.Query) (Slice, error) {
	return (&builder{list: l}).slice(l.parts(actor), channelOf(actor), q, limit(q.Limit))
}

func channelOf(actor operational.Actor) int {
	if actor.Rights == nil {
		return 0
	}
	return actor.Rights.Channel
}

func (b *builder) slice(parts []part, channel int, q operational.Query, length int) (Slice, error) {
	keys := b.keys(q.Sort)
	match := "true"
	if q.Filter != nil {
		match = b.filter(*q.Filter)
	}
	along := keys
	if b.ahead {
		along = walked(keys)
	}
	s := Slice{Match: match, MatchArgs: len(b.args), Where: match, Order: order(along), Keys: keysText(along), Limit: length + 1}
	if q.After != nil {
		s.Where = allOf([]string{s.Where, b.behind(keys, q.After)})
	}
	b.reached(parts, channel, q.Sort, &s)
	s.Args = b.args
	return s, b.err()
}

func limit(asked int) int {
	if asked < 1 {
		return DefaultLimit
	}
	return min(asked, MaxLimit)
}

type builder struct {
	list   List
	ahead  bool // rows are read in the order in which they lie
	args   []any
	faults operational.Faults
}

func (b *builder) err() error {
	if len(b.faults) == 0 {
		return nil
	}
	return &operational.Error{Kind: operational.KindInvalid, Code: "invalid-list", Message: "The list cannot be read like this.", Fields: b.faults}
}

// arg adds an argument and gives its place in the statement.
func (b *builder) arg(value any) string {
	b.args = append(b.args, value)
	return fmt.Sprintf("$%d", len(b.args))
}

type key struct {
	Column
	desc bool
}

// keys are the sort keys asked for, or the list's own; the id makes them unique.
func (b *builder) keys(sorts []operational.Sort) []key {
	if len(sorts) == 0 {
		sorts = b.list.Order
	}
	var keys []key
	desc := false
	for _, s := range sorts {
		c, ok := b.list.column(s.Field)
		if !ok || c.Within != "" {
			b.faults.Add("sort", fmt.Sprintf("There is no field %.60q to sort by.", s.Field), nil)
			continue
		}
		keys, desc = append(keys, key{Column: c, desc: s.Desc}), s.Desc
		if s.Field == idField {
			return keys // nothing behind it can matter
		}
	}
	id, _ := b.list.column(idField)
	return append(keys, key{Column: id, desc: desc})
}

// walked are keys that rows lie in the order of, in place of those that they are asked for by.
func walked(keys []key) []key {
	along := slices.Clone(keys)
	for i, k := range along {
		if k.Walk != "" {
			along[i].SQL = k.Walk
		}
	}
	return along
}

func order(keys []key) string {
	parts := make([]string, 0, len(keys))
	for _, k := range keys {
		part := k.SQL
		if k.desc {
			part += " desc"
		}
		if k.Nullable {
			part += " nulls last"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func keysText(keys []key) string {
	parts := make([]string, 0, len(keys))
	for _, k := range keys {
		parts = append(parts, k.Type.text(k.SQL))
	}
	return "array[" + strings.Join(parts, ", ") + "]"
}

// In a cursor a value is written behind a mark, so that it can be told from null, which is the empty text.
const given = "="

// behind is the condition for rows that come after the one with these sort keys.
func (b *builder) behind(keys []key, after []string) string {
	if len(after) != len(keys) {
		b.faults.Add("cursor", "The cursor belongs to another list.", nil)
		return "false"
	}
	places := make([]string, len(keys)) // of the arguments; "" for null
	oneWay := true
	for i, k := range keys {
		oneWay = oneWay && !k.Nullable && k.desc == keys[0].desc
		value, ok := strings.CutPrefix(after[i], given)
		if !ok && k.Nullable {
			continue
		}
		parsed, err := k.parse(value)
		if err != nil || !ok {
			b.faults.Add("cursor", "The cursor belongs to another list.", nil)
			return "false"
		}
		places[i] = k.Type.cast(b.arg(parsed))
	}
	if oneWay {
		return rowAfter(keys, places)
	}
	condition := afterKey(keys, places)
	if places[0] != "" && !keys[0].Nullable { // lets an index on the first key begin at the right place
		condition = fmt.Sprintf("%s %s= %s and %s", keys[0].SQL, keys[0].sign(), places[0], condition)
	}
	return condition
}

func (k key) sign() string {
	if k.desc {
		return "<"
	}
	return ">"
}

// rowAfter compares whole rows, which an index serves as it is.
func rowAfter(keys []key, places []string) string {
	columns := make([]string, 0, len(keys))
	for _, k := range keys {
		columns = append(columns, k.SQL)
	}
	return fmt.Sprintf("(%s) %s (%s)", strings.Join(columns, ", "), keys[0].sign(), strings.Join(places, ", "))
}

// afterKey spells the order out key by key: behind in this one, or equal in it and behind in the next.
func afterKey(keys []key, places []string) string {
	k, place := keys[0], places[0]
	tie := k.SQL + " is null"
	var past []string
	if place != "" {
		tie = k.SQL + " = " + place
		past = append(past, k.SQL+" "+k.sign()+" "+place)
		if k.Nullable {
			past = append(past, k.SQL+" is null")
		}
	}
	if len(keys) > 1 {
		past = append(past, tie+" and "+afterKey(keys[1:], places[1:]))
	}
	return "(" + strings.Join(past, " or ") + ")"
}
