package duckdb_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
	"github.com/sharepartner/sharepartner/warehouse/warehousetest"
)

// filled is a store with many opportunities in a file, as a program finds it that starts.
func filled(b *testing.B, opportunities int) *duckdb.Store {
	b.Helper()
	options := duckdb.Options{Path: filepath.Join(b.TempDir(), "warehouse.duckdb"), MemoryLimit: os.Getenv("BENCH_MEMORY")}
	s, err := duckdb.Open(context.Background(), options)
	require.NoError(b, err)
	began := time.Now()
	require.NoError(b, s.Fill(b.Context(), opportunities))
	b.Logf("%d opportunities made in %v", opportunities, time.Since(began).Round(time.Millisecond))
	require.NoError(b, s.Close())
	s, err = duckdb.Open(context.Background(), options)
	require.NoError(b, err)
	b.Cleanup(func() { _ = s.Close() })
	return s
}

func sizes() []int {
	if testing.Short() {
		return []int{5_000}
	}
	return []int{5_000, 100_000, 1_000_000}
}

// cpu is the processor time of the process: steadier than the clock on a machine that others use as well.
func cpu() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// One change of one opportunity per load, which is what a user waits for at low load, and of many, as they come at 500
// commits in a second.
func BenchmarkLoadOne(b *testing.B) {
	for _, n := range sizes() {
		for _, changes := range []int{1, 8, 30, 200} {
			b.Run(fmt.Sprintf("%d/%d", n, changes), func(b *testing.B) { benchmarkLoad(b, n, changes) })
		}
	}
}

func benchmarkLoad(b *testing.B, opportunities, changes int) {
	s := filled(b, opportunities)
	ids, err := s.Select(b.Context(), "SELECT opportunity_id::VARCHAR FROM opportunity_wide USING SAMPLE 1000")
	require.NoError(b, err)
	c := warehousetest.NewChannel()
	k := c.Connect(c.Vendor("V"), c.Partner("P"), "North", "gold")
	p := c.Process(k.Vendor, "Standard", "Qualify", "Propose")
	c.Load(b.Context(), b, s)
	var all []*warehousetest.Opportunity
	for _, id := range ids {
		all = append(all, c.OpportunityWithID(uuid.MustParse(id), k, p, warehousetest.Event{EffectiveAt: warehousetest.At("2030-01-01"), Stage: p.Stages[0], Amount: warehousetest.Amount("1"), Currency: "EUR"}))
	}
	c.Load(b.Context(), b, s)
	var took []time.Duration
	var busy time.Duration
	i := 0
	for b.Loop() {
		for range changes {
			o := all[i%len(all)]
			i++
			e := o.Latest()
			e.EffectiveAt, e.RecordedAt, e.Stage = warehousetest.At("2031-01-01").Add(time.Duration(i)*time.Second), time.Time{}, p.Stages[i%2]
			o.Add(e)
		}
		began, used := time.Now(), cpu()
		c.Load(b.Context(), b, s)
		took, busy = append(took, time.Since(began)), busy+cpu()-used
	}
	warehousetest.Report(b, took)
	b.ReportMetric(float64(busy.Microseconds())/1000/float64(len(took)), "cpu-ms/load")
}

// The stream under back-log: transactions of a change of an opportunity with its history, 50,000 rows to a load.
func BenchmarkStream(b *testing.B) {
	s, err := duckdb.Open(context.Background(), duckdb.Options{Path: filepath.Join(b.TempDir(), "warehouse.duckdb")})
	require.NoError(b, err)
	b.Cleanup(func() { _ = s.Close() })
	c := warehousetest.NewChannel()
	k := c.Connect(c.Vendor("V"), c.Partner("P"), "North", "gold")
	p := c.Process(k.Vendor, "Standard", "Qualify", "Propose", "Negotiate")
	rows := 0
	var busy, worked time.Duration
	for b.Loop() {
		b.StopTimer()
		for range 5_000 {
			o := c.OpportunityWithID(uuid.Must(uuid.NewV7()), k, p, warehousetest.Event{EffectiveAt: warehousetest.At("2025-01-01"), Stage: p.Stages[0], Amount: warehousetest.Amount("12.50"), Currency: "EUR"})
			o.Move("2025-01-05", "Propose").Worth("2025-01-06", "13").Move("2025-02-01", "Negotiate").Move("2025-03-01", "Won")
			rows += 10
		}
		b.StartTimer()
		began, used := time.Now(), cpu()
		c.Load(b.Context(), b, s)
		busy, worked = busy+time.Since(began), worked+cpu()-used
	}
	b.ReportMetric(float64(rows)/busy.Seconds(), "rows/s")
	b.ReportMetric(float64(rows)/worked.Seconds(), "rows/cpu-s")
}

