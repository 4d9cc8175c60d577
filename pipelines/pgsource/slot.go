package pgsource

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrSlotActive says that another process, perhaps one that is just dying, holds the slot.
var ErrSlotActive = errors.New("the replication slot is in use")

// ErrSlotGone says that the slot is missing or that the server has dropped what it needed.
var ErrSlotGone = errors.New("the replication slot is lost")

// ErrDiskFull says that the server has no room for what it decodes: a large transaction goes to its disk first.
var ErrDiskFull = errors.New("the disk of Postgres is full: make room on it. Nothing is lost as long as the slot may keep the log (max_slot_wal_keep_size), and this goes on by itself")

// BlockedError says that a slot could not be made because transactions run that are older than it.
type BlockedError struct {
	After  time.Duration
	Oldest string
}

func (e *BlockedError) Error() string {
	return fmt.Sprintf("no replication slot after %s: it has to wait for all transactions that are running now. The oldest: %s. End it (pg_terminate_backend) or wait; this is tried again", e.After, e.Oldest)
}

// slotFault names the faults that the pipeline treats by name.
func slotFault(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	switch pg.Code {
	case "55006":
		return fmt.Errorf("%w: %w", ErrSlotActive, err)
	case "42704", "55000":
		return fmt.Errorf("%w: %w", ErrSlotGone, err)
	case "53100":
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	return err
}

const slotSQL = `
select coalesce(database, '') = current_database(), coalesce(plugin, '') = 'pgoutput', active, coalesce(wal_status, '') = 'lost',
       coalesce(confirmed_flush_lsn, '0/0'), coalesce(database, 'a standby')
from pg_replication_slots where slot_name = $1`

func (s *Source) findSlot(ctx context.Context, l *link) (Slot, error) {
	rows, err := l.rows(ctx, slotSQL, s.o.Slot)
	if err != nil {
		return Slot{}, fmt.Errorf("look for slot %s: %w", s.o.Slot, err)
	}
	if len(rows) == 0 {
		return Slot{}, nil
	}
	r := rows[0]
	if r[0] != "t" || r[1] != "t" {
		return Slot{}, &SetupError{Faults: []string{fmt.Sprintf("slot %s belongs to something else (%s): name another slot, or drop that one", s.o.Slot, r[5])}}
	}
	slot := Slot{Exists: true, Active: r[2] == "t", Lost: r[3] == "t"}
	slot.Confirmed, err = ParseLSN(r[4])
	return slot, err
}

// DropSlot removes our slot; one that is not there is no fault.
func (s *Source) DropSlot(ctx context.Context) error {
	l, err := s.connect(ctx, false)
	if err != nil {
		return err
	}
	defer l.close()
	slot, err := s.findSlot(ctx, l)
	if err != nil || !slot.Exists {
		return err
	}
	if _, err := l.rows(ctx, `select pg_drop_replication_slot($1)`, s.o.Slot); err != nil {
		return fmt.Errorf("drop slot %s: %w", s.o.Slot, slotFault(err))
	}
	return nil
}

// CreateSlot makes the slot and with it a snapshot of exactly the moment from which the slot gives changes.
// The snapshot lives until Close or Stream.
func (s *Source) CreateSlot(ctx context.Context) (*Snapshot, error) {
	l, err := s.connect(ctx, true)
	if err != nil {
		return nil, err
	}
	rows, err := s.createSlot(ctx, l, quote(s.o.Slot), s.o.SlotTimeout)
	if err != nil {
		return nil, err
	}
	sn := &Snapshot{source: s, link: l, name: rows[0][2]}
	if sn.LSN, err = ParseLSN(rows[0][1]); err != nil {
		l.close()
		return nil, err
	}
	return sn, nil
}

// createSlot makes a slot with a snapshot, or closes the connection: it gives name, consistent point and snapshot.
func (s *Source) createSlot(ctx context.Context, l *link, slot string, within time.Duration) ([][]string, error) {
	waiting, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	rows, err := l.command(waiting, "CREATE_REPLICATION_SLOT "+slot+" LOGICAL pgoutput (SNAPSHOT 'export')")
	if err == nil {
		return rows, nil
	}
	l.close()
	if waiting.Err() != nil && ctx.Err() == nil {
		return nil, &BlockedError{After: within, Oldest: s.oldestTransaction(ctx)}
	}
	return nil, fmt.Errorf("create slot %s: %w", slot, slotFault(err))
}

// A login without pg_read_all_stats sees who, but not since when.
const oldestSQL = `
select format('process %s of %s (%s)%s', pid, coalesce(usename, 'a prepared transaction'), coalesce(nullif(application_name, ''), 'no name'),
       ', since ' || to_char(xact_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC')
from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()
order by age(backend_xid) desc limit 1`

func (s *Source) oldestTransaction(ctx context.Context) string {
	const unknown = "not visible to this login (look into pg_stat_activity and pg_prepared_xacts)"
	l, err := s.connect(ctx, false)
	if err != nil {
		return unknown
	}
	defer l.close()
	rows, err := l.rows(ctx, oldestSQL)
	if err != nil || len(rows) == 0 {
		return unknown
	}
	return rows[0][0]
}
