package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"text/tabwriter"
	"time"

	"github.com/sharepartner/sharepartner/warehouse"
)

type statusCommand struct {
	Config
}

// Run prints what the running program says of its pipeline, or what was last said where none runs on the folder.
func (c *statusCommand) Run(ctx context.Context) error {
	var s warehouse.Status
	if err := c.ask(ctx, http.MethodGet, "/status", &s); err != nil {
		return err
	}
	return printStatus(os.Stdout, s, time.Now())
}

func printStatus(w io.Writer, s warehouse.Status, now time.Time) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(table, name+"\t"+format+"\n", args...) }
	if s.State == "" {
		line("state", "no pipeline has run on this folder yet")
		return table.Flush()
	}
	line("state", "%s (%s)", s.State, s.Detail)
	if p := s.Progress; p != nil {
		line("progress", "about %d %% of all rows are read", p.Percent())
	}
	line("said", "%s ago", now.Sub(s.UpdatedAt).Round(time.Second))
	line("lag", "%.1f s", s.LagSeconds)
	line("in step", "%s", moment(s.InStepAt))
	line("last commit", "%s", moment(s.LastCommit))
	if r := s.Resyncing; r != nil {
		line("reading all rows", "%s, since %s", r.Reason, moment(r.Since))
	}
	if r := s.LastResync; r != nil {
		line("read all rows", "%s, %s: %d rows, %d put right", r.Reason, moment(r.At), r.Rows, r.Differed)
	}
	if s.LastFault != "" {
		line("last fault", "%s: %s", moment(s.LastFaultAt), s.LastFault)
	}
	line("slot", "%s: %d bytes not confirmed, %d kept, %s", s.Slot.Name, s.Slot.LagBytes, s.Slot.RetainedBytes, s.Slot.Guard)
	line("set aside", "%d rows", s.DeadLetters)
	line("metrics", "%s", checked(s.Parity))
	line("rows", "%s", checked(s.Drift))
	return table.Flush()
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format(time.RFC3339)
}

func checked(c *warehouse.Check) string {
	if c == nil {
		return "not compared yet"
	}
	text := fmt.Sprintf("%d of %d differed at %s, %d put right", c.Differences, c.Compared, moment(c.At), c.Repaired)
	if c.Fault != "" {
		text += fmt.Sprintf("; not compared since %s: %s", moment(c.FaultSince), c.Fault)
	}
	return text
}

// letterAsItCame is a row that was set aside, with all that is kept of it: for whoever may read the data folder itself.
type letterAsItCame struct {
	letter
	Record   string `json:"record"` // its place in the log
	Raw      []byte `json:"raw"`
	Relation []byte `json:"relation"`
}

func asItCame(found []warehouse.DeadLetter) any {
	if len(found) == 0 {
		return nil
	}
	d := found[0]
	return letterAsItCame{letter: listed(found)[0], Record: fmt.Sprintf("%X/%X", d.RecordLSN>>32, uint32(d.RecordLSN)), Raw: d.Raw, Relation: d.Relation}
}

func (l letterAsItCame) print(w io.Writer) {
	l.letter.print(w)
	fmt.Fprintf(w, "record %s, noted %s\n\nas it came:\n%s\ndescription of its table:\n%s", l.Record, l.NotedAt.Format(time.RFC3339), hex.Dump(l.Raw), hex.Dump(l.Relation))
}
