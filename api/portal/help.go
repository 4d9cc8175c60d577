package portal

import (
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/warehouse"
)

// help tells the keys and what the figures mean, from the one catalogue of metrics.
func (p *Portal) help(v *visit) error {
	var defs []views.Definition
	for _, m := range []warehouse.Metric{
		warehouse.MetricWon, warehouse.MetricLost, warehouse.MetricAmountOpen, warehouse.MetricWinRate, warehouse.MetricFunnel, warehouse.MetricBriefing,
	} {
		d := warehouse.Definitions[m]
		defs = append(defs, views.Definition{Name: metricNames[m], Version: views.Number(d.Version), Words: d.Words, AtZero: d.AtZero})
	}
	return v.render(200, views.Shell{Title: "Help"}, views.HelpPage(defs, v.nav()))
}
