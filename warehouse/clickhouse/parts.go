package clickhouse

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// pieces says how a load is derived.
type pieces struct {
	rows  int // about how many rows of history at once: more would take much memory
	among int // one opportunity among so many says where the parts begin and end
}

var usualPieces = pieces{rows: 400_000, among: 400}

// part is a range of opportunities in the order that the history is kept in: the engine reads no other rows for it. By any other
// rule each part would read the whole history, and ten times as much of it would take a hundred times as long.
type part struct {
	from, below *uuid.UUID // nil: no bound
}

// where is a condition for the opportunities of the part; empty for all.
func (p part) where() string {
	var bounds []string
	if p.from != nil {
		bounds = append(bounds, "UUIDToNum(opportunity_id) >= UUIDToNum(toUUID('"+p.from.String()+"'))")
	}
	if p.below != nil {
		bounds = append(bounds, "UUIDToNum(opportunity_id) < UUIDToNum(toUUID('"+p.below.String()+"'))")
	}
	return strings.Join(bounds, " AND ")
}

// parts divides what a load derives. The first has no lower bound, and there is always one.
func (l *load) parts(ctx context.Context) ([]part, error) {
	d, all := &l.derived, []part{{}}
	many := d.rows / l.store.pieces.rows
	if !d.many || many == 0 {
		return all, nil
	}
	query := fmt.Sprintf("SELECT opportunity_id FROM opportunity_history_log WHERE _load >= {first:UInt64} AND _op <> 84 AND cityHash64(opportunity_id) %% %d = 0", l.store.pieces.among)
	ids, err := gather(ctx, l.store, l.store.shards, query, []any{named("first", d.first)}, scanID)
	if err != nil {
		return nil, fmt.Errorf("divide what is derived: %w", err)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	for i := 1; i <= many && len(ids) > 0; i++ {
		bound := ids[i*len(ids)/(many+1)]
		last := &all[len(all)-1]
		if last.from != nil && *last.from == bound {
			continue
		}
		last.below = &bound
		all = append(all, part{from: &bound})
	}
	return all, nil
}
