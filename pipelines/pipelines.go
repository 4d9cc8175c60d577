package pipelines

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// Config says from where to where.
type Config struct {
	SourceURL   string // of the login sharepartner_cdc
	Store       warehouse.Store
	Slot        string // default "sharepartner_" and the name of the database: slots are named server-wide
	Publication string // default "sharepartner"
	Log         *slog.Logger
	Clock       func() time.Time
	// AsidePerMinute is how many rows that cannot be kept are set aside in a minute, before the pipeline stops; default 100.
	AsidePerMinute int
	Tables         []*warehouse.Table // what is mirrored, as the store was opened with it; default warehouse.Tables
	// DriftEvery is how often some rows are compared with Postgres, DriftRows how many; default 20000 a minute. A negative
	// time turns it off.
	DriftEvery time.Duration
	DriftRows  int
	Version    int64 // of the last migration that this program knows; 0: not known
	// Shared says that other programs keep the same store. Whoever stands by then keeps quiet in it, and knows nothing of what
	// the other one has kept until it takes over.
	Shared bool
}

// Pipeline keeps one store in step with one database.
type Pipeline struct {
	cfg       Config
	source    *pgsource.Source
	sourceErr error // the address cannot be read
	meter     *meter
	limits    limits
	aside     *aside
	replays   chan *replay
	heal      Reason         // why the stream cannot be gone on with, although slot and checkpoint look well
	lock      *pgsource.Lock // the right to work on the slot
	stood     bool           // another program has worked since this one knew what is kept in the store
	ran       atomic.Bool
	follower  atomic.Pointer[follower] // while it streams
	quiet     atomic.Bool              // another program works, and keeps the status of the store that both have
	gaps      *gaps
	missing   *missing

	drifting sync.Mutex // over drift
	drift    drift
}

