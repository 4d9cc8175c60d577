package dashboards

import (
	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Bar is one horizontal bar.
type Bar struct {
	Name   string // may be typed by a user
	Of     string // what it is a part of, where there are several such: it stands above the first of them; may be typed by a user
	Value  float64
	Label  string // beside the bar: the number
	Beside string // after the number, in smaller letters
	Color  string // token
	Tip    []TipRow
	Link   string
}

// Bars draws horizontal bars on a zero base, the first one on top: a distribution, or a funnel.
func Bars(bars []Bar, finding string) Chart {
	chart := charts.NewBar()
	chart.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Show: opts.Bool(false)}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category"}),
	)
	bars = underHeadings(bars)
	names := make([]string, len(bars))
	links := make([]string, len(bars))
	tips := make([]Tip, len(bars))
	data := make([]opts.BarData, len(bars))
	for i, b := range bars {
		names[i], links[i] = b.Name, b.Link
		tips[i] = Tip{Title: b.FullName(), Rows: b.Tip}
		data[i] = opts.BarData{Value: b.Value, ItemStyle: &opts.ItemStyle{Color: "@c:" + b.Color}}
	}
	chart.AddSeries("value", data)
	o := must(option(chart))
	o["yAxis"] = []any{map[string]any{
		"type": "category", "data": names, "inverse": true, "axisLine": map[string]any{"show": false},
		"axisLabel": map[string]any{"color": "@c:fg", "fontSize": 12, "width": 150, "overflow": "truncate"},
	}}
	series := map[string]any{
		"name": "value", "type": "bar", "barMaxWidth": 22, "barCategoryGap": "35%",
		"itemStyle": map[string]any{"borderRadius": 3},
		"data":      barData(data, bars),
		"label":     barLabel(),
	}
	o["series"] = []any{series}
	o["trigger"], o["pointer"] = "axis", "shadow"
	room, tight := 72, 64 // for the labels beside the longest bar
	for _, b := range bars {
		if b.Beside != "" {
			room, tight = 170, 140
		}
	}
	o["grid"] = map[string]any{"left": 4, "right": room, "top": 4, "bottom": 0}
	o["narrow"] = map[string]any{
		"grid":  map[string]any{"left": 4, "right": tight, "top": 4, "bottom": 0, "containLabel": true},
		"yAxis": []any{map[string]any{"type": "category", "data": names, "inverse": true, "axisLine": map[string]any{"show": false}, "axisTick": map[string]any{"show": false}, "axisLabel": map[string]any{"color": "@c:fg", "fontSize": 11, "lineHeight": 12, "width": 92, "overflow": "break"}}},
	}
	o["tips"] = tips
	drills(o, links)
	return Chart{Option: o, Finding: finding, Marks: len(bars)}
}

// FullName is what a bar is called where it stands alone.
func (b Bar) FullName() string {
	switch {
	case b.Of == "":
		return b.Name
	case b.Name == "":
		return b.Of
	default:
		return b.Name + " (" + b.Of + ")"
	}
}

// heading is a row without a bar, above those of one kind.
func (b Bar) heading() bool { return b.Name == "" && b.Of != "" }

// underHeadings puts a heading above the first bar of each kind. Beside every bar there is no room for it.
func underHeadings(bars []Bar) []Bar {
	out := make([]Bar, 0, len(bars))
	of := ""
	for _, b := range bars {
		if b.Of != of && b.Of != "" {
			out = append(out, Bar{Of: b.Of})
		}
		out, of = append(out, b), b.Of
	}
	return out
}

// barLabel writes the number bold and what stands beside it small.
func barLabel() map[string]any {
	return map[string]any{
		"show": true, "position": "right", "color": "@c:fg", "fontSize": 12, "fontWeight": 600,
		"rich": map[string]any{
			"n": map[string]any{"color": "@c:fg", "fontSize": 12, "fontWeight": 600},
			"s": map[string]any{"color": "@c:fg-3", "fontSize": 11, "fontWeight": 400},
		},
	}
}

// barData keeps what go-echarts cannot say: a label of its own for each bar. Labels are numbers and our own words; a
// heading is a name, which the engine puts in for {b}.
func barData(data []opts.BarData, bars []Bar) []any {
	out := make([]any, len(data))
	for i, d := range data {
		if bars[i].heading() {
			out[i] = map[string]any{"name": bars[i].Of, "value": 0, "label": map[string]any{"formatter": "{b}", "color": "@c:fg-3", "fontSize": 11}}
			continue
		}
		text := "{n|" + bars[i].Label + "}"
		if bars[i].Beside != "" {
			text += "  {s|" + bars[i].Beside + "}"
		}
		out[i] = map[string]any{
			"value":     d.Value,
			"itemStyle": map[string]any{"color": d.ItemStyle.Color, "borderRadius": 3},
			"label":     map[string]any{"formatter": text},
		}
	}
	return out
}
