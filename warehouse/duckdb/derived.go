package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/google/uuid"
	engine "github.com/marcboeker/go-duckdb"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Misderived lists opportunities of a range of which a derived row is not what the history says.
func (v *view) Misderived(ctx context.Context, span warehouse.KeySpan) ([]uuid.UUID, error) {
	var found []uuid.UUID
	err := v.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		undone, err := v.exists(ctx, tx, "opportunity_history_undone")
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, misderivedSQL(within("opportunity_id", span), undone))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id engine.UUID
			if err := rows.Scan(&id); err != nil {
				return err
			}
			found = append(found, uuid.UUID(id))
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("hold what is derived against the history: %w", err)
	}
	return found, nil
}

// misderivedSQL derives the opportunities anew and looks for rows that are on one side alone.
func misderivedSQL(where string, undone bool) string {
	input := "SELECT " + historyColumns + " FROM (" + historySQL(history{where: where, undone: undone}) + ")"
	anew := "WITH move AS MATERIALIZED (" + withMoves(input) + "), wide AS MATERIALIZED (" + withWide("move", noSeed) + "), stays AS MATERIALIZED (" +
		withStay("move", "(SELECT * FROM opportunity_stay WHERE false)", "wide") + ") "
	var sides []string
	for _, pair := range [][2]string{
		{"SELECT " + moveColumns + " FROM move", "SELECT " + moveColumns + " FROM opportunity_move WHERE " + where},
		{"SELECT * FROM wide", "SELECT * FROM opportunity_wide WHERE " + where},
		{"SELECT * FROM stays", "SELECT * FROM opportunity_stay WHERE " + where},
	} {
		for _, side := range [][2]string{pair, {pair[1], pair[0]}} {
			sides = append(sides, "SELECT opportunity_id FROM (("+side[0]+") EXCEPT ALL ("+side[1]+"))")
		}
	}
	return anew + "SELECT DISTINCT opportunity_id FROM (" + strings.Join(sides, " UNION ALL ") + ")"
}

// Derive derives opportunities anew from their history.
func (l *load) Derive(ctx context.Context, ids []uuid.UUID) error {
	if l.tx == nil || l.failed {
		return errLoadOver
	}
	if err := l.deriveAnew(ctx, ids); err != nil {
		l.failed = true
		return err
	}
	return nil
}

func (l *load) deriveAnew(ctx context.Context, ids []uuid.UUID) error {
	if err := l.flush(ctx, false); err != nil {
		return err
	}
	for _, id := range ids {
		if err := l.exec(ctx, "choose what is derived anew", "INSERT INTO late VALUES ('"+id.String()+"')"); err != nil {
			return err
		}
	}
	for _, table := range []string{"opportunity_move", "opportunity_wide", "opportunity_stay"} {
		if err := l.exec(ctx, "forget what was derived", "DELETE FROM "+table+" WHERE opportunity_id IN (FROM late)"); err != nil {
			return err
		}
	}
	return l.deriveMoves(ctx, loadInput(true), true)
}
