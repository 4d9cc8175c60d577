package pipelines_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/postgres"
)

// writer changes the mirrored tables in valid ways, as the owner. Each has an organisation of its own, so that
// several work side by side without locking each other out.
type writer struct {
	conn    *pgx.Conn
	rng     *rand.Rand
	vendor  uuid.UUID
	process uuid.UUID
	stages  []uuid.UUID // two active, one won
	links   []uuid.UUID // connections
	partner map[uuid.UUID]uuid.UUID
	product []uuid.UUID
	account []uuid.UUID
	deals   []deal
	n       int
}

type deal struct {
	id, connection uuid.UUID
	version, stage int
}

func id() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func newWriter(t testing.TB, conn *pgx.Conn, seed uint64) *writer {
	t.Helper()
	w, err := tryWriter(conn, seed)
	require.NoError(t, err)
	return w
}

func tryWriter(conn *pgx.Conn, seed uint64) (*writer, error) {
	postgres.RegisterTypes(conn.TypeMap()) // the driver goes about ids in a long way, and a writer does little else
	w := &writer{conn: conn, rng: rand.New(rand.NewPCG(seed, 7)), vendor: id(), process: id(), partner: map[uuid.UUID]uuid.UUID{}}
	return w, w.tx(func(exec execFunc) {
		exec(`insert into crm.organisation (id, name, country_code, created_at) values ($1, 'Vendor', 'DE', now())`, w.vendor)
		exec(`insert into crm.sales_process (id, org_id, name, created_at, updated_at) values ($1, $2, 'Standard', now(), now())`, w.process, w.vendor)
		for i, kind := range []string{"active", "active", "won"} {
			w.stages = append(w.stages, id())
			exec(`insert into crm.stage (id, org_id, process_id, name, position, type) values ($1, $2, $3, $4, $5, $6)`, w.stages[i], w.vendor, w.process, fmt.Sprint("Stage ", i), i+1, kind)
		}
		for range 3 {
			w.addPartner(exec)
		}
	})
}

type execFunc func(sql string, args ...any)

// tx runs one transaction. Statements after a failed one are left out, and the fault comes back.
func (w *writer) tx(fn func(exec execFunc)) error {
	ctx := context.Background()
	tx, err := w.conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	fn(func(sql string, args ...any) {
		if err == nil {
			if _, err = tx.Exec(ctx, sql, args...); err != nil {
				err = fmt.Errorf("%s: %w", sql, err)
			}
		}
	})
	if err != nil {
		return err
	}
	return tx.Commit(ctx)
}

func (w *writer) addPartner(exec execFunc) {
	org, link := id(), id()
	w.n++
	exec(`insert into crm.organisation (id, name, created_at) values ($1, $2, now())`, org, fmt.Sprint("Partner ", w.n))
	exec(`insert into crm.connection (id, vendor_org_id, partner_org_id, status, partner_number, tier, region, created_at, updated_at)
		values ($1, $2, $3, 'active', $4, null, 'West', now(), now())`, link, w.vendor, org, fmt.Sprint("P", w.n))
	w.links = append(w.links, link)
	w.partner[link] = org
}

// step does one transaction of a random kind.
func (w *writer) step() error {
	kinds := []func(execFunc){
		w.addDeal, w.addDeal, w.moveDeal, w.moveDeal, w.moveDeal, w.addProduct, w.changeProduct, w.dropProduct, w.rekeyProduct,
		w.addAccount, w.changeAccount, w.dropAccount, w.changeLink, w.addLine, w.dropLine, w.rename,
	}
	if w.rng.IntN(20) == 0 {
		return w.undone()
	}
	return w.tx(func(exec execFunc) {
		for range 1 + w.rng.IntN(3) {
			kinds[w.rng.IntN(len(kinds))](exec)
		}
		if w.rng.IntN(40) == 0 {
			exec(`select pg_sleep(0.03)`) // some transactions span whatever begins meanwhile
		}
	})
}

