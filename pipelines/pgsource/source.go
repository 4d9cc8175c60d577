package pgsource

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Options say which database is read, and what of it.
type Options struct {
	URL         string // of a login with the right to replicate
	Slot        string
	Publication string
	Tables      []*warehouse.Table
	Log         *slog.Logger

	SlotTimeout time.Duration // how long making a slot may wait for running transactions; default 30 s
	RangeBytes  int64         // how much of a table one COPY reads; default 64 MB
	Workers     int           // how many COPY at once; default 2
	ShapeEvery  time.Duration // how often a running stream looks whether the tables are still published as they were; default 10 s
	Silence     time.Duration // how long the server may say nothing before the line is taken for dead; default 60 s
	Version     int64         // of the last migration that this program knows; 0: not known
}

// Source is a Postgres database as a source of changes.
type Source struct {
	o Options
}

// New checks the options. It does not connect.
func New(o Options) (*Source, error) {
	cfg, err := pgconn.ParseConfig(o.URL)
	if err != nil {
		return nil, fmt.Errorf("read source address: %w", err)
	}
	if o.Slot == "" {
		o.Slot = SlotName(cfg.Database)
	}
	if o.Publication == "" {
		o.Publication = "sharepartner"
	}
	if o.Tables == nil {
		o.Tables = warehouse.Tables
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.SlotTimeout == 0 {
		o.SlotTimeout = 30 * time.Second
	}
	if o.RangeBytes == 0 {
		o.RangeBytes = 64 << 20
	}
	if o.ShapeEvery == 0 {
		o.ShapeEvery = 10 * time.Second
	}
	if o.Silence == 0 {
		o.Silence = time.Minute
	}
	if o.Workers == 0 {
		o.Workers = 2
	}
	return &Source{o: o}, nil
}

// SlotName is the slot of a database. Slots are named server-wide, so that the database has to be part of it.
func SlotName(database string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, strings.ToLower("sharepartner_"+database))
	return name[:min(len(name), 63)]
}

// Slot is the name of the slot.
func (s *Source) Slot() string { return s.o.Slot }

// connect opens an ordinary connection, or one for replication.
func (s *Source) connect(ctx context.Context, replication bool) (*link, error) {
	return s.connectAs(ctx, replication, nil)
}

// connectAs opens a connection with settings of its own.
func (s *Source) connectAs(ctx context.Context, replication bool, settings map[string]string) (*link, error) {
	cfg, err := pgconn.ParseConfig(s.o.URL)
	if err != nil {
		return nil, fmt.Errorf("read source address: %w", err)
	}
	settle(cfg)
	maps.Copy(cfg.RuntimeParams, settings)
	if replication {
		cfg.RuntimeParams["replication"] = "database"
	}
	l := &link{silence: s.o.Silence}
	cfg.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		l.waiting = &waiting{Reader: r}
		l.buffer = bufio.NewReaderSize(l.waiting, 256<<10)
		return pgproto3.NewFrontend(l.buffer, w)
	}
	l.PgConn, err = pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, refused(cfg.User, replication, err)
	}
	return l, nil
}

// refused tells a server that lets the login not in from one that is away.
func refused(login string, replication bool, err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || !strings.HasPrefix(pg.Code, "28") && pg.Code != "42501" && pg.Code != "3D000" {
		return fmt.Errorf("connect to Postgres: %w", err)
	}
	if replication {
		return &SetupError{Faults: []string{"the server refuses a replication connection (" + pg.Message + "): grant the login REPLICATION and allow it in pg_hba.conf"}}
	}
	return &SetupError{Faults: []string{"the server refuses login " + login + " (" + pg.Message + "): let an administrator allow it to connect to this database, and see that its password is the one that the program has"}}
}

// settle gives a connection of ours its name and settings.
func settle(cfg *pgconn.Config) {
	for name, value := range map[string]string{
		"application_name": "sharepartner_pipeline", "timezone": "UTC", "datestyle": "ISO",
		// Limits that are right for a web request would end a long copy.
		"statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0",
		// Behind a dead line the server would keep a snapshot, and with it old rows, for hours.
		"tcp_keepalives_idle": "60", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "6",
	} {
		cfg.RuntimeParams[name] = value
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 10 * time.Second
	}
}

// link is a connection whose read buffer we know, to tell when the socket is drained.
type link struct {
	*pgconn.PgConn
	buffer  *bufio.Reader
	waiting *waiting
	silence time.Duration // how long an answer may take
}

// close ends the connection, however ctx fares, and waits for what the driver does in the background.
func (l *link) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = l.Close(ctx)
	select {
	case <-l.CleanupDone():
	case <-ctx.Done():
	}
}

// rows runs a query on an ordinary connection and gives all values as text, null as "".
func (l *link) rows(ctx context.Context, sql string, args ...string) ([][]string, error) {
	ctx, cancel := l.patient(ctx)
	defer cancel()
	params := make([][]byte, len(args))
	for i, a := range args {
		params[i] = []byte(a)
	}
	result := l.ExecParams(ctx, sql, params, nil, nil, nil).Read()
	if result.Err != nil {
		return nil, because(ctx, result.Err)
	}
	return asText(result.Rows), nil
}

func asText(rows [][][]byte) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		for _, v := range row {
			out[i] = append(out[i], string(v))
		}
	}
	return out
}

// command runs a replication command, which knows no parameters.
func (l *link) command(ctx context.Context, sql string) ([][]string, error) {
	ctx, cancel := l.patient(ctx)
	defer cancel()
	results, err := l.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, because(ctx, err)
	}
	if len(results) == 0 {
		return nil, nil
	}
	return asText(results[0].Rows), nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
