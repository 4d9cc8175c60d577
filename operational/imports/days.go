package imports

import (
	"fmt"
	"time"
)

// dayColumns are the columns that hold days only.
var dayColumns = map[string][]string{filePipeline: {"engage_date", "close_date"}, fileHistory: {"close_date"}}

// checkDays refuses an export whose days are mostly written another way than its mapping says: better one clear
// answer than a quarantine as long as the file.
func checkDays(t *table, d dates) []string {
	var faults []string
	for _, column := range dayColumns[t.role] {
		all, wrong, line, example := 0, 0, 0, ""
		for _, r := range t.rows {
			v := squeeze(t.get(r, column))
			if v == "" {
				continue
			}
			all++
			if _, err := d.day(v); err != nil {
				if wrong == 0 {
					line, example = r.line, v
				}
				wrong++
			}
		}
		if all >= 20 && wrong > all/2 {
			faults = append(faults, fmt.Sprintf("%d of %d days in the column %s are not written %s, the first on line %d (%q); say in the mapping how days are written",
				wrong, all, t.header[column], d.form, line, clip(example)))
		}
	}
	return faults
}

// findMixedDays notes columns where some day is surely written with day and month the other way round: there, a
// day that reads both ways cannot be trusted.
func (x *reader) findMixedDays(t *table) {
	for _, column := range dayColumns[t.role] {
		for _, r := range t.rows {
			if x.dates.readsOnlySwapped(squeeze(t.get(r, column))) {
				x.ambiguous[t.role+"/"+column] = true
				break
			}
		}
	}
}

// edge is the last day that the pipeline names, not after now: the day of an export that does not say its own.
func (x *reader) edge() time.Time {
	if !x.lastDay.IsZero() {
		return x.lastDay
	}
	x.lastDay = time.Date(x.dates.now.Year(), 1, 1, 0, 0, 0, 0, x.dates.location)
	found := false
	for _, r := range x.pipelineTable.rows {
		for _, column := range dayColumns[filePipeline] {
			at, err := x.dates.day(squeeze(x.pipelineTable.get(r, column)))
			if err == nil && x.dates.happened(at) == nil && (!found || at.After(x.lastDay)) {
				x.lastDay, found = at, true
			}
		}
	}
	return x.lastDay
}
