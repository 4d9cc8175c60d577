package clickhouse

import (
	"context"
	"slices"

	"github.com/sharepartner/sharepartner/warehouse"
)

// How much of a copy goes to the engine at once, of all tables together. It makes a part of each insert, and writes the rows of
// small ones a second time and a third to merge them into large ones.
const (
	gatherRows  = 100_000
	gatherBytes = 32 << 20 // of texts
)

// gathered are rows of a copy that wait for more.
type gathered struct {
	batches []*warehouse.Batch // one of each table
	rows    int
	bytes   int
}

// gathers says that a batch can wait: whatever else the load brings, nothing of it changes these rows before they are written.
func gathers(b *warehouse.Batch) bool {
	return !slices.ContainsFunc(b.Ops, func(op warehouse.Op) bool { return op != warehouse.OpSnapshot })
}

func (g *gathered) add(b *warehouse.Batch) {
	at := slices.IndexFunc(g.batches, func(of *warehouse.Batch) bool { return of.Table == b.Table })
	if at < 0 {
		at = len(g.batches)
		g.batches = append(g.batches, warehouse.NewBatch(b.Table))
		g.batches[at].Grow(min(gatherRows, 6*b.Len())) // a full batch is one of many
	}
	g.batches[at].AddAll(b)
	g.rows += b.Len()
	for i := range b.Columns {
		g.bytes += len(b.Columns[i].Bytes)
	}
}

func (g *gathered) full() bool { return g.rows >= gatherRows || g.bytes >= gatherBytes }

// writeGathered writes what has waited.
func (l *load) writeGathered(ctx context.Context) error {
	batches := l.gathered.batches
	l.gathered = gathered{}
	for _, b := range batches {
		if err := l.write(ctx, b); err != nil {
			return err
		}
	}
	return nil
}
