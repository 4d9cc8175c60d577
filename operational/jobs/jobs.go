package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Connections is what the jobs login's pool needs at least: one each for the sign of life, River's notices, its
// housekeeping and the relay, two for each job at work, which tells its progress beside its transaction, and one for
// steady chores.
const Connections = 3 + 2*atOnce + 2

// atOnce is how many jobs one program works on at the same time.
const atOnce = 2

// Jobs relays events and runs their workers.
type Jobs struct {
	db      *postgres.DB
	log     *slog.Logger
	workers map[string]Worker
	client  *river.Client[pgx.Tx]
	sign    *sign
	hourly  []Chore
	steady  []steadyChore
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// New makes it on the jobs login. Nothing happens before Start.
func New(db *postgres.DB, log *slog.Logger, workers ...Worker) (*Jobs, error) {
	j := &Jobs{db: db, log: log, workers: map[string]Worker{}, sign: newSign()}
	for _, w := range workers {
		if _, twice := j.workers[w.Event]; twice {
			return nil, fmt.Errorf("two workers for the event %s", w.Event)
		}
		j.workers[w.Event] = w
	}
	registry := river.NewWorkers()
	river.AddWorker(registry, &eventWorker{workers: j.workers})
	river.AddWorker(registry, &purgeWorker{db: db, more: &j.hourly})
	client, err := river.NewClient(riverpgxv5.New(db.Login()), &river.Config{
		ID:                  j.sign.clientID(),
		Schema:              "river",
		Logger:              slog.New(quiet{log.Handler()}),
		Workers:             registry,
		Queues:              map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: atOnce}},
		FetchCooldown:       50 * time.Millisecond,
		FetchPollInterval:   time.Second,
		JobTimeout:          time.Minute,
		ReindexerIndexNames: []string{}, // rebuilding indexes is the owner's right
		PeriodicJobs:        []*river.PeriodicJob{purgeHourly()},
	})
	if err != nil {
		return nil, fmt.Errorf("set up jobs: %w", err)
	}
	j.client = client
	return j, nil
}

// Chore is what another module wants to be done by the clock.
type Chore struct {
	Name string
	Do   func(ctx context.Context) error
}

// Hourly adds chores; before Start.
func (j *Jobs) Hourly(chores ...Chore) { j.hourly = append(j.hourly, chores...) }

// Start takes over what ended programs left and begins to work. It returns at once; Stop ends it.
func (j *Jobs) Start(ctx context.Context) error {
	ctx, j.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := j.rescue(ctx); err != nil {
		j.halt()
		return err
	}
	if err := j.client.Start(ctx); err != nil {
		j.halt()
		return fmt.Errorf("start jobs: %w", postgres.Translate(err))
	}
	j.done.Go(func() { j.relayAlways(ctx) })
	j.done.Go(func() { j.rescueAlways(ctx) })
	for _, c := range j.steady {
		j.done.Go(func() { j.doAlways(ctx, c) })
	}
	return nil
}

// Stop cancels the jobs at work, waits until they have put their work back, and ends the relay.
func (j *Jobs) Stop(ctx context.Context) error {
	if j.stop == nil {
		return nil
	}
	err := j.client.StopAndCancel(ctx)
	j.halt()
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("stop jobs: %w", err)
	}
	return nil
}

func (j *Jobs) halt() {
	j.stop()
	j.done.Wait()
	j.sign.release()
}

// quiet keeps River's chatter out of the log and its warnings in.
type quiet struct{ slog.Handler }

// Enabled lets warnings and faults through.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}
