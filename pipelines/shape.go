package pipelines

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// genuine says whether a message in the log is that of a migration. One that somebody else wrote is told of and passed over:
// who believed it would take columns for filled that are not.
func (p *Pipeline) genuine(ctx context.Context, a *pgsource.Announcement) (bool, error) {
	ok, err := p.source.Genuine(ctx, a)
	if err == nil && !ok {
		p.meter.noted(fmt.Sprintf("somebody has written into the log of Postgres what only migrations say there, of a migration %d that this database does not know. "+
			"It is not believed, and nothing is amiss with the data. Only a login of the database can do so: see which program or person uses one", a.Version))
		p.cfg.Log.WarnContext(ctx, "a message in the log is of no migration and is passed over", "version", a.Version)
	}
	return ok, err
}

// over ends a transaction.
func (f *follower) over(ctx context.Context, e pgsource.Event) error {
	f.committed(e)
	if err := f.announced(ctx, e); err != nil {
		return err
	}
	return f.arrive(ctx, e.LSN)
}

// announced notes what a transaction that is read to its end has said of the tables.
func (f *follower) announced(ctx context.Context, commit pgsource.Event) error {
	if f.schema == nil {
		return nil
	}
	ok, err := f.genuine(ctx, f.schema)
	if err != nil || !ok {
		f.schema = nil
		return err
	}
	f.meter.announced(f.schema.Version, commit.LSN, time.UnixMicro(commit.At).UTC())
	for _, c := range f.awaited {
		from := c.Table.Columns[c.Table.Index(c.Column)].From()
		if slices.Contains(f.schema.Empty[c.Table.Schema+"."+c.Table.Name], from) && !slices.Contains(f.brought, c) {
			f.brought = append(f.brought, c)
		}
	}
	f.schema = nil
	return nil
}

// shaped notes how the tables are published at the moment. What was altered by hand is told of once.
func (p *Pipeline) shaped(ctx context.Context, s pgsource.Shape) {
	if s.Version == 0 {
		return // nothing was ever announced
	}
	if before := p.meter.shaped(s.Version, s.Altered); len(s.Altered) > 0 && !slices.Equal(before, s.Altered) {
		p.cfg.Log.WarnContext(ctx, "mirrored tables were altered by hand", "since_migration", s.Version, "altered", s.Altered)
	}
}

// explained says how rows come to be of another shape, where the database can tell.
func (p *Pipeline) explained(ctx context.Context, err error) error {
	var schema *pgsource.SchemaError
	var setup *pgsource.SetupError
	if !errors.As(err, &schema) {
		return err
	}
	if _, now := p.source.Preflight(ctx); errors.As(now, &setup) {
		return setup
	}
	return err
}

// announced notes up to which migration the tables are read, and where the log says so.
func (m *meter) announced(version int64, lsn uint64, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := warehouse.SchemaNote{Version: version, LSN: lsn, At: at}
	if m.status.Schema != nil {
		next.Altered = m.status.Schema.Altered
	}
	m.status.Schema = &next
}

// shaped notes what is published otherwise than was announced. It gives what was so before.
func (m *meter) shaped(version int64, altered []string) (before []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := warehouse.SchemaNote{Version: version}
	if m.status.Schema != nil {
		next = *m.status.Schema
	}
	before, next.Altered = next.Altered, altered
	m.status.Schema = &next
	return before
}
