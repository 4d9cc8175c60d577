package pipelines_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// round compares until all tables were.
func round(t *testing.T, p *pipelines.Pipeline) *warehouse.Check {
	t.Helper()
	for range 1000 {
		done, err := p.CheckDrift(context.Background())
		if errors.Is(err, pipelines.ErrNotStreaming) { // it is loaded, and on its way to the stream
			time.Sleep(20 * time.Millisecond)
			continue
		}
		require.NoError(t, err)
		if done {
			s, err := p.Status(context.Background())
			require.NoError(t, err)
			require.NotNil(t, s.Drift)
			require.True(t, s.Drift.Whole)
			return s.Drift
		}
	}
	require.Fail(t, "no end")
	return nil
}

// tamper changes the warehouse file by hand while no program has it open.
func (b *bed) tamper(statements ...string) {
	b.t.Helper()
	db := b.read()
	for _, sql := range statements {
		done, err := db.Exec(sql)
		require.NoError(b.t, err, sql)
		n, err := done.RowsAffected()
		require.NoError(b.t, err)
		require.Positive(b.t, n, sql)
	}
	require.NoError(b.t, db.Close())
}

func (b *bed) checking(store *duckdb.Store, every time.Duration, rows int) (*pipelines.Pipeline, func()) {
	return start(b.t, pipelines.Config{SourceURL: b.cdc, Store: store, Log: logTo(b.t), DriftEvery: every, DriftRows: rows})
}

func TestRowsChangedByHandAreFoundAndPutRight(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	b.plant(owner, 3000)
	w := newWriter(t, owner, 1)
	for range 60 {
		require.NoError(t, w.step())
	}
	store := b.open()
	p, stop := b.checking(store, -1, 500)
	b.catchUp(p)
	clean := round(t, p)
	require.Zero(t, clean.Differences)
	require.Greater(t, clean.Compared, int64(6000))
	stop()
	require.NoError(t, store.Close())

	b.tamper(
		`update product set list_price = list_price + 1, family = null where name in ('Product 5', 'Product 700')`,
		`delete from account where id in (select id from account order by id limit 3)`,
		`insert into account select * replace (gen_random_uuid() as id) from account limit 2`,
		`insert into product select * from product where name = 'Product 9'`, // twice
		`update organisation set country_code = 'XX' where name = 'Large'`,
		`update opportunity_history_log set vendor_net_amount = 1 where version = 1`,
		`delete from opportunity_history_log where version = 2`,
		`insert into opportunity_history_log select * replace (77 as version) from opportunity_history_log where version = 1 limit 1`,
	)
	store = b.open()
	written := b.keepWriting(2)
	p, stop = b.checking(store, -1, 1000)
	b.catchUp(p)
	found := round(t, p)
	require.GreaterOrEqual(t, found.Differences, int64(2+3+2+1+1+1))
	require.Equal(t, found.Differences, found.Repaired)
	byTable := map[string]int64{}
	for _, m := range found.Measures {
		byTable[m.Name] = m.Differences
	}
	require.Equal(t, int64(3+2), byTable["account"], "where they were")
	require.Equal(t, int64(2+1), byTable["product"])
	require.Zero(t, round(t, p).Differences, "all is put right")
	written()
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())
	duck := b.read()
	b.requireSame(owner, duck)
	var kept int
	require.NoError(t, duck.QueryRow(`select count(*) from product_log where _op = 83 and family like 'family %'`).Scan(&kept))
	require.Equal(t, 3000, kept, "the log is not rewritten")
	b.requireDerived(duck)
}

// What is derived from the history is held against it too.
func TestDerivedRowsChangedByHand(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	w := newWriter(t, b.owner(), 1)
	steps(t, w, 150)
	store := b.open()
	p, stop := b.checking(store, -1, 1000)
	b.catchUp(p)
	require.Zero(t, round(t, p).Differences)
	stop()
	require.NoError(t, store.Close())
	b.tamper(
		`update opportunity_wide set vendor_net_amount = 1, closed_amount = 1 where opportunity_id = (select max(opportunity_id) from opportunity_wide)`,
		`delete from opportunity_move where opportunity_id = (select min(opportunity_id) from opportunity_wide)`,
		`insert into opportunity_stay select * replace (gen_random_uuid() as opportunity_id) from opportunity_stay limit 1`,
	)
	store = b.open()
	p, stop = b.checking(store, -1, 1000)
	b.catchUp(p)
	found := round(t, p)
	require.Equal(t, int64(3), found.Differences)
	require.Equal(t, int64(3), found.Repaired)
	require.Zero(t, round(t, p).Differences)
	steps(t, w, 30)
	b.catchUp(p)
	require.Zero(t, round(t, p).Differences)
	stop()
	require.NoError(t, store.Close())
	b.requireDerived(b.read())
}

// requireDerived holds the amounts of the derived rows against the history of Postgres.
func (b *bed) requireDerived(duck interface {
	Close() error
},
) {
	b.t.Helper()
	require.NoError(b.t, duck.Close())
	store := b.open()
	defer store.Close()
	view, err := store.View(context.Background())
	require.NoError(b.t, err)
	defer func() { _ = view.Close() }()
	far := time.Now().AddDate(1, 0, 0)
	answer, err := view.Won(context.Background(), warehouse.EverythingScope(), warehouse.Ask{Period: warehouse.Period{From: time.Now().AddDate(-10, 0, 0), To: far}, AsOf: far})
	require.NoError(b.t, err)
	got := "none"
	if len(answer.Rows) > 0 {
		got = fmt.Sprint(answer.Rows[0].Count, " ", answer.Rows[0].Amount.StringFixed(2))
	}
	var want string
	require.NoError(b.t, b.owner().QueryRow(context.Background(), `select coalesce(count(*) || ' ' || sum(first), 'none') from (
		select distinct on (h.opportunity_id) h.vendor_net_amount as first from crm.opportunity o join crm.opportunity_history h on h.opportunity_id = o.id
		where o.stage_type = 'won' and h.stage_type = 'won' and h.version > coalesce((select max(x.version) from crm.opportunity_history x where x.opportunity_id = o.id and x.stage_type <> 'won'), 0)
		order by h.opportunity_id, h.version) won`).Scan(&want))
	require.Equal(b.t, want, got)
}

// The check goes on by itself and says how it stands.
func TestCheckGoesOnByItself(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.plant(b.owner(), 200)
	store := b.open()
	p, stop := b.checking(store, 20*time.Millisecond, 100)
	b.catchUp(p)
	require.Eventually(t, func() bool {
		s, err := p.Status(context.Background())
		return err == nil && s.Drift != nil && s.Drift.Whole && s.Drift.Compared == 401 && s.Drift.Differences == 0
	}, 30*time.Second, 50*time.Millisecond)
	stop()
}
