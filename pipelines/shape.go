package pipelines

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// announced notes what a transaction that is read to its end has said of the tables.
func (f *follower) announced(commit pgsource.Event) {
	if f.schema == nil {
		return
	}
	f.meter.announced(f.schema.Version, commit.LSN, time.UnixMicro(commit.At).UTC())
	for _, c := range f.awaited {
		from := c.Table.Columns[c.Table.Index(c.Column)].From()
		if slices.Contains(f.schema.Empty[c.Table.Schema+"."+c.Table.Name], from) && !slices.Contains(f.brought, c) {
			f.brought = append(f.brought, c)
		}
	}
	f.schema = nil
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
