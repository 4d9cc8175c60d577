package postgres

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// Reach names the columns by which the grants of an actor choose among the rows of a list that the wall shows. An
// object without one of them leaves it empty: then nothing is chosen by it.
type Reach struct {
	Object  operational.Object
	Columns string // of the table, which the select, its filters and its sorts name, for where the list is put together of parts

	Connection   string // rows of a connection; null: a company's own
	Org          string // in place of a connection: whose rows they are, of a vendor or of one's own
	OwnerContact string // who they belong to with a connection
	OwnerMember  string // and without
	RecordType   string
	Frozen       string // null while the connection lives
	Public       bool   // there is a policy for those who may read the records of all partners
}

// part is a share of a list's rows that one index serves.
type part struct {
	column string // one of ids; empty: any
	ids    []uuid.UUID
	own    bool // without a connection
	living bool // not left behind by a connection that has ended
	types  []uuid.UUID
	all    bool // all record types
}

// parts are what the actor's grants reach: disjoint, and none when there is nothing. A part without any condition is
// all that the wall shows.
func (l List) parts(actor operational.Actor) []part {
	r := l.Reach
	if r.Object == "" || actor.Role == operational.RoleSystem && actor.Rights == nil {
		return []part{{all: true}}
	}
	if g, public := actor.PublicGrant(r.Object); public && r.Public {
		return []part{{types: g.RecordTypes, all: g.AllTypes}}
	}
	var parts []part
	for _, g := range actor.Grants(r.Object) {
		for _, p := range r.parts(actor, g) {
			p.types, p.all = g.RecordTypes, g.AllTypes || r.RecordType == ""
			parts = joined(parts, p)
		}
	}
	return parts
}

// parts are those of one grant; Grant.Reaches says the same of one record.
func (r Reach) parts(actor operational.Actor, g operational.Grant) []part {
	private := g.Visibility == operational.VisibilityPrivate && r.OwnerMember != ""
	mine := part{column: r.OwnerMember, ids: []uuid.UUID{actor.Membership}, own: true}
	switch {
	case r.Org != "" && g.Connection != uuid.Nil:
		return []part{{column: r.Org, ids: []uuid.UUID{g.Vendor}}}
	case r.Org != "" && actor.Side == operational.SidePartner:
		return []part{{column: r.Org, ids: []uuid.UUID{actor.Org}}}
	case g.Connection != uuid.Nil && private:
		return []part{{column: r.OwnerContact, ids: []uuid.UUID{g.Contact}, living: true}}
	case g.Connection != uuid.Nil:
		return []part{{column: r.Connection, ids: []uuid.UUID{g.Connection}, living: true}}
	case private && actor.Side == operational.SideVendor && r.Connection != "" && actor.Rights != nil && len(actor.Rights.Managed) > 0:
		return []part{mine, {column: r.Connection, ids: actor.Rights.Managed}}
	case private:
		return []part{mine}
	}
	return []part{{own: actor.Side == operational.SidePartner}}
}

// joined adds a part to those before it; one that differs in its ids alone goes in with them.
func joined(parts []part, p part) []part {
	for i, q := range parts {
		if p.column != "" && p.column == q.column && p.own == q.own && p.living == q.living && p.all == q.all && slices.Equal(p.types, q.types) {
			parts[i].ids = append(slices.Clone(q.ids), p.ids...)
			return parts
		}
	}
	return append(parts, p)
}

// rest are the conditions of a part but that of its column.
func (b *builder) rest(p part) []string {
	r := b.list.Reach
	var all []string
	if p.own && r.Connection != "" {
		all = append(all, r.Connection+" is null")
	}
	if p.living && r.Frozen != "" {
		all = append(all, r.Frozen+" is null")
	}
	if !p.all && r.RecordType != "" {
		all = append(all, fmt.Sprintf("(%[1]s is null or %[1]s = any(%s::uuid[]))", r.RecordType, b.arg(p.types)))
	}
	return all
}

// together is a part as one condition, for rows that are looked at all or must be sorted anyway.
func (b *builder) together(p part) string {
	all := b.rest(p)
	switch {
	case p.column != "" && len(p.ids) == 1:
		all = append(all, fmt.Sprintf("%s = %s::uuid", p.column, b.arg(p.ids[0])))
	case p.column != "":
		all = append(all, fmt.Sprintf("%s = any(%s::uuid[])", p.column, b.arg(p.ids)))
	}
	return allOf(all)
}

