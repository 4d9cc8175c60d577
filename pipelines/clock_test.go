package pipelines_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/pipelines"
)

// A clock that is off by an hour makes no lag of an hour, and no negative one: neither while the tables are copied, nor in
// the first moment of a stream, nor after an interruption. What is off is said.
func TestClockOffByAnHour(t *testing.T) {
	t.Parallel()
	super, err := pgx.ParseConfig(pgtest.Server(t).SuperURL)
	require.NoError(t, err)
	for _, off := range []time.Duration{time.Hour, -time.Hour} {
		t.Run(fmt.Sprint("server ahead by ", off), func(t *testing.T) {
			t.Parallel()
			b := newBed(t)
			b.plant(b.owner(), 2000)
			written := b.keepWriting(1)
			store := b.open()
			p := pipelines.New(pipelines.Config{SourceURL: b.cdc, Store: store, Log: logTo(t), Clock: func() time.Time { return time.Now().Add(-off) }})
			over := make(chan struct{})
			worst := make(chan [2]float64, 1)
			go func() {
				var least, most float64
				for {
					select {
					case <-over:
						worst <- [2]float64{least, most}
						return
					case <-time.After(time.Millisecond):
					}
					s, _ := p.Status(context.Background())
					least, most = min(least, s.LagSeconds), max(most, s.LagSeconds)
				}
			}()
			stop := startIt(t, p)
			b.catchUp(p)
			cfg := super.Copy()
			_, err := connect(t, cfg.ConnString()).Exec(context.Background(), `select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1 and active`, slotOf(t, b.url))
			require.NoError(t, err)
			b.catchUp(p)
			written()
			b.catchUp(p)
			s, err := p.Status(context.Background())
			require.NoError(t, err)
			require.InDelta(t, off.Seconds(), s.ClockAhead, 300)
			require.Eventually(t, func() bool { // what a pipeline says of itself is kept every second
				lags, err := store.Lags(context.Background())
				return err == nil && len(lags) > 0
			}, 20*time.Second, 20*time.Millisecond)
			stop()
			close(over)
			seen := <-worst
			t.Logf("lag between %.3f and %.3f s", seen[0], seen[1])
			require.Zero(t, seen[0])
			require.Less(t, seen[1], 600.0)
			lags, err := store.Lags(context.Background())
			require.NoError(t, err)
			for _, l := range lags {
				require.GreaterOrEqual(t, l.Seconds, 0.0)
				require.Less(t, l.Seconds, 600.0)
			}
		})
	}
}

func slotOf(t *testing.T, url string) string {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	return "sharepartner_" + cfg.Database
}

// Every right that the login needs is taken away in turn, from a stream that runs. The pipeline says which is missing and
// who gives it, and goes on by itself once it is there again.
func TestEveryRightTakenAwayAndGivenBack(t *testing.T) {
	t.Parallel()
	c := newCluster(t, nil) // a login is of the whole server
	b := c.bed()
	store, why, w := b.open(), newReasons(t), newWriter(t, b.owner(), 1)
	p, stop := b.reasoned(store, why)
	super := connect(t, c.server.SuperURL)
	crm := connect(t, b.url)
	for _, right := range []struct {
		on         *pgx.Conn
		take, give string
		words      []string
	}{
		{crm, `revoke usage on schema crm from sharepartner_cdc`, `grant usage on schema crm to sharepartner_cdc`, []string{"the login may not read crm.opportunity (", "grant select"}},
		{crm, `revoke select on crm.account from sharepartner_cdc`, `grant select on crm.account to sharepartner_cdc`, []string{"the login may not read crm.account ("}},
		{super, `alter role sharepartner_cdc noreplication`, `alter role sharepartner_cdc replication`, []string{"login sharepartner_cdc may not replicate", "alter role sharepartner_cdc replication"}},
		{super, `alter role sharepartner_cdc nologin`, `alter role sharepartner_cdc login`, []string{"the server refuses login sharepartner_cdc", "let an administrator allow it"}},
	} {
		t.Log(right.take)
		b.catchUp(p)
		_, err := right.on.Exec(context.Background(), right.take)
		require.NoError(t, err)
		steps(t, w, 5)
		_, err = super.Exec(context.Background(), `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'sharepartner_cdc'`)
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			s, err := p.Status(context.Background())
			return err == nil && s.State == "failed" && assertContains(s.Detail, right.words...)
		}, 60*time.Second, 20*time.Millisecond, right.take)
		steps(t, w, 5)
		_, err = right.on.Exec(context.Background(), right.give)
		require.NoError(t, err)
	}
	b.catchUp(p)
	require.Equal(t, []string{"first_snapshot"}, why.all(), "it goes on from where it was")
	stop()
	require.NoError(t, store.Close())
	b.requireSame(b.owner(), b.read())
}