// undone leaves nothing: a transaction that is rolled back, with a savepoint inside.
func (w *writer) undone() error {
	ctx := context.Background()
	tx, err := w.conn.Begin(ctx)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update crm.organisation set name = 'never' where id = $1; savepoint a`, pgx.QueryExecModeSimpleProtocol, w.vendor); err != nil {
		_ = tx.Rollback(ctx)
		return err
	}
	return tx.Rollback(ctx)
}

func (w *writer) addDeal(exec execFunc) {
	w.n++
	d := deal{id: id(), connection: w.links[w.rng.IntN(len(w.links))], version: 1}
	exec(`insert into crm.opportunity (id, connection_id, vendor_org_id, partner_org_id, number, name, process_org_id, process_id, process_version, stage_id, stage_type,
			vendor_net_amount, amount_source, currency, close_date, created_at, updated_at)
		values ($1, $2, $3, $4, $5, 'Deal', $3, $6, 1, $7, 'active', $8, 'entered', 'EUR', $9, now(), now())`,
		d.id, d.connection, w.vendor, w.partner[d.connection], w.n, w.process, w.stages[0], w.amount(), time.Now().AddDate(0, 0, w.rng.IntN(200)))
	w.history(exec, d, "created")
	w.deals = append(w.deals, d)
}

func (w *writer) moveDeal(exec execFunc) {
	if len(w.deals) == 0 {
		return
	}
	at := w.rng.IntN(len(w.deals))
	d := w.deals[at]
	d.version, d.stage = d.version+1, w.rng.IntN(3)
	exec(`update crm.opportunity o set stage_id = s.id, stage_type = s.type, closed_at = case when s.type = 'active' then null else now() end, vendor_net_amount = $3, version = $4, updated_at = now()
		from crm.stage s where o.id = $1 and s.id = $2`, d.id, w.stages[d.stage], w.amount(), d.version)
	w.history(exec, d, "stage_moved")
	w.deals[at] = d
}

func (w *writer) history(exec execFunc, d deal, change string) {
	exec(`insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, change, changed_by_side, process_id, process_version,
			stage_id, stage_type, stage_position, vendor_net_amount, currency, close_date)
		select o.id, o.version, o.connection_id, o.vendor_org_id, o.partner_org_id, now(), $2, 'system', o.process_id, 1, s.id, s.type, s.position, o.vendor_net_amount, 'EUR', o.close_date
		from crm.opportunity o join crm.stage s on s.id = o.stage_id where o.id = $1`, d.id, change)
}

func (w *writer) addProduct(exec execFunc) {
	w.n++
	w.product = append(w.product, id())
	exec(`insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at) values ($1, $2, $3, 'Family', $4, 'EUR', now(), now())`,
		w.product[len(w.product)-1], w.vendor, fmt.Sprint("Product ", w.n), w.amount())
}

func (w *writer) changeProduct(exec execFunc) {
	if p, ok := pick(w.rng, w.product); ok {
		exec(`update crm.product set list_price = $2, active = not active where id = $1`, *p, w.amount())
	}
}

func (w *writer) dropProduct(exec execFunc) {
	if p, ok := pick(w.rng, w.product); ok {
		exec(`delete from crm.product p where p.id = $1 and not exists (select from crm.opportunity_line l where l.product_id = p.id)`, *p)
	}
}

func (w *writer) rekeyProduct(exec execFunc) {
	if p, ok := pick(w.rng, w.product); ok {
		next := id()
		exec(`update crm.product p set id = $2 where p.id = $1 and not exists (select from crm.opportunity_line l where l.product_id = p.id)`, *p, next)
		*p = next
	}
}

func (w *writer) addAccount(exec execFunc) {
	w.account = append(w.account, id())
	exec(`insert into crm.account (id, org_id, name, name_key, industry, country, created_at, updated_at) values ($1, $2, 'Account', 'account', null, 'Österreich', now(), now())`,
		w.account[len(w.account)-1], w.vendor)
}

func (w *writer) changeAccount(exec execFunc) {
	if a, ok := pick(w.rng, w.account); ok {
		exec(`update crm.account set industry = $2, updated_at = clock_timestamp() where id = $1`, *a, fmt.Sprint("Industry ", w.rng.IntN(9)))
	}
}

func (w *writer) dropAccount(exec execFunc) {
	if a, ok := pick(w.rng, w.account); ok {
		exec(`delete from crm.account where id = $1`, *a)
	}
}

func (w *writer) changeLink(exec execFunc) {
	if l, ok := pick(w.rng, w.links); ok {
		exec(`update crm.connection set tier = $2, updated_at = clock_timestamp() where id = $1`, *l, fmt.Sprint("Tier ", w.rng.IntN(4)))
	}
}

func (w *writer) addLine(exec execFunc) {
	d, ok := pick(w.rng, w.deals)
	if !ok || len(w.product) == 0 {
		return
	}
	exec(`insert into crm.opportunity_line (id, opportunity_id, connection_id, vendor_org_id, partner_org_id, product_org_id, product_id, quantity, unit_price)
		select $1, o.id, o.connection_id, o.vendor_org_id, o.partner_org_id, p.org_id, p.id, 2.5, 10.01 from crm.opportunity o, crm.product p where o.id = $2 and p.id = any ($3) limit 1`,
		id(), d.id, w.product)
}

func (w *writer) dropLine(exec execFunc) {
	exec(`delete from crm.opportunity_line where id in (select id from crm.opportunity_line where vendor_org_id = $1 limit 1)`, w.vendor)
}

func (w *writer) rename(exec execFunc) {
	w.n++
	exec(`update crm.organisation set name = $2 where id = $1`, w.vendor, fmt.Sprint("Vendor № ", w.n))
}

func (w *writer) amount() string {
	return fmt.Sprintf("%d.%02d", w.rng.IntN(1_000_000), w.rng.IntN(100))
}

func pick[T any](rng *rand.Rand, from []T) (*T, bool) {
	if len(from) == 0 {
		return nil, false
	}
	return &from[rng.IntN(len(from))], true
}

// pause is how long a writer rests behind each transaction: without it the slower a machine is the more it would have to do.
const pause = 5 * time.Millisecond

// keepWriting starts writers that go on until the function is called, which gives how many transactions they did.
func (b *bed) keepWriting(writers int) func() int {
	stop := make(chan struct{})
	counts := make(chan int, writers)
	for i := range writers {
		conn := connect(b.t, b.url)
		w := newWriter(b.t, conn, uint64(i))
		go func() {
			n := 0
			defer func() { counts <- n }()
			for {
				select {
				case <-stop:
					return
				case <-time.After(pause):
				}
				if err := w.step(); err != nil {
					b.t.Errorf("writer: %v", err)
					return
				}
				n++
			}
		}()
	}
	return func() int {
		close(stop)
		sum := 0
		for range writers {
			sum += <-counts
		}
		return sum
	}
}
