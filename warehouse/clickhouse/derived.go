package clickhouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Misderived lists opportunities of a range of which a derived row is not what the history says.
func (v *view) Misderived(ctx context.Context, span warehouse.KeySpan) (found []uuid.UUID, err error) {
	err = v.readAll(ctx, func(ctx context.Context) error {
		undone, err := v.exists(ctx, v.shards, logged(v.at, "opportunity_history_undone"))
		if err != nil {
			return err
		}
		found, err = gather(ctx, v.store, v.shards, v.misderivedSQL(within("opportunity_id", span), undone), nil, scanID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("hold what is derived against the history: %w", err)
	}
	return found, nil
}

// misderivedSQL derives the opportunities anew and looks for rows that are on one side alone: of equal rows there are then as
// many on both.
func (v *view) misderivedSQL(where string, undone bool) string {
	input := "SELECT " + historyColumns + " FROM (" + historySQL(v.at, history{where: where, undone: undone}) + ")"
	var sides []string
	for _, pair := range []struct{ columns, anew, table string }{
		{moveColumns, "move", "opportunity_move"}, {wideColumns, "wide", "opportunity_wide"}, {stayColumns, "stays", "opportunity_stay"},
	} {
		sides = append(sides, "SELECT opportunity_id FROM (SELECT "+pair.columns+", 1 AS side FROM "+pair.anew+
			" UNION ALL SELECT "+pair.columns+", -1 AS side FROM "+v.table(pair.table, "opportunity_id")+" WHERE "+where+") GROUP BY "+pair.columns+" HAVING sum(side) <> 0")
	}
	return "WITH move AS MATERIALIZED (" + movesFrom(input) + "), wide AS MATERIALIZED (" + wideFrom("move") + "), stays AS MATERIALIZED (" + stayFrom("move", "wide") + ") " +
		"SELECT DISTINCT opportunity_id FROM (" + strings.Join(sides, " UNION ALL ") + ")"
}
