package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/warehouse"
)

// season plants a small year that can be worked out by hand:
//
//	2024 Q1, Europe/Berlin: created a 100, b 200, c 400 (partner one), d 800 (partner two), e 1600 (direct)
//	a won in March for 100, b lost in March, d won in April (Q2) for 800, a reopened in May (Q2)
//	c and e stay open; a is open again
func season(t *testing.T, w *world) (a string) {
	t.Helper()
	won, lost := w.processA.Stages[2].ID, w.processA.Stages[3].ID
	a = w.deal(t, w.pia, w.connA1, "a", "100", "EUR", "2024-01-10T00:00:00Z")
	b := w.deal(t, w.pia, w.connA1, "b", "200", "EUR", "2024-01-11T00:00:00Z")
	w.deal(t, w.pia, w.connA1, "c", "400", "EUR", "2024-01-12T00:00:00Z")
	d := w.deal(t, w.pol, w.connA2, "d", "800", "EUR", "2024-01-13T00:00:00Z")
	w.must(t, 201, w.ada, "POST", "/v1/opportunities", map[string]any{
		"name": "e", "effective_at": "2024-01-14T00:00:00Z", "vendor_net": map[string]string{"amount": "1600", "currency": "EUR"},
	})
	w.move(t, w.pia, a, 1, won, "2024-03-10T00:00:00Z")
	w.move(t, w.pia, b, 1, lost, "2024-03-11T00:00:00Z")
	w.move(t, w.pol, d, 1, won, "2024-04-02T00:00:00Z")
	w.must(t, 200, w.ada, "POST", "/v1/opportunities/"+a+"/reopen", map[string]any{"effective_at": "2024-05-05T00:00:00Z"}, "If-Match", `"v2"`)
	// The other vendor's business must count nowhere.
	w.deal(t, w.pia, w.connB1, canaryB, "99999", "USD", "2024-01-10T00:00:00Z")
	w.mirror(t)
	return a
}

func ask[T any](t *testing.T, w *world, as person, path string) T {
	t.Helper()
	var out T
	got := w.must(t, http.StatusOK, as, http.MethodGet, path, nil)
	require.NoError(t, json.Unmarshal([]byte(got.body), &out), got.body)
	return out
}

func money(amount string) operational.Money {
	d, err := operational.ParseAmount(amount)
	if err != nil {
		panic(err)
	}
	return operational.Money{Amount: d, Currency: "EUR"}
}

func requireTally(t *testing.T, count int64, amount string, row api.TallyRow) {
	t.Helper()
	require.Equal(t, count, row.Count)
	require.Equal(t, money(amount).String(), row.Amount.String())
}

