package pipelines_test

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// mirror is a copy of what is mirrored, with the columns of some tables changed, and without some tables.
func mirror(change map[string]func([]warehouse.Column) []warehouse.Column) []*warehouse.Table {
	var tables []*warehouse.Table
	for _, t := range warehouse.Tables {
		t := *t
		t.Columns = slices.Clone(t.Columns)
		if f := change[t.Name]; f != nil {
			if t.Columns = f(t.Columns); t.Columns == nil {
				continue
			}
		}
		tables = append(tables, &t)
	}
	return tables
}

func without(name string) func([]warehouse.Column) []warehouse.Column {
	return func(columns []warehouse.Column) []warehouse.Column {
		return slices.DeleteFunc(columns, func(c warehouse.Column) bool { return c.Name == name })
	}
}

func changed(name string, change func(*warehouse.Column)) func([]warehouse.Column) []warehouse.Column {
	return func(columns []warehouse.Column) []warehouse.Column {
		change(&columns[slices.IndexFunc(columns, func(c warehouse.Column) bool { return c.Name == name })])
		return columns
	}
}

// The mirror before a migration and after it: a table and a column that are new, one renamed, one gone, one wider, and
// one of another kind.
var (
	earlier = mirror(map[string]func([]warehouse.Column) []warehouse.Column{
		"product": without("family"), "opportunity_history": without("close_date"), "opportunity_line": func([]warehouse.Column) []warehouse.Column { return nil },
	})
	later = mirror(map[string]func([]warehouse.Column) []warehouse.Column{
		"organisation": changed("country_code", func(c *warehouse.Column) { c.Source = "nation" }),
		"account":      changed("industry", func(c *warehouse.Column) { c.Gone = true }),
		"connection": func(columns []warehouse.Column) []warehouse.Column {
			changed("partner_number", func(c *warehouse.Column) { c.Gone = true })(columns)
			return append(columns, warehouse.Column{Name: "partner_number__2", Kind: warehouse.KindInt, Source: "partner_number"})
		},
	})
)

// published is the publication's entry of a table.
func published(t *warehouse.Table) string {
	var names []string
	for _, c := range t.Columns {
		if !c.Gone {
			names = append(names, c.From())
		}
	}
	return t.Schema + "." + t.Name + " (" + strings.Join(names, ", ") + ")"
}

func publish(tables []*warehouse.Table) string {
	all := make([]string, len(tables))
	for i, t := range tables {
		all[i] = published(t)
	}
	return "alter publication sharepartner set table " + strings.Join(all, ", ")
}

// logRows are all rows of all logs, in the columns that a mirror has.
func (b *bed) logRows(tables []*warehouse.Table) map[string][]string {
	db := b.read()
	defer db.Close()
	rows := map[string][]string{}
	for _, t := range tables {
		rows[t.Name] = duckRows(b.t, db, fmt.Sprintf("select %s || ' ' || _op || ' ' || _lsn || ' ' || _seq from %s_log", rowText(t, duckMicros), t.Name))
	}
	return rows
}

// Tables change while writes go on, first in Postgres, then in the program. The logs keep every row as it was, and the
// warehouse ends as Postgres is.
func TestTablesChangeWhileWritesGoOn(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	b.migrate(9001, strings.Join([]string{`alter publication sharepartner drop table crm.sales_process`, `alter table crm.sales_process alter column version type int`, publish(earlier)}, ";\n"))
	b.spareWriters()
	written := b.keepWriting(2)
	p, stop, store := b.runWith(earlier, 9001)
	b.catchUp(p)
	b.migrate(9002, strings.Join([]string{
		`alter publication sharepartner drop table crm.organisation, crm.connection, crm.account, crm.sales_process`,
		`alter table crm.organisation rename column country_code to nation`,
		`alter table crm.connection alter column partner_number type int using substr(partner_number, 2)::int`,
		`alter table crm.sales_process alter column version type bigint`,
		publish(later),
		`grant select (nation) on crm.organisation to sharepartner_cdc`,
	}, ";\n"))
	require.Eventually(t, func() bool { // the program of before says so and waits
		s, err := p.Status(context.Background())
		return err == nil && s.State == "failed" && assertContains(s.Detail, "migration 9002 changed it and this program knows those up to 9001: start the new version of the program")
	}, 30*time.Second, 20*time.Millisecond)
	stop()
	require.NoError(t, store.Close())
	before := b.logRows(earlier)

	p, stop, store = b.runWith(later, 9002)
	b.untilBrought(store)
	require.Greater(t, written(), 20)
	_, err := owner.Exec(context.Background(), `insert into crm.sales_process (id, org_id, name, version, created_at, updated_at) select gen_random_uuid(), id, 'Wide', 5000000000, now(), now() from crm.organisation limit 1`)
	require.NoError(t, err)
	b.catchUp(p)
	s, err := p.Status(context.Background())
	require.NoError(t, err)
	require.EqualValues(t, 9002, s.Schema.Version)
	require.Empty(t, s.Schema.Altered)
	stop()
	require.NoError(t, store.Close())
	for name, rows := range b.logRows(earlier) {
		require.Empty(t, difference(before[name], rows), "%s_log: rows that were there are there as they were", name)
	}
	db := b.read()
	b.requireMirror(owner, db, later)
	require.Equal(t, []string{"0"}, duckRows(t, db, `select count(*)::text from connection where partner_number__2 is null`))
	require.Equal(t, []string{"1"}, duckRows(t, db, `select count(*)::text from sales_process where version = 5000000000`), "more than fitted before")
	require.NotEqual(t, []string{"0"}, duckRows(t, db, `select count(*)::text from connection_log where partner_number = 'P1'`))
}

