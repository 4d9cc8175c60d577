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
	derived bool // the amount is the list price, for want of one in the export
}

// last is how the opportunity is now.
func (o opportunity) last() step { return o.steps[len(o.steps)-1] }

// reader cleanses tables into an export.
type reader struct {
	*export
	dates     dates
	spelling  map[string]map[string]string // column -> value -> put right
	keys      map[string]string            // value -> key: most values come many times
	at        map[string]map[string]int    // file -> key -> place in the export's list; -1: in quarantine
	lines     map[string]map[string]int    // file -> key -> line of the first row
	ambiguous map[string]bool              // date columns, as file/column, that mix two ways of writing a day
	history   map[string][]row             // rows of stage_history by opportunity

	pipelineTable *table
	historyTable  *table
	lastDay       time.Time // the last day that the pipeline names
}

// read turns tables into an export. It is pure: the time is given, and nothing is asked elsewhere.
func read(m Mapping, tables map[string]*table, d dates) *export {
	x := &reader{
		export: &export{m: m, quarantined: map[string]int{}}, dates: d, keys: map[string]string{},
		spelling: map[string]map[string]string{}, at: map[string]map[string]int{}, lines: map[string]map[string]int{},
		ambiguous: map[string]bool{}, history: map[string][]row{},
	}
	for _, s := range m.Spelling {
		if x.spelling[s.Field] == nil {
			x.spelling[s.Field] = map[string]string{}
		}
		x.spelling[s.Field][s.From] = s.To
	}
	for _, role := range fileOrder {
		x.at[role], x.lines[role] = map[string]int{}, map[string]int{}
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

func (x *reader) key(name string) string {
	k, known := x.keys[name]
	if !known {
		k = nameKey(name)
		x.keys[name] = k
	}
	return k
}
