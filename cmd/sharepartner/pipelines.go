package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/parity"
	"github.com/sharepartner/sharepartner/warehouse"
)

type pipelinesCommand struct {
	Work        workCommand        `cmd:"" name:"run" help:"Run what goes on behind the requests: the pipeline, imports, mails and housekeeping. Of several, one moves the data and the others stand by."`
	Status      statusCommand      `cmd:"" help:"Say what the pipeline does, how old the warehouse is, and what to do about it."`
	DeadLetters deadLettersCommand `cmd:"" help:"List the rows that the warehouse cannot keep and that were set aside."`
	Replay      replayCommand      `cmd:"" help:"Decode rows that were set aside again, and load what can be kept now."`
	AllowAside  allowAsideCommand  `cmd:"" help:"Let the running pipeline set aside more rows than its limit of a minute, once, and go on."`
	Parity      parityCommand      `cmd:"" help:"Compute every metric on Postgres too, and print what the warehouse answers differently."`
}

type deadLettersCommand struct {
	Config
	State string `help:"Only those in this state: open, replayed, superseded, or all." default:"open" enum:"open,replayed,superseded,all"`
	Limit int    `help:"How many at most, the oldest first." default:"100"`
	ID    int64  `help:"Only this one, with its place in the log and what came, byte by byte."`
}

// Run lists, a line each.
func (c *deadLettersCommand) Run(ctx context.Context) error {
	if c.ID != 0 {
		var came letterAsItCame
		if err := c.ask(ctx, http.MethodGet, "/dead-letter?id="+strconv.FormatInt(c.ID, 10), &came); err != nil {
			return err
		}
		came.print(os.Stdout)
		return nil
	}
	var letters []letter
	path := fmt.Sprintf("/dead-letters?state=%s&limit=%d", c.State, c.Limit)
	if err := c.ask(ctx, http.MethodGet, path, &letters); err != nil {
		return err
	}
	if len(letters) == 0 {
		fmt.Println("No row is set aside.")
	}
	for _, l := range letters {
		l.print(os.Stdout)
	}
	return nil
}

type replayCommand struct {
	Config
	ID  int64 `arg:"" optional:"" help:"Number of the row, as dead-letters prints it."`
	All bool  `help:"All that are open."`
}

// Run replays; a row that stays aside is an error, so that a script notices.
func (c *replayCommand) Run(ctx context.Context) error {
	if c.All == (c.ID != 0) {
		return errors.New("say which row to replay: its number, or --all")
	}
	path := "/replay"
	if !c.All {
		path += "?id=" + strconv.FormatInt(c.ID, 10)
	}
	var outcomes []pipelines.Outcome
	if err := c.ask(ctx, http.MethodPost, path, &outcomes); err != nil {
		return err
	}
	return reportReplay(os.Stdout, outcomes)
}

type allowAsideCommand struct {
	Config
	Rows int `help:"How many more." default:"10000"`
}

// Run tells the running program. None is no reason to begin one: it has not stopped before such rows, then.
func (c *allowAsideCommand) Run(ctx context.Context) error {
	if c.Rows < 1 {
		return errors.New("say how many more rows may be set aside: --rows 1000")
	}
	var allowed int
	if err := askControl(ctx, c.Data, http.MethodPost, "/allow-aside?rows="+strconv.Itoa(c.Rows), &allowed); err != nil {
		return err
	}
	fmt.Printf("The pipeline may set %d rows more aside and tries again within seconds. See what was set aside by: sharepartner pipelines dead-letters\n", allowed)
	return nil
}

func reportReplay(w io.Writer, outcomes []pipelines.Outcome) error {
	if len(outcomes) == 0 {
		fmt.Fprintln(w, "Nothing of that is open.")
	}
	aside := 0
	for _, o := range outcomes {
		if o.Fault != "" {
			aside++
			fmt.Fprintf(w, "aside   %d %s %s: %s\n", o.ID, o.Table, o.Key, o.Fault)
			continue
		}
		fmt.Fprintf(w, "loaded  %d %s %s\n", o.ID, o.Table, o.Key)
	}
	if aside > 0 {
		return fmt.Errorf("%d of %d rows stay aside: correct them in Postgres, or bring the program to a version that can read them", aside, len(outcomes))
	}
	return nil
}

