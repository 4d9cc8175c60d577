package warehouse

import "fmt"

// EventNew is the one event of a briefing that says nothing of stages.
const EventNew = "new"

// needs are the fields that metrics are counted by. A briefing tells of the stages only to those who read them.
var needs = map[Metric][]Field{
	MetricWon: {FieldStage}, MetricLost: {FieldStage}, MetricAmountOpen: {FieldStage}, MetricWinRate: {FieldStage}, MetricFunnel: {FieldStage},
	MetricBriefing: nil,
}

// divides are the fields that dimensions part an answer by.
var divides = map[Dimension][]Field{
	ByNothing: nil, ByVendor: nil, ByDay: nil,
	ByPartner: {FieldPartner}, ByRegion: {FieldRegion}, ByTier: {FieldTier}, ByStage: {FieldStage},
}

// Measures says whether there is such a metric for the scope.
func (s Scope) Measures(m Metric) bool {
	fields, ok := needs[m]
	return ok && s.readsAll(fields)
}

// Divides says whether there is such a dimension for the scope. A vendor does not know that of vendors.
func (s Scope) Divides(by Dimension) bool {
	fields, ok := divides[by]
	return ok && s.readsAll(fields) && (by != ByVendor || s.wall != VendorWall)
}

func (s Scope) readsAll(fields []Field) bool {
	for _, f := range fields {
		if !s.Reads(f) {
			return false
		}
	}
	return true
}

// Unknown says what of a question, or of the rows behind a cell of its answer, there is not for the scope, nil when
// there is all of it: what depends on a hidden field is refused exactly as what nobody knows. Every engine asks it first.
func (s Scope) Unknown(c Cell, a Ask) error {
	switch {
	case !s.Measures(c.Metric):
		return fmt.Errorf("the metric %q is not known", c.Metric)
	case c.Metric == MetricBriefing && c.Event != "" && c.Event != EventNew && !s.Reads(FieldStage):
		return fmt.Errorf("the event %q is not known", c.Event)
	case !s.Divides(a.By):
		return fmt.Errorf("the dimension %q is not known", a.By)
	case !a.KnownAt.IsZero() && !s.Reads(FieldHistory):
		return fmt.Errorf("the bound %q is not known", "known_at")
	}
	return s.unknownFilter(a.Filter)
}

func (s Scope) unknownFilter(f Filter) error {
	for _, c := range []struct {
		name  string
		used  bool
		field Field
	}{
		{"partner", len(f.Partners) > 0, FieldPartner},
		{"region", len(f.Regions) > 0, FieldRegion},
		{"tier", len(f.Tiers) > 0, FieldTier},
		{"product", len(f.Products) > 0, FieldLines},
		{"family", len(f.Families) > 0, FieldLines},
		{"process", len(f.Processes) > 0, FieldStage},
		{"currency", f.Currency != "", FieldAmount},
	} {
		if c.used && !s.Reads(c.field) {
			return fmt.Errorf("the filter %q is not known", c.name)
		}
	}
	return nil
}
