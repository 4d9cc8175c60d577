package pipelines_test

import (
	"bytes"
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// asideBed is a followed database with a product whose family is long enough to be left out of updates.
type asideBed struct {
	*bed
	w       *writer
	store   *duckdb.Store
	p       *pipelines.Pipeline
	stop    func()
	product uuid.UUID
	family  string
}

func newAsideBed(t *testing.T) *asideBed { return newAsideBedOn(t, newBed(t)) }

func newAsideBedOn(t *testing.T, on *bed) *asideBed {
	b := &asideBed{bed: on, product: id(), family: strings.Repeat("Hydraulics ", 800)}
	owner := b.owner()
	b.w = newWriter(t, owner, 1)
	b.exec(`alter table crm.product alter column family set storage external, drop constraint product_family_check`)
	b.exec(`insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at) values ($1, $2, 'P', $3, 1, 'EUR', now(), now())`, b.product, b.w.vendor, b.family)
	b.store = b.open()
	b.p, b.stop = b.run(b.store)
	b.catchUp(b.p)
	return b
}

func (b *asideBed) exec(sql string, args ...any) {
	b.t.Helper()
	_, err := b.w.conn.Exec(context.Background(), sql, args...)
	require.NoError(b.t, err)
}

func (b *asideBed) letters(states ...warehouse.LetterState) []warehouse.DeadLetter {
	b.t.Helper()
	b.catchUp(b.p)
	letters, err := b.store.DeadLetters(context.Background(), warehouse.LetterFilter{Raw: true})
	require.NoError(b.t, err)
	var got []warehouse.LetterState
	for _, l := range letters {
		got = append(got, l.State)
	}
	require.Equal(b.t, states, got)
	return letters
}

// inspect closes the store and gives the file, then opens it and goes on.
func (b *asideBed) inspect(look func(db *sql.DB)) {
	b.t.Helper()
	b.stop()
	require.NoError(b.t, b.store.Close())
	db := b.read()
	look(db)
	require.NoError(b.t, db.Close())
	b.store = b.open()
	b.p, b.stop = b.run(b.store)
}

func (b *asideBed) requireEnd() {
	b.t.Helper()
	b.catchUp(b.p)
	b.stop()
	require.NoError(b.t, b.store.Close())
	b.requireSame(b.w.conn, b.read())
}

// A row that cannot be kept is set aside: the version before stands, the rest of its transaction is loaded, and a later
// good version takes its place.
func TestRowIsSetAside(t *testing.T) {
	t.Parallel()
	b := newAsideBed(t)
	require.NoError(t, b.w.tx(func(exec execFunc) {
		exec(`update crm.organisation set name = 'before' where id = $1`, b.w.vendor)
		exec(`update crm.product set list_price = 'NaN', name = 'Q' where id = $1`, b.product)
		exec(`update crm.sales_process set name = 'after' where id = $1`, b.w.process)
	}))
	l := b.letters(warehouse.LetterOpen)[0]
	require.Equal(t, []string{"crm.product", b.product.String(), "list_price", "NaN and infinity cannot be kept"}, []string{l.Table, l.Key, l.Column, l.Reason})
	require.NotZero(t, l.CommitLSN)
	require.WithinDuration(t, time.Now(), l.NotedAt, time.Minute)
	b.inspect(func(db *sql.DB) {
		require.Equal(t, []string{"P 1.00"}, duckRows(t, db, `select name || ' ' || list_price from product where id = '`+b.product.String()+`'`))
		require.Equal(t, []string{"1"}, duckRows(t, db, `select count(*)::text from organisation where name = 'before'`))
		require.Equal(t, []string{"1"}, duckRows(t, db, `select count(*)::text from sales_process where name = 'after'`))
	})
	s, err := b.p.Status(context.Background())
	require.NoError(t, err)
	require.Empty(t, s.LastFault)
	outcomes, err := b.p.Replay(context.Background(), nil)
	require.NoError(t, err)
	require.Equal(t, []pipelines.Outcome{{ID: 1, Table: "crm.product", Key: b.product.String(), Fault: "column list_price of table crm.product holds a value that cannot be kept: NaN and infinity cannot be kept"}}, outcomes)
	b.exec(`update crm.product set list_price = 2 where id = $1`, b.product)
	b.letters(warehouse.LetterSuperseded)
	b.requireEnd()
}

// The long values that a later update leaves out are those of the version that was set aside, also after a restart.
func TestLongValuesOfARowSetAside(t *testing.T) {
	t.Parallel()
	b := newAsideBed(t)
	next := strings.Repeat("Pneumatics ", 800)
	b.exec(`update crm.product set list_price = 'NaN', family = $2 where id = $1`, b.product, next)
	b.exec(`update crm.product set list_price = 'NaN', name = 'again' where id = $1`, b.product)
	b.letters(warehouse.LetterOpen, warehouse.LetterOpen)
	b.inspect(func(*sql.DB) {})
	b.exec(`update crm.product set list_price = 3 where id = $1`, b.product)
	b.letters(warehouse.LetterSuperseded, warehouse.LetterSuperseded)

	// One that never was in the warehouse, changed and given another key.
	other, last := id(), id()
	require.NoError(t, b.w.tx(func(exec execFunc) {
		exec(`insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at) values ($1, $2, 'P', $3, 'NaN', 'EUR', now(), now())`, other, b.w.vendor, next)
		exec(`update crm.product set list_price = 4 where id = $1`, other)
		exec(`update crm.product set list_price = 'NaN', id = $2 where id = $1`, other, last)
	}))
	b.letters(warehouse.LetterSuperseded, warehouse.LetterSuperseded, warehouse.LetterSuperseded, warehouse.LetterOpen)
	b.exec(`update crm.product set list_price = 5 where id = $1`, last)
	require.Contains(t, b.letters(warehouse.LetterSuperseded, warehouse.LetterSuperseded, warehouse.LetterSuperseded, warehouse.LetterOpen, warehouse.LetterOpen)[4].Reason, "was not sent")
	b.exec(`update crm.product set list_price = 5, family = 'short' where id = $1`, last)
	b.requireEnd()
}

// A missing row of the history is missing in what is derived from it, until it is replayed.
func TestHistoryIsReplayed(t *testing.T) {
	t.Parallel()
	b := newAsideBed(t)
	require.NoError(t, b.w.tx(b.w.addDeal))
	d := b.w.deals[0]
	b.exec(`alter table crm.opportunity_history disable trigger user`)
	move := func(version int, at string) {
		b.exec(`insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, change, changed_by_side, process_id, process_version,
				stage_id, stage_type, stage_position, vendor_net_amount, currency, close_date)
			select o.id, $2, o.connection_id, o.vendor_org_id, o.partner_org_id, $3, 'stage_moved', 'system', o.process_id, 1, s.id, s.type, s.position, 7, 'EUR', o.close_date
			from crm.opportunity o, crm.stage s where o.id = $1 and s.id = $4`, d.id, version, at, b.w.stages[version-1])
	}
	move(2, "infinity")
	move(3, "2099-01-01")
	l := b.letters(warehouse.LetterOpen)[0]
	require.Equal(t, d.id.String()+",2", l.Key)
	b.inspect(func(db *sql.DB) { // as if the decoder had learned since to read it
		require.Equal(t, []string{"2"}, duckRows(t, db, `select count(*)::text from opportunity_move`))
		raw := bytes.Replace(l.Raw, []byte("\x7f\xff\xff\xff\xff\xff\xff\xff"), []byte("\x00\x0a\x00\x00\x00\x00\x00\x00"), 1)
		require.NotEqual(t, l.Raw, raw)
		_, err := db.Exec(`update dead_letter set raw = ?`, raw)
		require.NoError(t, err)
	})
	b.catchUp(b.p)
	outcomes, err := b.p.Replay(context.Background(), []int64{1, 77})
	require.NoError(t, err)
	require.Equal(t, []pipelines.Outcome{{ID: 1, Table: "crm.opportunity_history", Key: l.Key}}, outcomes)
	b.letters(warehouse.LetterReplayed)
	outcomes, err = b.p.Replay(context.Background(), nil)
	require.NoError(t, err)
	require.Empty(t, outcomes)
	b.exec(`update crm.opportunity_history set effective_at = timestamptz '2000-01-01 00:00:00+00' + interval '2814749767106560 microseconds' where version = 2 and opportunity_id = $1`, d.id)
	b.inspect(func(db *sql.DB) {
		require.Equal(t, []string{"1 -", "2 1", "3 2"}, duckRows(t, db, `select stage_position || ' ' || coalesce(prev_stage_position::text, '-') from opportunity_move order by 1`))
		require.Equal(t, []string{"won 3"}, duckRows(t, db, `select stage_type || ' ' || position from opportunity_wide`))
	})
	b.requireEnd()
}

// Rows of the first snapshot are set aside as well, and without a running pipeline the store is written directly.
func TestSnapshotSetsAside(t *testing.T) {
	t.Parallel()
	b := newAsideBed(t)
	b.exec(`update crm.product set list_price = 'NaN' where id = $1`, b.product)
	b.letters(warehouse.LetterOpen)
	b.stop()
	dropSlots(t, b.url)
	require.NoError(t, b.store.Reset(context.Background()))
	b.p, b.stop = b.run(b.store)
	l := b.letters(warehouse.LetterOpen)[0]
	require.Equal(t, warehouse.OpSnapshot, l.Op)
	b.stop()
	outcomes, err := pipelines.New(pipelines.Config{SourceURL: b.cdc, Store: b.store}).Replay(context.Background(), nil)
	require.NoError(t, err)
	require.Len(t, outcomes, 1)
	require.Contains(t, outcomes[0].Fault, "NaN")
	b.p, b.stop = b.run(b.store)
	b.exec(`update crm.product set list_price = 9 where id = $1`, b.product)
	b.letters(warehouse.LetterSuperseded)
	b.requireEnd()
}

// Very many such rows are no odd ones: the pipeline stops before them, says what to do, and loses nothing.
func TestFloodStopsThePipeline(t *testing.T) {
	t.Parallel()
	b := newAsideBed(t)
	b.plant(b.w.conn, 150)
	b.exec(`update crm.product set name = 'before' where id = $1`, b.product)
	b.catchUp(b.p)
	b.exec(`update crm.product set list_price = 'NaN'`)
	require.Eventually(t, func() bool {
		s, err := b.p.Status(context.Background())
		return err == nil && s.State == "failed" && assertContains(s.Detail, "more than 100 rows in a minute", "crm.product", "list_price", "sharepartner pipelines allow-aside", "SHAREPARTNER_ASIDE_PER_MINUTE")
	}, time.Minute, 20*time.Millisecond)
	letters, err := b.store.DeadLetters(context.Background(), warehouse.LetterFilter{})
	require.NoError(t, err)
	require.Empty(t, letters, "nothing of the load is visible")
	b.stop()
	b.p, b.stop = start(t, pipelines.Config{SourceURL: b.cdc, Store: b.store, Log: logTo(t), AsidePerMinute: 1000})
	b.catchUp(b.p)
	counts, err := b.store.LetterCounts(context.Background())
	require.NoError(t, err)
	require.Equal(t, []warehouse.LetterCount{{Table: "crm.product", State: warehouse.LetterOpen, Count: 151}}, counts)
	b.exec(`update crm.product set list_price = 1`)
	b.requireEnd()
}

// Whoever has seen a flood lets the running pipeline go on, once: the next one stops it again.
func TestFloodIsLetThrough(t *testing.T) {
	t.Parallel()
	b := newAsideBed(t)
	b.plant(b.w.conn, 150)
	b.catchUp(b.p)
	flooded := func() {
		t.Helper()
		b.exec(`update crm.product set list_price = 'NaN'`)
		require.Eventually(t, func() bool {
			s, err := b.p.Status(context.Background())
			return err == nil && s.State == "failed" && assertContains(s.Detail, "more than 100 rows")
		}, time.Minute, 20*time.Millisecond)
	}
	flooded()
	b.p.AllowAside(151 - 100)
	b.catchUp(b.p)
	flooded()
	b.p.AllowAside(151 - 100)
	b.catchUp(b.p)
	counts, err := b.store.LetterCounts(context.Background())
	require.NoError(t, err)
	require.Equal(t, []warehouse.LetterCount{{Table: "crm.product", State: warehouse.LetterOpen, Count: 302}}, counts)
	b.exec(`update crm.product set list_price = 1`)
	b.requireEnd()
}

// All rows are read again, and what was set aside already is neither set aside twice nor counted as a flood. A row that
// came otherwise meanwhile takes the place of what was set aside of it, and one that was corrected settles it.
func TestRowsReadAgainAreSetAsideOnce(t *testing.T) {
	t.Parallel()
	b := newAsideBed(t)
	b.plant(b.w.conn, 40)
	b.exec(`update crm.product set list_price = 'NaN' where id <> $1`, b.product)
	b.exec(`update crm.product set list_price = 'NaN', family = 'short' where id = $1`, b.product)
	b.catchUp(b.p)
	open := func() int {
		t.Helper()
		letters, err := b.store.DeadLetters(context.Background(), warehouse.LetterFilter{State: warehouse.LetterOpen})
		require.NoError(t, err)
		keys := map[string]bool{}
		for _, l := range letters {
			keys[l.Key] = true
		}
		require.Len(t, letters, len(keys), "each row once")
		return len(letters)
	}
	again := func(meanwhile string) {
		t.Helper()
		b.stop()
		dropSlots(t, b.url)
		b.exec(meanwhile)
		b.p, b.stop = start(t, pipelines.Config{SourceURL: b.cdc, Store: b.store, Log: logTo(t), AsidePerMinute: 20})
		b.catchUp(b.p)
	}
	require.Equal(t, 41, open())
	again(`select 1`)
	require.Equal(t, 41, open())
	again(`update crm.product set name = name || '!' where list_price = 'NaN'`)
	require.Equal(t, 41, open())
	again(`update crm.product set list_price = 8 where name like 'Product 1%'`)
	require.Less(t, open(), 41)
	again(`update crm.product set list_price = 7`)
	require.Zero(t, open(), "a row of a comparison is as Postgres has it")
	b.requireEnd()
}
