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

// claim takes the right to work on the slot, and waits while another program has it. It is kept from one attempt to the
// next: only who is gone gives way.
func (p *Pipeline) claim(ctx context.Context) error {
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
			return err
		case held.Holder != told:
			p.cfg.Log.WarnContext(ctx, "pipeline stands by", "slot", held.Slot, "holder", held.Holder)
			if told == "" {
				p.move(ctx, stateStandby, held.Error())
			}
			p.meter.detail(held.Error())
			told = held.Holder
		}
		if sleep(ctx, standbyEvery); ctx.Err() != nil {
			return ctx.Err()
		}
	}
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
