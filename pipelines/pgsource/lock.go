package pgsource

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

// A lock is held by a session. Its holder asks every lockEvery and takes the session for dead when there is no answer
// within lockPatience, or when the last question that was answered was asked lockHold ago: an answer that came late says
// nothing of how it is since. The server ends a session that has not asked for LockIdle: so who was cut off or paused stops
// before another one begins, and a process that stands still does not hold it for ever.
const (
	lockEvery    = 1500 * time.Millisecond
	lockPatience = 4 * time.Second
	lockHold     = 6 * time.Second
)

// LockIdle is how long the right to a slot outlives the last word of its holder.
const LockIdle = 7 * time.Second

// Figures are what the server tells of the slot.
type Figures struct {
	Exists, Active, Lost bool
	Lag, Retained, Spill int64 // bytes
	Limit, Safe          int64 // bytes; where Limited
	Limited              bool
}

// HeldError says that another program works on the slot.
type HeldError struct{ Slot, Holder string }

func (e *HeldError) Error() string {
	return fmt.Sprintf("another program works on slot %s: %s. This one stands by and takes over when that one is gone", e.Slot, e.Holder)
}

// Lock is the right to work on the slot. A slot has one reader at a time anyway, but is free for a moment whenever that
// one begins again, and is dropped and made anew: so the right to it has to outlive its connections.
type Lock struct {
	source *Source
	link   *link
	asking sync.Mutex // over the link and asked: one question at a time
	asked  time.Time  // when the last question that was answered was asked
	stop   context.CancelFunc
	wait   sync.WaitGroup
	lost   chan struct{} // closed when the session is dead
	err    error         // why; read after lost is closed
}

const lockKey = `hashtextextended('sharepartner pipeline ' || $1, 0)`

// The key of an advisory lock stands in two halves in pg_locks.
const holderSQL = `
with key as (select ` + lockKey + ` as k)
select format('process %s (%s), connected since %s UTC', coalesce(nullif(split_part(a.application_name, ' ', 2), ''), 'of unknown name'),
       coalesce('from ' || host(a.client_addr), 'over a local socket'), to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'))
from key, pg_locks l join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.database = (select oid from pg_database where datname = current_database())
  and l.classid::bigint = (k >> 32) & 4294967295 and l.objid::bigint = k & 4294967295`

// Who has lost the lock may still be connected: paused, or behind a line that is cut. It would keep the slot for minutes.
const evictSQL = `select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1 and active_pid is not null and database = current_database()`

// Lock takes the right to work on the slot, or gives a HeldError. From then on tell gets the slot's figures.
func (s *Source) Lock(ctx context.Context, tell func(Figures)) (*Lock, error) {
	host, _ := os.Hostname() // without a name the process alone is named
	l, err := s.connectAs(ctx, false, map[string]string{
		"application_name": fmt.Sprintf("sharepartner_pipeline %d@%s", os.Getpid(), host), "idle_session_timeout": strconv.FormatInt(LockIdle.Milliseconds(), 10), "statement_timeout": "4s",
	})
	if err != nil {
		return nil, err
	}
	asked := time.Now()
	if err := s.take(ctx, l); err != nil {
		l.close()
		return nil, err
	}
	k := &Lock{source: s, link: l, asked: asked, lost: make(chan struct{})}
	ctx, k.stop = context.WithCancel(context.WithoutCancel(ctx))
	k.wait.Go(func() { k.keep(ctx, tell) })
	return k, nil
}

func (s *Source) take(ctx context.Context, l *link) error {
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	rows, err := l.rows(ctx, `select pg_try_advisory_lock(`+lockKey+`)`, s.o.Slot)
	if err != nil {
		return fmt.Errorf("take the right to slot %s: %w", s.o.Slot, err)
	}
	if rows[0][0] == "t" {
		s.evict(ctx, l)
		return nil
	}
	held := &HeldError{Slot: s.o.Slot, Holder: "one that has just begun or ended"}
	if rows, err = l.rows(ctx, holderSQL, s.o.Slot); err != nil {
		return fmt.Errorf("ask who has slot %s: %w", s.o.Slot, err)
	}
	if len(rows) > 0 {
		held.Holder = rows[0][0]
	}
	return held
}

func (s *Source) evict(ctx context.Context, l *link) {
	if _, err := l.rows(ctx, evictSQL, s.o.Slot); err != nil {
		s.o.Log.WarnContext(ctx, "somebody still reads from the slot, and this login may not end that", "slot", s.o.Slot, "error", err)
	}
}

// Evict ends whoever reads from the slot: that may be a connection of our own, whose line has died without a word.
func (k *Lock) Evict(ctx context.Context) {
	k.asking.Lock()
	defer k.asking.Unlock()
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	k.source.evict(ctx, k.link)
}

// keep asks for the figures of the slot, which keeps the session alive, until it is dead or given back.
func (k *Lock) keep(ctx context.Context, tell func(Figures)) {
	defer k.link.close() // takes seconds on a dead line: whoever works is told first
	defer close(k.lost)
	for ctx.Err() == nil {
		next := time.Now().Add(lockEvery)
		figures, err := k.ask(ctx)
		if err != nil {
			k.err = fmt.Errorf("the right to slot %s is lost: %w", k.source.o.Slot, err)
			return
		}
		tell(figures)
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(next)):
		}
	}
}

func (k *Lock) ask(ctx context.Context) (Figures, error) {
	k.asking.Lock()
	defer k.asking.Unlock()
	now := time.Now()
	ctx, cancel := context.WithDeadline(ctx, lockUntil(k.asked, now))
	defer cancel()
	f, err := k.source.figures(ctx, k.link)
	if err == nil {
		k.asked = now
	}
	return f, err
}

// lockUntil is how long the right is certain while a question that is asked now has no answer.
func lockUntil(asked, now time.Time) time.Time {
	patience, hold := now.Add(lockPatience), asked.Add(lockHold)
	if hold.Before(patience) {
		return hold
	}
	return patience
}

// Check asks the server now. A process that was paused does not know yet what it has lost.
func (k *Lock) Check(ctx context.Context) error {
	_, err := k.ask(ctx)
	return err
}

// Lost is closed when the session is dead.
func (k *Lock) Lost() <-chan struct{} { return k.lost }

// Err says why, after that.
func (k *Lock) Err() error { return k.err }

// Close gives the right back.
func (k *Lock) Close() {
	k.stop()
	k.wait.Wait()
}
