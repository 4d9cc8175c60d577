package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	engine "github.com/marcboeker/go-duckdb"

	"github.com/sharepartner/sharepartner/warehouse"
)

// DefaultMemoryLimit holds the staging of a large load and the funnel over millions of opportunities, and leaves a
// small machine room for Postgres. What does not fit goes to a folder beside the file.
const DefaultMemoryLimit = "1GB"

// readers is the number of views that are open at the same time; more wait. Beside them are the writer and what takes
// a moment only, above all the status that the pipeline writes: no view keeps it waiting.
const (
	readers = 8
	moments = 2
)

// Options of a store.
type Options struct {
	Path        string // of the database file; empty: in memory
	MemoryLimit string // as DuckDB writes it, "1GB"; empty: DefaultMemoryLimit
	Threads     int    // 0: one per core
	Log         *slog.Logger
	Tables      []*warehouse.Table // what is mirrored; default warehouse.Tables
	LogOnly     bool               // neither the latest state nor what is derived is kept, to measure what they cost; no question is answered
}

// Store is the warehouse in one DuckDB file.
type Store struct {
	warehouse.OneByOne
	opts   Options
	log    *slog.Logger
	tables []*warehouse.Table
	pieces pieces

	mu     sync.RWMutex // held for reading while db is used, for writing while it is exchanged
	db     *sql.DB
	closed bool

	writing sync.Mutex // one load, reset or reopening at a time
	writer  *sql.Conn

	seats   chan struct{} // one for each open view
	viewing sync.Mutex    // over views
	views   map[*view]struct{}

	saving sync.Mutex  // one status at a time
	broken atomic.Bool // a commit failed: the file is to be opened again
	roomy  atomic.Bool // a load had too little memory: the next ones have what there is

	lettersOpen atomic.Bool // rows that were set aside wait to be superseded or replayed
}

var _ warehouse.Store = (*Store)(nil)