func TestNumbers(t *testing.T) {
	w := newWorld(t)
	season(t, w)
	type tally = api.Answer[api.TallyRow]
	q1 := ask[tally](t, w, w.ada, "/v1/analytics/won?period=2024-Q1")
	require.Len(t, q1.Rows, 1)
	requireTally(t, 1, "100", q1.Rows[0])
	require.Equal(t, "All", q1.Rows[0].Name)
	require.Equal(t, warehouse.MetricWon, q1.Metric)
	require.Equal(t, 1, q1.DefinitionVersion)
	require.Equal(t, "2023-12-31T23:00:00Z", q1.Period.From.Format("2006-01-02T15:04:05Z07:00"), "a quarter begins at midnight in Berlin")
	require.NotEmpty(t, q1.Receipt.SQL)
	require.Regexp(t, "^[0-9A-F]+/[0-9A-F]+$", q1.Watermark.LSN)
	require.False(t, q1.Watermark.CommittedAt.IsZero())

	q2 := ask[tally](t, w, w.ada, "/v1/analytics/won?period=2024-Q2")
	requireTally(t, 0, "700", q2.Rows[0]) // d for 800, and a taken back for 100
	requireTally(t, 1, "200", ask[tally](t, w, w.ada, "/v1/analytics/lost?period=2024-Q1").Rows[0])
	requireTally(t, 0, "0", ask[tally](t, w, w.ada, "/v1/analytics/lost?period=2025-Q1").Rows[0])
	requireTally(t, 3, "2100", ask[tally](t, w, w.ada, "/v1/analytics/amount-open").Rows[0])
	requireTally(t, 5, "3100", ask[tally](t, w, w.ada, "/v1/analytics/amount-open?as_of=2024-02-01").Rows[0])
	requireTally(t, 3, "700", ask[tally](t, w, w.ada, "/v1/analytics/amount-open?as_of=2024-01-12").Rows[0])
	nothingKnown := ask[tally](t, w, w.ada, "/v1/analytics/amount-open?known_at=2024-06-01")
	requireTally(t, 0, "0", nothingKnown.Rows[0])
	requireTally(t, 1, "1600", ask[tally](t, w, w.ada, "/v1/analytics/amount-open?partner=direct").Rows[0])
	requireTally(t, 1, "800", ask[tally](t, w, w.ada, "/v1/analytics/won?period=2024&partner="+w.pol.Org.String()).Rows[0])
	requireTally(t, 2, "500", ask[tally](t, w, w.ada, "/v1/analytics/amount-open?region=North&tier=Gold").Rows[0])

	byPartner := ask[tally](t, w, w.ada, "/v1/analytics/amount-open?by=partner")
	names := map[string]int64{}
	for _, row := range byPartner.Rows {
		names[row.Name] = row.Count
	}
	require.Equal(t, map[string]int64{"Partner One": 2, "Direct business": 1}, names)
	byStage := ask[tally](t, w, w.ada, "/v1/analytics/amount-open?by=stage")
	require.Equal(t, "Qualify", byStage.Rows[0].Name)

	rate := ask[api.Answer[api.WinRateRow]](t, w, w.ada, "/v1/analytics/win-rate?period=2024-Q1").Rows[0]
	require.EqualValues(t, 2, rate.N)
	require.InDelta(t, 0.5, *rate.Rate, 1e-9)
	require.Less(t, *rate.Low, 0.2)
	require.Greater(t, *rate.High, 0.8)
	none := ask[api.Answer[api.WinRateRow]](t, w, w.ada, "/v1/analytics/win-rate?period=2020").Rows[0]
	require.Nil(t, none.Rate)

	partner := ask[tally](t, w, w.pol, "/v1/analytics/won?period=2024&by=partner")
	require.Len(t, partner.Rows, 1)
	requireTally(t, 1, "800", partner.Rows[0])
	require.Equal(t, "Partner Two", partner.Rows[0].Name)
	require.Len(t, ask[api.Answer[api.FunnelRow]](t, w, w.pia, "/v1/analytics/funnel?period=2024-Q1").Rows, 4, "a partner sees the funnels of all its vendors")
}

func TestFunnelAndBriefing(t *testing.T) {
	w := newWorld(t)
	season(t, w)
	funnel := ask[api.Answer[api.FunnelRow]](t, w, w.ada, "/v1/analytics/funnel?period=2024-Q1&as_of=2024-03-31")
	require.Len(t, funnel.Rows, 2)
	first := funnel.Rows[0]
	require.Equal(t, "Qualify", first.Name)
	require.EqualValues(t, 5, first.Reached)
	require.EqualValues(t, 1, first.Lost)
	require.EqualValues(t, first.Reached, first.WentOn+first.Lost+first.Disqualified+first.MovedBack+first.StillHere)

	brief := ask[api.BriefingAnswer](t, w, w.ada, "/v1/analytics/briefing?period=2024-Q2")
	require.Len(t, brief.Rows, 7)
	events := map[string]api.BriefingRow{}
	for _, row := range brief.Rows {
		events[row.Event] = row
	}
	require.EqualValues(t, 0, events["new"].Count)
	require.EqualValues(t, 5, events["new"].Previous.Count)
	require.Equal(t, money("3100").String(), events["new"].Previous.Amount.String())
	require.EqualValues(t, 1, events["won"].Count)
	require.EqualValues(t, 1, events["won"].Previous.Count)
	require.EqualValues(t, 1, events["reopened"].Count)
	require.EqualValues(t, 1, events["lost"].Previous.Count)
	require.Equal(t, "2024-Q1", brief.Previous.Period.Text)
	require.Equal(t, "2023-Q2", brief.YearBefore.Period.Text)

	rows := ask[api.ReceiptRows](t, w, w.ada, brief.Previous.Receipt.RowsURL+"?event=new&limit=3")
	require.Len(t, rows.Items, 3)
	require.True(t, rows.HasMore)
	rest := ask[api.ReceiptRows](t, w, w.ada, brief.Previous.Receipt.RowsURL+"?event=new&limit=3&cursor="+url.QueryEscape(rows.Next))
	require.Len(t, rest.Items, 2)
	require.False(t, rest.HasMore)
}

