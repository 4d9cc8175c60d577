package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	engine "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Options of a store.
type Options struct {
	URL    string // clickhouse://user:password@host:9000/database; the database is made where it is not there; options of the driver may follow (?secure=true)
	Log    *slog.Logger
	Tables []*warehouse.Table // what is mirrored; default warehouse.Tables
	Keep   time.Duration      // how long a view may last at most, and rows that ended are kept; default 10 minutes

	Cluster string // of system.clusters, whose shards keep the rows; without it one server does
	Engine  Engine // of the tables; default MergeTree
}

// Store is the warehouse in a database of a ClickHouse server, or of the servers of a cluster. Any number of programs may read it.
type Store struct {
	warehouse.OneByOne
	log     *slog.Logger
	tables  []*warehouse.Table
	shards  []*shard
	cluster string
	engine  Engine
	writer  uuid.UUID // of this store, in its terms
	limits  engine.Settings
	pieces  pieces

	closing context.Context // done when the store is closed
	close   context.CancelFunc
	looking sync.WaitGroup // for shards that are away

	writing sync.Mutex // one load or reset at a time; over the next
	term    uint64     // that this store writes in; 0 when it must take one first
	keep    time.Duration
	sweeper sweeper

	saving sync.Mutex // one note at a time

	lettersOpen atomic.Bool // rows that were set aside wait to be superseded or replayed
}

var _ warehouse.Store = (*Store)(nil)

// Open makes the database and its tables where they are not there.
func Open(ctx context.Context, opts Options) (*Store, error) {
	if opts.Tables == nil {
		opts.Tables = warehouse.Tables
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Keep == 0 {
		opts.Keep = 10 * time.Minute
	}
	opts.Engine = opts.Engine.orPlain()
	if err := opts.Engine.check(); err != nil {
		return nil, err
	}
	shards, err := meet(ctx, opts)
	if err != nil {
		return nil, err
	}
	s := &Store{log: opts.Log, tables: opts.Tables, shards: shards, cluster: opts.Cluster, engine: opts.Engine, writer: uuid.New(), keep: opts.Keep, pieces: usualPieces}
	s.OneByOne = warehouse.OneByOne{Viewer: s}
	s.closing, s.close = context.WithCancel(context.Background())
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Engine names the engine.
func (s *Store) Engine() string { return "clickhouse" }

// Close waits for the load that is open, ends the views that are, and closes the connections.
func (s *Store) Close() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closing.Err() != nil {
		return nil
	}
	s.close()
	s.sweeper.wait()
	s.looking.Wait()
	var err error
	for _, sh := range s.shards {
		err = errors.Join(err, sh.hangUp())
	}
	return err
}

// errClosed answers whoever comes after Close.
var errClosed = errors.New("the warehouse is closed")

// collect asks and reads all rows of the answer.
func collect[T any](ctx context.Context, db driver.Conn, query string, args []any, scan func(rows driver.Rows) (T, error)) ([]T, error) {
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("ask the warehouse: %w", told(ctx, err))
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read an answer of the warehouse: %w", err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the answer of the warehouse: %w", told(ctx, err))
	}
	return all, nil
}

// gather is collect on some shards, one answer after the other.
func gather[T any](ctx context.Context, s *Store, shards []*shard, query string, args []any, scan func(rows driver.Rows) (T, error)) (all []T, err error) {
	answers := make([][]T, len(s.shards))
	gone, err := s.partly(shards, s.askAll(ctx, shards, func(ctx context.Context, sh *shard) (err error) {
		answers[slices.Index(s.shards, sh)], err = collect(ctx, sh.db, query, args, scan)
		return err
	}))
	if err == nil && len(gone) > 0 {
		err = errPart(gone)
	}
	return slices.Concat(answers...), err
}

// holds says whether it is so on any of some shards.
func holds(ctx context.Context, s *Store, shards []*shard, query string) (bool, error) {
	each, err := gather(ctx, s, shards, query, nil, func(rows driver.Rows) (yes bool, err error) {
		err = rows.Scan(&yes)
		return yes, err
	})
	return slices.Contains(each, true), err
}

// common is collect on one shard, of what all shards have.
func common[T any](ctx context.Context, s *Store, query string, args []any, scan func(rows driver.Rows) (T, error)) ([]T, error) {
	return first(ctx, s, func(ctx context.Context, sh *shard) ([]T, error) { return collect(ctx, sh.db, query, args, scan) })
}

// one reads the only value of an answer, of what all shards have.
func one[T any](ctx context.Context, s *Store, query string, args ...any) (T, error) {
	return first(ctx, s, func(ctx context.Context, sh *shard) (value T, err error) {
		err = sh.db.QueryRow(ctx, query, args...).Scan(&value)
		return value, told(ctx, err)
	})
}

// exec has each shard do the same with what it has.
func (s *Store) exec(ctx context.Context, what, query string, args ...any) error {
	err := s.each(ctx, func(ctx context.Context, sh *shard) error { return told(ctx, sh.db.Exec(ctx, query, args...)) })
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
