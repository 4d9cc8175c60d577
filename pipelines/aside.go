package pipelines

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// usualAside is how many rows may be set aside in a minute: more is no odd row but something that goes wrong at large.
const usualAside = 100

// aside counts what is set aside, over restarts of the pipeline too.
type aside struct {
	limit int
	clock func() time.Time
	log   *slog.Logger

	mu      sync.Mutex
	said    chan struct{}   // holds something when somebody has allowed more
	flood   flood           // of the open load
	recent  []time.Time     // of the last minute, committed
	pending []time.Time     // in the open load
	allowed int             // how many more somebody has allowed
	open    map[string]bool // rows that were set aside before and are read again in the open load
}

func newAside(cfg Config) *aside {
	a := &aside{limit: cfg.AsidePerMinute, clock: cfg.Clock, log: cfg.Log, said: make(chan struct{}, 1)}
	if a.limit == 0 {
		a.limit = usualAside
	}
	return a
}

// keep sets letters aside in an open load. Too many end it.
func (a *aside) keep(ctx context.Context, load warehouse.Load, letters []warehouse.DeadLetter) error {
	if len(letters) == 0 {
		return nil
	}
	if a.count(letters) {
		return a.verdict(false)
	}
	return a.put(ctx, load, letters)
}

// gather is keep for a load of all rows. Too many do not end it, but from there on nothing is loaded: it goes on for as
// long as there are rows, so that the verdict can name all that cannot be kept. It says whether the load is still wanted.
func (a *aside) gather(ctx context.Context, load warehouse.Load, letters []warehouse.DeadLetter) (bool, error) {
	if a.count(letters) {
		return false, nil
	}
	return true, a.put(ctx, load, letters)
}

func (a *aside) put(ctx context.Context, load warehouse.Load, letters []warehouse.DeadLetter) error {
	if len(letters) == 0 {
		return nil
	}
	for _, l := range letters {
		a.log.WarnContext(ctx, "a row cannot be kept and is set aside", "table", l.Table, "key", l.Key, "column", l.Column, "lsn", pgsource.FormatLSN(l.CommitLSN), "fault", l.Reason)
	}
	return ofStore("set rows aside", load.SetAside(ctx, letters))
}

// count says whether there are too many.
func (a *aside) count(letters []warehouse.DeadLetter) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.clock()
	for len(a.recent) > 0 && now.Sub(a.recent[0]) > time.Minute {
		a.recent = a.recent[1:]
	}
	for i := range letters {
		letters[i].NotedAt = now.UTC()
		if !a.again(letters[i]) {
			a.flood.add(letters[i])
			a.pending = append(a.pending, now)
		}
	}
	return a.flooded()
}

// flooded says whether there are too many. A load that had too many is not wanted any more, although more may be allowed
// meanwhile: rows of it were left out.
func (a *aside) flooded() bool {
	if a.flood.over > 0 {
		a.flood.over += len(a.pending)
		a.pending = nil
		return true
	}
	if over := a.over(); over > a.allowed {
		a.flood.over, a.pending = over, nil
	}
	return a.flood.over > 0
}

// over is how many there are above the limit.
func (a *aside) over() int { return max(0, len(a.recent)+len(a.pending)-a.limit) }

// again says that a row was set aside before, and is no news: all rows are read again.
func (a *aside) again(l warehouse.DeadLetter) bool {
	return l.Op == warehouse.OpSnapshot && a.open[rowOf(l)]
}

func rowOf(l warehouse.DeadLetter) string { return l.Table + " " + l.Key }

// allow lets more rows be set aside, once, than the limit of a minute.
func (a *aside) allow(rows int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.allowed = rows
	select {
	case a.said <- struct{}{}:
	default:
	}
}

// AllowAside lets the pipeline set aside so many rows more than its limit of a minute, once: for whoever has seen that
// they cannot be kept, and wants it to go on.
func (p *Pipeline) AllowAside(rows int) { p.aside.allow(rows) }

// known looks up what is set aside already, for a load that reads rows again.
func (p *Pipeline) known(ctx context.Context) error {
	letters, err := p.cfg.Store.DeadLetters(ctx, warehouse.LetterFilter{State: warehouse.LetterOpen})
	if err != nil {
		return ofStore("read what was set aside", err)
	}
	open := make(map[string]bool, len(letters))
	for _, l := range letters {
		open[rowOf(l)] = true
	}
	p.aside.mu.Lock()
	defer p.aside.mu.Unlock()
	p.aside.open = open
	return nil
}

// kept notes that the load is durable.
func (a *aside) kept() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if over := a.over(); over > 0 { // by leave; what comes now is counted anew
		a.allowed -= over
		a.recent, a.pending = nil, nil
	}
	a.recent, a.pending, a.open, a.flood = append(a.recent, a.pending...), nil, nil, flood{}
}

// forgotten notes that the load was rolled back.
func (a *aside) forgotten() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending, a.open, a.flood = nil, nil, flood{}
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
