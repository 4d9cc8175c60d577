package opportunities

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// field is a field that roles speak of, with everything that shows it: members of records and of history, names in
// filters and sorts, and columns. Who may not read it finds none of these.
type field struct {
	name   string
	lists  []string          // names in filters and sorts
	blanks map[string]string // columns, and what is selected in place of those that nobody asks for
	hide   func(*Opportunity)
	past   func(*Change)
}

var fields = []field{
	{name: "name", lists: []string{"name"}, blanks: blank("name", "''"), hide: func(o *Opportunity) { o.Name = "" }},
	{name: "customer_name", lists: []string{"customer_name"}, blanks: blank("customer_name", "null::text"), hide: func(o *Opportunity) { o.CustomerName = "" }},
	{name: "vendor_account_id", lists: []string{"vendor_account"}, hide: func(o *Opportunity) { o.VendorAccountID = nil }},
	{
		name: "owner", lists: []string{"owner"}, hide: func(o *Opportunity) { o.Owner = nil },
		past: func(c *Change) { c.Owner = nil; c.without(ChangeReassigned) },
	},
	{
		name: "stage", lists: []string{"stage", "stage_type", "process", "closed_at"}, blanks: blank("closed_at", "null::timestamptz"),
		hide: func(o *Opportunity) { o.Process, o.Stage, o.ClosedAt = Ref{}, catalog.Stage{}, nil },
		past: func(c *Change) { c.Stage = catalog.Stage{}; c.without(ChangeStageMoved, ChangeReopened) },
	},
	{
		name: "vendor_net", lists: []string{"amount", "amount_source", "currency"}, blanks: blank("vendor_net_amount", "0::numeric"),
		hide: func(o *Opportunity) { o.VendorNet, o.AmountSource = operational.Money{}, "" },
		past: func(c *Change) { c.VendorNet = operational.Money{} },
	},
	{
		name: "close_date", lists: []string{"close_date"}, blanks: blank("close_date", "null::date"),
		hide: func(o *Opportunity) { o.CloseDate = nil }, past: func(c *Change) { c.CloseDate = nil },
	},
	{
		name: "region", lists: []string{"region"}, blanks: blank("region", "null::text"),
		hide: func(o *Opportunity) { o.Region = "" }, past: func(c *Change) { c.Region = "" },
	},
	{
		name: "tier", lists: []string{"tier"}, blanks: blank("tier", "null::text"),
		hide: func(o *Opportunity) { o.Tier = "" }, past: func(c *Change) { c.Tier = "" },
	},
	{name: fieldLines, lists: []string{"product", "family"}, hide: func(o *Opportunity) { o.Lines = nil }},
	{name: "record_type", lists: []string{"record_type"}, hide: func(o *Opportunity) { o.RecordTypeID = nil }},
	{name: fieldRef, lists: []string{fieldRef}, blanks: blank("external_ref", "null::text"), hide: func(o *Opportunity) { o.ExternalRef = nil }},
	{name: fieldHistory},
}

// linesAt is where lines are among the fields.
var linesAt = slices.IndexFunc(fields, func(f field) bool { return f.name == fieldLines })

// refAt is where the reference is that another system has for an opportunity.
var refAt = slices.IndexFunc(fields, func(f field) bool { return f.name == fieldRef })

const (
	fieldRef     = "external_ref"
	fieldLines   = "lines"
	fieldHistory = "history"
)

// Names in filters and sorts that would tell a partner which of the others a record is of, and what of it lies in
// tables that are not shown to all.
var listsOfOthers = []string{"number", "connection", "partner", "owner", "product", "family", "account", "external_ref"}

func blank(column, instead string) map[string]string { return map[string]string{column: instead} }

// without makes a change of hidden fields one of no particular kind.
func (c *Change) without(kinds ...ChangeKind) {
	if slices.Contains(kinds, c.Kind) {
		c.Kind = ChangeEdited
	}
}

// mask says which fields are hidden, a bit each.
type mask uint32

func maskOf(read operational.FieldSet) mask {
	var m mask
	for i, f := range fields {
		if !read.Has(f.name) {
			m |= 1 << i
		}
	}
	return m
}

