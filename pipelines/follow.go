package pipelines

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

const probeEvery = 2 * time.Second

// follow loads the stream until it breaks or ctx ends. It owns the stream. Now is where the server's log stood when it was
// looked at.
func (p *Pipeline) follow(ctx context.Context, stream *pgsource.Stream, from warehouse.Checkpoint, now uint64) error {
	defer stream.Close()
	from.LSN = from.Place() // as the server counts
	p.meter.resume(from)
	l := newLoader(p, stream.Confirm)
	f := &follower{
		limits: p.limits, meter: p.meter, stream: stream, loader: l, checkpoint: from, persisted: from.LSN,
		decoder: pgsource.NewDecoder(p.cfg.Tables, from.LSN),
		filling: pgsource.NewChanges(p.cfg.Tables), spare: pgsource.NewChanges(p.cfg.Tables),
		holds: make(chan *hold), ended: make(chan struct{}), genuine: p.genuine,
	}
	f.decoder.Shift(from.Shift)
	p.follower.Store(f)
	defer close(f.ended)
	defer p.follower.Store(nil)
	if err := p.remember(ctx, f.decoder); err != nil {
		return err
	}
	added, err := p.uncopied(ctx)
	if err != nil {
		return err
	}
	f.decoder.PassOver(added)
	if f.awaited, err = p.awaited(ctx); err != nil {
		return err
	}
	f.decoder.Await(f.awaited)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.run(ctx) })
	g.Go(func() error { return f.run(ctx) })
	g.Go(func() error { return p.probe(ctx) })
	g.Go(func() error {
		if err := p.copyAdded(ctx, added, f.decoder); err != nil {
			return err
		}
		if err := p.bring(ctx, now); err != nil {
			return err
		}
		g.Go(func() error { return p.watchGaps(ctx, added) })
		g.Go(func() error { return p.fetchMissing(ctx) })
		return p.watchDrift(ctx)
	})
	return g.Wait()
}

// probe asks the server where it stands, and whether it still publishes all. Without an answer data flows all the same,
// only the lag is not known.
func (p *Pipeline) probe(ctx context.Context) error {
	for ctx.Err() == nil {
		err := p.source.Probe(ctx, probeEvery, p.meter.probed, func(s pgsource.Shape) {
			p.shaped(ctx, s)
			p.gaps.see(s.Published)
		})
		var setup *pgsource.SetupError
		if errors.As(err, &setup) && setup.Gap {
			return err
		}
		if ctx.Err() == nil {
			p.cfg.Log.WarnContext(ctx, "pipeline cannot ask the server for its position", "error", err)
		}
		sleep(ctx, probeEvery)
	}
	return ctx.Err()
}

// follower decodes into one batch while the loader has the other.
type follower struct {
	limits  limits
	meter   *meter
	stream  *pgsource.Stream
	loader  *loader
	decoder *pgsource.Decoder

	filling *pgsource.Changes
	spare   *pgsource.Changes // nil while the loader has it

	checkpoint warehouse.Checkpoint // everything committed before it has been read
	persisted  uint64               // the last checkpoint that was handed over
	idleAt     time.Time            // when a position without rows was last handed over
	since      time.Time            // when the first row of the batch came
	oldest     int64                // commit time of the oldest change of the batch
	begun      int64                // commit time of the transaction that is being read
	owed       bool                 // a part of that transaction has been handed over
	tell       bool                 // the server waits to hear what is confirmed

	schema  *pgsource.Announcement // what the transaction that is being read says of the tables
	genuine func(context.Context, *pgsource.Announcement) (bool, error)
	awaited []warehouse.TableColumn // columns that have come to the store, and whose values have not
	brought []warehouse.TableColumn // those of them that the next checkpoint brings

	holds    chan *hold
	ended    chan struct{} // closed when it follows no more
	standing *hold         // it is on its way to the place of a fence
	place    uint64
}

func (f *follower) run(ctx context.Context) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		again := time.Hour
		if f.spare != nil {
			now, soon := f.limits.due(f.gathered(len(f.stream.Packets()) == 0))
			if now {
				f.handOver(!f.decoder.Open())
				continue
			}
			if soon > 0 {
				again = soon
			}
			f.rest()
		}
		holds := f.holds
		if f.standing != nil {
			holds, again = nil, min(again, fenceAsk)
			f.stream.Ask()
		}
		timer.Reset(again)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case f.spare = <-f.loader.free:
		case h := <-holds:
			if err := f.wait(ctx, h); err != nil {
				return err
			}
		case <-timer.C:
		case packet, ok := <-f.stream.Packets():
			if !ok {
				return f.stream.Err()
			}
			if err := f.take(ctx, packet); err != nil {
				return err
			}
			f.stream.Recycle(packet)
		}
	}
}

