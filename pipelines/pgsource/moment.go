package pgsource

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Moment is a snapshot of the database at a place of its log: it holds exactly the transactions whose commit record
// lies before LSN. A temporary slot made it, which ends with it; the server keeps log and old rows for as long.
type Moment struct {
	LSN uint64

	source *Source
	link   *link
	name   string // of the snapshot
}

// Moment opens the connection for one; Mark makes it.
func (s *Source) Moment(ctx context.Context) (*Moment, error) {
	l, err := s.connect(ctx, true)
	if err != nil {
		return nil, err
	}
	return &Moment{source: s, link: l}, nil
}

// Mark takes the snapshot now. As with every slot the server first waits for the transactions that are running; after
// the given time that is a BlockedError, and the moment is over.
func (m *Moment) Mark(ctx context.Context, within time.Duration) error {
	name := "sharepartner_moment_" + strings.ToLower(rand.Text()[:12])
	rows, err := m.source.createSlot(ctx, m.link, quote(name)+" TEMPORARY", within)
	if err != nil {
		m.link = nil
		return err
	}
	m.name = rows[0][2]
	m.LSN, err = ParseLSN(rows[0][1])
	return err
}

// Begin opens a connection with a read-only transaction inside the snapshot. Whoever asks closes it.
func (m *Moment) Begin(ctx context.Context) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(m.source.o.URL)
	if err != nil {
		return nil, fmt.Errorf("read source address: %w", err)
	}
	settle(&cfg.Config)
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to Postgres: %w", err)
	}
	if _, err := conn.Exec(ctx, enterSQL(m.name), pgx.QueryExecModeSimpleProtocol); err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("enter the snapshot: %w", err)
	}
	return conn, nil
}

// Close gives the snapshot up; transactions that are inside keep it.
func (m *Moment) Close() {
	if m.link != nil {
		m.link.close()
		m.link = nil
	}
}

func enterSQL(snapshot string) string {
	return "begin isolation level repeatable read read only; set transaction snapshot '" + snapshot + "'"
}
