package portal

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

const pipelinesPath = "/pipelines"

// pipelinesNav is for whoever looks after the program.
func (v *visit) pipelinesNav() []views.NavItem {
	if !api.Watches(v.actor) {
		return nil
	}
	return []views.NavItem{{Title: "Pipelines", Icon: "database", Href: pipelinesPath, Group: "Your company"}}
}

// engineNames are how the engines write themselves.
var engineNames = map[string]string{"duckdb": "DuckDB", "clickhouse": "ClickHouse"}

// pipelines shows how the data comes to the figures, and what to do where it does not.
func (p *Portal) pipelines(v *visit) error {
	if !api.Watches(v.actor) {
		return operational.NotFound("page")
	}
	x := &pipelinePage{visit: v, now: v.deps.Clock()}
	var err error
	if x.s, err = v.deps.Warehouse.Status(v.ctx); err != nil {
		return err
	}
	if x.lags, err = v.deps.Warehouse.Lags(v.ctx); err != nil {
		return err
	}
	if x.letters, err = v.deps.Warehouse.DeadLetters(v.ctx, warehouse.LetterFilter{State: warehouse.LetterOpen, Limit: lettersShown}); err != nil {
		return err
	}
	page := views.Dashboard{Title: "Pipelines", Text: "How changes of records come into the figures: from Postgres to " + engineNames[v.deps.Warehouse.Engine()]}
	shell := views.Shell{Title: page.Title, Charts: true, Again: x.again()}
	if x.s.State == "" {
		page.Empty = &views.Empty{Icon: "database", Title: "No pipeline has run yet", Text: "Figures come from a second store that is filled from the records. Start the program with `sharepartner up`; this page then shows how far it is."}
		return v.render(200, shell, views.DashboardPage(page))
	}
	page.Notes, page.KPIs = x.notes(), x.figures()
	page.Figures = []views.Sized[views.Figure]{{Width: "w12", Of: x.lag()}}
	page.Tables = []views.Sized[views.Card]{
		{Width: "w12", Of: x.tables()},
		{Width: "w6", Of: x.loads()},
		{Width: "w6", Of: x.slot()},
		{Width: "w6", Of: x.check("parity", "Metrics on both sides", "metric", x.s.Parity)},
		{Width: "w6", Of: x.check("drift", "Rows on both sides", "table", x.s.Drift)},
		{Width: "w12", Of: x.aside()},
	}
	return v.render(200, shell, views.DashboardPage(page))
}

// pipelinePage turns the status into texts.
type pipelinePage struct {
	*visit
	now     time.Time
	s       warehouse.Status
	lags    []warehouse.LagSample
	letters []warehouse.DeadLetter
}

// stateWords say of each state what it means and what to do.
var stateWords = map[string]views.Note{
	"starting":  {Title: "The pipeline starts", Text: "It looks at the server and at how far it had come. That takes seconds; there is nothing to do."},
	"standby":   {Tone: "warn", Title: "Another program does the work", Text: "This one takes over within seconds when that one is gone. Figures of this program stay as they were until then. If that is not meant, stop one of the two."},
	"snapshot":  {Tone: "warn", Title: "All rows are being read", Text: "Figures come when it is complete. There is nothing to do; it begins again by itself if it is cut off."},
	"resync":    {Tone: "warn", Title: "All rows are being compared", Text: "Changes were lost on their way, so every row is looked at. Figures are those from before until it is complete. There is nothing to do."},
	"streaming": {Tone: "good", Title: "The pipeline follows every change", Text: "There is nothing to do."},
	"waiting":   {Tone: "warn", Title: "The pipeline waits for something that is away", Text: "It tries again every few seconds. If this lasts for minutes, see whether Postgres runs and can be reached from here."},
	"failed":    {Tone: "bad", Title: "Somebody has to change something", Text: "Do what the fault says. It is tried again by itself, so nothing has to be started anew."},
	"stopped":   {Tone: "bad", Title: "No program brings changes into the figures", Text: "Start it with `sharepartner up`. What changed meanwhile is loaded then."},
}

