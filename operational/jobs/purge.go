package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/sharepartner/sharepartner/operational/postgres"
)

// How long what is done with is kept.
const (
	keepEvents = 24 * time.Hour      // relayed events
	keepKeys   = 48 * time.Hour      // answers to requests with an idempotency key
	keepFiles  = 0                   // files of imports that have ended: nothing reads them again
	keepValues = 30 * 24 * time.Hour // values in the findings of an import; file, line, field and rule stay
	keepMail   = 30 * 24 * time.Hour // addresses of invitations that came to nothing
)

var purges = []struct {
	what, sql string
	keep      time.Duration
}{
	{"relayed events", `delete from crm.outbox where relayed_at < $1`, keepEvents},
	{"idempotency keys", `delete from crm.idempotency_key where created_at < $1`, keepKeys},
	{"files of imports", `delete from crm.import_file f using crm.import i where i.id = f.import_id and i.finished_at < $1`, keepFiles},
	{"values of findings", `update crm.import_finding f set was = null, became = null, reason = 'The values are kept for 30 days; the rule says what happened.'
		from crm.import i where i.id = f.import_id and i.finished_at < $1 and (f.was is not null or f.became is not null)`, keepValues},
	{"addresses of invitations", `update crm.invitation set email = null, message = null
		where status in ('revoked', 'expired') and closed_at < $1 and num_nonnulls(email, message) > 0`, keepMail},
}

type purgeArgs struct{}

// Kind is River's name for the sort of job.
func (purgeArgs) Kind() string { return "purge" }

func purgeHourly() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(time.Hour), func() (river.JobArgs, *river.InsertOpts) {
		return purgeArgs{}, &river.InsertOpts{MaxAttempts: 1}
	}, &river.PeriodicJobOpts{RunOnStart: true})
}

type purgeWorker struct {
	river.WorkerDefaults[purgeArgs]
	db   *postgres.DB
	more *[]Chore // known when the program starts
}

// Work clears away everything that is past its time. A chore that fails does not keep the others from being done.
func (w *purgeWorker) Work(ctx context.Context, _ *river.Job[purgeArgs]) error {
	var faults []error
	now := w.db.Now()
	for _, p := range purges {
		if _, err := w.db.Login().Exec(ctx, p.sql, now.Add(-p.keep)); err != nil {
			faults = append(faults, fmt.Errorf("clear away %s: %w", p.what, postgres.Translate(err)))
		}
	}
	for _, c := range *w.more {
		if err := c.Do(ctx); err != nil {
			faults = append(faults, fmt.Errorf("clear away %s: %w", c.Name, err))
		}
	}
	return errors.Join(faults...)
}
