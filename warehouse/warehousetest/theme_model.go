package warehousetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// ask is a random question.
func (w *World) ask() (warehouse.Scope, warehouse.Ask) {
	from := w.day()
	a := warehouse.Ask{
		Period: warehouse.Period{From: from, To: from.Add(time.Duration(w.rnd.IntN(400)) * 12 * time.Hour)}, AsOf: At("2027-01-01"),
		By:        pick(w, warehouse.ByNothing, warehouse.ByPartner, warehouse.ByVendor, warehouse.ByRegion, warehouse.ByTier, warehouse.ByStage, warehouse.ByDay),
		UTCOffset: pick(w, 0, 5*time.Hour, -14*time.Hour),
	}
	if a.By == warehouse.ByDay && w.rnd.IntN(2) == 0 {
		a.Switches = []warehouse.Switch{{At: from.Add(5 * 24 * time.Hour), UTCOffset: a.UTCOffset + time.Hour}, {At: from.Add(40 * 24 * time.Hour), UTCOffset: a.UTCOffset - 11*time.Hour}}
	}
	if w.rnd.IntN(2) == 0 {
		a.AsOf = w.day()
	}
	if w.rnd.IntN(3) == 0 {
		a.KnownAt = w.day()
	}
	if w.rnd.IntN(3) == 0 {
		a.UntilLSN = pick(w, w.ends...)
	}
	switch w.rnd.IntN(6) {
	case 0:
		a.Filter.Partners = []uuid.UUID{pick(w, w.partners...), uuid.Nil}
	case 1:
		a.Filter.Regions = []string{"North", pick(w, "South", "")}
	case 2:
		a.Filter.Tiers = []string{"gold"}
	case 3:
		a.Filter.Currency, a.Filter.Processes = "EUR", []uuid.UUID{w.processes[w.vendors[0]][0].ID, w.processes[w.vendors[1]][0].ID}
	}
	return w.scope(), a
}

// testModel compares every metric, from what is derived and from the history, with the model, and every number with
// the rows behind it.
func testModel(t *testing.T, questions int, open func(t testing.TB) warehouse.Store) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w, s := NewWorld(seed), open(t)
			for range 12 {
				for range 1 + w.rnd.IntN(40) {
					w.Grow()
				}
				w.Load(t.Context(), t, s)
				w.ends = append(w.ends, w.LSN()-1)
			}
			for range questions {
				who, a := w.ask()
				w.compare(t, s, who, a)
				a.KnownAt, a.UntilLSN = time.Time{}, 0
				w.compare(t, s, who, a) // from what is derived
				a.UntilLSN = w.LSN() - 1
				w.compare(t, s, who, a) // the same from the history
			}
		})
	}
}

func (w *World) compare(t *testing.T, s warehouse.Store, who warehouse.Scope, a warehouse.Ask) {
	t.Helper()
	postings := modelPostings(w.all, who, a)
	of := func(kind string) []posted { return what(postings, kind) }
	for metric, want := range map[warehouse.Metric][]posted{warehouse.MetricWon: of("won"), warehouse.MetricLost: of("lost"), warehouse.MetricAmountOpen: modelOpen(w.all, who, a)} {
		if metric == warehouse.MetricAmountOpen && a.By == warehouse.ByDay {
			continue // an instant has no days
		}
		got, err := tallies(t.Context(), s, metric, who, a)
		if unknown(t, who, metric, a, err) {
			continue
		}
		requireTallies(t, tally(want, a), got)
		w.requireRows(t, s, who, a, metric, want, got)
	}
	w.compareRate(t, s, who, a, postings)
	w.compareFunnel(t, s, who, a)
	w.compareBriefing(t, s, who, a)
}

func what(all []posted, kind string) []posted {
	var out []posted
	for _, p := range all {
		if p.what == kind {
			out = append(out, p)
		}
	}
	return out
}

func (w *World) compareRate(t *testing.T, s warehouse.Store, who warehouse.Scope, a warehouse.Ask, postings []posted) {
	t.Helper()
	want := map[string][2]int64{}
	for _, p := range postings {
		n := want[keyOf(p, a)]
		if p.what == "won" {
			n[0] += int64(p.sign)
		} else {
			n[1] += int64(p.sign)
		}
		want[keyOf(p, a)] = n
	}
	answer, err := s.WinRate(t.Context(), who, a)
	if unknown(t, who, warehouse.MetricWinRate, a, err) {
		return
	}
	got := map[string][2]int64{}
	for _, r := range answer.Rows {
		got[r.Key] = [2]int64{r.Won, r.Lost}
	}
	require.Equal(t, want, got)
}