// reasonWords say why all rows are read.
var reasonWords = map[string]string{
	"first_snapshot":    "nothing is loaded yet",
	"warehouse_emptied": "the warehouse is empty and was not: its file was deleted, or another one is in its place",
	"other_server":      "the database is on another server than before",
	"other_timeline":    "the server was promoted or put back since",
	"other_slot":        "another replication slot is named than before",
	"server_behind":     "an older copy of the database was put back",
	"server_restored":   "an older copy of the server's files was put back",
	"slot_missing":      "somebody dropped the replication slot",
	"slot_lost":         "Postgres gave up the log that was still needed",
	"slot_unusable":     "Postgres cannot read its log from where the warehouse is: the publication was away then",
	"reshaped":          "tables were published in another shape for a while",
	"warehouse_behind":  "an older copy of the warehouse was put back",
}

var guardNotes = map[warehouse.Guard]views.Note{
	warehouse.GuardWarning:   {Tone: "warn", Title: "Postgres keeps much of its log for the pipeline", Text: "More than half of what it may keep. See what holds the pipeline up."},
	warehouse.GuardAlarm:     {Tone: "bad", Title: "Postgres will soon give up what the pipeline still needs", Text: "Repair the pipeline, or raise max_slot_wal_keep_size if the disk has room. If the slot is lost nothing is lost for good: all rows are read again."},
	warehouse.GuardLost:      {Tone: "bad", Title: "Postgres has given up what the pipeline still needed", Text: "All rows are read again by themselves as soon as the pipeline runs."},
	warehouse.GuardUnlimited: {Tone: "warn", Title: "Nothing keeps the log of Postgres from filling its disk", Text: "Set max_slot_wal_keep_size: a pipeline that stands still then costs a new copy of the rows at most, not the database."},
}

// notes are the state with what to do, and whatever else wants somebody.
func (x *pipelinePage) notes() []views.Note {
	state := stateWords[x.s.State]
	state.Bar = x.bar()
	if age := x.now.Sub(x.s.UpdatedAt); age > silence && x.s.State != "stopped" {
		state = views.Note{Tone: "bad", Title: "The pipeline has said nothing for " + x.ago(age), Text: "Its last word was \"" + x.s.State + "\". See whether the program runs; start it again with `sharepartner up`."}
	}
	if r := x.s.Resyncing; r != nil {
		state.Lines = append(state.Lines, "Since "+x.time(r.Since)+", because "+cmp.Or(reasonWords[r.Reason], words(r.Reason))+".")
	}
	if x.s.Detail != "" && x.s.State != "streaming" {
		state.Lines = append(state.Lines, x.s.Detail)
	}
	if x.s.LastFault != "" && x.s.LastFault != x.s.Detail {
		state.Lines = append(state.Lines, "Last fault, "+x.time(x.s.LastFaultAt)+": "+x.s.LastFault)
	}
	notes := []views.Note{state}
	if n, ok := guardNotes[x.s.Slot.Guard]; ok {
		notes = append(notes, n)
	}
	if s := x.s.Schema; s != nil && len(s.Altered) > 0 {
		notes = append(notes, views.Note{
			Tone: "warn", Title: "Tables were altered by hand", Lines: s.Altered,
			Text: fmt.Sprintf("The database is not as migration %d left it. Rows come into the figures as long as they can be read so, but the next migration may fail on it: undo what is listed, or let a migration of the program do it.", s.Version),
		})
	}
	if x.s.ClockAhead != 0 {
		notes = append(notes, x.clocks())
	}
	if x.s.DeadLetters > 0 {
		notes = append(notes, views.Note{Tone: "warn", Title: x.counted(x.s.DeadLetters, "row is set aside", "rows are set aside"), Text: "The warehouse cannot keep them and has the version before. They are listed below with what to do."})
	}
	for _, c := range []struct {
		check *warehouse.Check
		what  string
	}{{x.s.Parity, "Metrics"}, {x.s.Drift, "Rows"}} {
		if c.check != nil && c.check.Fault != "" {
			notes = append(notes, x.uncompared(c.what, c.check))
		}
		if c.check != nil && c.check.Differences > c.check.Repaired {
			notes = append(notes, views.Note{Tone: "bad", Title: c.what + " are not the same on both sides", Text: x.count(c.check.Differences) + " of " + x.count(c.check.Compared) + " differ. Figures may be wrong until that is repaired; sharepartner pipelines parity compares again and names the differences of metrics, the log of the program those of rows."})
		}
	}
	return notes
}

