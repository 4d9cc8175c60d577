package pipelines_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// comesAgain reads the slot from a place on up to another one, as for a store with the given checkpoint. It gives how many
// changes the server sent of transactions before that checkpoint, and how many rows were made of all that it sent.
func (b *bed) comesAgain(from, checkpoint, until uint64) (left, rows int) {
	b.t.Helper()
	source, err := pgsource.New(pgsource.Options{URL: b.cdc})
	require.NoError(b.t, err)
	var stream *pgsource.Stream
	require.Eventually(b.t, func() bool { // the reader that was killed may hold the slot for a moment
		stream, err = source.Stream(context.Background(), from)
		return !errors.Is(err, pgsource.ErrSlotActive)
	}, 30*time.Second, 50*time.Millisecond)
	require.NoError(b.t, err)
	defer stream.Close()
	d, skipped := pgsource.NewDecoder(warehouse.Tables, checkpoint), false
	for packet := range stream.Packets() {
		for i := range packet.Len() {
			message, into := packet.Message(i), pgsource.NewChanges(warehouse.Tables)
			e, err := d.Decode(message, into)
			require.NoError(b.t, err)
			switch {
			case e.Kind == pgsource.EventBegin:
				skipped = e.LSN < checkpoint
			case e.Kind == pgsource.EventNone && skipped && d.Open() && bytes.IndexByte([]byte("IUDT"), message[25]) >= 0:
				left++
			case e.LSN >= until:
				return left, rows
			}
			rows += into.Rows
		}
	}
	require.NoError(b.t, stream.Err(), "the stream ended")
	return left, rows
}

// The process dies when rows are durable and the server does not know it yet. What then comes again is left out: by the
// decoder, and by the store when the decoder is told of an older place.
func TestKilledBetweenCommitAndAcknowledgement(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	b.oracle(owner)
	w := newWriter(t, owner, 1)
	steps(t, w, 30)
	victim := b.process(b.file)
	victim.says("to=streaming")
	_, err := fmt.Fprintln(victim.in, "die")
	require.NoError(t, err)
	victim.says("about to die")
	steps(t, w, 20)
	victim.wait.Wait() // it has said its last word
	told, place := confirmed(t, owner), uint64(0)
	duck := b.read()
	require.NoError(t, duck.QueryRow(`select lsn from checkpoint`).Scan(&place))
	require.NoError(t, duck.Close())
	require.Less(t, told, place, "loaded and not acknowledged")

	steps(t, w, 10)
	left, rows := b.comesAgain(told, place, fence(t, owner))
	t.Logf("%d changes came again, %d rows are new", left, rows)
	require.Positive(t, left)
	require.Positive(t, rows)

	store := b.open()
	asked, came := false, 0
	p, stop := start(t, pipelines.Config{SourceURL: b.cdc, Log: logTo(t), DriftEvery: -1, Store: &hookStore{
		Store: store,
		checkpoint: func(c *warehouse.Checkpoint) {
			if !asked {
				asked, c.LSN = true, told
			}
		},
		append: func(batch *warehouse.Batch) error {
			for _, lsn := range batch.CommitLSN {
				if lsn < place {
					came++
				}
			}
			return nil
		},
	}})
	b.catchUp(p)
	stop()
	require.Equal(t, left, came, "the store was given what it had")
	require.NoError(t, store.Close())
	duck = b.read()
	b.requireSame(owner, duck)
	b.requireExactLog(owner, duck)
}

// A commit may stand in the log exactly where the checkpoint is, and a row that was set aside is replayed there: the
// commit is loaded, and comes after the row.
func TestReplayAndCommitExactlyAtTheCheckpoint(t *testing.T) {
	t.Parallel()
	c := newCluster(t, map[string]string{"autovacuum": "off"}) // nobody else writes
	for range 10 {
		if b := newAsideBedOn(t, c.bed()); b.replayAndCommitAtTheCheckpoint() {
			return
		}
		dropSlots(t, c.server.URL)
	}
	require.Fail(t, "no commit came to stand exactly at the checkpoint")
}

func (b *asideBed) replayAndCommitAtTheCheckpoint() bool {
	t := b.t
	b.exec(`update crm.product set list_price = 'NaN', name = 'aside' where id = $1`, b.product)
	l := b.letters(warehouse.LetterOpen)[0]
	later := b.owner()
	_, err := later.Exec(context.Background(), `begin`)
	require.NoError(t, err)
	_, err = later.Exec(context.Background(), `update crm.product set list_price = 3, name = 'later' where id = $1`, b.product)
	require.NoError(t, err)
	b.exec(`update crm.organisation set name = 'meanwhile' where id = $1`, b.w.vendor)
	b.catchUpSilently()
	b.stop()
	at, _, err := b.store.Checkpoint(context.Background())
	require.NoError(t, err)
	_, err = later.Exec(context.Background(), `commit`)
	require.NoError(t, err)
	require.NoError(t, b.store.Close())

	db := b.read() // as if the decoder had learned since to read it
	raw := bytes.Replace(l.Raw, []byte("\x00\x00\x00\x08\x00\x00\x00\x00\xc0\x00\x00\x00"), []byte("\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00"), 1)
	require.NotEqual(t, l.Raw, raw)
	_, err = db.Exec(`update dead_letter set raw = ?`, raw)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	b.store = b.open()
	outcomes, err := pipelines.New(pipelines.Config{SourceURL: b.cdc, Store: b.store}).Replay(context.Background(), nil)
	require.NoError(t, err)
	require.Equal(t, []pipelines.Outcome{{ID: 1, Table: "crm.product", Key: b.product.String()}}, outcomes)
	b.p, b.stop = b.run(b.store)
	b.letters(warehouse.LetterReplayed)
	b.stop()
	require.NoError(t, b.store.Close())
	db = b.read()
	b.requireSame(b.w.conn, db)
	exact := duckRows(t, db, fmt.Sprintf(`select name from product_log where _lsn = %d order by _seq`, at.LSN))
	names := duckRows(t, db, `select name from product_log where id = '`+b.product.String()+`' order by _lsn, _seq`)
	require.Equal(t, []string{"P", "aside", "later"}, names)
	require.NoError(t, db.Close())
	return len(exact) == 2
}

// catchUpSilently waits until all is loaded, without writing to the log itself.
func (b *asideBed) catchUpSilently() {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		rows, err := b.store.Watermark(context.Background())
		var lsn string
		require.NoError(b.t, b.w.conn.QueryRow(context.Background(), `select pg_current_wal_flush_lsn()::text`).Scan(&lsn))
		place, parsed := pgsource.ParseLSN(lsn)
		return err == nil && parsed == nil && rows.LSN >= place
	}, 30*time.Second, 20*time.Millisecond)
}
