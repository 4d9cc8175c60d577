package benchcdc

import (
	"context"

	"github.com/sharepartner/sharepartner/warehouse"
)

// bed is what every measure begins with: a channel in Postgres and a warehouse that is still empty.
type bed struct {
	*channel
	source Source
	store  warehouse.Store
}

// begin makes a bed with so many opportunities and accounts.
func begin(ctx context.Context, s Source, rows int, open Engine) (*bed, error) {
	c, err := newChannel(ctx, s.OwnerURL)
	if err != nil {
		return nil, err
	}
	b := &bed{channel: c, source: s}
	if err := c.fill(ctx, rows); err != nil {
		b.end(ctx)
		return nil, err
	}
	if b.store, err = open(ctx, s.Dir); err != nil {
		b.end(ctx)
		return nil, err
	}
	return b, nil
}

// loaded makes a bed whose warehouse has all of it.
func loaded(ctx context.Context, s Source, rows int, open Engine) (*bed, error) {
	b, err := begin(ctx, s, rows, open)
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
