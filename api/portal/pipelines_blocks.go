package portal

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/dashboards"
	"github.com/sharepartner/sharepartner/warehouse"
)

// lettersShown is how many rows that were set aside stand on the page.
const lettersShown = 20

func columns(first string, rest ...string) []views.Column {
	out := []views.Column{{Title: first}}
	for _, title := range rest {
		out = append(out, views.Column{Title: title, Num: true})
	}
	return out
}

func textRow(texts ...string) views.Row {
	var r views.Row
	for _, text := range texts {
		r.Cells = append(r.Cells, views.Cell{Text: text})
	}
	return r
}

// lag is how far behind the figures were over a day.
func (x *pipelinePage) lag() views.Figure {
	f := views.Figure{ID: "lag", Title: "Lag over the last day", Aside: "seconds", Size: "is-pace"}
	if len(x.lags) < 2 {
		f.Empty = &views.Empty{Icon: "clock", Title: "No lag was noted yet", Text: "It is noted every few seconds while the program runs."}
		return f
	}
	worst := slices.MaxFunc(x.lags, func(a, b warehouse.LagSample) int { return cmp.Compare(a.Seconds, b.Seconds) })
	f.Finding = "At most " + seconds(worst.Seconds) + " behind, at " + x.clock(worst.At) + "."
	f.Caption = "Of the last quarter of an hour every sample, before that the worst of each five minutes. Where the line breaks, no program ran."
	var points []dashboards.LagPoint
	for i, l := range x.lags {
		if i > 0 && l.At.Sub(x.lags[i-1].At) > 3*warehouse.LagSpan {
			points = append(points, dashboards.LagPoint{At: x.lags[i-1].At.Add(warehouse.LagSpan).In(x.loc), Gap: true, Tip: []dashboards.TipRow{{Name: "Not known", Value: ""}}})
		}
		points = append(points, dashboards.LagPoint{At: l.At.In(x.loc), Seconds: l.Seconds, Tip: []dashboards.TipRow{
			{Color: "c1", Name: "Behind", Value: seconds(l.Seconds)}, {Name: "Not confirmed", Value: size(l.LagBytes)}, {Name: "Kept by Postgres", Value: size(l.RetainedBytes)},
		}})
	}
	f.Chart = dashboards.Lag(points, "Lag over the last day. "+f.Finding)
	f.Table = x.hours()
	return f
}

// clock is a time of the last day.
func (x *pipelinePage) clock(t time.Time) string { return t.In(x.loc).Format("15:04:05") }

// hours sums the lag up for the table.
func (x *pipelinePage) hours() views.Table {
	t := views.Table{Caption: "Worst lag of each hour", Columns: columns("Hour", "Behind", "Not confirmed", "Kept by Postgres")}
	var hour string
	var worst warehouse.LagSample
	add := func() {
		if hour != "" {
			t.Rows = append(t.Rows, textRow(hour, seconds(worst.Seconds), size(worst.LagBytes), size(worst.RetainedBytes)))
		}
	}
	for _, l := range x.lags {
		if h := l.At.In(x.loc).Format("2 Jan 15:00"); h != hour {
			add()
			hour, worst = h, warehouse.LagSample{}
		}
		worst.Seconds, worst.LagBytes, worst.RetainedBytes = max(worst.Seconds, l.Seconds), max(worst.LagBytes, l.LagBytes), max(worst.RetainedBytes, l.RetainedBytes)
	}
	add()
	return t
}

// tables are the rows that were loaded of each table.
func (x *pipelinePage) tables() views.Card {
	c := views.Card{ID: "tables", Title: "Rows loaded by table", Aside: "since the program started"}
	if len(x.s.Tables) == 0 {
		c.Empty = &views.Empty{Icon: "list", Title: "Nothing was loaded since the program started", Text: "Whatever is changed in a record is counted here."}
		return c
	}
	c.Table = views.Table{Caption: c.Title, Columns: columns("Table", "Copied", "Inserted", "Updated", "Deleted", "Emptied", "Put right")}
	for _, t := range x.s.Tables {
		c.Table.Rows = append(c.Table.Rows, textRow(words(t.Table), x.count(t.Copied), x.count(t.Inserted), x.count(t.Updated), x.count(t.Deleted), x.count(t.Truncated), x.count(t.Repaired)))
	}
	if s := x.s.Schema; s != nil {
		c.Foot = fmt.Sprintf("The tables are as migration %d made them", s.Version)
		if s.LSN > 0 {
			c.Foot += fmt.Sprintf(", read in the log at %X/%X of %s", s.LSN>>32, uint32(s.LSN), x.time(s.At))
		}
		c.Foot += "."
	}
	return c
}

