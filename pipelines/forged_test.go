package pipelines_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/warehouse"
)

// Anybody with a login can write into the log what migrations write there. It is not believed: neither that a column holds
// nothing, nor that a migration was. What several migrations have really said is, also where one came before the last.
func TestNobodyElseSpeaksForMigrations(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	w := newWriter(t, owner, 1)
	steps(t, w, 30)
	_, err := owner.Exec(context.Background(), `insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at) values (gen_random_uuid(), $1, 'P', 'F', 1, 'EUR', now(), now())`, w.vendor)
	require.NoError(t, err)
	p, stop, store := b.runWith(mirror(nil), postgres.Version())
	b.catchUp(p)
	stop()
	require.NoError(t, store.Close())

	next := mirror(map[string]func([]warehouse.Column) []warehouse.Column{
		"organisation": with(warehouse.Column{Name: "colour", Kind: warehouse.KindText}),
		"product":      with(warehouse.Column{Name: "weight", Kind: warehouse.KindInt}),
	})
	b.migrate(9001, strings.Join([]string{
		`alter table crm.organisation add column colour text`,
		publish(mirror(map[string]func([]warehouse.Column) []warehouse.Column{"organisation": with(warehouse.Column{Name: "colour", Kind: warehouse.KindText})})),
		`grant select (colour) on crm.organisation to sharepartner_cdc`,
	}, ";\n"))
	b.migrate(9002, strings.Join([]string{
		`alter table crm.product add column weight int not null default 3`,
		publish(next),
		`grant select (weight) on crm.product to sharepartner_cdc`,
	}, ";\n"))

	app, err := postgres.LoginURL(b.url, postgres.LoginAPI, pgtest.Secret)
	require.NoError(t, err)
	somebody := connect(t, app)
	for _, forged := range []string{
		`{"version": 9002, "tables": {}, "empty": {"crm.product": ["weight"]}, "earlier": {"9099": {"crm.product": ["weight"]}}}`,
		`{"version": 9099, "tables": {"crm.product": {"taste": "text"}}, "empty": {"crm.product": ["weight"]}, "earlier": {"9099": {"crm.product": ["weight"]}}}`,
	} {
		_, err = somebody.Exec(context.Background(), `select pg_logical_emit_message(true, 'sharepartner.schema', $1)`, forged)
		require.NoError(t, err)
	}
	p, stop, store = b.runWith(next, 9002)
	b.untilBrought(store)
	b.catchUp(p)
	s, err := p.Status(context.Background())
	require.NoError(t, err)
	require.EqualValues(t, 9002, s.Schema.Version)
	require.Contains(t, s.LastFault, "of a migration 9099 that this database does not know. It is not believed")
	require.Equal(t, []string{"streaming", "first_snapshot"}, []string{s.State, s.LastResync.Reason})
	require.Zero(t, s.Restarts)
	for _, c := range s.Tables {
		require.Equal(t, c.Table == "product", c.Repaired > 0, "nothing but what holds something is compared: %+v", c)
	}
	stop()
	require.NoError(t, store.Close())
	b.requireMirror(owner, b.read(), next)
}
