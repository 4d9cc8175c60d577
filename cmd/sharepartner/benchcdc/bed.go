package benchcdc

import (
	"context"
	"path/filepath"

	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// bed is what every measure begins with: a channel in Postgres and a warehouse that is still empty.
type bed struct {
	*channel
	source Source
	store  *duckdb.Store
}

// begin makes a bed with so many opportunities and accounts.
func begin(ctx context.Context, s Source, rows int, o duckdb.Options) (*bed, error) {
	c, err := newChannel(ctx, s.OwnerURL)
	if err != nil {
		return nil, err
	}
	b := &bed{channel: c, source: s}
	if err := c.fill(ctx, rows); err != nil {
		b.end(ctx)
		return nil, err
	}
	o.Path = filepath.Join(s.Dir, "warehouse.duckdb")
	if b.store, err = duckdb.Open(ctx, o); err != nil {
		b.end(ctx)
		return nil, err
	}
	return b, nil
}

// loaded makes a bed whose warehouse has all of it.
func loaded(ctx context.Context, s Source, rows int, o duckdb.Options) (*bed, error) {
	b, err := begin(ctx, s, rows, o)
	if err != nil {
		return nil, err
	}
	if _, err := b.catchUp(ctx); err != nil {
		b.end(ctx)
		return nil, err
	}
	return b, nil
}

// end closes both sides; the data go with the database and the folder.
func (b *bed) end(ctx context.Context) {
	if b.store != nil {
		_ = b.store.Close()
	}
	_ = b.conn.Close(context.WithoutCancel(ctx))
}
