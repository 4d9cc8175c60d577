package pipelines

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
)

// standbyEvery is how often a second program asks whether the first is gone.
const standbyEvery = time.Second

// errAlone ends an attempt whose right to the slot is lost.
var errAlone = errors.New("another program may work on the slot now")

// claim takes the right to work on the slot. Who has stood by learns first what the other program has kept in a store of both.
func (p *Pipeline) claim(ctx context.Context) error {
	if err := p.take(ctx); err != nil {
		return err
	}
	if p.stood && p.cfg.Shared {
		if err := p.recall(ctx); err != nil {
			return err
		}
	}
	p.stood = false
	p.quiet.Store(false)
	return nil
}

// take waits while another program has the right. It is kept from one attempt to the next: only who is gone gives way.
func (p *Pipeline) take(ctx context.Context) error {
	if p.lock != nil {
		if p.lock.Check(ctx) == nil {
			return nil
		}
		p.release()
	}
	told := ""
	for {
		lock, err := p.source.Lock(ctx, p.watch)
		var held *pgsource.HeldError
		switch {
		case err == nil:
			p.lock = lock
			if told != "" {
				p.cfg.Log.InfoContext(ctx, "pipeline takes over", "slot", p.source.Slot())
				p.move(ctx, stateStarting, "taking over from the other program")
			}
			return nil
		case !errors.As(err, &held):
			p.quiet.Store(p.stood && p.cfg.Shared) // unless somebody was seen to work, and keeps the status
			return err
		case held.Holder != told:
			p.cfg.Log.WarnContext(ctx, "pipeline stands by", "slot", held.Slot, "holder", held.Holder)
			if told == "" {
				p.move(ctx, stateStandby, held.Error())
			}
			p.meter.detail(held.Error())
			p.stood = true
			p.quiet.Store(p.cfg.Shared)
			told = held.Holder
		}
		if sleep(ctx, standbyEvery); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// Alone does something that writes to the store while no pipeline runs, here or elsewhere. It gives a pgsource.HeldError where
// one does.
func (p *Pipeline) Alone(ctx context.Context, work func(ctx context.Context) error) error {
	if p.sourceErr != nil {
		return p.sourceErr
	}
	lock, err := p.source.Lock(ctx, p.watch)
	if err != nil {
		return err
	}
	p.lock = lock
	defer p.release()
	return p.alone(ctx, work)
}

// release gives the right back.
func (p *Pipeline) release() {
	if p.lock != nil {
		p.lock.Close()
		p.lock = nil
	}
}

// alone runs what only the one that works on the slot may do, and ends it when the right is lost.
func (p *Pipeline) alone(ctx context.Context, work func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	lock, done := p.lock, make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-lock.Lost():
			cancel(fmt.Errorf("%w: %w", errAlone, lock.Err()))
		case <-done:
		}
	}()
	err := work(ctx)
	if cause := context.Cause(ctx); errors.Is(cause, errAlone) {
		return cause
	}
	return err
}