// letter is a dead letter as it is listed; what came stays in the store.
type letter struct {
	ID       int64     `json:"id"`
	State    string    `json:"state"`
	Table    string    `json:"table"`
	Key      string    `json:"key"`
	Column   string    `json:"column"`
	Reason   string    `json:"reason"`
	Commit   string    `json:"commit"`
	CommitAt time.Time `json:"commit_at"`
	NotedAt  time.Time `json:"noted_at"`
}

func (l letter) print(w io.Writer) {
	fmt.Fprintf(w, "%d  %-10s  %s  %s  %s %s: %s\n", l.ID, l.State, l.CommitAt.Format(time.RFC3339), l.Commit, l.Table, l.Key, l.Column+": "+l.Reason)
}

// ask has the running program do it, or does it on the store itself when none runs on the folder.
func (c Config) ask(ctx context.Context, method, path string, answer any) error {
	err := askControl(ctx, c.Data, method, path, answer)
	if !errors.Is(err, errNoProgram) {
		return err
	}
	if c.WarehouseURL != "" {
		return c.askServer(ctx, method, path, answer)
	}
	folder, err := lockFolder(c.Data)
	if err != nil {
		return err
	}
	defer folder.release()
	if _, err := os.Stat(c.warehouseFile()); err != nil {
		return fmt.Errorf("there is no warehouse in %s: name the data folder with --data, or the server that has it with WAREHOUSE_URL", c.Data)
	}
	store, err := c.openWarehouse(ctx, c.logger())
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	p := pipelines.New(pipelines.Config{Store: store, Clock: time.Now})
	socket, err := openControl(c.Data, controlOf(p, store, parity.NewRunner(p, time.Now, c.logger())))
	if err != nil {
		return err
	}
	defer socket.close()
	return askControl(ctx, c.Data, method, path, answer)
}

// controlOf answers the commands.
func controlOf(p *pipelines.Pipeline, store warehouse.Store, metrics *parity.Runner) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /dead-letters", answer(func(r *http.Request) (any, error) {
		state := warehouse.LetterState(r.FormValue("state"))
		if state == "all" {
			state = ""
		}
		limit, err := strconv.Atoi(r.FormValue("limit"))
		if err != nil {
			return nil, fmt.Errorf("limit %q is no number", r.FormValue("limit"))
		}
		found, err := store.DeadLetters(r.Context(), warehouse.LetterFilter{State: state, Limit: limit})
		return listed(found), err
	}))
	mux.HandleFunc("GET /status", answer(func(r *http.Request) (any, error) { return p.Status(r.Context()) }))
	mux.HandleFunc("GET /dead-letter", answer(func(r *http.Request) (any, error) {
		id, err := strconv.ParseInt(r.FormValue("id"), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no number of a row", r.FormValue("id"))
		}
		found, err := store.DeadLetters(r.Context(), warehouse.LetterFilter{IDs: []int64{id}, Raw: true})
		if err != nil || len(found) == 1 {
			return asItCame(found), err
		}
		return nil, fmt.Errorf("no row with number %d was set aside: sharepartner pipelines dead-letters --state=all lists them", id)
	}))
	mux.HandleFunc("POST /replay", answer(func(r *http.Request) (any, error) {
		var ids []int64
		if text := r.FormValue("id"); text != "" {
			id, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("%q is no number of a row", text)
			}
			ids = []int64{id}
		}
		return p.Replay(r.Context(), ids)
	}))
	mux.HandleFunc("POST /allow-aside", answer(func(r *http.Request) (any, error) {
		rows, err := strconv.Atoi(r.FormValue("rows"))
		if err != nil || rows < 1 {
			return nil, fmt.Errorf("%q is no number of rows", r.FormValue("rows"))
		}
		p.AllowAside(rows)
		return rows, nil
	}))
	mux.HandleFunc("POST /parity", answer(func(r *http.Request) (any, error) { return metrics.Compare(r.Context()) }))
	return mux
}

func listed(found []warehouse.DeadLetter) []letter {
	letters := make([]letter, len(found))
	for i, d := range found {
		letters[i] = letter{
			ID: d.ID, State: string(d.State), Table: d.Table, Key: d.Key, Column: d.Column, Reason: d.Reason,
			Commit: fmt.Sprintf("%X/%X", d.CommitLSN>>32, uint32(d.CommitLSN)), CommitAt: d.CommitAt, NotedAt: d.NotedAt,
		}
	}
	return letters
}

// answer writes what a command gets, or why it gets nothing.
func answer(do func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		got, err := do(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(got) // whoever asked has gone, then
	}
}
