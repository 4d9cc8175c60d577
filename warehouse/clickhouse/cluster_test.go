package clickhouse_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/local"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

var (
	spreads atomic.Int64
	all     = flag.Bool("all", false, "ask shards for everything, too")
	update  = flag.Bool("update", false, "write the golden files anew")
)

// openSpread opens a store over the shards, with a database of its own.
func openSpread(t testing.TB, servers []*local.Server) *clickhouse.Store {
	t.Helper()
	return openCluster(t, servers[0].URL(fmt.Sprint("spread_", spreads.Add(1))))
}

func openCluster(t testing.TB, url string) *clickhouse.Store {
	t.Helper()
	s, err := clickhouse.Open(t.Context(), clickhouse.Options{URL: url, Cluster: local.Cluster})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() }) // its servers may be gone
	return s
}

// TestStoreOnShards holds two shards against what all engines must do. Each of them answers as one server does, which TestStore asks
// for everything; here are the themes that depend on where rows are, unless all are asked for (-args -all).
func TestStoreOnShards(t *testing.T) {
	t.Parallel()
	servers := chtest.Shards(t, 2, local.Options{})
	questions, themes := 1, []string{"model", "missing", "recent", "compare"}
	if *all {
		questions, themes = 12, nil
	}
	warehousetest.RunAsking(t, questions, func(t testing.TB) warehouse.Store { return openSpread(t, servers) }, themes...)
}

// twoVendors have a partner in common, and their rows on different shards.
type twoVendors struct {
	*warehousetest.Channel
	partner uuid.UUID
	vendors [2]uuid.UUID // by the shard
	deals   [2]warehousetest.Connection
	process [2]*warehousetest.Process
	made    int
}

func newTwoVendors() *twoVendors {
	c := &twoVendors{Channel: warehousetest.NewChannel()}
	c.partner = c.Partner("P")
	for i := 0; c.vendors[0] == uuid.Nil || c.vendors[1] == uuid.Nil; i++ {
		id := c.Vendor(fmt.Sprint("V", i))
		if at := clickhouse.Home(id, 2); c.vendors[at] == uuid.Nil {
			c.vendors[at] = id
			c.deals[at] = c.Connect(c.vendors[at], c.partner, "North", "gold")
			c.process[at] = c.Process(c.vendors[at], "Standard", "Qualify")
		}
	}
	return c
}

// win has each vendor win one opportunity.
func (c *twoVendors) win() {
	c.made++
	for at := range c.vendors {
		c.Opportunity(fmt.Sprint(at, "-", c.made), c.deals[at], c.process[at], "2025-01-01", "Qualify", "1", "EUR").Move("2025-02-01", "Won")
	}
}

// won asks what a scope sees: how many, and what is missing.
func won(t testing.TB, s warehouse.Metrics, who warehouse.Scope) (count int64, missing []string, err error) {
	t.Helper()
	answer, err := s.Won(t.Context(), who, allTime)
	for _, r := range answer.Rows {
		count += r.Count
	}
	return count, answer.Missing, err
}

func wonWhole(t testing.TB, s warehouse.Metrics, who warehouse.Scope, want int) {
	t.Helper()
	count, missing, err := won(t, s, who)
	require.NoError(t, err)
	require.Empty(t, missing)
	require.EqualValues(t, want, count)
}

// TestShardGone says what is missing, and nothing that is not: who has all rows on other shards notices nothing. Nothing is loaded
// meanwhile, and all goes on when it is back.
func TestShardGone(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]struct {
		take, bring func(t *testing.T, s *local.Server)
	}{
		"killed": {func(_ *testing.T, s *local.Server) { s.Kill() }, func(t *testing.T, s *local.Server) { require.NoError(t, s.Restart(t.Context())) }},
		"paused": {func(t *testing.T, s *local.Server) { require.NoError(t, s.Pause()) }, func(t *testing.T, s *local.Server) { require.NoError(t, s.Resume()) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servers := chtest.Shards(t, 2, local.Options{})
			s, c := openSpread(t, servers), newTwoVendors()
			c.win()
			c.Load(t.Context(), t, s)
			before, err := s.View(t.Context())
			require.NoError(t, err)
			defer func() { _ = before.Close() }()
			for round := range 2 { // each of them once
				gone, left := servers[round], 1-round
				away.take(t, gone)
				wonWhole(t, s, warehouse.VendorScope(c.vendors[left]), c.made)
				for _, who := range []warehouse.Scope{warehouse.EverythingScope(), warehouse.PartnerScope(c.partner)} {
					count, missing, err := won(t, s, who)
					require.NoError(t, err)
					require.Equal(t, []string{gone.Address()}, missing)
					require.EqualValues(t, c.made, count, "what the other one has")
				}
				_, _, err := won(t, s, warehouse.VendorScope(c.vendors[round]))
				require.ErrorIs(t, err, warehouse.ErrPartAway)
				require.ErrorContains(t, err, gone.Address())
				require.NotErrorIs(t, err, warehouse.ErrAway, "the others answer")
				_, err = s.Begin(t.Context())
				require.ErrorIs(t, err, warehouse.ErrPartAway)
				require.NoError(t, s.SaveStatus(t.Context(), warehouse.Status{State: fmt.Sprint("waits ", round)}))
				status, err := s.Status(t.Context())
				require.NoError(t, err)
				require.Equal(t, fmt.Sprint("waits ", round), status.State)

				away.bring(t, gone)
				require.Eventually(t, func() bool {
					_, missing, err := won(t, s, warehouse.EverythingScope())
					return err == nil && missing == nil
				}, patience, 50*time.Millisecond)
				wonWhole(t, s, warehouse.VendorScope(c.vendors[round]), c.made)
				c.win()
				c.Load(t.Context(), t, s)
				wonWhole(t, s, warehouse.EverythingScope(), 2*c.made)
			}
			wonWhole(t, before, warehouse.EverythingScope(), 2) // a view stays at its moment
		})
	}
}

