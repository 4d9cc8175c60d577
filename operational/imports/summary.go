package imports

import (
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational/catalog"
)

// finishSummary counts what the export holds once all of it is written.
func (w *writer) finishSummary() {
	s := w.summary
	s.ByStage, s.Cleansed, s.Quarantined = map[string]int{}, map[string]int{}, map[string]int{}
	amounts := map[catalog.StageType]decimal.Decimal{}
	counts := map[catalog.StageType]int{}
	for _, o := range w.export.opportunities {
		last := o.last()
		stage := w.mapping.Stages[last.stage]
		s.ByStage[stage.Name]++
		t := catalog.StageType(stage.Type)
		counts[t]++
		amounts[t] = amounts[t].Add(last.Amount)
	}
	outcome := func(t catalog.StageType) Outcome { return Outcome{Count: counts[t], Amount: amounts[t].StringFixed(2)} }
	s.Won, s.Lost, s.Open = outcome(catalog.StageWon), outcome(catalog.StageLost), outcome(catalog.StageActive)
	s.Disqualified = outcome(catalog.StageDisqualified)
	for _, f := range w.findings {
		if f.Kept {
			s.Cleansed[f.Rule]++
		} else {
			s.Quarantined[f.Rule]++
		}
	}
	s.Products.Quarantined, s.Partners.Quarantined = w.quarantined[fileProducts], w.quarantined[fileTeams]
	s.Accounts.Quarantined, s.Opportunities.Quarantined = w.quarantined[fileAccounts], w.quarantined[filePipeline]
}
