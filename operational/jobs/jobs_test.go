package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const testEvent = "thing.made"

func plantVendor(t *testing.T, db *pgtest.Database) operational.Actor {
	t.Helper()
	org := uuid.New()
	_, err := db.Owner(t).Exec(t.Context(), `insert into crm.organisation (id, name, created_at) values ($1, 'Vendor', now())`, org)
	require.NoError(t, err)
	return operational.Actor{Org: org, Side: operational.SideVendor, Role: operational.RoleAdministrator, Membership: uuid.New()}
}

func happen(t *testing.T, db *pgtest.Database, actor operational.Actor, event string, record uuid.UUID) {
	t.Helper()
	ctx := t.Context()
	require.NoError(t, db.API.InTx(ctx, actor, func(tx *postgres.Tx) error {
		return events.Append(ctx, tx, event, record, map[string]uuid.UUID{"membership": actor.Membership})
	}))
}

func running(t *testing.T, db *pgtest.Database, workers ...Worker) *Jobs {
	t.Helper()
	j, err := New(db.Jobs, slog.New(slog.DiscardHandler), workers...)
	require.NoError(t, err)
	require.NoError(t, j.Start(t.Context()))
	t.Cleanup(func() { _ = j.Stop(context.Background()) })
	return j
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(20 * time.Second):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

func count(t *testing.T, db *pgtest.Database, sql string) int {
	t.Helper()
	var n int
	require.NoError(t, db.Owner(t).QueryRow(t.Context(), sql).Scan(&n))
	return n
}

func TestAnEventIsWorkedOnOnceInsideItsTenant(t *testing.T) {
	db := pgtest.New(t)
	actor, record := plantVendor(t, db), uuid.New()
	plantVendor(t, db) // another, not to be seen
	seen := make(chan Job, 10)
	running(t, db, Worker{Event: testEvent, Work: func(ctx context.Context, job Job) error {
		seen <- job
		return db.Jobs.InTx(ctx, job.Actor("test"), func(tx *postgres.Tx) error {
			var n int
			if err := tx.QueryRow(ctx, `select count(*) from crm.organisation`).Scan(&n); err != nil || n != 1 {
				return errors.New("the wall has a hole")
			}
			return nil
		})
	}})
	happen(t, db, actor, "thing.without_worker", record)
	happen(t, db, actor, testEvent, record)
	job := receive(t, seen)
	require.Equal(t, Job{Event: testEvent, Org: actor.Org, Side: actor.Side, Record: record, Membership: actor.Membership, Attempt: 1}, job)
	require.Eventually(t, func() bool {
		return count(t, db, `select count(*) from river.river_job where kind = 'event' and state = 'completed'`) == 1
	}, 10*time.Second, 20*time.Millisecond)
	require.Zero(t, count(t, db, `select count(*) from crm.outbox where relayed_at is null`))
	require.Empty(t, seen)
}

func TestWorkThatFailsIsTriedAgainAndGivenUpInTheEnd(t *testing.T) {
	db := pgtest.New(t)
	seen, givenUp, refused := make(chan Job, 10), make(chan Job, 10), false
	worker := Worker{Event: testEvent, Attempts: 2, Work: func(_ context.Context, job Job) error {
		seen <- job
		return errors.New("not today")
	}, GiveUp: func(_ context.Context, job Job) error {
		givenUp <- job
		if !refused {
			refused = true
			return errors.New("not even that")
		}
		return nil
	}}
	running(t, db, worker)
	actor, record := plantVendor(t, db), uuid.New()
	happen(t, db, actor, testEvent, record)
	require.Equal(t, 1, receive(t, seen).Attempt)
	require.Equal(t, 2, receive(t, seen).Attempt)
	require.Equal(t, record, receive(t, givenUp).Record)
	require.Equal(t, actor.Org, receive(t, givenUp).Org, "until it succeeds")
	require.Eventually(t, func() bool {
		return count(t, db, `select count(*) from river.river_job where kind = 'event' and state = 'cancelled'`) == 1
	}, 10*time.Second, 20*time.Millisecond)
	require.Empty(t, seen)
}

func TestAProgramThatEndsInTheLastAttemptLeavesNothingRunning(t *testing.T) {
	db := pgtest.New(t)
	begun, block := make(chan struct{}, 10), make(chan struct{})
	killed := running(t, db, Worker{Event: testEvent, Attempts: 1, Work: func(context.Context, Job) error {
		begun <- struct{}{}
		<-block
		return nil
	}})
	record := uuid.New()
	happen(t, db, plantVendor(t, db), testEvent, record)
	receive(t, begun)
	killed.stop()
	killed.done.Wait()
	killed.sign.release()
	givenUp := make(chan Job, 10)
	next := running(t, db, Worker{
		Event:  testEvent,
		Work:   func(context.Context, Job) error { begun <- struct{}{}; return nil },
		GiveUp: func(_ context.Context, job Job) error { givenUp <- job; return nil },
	})
	require.Equal(t, record, receive(t, givenUp).Record)
	require.Empty(t, begun, "no attempt was left")
	close(block)
	require.NoError(t, next.Stop(t.Context()))
}

func TestStopPutsWorkBack(t *testing.T) {
	db := pgtest.New(t)
	begun := make(chan int, 10)
	var patient atomic.Bool
	worker := Worker{Event: testEvent, Work: func(ctx context.Context, job Job) error {
		begun <- job.Attempt
		if patient.Load() {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}}
	first := running(t, db, worker)
	happen(t, db, plantVendor(t, db), testEvent, uuid.New())
	receive(t, begun)
	require.NoError(t, first.Stop(t.Context()))
	require.Zero(t, count(t, db, `select count(*) from river.river_job where kind = 'event' and state in ('running', 'cancelled', 'discarded')`))
	patient.Store(true)
	running(t, db, worker)
	require.Equal(t, 1, receive(t, begun), "an interruption is not a failed attempt")
}

func TestTheJobsOfAKilledProgramAreTakenOver(t *testing.T) {
	db := pgtest.New(t)
	begun, block := make(chan struct{}, 10), make(chan struct{})
	killed := running(t, db, Worker{Event: testEvent, Work: func(context.Context, Job) error {
		begun <- struct{}{}
		<-block // a program that is gone answers nothing
		return nil
	}})
	happen(t, db, plantVendor(t, db), testEvent, uuid.New())
	receive(t, begun)
	killed.stop()
	killed.done.Wait()
	again := make(chan Job, 10)
	next := running(t, db, Worker{Event: testEvent, Work: func(_ context.Context, job Job) error {
		again <- job
		return nil
	}})
	select {
	case <-again:
		require.Fail(t, "a living program was robbed of its job")
	case <-time.After(rescueEvery + time.Second):
	}
	killed.sign.release() // as the end of its process would
	require.Equal(t, 2, receive(t, again).Attempt)
	close(block)
	require.NoError(t, next.Stop(t.Context()))
}

func TestWhatIsDoneWithIsClearedAway(t *testing.T) {
	db := pgtest.New(t)
	ctx, actor := t.Context(), plantVendor(t, db)
	happen(t, db, actor, testEvent, uuid.New())
	happen(t, db, actor, testEvent, uuid.New())
	happen(t, db, actor, testEvent, uuid.New())
	_, err := db.Owner(t).Exec(ctx, `
		update crm.outbox set relayed_at = now() - interval '2 days' where id = (select min(id) from crm.outbox);
		update crm.outbox set relayed_at = now() where id = (select max(id) from crm.outbox)`)
	require.NoError(t, err)
	for _, age := range []string{"1 hour", "3 days"} {
		_, err = db.Owner(t).Exec(ctx, `insert into crm.idempotency_key (credential_id, key, org_id, side, request_sha256, created_at)
			values ($1, 'k', $2, 'vendor', sha256(''), now() - $3::interval)`, uuid.New(), actor.Org, age)
		require.NoError(t, err)
	}
	for _, age := range []int{1, 40} {
		id := uuid.New()
		_, err = db.Owner(t).Exec(ctx, `insert into crm.import (id, org_id, kind, state, created_at, finished_at)
			values ($1, $2, 'crm_export', 'done', now(), now() - make_interval(days => $3))`, id, actor.Org, age)
		require.NoError(t, err)
		_, err = db.Owner(t).Exec(ctx, `insert into crm.import_file (org_id, import_id, name, content) values ($1, $2, 'accounts', '')`, actor.Org, id)
		require.NoError(t, err)
		_, err = db.Owner(t).Exec(ctx, `insert into crm.import_finding (org_id, import_id, position, file, line, kept, rule, was, reason) values ($1, $2, 1, 'f', 1, true, 'r', 'Ada', 'Ada is no team')`, actor.Org, id)
		require.NoError(t, err)
	}
	swept := 0
	chores := []Chore{
		{Name: "things", Do: func(context.Context) error { return errors.New("not today") }},
		{Name: "others", Do: func(context.Context) error { swept++; return nil }},
	}
	require.EqualError(t, (&purgeWorker{db: db.Jobs, more: &chores}).Work(ctx, nil), "clear away things: not today")
	require.Equal(t, 1, swept)
	require.Equal(t, 2, count(t, db, `select count(*) from crm.outbox`), "what waits or is fresh stays")
	require.Equal(t, 1, count(t, db, `select count(*) from crm.idempotency_key`))
	require.Zero(t, count(t, db, `select count(*) from crm.import_file`))
	require.Equal(t, 1, count(t, db, `select count(*) from crm.import_finding f where f::text like '%Ada%'`), "values are kept for a while")
	require.Equal(t, 2, count(t, db, `select count(*) from crm.import_finding where rule = 'r'`))
	require.Equal(t, 2, count(t, db, `select count(*) from crm.import`))
}

func TestChoresAreDoneFromTheStart(t *testing.T) {
	db := pgtest.New(t)
	j, err := New(db.Jobs, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	done := make(chan struct{}, 1)
	j.Hourly(Chore{Name: "things", Do: func(context.Context) error { done <- struct{}{}; return nil }})
	require.NoError(t, j.Start(t.Context()))
	receive(t, done)
	require.NoError(t, j.Stop(t.Context()))
	require.NoError(t, j.Stop(t.Context()), "a second stop does no harm")
}

func TestTwoWorkersForOneEventAreRefused(t *testing.T) {
	db := pgtest.New(t)
	_, err := New(db.Jobs, slog.New(slog.DiscardHandler), Worker{Event: testEvent}, Worker{Event: testEvent})
	require.ErrorContains(t, err, "two workers")
}

func TestSteadyChoresGoOnAfterAFault(t *testing.T) {
	db := pgtest.New(t)
	j, err := New(db.Jobs, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	done, first := make(chan struct{}, 100), true
	j.Steadily(time.Millisecond, Chore{Name: "things", Do: func(context.Context) error {
		done <- struct{}{}
		if first {
			first = false
			return errors.New("not today")
		}
		return nil
	}})
	require.NoError(t, j.Start(t.Context()))
	for range 4 {
		receive(t, done)
	}
	require.NoError(t, j.Stop(t.Context()))
}