// TestShardGoneAtStart is found by a program that begins meanwhile, and gets its tables when it is back.
func TestShardGoneAtStart(t *testing.T) {
	t.Parallel()
	servers, c := chtest.Shards(t, 2, local.Options{}), newTwoVendors()
	servers[1].Kill()
	s := openCluster(t, strings.Replace(servers[0].URL("figures"), servers[0].Address(), servers[1].Address()+","+servers[0].Address(), 1))
	c.win()
	require.ErrorIs(t, c.TryLoad(t.Context(), s), warehouse.ErrPartAway)
	require.NoError(t, servers[1].Restart(t.Context()))
	require.Eventually(t, func() bool { return c.TryLoad(t.Context(), s) == nil }, patience, 50*time.Millisecond)
	wonWhole(t, s, warehouse.EverythingScope(), 2)
}

// TestEachShardHasItsCompanies and the tables of the whole cluster find their rows as the program does.
func TestEachShardHasItsCompanies(t *testing.T) {
	t.Parallel()
	servers := chtest.Shards(t, 2, local.Options{Settings: map[string]string{"distributed_foreground_insert": "1"}})
	s, w := openSpread(t, servers), warehousetest.NewWorld(3)
	for range 60 {
		w.Grow()
	}
	w.Load(t.Context(), t, s)
	for _, table := range []string{"opportunity", "opportunity_history_log", "opportunity_move", "opportunity_wide", "opportunity_stay"} {
		tenants, err := s.Select(t.Context(), "SELECT concat(toString(getMacro('shard')), ' ', toString(coalesce(vendor_org_id, partner_org_id))) FROM "+table)
		require.NoError(t, err)
		shards := map[string]bool{}
		for _, row := range tenants {
			shard, tenant, _ := strings.Cut(row, " ")
			require.Equal(t, shard, fmt.Sprint(1+clickhouse.Home(uuid.MustParse(tenant), 2)), table)
			shards[shard] = true
		}
		require.Len(t, shards, 2, table)
		all, err := s.Select(t.Context(), "SELECT toString(count()) FROM "+table+"_all")
		require.NoError(t, err)
		require.Equal(t, []string{fmt.Sprint(len(tenants)), fmt.Sprint(len(tenants))}, all, "each server sees the rows of both")
	}
	require.NoError(t, s.Exec(t.Context(), 0, "INSERT INTO opportunity_wide_all SELECT * FROM opportunity_wide_all"))
	elsewhere, err := s.Select(t.Context(), "SELECT toString(count()) FROM (SELECT opportunity_id FROM opportunity_wide GROUP BY opportunity_id HAVING count() % 2 > 0)")
	require.NoError(t, err)
	require.Equal(t, []string{"0", "0"}, elsewhere, "the engine brings a row where the program looks for it")
}

