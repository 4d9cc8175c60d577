package pipelines

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// startedMark names the mark of when the server was started; the others have the names of tables.
const startedMark = "server started"

// recentChanges is how many changes of each table are looked at when the server was started anew.
const recentChanges = 20

// RestoredError says that the server's files were put back, and have counted since beyond what was loaded: it looks like
// the same server, and does not have what it once sent.
type RestoredError struct {
	Table string
	Rows  int64
}

func (e *RestoredError) Error() string {
	return fmt.Sprintf("the server was started again and does not have what it sent before: %d of the rows of %s that changed last are not the same. "+
		"An older copy of its files was put back; all rows are compared, and the warehouse becomes as the server is now", e.Rows, e.Table)
}

// gaps knows by what the server is known: as it was when the store was last in step with it, and as it is now.
type gaps struct {
	mu      sync.Mutex
	known   map[string]string // nil: not read from the store yet
	now     map[string]string
	changed chan struct{} // holds something when now was found to be another
}

func newGaps() *gaps { return &gaps{changed: make(chan struct{}, 1)} }

// marksOf are what a server is known by.
func marksOf(server pgsource.Server) map[string]string {
	marks := maps.Clone(server.Shape.Published)
	marks[startedMark] = server.Started
	return marks
}

// see takes in what the tables of the publication are known by now.
func (g *gaps) see(published map[string]string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for name, mark := range published {
		if g.now[name] == mark {
			continue
		}
		g.now[name] = mark
		select {
		case g.changed <- struct{}{}:
		default:
		}
	}
}

// differ says whether something is known by another mark than before; it gives the mark of now.
func (g *gaps) differ(name string) (string, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.now[name], g.known[name] != g.now[name]
}

// close notes that the store is in step with what a mark stands for. It gives all that is known now.
func (g *gaps) close(name, mark string) map[string]string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.known[name] = mark
	return maps.Clone(g.known)
}

// meet begins with a server. A store that has nothing to know it by takes it as it is.
func (p *Pipeline) meet(ctx context.Context, server pgsource.Server) error {
	g := p.gaps
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now = marksOf(server)
	if g.known != nil {
		return nil
	}
	known, err := p.cfg.Store.Marks(ctx)
	if err != nil {
		return ofStore("read what the server is known by", err)
	}
	if g.known = known; len(known) == 0 {
		g.known = maps.Clone(g.now)
	}
	return nil
}

// inStep notes that all rows are as they are on a server that was as it is now, or before that.
func (p *Pipeline) inStep(ctx context.Context) {
	p.gaps.mu.Lock()
	p.gaps.known = maps.Clone(p.gaps.now)
	known := maps.Clone(p.gaps.known)
	p.gaps.mu.Unlock()
	p.saveMarks(ctx, known)
}

// saveMarks keeps what the server is known by. An older one that is found in the store only costs a comparison.
func (p *Pipeline) saveMarks(ctx context.Context, known map[string]string) {
	if err := p.cfg.Store.SaveMarks(ctx, known); err != nil && ctx.Err() == nil {
		p.cfg.Log.WarnContext(ctx, "what the server is known by was not saved", "error", err)
	}
}

// watchGaps looks into whatever may have left changes out of the stream without a word in it: files of the server that
// were put back, and tables that left the publication and came back between two looks.
func (p *Pipeline) watchGaps(ctx context.Context, added []*warehouse.Table) error {
	for _, t := range added { // copied just now
		name := t.Schema + "." + t.Name
		mark, _ := p.gaps.differ(name)
		p.gaps.close(name, mark)
	}
	for {
		again, err := p.closeGaps(ctx)
		if err != nil {
			return err
		}
		var later <-chan time.Time
		if again {
			later = time.After(fenceWait)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.gaps.changed:
		case <-later:
		}
	}
}

// closeGaps compares what may have been left out. What cannot be compared now is tried again.
func (p *Pipeline) closeGaps(ctx context.Context) (again bool, err error) {
	if mark, other := p.gaps.differ(startedMark); other {
		restored, err := p.restored(ctx)
		if restored != nil {
			return false, restored
		}
		if err != nil {
			p.cfg.Log.WarnContext(ctx, "the server was started again, and could not be asked yet whether it is the same; tried again", "error", err)
			return true, nil
		}
		p.saveMarks(ctx, p.gaps.close(startedMark, mark))
	}
	for _, t := range p.cfg.Tables {
		name := t.Schema + "." + t.Name
		mark, other := p.gaps.differ(name)
		if !other {
			continue
		}
		repaired, err := p.compareTable(ctx, t)
		if err != nil {
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			p.cfg.Log.WarnContext(ctx, "a table was out of the publication for a while, and could not be compared yet; tried again", "table", name, "error", err)
			again = true
			continue
		}
		p.saveMarks(ctx, p.gaps.close(name, mark))
		p.tellGap(ctx, name, repaired)
	}
	return again, nil
}

// tellGap says what a comparison of a table found: nothing, mostly, when a migration has published it anew.
func (p *Pipeline) tellGap(ctx context.Context, name string, repaired int64) {
	if repaired == 0 {
		p.cfg.Log.InfoContext(ctx, "a table was published anew; its rows are compared, and nothing was missing", "table", name)
		return
	}
	p.meter.noted(fmt.Sprintf("table %s was out of the publication for a while, or published otherwise: what was written then never came. All its rows were compared, and %d put right", name, repaired))
	p.cfg.Log.WarnContext(ctx, "a table was out of the publication for a while; its rows are compared", "table", name, "rows", repaired)
}

// restored looks at the rows that the store knows to have changed last. A server that sent them has them.
func (p *Pipeline) restored(ctx context.Context) (*RestoredError, error) {
	m, err := p.Fence(ctx)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	r, err := m.source.Reader(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for _, t := range p.cfg.Tables {
		keys, err := m.View.Recent(ctx, t, recentChanges)
		if err != nil {
			return nil, ofStore("look for what changed last", err)
		}
		seen := newRepairs(m.LSN, r, func(*warehouse.Batch) error { return nil })
		for _, id := range keys {
			if err := compare(ctx, m.View, r, t, warehouse.KeySpan{From: id, To: after(id)}, seen, nil); err != nil {
				return nil, err
			}
		}
		if seen.differed > 0 {
			return &RestoredError{Table: t.Schema + "." + t.Name, Rows: seen.differed}, nil
		}
	}
	return nil, nil
}

// compareTable compares all rows of one table while changes go on, and puts right what differs.
func (p *Pipeline) compareTable(ctx context.Context, t *warehouse.Table) (repaired int64, err error) {
	p.drifting.Lock()
	defer p.drifting.Unlock()
	f, err := p.differences(ctx, t)
	if err != nil || len(f.spans)+len(f.derived) == 0 {
		return 0, err
	}
	return p.repair(ctx, f)
}

func (p *Pipeline) differences(ctx context.Context, t *warehouse.Table) (differing, error) {
	m, err := p.Fence(ctx)
	if err != nil {
		return differing{}, err
	}
	defer m.Close()
	r, err := m.source.Reader(ctx)
	if err != nil {
		return differing{}, err
	}
	defer r.Close()
	f, _, err := m.compareRange(ctx, r, t, warehouse.KeySpan{})
	return f, err
}
