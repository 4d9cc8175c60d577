package duckdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Checkpoint is the position to go on from. A checkpoint with LSN 0 belongs to a snapshot that is not complete.
func (s *Store) Checkpoint(ctx context.Context) (warehouse.Checkpoint, bool, error) {
	var c warehouse.Checkpoint
	err := s.read(ctx, func(tx *sql.Tx) (err error) {
		c, err = readCheckpoint(ctx, tx)
		return err
	})
	return c, c.LSN > 0, err
}

// Watermark says up to where the store has loaded.
func (s *Store) Watermark(ctx context.Context) (warehouse.Watermark, error) {
	c, _, err := s.Checkpoint(ctx)
	return warehouse.Watermark{LSN: c.LSN, CommittedAt: c.CommittedAt}, err
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func readCheckpoint(ctx context.Context, q queryer) (warehouse.Checkpoint, error) {
	var c warehouse.Checkpoint
	err := q.QueryRowContext(ctx, "SELECT deployment, system_id, timeline, slot, lsn, committed_at, snapshot_lsn, shift, epoch FROM checkpoint").
		Scan(&c.Deployment, &c.SystemID, &c.Timeline, &c.Slot, &c.LSN, &c.CommittedAt, &c.SnapshotLSN, &c.Shift, &c.Epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return warehouse.Checkpoint{}, nil
	}
	if err != nil {
		return warehouse.Checkpoint{}, fmt.Errorf("read the checkpoint: %w", err)
	}
	c.CommittedAt = c.CommittedAt.UTC()
	return c, nil
}

// Status is what the pipeline last said of itself; the zero value when it never did.
func (s *Store) Status(ctx context.Context) (warehouse.Status, error) {
	var text string
	err := s.read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT status FROM pipeline_status").Scan(&text)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return warehouse.Status{}, nil
	}
	if err != nil {
		return warehouse.Status{}, fmt.Errorf("read the pipeline's status: %w", err)
	}
	var kept warehouse.Status
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return warehouse.Status{}, fmt.Errorf("read the pipeline's status: %w", err)
	}
	return kept, nil
}

// SaveStatus keeps what the pipeline says of itself. It does not wait for an open load.
func (s *Store) SaveStatus(ctx context.Context, status warehouse.Status) error {
	text, err := json.Marshal(status)
	if err != nil {
		return fmt.Errorf("save the pipeline's status: %w", err)
	}
	err = s.note(ctx, func(tx *sql.Tx) error {
		return upsert(ctx, tx, "UPDATE pipeline_status SET status = ?", "INSERT INTO pipeline_status VALUES (?)", string(text))
	})
	if err != nil {
		return fmt.Errorf("save the pipeline's status: %w", err)
	}
	return nil
}

// note writes something small beside the loads, without waiting for one. Its caller may leave while it writes, and not while it
// commits: a commit that was cut off looks like one that the engine could not make, for which the file is opened again.
func (s *Store) note(ctx context.Context, write func(tx *sql.Tx) error) error {
	s.saving.Lock()
	defer s.saving.Unlock()
	return s.read(context.WithoutCancel(ctx), func(tx *sql.Tx) error {
		if err := write(tx); err != nil {
			return err
		}
		if err := tx.Commit(); err != nil {
			s.broken.Store(true)
			return err
		}
		return nil
	})
}

// saveCheckpoint replaces the one row.
func saveCheckpoint(ctx context.Context, tx *sql.Tx, c warehouse.Checkpoint) error {
	at := c.CommittedAt
	if at.IsZero() {
		at = time.Unix(0, 0)
	}
	err := upsert(ctx, tx,
		"UPDATE checkpoint SET deployment = ?, system_id = ?, timeline = ?, slot = ?, lsn = ?, committed_at = ?, snapshot_lsn = ?, shift = ?, epoch = ?",
		"INSERT INTO checkpoint VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		c.Deployment, c.SystemID, int64(c.Timeline), c.Slot, c.LSN, at.UTC(), c.SnapshotLSN, c.Shift, int64(c.Epoch))
	if err != nil {
		return fmt.Errorf("save the checkpoint: %w", err)
	}
	return nil
}

// upsert writes the only row of a table. An update in place does not make the table longer with every load.
func upsert(ctx context.Context, tx *sql.Tx, update, insert string, args ...any) error {
	done, err := tx.ExecContext(ctx, update, args...)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n > 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, insert, args...)
	return err
}