// loads are the batches that rows come in.
func (x *pipelinePage) loads() views.Card {
	b := x.s.Batches
	c := views.Card{ID: "loads", Title: "Loads", Aside: x.counted(b.Loads, "load", "loads")}
	if b.Loads == 0 {
		c.Empty = &views.Empty{Icon: "list", Title: "Nothing was loaded since the program started", Text: "Changes go together in loads, each visible as a whole."}
		return c
	}
	n := float64(b.Loads)
	c.Table = views.Table{Caption: c.Title, Columns: columns("Load", "Rows", "Size", "Took", "Made durable in"), Rows: []views.Row{
		textRow("On average", x.count(b.Rows/b.Loads), size(b.Bytes/b.Loads), seconds(b.Seconds/n), seconds(b.CommitSeconds/n)),
		textRow("The last, "+x.clock(b.Last.At), x.count(b.Last.Rows), size(b.Last.Bytes), seconds(b.Last.Seconds), seconds(b.Last.CommitSeconds)),
	}}
	return c
}

// slot is what Postgres keeps for the pipeline, and when all rows were read anew.
func (x *pipelinePage) slot() views.Card {
	s := x.s.Slot
	c := views.Card{ID: "slot", Title: "Kept by Postgres", Aside: s.Name}
	if !s.Exists {
		c.Empty = &views.Empty{Icon: "database", Title: "There is no replication slot", Text: "The pipeline makes one when it reads all rows."}
		return c
	}
	limit, safe := "no limit", "—"
	if s.LimitBytes != nil {
		limit, safe = size(*s.LimitBytes), size(*s.SafeBytes)
	}
	read := "nobody"
	if s.Active {
		read = "the pipeline"
	}
	c.Table = views.Table{Caption: c.Title, Columns: columns("What", "Value"), Rows: []views.Row{
		textRow("Log not confirmed", size(s.LagBytes)), textRow("Log kept", size(s.RetainedBytes)), textRow("May be kept at most", limit), textRow("Left before it may be lost", safe),
		textRow("Large transactions written to disk", size(s.SpillBytes)), textRow("Read by", read),
	}}
	if r := x.s.LastResync; r != nil {
		c.Foot = "All rows were last read on " + x.time(r.At) + ": " + x.counted(r.Rows, "row", "rows") + " in " + seconds(r.Seconds) + ", " + x.count(r.Differed) + " of them put right, because " + cmp.Or(reasonWords[r.Reason], words(r.Reason)) + "."
	}
	return c
}

// check is a comparison of both sides.
func (x *pipelinePage) check(id, title, of string, check *warehouse.Check) views.Card {
	c := views.Card{ID: id, Title: title}
	if check == nil {
		c.Empty = &views.Empty{Icon: "compare", Title: "Not compared yet", Text: "Both sides are compared every few minutes while the pipeline follows every change."}
		return c
	}
	if check.At.IsZero() {
		c.Empty = &views.Empty{Icon: "compare", Title: "Not compared yet", Text: "It could not be done: " + check.Fault}
		return c
	}
	c.Aside = "compared " + x.time(check.At) + " in " + seconds(check.Seconds)
	c.Finding = x.counted(check.Differences, "difference", "differences") + " in " + x.counted(check.Compared, "value", "values") + "."
	if check.Fault != "" {
		c.Finding += " Since " + x.time(check.FaultSince) + " no comparison could be made."
	}
	c.Table = views.Table{Caption: title, Columns: columns(words(of), "Compared", "Different")}
	for _, m := range check.Measures {
		c.Table.Rows = append(c.Table.Rows, textRow(words(m.Name), x.count(m.Compared), x.count(m.Differences)))
	}
	if len(c.Table.Rows) == 0 {
		c.Table.Rows = []views.Row{textRow("All", x.count(check.Compared), x.count(check.Differences))}
	}
	if id == "parity" {
		c.Foot = "To compare now, with every difference by name: sharepartner pipelines parity."
	}
	if check.Repaired > 0 {
		c.Foot = x.counted(check.Repaired, "row was", "rows were") + " put right at once."
	}
	return c
}

// aside are the rows that cannot be kept.
func (x *pipelinePage) aside() views.Card {
	c := views.Card{ID: "aside", Title: "Rows set aside", Aside: x.counted(x.s.DeadLetters, "row", "rows")}
	if len(x.letters) == 0 {
		c.Empty = &views.Empty{Icon: "ok", Title: "No row is set aside", Text: "A row with a value that the figures cannot keep exactly would be listed here, and nothing else would stop for it."}
		return c
	}
	c.Table = views.Table{Caption: c.Title, Columns: []views.Column{{Title: "Row"}, {Title: "Number", Num: true}, {Title: "Why"}, {Title: "Committed"}}}
	for _, l := range x.letters {
		c.Table.Rows = append(c.Table.Rows, views.Row{Cells: []views.Cell{
			{Text: l.Table, Sub: l.Key, Wide: true}, {Text: strconv.FormatInt(l.ID, 10)}, {Text: l.Reason, Sub: l.Column, Wide: true}, {Text: x.time(l.CommitAt)},
		}})
	}
	c.Foot = "Correct the value in its record: the new version takes the place of this one by itself. After an update of the program that can read it: sharepartner pipelines replay NUMBER, or --all. To see what came, byte by byte: sharepartner pipelines dead-letters --id NUMBER."
	return c
}
