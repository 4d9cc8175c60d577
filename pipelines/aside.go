package pipelines

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// usualAside is how many rows may be set aside in a minute: more is no odd row but something that goes wrong at large.
const usualAside = 100

// FloodError says that too many rows cannot be kept. Nothing of the load that holds them is visible.
type FloodError struct {
	Limit int
	Last  warehouse.DeadLetter
}

func (e *FloodError) Error() string {
	return fmt.Sprintf("more than %d rows in a minute cannot be kept, the last in table %s (column %s, key %s): %s. All before is loaded and nothing is lost. "+
		"Find what writes such rows and stop it. The pipeline goes on by itself when a minute holds no more than %d of them; to set all aside at once, "+
		"start the program with a higher SHAREPARTNER_ASIDE_PER_MINUTE, and replay them when they can be read", e.Limit, e.Last.Table, e.Last.Column, e.Last.Key, e.Last.Reason, e.Limit)
}

// aside counts what is set aside, over restarts of the pipeline too.
type aside struct {
	limit int
	clock func() time.Time
	log   *slog.Logger

	mu      sync.Mutex
	recent  []time.Time // of the last minute, committed
	pending []time.Time // in the open load
}

func newAside(cfg Config) *aside {
	a := &aside{limit: cfg.AsidePerMinute, clock: cfg.Clock, log: cfg.Log}
	if a.limit == 0 {
		a.limit = usualAside
	}
	return a
}

// keep sets letters aside in an open load.
func (a *aside) keep(ctx context.Context, load warehouse.Load, letters []warehouse.DeadLetter) error {
	if len(letters) == 0 {
		return nil
	}
	if err := a.count(letters); err != nil {
		return err
	}
	for _, l := range letters {
		a.log.WarnContext(ctx, "a row cannot be kept and is set aside", "table", l.Table, "key", l.Key, "column", l.Column, "lsn", pgsource.FormatLSN(l.CommitLSN), "fault", l.Reason)
	}
	return ofStore("set rows aside", load.SetAside(ctx, letters))
}

func (a *aside) count(letters []warehouse.DeadLetter) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.clock()
	for len(a.recent) > 0 && now.Sub(a.recent[0]) > time.Minute {
		a.recent = a.recent[1:]
	}
	if len(a.recent)+len(a.pending)+len(letters) > a.limit {
		a.pending = nil // the load will be forgotten
		return &FloodError{Limit: a.limit, Last: letters[len(letters)-1]}
	}
	for i := range letters {
		letters[i].NotedAt = now.UTC()
		a.pending = append(a.pending, now)
	}
	return nil
}

// kept notes that the load is durable.
func (a *aside) kept() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.recent, a.pending = append(a.recent, a.pending...), nil
}

// forgotten notes that the load was rolled back.
func (a *aside) forgotten() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending = nil
}

// remember tells a new decoder what was set aside before it began.
func (p *Pipeline) remember(ctx context.Context, d *pgsource.Decoder) error {
	letters, err := p.cfg.Store.DeadLetters(ctx, warehouse.LetterFilter{State: warehouse.LetterOpen, Raw: true})
	if err != nil {
		return ofStore("read what was set aside", err)
	}
	for _, l := range letters {
		if err := d.Hold(l); err != nil {
			p.cfg.Log.WarnContext(ctx, "a row that was set aside cannot be opened", "letter", l.ID, "table", l.Table, "key", l.Key, "error", err)
		}
	}
	return nil
}
