package pgsource

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// Whoever has lost the right to the slot has stopped before the server gives it to another one, however late answers come.
func TestHolderStopsBeforeTheNextOneBegins(t *testing.T) {
	require.LessOrEqual(t, lockEvery+lockPatience, lockHold, "one answer that is in time does not cost the right to the next")
	require.LessOrEqual(t, lockHold+time.Second, LockIdle)
	began := time.Now()
	asked, now := began, began.Add(lockEvery)
	for range 50 { // each answer comes as late as it may
		until := lockUntil(asked, now)
		require.LessOrEqual(t, until.Sub(now), lockPatience)
		require.LessOrEqual(t, until.Sub(asked), lockHold, "the session may have been silent since it was asked")
		if late := until.Sub(now); late <= 0 {
			return
		}
		asked, now = now, until
	}
	require.Less(t, now.Sub(asked), LockIdle)
}

// The server ends the session of a holder who asks no more, and it alone: the right to the slot is free then.
func TestServerEndsASilentHolder(t *testing.T) {
	t.Parallel()
	url := pgtest.NewURL(t)
	s, err := New(Options{URL: cdc(t, url)})
	require.NoError(t, err)
	k, err := s.Lock(context.Background(), func(Figures) {})
	require.NoError(t, err)
	k.asking.Lock() // as in a process that stands still
	_, err = s.Lock(context.Background(), func(Figures) {})
	var held *HeldError
	require.ErrorAs(t, err, &held)
	var idle string
	require.NoError(t, superuser(t, url).QueryRow(context.Background(), `select setting from pg_settings where name = 'idle_session_timeout'`).Scan(&idle))
	require.Equal(t, "0", idle, "it is a setting of that session and of no other")
	var next *Lock
	require.Eventually(t, func() bool {
		next, err = s.Lock(context.Background(), func(Figures) {})
		return err == nil
	}, time.Minute, 100*time.Millisecond, "the server has not ended it")
	k.asking.Unlock()
	<-k.Lost()
	require.Error(t, k.Err())
	require.NoError(t, next.Check(context.Background()))
	k.Close()
	next.Close()
}

// The server asks for itself whether we are still there, and ends what is dead.
func TestServerLooksAfterItsLines(t *testing.T) {
	t.Parallel()
	s, err := New(Options{URL: cdc(t, pgtest.NewURL(t))})
	require.NoError(t, err)
	for _, replication := range []bool{false, true} {
		l, err := s.connect(context.Background(), replication)
		require.NoError(t, err)
		defer l.close()
		rows, err := l.command(context.Background(), "show tcp_keepalives_idle")
		require.NoError(t, err)
		require.Equal(t, "60", rows[0][0])
	}
}
