package pipelines_test

import (
	"context"
	"database/sql"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/warehouse"
)

// Values at the edges of what Postgres holds come through as they are, or are set aside; questions go on being answered.
func TestValuesAtTheEdges(t *testing.T) {
	t.Parallel()
	b := newAsideBed(t)
	b.exec(`alter table crm.opportunity disable trigger user; alter table crm.opportunity_history disable trigger user`)
	for range 3 {
		require.NoError(t, b.w.tx(b.w.addDeal))
	}
	for i, at := range []string{"4713-11-24 00:00:00+00 BC", "1850-06-01 12:00:00.000001+00", "2345-01-01 00:00:00+00", "294246-12-31 23:59:59.999999+00"} {
		b.exec(`update crm.organisation set created_at = $1::text::timestamptz where id = $2`, at, b.w.partner[b.w.links[i%3]])
		d := b.w.deals[i%3]
		b.exec(`insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, change, changed_by_side, process_id, process_version,
				stage_id, stage_type, stage_position, vendor_net_amount, currency, close_date)
			select o.id, $2, o.connection_id, o.vendor_org_id, o.partner_org_id, $3::text::timestamptz, 'stage_moved', 'system', o.process_id, 1, s.id, s.type, s.position, 9999999999999999.99, 'EUR', '5874897-12-31'
			from crm.opportunity o, crm.stage s where o.id = $1 and s.id = $4`, d.id, 2+i, at, b.w.stages[i%3])
	}
	b.exec(`update crm.opportunity set close_date = '0001-01-01', vendor_net_amount = 9999999999999999.99 where id = $1`, b.w.deals[0].id)
	b.byHand(`alter table crm.product alter column list_price type numeric`, "crm.product", "id, org_id, name, family, list_price, currency, active")
	for _, number := range []string{`'NaN'`, `'Infinity'`, `repeat('9', 200)::numeric`, `('0.' || repeat('0', 199) || '1')::numeric`} {
		b.exec(`update crm.product set list_price = `+number+` where id = $1`, b.product)
	}
	b.exec(`update crm.account set created_at = '294276-12-31 23:59:59+00'`)
	b.exec(`insert into crm.account (id, org_id, name, name_key, industry, created_at, updated_at) values ($1, $2, 'A', 'a', null, '294276-12-31 23:59:59+00', 'infinity')`, id(), b.w.vendor)
	_, err := b.w.conn.Exec(context.Background(), `update crm.organisation set name = 'a' || chr(0)`)
	require.ErrorContains(t, err, "null character", "Postgres keeps no NUL bytes, so that none can come")
	letters := b.letters(warehouse.LetterOpen, warehouse.LetterOpen, warehouse.LetterOpen, warehouse.LetterOpen, warehouse.LetterOpen)
	require.Contains(t, letters[2].Reason, "more than eighteen digits")
	require.Contains(t, letters[4].Reason, "too far in the future")
	for _, a := range []warehouse.Ask{
		{Period: warehouse.Period{From: time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC)}, AsOf: time.Now()},
		{Period: warehouse.Period{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}, AsOf: time.Date(2400, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		b.requireAnswers(a)
	}
	b.exec(`update crm.product set list_price = 1; delete from crm.account where created_at > '290000-01-01'`)
	b.byHand(`alter table crm.product alter column list_price type numeric(18,2)`, "crm.product", "id, org_id, name, family, list_price, currency, active")
	b.requireEnd()
}

// byHand changes the type of a published column: Postgres wants it out of the publication meanwhile.
func (b *asideBed) byHand(change, table, columns string) {
	b.t.Helper()
	require.NoError(b.t, b.w.tx(func(exec execFunc) {
		exec(`alter publication sharepartner drop table ` + table)
		exec(change)
		exec(`alter publication sharepartner add table ` + table + ` (` + columns + `)`)
	}))
}

func (b *asideBed) requireAnswers(a warehouse.Ask) {
	b.t.Helper()
	ctx, who := context.Background(), warehouse.VendorScope(b.w.vendor)
	for name, ask := range map[string]func() error{
		"won":      func() error { _, err := b.store.Won(ctx, who, a); return err },
		"lost":     func() error { _, err := b.store.Lost(ctx, who, a); return err },
		"open":     func() error { _, err := b.store.AmountOpen(ctx, who, a); return err },
		"win rate": func() error { _, err := b.store.WinRate(ctx, who, a); return err },
		"funnel":   func() error { _, err := b.store.Funnel(ctx, who, a); return err },
		"briefing": func() error { _, err := b.store.Briefing(ctx, who, a); return err },
	} {
		require.NoError(b.t, ask(), name)
	}
}

// A text of 100 MB goes through, and its memory is given back.
func TestHugeText(t *testing.T) {
	b := newAsideBed(t)
	b.exec(`alter table crm.account drop constraint account_industry_check`)
	account := id()
	b.exec(`insert into crm.account (id, org_id, name, name_key, industry, created_at, updated_at) values ($1, $2, 'A', 'a', 'short', now(), now())`, account, b.w.vendor)
	b.catchUp(b.p)
	before := liveHeap()
	b.exec(`update crm.account set industry = repeat('0123456789', 10000000) where id = $1`, account)
	b.exec(`update crm.account set updated_at = now() where id = $1`, account) // leaves it out
	b.catchUp(b.p)
	require.Eventually(t, func() bool { return liveHeap() < before+80<<20 }, 30*time.Second, 100*time.Millisecond, "%d MB are kept", (liveHeap()-before)>>20)
	b.inspect(func(db *sql.DB) {
		require.Equal(t, []string{"100000000 3"}, duckRows(t, db, `select length(industry) || ' ' || (select count(*) from account_log where id = a.id) from account a where id = '`+account.String()+`'`))
		want := pgRows(t, b.w.conn, `select md5(industry) from crm.account where id = $1`, account)
		require.Equal(t, want, duckRows(t, db, `select md5(industry) from account where id = '`+account.String()+`'`))
	})
	b.exec(`update crm.account set industry = 'short again' where id = $1`, account)
	b.requireEnd()
}

func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Rights that are taken away stop the pipeline with words about which; given back, it goes on where it was.
func TestRightsTakenAwayWhileRunning(t *testing.T) {
	t.Parallel()
	b := newAsideBed(t)
	b.exec(`revoke select on crm.product from sharepartner_cdc`)
	b.exec(`update crm.product set name = 'while it streams' where id = $1`, b.product)
	b.catchUp(b.p) // a stream that runs needs no more rights
	super, err := pgx.ParseConfig(pgtest.Server(t).SuperURL)
	require.NoError(t, err)
	_, err = connect(t, super.ConnString()).Exec(context.Background(), `select pg_terminate_backend(active_pid) from pg_replication_slots where database = $1 and active`, b.w.conn.Config().Database)
	require.NoError(t, err)
	b.exec(`update crm.product set name = 'while it waits' where id = $1`, b.product)
	require.Eventually(t, func() bool {
		s, err := b.p.Status(context.Background())
		return err == nil && s.State == "failed" && assertContains(s.Detail, "the login may not read crm.product", "sharepartner migrate")
	}, 20*time.Second, 20*time.Millisecond)
	b.exec(`grant select on crm.product to sharepartner_cdc`)
	b.requireEnd()
	c, _, err := b.open().Checkpoint(context.Background())
	require.NoError(t, err)
	require.Less(t, c.SnapshotLSN, c.LSN)
	require.True(t, strings.HasPrefix(c.Slot, "sharepartner_"))
}
