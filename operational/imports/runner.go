package imports

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Progress hears how far an import has come (0..1) and what it is doing.
type Progress func(done float64, step string)

// Runner does the work of imports, on the jobs login.
type Runner struct {
	db            *postgres.DB
	workspaces    *interconnect.Service
	catalog       *catalog.Service
	accounts      *accounts.Service
	opportunities *opportunities.Service
}

// NewRunner makes the runner.
func NewRunner(jobs *postgres.DB) *Runner {
	return &Runner{
		db: jobs, workspaces: interconnect.New(jobs), catalog: catalog.New(jobs), accounts: accounts.New(jobs), opportunities: opportunities.New(jobs),
	}
}

// Worker runs imports that were asked for.
func (r *Runner) Worker() jobs.Worker {
	return jobs.Worker{
		Event: EventRequested, Timeout: 2 * time.Hour,
		Work:   func(ctx context.Context, job jobs.Job) error { return r.Run(ctx, job.Actor(system), job.Record, nil) },
		GiveUp: func(ctx context.Context, job jobs.Job) error { return r.giveUp(ctx, job.Actor(system), job.Record) },
	}
}

const whyGivenUp = "The program could not finish the import, however often it began, or ended in the middle of it. " +
	"Nothing was imported. Send the files again: what is here already does not change by it."

// giveUp ends an import for which no attempt is left; one that somebody wanted to cancel has its wish.
func (r *Runner) giveUp(ctx context.Context, actor operational.Actor, id uuid.UUID) error {
	return r.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		var cancelled bool
		err := tx.QueryRow(ctx, cancelWantedSQL, id).Scan(&cancelled)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return nil
		case err != nil:
			return fmt.Errorf("look at import: %w", err)
		case cancelled:
			_, err = finish(ctx, tx, id, StateCancelled, nil, nil)
		default:
			_, err = finish(ctx, tx, id, StateFailed, nil, new(whyGivenUp))
		}
		return err
	})
}

// system is the name under which imports work.
const system = "import"

// The reasons for which a transaction that has done its work is undone all the same.
var (
	errCancelled = errors.New("the import was cancelled")
	errDryRun    = errors.New("this was a dry run")
	errElsewhere = errors.New("another program has finished the import")
)

// job is one import at work.
type job struct {
	id       uuid.UUID
	actor    operational.Actor
	mapping  Mapping
	files    map[string][]byte
	dryRun   bool
	progress Progress
	queued   bool // its row is there since it was asked for
	kind     string
	by       *uuid.UUID // the membership that asked for it
}

// Run does a queued import, or one that a crash left running. Progress may be nil. What the export or its reader
// is to blame for ends the import; other faults are returned, and it waits for the next attempt.
func (r *Runner) Run(ctx context.Context, actor operational.Actor, id uuid.UUID, progress Progress) error {
	actor = actor.As(actor.Org, actor.Side, system)
	j, err := r.claim(ctx, actor, id)
	if err != nil || j == nil {
		return err
	}
	watched, stop := r.watch(ctx, id, progress)
	j.progress = stop.report
	err = r.do(watched, j)
	if cause := context.Cause(watched); err != nil && errors.Is(cause, errCancelled) {
		err = cause
	}
	stop.wait()
	var fault *operational.Error
	switch {
	case err == nil, errors.Is(err, errElsewhere):
		return nil
	case errors.Is(err, errCancelled):
		return r.end(ctx, actor, id, StateCancelled, nil)
	case ctx.Err() == nil && errors.As(err, &fault) && fault.Kind != operational.KindUnavailable:
		return r.end(ctx, actor, id, StateFailed, new(fault.Error()))
	}
	r.requeue(ctx, actor, id)
	return fmt.Errorf("import %s: %w", id, err)
}