// New makes a pipeline; Run starts it.
func New(cfg Config) *Pipeline {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.DriftEvery == 0 {
		cfg.DriftEvery = driftEvery
	}
	if cfg.DriftRows <= 0 {
		cfg.DriftRows = driftRows
	}
	if cfg.Tables == nil {
		cfg.Tables = warehouse.Tables
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	p := &Pipeline{cfg: cfg, meter: newMeter(cfg.Clock), limits: usual, replays: make(chan *replay), gaps: newGaps(), missing: newMissing()}
	p.aside = newAside(cfg)
	p.source, p.sourceErr = pgsource.New(pgsource.Options{URL: cfg.SourceURL, Slot: cfg.Slot, Publication: cfg.Publication, Tables: cfg.Tables, Log: cfg.Log, Version: cfg.Version})
	return p
}

// Preflight says whether the pipeline could start: nil, or what is wrong and what to do.
func (p *Pipeline) Preflight(ctx context.Context) error {
	if p.sourceErr != nil {
		return p.sourceErr
	}
	_, err := p.source.Preflight(ctx)
	return err
}

// Status says how the pipeline is doing: from memory where it runs, else what was last kept in the store.
func (p *Pipeline) Status(ctx context.Context) (warehouse.Status, error) {
	if p.ran.Load() {
		return p.meter.snapshot(), nil
	}
	s, err := p.cfg.Store.Status(ctx)
	if err != nil {
		return s, fmt.Errorf("read the pipeline's status: %w", err)
	}
	return s, nil
}

// WaitFor waits until everything that committed before lsn can be read in the warehouse. A caller gets lsn from
// pg_current_wal_insert_lsn() after its own commit: with synchronous_commit off what is written may end before that.
func (p *Pipeline) WaitFor(ctx context.Context, lsn uint64) error {
	if err := p.meter.reaches(ctx, lsn); err != nil {
		return fmt.Errorf("wait for the warehouse to reach %s: %w", pgsource.FormatLSN(lsn), err)
	}
	return nil
}

// Run works until ctx ends and then gives nil. It meets faults itself: it notes them in the status and tries again.
func (p *Pipeline) Run(ctx context.Context) error {
	if p.sourceErr != nil {
		return p.sourceErr
	}
	p.quiet.Store(p.cfg.Shared) // until it is known whether another one works
	if p.recallWhenThere(ctx); ctx.Err() != nil {
		return nil
	}
	p.ran.Store(true)
	recording, stop := context.WithCancel(ctx)
	var recorder sync.WaitGroup
	recorder.Go(func() { p.record(recording) })
	defer recorder.Wait()
	defer stop()
	last := ""
	for tries := 1; ; tries++ {
		before, began := p.meter.snapshot(), time.Now()
		p.move(ctx, stateStarting, "looking at the server and at the checkpoint")
		err := p.claim(ctx)
		if err == nil {
			err = p.alone(ctx, p.attempt)
		}
		if ctx.Err() != nil {
			break
		}
		if after := p.meter.snapshot(); after.LoadedLSN > before.LoadedLSN || after.Rows > before.Rows {
			tries = 1 // it had worked
		}
		p.learn(ctx, err)
		wait := pause(tries)
		level := slog.LevelWarn
		if err.Error() == last {
			level = slog.LevelDebug // one line for a long outage
		}
		last = err.Error()
		p.cfg.Log.Log(ctx, level, "pipeline interrupted", "slot", p.source.Slot(), "error", err, "again_in", wait)
		p.move(ctx, stateAfter(err), err.Error())
		p.save(ctx)
		p.rest(ctx, wait, time.Since(began), err)
	}
	p.move(ctx, stateStopped, "the program was stopped")
	p.save(context.WithoutCancel(ctx))
	p.release() // who takes over finds what was saved
	return nil
}

// learn keeps what the next attempt has to know of a fault.
func (p *Pipeline) learn(ctx context.Context, err error) {
	p.meter.fault(err)
	if p.lock != nil && errors.Is(err, pgsource.ErrSlotActive) {
		p.lock.Evict(ctx) // the right to the slot is ours
	}
	p.heal = reasonOf(err, p.heal)
}

// attempt runs until something breaks.
func (p *Pipeline) attempt(ctx context.Context) error {
	server, err := p.source.Preflight(ctx)
	p.shaped(ctx, server.Shape)
	if err != nil {
		return err
	}
	c, ok, err := p.cfg.Store.Checkpoint(ctx)
	if err != nil {
		return ofStore("read the checkpoint", err)
	}
	if ok && c.Deployment != server.Deployment {
		return &OtherDeploymentError{Store: c.Deployment, Server: server.Deployment, Slot: c.Slot}
	}
	if ahead := p.meter.clocks(server.At); ahead.Abs() > time.Second {
		p.cfg.Log.WarnContext(ctx, "the clocks of Postgres and of this program differ; set both by a time server", "ahead", ahead.Round(time.Second))
	}
	if err := p.meet(ctx, server); err != nil {
		return err
	}
	reason := judge(c, ok, server, p.source.Slot())
	if reason == "" {
		reason = p.heal
	}
	reason = carriedOn(reason, p.meter.snapshot().Resyncing, c, ok, server)
	var stream *pgsource.Stream
	switch reason {
	case "":
		p.meter.settled()
		stream, err = p.source.Stream(ctx, c.Place())
	case ReasonFirst, ReasonEmptied:
		stream, c, err = p.copyAll(ctx, server, reason)
	default:
		stream, c, err = p.resync(ctx, server, c, reason)
		c = stored(c)
	}
	if err != nil {
		return err
	}
	if reason != "" {
		p.heal = ""
		p.meter.announced(server.Shape.Version, 0, time.Time{})
		p.inStep(ctx)
	}
	p.move(ctx, stateStreaming, "following the log")
	return p.explained(ctx, p.follow(ctx, stream, c, server.LSN))
}

// copyAll begins again: a new slot and all rows as they are at its beginning, in one load. Cut off anywhere it leaves a
// store without checkpoint, and the next attempt begins again.
func (p *Pipeline) copyAll(ctx context.Context, server pgsource.Server, reason Reason) (*pgsource.Stream, warehouse.Checkpoint, error) {
	p.move(ctx, stateSnapshot, "waiting for running transactions, to begin a snapshot")
	p.cfg.Log.InfoContext(ctx, "pipeline takes a new snapshot", "slot", p.source.Slot(), "reason", string(reason))
	p.meter.resyncing(reason, 0)
	p.save(ctx) // a slot that is gone does not tell why
	var none warehouse.Checkpoint
	if err := p.source.DropSlot(ctx); err != nil {
		return nil, none, err
	}
	if err := p.cfg.Store.Reset(ctx); err != nil {
		return nil, none, ofStore("reset", err)
	}
	p.meter.forget()
	p.inStep(ctx) // whatever happens from here on is seen
	p.save(ctx)
	snapshot, err := p.source.CreateSlot(ctx)
	if err != nil {
		return nil, none, err
	}
	defer snapshot.Close()
	c := warehouse.Checkpoint{Deployment: server.Deployment, SystemID: server.SystemID, Timeline: server.Timeline, Slot: p.source.Slot(), LSN: snapshot.LSN, SnapshotLSN: snapshot.LSN}
	if err := p.loadSnapshot(ctx, snapshot, &c, reason); err != nil {
		return nil, none, err
	}
	stream, err := snapshot.Stream(ctx)
	return stream, c, err
}

func (p *Pipeline) loadSnapshot(ctx context.Context, snapshot *pgsource.Snapshot, c *warehouse.Checkpoint, reason Reason) error {
	load, err := p.cfg.Store.Begin(ctx)
	if err != nil {
		return ofStore("begin the snapshot", err)
	}
	defer func() {
		_ = load.Rollback()
		p.aside.forgotten() // nothing, after a commit
	}()
	t := tally{began: time.Now()}
	far := newProgress("copying", p.cfg.Tables)
	err = snapshot.Copy(ctx, func(piece pgsource.Piece) error {
		b := piece.Batch
		t.add(b)
		far.about = snapshot.About // known by now
		far.add(b.Table, int64(b.Len()+len(piece.Aside)))
		p.meter.progressed(far, "")
		wanted, err := p.aside.gather(ctx, load, piece.Aside)
		if err != nil || !wanted {
			return err
		}
		return ofStore("append to "+b.Table.Name, load.Append(ctx, b))
	})
	if err == nil {
		err = p.aside.verdict(true)
	}
	if err != nil {
		return err
	}
	c.CommittedAt = snapshot.At
	t.ending = time.Now()
	p.meter.finishing(far, fmt.Sprintf("making %d rows visible", t.rows))
	if err := load.Commit(ctx, *c); err != nil {
		return ofStore("commit the snapshot", err)
	}
	p.aside.kept()
	p.meter.resynced(reason, int64(t.rows), 0, time.Since(t.began)) // first: whoever awaits the place reads it then
	p.meter.loaded(*c, &t)
	p.cfg.Log.InfoContext(ctx, "snapshot loaded", "slot", c.Slot, "rows", t.rows, "lsn", pgsource.FormatLSN(c.LSN))
	return nil
}

func (p *Pipeline) move(ctx context.Context, to, detail string) {
	from, err := p.meter.move(to, detail)
	if err != nil {
		p.cfg.Log.ErrorContext(ctx, "pipeline state", "error", err)
	} else if from != to {
		p.cfg.Log.DebugContext(ctx, "pipeline state", "from", from, "to", to)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
