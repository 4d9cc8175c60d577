package dashboards

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden options anew; look at the difference before it is kept")

func golden(t *testing.T, name string, c Chart) {
	t.Helper()
	got, err := json.MarshalIndent(c.Option, "", "  ")
	require.NoError(t, err)
	path := filepath.Join("testdata", name+".json")
	if *update {
		require.NoError(t, os.WriteFile(path, append(got, '\n'), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
}

func TestWonPace(t *testing.T) {
	c := WonPace(Pace{
		Currency: "EUR", Days: []string{"1 Jan", "2 Jan", "3 Jan"}, Links: []string{"", "/receipts/x?key=2017-01-02", ""}, Finding: "Won so far.",
		Lines: []PaceLine{
			{Name: "Q1 2017", Color: "c1", Style: "solid", Values: []float64{0, 1200.5}, Texts: []string{"€0.00", "€1,200.50"}, Days: []string{"1 Jan", "2 Jan"}},
			{Name: "Q4 2016", Color: "c6", Style: "dashed", Values: []float64{10, 10, 30}, Texts: []string{"€10", "€10", "€30"}, Days: []string{"1 Oct", "2 Oct", "3 Oct"}},
		},
	})
	golden(t, "pace", c)
	require.Equal(t, 3, c.Marks)
	tips := c.Option["tips"].([]Tip)
	require.Equal(t, []TipRow{{"c1", "Q1 2017", "€1,200.50"}, {"c6", "Q4 2016, 2 Oct", "€10"}}, tips[1].Rows)
	require.Len(t, tips[2].Rows, 1, "a day to come has no figure of this period")
}

func TestLag(t *testing.T) {
	day := time.Date(2017, 3, 31, 10, 0, 0, 0, time.FixedZone("east", 2*60*60))
	c := Lag([]LagPoint{{At: day, Seconds: 0.2, Tip: []TipRow{{Name: "Behind", Value: "0.2 s"}}}, {At: day.Add(5 * time.Minute), Gap: true}, {At: day.Add(10 * time.Minute), Seconds: 61}}, "Once a minute behind.")
	golden(t, "lag", c)
	require.Equal(t, "Once a minute behind.", c.Finding)
	require.NotPanics(t, func() { Lag(nil, "") })
	// Clocks are set back at 3:00 to 2:00: time goes on all the same, and the end is what the clock shows there.
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	before, after := time.Date(2017, 10, 29, 0, 30, 0, 0, time.UTC).In(zone), time.Date(2017, 10, 29, 1, 15, 0, 0, time.UTC).In(zone)
	require.Less(t, onTheWall(before, after), onTheWall(after, after))
	require.Equal(t, "02:15", time.UnixMilli(onTheWall(after, after)).UTC().Format("15:04"))
}

func TestBars(t *testing.T) {
	c := Bars([]Bar{
		{Name: `</script><b>x`, Value: 10, Label: "10", Beside: "70% go on · 4 d", Color: "c1", Link: "/a", Tip: []TipRow{{Name: "Reached", Value: "10"}}},
		{Name: "@c:bad", Value: 0, Label: "0", Color: "c-up"},
	}, "Ten came, none went on.")
	golden(t, "bars", c)
	require.Equal(t, "Ten came, none went on.", c.Finding)
}

// Stages of several processes stand under the name of each, which has no bar and leads nowhere.
func TestBarsUnderHeadings(t *testing.T) {
	c := Bars([]Bar{
		{Name: "Won", Of: "A {n|x}", Value: 1, Label: "1", Color: "c1", Link: "/a"},
		{Name: "Lost", Of: "A {n|x}", Value: 2, Label: "2", Color: "c1", Link: "/b"},
		{Name: "Won", Of: "B", Value: 3, Label: "3", Color: "c1", Link: "/c"},
		{Name: "Elsewhere", Value: 4, Label: "4", Color: "c1", Link: "/d"},
	}, "Elsewhere has most.")
	golden(t, "headings", c)
	require.Equal(t, 6, c.Marks)
	require.Equal(t, []string{"", "/a", "/b", "", "/c", "/d"}, c.Option["drills"])
	var titles []string
	for _, tip := range c.Option["tips"].([]Tip) {
		titles = append(titles, tip.Title)
	}
	require.Equal(t, []string{"A {n|x}", "Won (A {n|x})", "Lost (A {n|x})", "B", "Won (B)", "Elsewhere"}, titles)
}

func TestChartWithoutTargetsDoesNotDrill(t *testing.T) {
	c := Bars([]Bar{{Name: "a", Value: 1, Label: "1", Color: "c1"}}, "")
	require.NotContains(t, c.Option, "drills")
	c = WonPace(Pace{Currency: "USD", Days: []string{"1"}, Links: []string{""}, Lines: []PaceLine{{Name: "a", Values: []float64{1}, Texts: []string{"1"}}}})
	require.NotContains(t, c.Option, "drills")
}

func TestEmptyChartsHold(t *testing.T) {
	require.NotPanics(t, func() { Bars(nil, "") })
	require.NotPanics(t, func() { WonPace(Pace{}) })
}

// Zeros must not be dropped, and nothing that needs code may come out.
func TestOptionIsPlain(t *testing.T) {
	raw, err := json.Marshal(Bars([]Bar{{Name: "zero", Value: 0, Label: "0", Color: "c1"}}, "").Option)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"value":0`)
	require.NotContains(t, string(raw), "__f__")
	for _, key := range []string{`"legend"`, `"toolbox"`, `"title":{`} {
		require.NotContains(t, string(raw), key)
	}
}
