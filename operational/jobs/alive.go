package jobs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/sharepartner/sharepartner/operational/postgres"
)

// lockClass is the first half of the advisory locks that programs hold while they run jobs.
const lockClass = 7236002

const rescueEvery = 2 * time.Second

// rescueSQL gives the jobs of programs that are gone back to the queue. One whose last attempt that was is put back to be
// given up, by whichever program takes it.
const rescueSQL = `
update river.river_job j
set state = 'available', scheduled_at = now(),
  max_attempts = greatest(j.max_attempts, j.attempt + 1),
  metadata = case when j.attempt < j.max_attempts then j.metadata else j.metadata || '{"given_up": true}' end
where j.state = 'running'
  and j.attempted_by[array_upper(j.attempted_by, 1)] ~ '^sharepartner-[0-9]+$'
  and not exists (
    select from pg_locks l
    where l.locktype = 'advisory' and l.classid = $1 and l.objsubid = 2
      and l.database = (select oid from pg_database where datname = current_database())
      and l.objid = split_part(j.attempted_by[array_upper(j.attempted_by, 1)], '-', 2)::oid)`

// giveUpSQL finds the jobs that failed in their last attempt (also in time, by a panic, or unheard because the database was
// away) and puts them back once, to be given up.
const giveUpSQL = `
update river.river_job j
set state = 'available', scheduled_at = now(), finalized_at = null,
  max_attempts = greatest(j.max_attempts, j.attempt + 1), metadata = j.metadata || '{"given_up": true}'
where j.state = 'discarded' and j.kind = 'event' and not j.metadata ? 'given_up'`

// sign is the lock by which others see that this program lives.
type sign struct {
	key  int32
	conn *pgxpool.Conn
}

func newSign() *sign { return &sign{key: rand.Int32()} }

func (s *sign) clientID() string { return fmt.Sprintf("sharepartner-%d", s.key) }

// hold takes the lock on a connection of its own, again if that was lost.
func (s *sign) hold(ctx context.Context, pool *pgxpool.Pool) error {
	if s.conn != nil {
		if s.conn.Ping(ctx) == nil {
			return nil
		}
		s.release()
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1, $2)`, lockClass, s.key); err != nil {
		conn.Release()
		return err
	}
	s.conn = conn
	return nil
}

// release ends the connection, and the lock with it.
func (s *sign) release() {
	if s.conn == nil {
		return
	}
	_ = s.conn.Hijack().Close(context.Background())
	s.conn = nil
}

// rescue keeps the own sign of life up and takes over the jobs of those who have none.
func (j *Jobs) rescue(ctx context.Context) error {
	if err := j.sign.hold(ctx, j.db.Login()); err != nil {
		return fmt.Errorf("show that this program lives: %w", postgres.Translate(err))
	}
	tag, err := j.db.Login().Exec(ctx, rescueSQL, lockClass)
	if err != nil {
		return fmt.Errorf("take over jobs: %w", postgres.Translate(err))
	}
	if n := tag.RowsAffected(); n > 0 {
		j.log.Info("took over the jobs of a program that ended", "jobs", n)
	}
	if _, err := j.db.Login().Exec(ctx, giveUpSQL); err != nil {
		return fmt.Errorf("give up jobs: %w", postgres.Translate(err))
	}
	return nil
}

func (j *Jobs) rescueAlways(ctx context.Context) {
	tick := time.NewTicker(rescueEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := j.rescue(ctx); err != nil && ctx.Err() == nil {
				j.log.Warn("jobs of ended programs wait", "error", err)
			}
		}
	}
}
