package clickhouse

import (
	"context"
	"fmt"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Checkpoint is the position to go on from. A checkpoint with LSN 0 belongs to a snapshot that is not complete.
func (s *Store) Checkpoint(ctx context.Context) (warehouse.Checkpoint, bool, error) {
	if s.closing.Err() != nil {
		return warehouse.Checkpoint{}, false, errClosed
	}
	m, err := s.now(ctx)
	c := m.checkpoint()
	return c, c.LSN > 0, err
}

// checkpoint is that of the newest term: one that was only taken has that of the term before.
func (m moment) checkpoint() warehouse.Checkpoint { return m.newest.checkpoint }

// Watermark says up to where the store has loaded.
func (s *Store) Watermark(ctx context.Context) (warehouse.Watermark, error) {
	c, _, err := s.Checkpoint(ctx)
	return warehouse.Watermark{LSN: c.LSN, CommittedAt: c.CommittedAt}, err
}

// Status is what the pipeline last said of itself; the zero value when it never did.
func (s *Store) Status(ctx context.Context) (kept warehouse.Status, err error) {
	if err := s.readNote(ctx, noteStatus, &kept); err != nil {
		return warehouse.Status{}, fmt.Errorf("read the pipeline's status: %w", err)
	}
	return kept, nil
}

// SaveStatus keeps what the pipeline says of itself. A shard that is away has what it said before, until the next time.
func (s *Store) SaveStatus(ctx context.Context, status warehouse.Status) error {
	if err := s.saveNote(ctx, noteStatus, status, s.reachable); err != nil {
		return fmt.Errorf("save the pipeline's status: %w", err)
	}
	return nil
}