func TestReceipts(t *testing.T) {
	w := newWorld(t)
	a := season(t, w)
	won := ask[api.Answer[api.TallyRow]](t, w, w.ada, "/v1/analytics/won?period=2024-Q2&by=partner")
	again := ask[api.Recomputed](t, w, w.ada, won.Receipt.URL)
	require.True(t, again.Same, again.Why)
	require.Equal(t, won.Watermark.LSN, again.Watermark.LSN)
	require.Equal(t, "2024-Q2", again.Period.Text)

	rows := ask[api.ReceiptRows](t, w, w.ada, won.Receipt.RowsURL+"?key="+w.pia.Org.String())
	require.Len(t, rows.Items, 1, "the reopening is a row of its own")
	require.Equal(t, -1, rows.Items[0].Sign)
	require.Equal(t, a, rows.Items[0].Opportunity.ID.String())

	// Later changes are not in the answer of then.
	deal := w.deal(t, w.pol, w.connA2, "late", "50", "EUR", "2024-04-03T00:00:00Z")
	w.move(t, w.pol, deal, 1, w.processA.Stages[2].ID, "2024-04-04T00:00:00Z")
	colleague := ask[api.Recomputed](t, w, w.ana, won.Receipt.URL)
	require.True(t, colleague.Same, "a colleague may open the link: %s", colleague.Why)

	gone := w.must(t, 404, w.bob, "GET", won.Receipt.URL, nil)
	random := w.must(t, 404, w.bob, "GET", "/v1/analytics/receipts/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", nil)
	require.Equal(t, random.body, gone.body)
	tampered := []byte(won.Receipt.ID)
	tampered[len(tampered)/2] ^= 3
	require.Equal(t, random.body, w.must(t, 404, w.ada, "GET", "/v1/analytics/receipts/"+url.PathEscape(string(tampered)), nil).body)
	w.must(t, 404, w.pia, "GET", won.Receipt.RowsURL, nil)

	rate := ask[api.Answer[api.WinRateRow]](t, w, w.ada, "/v1/analytics/win-rate?period=2024-Q1")
	require.Len(t, ask[api.ReceiptRows](t, w, w.ada, rate.Receipt.RowsURL).Items, 2)
	require.Len(t, ask[api.ReceiptRows](t, w, w.ada, rate.Receipt.RowsURL+"?part=lost").Items, 1)
	w.must(t, 422, w.ada, "GET", rate.Receipt.RowsURL+"?part=colour", nil)
	funnel := ask[api.Answer[api.FunnelRow]](t, w, w.ada, "/v1/analytics/funnel?period=2024-Q1")
	stage := funnel.Rows[0].StageID.String()
	require.Len(t, ask[api.ReceiptRows](t, w, w.ada, funnel.Receipt.RowsURL+"?part=reached&stage="+stage).Items, 5)
	w.must(t, 422, w.ada, "GET", funnel.Receipt.RowsURL, nil)
	for _, r := range []api.ReceiptNote{rate.Receipt, funnel.Receipt} {
		require.True(t, ask[api.Recomputed](t, w, w.ada, r.URL).Same)
	}
	require.NotEqual(t, uuid.Nil, w.connA1)
}

