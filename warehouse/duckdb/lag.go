package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Of each span that is not fine any more the worst sample stays, the later of two that are as bad.
const thinLagSQL = `
DELETE FROM lag_sample
WHERE at < $kept OR (at < $fine AND at NOT IN (
  SELECT arg_max(at, {'seconds': lag_seconds, 'at': at}) FROM lag_sample WHERE at < $fine GROUP BY time_bucket($span * INTERVAL 1 MICROSECOND, at)))`

// SaveLag adds a sample. The first one of a span thins those before.
func (s *Store) SaveLag(ctx context.Context, l warehouse.LagSample) error {
	err := s.note(ctx, func(tx *sql.Tx) error {
		var last sql.NullTime
		if err := tx.QueryRowContext(ctx, "SELECT max(at) FROM lag_sample").Scan(&last); err != nil {
			return err
		}
		at := l.At.UTC()
		if _, err := tx.ExecContext(ctx, "INSERT INTO lag_sample VALUES (?, ?, ?, ?)", at, l.Seconds, l.LagBytes, l.RetainedBytes); err != nil {
			return err
		}
		if last.Valid && last.Time.UTC().Truncate(warehouse.LagSpan).Equal(at.Truncate(warehouse.LagSpan)) {
			return nil
		}
		_, err := tx.ExecContext(ctx, thinLagSQL, sql.Named("kept", at.Add(-warehouse.LagKept)),
			sql.Named("fine", at.Truncate(warehouse.LagSpan).Add(-warehouse.LagFine)), sql.Named("span", int64(warehouse.LagSpan/time.Microsecond)))
		return err
	})
	if err != nil {
		return fmt.Errorf("save a sample of the lag: %w", err)
	}
	return nil
}

// Lags is the history of the lag, the oldest first.
func (s *Store) Lags(ctx context.Context) (all []warehouse.LagSample, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		all, err = collect(ctx, tx, "SELECT at, lag_seconds, lag_bytes, retained_bytes FROM lag_sample ORDER BY at", nil, func(rows *sql.Rows) (l warehouse.LagSample, err error) {
			err = rows.Scan(&l.At, &l.Seconds, &l.LagBytes, &l.RetainedBytes)
			l.At = l.At.UTC()
			return l, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the history of the lag: %w", err)
	}
	return all, nil
}