func (m mask) hides(i int) bool { return m&(1<<i) != 0 }

// view is how the actor sees the records of one of its grants.
type view struct {
	operational.Grant
	hidden mask
	others bool // those of other partners
}

func viewOf(g operational.Grant) view { return view{Grant: g, hidden: maskOf(g.Read)} }

// views are all of an actor's, and what none of them shows.
type views struct {
	actor  operational.Actor
	all    []view
	never  mask
	public bool
}

func viewsOf(actor operational.Actor) views {
	vs := views{actor: actor, never: ^mask(0)}
	for _, g := range actor.Grants(operational.ObjectOpportunity) {
		vs.add(viewOf(g))
		if g.Public(actor) {
			others := viewOf(g.ToOthers())
			others.others = true
			vs.add(others)
			vs.public = true
		}
	}
	if vs.public { // who reads in the role that is shown all partners' records has no references: they would tell whose one is
		vs.never |= 1 << refAt
	}
	return vs
}

func (vs *views) add(v view) {
	vs.all, vs.never = append(vs.all, v), vs.never&v.hidden
}

// over is the view of a record; there is none of what the actor cannot reach.
func (vs views) over(s state) (view, bool) {
	facts := s.facts()
	for _, v := range vs.all {
		if v.others && v.CoversOthers(vs.actor, facts) || !v.others && v.Covers(vs.actor, facts) {
			return v, true
		}
	}
	return view{}, false
}

// shown is the record as it is seen.
func (v view) shown(s state) Opportunity {
	o := s.opportunity()
	for i, f := range fields {
		if v.hidden.hides(i) && f.hide != nil {
			f.hide(&o)
		}
	}
	o.Custom = shownOf(v.Read, s.Custom)
	o.Version, o.UpdatedAt = v.at(s)
	if v.others {
		o.Number, o.ConnectionID, o.Partner, o.ExternalRef = "", nil, nil, nil
	}
	return o
}

// whole says whether nothing at all is hidden.
func (v view) whole() bool { return v.Read.Whole() }

// at are the version of the record and the time of its last change, by what the view shows of it.
func (v view) at(s state) (version int64, updated time.Time) {
	return s.Touched.Seen(v.Read, s.Version, s.UpdatedAt)
}

// shownOf are the values of added fields that may be read; nil when there are none.
func shownOf(read operational.FieldSet, values map[string]any) map[string]any {
	if shown := operational.MaskCustom(read, values); len(shown) > 0 {
		return shown
	}
	return nil
}

// fieldOfList is the field that a name in filters and sorts belongs to; "" for what is never hidden.
func fieldOfList(name string) string {
	if operational.IsCustom(name) {
		return name
	}
	for _, f := range fields {
		if slices.Contains(f.lists, name) {
			return f.name
		}
	}
	return ""
}

// selections remembers the columns of a select without those that nobody reads: there are few roles.
var selections sync.Map // of selection to string

type selection struct {
	side   operational.Side
	hidden mask
}

// columns of a side, without those that are hidden. The owner is always there: rights look at it.
func columns(side operational.Side, hidden mask) string {
	key := selection{side, hidden}
	if known, ok := selections.Load(key); ok {
		return known.(string)
	}
	instead := map[string]string{}
	for i, f := range fields {
		for column, blank := range f.blanks {
			if hidden.hides(i) {
				instead[column] = blank
			}
		}
	}
	var list []string
	for _, column := range columnsOf[side] {
		if blank, hidden := instead[column]; hidden {
			list = append(list, blank+" as "+column)
		} else {
			list = append(list, "o."+column)
		}
	}
	if side != operational.SideVendor {
		list = append(list, "null::uuid as vendor_account_id")
	}
	text := strings.Join(list, ", ")
	selections.Store(key, text)
	return text
}

// qualified are the columns of a side under the alias that lists use.
func qualified(side operational.Side) string {
	return "o." + strings.Join(columnsOf[side], ", o.")
}

var reach = postgres.Reach{
	Object: operational.ObjectOpportunity, Connection: "o.connection_id", OwnerContact: "o.owner_contact_id", OwnerMember: "o.owner_membership_id",
	RecordType: "o.record_type_id", Frozen: "o.frozen_at", Public: true,
}
