package clickhouse

import (
	"context"
	"slices"

	"github.com/sharepartner/sharepartner/warehouse"
)

// How much of a copy goes to the engine at once, of all tables together. It makes a part of each insert, and writes the rows of
// small ones a second time and a third to merge them into large ones.
const (
	waitingRows  = 100_000
	waitingBytes = 32 << 20 // of texts
)

// waiting are rows of a copy that wait for more.
type waiting struct {
	batches []*warehouse.Batch // one of each table
	rows    int
	bytes   int
}

// canWait says so of a batch: whatever else the load brings, nothing of it changes these rows before they are written.
func canWait(b *warehouse.Batch) bool {
	return !slices.ContainsFunc(b.Ops, func(op warehouse.Op) bool { return op != warehouse.OpSnapshot })
}

func (w *waiting) add(b *warehouse.Batch) {
	at := slices.IndexFunc(w.batches, func(of *warehouse.Batch) bool { return of.Table == b.Table })
	if at < 0 {
		at = len(w.batches)
		w.batches = append(w.batches, warehouse.NewBatch(b.Table))
		w.batches[at].Grow(min(waitingRows, 6*b.Len())) // a full batch is one of many
	}
	w.batches[at].AddAll(b)
	w.rows += b.Len()
	for i := range b.Columns {
		w.bytes += len(b.Columns[i].Bytes)
	}
}

func (w *waiting) full() bool { return w.rows >= waitingRows || w.bytes >= waitingBytes }

// writeWaiting writes what has waited.
func (l *load) writeWaiting(ctx context.Context) error {
	batches := l.waiting.batches
	l.waiting = waiting{}
	for _, b := range batches {
		if err := l.write(ctx, b); err != nil {
			return err
		}
	}
	return nil
}
