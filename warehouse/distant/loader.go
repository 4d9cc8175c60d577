package distant

import (
	"context"

	"github.com/sharepartner/sharepartner/warehouse"
)

type checkpoint struct {
	at warehouse.Checkpoint
	ok bool
}

// Checkpoint is the position to go on from.
func (s *Store) Checkpoint(ctx context.Context) (warehouse.Checkpoint, bool, error) {
	c, err := soon(ctx, s, func(ctx context.Context, inner warehouse.Store) (c checkpoint, err error) {
		c.at, c.ok, err = inner.Checkpoint(ctx)
		return c, err
	})
	return c.at, c.ok, err
}

// Watermark says up to where the store has loaded.
func (s *Store) Watermark(ctx context.Context) (warehouse.Watermark, error) {
	return soon(ctx, s, func(ctx context.Context, inner warehouse.Store) (warehouse.Watermark, error) {
		return inner.Watermark(ctx)
	})
}

// Status is what the pipeline last said of itself.
func (s *Store) Status(ctx context.Context) (warehouse.Status, error) {
	return soon(ctx, s, func(ctx context.Context, inner warehouse.Store) (warehouse.Status, error) { return inner.Status(ctx) })
}

// SaveStatus keeps what the pipeline says of itself.
func (s *Store) SaveStatus(ctx context.Context, status warehouse.Status) error {
	return tell(ctx, s, func(inner warehouse.Store) error { return inner.SaveStatus(ctx, status) })
}

// View opens a view of what is loaded.
func (s *Store) View(ctx context.Context) (warehouse.View, error) {
	return ask(ctx, s, func(inner warehouse.Store) (warehouse.View, error) { return inner.View(ctx) })
}

// Begin starts a load.
func (s *Store) Begin(ctx context.Context) (warehouse.Load, error) {
	return ask(ctx, s, func(inner warehouse.Store) (warehouse.Load, error) { return inner.Begin(ctx) })
}

// Reset empties the store.
func (s *Store) Reset(ctx context.Context) error {
	return tell(ctx, s, func(inner warehouse.Store) error { return inner.Reset(ctx) })
}

// Uncopied lists the tables that were never filled.
func (s *Store) Uncopied(ctx context.Context) ([]*warehouse.Table, error) {
	return ask(ctx, s, func(inner warehouse.Store) ([]*warehouse.Table, error) { return inner.Uncopied(ctx) })
}

// Awaited lists the columns that have come since the store was filled.
func (s *Store) Awaited(ctx context.Context) ([]warehouse.TableColumn, error) {
	return ask(ctx, s, func(inner warehouse.Store) ([]warehouse.TableColumn, error) { return inner.Awaited(ctx) })
}

// Marks are what the pipeline keeps to know the server by.
func (s *Store) Marks(ctx context.Context) (map[string]string, error) {
	return ask(ctx, s, func(inner warehouse.Store) (map[string]string, error) { return inner.Marks(ctx) })
}

// SaveMarks replaces them.
func (s *Store) SaveMarks(ctx context.Context, marks map[string]string) error {
	return tell(ctx, s, func(inner warehouse.Store) error { return inner.SaveMarks(ctx, marks) })
}

// SaveLag adds a sample to the history of the lag.
func (s *Store) SaveLag(ctx context.Context, l warehouse.LagSample) error {
	return tell(ctx, s, func(inner warehouse.Store) error { return inner.SaveLag(ctx, l) })
}

// Lags is that history.
func (s *Store) Lags(ctx context.Context) ([]warehouse.LagSample, error) {
	return ask(ctx, s, func(inner warehouse.Store) ([]warehouse.LagSample, error) { return inner.Lags(ctx) })
}

// DeadLetters lists what was set aside.
func (s *Store) DeadLetters(ctx context.Context, f warehouse.LetterFilter) ([]warehouse.DeadLetter, error) {
	return ask(ctx, s, func(inner warehouse.Store) ([]warehouse.DeadLetter, error) { return inner.DeadLetters(ctx, f) })
}

// LetterCounts counts what was set aside.
func (s *Store) LetterCounts(ctx context.Context) ([]warehouse.LetterCount, error) {
	return ask(ctx, s, func(inner warehouse.Store) ([]warehouse.LetterCount, error) { return inner.LetterCounts(ctx) })
}