// Import runs an import at once, for commands that wait for it. Ending the context cancels it. Its row becomes
// visible together with what it did: until then there is nothing that a kill could leave behind.
func (r *Runner) Import(ctx context.Context, actor operational.Actor, in NewImport, progress Progress) (Import, error) {
	j, err := r.atOnce(actor.As(actor.Org, actor.Side, system), in, progress)
	if err != nil {
		return Import{}, err
	}
	if err := r.do(ctx, j); err != nil {
		return Import{}, err
	}
	return New(r.db).Get(ctx, j.actor, j.id)
}

// atOnce checks the files of an import that has not been asked for before.
func (r *Runner) atOnce(actor operational.Actor, in NewImport, progress Progress) (*job, error) {
	m, files, err := check(in, r.db.Now())
	if err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make an id: %w", err)
	}
	if progress == nil {
		progress = func(float64, string) {}
	}
	return &job{id: id, actor: actor, mapping: m, files: files, dryRun: in.DryRun, progress: progress}, nil
}

// claim takes an import in hand; nil when it is cancelled or done.
func (r *Runner) claim(ctx context.Context, actor operational.Actor, id uuid.UUID) (*job, error) {
	j := &job{id: id, actor: actor, files: map[string][]byte{}, queued: true}
	err := r.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		err := tx.QueryRow(ctx, claimSQL, pgx.NamedArgs{"id": id, "now": tx.Now}).Scan(&j.kind, &j.dryRun, &j.mapping, &j.by)
		if errors.Is(err, pgx.ErrNoRows) {
			j = nil
			return nil
		}
		if err != nil {
			return fmt.Errorf("take import %s in hand: %w", id, err)
		}
		rows, err := tx.Query(ctx, filesSQL, id)
		if err != nil {
			return fmt.Errorf("read files of import %s: %w", id, err)
		}
		var name string
		var content []byte
		_, err = pgx.ForEachRow(rows, []any{&name, &content}, func() error {
			j.files[name] = append([]byte{}, content...)
			return nil
		})
		return err
	})
	if err != nil || j != nil {
		return j, err
	}
	// Cancelled while it ran in a program that was killed: nobody else makes it final.
	return nil, r.end(ctx, actor, id, StateCancelled, nil)
}

// end makes an import final that has left nothing behind.
func (r *Runner) end(ctx context.Context, actor operational.Actor, id uuid.UUID, state State, fault *string) error {
	return r.db.InTx(context.WithoutCancel(ctx), actor, func(tx *postgres.Tx) error {
		_, err := finish(ctx, tx, id, state, nil, fault)
		return err
	})
}

// requeue puts an import back that was interrupted; where even that fails, its row says running and is taken up again.
func (r *Runner) requeue(ctx context.Context, actor operational.Actor, id uuid.UUID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for range 5 { // after a restart of the database each connection of the pool finds out for itself
		err := r.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
			_, err := tx.Exec(ctx, requeueSQL, id)
			return err
		})
		if err == nil {
			return
		}
	}
}

// watcher writes progress to the import's row and hears whether it is to be cancelled.
type watcher struct {
	mu     sync.Mutex
	done   float64
	step   string
	next   Progress
	cancel context.CancelCauseFunc
	gone   chan struct{}
}

const watchEvery = 200 * time.Millisecond

func (r *Runner) watch(ctx context.Context, id uuid.UUID, next Progress) (context.Context, *watcher) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watcher{next: next, cancel: cancel, gone: make(chan struct{})}
	go func() {
		defer close(w.gone)
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			w.mu.Lock()
			done, step := w.done, w.step
			w.mu.Unlock()
			var stop bool
			// A fault here is the importing transaction's to notice.
			if r.db.Login().QueryRow(ctx, reportSQL, id, done, step).Scan(&stop) == nil && stop {
				cancel(errCancelled)
			}
		}
	}()
	return ctx, w
}

func (w *watcher) report(done float64, step string) {
	w.mu.Lock()
	w.done, w.step = done, step
	w.mu.Unlock()
	if w.next != nil {
		w.next(done, step)
	}
}

// wait ends the watch.
func (w *watcher) wait() {
	w.cancel(nil)
	<-w.gone
}
