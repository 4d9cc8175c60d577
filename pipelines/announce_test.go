package pipelines_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// A migration says inside the log what it changes; what nobody said was altered by hand.
func TestMigrationsAreAnnounced(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	exec := func(sql string) {
		t.Helper()
		_, err := owner.PgConn().Exec(context.Background(), sql).ReadAll()
		require.NoError(t, err)
	}
	steps(t, newWriter(t, owner, 4), 20)
	store := b.open()
	p := pipelines.New(pipelines.Config{SourceURL: b.cdc, Store: store, Log: logTo(t), Version: postgres.Version()})
	p.Tune(func(o *pgsource.Options, _ *pipelines.Limits) { o.ShapeEvery = 50 * time.Millisecond })
	stop := startIt(t, p)
	b.catchUp(p)
	status := func() warehouse.Status {
		s, err := p.Status(context.Background())
		require.NoError(t, err)
		return s
	}
	first := status().Schema
	require.NotZero(t, first.Version)
	require.Zero(t, first.LSN, "all rows were read since")

	alter := func(table, column, kind, columns string) string {
		return "alter publication sharepartner drop table " + table + ";\nalter table " + table + " alter " + column + " type " + kind + ";\nalter publication sharepartner add table " + table + " (" + columns + ")"
	}
	const product, process = "id, org_id, name, family, list_price, currency, active", "id, org_id, name, version"
	b.migrate(9001, alter("crm.product", "family", "varchar(9999)", product))
	exec(`select pg_logical_emit_message(true, 'sharepartner.schema', 'nonsense')`)
	b.catchUp(p)
	noted := status().Schema
	require.EqualValues(t, 9001, noted.Version)
	require.NotZero(t, noted.LSN)
	require.WithinDuration(t, time.Now(), noted.At, time.Hour)
	b.migrate(9002, "alter table crm.product add column colour text")
	b.catchUp(p)
	require.Equal(t, noted, status().Schema, "that column is not mirrored")

	exec(alter("crm.sales_process", "version", "integer", process))
	require.Eventually(t, func() bool { return len(status().Schema.Altered) > 0 }, 30*time.Second, 20*time.Millisecond)
	require.Equal(t, []string{"crm.sales_process: version is integer and was bigint"}, status().Schema.Altered)
	steps(t, newWriter(t, owner, 5), 20)
	b.catchUp(p) // it is read all the same
	exec(alter("crm.sales_process", "version", "bigint", process))
	require.Eventually(t, func() bool { return len(status().Schema.Altered) == 0 }, 30*time.Second, 20*time.Millisecond)
	require.Equal(t, "streaming", status().State)
	require.Zero(t, status().Restarts)

	b.migrate(9003, "alter publication sharepartner drop table crm.product;\nalter publication sharepartner add table crm.product ("+product+", colour)")
	exec(`update crm.product set name = 'A'`)
	require.Eventually(t, func() bool {
		s := status()
		return s.State == "failed" && assertContains(s.Detail, "crm.product", "sent but not kept: colour", "migration 9003 changed it and this program knows those up to", "start the new version of the program")
	}, 30*time.Second, 20*time.Millisecond)
	stop()
	require.NoError(t, store.Close())
}
