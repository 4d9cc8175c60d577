package pipelines_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// over puts a line between the pipeline and the server that all tests share.
func (b *bed) over() *line {
	b.t.Helper()
	u, err := url.Parse(b.cdc)
	require.NoError(b.t, err)
	l := newLine(b.t)
	l.to(u.Host)
	u.Host = l.listener.Addr().String()
	b.cdc = u.String()
	return l
}

// impatient starts a pipeline that takes a line for dead sooner than the usual minute.
func (b *bed) impatient(store warehouse.Store) (*pipelines.Pipeline, func()) {
	p := pipelines.New(pipelines.Config{SourceURL: b.cdc, Store: store, Log: logTo(b.t), DriftEvery: -1})
	p.Tune(func(o *pgsource.Options, _ *pipelines.Limits) { o.Silence = 3 * time.Second })
	return p, startIt(b.t, p)
}

// blames waits until the pipeline has told of a fault.
func blames(t testing.TB, p *pipelines.Pipeline, words string) {
	t.Helper()
	var s warehouse.Status
	require.Eventually(t, func() bool {
		var err error
		s, err = p.Status(context.Background())
		return err == nil && strings.Contains(s.LastFault, words)
	}, 2*time.Minute, 5*time.Millisecond, "the pipeline never said %q", words)
	require.Contains(t, []string{"waiting", "starting", "standby", "snapshot", "resync", "streaming"}, s.State, "it goes on by itself: %+v", s)
}

// Every connection dies at once and nobody is told: neither while the log is followed nor in the middle of a first copy does
// the pipeline wait for what never comes. It notices by the session that holds the right to the slot.
func TestServerFallsSilent(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	b.oracle(owner)
	b.plant(owner, 3_000)
	line, store := b.over(), b.open()
	appended := 0
	p, stop := b.run(&hookStore{Store: store, append: func(*warehouse.Batch) error {
		if appended++; appended == 2 {
			line.silence()
		}
		return nil
	}})
	blames(t, p, "the right to slot")
	b.catchUp(p)
	s, err := p.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, "first_snapshot", s.LastResync.Reason, "begun again by its name")
	require.EqualValues(t, 1, s.Resyncs)

	before := s.LastFaultAt
	w := newWriter(t, owner, 1)
	steps(t, w, 10)
	line.silence()
	steps(t, w, 20)
	require.Eventually(t, func() bool {
		s, err := p.Status(context.Background())
		return err == nil && s.LastFaultAt.After(before) && strings.Contains(s.LastFault, "the right to slot")
	}, 2*time.Minute, 5*time.Millisecond)
	b.catchUp(p)
	steps(t, w, 10)
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())
	duck := b.read()
	b.requireSame(owner, duck)
	b.requireExactLog(owner, duck)
}

// One connection dies and all others live: that of a first copy, that of the log in the middle of a message, and that of a
// comparison. The session with the right to the slot knows nothing of it.
func TestOneConnectionFallsSilent(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	b.oracle(owner)
	b.plant(owner, 20_000)
	line, store := b.over(), b.open()
	b.cdc += "&wal_sender_timeout=0" // so that the server keeps the slot for the dead connection until it is told to end it
	const silent = "the server has said nothing for 3s"
	line.silenceAfter(1 << 20)
	p, stop := b.impatient(store)
	blames(t, p, silent)
	b.catchUp(p)
	s, err := p.Status(context.Background())
	require.NoError(t, err)
	require.Contains(t, s.LastFault, "copy table ")

	line.silenceAfter(1 << 20)
	b.plant(owner, 20_000)
	blames(t, p, "read replication stream: "+silent)
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())
	duck := b.read()
	b.requireSame(owner, duck)
	b.requireExactLog(owner, duck)
	require.NoError(t, duck.Close())

	store = b.open()
	_, err = owner.Exec(context.Background(), `update crm.product set list_price = list_price + 1`)
	require.NoError(t, err)
	_, err = owner.Exec(context.Background(), `select pg_drop_replication_slot('sharepartner_' || current_database())`)
	require.NoError(t, err)
	line.silenceAfter(1 << 20)
	p, stop = b.impatient(store)
	blames(t, p, silent)
	s, err = p.Status(context.Background())
	require.NoError(t, err)
	require.Contains(t, s.LastFault, "compare ")
	b.catchUp(p)
	s, err = p.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, "slot_missing", s.LastResync.Reason)
	require.EqualValues(t, 40_000, s.LastResync.Differed)
	stop()
	require.NoError(t, store.Close())
	b.requireSame(owner, b.read())
}

// A question that is never answered ends, wherever it is asked.
func TestQuestionWithoutAnswer(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	line := b.over()
	source, err := pgsource.New(pgsource.Options{URL: b.cdc, Silence: time.Second})
	require.NoError(t, err)
	line.silenceAfter(2_000) // behind the greeting
	_, err = source.Preflight(context.Background())
	var silent *pgsource.SilentError
	require.ErrorAs(t, err, &silent)
}
