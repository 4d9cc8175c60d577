package enginetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// question is one to both engines.
type question struct {
	who    warehouse.Scope
	ask    warehouse.Ask
	metric warehouse.Metric
	cell   uint64 // which row's events are asked for too
}

var metrics = []warehouse.Metric{warehouse.MetricWon, warehouse.MetricLost, warehouse.MetricAmountOpen, warehouse.MetricWinRate, warehouse.MetricFunnel, warehouse.MetricBriefing}

// question makes one by chance; the same number gives the same one. Each metric has its turn.
func (c *channel) question(seed uint64, i int) question {
	r := rand.New(rand.NewPCG(seed, uint64(i)))
	from := day(r)
	q := question{who: c.scope(r), metric: metrics[i%len(metrics)], cell: r.Uint64(), ask: warehouse.Ask{
		Period: warehouse.Period{From: instant(from), To: instant(from + 24*hour*r.Int64N(400))}, AsOf: instant(day(r)),
		By:        pick(r, warehouse.ByNothing, warehouse.ByPartner, warehouse.ByVendor, warehouse.ByRegion, warehouse.ByTier, warehouse.ByStage, warehouse.ByDay),
		UTCOffset: pick(r, 0, 0, 330*time.Minute, -14*time.Hour),
	}}
	a := &q.ask
	if q.metric == warehouse.MetricAmountOpen && a.By == warehouse.ByDay {
		a.By = warehouse.ByNothing // an instant has no days
	}
	switch r.IntN(4) {
	case 0:
		a.Period = warehouse.Period{From: instant(-200 * year), To: instant(600 * year)}
	case 1:
		a.Period.To = a.Period.From.AddDate(3, 0, 0)
	}
	if r.IntN(3) > 0 {
		a.AsOf = instant(60 * year)
	}
	if a.By == warehouse.ByDay && r.IntN(2) == 0 {
		a.Switches = []warehouse.Switch{{At: a.Period.From.AddDate(0, 1, 0), UTCOffset: a.UTCOffset + time.Hour}, {At: a.Period.From.AddDate(0, 7, 0), UTCOffset: a.UTCOffset - 11*time.Hour}}
	}
	if r.IntN(4) == 0 {
		a.KnownAt = instant(day(r))
	}
	switch r.IntN(8) {
	case 0:
		a.UntilLSN = pick(r, c.ends...)
	case 1:
		a.UntilLSN = 1000 + r.Uint64N(c.lsn-1000)
	}
	a.Filter = c.filter(r)
	return q
}

func (c *channel) filter(r *rand.Rand) (f warehouse.Filter) {
	texts := func(of []value) []string { return []string{pick(r, of...).text, pick(r, of...).text} }
	switch r.IntN(9) {
	case 0:
		f.Partners = []uuid.UUID{pick(r, c.partners...), pick(r, append(slices.Clip(c.partners), uuid.Nil)...), uuid.Nil}[:1+r.IntN(3)]
	case 1:
		f.Regions = texts(regions)
	case 2:
		f.Tiers = texts(tiers)
	case 3:
		f.Families = []string{pick(r, families...)}
	case 4:
		f.Products = []uuid.UUID{pick(r, c.products[pick(r, c.vendors...)]...), c.products[c.vendors[0]][0]}
	case 5:
		f.Currency, f.Regions, f.Processes = "EUR", texts(regions), []uuid.UUID{c.processes[c.vendors[0]][0].id, c.processes[c.vendors[1]][1].id}
	}
	return f
}

// scope is one of every kind, over random connections, owners, types and fields.
func (c *channel) scope(r *rand.Rand) warehouse.Scope {
	vendor, partner := c.vendors[min(r.IntN(len(c.vendors)), r.IntN(len(c.vendors)))], pick(r, c.partners...)
	fields := warehouse.Fields
	if r.IntN(3) == 0 {
		hidden := pick(r, fields...)
		fields = slices.DeleteFunc(slices.Clone(fields), func(f warehouse.Field) bool { return f == hidden })
	}
	of := func(part warehouse.Part) warehouse.Branch {
		b := warehouse.Branch{Part: part, AllTypes: r.IntN(3) > 0, RecordTypes: []uuid.UUID{pick(r, kinds...)}, Fields: fields}
		b.Living = part != warehouse.PartUnconnected && r.IntN(2) == 0
		switch part {
		case warehouse.PartUnconnected:
			b.Private, b.Membership = r.IntN(2) == 0, pick(r, people...)
		case warehouse.PartConnections:
			b.Private, b.Contacts = r.IntN(3) == 0, people[:r.IntN(len(people)+1)]
			for _, k := range c.links {
				if k.id != uuid.Nil && (k.vendor == vendor || k.partner == partner) && r.IntN(2) == 0 {
					b.Connections = append(b.Connections, k.id)
				}
			}
		case warehouse.PartOthers:
			b.Partner = partner
		}
		return b
	}
	own, links := of(warehouse.PartUnconnected), of(warehouse.PartConnections)
	switch r.IntN(10) {
	case 0:
		return warehouse.EverythingScope()
	case 1, 2:
		return warehouse.VendorScope(vendor)
	case 3:
		return warehouse.PartnerScope(partner)
	case 4:
		return warehouse.NewScope(warehouse.VendorWall, vendor, of(warehouse.PartAll))
	case 5, 6:
		return warehouse.NewScope(warehouse.VendorWall, vendor, own, links)
	case 7:
		links.Connections = nil
		for _, k := range c.links {
			if k.vendor == vendor && k.partner == partner {
				links.Connections = append(links.Connections, k.id)
			}
		}
		return warehouse.NewScope(warehouse.VendorWall, vendor, links, of(warehouse.PartOthers))
	case 8:
		return warehouse.NewScope(warehouse.PartnerWall, partner, own, links)
	}
	return warehouse.NewScope(warehouse.PartnerWall, partner, links)
}