// again is how soon the page is looked at again: a copy or comparison moves, and a state changes now and then.
func (x *pipelinePage) again() int {
	if x.s.Progress != nil || x.s.Resyncing != nil || x.s.State == "snapshot" || x.s.State == "resync" {
		return 2
	}
	return 10
}

// bar is how far a copy or comparison of all tables is.
func (x *pipelinePage) bar() *views.Bar {
	if x.s.Progress == nil {
		return nil
	}
	done := x.s.Progress.Percent()
	return &views.Bar{Label: fmt.Sprintf("About %d %% of all rows are read", done), Percent: done}
}

// uncompared says that nobody knows at the moment whether both sides are the same.
func (x *pipelinePage) uncompared(what string, c *warehouse.Check) views.Note {
	n := views.Note{Tone: "warn", Title: what + " could not be compared since " + x.time(c.FaultSince), Text: "Whether both sides are the same is not known. What stands below is of " + x.time(c.At) + ". It is tried again every few minutes; to try now: sharepartner pipelines parity.", Lines: []string{c.Fault}}
	if c.At.IsZero() {
		n.Text = "Whether both sides are the same is not known: they never were compared. It is tried again every few minutes; to try now: sharepartner pipelines parity."
	}
	return n
}

// clocks say which clock is off against which.
func (x *pipelinePage) clocks() views.Note {
	where := "ahead of"
	if x.s.ClockAhead < 0 {
		where = "behind"
	}
	return views.Note{
		Tone: "warn", Title: "The clock of Postgres is " + seconds(math.Abs(x.s.ClockAhead)) + " " + where + " this program's",
		Text: "How far figures are behind is taken by the clock of Postgres and is right all the same. Times of changes are those of Postgres; those of loads, faults and comparisons are this program's. Set both by a time server.",
	}
}

func (x *pipelinePage) figures() []views.KPI {
	lag := views.KPI{Name: "Behind", Value: seconds(x.s.LagSeconds), Detail: "oldest change that is not in the figures"}
	if !x.s.LastCommit.IsZero() {
		lag.More = []string{"last change " + x.time(x.s.LastCommit)}
	}
	loaded := views.KPI{Name: "Changes loaded", Value: x.count(x.s.Rows), Detail: x.counted(x.s.Batches.Loads, "load", "loads")}
	if !x.s.Since.IsZero() {
		loaded.More = []string{"since " + x.time(x.s.Since)}
	}
	differ := views.KPI{Name: "Differences", Value: "—", Detail: "metrics not compared yet"}
	switch c := x.s.Parity; {
	case c != nil && c.At.IsZero():
		differ.Detail = "metrics could not be compared"
	case c != nil:
		differ.Value, differ.Detail = x.count(c.Differences), "of "+x.counted(c.Compared, "value", "values")+" of all metrics"
		differ.More = []string{"compared " + x.time(c.At)}
		if c.Fault != "" {
			differ.More = append(differ.More, "not since")
		}
	}
	return []views.KPI{
		lag, loaded,
		{Name: "Set aside", Value: x.count(x.s.DeadLetters), Detail: "rows that cannot be kept"},
		differ,
		{Name: "Interruptions", Value: x.count(x.s.Restarts), Detail: x.counted(x.s.Resyncs, "new reading of all rows", "new readings of all rows")},
	}
}

// seconds are a lag or a duration for people.
func seconds(s float64) string {
	switch {
	case s < 10:
		return fmt.Sprintf("%.1f s", s)
	case s < 120:
		return fmt.Sprintf("%.0f s", s)
	case s < 7200:
		return fmt.Sprintf("%.0f min", s/60)
	}
	return fmt.Sprintf("%.0f h", s/3600)
}

// size is a number of bytes for people.
func size(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	v, i := float64(n), 0
	for v >= 1000 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}