// TestReceiptsFollowTheRightsOfToday takes a record away after the answer was given: it is counted, not shown.
func TestReceiptsFollowTheRightsOfToday(t *testing.T) {
	w := newWorld(t)
	a := season(t, w)
	open := ask[api.Answer[api.TallyRow]](t, w, w.ada, "/v1/analytics/amount-open")
	// No door of the program takes a record away yet, so a superuser breaks it out.
	super, err := url.Parse(pgtest.Server(t).SuperURL)
	require.NoError(t, err)
	own, err := url.Parse(w.URL)
	require.NoError(t, err)
	super.Path = own.Path
	conn, err := pgx.Connect(t.Context(), super.String())
	require.NoError(t, err)
	defer conn.Close(t.Context())
	for _, sql := range []string{`set session_replication_role = replica`, `delete from crm.opportunity where id = '` + a + `'`} {
		_, err = conn.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	rows := ask[api.ReceiptRows](t, w, w.ada, open.Receipt.RowsURL)
	require.Len(t, rows.Items, 2)
	require.Equal(t, 1, rows.Hidden)
}

// A key that was made for figures does not open the records behind them.
func TestRecordsBehindFiguresNeedTheirOwnScope(t *testing.T) {
	w := newWorld(t)
	season(t, w)
	open := ask[api.Answer[api.TallyRow]](t, w, w.ada, "/v1/analytics/amount-open")
	for _, k := range []struct {
		scopes []string
		want   int
	}{{[]string{"analytics.read"}, http.StatusForbidden}, {[]string{"analytics.read", "opportunities.read"}, http.StatusOK}} {
		key := w.must(t, 201, w.ada, "POST", "/v1/api-keys", map[string]any{"name": "figures", "scopes": k.scopes}).text(t, "secret")
		got := w.call(t, person{}, "GET", open.Receipt.RowsURL, nil, "Authorization", "Bearer "+key)
		require.Equal(t, k.want, got.status, got.body)
	}
}

func TestWhatMetricsMean(t *testing.T) {
	w := newWorld(t)
	got := w.must(t, 200, w.pia, "GET", "/v1/analytics/metrics", nil).json(t)
	require.Len(t, got["items"], len(warehouse.Definitions))
}

// Days are those of Berlin, where the clocks went forward in the night to 31 March 2024 and back on 27 October.
func TestDaysAreLocalAcrossSummerTime(t *testing.T) {
	w := newWorld(t)
	won := w.processA.Stages[2].ID
	for i, at := range []string{"2024-03-30T22:59:59Z", "2024-03-30T23:00:00Z", "2024-03-31T21:59:59Z", "2024-03-31T22:00:00Z", "2024-07-01T22:30:00Z", "2024-10-26T22:00:00Z", "2024-10-27T22:30:00Z", "2024-12-31T22:59:59Z"} {
		id := w.deal(t, w.pia, w.connA1, fmt.Sprint("deal ", i), "1", "EUR", "2024-01-10T00:00:00Z")
		w.move(t, w.pia, id, 1, won, at)
	}
	w.mirror(t)
	type tally = api.Answer[api.TallyRow]
	days := func(period string) map[string]int64 {
		answer := ask[tally](t, w, w.ada, "/v1/analytics/won?by=day&period="+period)
		out := map[string]int64{}
		for _, r := range answer.Rows {
			out[r.Key] = r.Count
			rows := ask[api.ReceiptRows](t, w, w.ada, answer.Receipt.RowsURL+"?key="+r.Key)
			require.Len(t, rows.Items, int(r.Count), r.Key)
		}
		again := ask[api.Recomputed](t, w, w.ada, answer.Receipt.URL)
		require.True(t, again.Same, again.Why)
		return out
	}
	require.Equal(t, map[string]int64{"2024-03-30": 1, "2024-03-31": 2, "2024-04-01": 1, "2024-07-02": 1, "2024-10-27": 2, "2024-12-31": 1}, days("2024"))
	require.Equal(t, map[string]int64{"2024-03-30": 1, "2024-03-31": 2}, days("2024-03"))
	require.Equal(t, map[string]int64{"2024-04-01": 1}, days("2024-Q2"))
	require.Equal(t, map[string]int64{"2024-10-27": 2, "2024-12-31": 1}, days("2024-Q4"))
}

// A partner sees its vendors side by side; a vendor, who is the only one of its own, is told that there is no such group.
func TestByVendorIsThePartners(t *testing.T) {
	w := newWorld(t)
	season(t, w)
	for path, want := range map[string]map[string]int64{
		"won?period=2024-Q1":           {"Acme": 1},
		"lost?period=2024-Q1":          {"Acme": 1},
		"amount-open":                  {"Acme": 2, canaryB: 1},
		"amount-open?as_of=2024-02-01": {"Acme": 3, canaryB: 1},
	} {
		join := "?"
		if strings.Contains(path, "?") {
			join = "&"
		}
		by := "/v1/analytics/" + path + join + "by="
		answer := ask[api.Answer[api.TallyRow]](t, w, w.pia, by+"vendor")
		got := map[string]int64{}
		for _, r := range answer.Rows {
			got[r.Name] = r.Count
			rows := ask[api.ReceiptRows](t, w, w.pia, answer.Receipt.RowsURL+"?key="+r.Key)
			require.Len(t, rows.Items, int(r.Count), path)
		}
		require.Equal(t, want, got, path)
		refused := w.must(t, 422, w.ada, "GET", by+"vendor", nil)
		unknown := w.must(t, 422, w.ada, "GET", by+"colour", nil)
		require.Equal(t, strings.ReplaceAll(unknown.body, "colour", "vendor"), refused.body)
		w.must(t, 422, w.pia, "GET", "/v1/analytics/funnel?by=vendor", nil)
	}
	rate := ask[api.Answer[api.WinRateRow]](t, w, w.pia, "/v1/analytics/win-rate?period=2024-Q1&by=vendor")
	require.Len(t, rate.Rows, 1)
	require.EqualValues(t, 2, rate.Rows[0].N)
	w.must(t, 422, w.ada, "GET", "/v1/analytics/win-rate?by=vendor", nil)
}
