package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/sharepartner/sharepartner/warehouse"
)

// errLoadOver says that a load was used after its end or after a fault.
var errLoadOver = errors.New("the load is over; begin a new one")

// load is the one open load. Everything happens in one transaction of the writing connection.
type load struct {
	store  *Store
	tx     *sql.Tx
	from   warehouse.Checkpoint // what was loaded before
	staged map[*warehouse.Table]*changes
	rows   int  // staged
	whole  bool // a first copy of many rows: all is derived at its end
	failed bool
	// inPieces says that it is a large one of the stream, which is worked through in pieces.
	inPieces bool
	// narrowed says that the engine has little memory until the load is over.
	narrowed bool
	// letters says that some may be open: then each table's are settled by what is staged.
	letters bool
	missing []warehouse.MissingRow
}

// changes is what is known of the staged rows of one table.
type changes struct {
	rewrites bool // some row is not an insert
	truncate bool
	keys     keys         // of rows that change the latest state; for history: of all rows
	history  []historyRow // of opportunity_history, while the load is small
	large    bool         // too many rows of history
}

// note remembers what the rows of a batch do.
func (l *load) note(c *changes, b *warehouse.Batch) {
	key := b.Columns[b.Table.Index(b.Table.Key[0])].UUIDs
	for i, op := range b.Ops {
		if l.loaded(b, i) {
			continue
		}
		adds := op.Adds()
		c.rewrites = c.rewrites || !adds
		c.truncate = c.truncate || op == warehouse.OpTruncate
		if op != warehouse.OpTruncate && (!adds || b.Table.AppendOnly) {
			c.keys.add(key[i])
		}
		if c.large = c.large || !adds || len(c.history) == l.store.pieces.small; b.Table.Name == historyTable && !c.large {
			c.history = append(c.history, historyRowAt(b, i))
		}
	}
}

// small says that the load is to be folded row by row.
func (c *changes) small() bool { return !c.large && !c.rewrites }

// Begin starts a load. It waits for the one that is open.
func (s *Store) Begin(ctx context.Context) (warehouse.Load, error) {
	s.writing.Lock()
	l, err := s.begin(ctx)
	if err != nil {
		s.writing.Unlock()
		return nil, err
	}
	if err := l.settle(ctx, 1, "dictionary"); err != nil {
		return nil, errors.Join(err, l.Rollback())
	}
	return l, nil
}

// settle sets the engine up for a first copy, or as it works otherwise. A first copy has one thread, up to the end of its
// commit: the engine shares next to nothing of that work, and keeps a thread that waits for another busy, on a processor
// that reading and decoding need. Of the ways to compress texts it has the one that large tables come out with; trying
// them all takes longer. A text that is too long for it is kept as it is.
func (l *load) settle(ctx context.Context, threads int, texts string) error {
	if l.from.LSN > 0 {
		return nil
	}
	if _, err := l.store.writer.ExecContext(ctx, fmt.Sprintf("SET threads = %d; SET force_compression = '%s'", threads, texts)); err != nil {
		return fmt.Errorf("set up the engine for a load: %w", err)
	}
	return nil
}

// unsettle lets the engine work as usual after a first copy, or a large load. Where it cannot, it is set up anew before the next load.
func (l *load) unsettle() {
	if err := errors.Join(l.settle(context.Background(), l.store.opts.Threads, "auto"), l.widen()); err != nil {
		l.store.broken.Store(true)
		l.store.log.Warn("the warehouse is opened again before the next load", "error", err)
	}
}

func (s *Store) begin(ctx context.Context) (*load, error) {
	if err := s.revive(ctx); err != nil {
		return nil, fmt.Errorf("begin a load: %w", err)
	}
	tx, err := s.writer.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		s.broken.Store(givenUp(err))
		return nil, fmt.Errorf("begin a load: %w", err)
	}
	from, err := readCheckpoint(ctx, tx)
	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return &load{store: s, tx: tx, from: from, staged: make(map[*warehouse.Table]*changes), letters: s.lettersOpen.Load()}, nil
}

// Append adds changes of one table. After a fault only Rollback is left.
func (l *load) Append(ctx context.Context, b *warehouse.Batch) error {
	if l.tx == nil || l.failed {
		return errLoadOver
	}
	if err := l.append(ctx, b); err != nil {
		l.failed = true
		l.judge(err)
		return err
	}
	return nil
}

func (l *load) append(ctx context.Context, b *warehouse.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	if err := l.store.mirrors(b.Table); err != nil {
		return err
	}
	resolved, lost, err := l.resolve(ctx, b)
	if err != nil {
		return err
	}
	if len(resolved)+len(lost) == 0 && l.isPiece(b) {
		return l.readPiece(ctx, b)
	}
	staged, err := l.stageRows(b, resolved, lost)
	if err != nil || staged == 0 {
		return err
	}
	c := l.staged[b.Table]
	if c == nil {
		c = &changes{}
		l.staged[b.Table] = c
	}
	l.note(c, b)
	if l.rows += staged; l.rows >= l.store.pieces.flush {
		return l.flush(ctx, true)
	}
	return nil
}

// Commit carries over what is staged and makes it durable with the checkpoint.
func (l *load) Commit(ctx context.Context, c warehouse.Checkpoint) error {
	if l.tx == nil || l.failed {
		return errors.Join(errLoadOver, l.Rollback())
	}
	err := l.flush(ctx, false)
	if c.LSN < l.from.LSN { // sent again: what was left out is loaded
		c.LSN, c.CommittedAt = l.from.LSN, l.from.CommittedAt
	}
	if err == nil {
		err = saveCheckpoint(ctx, l.tx, c)
	}
	if err == nil && l.letters {
		l.letters, err = countLetters(ctx, l.tx)
	}
	if err != nil {
		l.judge(err)
		return errors.Join(err, l.Rollback())
	}
	tx := l.tx
	l.tx = nil
	defer l.store.writing.Unlock()
	if err := tx.Commit(); err != nil {
		l.judge(err)
		l.store.broken.Store(true)
		return fmt.Errorf("commit the load: %w", err)
	}
	l.store.lettersOpen.Store(l.letters)
	l.unsettle()
	return nil
}

// Rollback forgets the load.
func (l *load) Rollback() error {
	if l.tx == nil {
		return nil
	}
	tx := l.tx
	l.tx = nil
	defer l.store.writing.Unlock()
	if err := tx.Rollback(); err != nil {
		l.store.broken.Store(true)
		return fmt.Errorf("forget the load: %w", err)
	}
	l.unsettle()
	return nil
}

// Reset empties the store for a first snapshot.
func (s *Store) Reset(ctx context.Context) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	l, err := s.begin(ctx)
	if err != nil {
		return fmt.Errorf("empty the warehouse: %w", err)
	}
	defer func() { _ = l.tx.Rollback() }()
	for _, name := range allTables(s.tables) {
		if name == "pipeline_status" || name == "lag_sample" {
			continue // what the pipeline says of itself outlives the data
		}
		if _, err := l.tx.ExecContext(ctx, "DELETE FROM "+name); err != nil {
			return fmt.Errorf("empty the warehouse: %w", err)
		}
	}
	for _, t := range s.tables {
		if err := l.Copied(ctx, t); err != nil {
			return fmt.Errorf("empty the warehouse: %w", err)
		}
	}
	if err := l.tx.Commit(); err != nil {
		s.broken.Store(true)
		return fmt.Errorf("empty the warehouse: %w", err)
	}
	return nil
}
