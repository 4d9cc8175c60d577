package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"
)

// The notes that the store keeps beside the loads.
const (
	noteMarks  = "marks"
	noteStatus = "status"
)

// saveNote replaces a note. It does not wait for an open load.
func (s *Store) saveNote(ctx context.Context, name string, content any, onShards func(context.Context, func(context.Context, *shard) error) error) error {
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	s.saving.Lock()
	defer s.saving.Unlock()
	return onShards(ctx, func(ctx context.Context, sh *shard) error {
		return run(ctx, sh.db, "note it", "INSERT INTO note SELECT {name:String}, {text:String}, max(version) + 1 FROM note WHERE name = {name:String}", named("name", name), named("text", string(text)))
	})
}

// readNote reads a note; into is left alone when there is none.
func (s *Store) readNote(ctx context.Context, name string, into any) error {
	text, err := one[string](ctx, s, "SELECT argMax(text, version) FROM note WHERE name = {name:String}", named("name", name))
	if err != nil || text == "" {
		return err
	}
	return json.Unmarshal([]byte(text), into)
}

// Marks are what the pipeline keeps to know the server by.
func (s *Store) Marks(ctx context.Context) (map[string]string, error) {
	marks := map[string]string{}
	if err := s.readNote(ctx, noteMarks, &marks); err != nil {
		return nil, fmt.Errorf("read what the server is known by: %w", err)
	}
	return marks, nil
}

// SaveMarks replaces them.
func (s *Store) SaveMarks(ctx context.Context, marks map[string]string) error {
	if err := s.saveNote(ctx, noteMarks, marks, s.each); err != nil {
		return fmt.Errorf("save what the server is known by: %w", err)
	}
	return nil
}
