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

// doAlways does a chore until the context ends. A fault is told once and the chore tried again.
func (j *Jobs) doAlways(ctx context.Context, c steadyChore) {
	wait, failing := time.NewTimer(0), false
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wait.C:
		}
		err := c.Do(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			j.log.Warn("a steady chore fails and is tried again", "chore", c.Name, "error", err)
		}
		failing = err != nil
		next := c.pause
		if failing {
			next = max(next, 2*time.Second)
		}
		wait.Reset(next)
	}
}
