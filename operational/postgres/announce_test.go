package postgres_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Whoever reads the log finds in it what each migration has changed of the published tables, and where all rows hold
// null in what has come.
func TestMigrationsSayInTheLogWhatTheyPublish(t *testing.T) {
	d := pgtest.New(t)
	d.Plant(t)
	conn := d.Owner(t)
	_, err := conn.Exec(t.Context(), `insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at) select gen_random_uuid(), id, 'A', 'B', 1, 'EUR', now(), now() from crm.organisation`)
	require.NoError(t, err)
	slot := "said_" + conn.Config().Database
	_, err = conn.Exec(t.Context(), `select pg_create_logical_replication_slot($1, 'pgoutput')`, slot)
	require.NoError(t, err)
	defer func() {
		_, err := conn.Exec(t.Context(), `select pg_drop_replication_slot($1)`, slot)
		require.NoError(t, err)
	}()
	const published = "id, org_id, name, family, list_price, currency, active"
	publish := func(columns string) string {
		return "alter publication sharepartner drop table crm.product; alter publication sharepartner add table crm.product (" + published + columns + ");"
	}
	for _, c := range []struct {
		name, up string
		said     []string
	}{
		{"9001_empty.sql", "alter table crm.product add column colour text; " + publish(", colour"), []string{`"version":9001`, `"colour":"text"`, `"empty":{"crm.product":["colour"]}`}},
		{"9002_filled.sql", "alter table crm.product add column weight int not null default 3; " + publish(", colour, weight"), []string{`"version":9002`, `"weight":"integer"`}},
		{"9003_filled_later.sql", "alter table crm.product add column height int; update crm.product set height = 1; " + publish(", colour, weight, height"), []string{`"version":9003`, `"height":"integer"`}},
		{"9004_unpublished.sql", "alter table crm.product add column width int;", nil},
		{"9005_published_later.sql", publish(", colour, weight, height, width"), []string{`"version":9005`, `"width":"integer"`}},
		{"9006_written.sql", "alter table crm.product add column depth int; update crm.product set name = 'B'; " + publish(", colour, weight, height, width, depth"), []string{`"version":9006`, `"depth":"integer"`}},
		{"9007_gone.sql", publish(""), []string{`"version":9007`}},
	} {
		require.NoError(t, postgres.Migration{Files: withMigration(t, c.name, c.up)}.Run(t.Context(), d.URL, pgtest.Secret))
		_, err := conn.Exec(t.Context(), `set synchronous_commit = on; select pg_logical_emit_message(true, 'flush', '')`) // takes the migration's commit along
		require.NoError(t, err)
		rows, err := conn.Query(t.Context(), `select data from pg_logical_slot_get_binary_changes($1, null, null, 'proto_version', '2', 'publication_names', 'sharepartner', 'messages', 'true')`, slot)
		require.NoError(t, err)
		messages, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
		require.NoError(t, err)
		var said []string
		for _, m := range messages {
			if _, content, ok := bytes.Cut(m, []byte("sharepartner.schema\x00")); ok {
				require.EqualValues(t, 'M', m[0])
				require.Len(t, content[4:], int(binary.BigEndian.Uint32(content)))
				said = append(said, string(content[4:]))
			}
		}
		if c.said == nil {
			require.Empty(t, said, c.name)
			continue
		}
		require.Len(t, said, 1, c.name)
		for _, words := range c.said {
			require.Contains(t, said[0], words, c.name)
		}
		if len(c.said) < 3 {
			require.NotContains(t, said[0], `"empty"`, "%s: rows hold something, or others could write", c.name)
		}
		var kept string
		require.NoError(t, conn.QueryRow(t.Context(), `select (crm.announced() - 'earlier')::text`).Scan(&kept))
		require.JSONEq(t, said[0], kept)
		require.NotContains(t, said[0], `"earlier"`)
	}
	var earlier string
	require.NoError(t, conn.QueryRow(t.Context(), `select jsonb_path_query_array(crm.announced() -> 'earlier', '$.keyvalue() ? (@.key starts with "900")')::text`).Scan(&earlier))
	require.JSONEq(t, `[{"id":0,"key":"9001","value":{"crm.product":["colour"]}},{"id":0,"key":"9002","value":null},{"id":0,"key":"9003","value":null},{"id":0,"key":"9005","value":null},{"id":0,"key":"9006","value":null}]`, earlier)
	require.NoError(t, postgres.CheckWall(t.Context(), d.URL, pgtest.Secret))
}
