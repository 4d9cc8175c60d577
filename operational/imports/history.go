package imports

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// readHistory groups the steps by opportunity, in the order of the file.
func (x *reader) readHistory(t *table) {
	if t == nil {
		return
	}
	for _, r := range t.rows {
		e := x.entry(t, r)
		ref := e.needed("opportunity_id", 200)
		if len(e.faults) > 0 {
			e.kept()
			continue
		}
		x.history[ref] = append(x.history[ref], r)
	}
	x.historyTable = t
}

// leftoverHistory reports steps of opportunities that the pipeline does not have.
func (x *reader) leftoverHistory(t *table) {
	if t == nil {
		return
	}
	for _, r := range t.rows {
		e := x.entry(t, r)
		ref := e.text("opportunity_id")
		if _, there := x.lines[filePipeline][ref]; ref != "" && !there {
			e.fault("opportunity_id", ruleHistory, ref, fmt.Sprintf("It is not in %s.", x.m.FileName(filePipeline)))
			e.kept()
		}
	}
}

// statesOfHistory takes the steps as the export has them. If one of them cannot be kept the whole opportunity
// goes to quarantine: a history with a hole would give wrong numbers for every day behind it.
func (e *entry) statesOfHistory(o *opportunity, stage int, value *decimal.Decimal, rows []row) {
	for _, r := range rows {
		h := e.x.entry(e.x.historyTable, r)
		s := h.step(o)
		if len(o.steps) == 0 {
			s.Kind = opportunities.ChangeCreated
		} else if s.Kind = kindOf(e.x.m, o.last(), s); s.EffectiveAt.Before(o.last().EffectiveAt) {
			h.fault("entered_at", ruleHistory, h.plain("entered_at"), "It comes before the step above it.")
		}
		if len(h.faults) > 0 {
			h.kept()
			e.fault("opportunity_id", ruleHistory, o.ref, fmt.Sprintf("Its step on line %d of %s cannot be kept.", r.line, h.t.name))
			return
		}
		e.x.findings = append(e.x.findings, h.notes...)
		o.steps = append(o.steps, s)
	}
	last := o.last()
	if last.stage != stage {
		e.fault("stage", ruleHistory, e.plain("stage"), fmt.Sprintf("Its last step leads to %s.", e.x.m.Stages[last.stage].Source))
	}
	if value != nil && !value.Equal(last.Amount) {
		e.fault("close_value", ruleHistory, e.plain("close_value"), fmt.Sprintf("Its last step has the amount %s.", last.Amount))
	}
}

// step reads one row of history.
func (e *entry) step(o *opportunity) step {
	s := step{stage: e.x.m.stage(e.needed("stage", 200))}
	if s.stage < 0 && len(e.faults) == 0 {
		e.fault("stage", ruleUnknownStage, e.text("stage"), "The mapping has no such stage.")
	}
	if at := e.moment("entered_at", true); at != nil {
		s.EffectiveAt, s.RecordedAt = *at, *at
	}
	if at := e.moment("recorded_at", false); at != nil {
		s.RecordedAt = *at
	}
	s.Amount, s.derived = e.x.products[o.product].price, true
	if len(o.steps) > 0 {
		s.Amount, s.derived = o.last().Amount, o.last().derived
	}
	if text := e.text("amount"); text != "" {
		amount, err := parseAmount(text)
		if err != nil {
			e.fault("amount", ruleAmount, text, sentence(err))
		}
		s.Amount, s.derived = amount, false
	}
	if day := e.day("close_date"); day != nil {
		if err := e.x.dates.expected(*day); err != nil {
			e.fault("close_date", ruleDateRange, e.text("close_date"), sentence(err))
		}
		s.CloseDate = new(operational.DateOf(*day))
	}
	return s
}

// moment reads a time that has happened.
func (e *entry) moment(column string, needed bool) *time.Time {
	text := e.text(column)
	if text == "" {
		if needed {
			e.fault(column, ruleMissingValue, "", "The value is missing.")
		}
		return nil
	}
	at, err := e.x.dates.moment(text)
	if err != nil {
		e.fault(column, ruleDateFormat, text, sentence(err))
		return nil
	}
	if err := e.x.dates.happened(at); err != nil {
		e.fault(column, ruleDateRange, text, sentence(err))
		return nil
	}
	return &at
}

// kindOf names the change from one state to the next.
func kindOf(m Mapping, before, after step) opportunities.ChangeKind {
	if after.stage < 0 {
		return "" // reported already
	}
	wasOpen := m.Stages[before.stage].Type == string(catalog.StageActive)
	isOpen := m.Stages[after.stage].Type == string(catalog.StageActive)
	switch {
	case !wasOpen && isOpen:
		return opportunities.ChangeReopened
	case before.stage != after.stage:
		return opportunities.ChangeStageMoved
	default:
		return opportunities.ChangeEdited
	}
}