// put gives the answer of an engine as text: every row of it, and the events behind one of its numbers.
func (q question) put(ctx context.Context, s warehouse.Metrics) string {
	var b strings.Builder
	cell := warehouse.Cell{Metric: q.metric}
	chosen := func(n int) (int, bool) {
		if n == 0 {
			return 0, false
		}
		return int(q.cell % uint64(n)), true
	}
	tallies := func(a warehouse.Answer[warehouse.Tally], err error) {
		told(&b, a, err, func(t warehouse.Tally) string {
			return fmt.Sprintf("%q %s %d %s", t.Key, t.Currency, t.Count, t.Amount.StringFixed(2))
		})
		if n, ok := chosen(len(a.Rows)); ok {
			cell.Key = a.Rows[n].Key
		}
	}
	switch q.metric {
	case warehouse.MetricWon:
		tallies(s.Won(ctx, q.who, q.ask))
	case warehouse.MetricLost:
		tallies(s.Lost(ctx, q.who, q.ask))
	case warehouse.MetricAmountOpen:
		tallies(s.AmountOpen(ctx, q.who, q.ask))
	case warehouse.MetricWinRate:
		a, err := s.WinRate(ctx, q.who, q.ask)
		told(&b, a, err, func(w warehouse.WonLost) string { return fmt.Sprintf("%q %d %d", w.Key, w.Won, w.Lost) })
		if n, ok := chosen(len(a.Rows)); ok {
			cell.Key, cell.Part = a.Rows[n].Key, []string{"", "won", "lost"}[q.cell%3]
		}
	case warehouse.MetricFunnel:
		a, err := s.Funnel(ctx, q.who, q.ask)
		told(&b, a, err, funnelStage)
		if n, ok := chosen(len(a.Rows)); ok {
			cell.Stage, cell.Part = a.Rows[n].StageID, []string{"reached", "went_on", "lost", "disqualified", "moved_back", "still_here", "won"}[q.cell%7]
		}
	case warehouse.MetricBriefing:
		a, err := s.Briefing(ctx, q.who, q.ask)
		told(&b, a, err, func(r warehouse.BriefingRow) string {
			return fmt.Sprintf("%s %s %d %s", r.Event, r.Currency, r.Count, r.Amount.StringFixed(2))
		})
		if n, ok := chosen(len(a.Rows)); ok {
			cell.Event = a.Rows[n].Event
		}
	}
	if b.Len() > 0 {
		rows, err := s.Rows(ctx, q.who, q.ask, cell, 40, int(q.cell%5)*int(q.cell%11))
		fmt.Fprintf(&b, "behind %+v\n", cell)
		told(&b, rows, err, func(r warehouse.RowRef) string {
			return fmt.Sprint(r.OpportunityID, r.Sign, r.At.UTC(), r.Amount.StringFixed(2), r.Currency)
		})
	}
	return b.String()
}

func told[T any](b *strings.Builder, a warehouse.Answer[T], err error, row func(T) string) {
	if err != nil {
		fmt.Fprintln(b, "refused:", err)
		return
	}
	fmt.Fprintln(b, a.Watermark, len(a.Rows))
	for _, r := range a.Rows {
		b.WriteString(row(r) + "\n")
	}
}

func funnelStage(f warehouse.FunnelStage) string {
	days := func(d *float64) string {
		if d == nil {
			return "none"
		}
		return fmt.Sprint(*d)
	}
	return fmt.Sprint(f.ProcessID, f.StageID, f.Name, f.Position, f.Currency, " ", f.Reached, f.WentOn, f.Lost, f.Disqualified, f.MovedBack, f.StillHere, f.Won, " ",
		f.Amount.StringFixed(2), " ", f.AmountWon.StringFixed(2), " ", days(f.MedianDays), " ", days(f.P90Days), " ", f.OpenStays)
}

func instant(microseconds int64) time.Time { return time.UnixMicro(microseconds).UTC() }
