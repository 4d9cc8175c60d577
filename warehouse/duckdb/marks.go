package duckdb

import (
	"context"
	"database/sql"
	"fmt"
)

// Marks are what the pipeline keeps to know the server by.
func (s *Store) Marks(ctx context.Context) (map[string]string, error) {
	marks := map[string]string{}
	err := s.read(ctx, func(tx *sql.Tx) error {
		pairs, err := collect(ctx, tx, "SELECT name, text FROM mark", nil, func(rows *sql.Rows) (pair [2]string, err error) {
			err = rows.Scan(&pair[0], &pair[1])
			return pair, err
		})
		for _, pair := range pairs {
			marks[pair[0]] = pair[1]
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what the server is known by: %w", err)
	}
	return marks, nil
}

// SaveMarks replaces them. It does not wait for an open load.
func (s *Store) SaveMarks(ctx context.Context, marks map[string]string) error {
	err := s.note(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM mark"); err != nil {
			return err
		}
		for name, text := range marks {
			if _, err := tx.ExecContext(ctx, "INSERT INTO mark VALUES (?, ?)", name, text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save what the server is known by: %w", err)
	}
	return nil
}