func (w *World) compareFunnel(t *testing.T, s warehouse.Store, who warehouse.Scope, a warehouse.Ask) {
	t.Helper()
	funnel, err := s.Funnel(t.Context(), who, a)
	if unknown(t, who, warehouse.MetricFunnel, a, err) {
		return
	}
	requireFunnel(t, modelFunnel(w.all, who, a), funnel.Rows)
	if len(funnel.Rows) == 0 {
		return
	}
	row := pick(w, funnel.Rows...)
	part := pick(w, "reached", "went_on", "lost", "disqualified", "moved_back", "still_here", "won")
	var want []posted
	for _, p := range modelCohort(w.all, who, a) {
		if p.o.Process.ID == row.ProcessID && p.isPart(part, row.Position) {
			want = append(want, p.posted)
		}
	}
	w.requireRefs(t, s, who, a, warehouse.Cell{Metric: warehouse.MetricFunnel, Stage: row.StageID, Part: part}, want)
}

func (w *World) compareBriefing(t *testing.T, s warehouse.Store, who warehouse.Scope, a warehouse.Ask) {
	t.Helper()
	events := modelEvents(w.all, who, a)
	answer, err := s.Briefing(t.Context(), who, a)
	if unknown(t, who, warehouse.MetricBriefing, a, err) {
		return
	}
	got := map[[2]string]string{}
	for _, r := range answer.Rows {
		if r.Count > 0 {
			got[[2]string{r.Event, r.Currency}] = fmt.Sprint(r.Count, " ", r.Amount.StringFixed(2))
		}
	}
	want := map[[2]string]string{}
	for _, kind := range []string{"new", "moved_forward", "moved_back", "won", "lost", "disqualified", "reopened"} {
		for _, r := range tally(what(events, kind), warehouse.Ask{}) {
			want[[2]string{kind, r.Currency}] = fmt.Sprint(r.Count, " ", r.Amount.StringFixed(2))
		}
	}
	require.Equal(t, want, got)
	kind := pick(w, "new", "moved_forward", "moved_back", "won", "lost", "disqualified", "reopened")
	if !who.Reads(warehouse.FieldStage) {
		kind = warehouse.EventNew
	}
	w.requireRefs(t, s, who, a, warehouse.Cell{Metric: warehouse.MetricBriefing, Event: kind}, what(events, kind))
}

// requireRows checks the rows behind one cell of an answer.
func (w *World) requireRows(t *testing.T, s warehouse.Store, who warehouse.Scope, a warehouse.Ask, m warehouse.Metric, all []posted, got []warehouse.Tally) {
	t.Helper()
	if len(got) == 0 {
		return
	}
	key := pick(w, got...).Key
	var want []posted
	for _, p := range all {
		if keyOf(p, a) == key {
			want = append(want, p)
		}
	}
	w.requireRefs(t, s, who, a, warehouse.Cell{Metric: m, Key: key}, want)
}

// requireRefs reads the rows of a cell in pages and compares them with what the model knows, in any order within an instant.
func (w *World) requireRefs(t *testing.T, s warehouse.Store, who warehouse.Scope, a warehouse.Ask, c warehouse.Cell, want []posted) {
	t.Helper()
	var got []string
	var last time.Time
	for limit := 7; ; limit = 50 * len(got) { // small pages, and then what is left
		page, err := s.Rows(t.Context(), who, a, c, limit, len(got))
		require.NoError(t, err)
		for _, r := range page.Rows {
			require.True(t, last.IsZero() || !r.At.After(last), "newest first")
			last = r.At
			got = append(got, fmt.Sprint(r.OpportunityID, r.Sign, r.At.UTC(), r.Amount.StringFixed(2), r.Currency))
		}
		if len(page.Rows) < limit {
			break
		}
	}
	wanted := make([]string, len(want))
	for i, p := range want {
		wanted[i] = fmt.Sprint(p.o.ID, p.sign, p.at.UTC(), p.amount.StringFixed(2), p.dims.Currency)
	}
	require.ElementsMatch(t, wanted, got, "%+v", c)
}
