package dashboards

import (
	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"
)

// LagPoint is how far behind the figures were at a time.
type LagPoint struct {
	Name    string // of the time
	Seconds float64
	Gap     bool // nothing is known
	Tip     []TipRow
}

// Lag draws how far behind the figures were. A time of which nothing is known breaks the line.
func Lag(points []LagPoint, finding string) Chart {
	line := charts.NewLine()
	line.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "category"}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", AxisLabel: &opts.AxisLabel{Formatter: types.FuncStr("@fmt:int")}}),
	)
	names, tips, data := make([]string, len(points)), make([]Tip, len(points)), make([]opts.LineData, len(points))
	for i, p := range points {
		names[i], tips[i] = p.Name, Tip{Title: p.Name, Rows: p.Tip}
		data[i] = opts.LineData{Value: p.Seconds}
		if p.Gap {
			data[i] = opts.LineData{Value: "-"}
		}
	}
	line.SetXAxis(names)
	line.AddSeries("Lag", data,
		charts.WithLineStyleOpts(opts.LineStyle{Color: "@c:c1", Width: 1.5}),
		charts.WithItemStyleOpts(opts.ItemStyle{Color: "@c:c1"}),
		charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false)}),
	)
	o := must(option(line))
	set(o, false, "xAxis", 0, "boundaryGap")
	set(o, map[string]any{"alignMinLabel": "left", "alignMaxLabel": "right"}, "xAxis", 0, "axisLabel")
	set(o, 1, "yAxis", 0, "minInterval") // a lag of less than a second is none to worry about
	o["tips"] = tips
	return Chart{Option: o, Finding: finding, Marks: len(points)}
}