// sideBySide says whether rows of so many ids are better walked each along its own index, all of which are looked at
// until the page is full, than along the index of the wall, leaving out what is not theirs. See the decision in doc.go.
func sideBySide(ids, channel int) bool {
	const most = 64
	return ids <= most && (channel == 0 || ids*ids <= 2*channel)
}

// pieces are a part as walks along indexes, each in the order of the list.
func (b *builder) pieces(p part, channel int) []string {
	if p.column == "" || len(p.ids) == 1 {
		return []string{b.together(p)}
	}
	rest := allOf(b.rest(p))
	if !sideBySide(len(p.ids), channel) {
		// "is true" keeps the planner from fetching all these rows by the index of the column to sort them, and a
		// list that it does not look into from planning each request anew.
		return []string{allOf([]string{fmt.Sprintf("(%s in (select unnest(%s::uuid[]))) is true", p.column, b.arg(p.ids)), rest})}
	}
	each := make([]string, 0, len(p.ids))
	for _, id := range inFours(p.ids) {
		each = append(each, allOf([]string{fmt.Sprintf("%s = %s::uuid", p.column, b.arg(id)), rest}))
	}
	return each
}

// inFours fills the ids up with such as are nobody's, so that there are few statements to be prepared.
func inFours(ids []uuid.UUID) []uuid.UUID {
	if len(ids) <= 4 {
		return ids
	}
	return append(slices.Clip(ids), make([]uuid.UUID, (4-len(ids)%4)%4)...)
}

func allOf(conditions []string) string {
	kept := slices.DeleteFunc(slices.Clone(conditions), func(c string) bool { return c == "" || c == "true" })
	if len(kept) == 0 {
		return "true"
	}
	return strings.Join(kept, " and ")
}

// walks says whether the order begins as the list's own, which the indexes of its parts have.
func (b *builder) walks(sorts []operational.Sort) bool {
	if len(b.list.Order) == 0 {
		return len(sorts) == 0
	}
	own := b.list.Order[0].Field
	return (len(sorts) == 0 || sorts[0].Field == own) && (b.ahead || b.list.Field[own].Walk == "")
}

func alias(from string) string { return from[strings.LastIndex(from, " ")+1:] }

// reached puts the rows of a page together. One part is a condition; of several each gives its first rows in order,
// and the page is made of these: a condition that holds them all would have every row read and sorted.
func (b *builder) reached(parts []part, channel int, sorts []operational.Sort, s *Slice) {
	var pieces []string
	for _, p := range parts {
		if b.walks(sorts) {
			pieces = append(pieces, b.pieces(p, channel)...)
		} else {
			pieces = append(pieces, b.together(p))
		}
	}
	s.From = b.list.From
	switch len(pieces) {
	case 0:
		s.Where = "false and " + s.Where
	case 1:
		s.Where = allOf([]string{pieces[0], s.Where})
	default:
		for i, piece := range pieces {
			pieces[i] = fmt.Sprintf("(select %s from %s where %s order by %s limit %d)", b.list.Reach.Columns, s.From, allOf([]string{piece, s.Where}), s.Order, s.Limit)
		}
		s.From = "(" + strings.Join(pieces, "\nunion all ") + ") " + alias(s.From)
		s.Where = "true"
	}
}

// counting is the statement that counts the rows of a list: part by part, since each has an index of its own.
func (l List) counting(actor operational.Actor, q operational.Query) (sql string, args []any) {
	b := &builder{list: l}
	match := "true"
	if q.Filter != nil {
		match = b.filter(*q.Filter)
	}
	var counts []string
	for _, p := range l.parts(actor) {
		counts = append(counts, "(select count(*) from "+l.From+" where "+allOf([]string{b.together(p), match})+")")
	}
	if len(counts) == 0 {
		return "select 0::bigint", nil
	}
	return "select " + strings.Join(counts, " + "), b.args
}

func (s Slice) fill(sql string) string {
	return strings.NewReplacer("{keys}", s.Keys, "{from}", s.From, "{where}", s.Where, "{order}", s.Order, "{limit}", strconv.Itoa(s.Limit)).Replace(sql)
}
