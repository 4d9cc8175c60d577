package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/sharepartner/sharepartner/operational"
)

// Worker does what has to be done after an event.
type Worker struct {
	Event    string        // type of event, for example "import.requested"
	Timeout  time.Duration // 0: one minute
	Attempts int           // 0: 5
	Work     func(ctx context.Context, job Job) error
	// GiveUp says where people look that nothing comes of the job: after the last attempt, whether that failed or the
	// program ended in the middle of it. It is called until it succeeds. May be nil.
	GiveUp func(ctx context.Context, job Job) error
}

// Job is an event at work: ids only.
type Job struct {
	Event      string
	Org        uuid.UUID
	Side       operational.Side
	Record     uuid.UUID
	Membership uuid.UUID // who caused it, if the payload names them
	Attempt    int       // from 1
}

// Actor is who the work is done as: the program, inside the organisation that caused it.
func (j Job) Actor(system string) operational.Actor {
	return operational.Actor{}.As(j.Org, j.Side, system)
}

// eventArgs is a job's row in River.
type eventArgs struct {
	Event      string    `json:"event"`
	Outbox     int64     `json:"outbox"` // the event's place in the outbox
	Org        uuid.UUID `json:"org"`
	Side       string    `json:"side"`
	Record     uuid.UUID `json:"record"`
	Membership uuid.UUID `json:"membership"`
}

// Kind is River's name for the sort of job.
func (eventArgs) Kind() string { return "event" }

// eventWorker hands events to the workers of their type.
type eventWorker struct {
	river.WorkerDefaults[eventArgs]
	workers map[string]Worker
}

// Timeout bounds one attempt.
func (w *eventWorker) Timeout(job *river.Job[eventArgs]) time.Duration {
	if t := w.workers[job.Args.Event].Timeout; t > 0 {
		return t
	}
	return time.Minute
}

// NextRetry waits a little longer each time.
func (w *eventWorker) NextRetry(job *river.Job[eventArgs]) time.Time {
	return time.Now().Add(time.Duration(job.Attempt*job.Attempt) * time.Second)
}

// Work runs the worker of the event. Work that a stop interrupts is put back as if it had not begun.
func (w *eventWorker) Work(ctx context.Context, job *river.Job[eventArgs]) error {
	worker, known := w.workers[job.Args.Event]
	if !known {
		return nil // made by a newer program; nothing here to do
	}
	at := Job{
		Event: job.Args.Event, Org: job.Args.Org, Side: operational.Side(job.Args.Side), Record: job.Args.Record,
		Membership: job.Args.Membership, Attempt: job.Attempt,
	}
	if givenUp(job.Metadata) {
		return giveUp(ctx, worker, at)
	}
	err := worker.Work(ctx, at)
	if err != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		return river.JobSnooze(0)
	}
	return err
}

// givenUp says that no attempt is left (see giveUpSQL).
func givenUp(metadata []byte) bool {
	var m struct {
		GivenUp bool `json:"given_up"`
	}
	return json.Unmarshal(metadata, &m) == nil && m.GivenUp
}

// giveUp ends a job for good; where even that fails, it is done again a little later.
func giveUp(ctx context.Context, worker Worker, job Job) error {
	if worker.GiveUp != nil {
		if err := worker.GiveUp(ctx, job); err != nil {
			return river.JobSnooze(giveUpAgain)
		}
	}
	return river.JobCancel(errGivenUp)
}

const giveUpAgain = 5 * time.Second

var errGivenUp = errors.New("no attempt is left")
