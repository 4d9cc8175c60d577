package pipelines_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

const publishedSQL = `
select pt.schemaname || '.' || pt.tablename, a.attname, format_type(a.atttypid, a.atttypmod), coalesce(a.attnum = any (i.indkey), false)
from pg_publication_tables pt
join pg_namespace n on n.nspname = pt.schemaname
join pg_class c on c.relnamespace = n.oid and c.relname = pt.tablename
join pg_attribute a on a.attrelid = c.oid and a.attname = any (pt.attnames)
left join pg_index i on i.indrelid = c.oid and i.indisprimary
where pt.pubname = 'sharepartner'`

// catalogue writes what is published in the words of describe.
func catalogue(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	rows, err := conn.Query(context.Background(), publishedSQL)
	require.NoError(t, err)
	var all []string
	var table, column, kind string
	var key bool
	_, err = pgx.ForEachRow(rows, []any{&table, &column, &kind, &key}, func() error {
		all = append(all, describe(table, column, kind, key))
		return nil
	})
	require.NoError(t, err)
	slices.Sort(all)
	return all
}

func describe(table, column, kind string, key bool) string {
	if kind == "integer" || kind == "smallint" {
		kind = "bigint" // one kind in the warehouse
	}
	return fmt.Sprintf("%s %s %s key=%v", table, column, kind, key)
}

// mirrored writes what the warehouse keeps in the same words.
func mirrored() []string {
	var all []string
	for _, t := range warehouse.Tables {
		for _, c := range t.Columns {
			kind := map[warehouse.Kind]string{
				warehouse.KindUUID: "uuid", warehouse.KindText: "text", warehouse.KindInt: "bigint", warehouse.KindTime: "timestamp with time zone",
				warehouse.KindDate: "date", warehouse.KindBool: "boolean", warehouse.KindDecimal: fmt.Sprintf("numeric(18,%d)", c.Scale),
			}[c.Kind]
			all = append(all, describe(t.Schema+"."+t.Name, c.Name, kind, slices.Contains(t.Key, c.Name)))
		}
	}
	slices.Sort(all)
	return all
}

func TestWarehouseTablesMatchThePublication(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	require.Equal(t, mirrored(), catalogue(t, owner))

	// The comparison sees what it is there for.
	for _, change := range []string{
		`alter table crm.product rename column family to kind`,
		`alter publication sharepartner set table crm.product (id, org_id)`,
		`alter publication sharepartner drop table crm.product; alter table crm.product alter column list_price type numeric(18,3);
			alter publication sharepartner add table crm.product (id, org_id, name, family, list_price, currency, active)`,
		`alter table crm.account drop constraint account_pkey cascade`,
	} {
		tx, err := owner.Begin(context.Background())
		require.NoError(t, err)
		_, err = tx.Exec(context.Background(), change)
		require.NoError(t, err)
		require.NotEqual(t, mirrored(), catalogue(t, tx.Conn()), change)
		require.NoError(t, tx.Rollback(context.Background()))
	}
}

// Personal data and free text of persons never leave Postgres: whatever is added to the mirror has to pass here.
func TestNothingPersonalIsMirrored(t *testing.T) {
	for _, table := range warehouse.Tables {
		require.NotContains(t, []string{"person", "membership", "external_contact", "contact", "opportunity_private"}, table.Name)
		for _, c := range table.Columns {
			if c.Name == "owner_membership_id" {
				continue // whose a record is, for scopes: an id that names nobody without the tables above
			}
			for _, word := range []string{"email", "phone", "first_name", "last_name", "display_name", "note", "reason", "customer_name", "changed_by", "membership_id"} {
				require.False(t, strings.Contains(c.Name, word), "%s.%s", table.Name, c.Name)
			}
		}
	}
}
