package dashboards

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Chart is what a page needs to show a chart.
type Chart struct {
	Option  map[string]any // for charts.js, as JSON
	Finding string         // the picture in words, for those who do not see it
	Marks   int            // bars or points: how tall the chart should be
}

// Tip is the tooltip of one mark.
type Tip struct {
	Title string   `json:"title"`
	Rows  []TipRow `json:"rows,omitempty"`
}

// TipRow is a line of a tooltip.
type TipRow struct {
	Color string `json:"color,omitempty"` // a token, for example c1
	Name  string `json:"name"`
	Value string `json:"value"`
}

// source is what all charts of go-echarts can do.
type source interface {
	Validate()
	JSON() map[string]any
}

var errFunction = errors.New("a chart must not carry code: use @fmt names")

// option takes the option out of a chart, as plain JSON values, without the defaults that fight our theme.
func option(c source) (map[string]any, error) {
	c.Validate() // fills in the axis data
	raw, err := json.Marshal(c.JSON())
	if err != nil {
		return nil, fmt.Errorf("read chart option: %w", err)
	}
	if bytes.Contains(raw, []byte("__f__")) {
		return nil, errFunction
	}
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("read chart option: %w", err)
	}
	for _, key := range []string{"color", "toolbox", "legend", "title", "tooltip"} {
		delete(out, key)
	}
	return out, nil
}

// must is for charts made of constants and numbers, where a fault is one of this package.
func must(o map[string]any, err error) map[string]any {
	if err != nil {
		panic(err)
	}
	return o
}

// set writes a value deep inside an option; steps are keys and positions that exist.
func set(o any, value any, steps ...any) {
	for i, step := range steps {
		last := i == len(steps)-1
		switch s := step.(type) {
		case string:
			m := o.(map[string]any)
			if last {
				m[s] = value
				return
			}
			if m[s] == nil {
				m[s] = map[string]any{}
			}
			o = m[s]
		case int:
			list := o.([]any)
			if last {
				list[s] = value
				return
			}
			o = list[s]
		}
	}
}

// drills keeps addresses only when there is at least one.
func drills(o map[string]any, links []string) {
	for _, l := range links {
		if l != "" {
			o["drills"] = links
			return
		}
	}
}
