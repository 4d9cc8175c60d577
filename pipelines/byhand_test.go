package pipelines_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
)

// A mirrored table that somebody changes by hand is noticed, also where the stream tells nothing of it, and named with
// what to do. Put right, all rows are looked at, so that nothing of the time between is missing.
func TestTableAlteredByHand(t *testing.T) {
	t.Parallel()
	b := newAsideBed(t)
	b.stop()
	why := newReasons(t)
	b.p = pipelines.New(pipelines.Config{SourceURL: b.cdc, Store: b.store, Log: slog.New(why)})
	b.p.Tune(func(o *pgsource.Options, _ *pipelines.Limits) { o.ShapeEvery = 100 * time.Millisecond })
	b.stop = startIt(t, b.p)
	b.catchUp(b.p)
	const product, account = "id, org_id, name, family, list_price, currency, active", "id, org_id, industry, country, created_at, updated_at"
	for _, c := range []struct {
		name         string
		change, back string
		words        []string
	}{
		{
			"renamed", `alter table crm.product rename column currency to money`, `alter table crm.product rename column money to currency`,
			[]string{"crm.product", "not sent: currency", "sent but not kept: money", "altered by hand", "currency is gone, money has come"},
		},
		{
			"out of the publication", `alter publication sharepartner drop table crm.product`, `alter publication sharepartner add table crm.product (` + product + `)`,
			[]string{"table crm.product is not published", "altered by hand"},
		},
		{
			"dropped", `alter table crm.account drop column country cascade`, `alter table crm.account add column country text; grant select (country) on crm.account to sharepartner_cdc; alter publication sharepartner add table crm.account (` + account + `)`,
			[]string{"table crm.account is not published"},
		},
		{
			"another column published", `alter publication sharepartner drop table crm.account; alter publication sharepartner add table crm.account (` + account + `, website)`,
			`alter publication sharepartner drop table crm.account; alter publication sharepartner add table crm.account (` + account + `)`,
			[]string{"crm.account", "sent but not kept: website", "website has come"},
		},
		{
			"another type", `alter publication sharepartner drop table crm.account; alter table crm.account alter column industry type int using 1, drop constraint if exists account_industry_check; alter publication sharepartner add table crm.account (` + account + `)`,
			`alter publication sharepartner drop table crm.account; alter table crm.account alter column industry type text; alter publication sharepartner add table crm.account (` + account + `)`,
			[]string{"crm.account", "of another type: industry", "industry is integer and was text"},
		},
		{
			"rows left out", `alter publication sharepartner drop table crm.product; alter publication sharepartner add table crm.product (` + product + `) where (id is null)`,
			`alter publication sharepartner drop table crm.product; alter publication sharepartner add table crm.product (` + product + `)`,
			[]string{"leaves out rows of crm.product"},
		},
	} {
		t.Log(c.name)
		before := len(why.all())
		b.simple(c.change)
		b.exec(`update crm.product set name = $2 where id = $1`, b.product, c.name)
		require.NoError(t, b.w.step())
		require.Eventually(t, func() bool {
			s, err := b.p.Status(context.Background())
			return err == nil && s.State == "failed" && assertContains(s.Detail, c.words...)
		}, 20*time.Second, 20*time.Millisecond, c.name)
		b.simple(c.back)
		require.Eventually(t, func() bool {
			s, err := b.p.Status(context.Background())
			return err == nil && s.State == "streaming" && len(why.all()) > before
		}, 30*time.Second, 20*time.Millisecond, c.name)
		require.Equal(t, "reshaped", why.all()[before], c.name)
	}
	b.requireEnd()
}

// simple runs several statements in one transaction.
func (b *asideBed) simple(sql string) {
	b.t.Helper()
	_, err := b.w.conn.PgConn().Exec(context.Background(), sql).ReadAll()
	require.NoError(b.t, err)
}