// Open opens the file, or makes it.
func Open(ctx context.Context, opts Options) (*Store, error) {
	if opts.MemoryLimit == "" {
		opts.MemoryLimit = DefaultMemoryLimit
	}
	if opts.Threads == 0 {
		opts.Threads = runtime.NumCPU()
	}
	if opts.Tables == nil {
		opts.Tables = warehouse.Tables
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if strings.ContainsAny(opts.Path, "?%#") {
		return nil, fmt.Errorf("open the warehouse %s: the path must not contain ?, %% or #", opts.Path)
	}
	s := &Store{opts: opts, log: opts.Log, tables: opts.Tables, pieces: usualPieces, seats: make(chan struct{}, readers), views: make(map[*view]struct{})}
	s.OneByOne = warehouse.OneByOne{Viewer: s}
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// connect opens the file and the writing connection.
func (s *Store) connect(ctx context.Context) error {
	if s.opts.Path != "" {
		if err := isOurs(s.opts.Path); err != nil {
			return err
		}
	}
	connector, err := engine.NewConnector(s.opts.Path, func(driver.ExecerContext) error { return nil })
	if err != nil {
		return fmt.Errorf("open the warehouse %s: %w", s.opts.Path, err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(readers + moments + 1)
	db.SetMaxIdleConns(readers + moments + 1)
	writer, err := s.prepare(ctx, db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	open, err := countLetters(ctx, db)
	if err != nil {
		return errors.Join(err, writer.Close(), db.Close())
	}
	s.lettersOpen.Store(open)
	s.db, s.writer = db, writer
	return nil
}

// prepare sets the engine up, makes the schema and gives the writing connection its staging tables.
func (s *Store) prepare(ctx context.Context, db *sql.DB) (*sql.Conn, error) {
	settings := []string{
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET checkpoint_threshold = '256MB'", // shorter commits; a log of that size is replayed in seconds
		"SET memory_limit = '" + strings.ReplaceAll(s.opts.MemoryLimit, "'", "") + "'",
		fmt.Sprintf("SET threads = %d", s.opts.Threads),
		"PRAGMA disable_checkpoint_on_shutdown", // see tidy
	}
	if s.opts.Path == "" {
		settings = append(settings, "SET temp_directory = '"+strings.ReplaceAll(os.TempDir(), "'", "''")+"'")
	}
	for _, q := range settings {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return nil, fmt.Errorf("set up the warehouse: %s: %w", q, err)
		}
	}
	// A process that was killed may have left half an entry at the end of the engine's own log. Replay leaves it out,
	// but what is appended behind it could never be read again: so the log is folded into the file first.
	if _, err := db.ExecContext(ctx, "CHECKPOINT"); err != nil {
		return nil, fmt.Errorf("take over what the last process left: %w", err)
	}
	if err := prepareSchema(ctx, db, s.opts.Path, s.tables); err != nil {
		return nil, err
	}
	writer, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the writing connection: %w", err)
	}
	if err := makeStaging(ctx, writer, s.tables); err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	return writer, nil
}

// Engine names the engine.
func (s *Store) Engine() string { return "duckdb" }

// Close waits for the load that is open, ends the views that are, and closes the file.
func (s *Store) Close() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.tidy()
	return s.disconnect()
}

// tidy folds the engine's own log into the file. The engine would do so at the end of its own accord, but also after a
// commit that failed, and then write down what it has in memory: rows that were committed are missing there.
func (s *Store) tidy() {
	if s.db == nil || s.broken.Load() {
		return
	}
	_ = s.endViews() // the engine does not wait for readers
	if _, err := s.db.ExecContext(context.Background(), "CHECKPOINT"); err != nil {
		s.log.Warn("the warehouse keeps its log until it is opened again", "error", err)
	}
}

// disconnect closes the file. Views would hold it open, so they end; the caller holds s.mu, so that none begins.
func (s *Store) disconnect() error {
	faults := []error{s.endViews()}
	if s.writer != nil {
		faults = append(faults, s.writer.Close())
	}
	if s.db != nil {
		faults = append(faults, s.db.Close())
	}
	s.writer, s.db = nil, nil
	return errors.Join(faults...)
}

func (s *Store) endViews() error {
	var faults []error
	for _, v := range s.openViews() {
		faults = append(faults, v.Close())
	}
	return errors.Join(faults...)
}

// errClosed answers whoever comes after Close.
var errClosed = errors.New("the warehouse is closed")

// read runs what takes a moment in a snapshot of its own.
func (s *Store) read(ctx context.Context, question func(tx *sql.Tx) error) error {
	s.mu.RLock()
	tx, err := s.beginReading(ctx)
	if givenUp(err) && s.reopen(ctx) {
		tx, err = s.beginReading(ctx)
	}
	defer s.mu.RUnlock()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	return question(tx)
}

// givenUp says that the engine refuses all work on the file until it is opened again, as it does after a fault inside it.
func givenUp(err error) bool {
	return err != nil && strings.Contains(err.Error(), "database has been invalidated")
}

// reopen opens the file again that the engine has given up on, unless a load is open: that fails, and whoever begins the
// next one does it. The caller holds s.mu for reading, also afterwards.
func (s *Store) reopen(ctx context.Context) bool {
	s.mu.RUnlock()
	defer s.mu.RLock()
	if !s.writing.TryLock() {
		return false
	}
	defer s.writing.Unlock()
	s.broken.Store(true)
	if err := s.revive(ctx); err != nil {
		s.log.WarnContext(ctx, "opening the warehouse again", "error", err)
		return false
	}
	return true
}

// beginReading starts a transaction. The caller holds s.mu.
func (s *Store) beginReading(ctx context.Context) (*sql.Tx, error) {
	if s.closed {
		return nil, errClosed
	}
	if s.db == nil {
		return nil, errors.New("the warehouse could not be opened again after a fault")
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin reading the warehouse: %w", err)
	}
	return tx, nil
}

// revive opens the file again after a commit that failed, as on a full disk, or when the engine has given up on it. After a
// commit the engine may have given up on the
// file; or else it takes the rows back from memory, but in this version (1.1.2) neither all of them nor the texts that
// belong to them, and the next rows come out with the wrong ones. What was committed is in the file, as long as what is
// in memory is not written over it (tidy). The caller holds s.writing.
func (s *Store) revive(ctx context.Context) error {
	if s.closed {
		return errClosed
	}
	if !s.broken.Load() {
		return nil
	}
	if s.opts.Path == "" {
		return errors.New("the warehouse is in memory only, and a commit has failed")
	}
	s.log.WarnContext(ctx, "opening the warehouse again after a fault of the engine")
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.disconnect(); err != nil {
		s.log.WarnContext(ctx, "closing the warehouse after a fault", "error", err)
	}
	if err := s.connect(ctx); err != nil {
		return errors.Join(err, s.connectReading()) // answers go on while there is no space to write
	}
	s.broken.Store(false)
	return nil
}

// connectReading opens the file without writing to it.
func (s *Store) connectReading() error {
	connector, err := engine.NewConnector(s.opts.Path+"?access_mode=READ_ONLY", func(driver.ExecerContext) error { return nil })
	if err != nil {
		return fmt.Errorf("open the warehouse %s for reading: %w", s.opts.Path, err)
	}
	s.db = sql.OpenDB(connector)
	s.db.SetMaxOpenConns(readers + moments)
	return nil
}