// The questions, over everything and for one vendor and one partner.
func BenchmarkAsk(b *testing.B) {
	for _, n := range sizes() {
		s := filled(b, n)
		scopes := map[string]warehouse.Scope{"all": warehouse.EverythingScope()}
		one, err := s.Select(b.Context(), "SELECT any_value(vendor_org_id)::VARCHAR FROM opportunity_wide")
		require.NoError(b, err)
		scopes["vendor"] = warehouse.VendorScope(uuid.MustParse(one[0]))
		one, err = s.Select(b.Context(), "SELECT any_value(partner_org_id)::VARCHAR FROM opportunity_wide")
		require.NoError(b, err)
		scopes["partner"] = warehouse.PartnerScope(uuid.MustParse(one[0]))
		narrowScopes(b, s, scopes)
		ask := warehouse.Ask{Period: warehouse.Period{From: warehousetest.At("2023-01-01"), To: warehousetest.At("2030-01-01")}, AsOf: warehousetest.At("2030-01-01")}
		past := ask
		past.AsOf = warehousetest.At("2025-01-01")
		known := ask
		known.KnownAt = warehousetest.At("2025-01-01")
		recent := ask
		recent.KnownAt = warehousetest.At("2025-11-01")
		for name, who := range scopes {
			for kind, a := range map[string]warehouse.Ask{"now": ask, "past": past, "known": known, "recent": recent} {
				questions := map[string]func() error{
					"won":      func() error { _, err := s.Won(b.Context(), who, a); return err },
					"open":     func() error { _, err := s.AmountOpen(b.Context(), who, a); return err },
					"funnel":   func() error { _, err := s.Funnel(b.Context(), who, a); return err },
					"briefing": func() error { _, err := s.Briefing(b.Context(), who, a); return err },
				}
				for question, put := range questions {
					b.Run(fmt.Sprintf("%d/%s/%s/%s", n, question, name, kind), func(b *testing.B) {
						var took []time.Duration
						used := cpu()
						for b.Loop() {
							began := time.Now()
							require.NoError(b, put())
							took = append(took, time.Since(began))
						}
						warehousetest.Report(b, took)
						b.ReportMetric(float64((cpu()-used).Microseconds())/1000/float64(len(took)), "cpu-ms")
					})
				}
			}
		}
	}
}

// A million opportunities with five million moves, a ninth of them of one vendor.
func BenchmarkLargest(b *testing.B) {
	s := filled(b, warehousetest.Opportunities(b))
	vendor, err := s.Select(b.Context(), "SELECT any_value(vendor_org_id)::VARCHAR FROM opportunity_wide")
	require.NoError(b, err)
	warehousetest.BenchmarkLargest(b, s, uuid.MustParse(vendor[0]))
}

// What roles ask most: the briefing and the funnel of a quarter, of a million opportunities.
func BenchmarkRoles(b *testing.B) {
	n := sizes()[len(sizes())-1]
	s := filled(b, n)
	one, err := s.Select(b.Context(), "SELECT any_value(vendor_org_id)::VARCHAR FROM opportunity_wide")
	require.NoError(b, err)
	scopes := map[string]warehouse.Scope{"vendor": warehouse.VendorScope(uuid.MustParse(one[0]))}
	narrowScopes(b, s, scopes)
	ask := warehouse.Ask{Period: warehouse.Period{From: warehousetest.At("2025-04-01"), To: warehousetest.At("2025-07-01")}, AsOf: warehousetest.At("2030-01-01")}
	for _, name := range []string{"vendor", "company", "private", "public", "few", "many"} {
		who := scopes[name]
		for question, put := range map[string]func() error{
			"funnel":   func() error { _, err := s.Funnel(b.Context(), who, ask); return err },
			"briefing": func() error { _, err := s.Briefing(b.Context(), who, ask); return err },
		} {
			b.Run(question+"/"+name, func(b *testing.B) {
				var took []time.Duration
				used := cpu()
				for b.Loop() {
					began := time.Now()
					require.NoError(b, put())
					took = append(took, time.Since(began))
				}
				warehousetest.Report(b, took)
				b.ReportMetric(float64((cpu()-used).Microseconds())/1000/float64(len(took)), "cpu-ms")
			})
		}
	}
}

// narrowScopes adds what roles see: a partner's connection, one's own in it, all partners of its vendor, and what a
// vendor's person looks after, few connections or many.
func narrowScopes(b *testing.B, s *duckdb.Store, scopes map[string]warehouse.Scope) {
	b.Helper()
	vendor, _ := scopes["vendor"].Vendor()
	ids := func(column, where string) (list []uuid.UUID) {
		texts, err := s.Select(b.Context(), "SELECT DISTINCT "+column+"::VARCHAR AS id FROM opportunity WHERE vendor_org_id = '"+vendor.String()+"' AND "+where+" ORDER BY id")
		require.NoError(b, err)
		for _, text := range texts {
			list = append(list, uuid.MustParse(text))
		}
		return list
	}
	all := ids("connection_id", "true")
	partner := ids("partner_org_id", "connection_id = '"+all[0].String()+"'")[0]
	of := func(part warehouse.Part, connections []uuid.UUID) warehouse.Branch {
		return warehouse.Branch{Part: part, Connections: connections, AllTypes: true, Fields: warehouse.Fields}
	}
	link, own, others := of(warehouse.PartConnections, all[:1]), of(warehouse.PartUnconnected, nil), of(warehouse.PartOthers, nil)
	link.Living, others.Living, others.Partner = true, true, partner
	mine := link
	mine.Private, mine.Contacts = true, ids("owner_contact_id", "partner_org_id = '"+partner.String()+"'")[:1]
	own.Private, own.Membership = true, uuid.New()
	scopes["company"] = warehouse.NewScope(warehouse.PartnerWall, partner, own, link)
	scopes["private"] = warehouse.NewScope(warehouse.PartnerWall, partner, own, mine)
	scopes["public"] = warehouse.NewScope(warehouse.VendorWall, vendor, link, others)
	scopes["few"] = warehouse.NewScope(warehouse.VendorWall, vendor, own, of(warehouse.PartConnections, all[:2]))
	scopes["many"] = warehouse.NewScope(warehouse.VendorWall, vendor, own, of(warehouse.PartConnections, all[:len(all)/2]))
}
