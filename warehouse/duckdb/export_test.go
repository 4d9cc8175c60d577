package duckdb

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Readers is the number of views that can be open at once.
const Readers = readers

// Piecemeal makes large loads of small ones.
func (s *Store) Piecemeal(flush, whole, many int) {
	s.pieces = pieces{small: s.pieces.small, flush: flush, whole: whole, many: many}
}

// Foldless derives loads of more than so many rows of history with queries.
func (s *Store) Foldless(rows int) { s.pieces.small = rows }

// WriteDown folds the engine's own log into the file.
func (s *Store) WriteDown(ctx context.Context) error {
	_, err := s.writer.ExecContext(ctx, "CHECKPOINT")
	return err
}

// Megabytes reads a limit of memory.
func Megabytes(limit string) float64 { return megabytes(limit) }

// InUse counts the connections that somebody holds.
func (s *Store) InUse() int { return s.db.Stats().InUse }

// Plain opens a view that computes everything from the history.
func (s *Store) Plain(ctx context.Context) (warehouse.View, error) {
	v, err := s.View(ctx)
	if err == nil {
		v.(*view).plain = true
	}
	return v, err
}

// Whole checks that what is derived is what the history says, row by row.
func (s *Store) Whole(ctx context.Context) error {
	return s.read(ctx, func(tx *sql.Tx) error {
		all := "SELECT " + historyColumns + " FROM (" + historySQL(history{undone: true}) + ")"
		moves := "SELECT " + moveColumns + " FROM (" + withMoves(all) + ")"
		wide := "WITH move AS MATERIALIZED (" + withMoves(all) + ") SELECT * FROM (" + withWide("move", noSeed) + ")"
		for name, checks := range map[string][2]string{
			"moves": {"SELECT " + moveColumns + " FROM opportunity_move", moves},
			"wide":  {"SELECT * FROM opportunity_wide", wide},
			"stays": {"SELECT * FROM opportunity_stay", "WITH move AS MATERIALIZED (" + withMoves(all) + ") SELECT * FROM (" + withStay("move", "(SELECT * FROM opportunity_stay WHERE false)", "opportunity_wide") + ")"},
		} {
			var have, missing, extra int
			query := fmt.Sprintf("SELECT (SELECT count(*) FROM (%[1]s)), (SELECT count(*) FROM ((%[2]s) EXCEPT ALL (%[1]s))), (SELECT count(*) FROM ((%[1]s) EXCEPT ALL (%[2]s)))", checks[0], checks[1])
			if err := tx.QueryRowContext(ctx, query).Scan(&have, &missing, &extra); err != nil {
				return err
			}
			if missing+extra > 0 {
				return fmt.Errorf("%s: of %d rows %d are missing and %d should not be there", name, have, missing, extra)
			}
		}
		return nil
	})
}

// Select reads a query's only column, as text.
func (s *Store) Select(ctx context.Context, query string) (values []string, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		values, err = collect(ctx, tx, query, nil, func(rows *sql.Rows) (v string, err error) {
			err = rows.Scan(&v)
			return v, err
		})
		return err
	})
	return values, err
}

// Staged counts the segments that the temporary tables of the writing connection hold.
func (s *Store) Staged(ctx context.Context) (segments int, err error) {
	for _, name := range []string{"stage_opportunity", "stage_opportunity_history", "seed", "seed_stay", "move_new", "wide_new", "late", "several"} {
		var n int
		if err := s.writer.QueryRowContext(ctx, "SELECT count(*) FROM pragma_storage_info('"+name+"')").Scan(&n); err != nil {
			return 0, err
		}
		segments += n
	}
	return segments, nil
}
