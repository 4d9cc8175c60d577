package jobs

import (
	"context"
	"time"
)

// Steadily adds a chore that is done again and again with a pause between, by each running program; before Start.
// Its own work says what programs must not do at once. It is no job of River's, whose every run leaves a row behind.
func (j *Jobs) Steadily(pause time.Duration, c Chore) {
	j.steady = append(j.steady, steadyChore{c, pause})
}

type steadyChore struct {
	Chore
	pause time.Duration
}

// doAlways does a chore until the context ends.
func (j *Jobs) doAlways(ctx context.Context, c steadyChore) {
	j.always(ctx, c.Name, func() (time.Duration, error) { return c.pause, c.Do(ctx) })
}

// afterFault is the least pause before what failed is tried again.
const afterFault = 2 * time.Second

// always does a thing until the context ends, with the pause that it asks for. A fault is told once and the thing tried again.
func (j *Jobs) always(ctx context.Context, what string, do func() (pause time.Duration, err error)) {
	wait, failing := time.NewTimer(0), false
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wait.C:
		}
		pause, err := do()
		if err != nil && ctx.Err() == nil && !failing {
			j.log.Warn("a steady chore fails and is tried again", "chore", what, "error", err)
		}
		if failing = err != nil; failing {
			pause = max(pause, afterFault)
		}
		wait.Reset(pause)
	}
}
