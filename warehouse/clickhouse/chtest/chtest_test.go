package chtest

import (
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse/clickhouse/local"
)

func TestMain(m *testing.M) { Main(m) }

func number(t *testing.T, url, sql string) int {
	t.Helper()
	var n uint64
	require.NoError(t, Connect(t, url).QueryRow(t.Context(), sql).Scan(&n), sql)
	return int(n)
}

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	const tables = `select count() from system.tables where database = currentDatabase()`
	const databases = `select count() from system.databases where name like 'test_%'`
	t.Run("and it is gone afterwards", func(t *testing.T) {
		one, another := NewURL(t), NewURL(t)
		require.NoError(t, Connect(t, one).Exec(t.Context(), `create table t (x UInt8) order by x`))
		require.Equal(t, 1, number(t, one, tables))
		require.Equal(t, 0, number(t, another, tables))
	})
	require.Equal(t, 0, number(t, Server(t).URL("default"), databases))
}

func TestShardsAnswerTogether(t *testing.T) {
	servers := Shards(t, 2, local.Options{Settings: map[string]string{"distributed_foreground_insert": "1"}})
	for i, s := range servers {
		conn := Connect(t, s.URL("default"))
		require.NoError(t, conn.Exec(t.Context(), `create database rows`))
		require.NoError(t, conn.Exec(t.Context(), `create table rows.here (x UInt64) order by x`))
		require.NoError(t, conn.Exec(t.Context(), `create table rows.everywhere as rows.here engine = Distributed('`+local.Cluster+`', rows, here, intHash64(x))`))
		require.Equal(t, i+1, number(t, s.URL("default"), `select toUInt64(getMacro('shard'))`))
	}
	first, second := servers[0].URL("rows"), servers[1].URL("rows")
	require.NoError(t, Connect(t, first).Exec(t.Context(), `insert into everywhere select number from numbers(1000)`))
	require.Equal(t, 1000, number(t, second, `select count() from everywhere`))
	here := number(t, first, `select count() from here`)
	require.NotZero(t, here)
	require.Less(t, here, 1000)

	servers[1].Kill()
	var failed *clickhouse.Exception
	require.ErrorAs(t, Connect(t, first).Exec(t.Context(), `select count() from everywhere`), &failed)
	require.EqualValues(t, 279, failed.Code)
	require.Equal(t, here, number(t, first, `select count() from everywhere settings skip_unavailable_shards = 1`))
	require.NoError(t, servers[1].Restart(t.Context()))
	require.Equal(t, 1000, number(t, first, `select count() from everywhere`))
}

func TestADatabaseOnAServerOfOnesOwn(t *testing.T) {
	s := Own(t, local.Options{User: "somebody", Password: "a&b/c?d"})
	require.Equal(t, 1, number(t, NewURLOn(t, s), `select toUInt64(currentUser() = 'somebody')`))
}
