package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
)

type benchCommand struct {
	Only    []string      `help:"Run only measures whose name contains one of these words."`
	Data    string        `help:"Folder of the public CRM export (accounts.csv and so on); without it that measure is left out." env:"SHAREPARTNER_TEST_DATA"`
	Results string        `help:"Where the results go." default:".bench/results.json"`
	Changes int           `help:"Row changes for the throughput of the pipeline." default:"1000000"`
	Rows    int           `help:"Opportunities for the measures of the API and of snapshots, and rows of a large transaction." default:"1000000"`
	Blocked time.Duration `help:"How long the warehouse takes nothing, while changes are written." default:"10m"`
	Parity  time.Duration `help:"How long metrics are compared under load." default:"10m"`
}

// measurement is one figure beside the bar it is held to. Holds is decided where the figure is taken.
type measurement struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Bar   string  `json:"bar"`
	Holds bool    `json:"holds"`
}

func atMost(name string, value float64, unit string, bar float64) measurement {
	return measurement{Name: name, Value: value, Unit: unit, Bar: fmt.Sprintf("at most %g", bar), Holds: value <= bar}
}

func atLeast(name string, value float64, unit string, bar float64) measurement {
	return measurement{Name: name, Value: value, Unit: unit, Bar: fmt.Sprintf("at least %g", bar), Holds: value >= bar}
}

// figure is one that is held to no bar.
func figure(name string, value float64, unit string) measurement {
	return measurement{Name: name, Value: value, Unit: unit, Bar: "-", Holds: true}
}

// suite is one group of figures that are taken in one run, so that their ratio means something.
type suite struct {
	name string
	run  func(ctx context.Context) ([]measurement, error)
}

// Run takes all figures, prints them as a table and writes them as JSON. A bar that does not hold makes it fail.
func (c *benchCommand) Run(ctx context.Context) error {
	suites := []suite{
		{"start", c.benchStart},
		{"import", c.benchImport},
		{"pipeline throughput", c.benchThroughput},
		{"pipeline latency", c.benchLatency},
		{"pipeline snapshot", c.benchSnapshot},
		{"pipeline memory", c.benchLarge},
		{"pipeline outage", c.benchOutage},
		{"pipeline blocked", c.benchBlocked},
		{"parity", c.benchParity},
		{"api", c.benchAPI},
		{"analytics", c.benchAnalytics},
		{"ten million", c.benchTenMillion},
		{"pages", c.benchPages},
		{"tests", c.benchTests},
	}
	var all []measurement
	var failed error
	for _, s := range suites {
		if !c.wanted(s.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring %s ...\n", s.name)
		m, err := s.run(ctx)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("measure %s: %w", s.name, err))
		}
		all = append(all, m...)
	}
	printMeasurements(all)
	if err := c.write(all); err != nil {
		return err
	}
	for _, m := range all {
		if !m.Holds {
			return errors.Join(failed, fmt.Errorf("not every bar holds; see %s", c.Results))
		}
	}
	return failed
}

func (c *benchCommand) wanted(name string) bool {
	for _, word := range c.Only {
		if strings.Contains(name, word) {
			return true
		}
	}
	return len(c.Only) == 0
}

func printMeasurements(all []measurement) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "what\tvalue\tunit\tbar\tholds")
	for _, m := range all {
		holds := "yes"
		if !m.Holds {
			holds = "NO"
		}
		fmt.Fprintf(w, "%s\t%.4g\t%s\t%s\t%s\n", m.Name, m.Value, m.Unit, m.Bar, holds)
	}
	_ = w.Flush()
}

func (c *benchCommand) write(all []measurement) error {
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.Results), 0o755); err != nil {
		return err
	}
	return os.WriteFile(c.Results, append(b, '\n'), 0o644)
}
