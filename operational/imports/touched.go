package imports

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational/audit"
)

// touched counts what an import of a vendor wrote into the connections with its partners.
type touched map[uuid.UUID]map[string]int64

func (t touched) add(connection uuid.UUID, what string, n int64) {
	if n == 0 {
		return
	}
	if t[connection] == nil {
		t[connection] = map[string]int64{}
	}
	t[connection][what] += n
}

// noteTouched leaves an event of each connection that was written into, of which the partner keeps the anchor: what a
// vendor brings into a connection by thousands shows as what it does there one by one.
func (w *writer) noteTouched(ctx context.Context) error {
	order := func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }
	for _, connection := range slices.SortedFunc(maps.Keys(w.touched), order) {
		noted := audit.Record{Action: "connection.imported", ID: connection, Connection: connection}
		noted.Counts, noted.IDs = w.touched[connection], map[string]uuid.UUID{"import_id": w.id}
		if err := audit.Append(ctx, w.tx, noted); err != nil {
			return err
		}
	}
	return nil
}
