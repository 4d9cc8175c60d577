package imports

import (
	"sort"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// export is what a set of files says, cleansed, still in its own names: ids come when it is written.
type export struct {
	m             Mapping
	managers      []string
	partners      []partner
	products      []product
	accounts      []accounts.ImportedAccount // ExternalRef is the key of the name
	opportunities []opportunity
	findings      []Finding
	quarantined   map[string]int // rows left out, by file
}

type partner struct {
	line                  int
	ref, name, person     string
	manager               int // in managers; -1: none
	region, tier, country string
	customers             map[int]bool // accounts that it has opportunities with
}

type product struct {
	name, family string
	price        decimal.Decimal
}

type opportunity struct {
	ref, name, region string
	line              int
	partner           int // in partners; -1: direct business
	product           int // in products
	account           int // in accounts; -1: not known
	source            opportunities.AmountSource
	steps             []step
}

// step is a state that an opportunity reached; the stage is a place in the mapping's list.
type step struct {
	opportunities.ImportedState
	stage   int
	undated bool // the day is the export's own, for want of one
	derived bool // the amount is the list price, for want of one in the export
}

// last is how the opportunity is now.
func (o opportunity) last() step { return o.steps[len(o.steps)-1] }

// reader cleanses tables into an export.
type reader struct {
	*export
	dates     dates
	spelling  map[string]map[string]string // column -> value -> put right
	names     map[string]*index            // by file
	lines     map[string]map[string]int    // file -> ident -> line of the first row
	ambiguous map[string]bool              // date columns, as file/column, that mix two ways of writing a day
	history   map[string][]row             // rows of stage_history by opportunity

	pipelineTable *table
	historyTable  *table
	lastDay       time.Time // the last day that the pipeline names
}

// read turns tables into an export. It is pure: the time is given, and nothing is asked elsewhere.
func read(m Mapping, tables map[string]*table, d dates) *export {
	x := &reader{
		export: &export{m: m, quarantined: map[string]int{}}, dates: d,
		spelling: map[string]map[string]string{}, names: map[string]*index{}, lines: map[string]map[string]int{},
		ambiguous: map[string]bool{}, history: map[string][]row{},
	}
	for _, s := range m.Spelling {
		if x.spelling[s.Field] == nil {
			x.spelling[s.Field] = map[string]string{}
		}
		x.spelling[s.Field][s.From] = s.To
	}
	for _, role := range fileOrder {
		x.names[role], x.lines[role] = newIndex(), map[string]int{}
		if t := tables[role]; t != nil {
			x.findings = append(x.findings, t.broken...)
			x.quarantined[role] += len(t.broken)
			x.findMixedDays(t)
		}
	}
	x.readProducts(tables[fileProducts])
	x.readTeams(tables[fileTeams])
	x.readAccounts(tables[fileAccounts])
	x.readHistory(tables[fileHistory])
	x.readPipeline(tables[filePipeline])
	x.leftoverHistory(tables[fileHistory])
	x.sortFindings(tables)
	return x.export
}

// sortFindings puts findings into the order of files and lines and numbers them.
func (x *reader) sortFindings(tables map[string]*table) {
	place := map[string]int{}
	for i, role := range fileOrder {
		if t := tables[role]; t != nil {
			place[t.name] = i
		}
	}
	sort.SliceStable(x.findings, func(i, j int) bool {
		a, b := x.findings[i], x.findings[j]
		if a.File != b.File {
			return place[a.File] < place[b.File]
		}
		return a.Line < b.Line
	})
	for i := range x.findings {
		x.findings[i].Position = i + 1
	}
}

// index finds rows of one file by their names.
type index struct {
	exact, near map[string]int // ident and key -> place in the export's list, or one of the words below
	keys        map[string]string
}

const (
	quarantined = -1 // the row is not kept
	ambiguous   = -2 // two names come to the same key
)

func newIndex() *index {
	return &index{exact: map[string]int{}, near: map[string]int{}, keys: map[string]string{}}
}

func (x *index) add(name string, place int) {
	x.exact[ident(name)] = place
	key := nameKey(name)
	if _, twice := x.near[key]; twice {
		place = ambiguous
	}
	x.near[key] = place
}

// find gives the place of a name, spelled as in the file or nearly so.
func (x *index) find(name string) (place int, known bool) {
	if place, known = x.exact[name]; known { // most names are written as they are found
		return place, true
	}
	if place, known = x.exact[ident(name)]; known {
		return place, true
	}
	key, seen := x.keys[name]
	if !seen {
		key = nameKey(name)
		x.keys[name] = key
	}
	place, known = x.near[key]
	return place, known && place != ambiguous
}
