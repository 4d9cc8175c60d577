package pipelines

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sharepartner/sharepartner/warehouse"
)

// missing are rows that were updated in Postgres and are not in the store: somebody has taken them out by hand. What came
// of them is not whole, so that they are fetched.
type missing struct {
	mu   sync.Mutex
	rows []warehouse.MissingRow
	came chan struct{} // holds something when there are some
}

func newMissing() *missing { return &missing{came: make(chan struct{}, 1)} }

func (m *missing) add(rows []warehouse.MissingRow) {
	if len(rows) == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows = append(m.rows, rows...)
	m.tell()
}

func (m *missing) tell() {
	select {
	case m.came <- struct{}{}:
	default:
	}
}

// next takes out those of one table.
func (m *missing) next() (what differing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var rest []warehouse.MissingRow
	for _, r := range m.rows {
		switch {
		case what.table == nil:
			what.table = r.Table
		case what.table != r.Table || len(what.spans) == fewKeys:
			rest = append(rest, r)
			continue
		}
		what.spans = append(what.spans, warehouse.KeySpan{From: r.ID, To: after(r.ID)})
	}
	m.rows = rest
	return what
}

// back puts back what could not be fetched.
func (m *missing) back(what differing) {
	var rows []warehouse.MissingRow
	for _, s := range what.spans {
		rows = append(rows, warehouse.MissingRow{Table: what.table, ID: s.From})
	}
	m.add(rows)
}

// fetchMissing fetches rows as they come to be missed. One that cannot be fetched now is tried again.
func (p *Pipeline) fetchMissing(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.missing.came:
		}
		for what := p.missing.next(); what.table != nil; what = p.missing.next() {
			rows, err := p.fetch(ctx, what)
			if err != nil {
				p.missing.back(what)
				p.cfg.Log.WarnContext(ctx, "rows that the warehouse does not have could not be fetched; tried again", "table", what.table.Name, "rows", len(what.spans), "error", err)
				sleep(ctx, fenceWait)
				break
			}
			p.meter.noted(fmt.Sprintf("%d rows of %s were updated that the warehouse did not have: somebody has deleted them there. They were fetched; all others are compared in turn", rows, what.table.Name))
			p.cfg.Log.WarnContext(ctx, "rows that the warehouse did not have are fetched", "table", what.table.Name, "rows", rows)
		}
	}
}

func (p *Pipeline) fetch(ctx context.Context, what differing) (int64, error) {
	p.drifting.Lock()
	defer p.drifting.Unlock()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return p.repair(ctx, what)
}
