package clickhouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
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
}

// Store is the warehouse in a database of a ClickHouse server. Any number of programs may read it.
type Store struct {
	warehouse.OneByOne
	log    *slog.Logger
	tables []*warehouse.Table
	db     driver.Conn
	writer uuid.UUID // of this store, in its terms
	limits engine.Settings

	closing context.Context // done when the store is closed
	close   context.CancelFunc

	writing sync.Mutex // one load or reset at a time; over the next
	term    uint64     // that this store writes in; 0 when it must take one first
	keep    time.Duration
	sweeper sweeper

	saving sync.Mutex // one note at a time

	lettersOpen atomic.Bool // rows that were set aside wait to be superseded or replayed
}

var _ warehouse.Store = (*Store)(nil)

// connections is how many questions and inserts go on at a time where the address does not say it (max_open_conns); more wait.
const connections = 16

// Open makes the database and its tables where they are not there.
func Open(ctx context.Context, opts Options) (*Store, error) {
	if opts.Tables == nil {
		opts.Tables = warehouse.Tables
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	db, err := connect(ctx, opts.URL)
	if err != nil {
		return nil, err
	}
	if opts.Keep == 0 {
		opts.Keep = 10 * time.Minute
	}
	s := &Store{log: opts.Log, tables: opts.Tables, db: db, writer: uuid.New(), keep: opts.Keep}
	s.OneByOne = warehouse.OneByOne{Viewer: s}
	s.closing, s.close = context.WithCancel(context.Background())
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// connect opens the connections and makes the database.
func connect(ctx context.Context, url string) (driver.Conn, error) {
	options, err := engine.ParseDSN(url)
	if err != nil {
		return nil, fmt.Errorf("open the warehouse: WAREHOUSE_URL is not of the form clickhouse://user:password@host:9000/database: %w", withoutAddress(err))
	}
	options.MaxOpenConns = cmp.Or(options.MaxOpenConns, connections)
	options.MaxIdleConns = options.MaxOpenConns
	options.DialTimeout = cmp.Or(options.DialTimeout, 10*time.Second)
	options.DialContext = dialer(options)
	options.Compression = &engine.Compression{Method: engine.CompressionLZ4}
	if options.Settings == nil {
		options.Settings = engine.Settings{}
	}
	options.Settings["join_use_nulls"] = 1 // as the standard says
	options.Settings["enable_materialized_cte"] = 1
	options.Settings["lightweight_deletes_sync"] = 2 // what is deleted is gone when that is said
	database := options.Auth.Database
	if database != "" && database != "default" {
		options.Auth.Database = ""
		if err := makeDatabase(ctx, options, database); err != nil {
			return nil, err
		}
		options.Auth.Database = database
	}
	db, err := engine.Open(options)
	if err != nil {
		return nil, fmt.Errorf("open the warehouse: %w", err)
	}
	return db, nil
}

func makeDatabase(ctx context.Context, options *engine.Options, database string) error {
	db, err := engine.Open(options)
	if err != nil {
		return fmt.Errorf("open the warehouse: %w", err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+ident(database)); err != nil {
		return fmt.Errorf("make the database %s of the warehouse: %w", database, told(ctx, err))
	}
	return nil
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
	return s.db.Close()
}

// errClosed answers whoever comes after Close.
var errClosed = errors.New("the warehouse is closed")

// collect asks and reads all rows of the answer.
func collect[T any](ctx context.Context, s *Store, query string, args []any, scan func(rows driver.Rows) (T, error)) ([]T, error) {
	rows, err := s.db.Query(ctx, query, args...)
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

// one reads the only value of an answer.
func one[T any](ctx context.Context, s *Store, query string, args ...any) (value T, err error) {
	err = s.db.QueryRow(ctx, query, args...).Scan(&value)
	return value, told(ctx, err)
}

func (s *Store) exec(ctx context.Context, what, query string, args ...any) error {
	if err := s.db.Exec(ctx, query, args...); err != nil {
		return fmt.Errorf("%s: %w", what, told(ctx, err))
	}
	return nil
}