// migrate changes the database as a next version of the program does.
func (b *bed) migrate(version int, up string) {
	b.t.Helper()
	all := fstest.MapFS{fmt.Sprintf("%d_next.sql", version): {Data: []byte("-- +goose Up\n" + up + ";\n")}}
	files, err := fs.Glob(postgres.Migrations(), "*.sql")
	require.NoError(b.t, err)
	for _, f := range files {
		text, err := fs.ReadFile(postgres.Migrations(), f)
		require.NoError(b.t, err)
		all[f] = &fstest.MapFile{Data: text}
	}
	require.NoError(b.t, postgres.Migration{Files: all, Log: logTo(b.t)}.Run(context.Background(), b.url, pgtest.Secret))
}

// spareWriters has sessions that begin from now on never be those that a deadlock ends: a migration gives way by itself.
func (b *bed) spareWriters() {
	b.t.Helper()
	conn := connect(b.t, pgtest.Server(b.t).SuperURL)
	defer conn.Close(context.Background())
	_, err := conn.Exec(context.Background(), `alter database `+b.owner().Config().Database+` set deadlock_timeout = '5min'`)
	require.NoError(b.t, err)
}

// untilBrought waits until all columns that have come hold what Postgres has.
func (b *bed) untilBrought(store warehouse.Store) {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		left, err := store.Awaited(context.Background())
		return err == nil && len(left) == 0
	}, time.Minute, 20*time.Millisecond)
}

// with adds a column to a mirrored table.
func with(c warehouse.Column) func([]warehouse.Column) []warehouse.Column {
	return func(columns []warehouse.Column) []warehouse.Column { return append(columns, c) }
}

// Columns come while writes go on, and the new program goes on where the one before has stopped: it reads rows of before
// and of after, and compares no table but the one in which rows of before hold something.
func TestColumnsThatComeAreBroughtAlone(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	b.spareWriters()
	written := b.keepWriting(2)
	now := mirror(nil)
	_, err := owner.Exec(context.Background(), `insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at)
		select gen_random_uuid(), id, 'Nobody changes it', 'Family', 1, 'EUR', now(), now() from crm.organisation limit 1`)
	require.NoError(t, err)
	p, stop, store := b.runWith(now, postgres.Version())
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())
	before := b.logRows(now)

	next := mirror(map[string]func([]warehouse.Column) []warehouse.Column{
		"organisation": with(warehouse.Column{Name: "colour", Kind: warehouse.KindText}),
		"product":      with(warehouse.Column{Name: "weight", Kind: warehouse.KindInt}),
	})
	b.migrate(9001, strings.Join([]string{
		`alter table crm.organisation add column colour text`,
		`alter table crm.product add column weight int not null default 3`,
		publish(next),
		`grant select (colour) on crm.organisation to sharepartner_cdc`,
		`grant select (weight) on crm.product to sharepartner_cdc`,
	}, ";\n"))
	_, err = owner.Exec(context.Background(), `update crm.organisation set colour = 'red' where id in (select id from crm.organisation order by id limit 2)`)
	require.NoError(t, err)
	p, stop, store = b.runWith(next, 9001)
	b.untilBrought(store)
	written()
	b.catchUp(p)
	s, err := p.Status(context.Background())
	require.NoError(t, err)
	require.Equal(t, "first_snapshot", s.LastResync.Reason)
	require.EqualValues(t, 9001, s.Schema.Version)
	require.NotZero(t, s.Schema.LSN)
	for _, c := range s.Tables {
		require.Equal(t, c.Table == "product", c.Repaired > 0, "%+v", c)
	}
	stop()
	require.NoError(t, store.Close())
	for name, rows := range b.logRows(now) {
		require.Empty(t, difference(before[name], rows), "%s_log: rows that were there are there as they were", name)
	}
	b.requireMirror(owner, b.read(), next)
}

// sourceText is rowText for Postgres, whose columns may be called otherwise, or be gone.
func sourceText(t *warehouse.Table) string {
	named := *t
	named.Columns = slices.Clone(t.Columns)
	text := rowText(&named, pgMicros)
	for _, c := range t.Columns {
		text = strings.Replace(text, `cast("`+c.Name+`" as text)`, `cast("`+c.From()+`" as text)`, 1)
	}
	return text
}

func (b *bed) runWith(tables []*warehouse.Table, version int64) (*pipelines.Pipeline, func(), *duckdb.Store) {
	b.t.Helper()
	store, err := duckdb.Open(context.Background(), duckdb.Options{Path: b.file, MemoryLimit: "512MB", Threads: 1, Tables: tables})
	require.NoError(b.t, err)
	b.t.Cleanup(func() { _ = store.Close() })
	p, stop := start(b.t, pipelines.Config{SourceURL: b.cdc, Store: store, Log: logTo(b.t), Tables: tables, Version: version})
	return p, stop, store
}
