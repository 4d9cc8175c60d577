package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// PipelineNote is how well the warehouse keeps up: it tells of the program, never of a tenant.
type PipelineNote struct {
	Name         string        `json:"name" doc:"Which pipeline"`
	Engine       string        `json:"engine" doc:"Engine that it loads"`
	State        string        `json:"state" enum:"starting,standby,snapshot,resync,streaming,waiting,failed,stopped,unknown" doc:"What it is doing; standby: another program works on the same replication slot; resync: all rows are compared, and answers are from before"`
	Ready        bool          `json:"ready" doc:"The first copy is complete: answers can be had"`
	UpdatedAt    *time.Time    `json:"updated_at,omitempty" doc:"When it last said so"`
	LastCommitAt *time.Time    `json:"last_commit_at,omitempty" doc:"Commit time of the last transaction that is loaded"`
	LagSeconds   float64       `json:"lag_seconds" doc:"Age of the oldest change that is committed and not loaded; 0 when all is"`
	LastFault    string        `json:"last_fault,omitempty" doc:"The last fault, also when it is over"`
	LastFaultAt  *time.Time    `json:"last_fault_at,omitempty" doc:"When it happened"`
	Watermark    WatermarkNote `json:"watermark" doc:"Up to where answers are complete"`
	Work         *PipelineWork `json:"work,omitempty" doc:"What it has done; only for a vendor's people with pipelines.read"`
}

// PipelineWork is what a pipeline has done since its program started, and how its slot is.
type PipelineWork struct {
	Detail      string                 `json:"detail,omitempty" doc:"The state in words: which table, which row count, what is awaited"`
	Progress    *warehouse.Progress    `json:"progress,omitempty" doc:"How far a copy or comparison of all tables is; absent while there is none"`
	Since       *time.Time             `json:"since,omitempty" doc:"From when counts are: the start of the program"`
	Restarts    int64                  `json:"restarts" doc:"How often it began again after a fault"`
	Rows        int64                  `json:"rows" doc:"Changes that were loaded"`
	Tables      []warehouse.TableCount `json:"tables" doc:"The same by table and kind of change"`
	Batches     warehouse.BatchCount   `json:"batches" doc:"The loads that they came in"`
	Slot        warehouse.SlotFigures  `json:"slot" doc:"The replication slot"`
	Resyncs     int64                  `json:"resyncs" doc:"How often all rows were copied or compared anew"`
	Resyncing   *warehouse.Resyncing   `json:"resyncing,omitempty" doc:"The copy or comparison of all rows that is under way, or was cut off, and why"`
	LastResync  *warehouse.Resync      `json:"last_resync,omitempty" doc:"The last time, also of an earlier start"`
	DeadLetters int64                  `json:"dead_letters" doc:"Rows that are set aside and open"`
	Schema      *warehouse.SchemaNote  `json:"schema,omitempty" doc:"How the mirrored tables are made, by the migrations"`
}

func workOf(s warehouse.Status) *PipelineWork {
	w := &PipelineWork{
		Detail: s.Detail, Progress: s.Progress, Since: moment(s.Since), Restarts: s.Restarts, Rows: s.Rows, Tables: s.Tables, Batches: s.Batches, Slot: s.Slot,
		Resyncs: s.Resyncs, Resyncing: s.Resyncing, LastResync: s.LastResync, DeadLetters: s.DeadLetters, Schema: s.Schema,
	}
	if w.Tables == nil {
		w.Tables = []warehouse.TableCount{}
	}
	return w
}

// shownTo leaves of it what tells nothing of others, to the minute. Words of a fault may name hosts and logins; that there
// was one, and when, stays.
func (n PipelineNote) shownTo(actor operational.Actor) PipelineNote {
	n.Watermark = n.Watermark.shownTo(actor)
	if watches(actor) {
		return n
	}
	for _, at := range []**time.Time{&n.UpdatedAt, &n.LastCommitAt, &n.LastFaultAt} {
		if *at != nil {
			*at = new((*at).Truncate(time.Minute))
		}
	}
	n.LastFault, n.LagSeconds, n.Work = "", wholeMinutes(n.LagSeconds), nil
	return n
}

// Health says whether the program lives and whether it can answer.
type Health struct {
	Live      bool `json:"live" doc:"The program runs"`
	Ready     bool `json:"ready" doc:"Database and warehouse answer"`
	Database  bool `json:"database" doc:"The database answers"`
	Warehouse bool `json:"warehouse" doc:"The warehouse answers and its first copy is complete"`
}

type healthInput struct {
	Of string `query:"of" enum:"all,records" default:"all" doc:"What has to answer for a 200: all, or only what records need, which is the database"`
}

type healthOutput struct {
	Status int
	Body   Health
}

func (a *API) system() {
	register(a, operational.PipelinesRead, huma.Operation{
		OperationID: "list-pipelines", Method: http.MethodGet, Path: "/v1/pipelines", Tags: []string{"system"},
		Summary: "How fresh the analytics are", Description: "State, lag, last commit and last fault of the pipeline from the operational database to the warehouse.",
	}, func(ctx context.Context, actor operational.Actor, in *PageInput) (*list[PipelineNote], error) {
		note, err := a.analytics.Pipeline(ctx)
		if err != nil {
			return nil, err
		}
		return sliced(a.cursors, actor, *in, "list-pipelines", []PipelineNote{note.shownTo(actor)}, func(n PipelineNote) string { return n.Name })
	})
	a.watching()
	register(a, operational.Public, huma.Operation{
		OperationID: "health", Method: http.MethodGet, Path: "/v1/health", Tags: []string{"system"},
		Summary: "Health", Description: "200 when everything answers, 503 with the same body when something does not. For a proxy that chooses among several programs ask of=records: while the warehouse is away, records are served all the same.",
		Responses: map[string]*huma.Response{"503": {Description: "Not ready", Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Ref: "#/components/schemas/Health"}}}}},
	}, a.health)
}

func (a *API) health(ctx context.Context, _ operational.Actor, in *healthInput) (*healthOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	h := Health{Live: true}
	h.Database = a.deps.DB.Login().Ping(ctx) == nil
	_, ready, err := a.deps.Warehouse.Checkpoint(ctx)
	h.Warehouse = err == nil && ready
	h.Ready = h.Database && h.Warehouse
	out := &healthOutput{Status: http.StatusOK, Body: h}
	if !h.Ready && (in.Of != "records" || !h.Database) {
		out.Status = http.StatusServiceUnavailable
	}
	return out, nil
}

// Pipeline tells how well the warehouse keeps up.
func (s *Analytics) Pipeline(ctx context.Context) (PipelineNote, error) {
	note := PipelineNote{Name: "warehouse", Engine: s.store.Engine(), State: "unknown"}
	status, err := s.store.Status(ctx)
	if err != nil {
		return note, err
	}
	if status.State != "" {
		note.State = status.State
	}
	note.UpdatedAt, note.LastCommitAt, note.LastFaultAt = moment(status.UpdatedAt), moment(status.LastCommit), moment(status.LastFaultAt)
	note.LagSeconds, note.LastFault, note.Work = status.LagSeconds, status.LastFault, workOf(status)
	place, ready, err := s.store.Checkpoint(ctx)
	note.Ready = err == nil && ready
	note.Watermark = noteOf(warehouse.Watermark{LSN: place.LSN, CommittedAt: place.CommittedAt}, status)
	return note, err
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