// TestCopiesThatDiffer are missing for whoever compares, so that they are brought to all shards.
func TestCopiesThatDiffer(t *testing.T) {
	t.Parallel()
	s, c := openSpread(t, chtest.Shards(t, 2, local.Options{})), newTwoVendors()
	for i := range 3 {
		c.Product(c.vendors[0], fmt.Sprint("Pump ", i), "Hardware")
	}
	c.Load(t.Context(), t, s)
	products := func() (names []string) {
		v, err := s.View(t.Context())
		require.NoError(t, err)
		defer func() { require.NoError(t, v.Close()) }()
		for _, table := range warehouse.Tables {
			if table.Name == "product" {
				require.NoError(t, v.Scan(t.Context(), table, warehouse.KeySpan{}, func(b *warehouse.Batch) error {
					for i := range b.Len() {
						names = append(names, string(b.Columns[table.Index("name")].Text(i)))
					}
					return nil
				}))
			}
		}
		return names
	}
	require.ElementsMatch(t, []string{"Pump 0", "Pump 1", "Pump 2"}, products())
	require.NoError(t, s.Exec(t.Context(), 0, "DELETE FROM product WHERE name = 'Pump 0'"))
	require.NoError(t, s.Exec(t.Context(), 1, "ALTER TABLE product UPDATE family = 'Software' WHERE name = 'Pump 1' SETTINGS mutations_sync = 2"))
	require.Equal(t, []string{"Pump 2"}, products())
}

// TestEndsOnShards has rows end by their key alone, which does not say whose they were, on the shard that has them.
func TestEndsOnShards(t *testing.T) {
	t.Parallel()
	s, c := openSpread(t, chtest.Shards(t, 2, local.Options{})), newTwoVendors()
	var deals [2]*warehousetest.Opportunity
	var products [2]uuid.UUID
	for at, vendor := range c.vendors {
		products[at] = c.Product(vendor, fmt.Sprint("Pump ", at), "Hardware")
		deals[at] = c.Opportunity(fmt.Sprint(at), c.deals[at], c.process[at], "2025-01-01", "Qualify", "1", "EUR").Move("2025-02-01", "Won").Line(products[at], "1", "1")
	}
	c.Load(t.Context(), t, s)
	before := c.LSN() - 1
	wonOf := func(family string, until uint64) (found [2]int64) {
		for at, vendor := range c.vendors {
			ask := allTime
			ask.UntilLSN = until
			if family != "" {
				ask.Filter.Families = []string{family}
			}
			answer, err := s.Won(t.Context(), warehouse.VendorScope(vendor), ask)
			require.NoError(t, err)
			for _, r := range answer.Rows {
				found[at] += r.Count
			}
		}
		return found
	}
	require.Equal(t, [2]int64{1, 1}, wonOf("Hardware", 0))
	c.Transaction(func() {
		c.Row(warehouse.OpDelete, "opportunity_line", warehousetest.Values{"id": warehousetest.ID("line " + deals[0].ID.String() + products[0].String())})
		c.Row(warehouse.OpDelete, "opportunity_history", warehousetest.Values{"opportunity_id": deals[1].ID, "version": 2})
	})
	c.Load(t.Context(), t, s)
	require.Equal(t, [2]int64{1, 0}, wonOf("", 0))
	require.Equal(t, [2]int64{0, 0}, wonOf("Hardware", 0))
	require.Equal(t, [2]int64{1, 1}, wonOf("Hardware", before))
	c.Transaction(func() { c.Row(warehouse.OpTruncate, "opportunity_history", nil) })
	c.Load(t.Context(), t, s)
	require.Equal(t, [2]int64{0, 0}, wonOf("", 0))
	require.Equal(t, [2]int64{1, 1}, wonOf("", before))
}

// TestClusterRefused is for a cluster that cannot be what is asked for.
func TestClusterRefused(t *testing.T) {
	t.Parallel()
	servers := chtest.Shards(t, 2, local.Options{})
	for words, o := range map[string]clickhouse.Options{
		`knows no cluster "another"`: {URL: servers[0].URL("refused"), Cluster: "another"},
		"WAREHOUSE_ENGINE is":        {URL: servers[0].URL("refused"), Engine: "Log"},
	} {
		_, err := clickhouse.OpenChecked(t.Context(), o)
		require.ErrorContains(t, err, words)
		require.ErrorContains(t, err, "Nothing was changed")
	}
	url := servers[0].URL("single")
	openAt(t, url)
	_, err := clickhouse.Open(t.Context(), clickhouse.Options{URL: url, Cluster: local.Cluster})
	require.ErrorIs(t, err, clickhouse.ErrSchema)
	require.ErrorContains(t, err, "spread over 1 servers, and there are 2 now")
}

// TestReplicas is what tables are made of over shards that keep copies, which no engine of the tests has: others are made for real.
func TestReplicas(t *testing.T) {
	text := strings.Join(clickhouse.Definition("sharepartner", "ReplicatedMergeTree"), ";\n\n") + ";\n"
	golden := filepath.Join("testdata", "replicas.sql")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(text), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), text, "the definition changed: if that is meant, run go test ./warehouse/clickhouse -run Replicas -update and review the difference")
}