func (f *follower) gathered(drained bool) gathered {
	g := gathered{rows: f.filling.Rows, bytes: f.filling.Bytes, open: f.decoder.Open(), owed: f.owed, drained: drained}
	if g.rows > 0 {
		g.age = time.Since(f.since)
	}
	return g
}

func (f *follower) take(ctx context.Context, packet *pgsource.Packet) error {
	for i := range packet.Len() {
		event, err := f.decoder.Decode(packet.Message(i), f.filling)
		if err != nil {
			return err
		}
		switch event.Kind {
		case pgsource.EventBegin:
			f.begun = event.At
			err = f.arrive(ctx, event.LSN)
		case pgsource.EventRow:
			err = f.added(ctx)
		case pgsource.EventSchema:
			f.schema = event.Schema
		case pgsource.EventCommit:
			err = f.over(ctx, event)
		case pgsource.EventKeepalive:
			f.alive(event)
			if !f.decoder.Open() {
				err = f.arrive(ctx, event.LSN)
			}
		}
		if err != nil {
			return err
		}
	}
	f.meter.gathering(f.oldest, f.checkpoint.LSN)
	return nil
}

// added looks after the size of the batch.
func (f *follower) added(ctx context.Context) error {
	if f.oldest == 0 {
		f.oldest, f.since = f.begun, time.Now()
	}
	size := gathered{rows: f.filling.Rows, bytes: f.filling.Bytes}
	if !f.limits.full(size) {
		return nil
	}
	if f.limits.overfull(size) {
		if err := f.await(ctx); err != nil {
			return err
		}
	}
	f.look()
	if f.spare != nil {
		f.handOver(false)
	}
	return nil
}

// look takes the other batch back if the loader is done with it.
func (f *follower) look() {
	if f.spare == nil {
		select {
		case f.spare = <-f.loader.free:
		default:
		}
	}
}

// await waits until the loader is done.
func (f *follower) await(ctx context.Context) error {
	if f.spare != nil {
		return nil
	}
	select {
	case f.spare = <-f.loader.free:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// clear has everything loaded that came before the transaction that begins now.
func (f *follower) clear(ctx context.Context) error {
	if f.filling.Rows > 0 || f.owed {
		if err := f.await(ctx); err != nil {
			return err
		}
		f.handOver(true)
	}
	return f.await(ctx)
}

func (f *follower) committed(e pgsource.Event) {
	f.checkpoint.LSN = max(f.checkpoint.LSN, e.LSN)
	if f.filling.Rows > 0 || f.owed {
		f.checkpoint.CommittedAt = time.UnixMicro(e.At).UTC()
	}
}

// alive reads a keepalive: every transaction that committed before its place has been sent.
func (f *follower) alive(e pgsource.Event) {
	if !f.decoder.Open() {
		f.checkpoint.LSN = max(f.checkpoint.LSN, e.LSN)
	}
	f.tell = f.tell || e.Reply
}

// rest passes over what holds nothing of ours. The place is confirmed only after the store has kept it: so a slot that
// stands before the store's checkpoint always means that an old copy of the store was put back.
func (f *follower) rest() {
	if f.filling.Rows > 0 || f.owed || f.decoder.Open() {
		return
	}
	if len(f.brought) > 0 {
		f.handOver(true)
		return
	}
	f.meter.idle(f.checkpoint.LSN)
	if f.checkpoint.LSN > f.persisted && (f.tell || time.Since(f.idleAt) >= f.limits.idleEvery) {
		f.idleAt = time.Now()
		f.handOver(true)
	} else if f.tell {
		f.tell = false
		f.stream.Confirm(0, true)
	}
}

// handOver gives the batch to the loader, who is idle: there is a spare one. A batch that is not whole ends inside a
// transaction, whose rest follows.
func (f *follower) handOver(whole bool) {
	j := job{changes: f.filling}
	if whole {
		at := f.checkpoint
		j.checkpoint, j.tell, j.brought = &at, f.tell, f.brought
		f.persisted, f.tell, f.brought = at.LSN, false, nil
	}
	f.owed = !whole
	f.meter.gathering(f.oldest, f.checkpoint.LSN)
	f.meter.handed()
	f.loader.jobs <- j
	f.filling, f.spare, f.oldest = f.spare, nil, 0
}
