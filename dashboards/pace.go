package dashboards

import (
	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"
)

// Pace is a running total over the days of a period, beside earlier periods.
type Pace struct {
	Currency string
	Days     []string // name of each day, for the axis
	Lines    []PaceLine
	Links    []string // list behind each day of the first line; "" where there is none
	Finding  string
}

// PaceLine is one period.
type PaceLine struct {
	Name   string
	Color  string    // token
	Style  string    // solid, dashed or dotted
	Values []float64 // total by the end of each day; shorter than Days where the period is not over
	Texts  []string  // the same for people
	Days   []string  // name of each day in this period
}

// WonPace draws the running totals of what was won.
func WonPace(p Pace) Chart {
	line := charts.NewLine()
	line.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "category"}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", AxisLabel: &opts.AxisLabel{Formatter: types.FuncStr("@fmt:money/" + p.Currency)}}),
	)
	line.SetXAxis(p.Days)
	for i, l := range p.Lines {
		data := make([]opts.LineData, len(l.Values))
		for j, v := range l.Values {
			data[j] = opts.LineData{Value: v}
		}
		width := float32(1.5)
		if i == 0 {
			width = 2.25
		}
		line.AddSeries(l.Name, data,
			charts.WithLineStyleOpts(opts.LineStyle{Color: "@c:" + l.Color, Width: width, Type: l.Style}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: "@c:" + l.Color}),
			charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false), Step: "end"}),
		)
	}
	o := must(option(line))
	set(o, false, "xAxis", 0, "boundaryGap")
	// The last day's name is centred like those before it, and has room: pushed to the left it would touch its neighbour.
	set(o, map[string]any{"alignMinLabel": "left"}, "xAxis", 0, "axisLabel")
	o["grid"] = map[string]any{"right": 20}
	o["tips"] = paceTips(p)
	drills(o, p.Links)
	return Chart{Option: o, Finding: p.Finding, Marks: len(p.Days)}
}

func paceTips(p Pace) []Tip {
	tips := make([]Tip, len(p.Days))
	for day := range p.Days {
		tip := Tip{Title: p.Days[day]}
		for _, l := range p.Lines {
			if day >= len(l.Texts) {
				continue
			}
			name := l.Name
			if day < len(l.Days) && l.Days[day] != tip.Title {
				name += ", " + l.Days[day]
			}
			tip.Rows = append(tip.Rows, TipRow{Color: l.Color, Name: name, Value: l.Texts[day]})
		}
		tips[day] = tip
	}
	return tips
}
