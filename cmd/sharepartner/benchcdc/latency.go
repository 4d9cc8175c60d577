package benchcdc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// LatencyResult says how long a commit took to be seen by a reader of the warehouse, from the moment COMMIT was sent.
type LatencyResult struct {
	Commits int           `json:"commits"`
	P50     time.Duration `json:"p50"`
	P95     time.Duration `json:"p95"`
	P99     time.Duration `json:"p99"`
	Max     time.Duration `json:"max"`
	Rate    float64       `json:"rate"` // commits in a second, as they were made
}

// Pace is how often something is committed: by so many writers, each so often.
type Pace struct {
	Writers int
	Every   time.Duration
	Commits int // in all
}

// Latency commits one move of an opportunity at a pace and watches the warehouse from another connection. Rows is how
// many opportunities and accounts are there before.
func Latency(ctx context.Context, s Source, open Engine, rows int, p Pace) (LatencyResult, error) {
	var r LatencyResult
	b, err := loaded(ctx, s, rows, open)
	if err != nil {
		return r, err
	}
	defer b.end(ctx)
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- pipelines.New(pipelines.Config{SourceURL: s.CDCURL, Store: b.store}).Run(running) }()
	took, rate, err := b.pace(ctx, b.store, s.OwnerURL, rows, p)
	stop()
	if err := errors.Join(err, <-done); err != nil {
		return r, err
	}
	slices.Sort(took)
	at := func(share float64) time.Duration { return took[min(len(took)-1, int(share*float64(len(took))))] }
	return LatencyResult{Commits: len(took), P50: at(0.5), P95: at(0.95), P99: at(0.99), Max: took[len(took)-1], Rate: rate}, nil
}

// pace commits at a steady rate; the first second only warms up. It gives how long each took to be seen, and the rate.
func (c *channel) pace(ctx context.Context, store warehouse.Store, url string, rows int, p Pace) ([]time.Duration, float64, error) {
	warmUp := p.Writers * int(time.Second/p.Every)
	all := p.Commits + warmUp
	seen := make(chan time.Duration, all+p.Writers)
	watch := make(chan sent, all+p.Writers)
	fault := make(chan error, 1)
	go func() { fault <- watchStore(ctx, store, watch, seen) }()
	began := time.Now()
	g, writing := errgroup.WithContext(ctx)
	for at := range p.Writers {
		g.Go(func() error {
			conn, err := pgx.Connect(writing, url)
			if err != nil {
				return fmt.Errorf("connect a writer: %w", err)
			}
			defer conn.Close(context.WithoutCancel(writing))
			tick := time.NewTicker(p.Every)
			defer tick.Stop()
			for n := at; n < all; n += p.Writers {
				<-tick.C
				if err := c.moveOne(writing, conn, int64(n*7919%rows+1), watch); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := g.Wait()
	rate := float64(all) / time.Since(began).Seconds()
	close(watch)
	if err := errors.Join(err, <-fault); err != nil {
		return nil, 0, err
	}
	close(seen)
	var took []time.Duration
	for d := range seen {
		took = append(took, d)
	}
	return took[warmUp:], rate, nil
}

// sent is a commit: when it was sent, and a place in the log that lies before its end and after all earlier ones.
type sent struct {
	at    time.Time
	place uint64
}

func (c *channel) moveOne(ctx context.Context, conn *pgx.Conn, number int64, watch chan<- sent) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.Exec(ctx, moveOpportunitiesSQL, c.link, []int64{number}, c.stages[1]); err != nil {
		return fmt.Errorf("move an opportunity: %w", err)
	}
	var text string
	if err := tx.QueryRow(ctx, `select pg_current_wal_insert_lsn()::text`).Scan(&text); err != nil {
		return err
	}
	place, err := pgsource.ParseLSN(text)
	if err != nil {
		return err
	}
	at := time.Now()
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	watch <- sent{at, place}
	return nil
}

// watchStore asks the store, through its readers, until each commit is there.
func watchStore(ctx context.Context, store warehouse.Store, watch <-chan sent, seen chan<- time.Duration) error {
	for s := range watch {
		for {
			w, err := store.Watermark(ctx)
			if err != nil {
				return err
			}
			if w.LSN > s.place {
				seen <- time.Since(s.at)
				break
			}
			if time.Since(s.at) > time.Minute {
				return errors.New("a commit was not seen within a minute")
			}
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}
