package dashboards

import (
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"
)

// LagPoint is how far behind the figures were at a time.
type LagPoint struct {
	At      time.Time // in the time zone of the reader
	Seconds float64
	Gap     bool // nothing is known
	Tip     []TipRow
}

// Lag draws how far behind the figures were. A time of which nothing is known breaks the line.
func Lag(points []LagPoint, finding string) Chart {
	line := charts.NewLine()
	line.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "time"}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", AxisLabel: &opts.AxisLabel{Formatter: types.FuncStr("@fmt:int")}}),
	)
	tips, data := make([]Tip, len(points)), make([]opts.LineData, len(points))
	for i, p := range points {
		tips[i] = Tip{Title: p.At.Format("15:04"), Rows: p.Tip}
		at := onTheWall(p.At, points[len(points)-1].At)
		data[i] = opts.LineData{Value: []any{at, p.Seconds}}
		if p.Gap {
			data[i] = opts.LineData{Value: []any{at, "-"}}
		}
	}
	line.AddSeries("Lag", data,
		charts.WithLineStyleOpts(opts.LineStyle{Color: "@c:c1", Width: 1.5}),
		charts.WithItemStyleOpts(opts.ItemStyle{Color: "@c:c1"}),
		charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false)}),
	)
	o := must(option(line))
	o["useUTC"] = true                   // browsers know their own time zone, not that of the reader
	set(o, 1, "yAxis", 0, "minInterval") // a lag of less than a second is none to worry about
	o["tips"] = tips
	return Chart{Option: o, Finding: finding, Marks: len(points)}
}

// onTheWall is a time as milliseconds that read as the reader's clock where they are taken for UTC. The clock is that of
// the latest time throughout: on the night that it is set back, an hour would come twice.
func onTheWall(t, latest time.Time) int64 {
	_, east := latest.Zone()
	return t.UnixMilli() + int64(east)*1000
}
