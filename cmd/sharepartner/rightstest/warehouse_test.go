package rightstest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// mirrored is the warehouse with everything that is in Postgres.
func (w *world) mirrored(t *testing.T) warehouse.Store {
	t.Helper()
	s, err := duckdb.Open(t.Context(), duckdb.Options{MemoryLimit: "256MB", Threads: 1})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	load, err := s.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = load.Rollback() }()
	for _, table := range warehouse.Tables {
		require.NoError(t, load.Append(t.Context(), w.snapshot(t, table)))
	}
	require.NoError(t, load.Commit(t.Context(), warehouse.Checkpoint{SystemID: "test", Timeline: 1, Slot: "test", LSN: 1000, CommittedAt: time.Now(), SnapshotLSN: 1000}))
	return s
}

// snapshot reads a table as a first copy does; what no question of this test looks at is left empty.
func (w *world) snapshot(t *testing.T, table *warehouse.Table) *warehouse.Batch {
	t.Helper()
	columns := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		columns[i] = c.Name
		switch c.Kind {
		case warehouse.KindDecimal:
			columns[i] = fmt.Sprintf("(%s * 10 ^ %d)::bigint", c.Name, c.Scale)
		case warehouse.KindTime:
			columns[i] = fmt.Sprintf("(extract(epoch from %s) * 1000000)::bigint", c.Name)
		case warehouse.KindDate:
			columns[i] = c.Name + " - date '1970-01-01'"
		case warehouse.KindBool:
			columns[i] = c.Name + "::int"
		}
		columns[i] = "(" + columns[i] + ")::text"
	}
	rows, err := w.owner.Query(t.Context(), fmt.Sprintf("select %s from %s.%s", strings.Join(columns, ", "), table.Schema, table.Name))
	require.NoError(t, err)
	defer rows.Close()
	b := warehouse.NewBatch(table)
	for rows.Next() {
		texts := make([]*string, len(columns))
		into := make([]any, len(columns))
		for i := range texts {
			into[i] = &texts[i]
		}
		require.NoError(t, rows.Scan(into...))
		b.AddRow(warehouse.OpSnapshot, 0, 0, 0, time.Now().UnixMicro())
		for i, text := range texts {
			addText(t, &b.Columns[i], text)
		}
	}
	require.NoError(t, rows.Err())
	return b
}

func addText(t *testing.T, c *warehouse.ColumnData, text *string) {
	t.Helper()
	switch {
	case text == nil:
		c.AddAbsent(warehouse.Null)
	case c.Kind == warehouse.KindUUID:
		c.AddUUID(uuid.MustParse(*text))
	case c.Kind == warehouse.KindText:
		c.AddText([]byte(*text))
	default:
		var n int64
		_, err := fmt.Sscan(*text, &n)
		require.NoError(t, err)
		c.AddInt(n)
	}
}

// TestTheWarehouseCountsWhatTheRulesShow is the third witness: the rows behind a number are those that the rules let the
// caller see, and a number of a field is there exactly when the rules show that field on all of them that can have it.
func TestTheWarehouseCountsWhatTheRulesShow(t *testing.T) {
	w := newWorld(t, 11)
	s := w.mirrored(t) // roles and people are not in it: what of them changes below needs no copy
	now := time.Now().Add(time.Minute)
	ask := warehouse.Ask{Period: warehouse.Period{From: now.AddDate(-1, 0, 0), To: now}, AsOf: now}
	scopes, inSight, hidden := 0, 0, 0
	for range 8 {
		w.shuffle()
		for _, actor := range w.callers(t) {
			who := api.ScopeOf(actor)
			if !actor.Allowed(operational.AnalyticsRead) {
				require.True(t, who.IsZero())
				actor.Scopes, actor.Rights.Own.Capabilities = nil, append(slices.Clone(actor.Rights.Own.Capabilities), operational.AnalyticsRead)
				who = api.ScopeOf(actor)
			}
			want := w.decided(actor, []string{"stage", "vendor_net", "region"})
			rows, err := s.Rows(t.Context(), who, ask, warehouse.Cell{Metric: warehouse.MetricBriefing, Event: warehouse.EventNew}, 10_000, 0)
			require.NoError(t, err)
			require.Len(t, rows.Rows, len(want), "%s works in %s: %+v", actor.Side, actor.Connection, who)
			for _, r := range rows.Rows {
				require.Contains(t, want, r.OpportunityID)
			}
			hidden += w.counted(t, s, who, ask, want)
			scopes++
			inSight += len(want)
		}
	}
	t.Logf("%d scopes with %d rows in sight, %d numbers not there", scopes, inSight, hidden)
	require.Greater(t, scopes, 150)
	require.Greater(t, inSight, 1000)
	require.Greater(t, hidden, 50)
}

// counted holds the totals that depend on a field, and counts those that are not there.
func (w *world) counted(t *testing.T, s warehouse.Metrics, who warehouse.Scope, ask warehouse.Ask, want map[uuid.UUID][]string) (hidden int) {
	t.Helper()
	if who.IsZero() {
		return 0
	}
	open, err := s.AmountOpen(t.Context(), who, ask)
	if !who.Reads(warehouse.FieldStage) {
		require.EqualError(t, err, `the metric "amount_open" is not known`)
		return 1
	}
	require.NoError(t, err)
	var n, amount int64
	for _, r := range open.Rows {
		n, amount = n+r.Count, amount+r.Amount.IntPart()
	}
	require.EqualValues(t, len(want), n, "all are open")
	showsAmounts, showsRegions := who.Reads(warehouse.FieldAmount), who.Reads(warehouse.FieldRegion)
	for id, shown := range want {
		require.Contains(t, shown, "stage", "%s", id)
		require.True(t, !showsAmounts || slices.Contains(shown, "vendor_net"), "%s", id)
		require.True(t, !showsRegions || slices.Contains(shown, "region"), "%s", id)
	}
	if showsAmounts {
		require.EqualValues(t, 100*n, amount)
	} else {
		require.Zero(t, amount)
		hidden++
	}
	ask.By = warehouse.ByRegion
	byRegion, err := s.AmountOpen(t.Context(), who, ask)
	if !showsRegions {
		require.EqualError(t, err, `the dimension "region" is not known`)
		return hidden + 1
	}
	require.NoError(t, err)
	for _, r := range byRegion.Rows {
		require.Equal(t, "West", r.Key)
	}
	return hidden
}
