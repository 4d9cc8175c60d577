package api_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational/imports"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// realExport is the public CRM export; it is not part of the project.
func realExport(t *testing.T) map[string][]byte {
	t.Helper()
	folder := pgtest.PublicExport(t)
	files, err := imports.ReadFolder(os.DirFS(folder), nil)
	require.NoError(t, err)
	return files
}

// TestTheKnownAnswers are those that anybody can count in the export's own files.
func TestTheKnownAnswers(t *testing.T) {
	files := realExport(t)
	w := newWorld(t)
	_, err := imports.NewRunner(w.Jobs).Import(t.Context(), w.ada.Actor, imports.NewImport{Files: files}, nil)
	require.NoError(t, err)
	w.mirror(t)
	type tally = api.Answer[api.TallyRow]
	total := w.must(t, 200, w.ada, "GET", "/v1/opportunities?count=exact&limit=1", nil)
	require.Contains(t, total.body, `"total":7135`)
	engaging := w.must(t, 200, w.ada, "GET", "/v1/opportunities?count=exact&limit=1&filter=stage_type+eq+'active'", nil)
	require.Contains(t, engaging.body, `"total":2409`)

	for _, c := range []struct {
		query     string
		won, lost int64
		amount    string
	}{
		{"period=2017", 3042, 1684, "7203038"},
		{"period=2017-Q1", 531, 116, "1134672"},
		{"period=2017-Q2", 1254, 778, "3086111"},
		{"period=2017-Q3", 1257, 790, "2982255"},
		{"period=2017&region=Central", 1173, 657, "2358511"},
		{"period=2017&region=West", 1010, 564, "2578786"},
		{"period=2017&region=East", 859, 463, "2265741"},
	} {
		won := ask[tally](t, w, w.ada, "/v1/analytics/won?"+c.query).Rows
		require.Len(t, won, 1)
		require.Equal(t, c.won, won[0].Count, c.query)
		require.Equal(t, c.amount+".00", won[0].Amount.Amount.StringFixed(2), c.query)
		require.Equal(t, c.lost, ask[tally](t, w, w.ada, "/v1/analytics/lost?"+c.query).Rows[0].Count, c.query)
		rate := ask[api.Answer[api.WinRateRow]](t, w, w.ada, "/v1/analytics/win-rate?"+c.query).Rows[0]
		require.InDelta(t, float64(c.won)/float64(c.won+c.lost), *rate.Rate, 1e-12)
	}
	require.EqualValues(t, 2409, ask[tally](t, w, w.ada, "/v1/analytics/amount-open").Rows[0].Count)

	products := w.must(t, 200, w.ada, "GET", "/v1/products?filter=name+eq+'GTX+Pro'", nil).json(t)["items"].([]any)
	require.Len(t, products, 1)
	product := products[0].(map[string]any)["id"].(string)
	gtx := w.must(t, 200, w.ada, "GET", "/v1/opportunities?count=exact&limit=1&filter=product+eq+'"+product+"'", nil)
	require.Contains(t, gtx.body, `"total":1205`)
	created := ask[api.BriefingAnswer](t, w, w.ada, "/v1/analytics/briefing?period=2017&product="+product)
	year := created.Rows[0].Count
	before := created.Rows[0].YearBefore.Count
	require.EqualValues(t, 1205, year+before, "new in 2017 and 2016")

	// Every number opens its rows: each row once, and as many as the number says.
	won := ask[tally](t, w, w.ada, "/v1/analytics/won?period=2017-Q1")
	seen, path := map[string]bool{}, won.Receipt.RowsURL+"?limit=200"
	for cursor := ""; ; {
		rows := ask[api.ReceiptRows](t, w, w.ada, path+cursor)
		for _, row := range rows.Items {
			seen[row.Opportunity.ID.String()] = true
		}
		if !rows.HasMore {
			break
		}
		cursor = "&cursor=" + rows.Next
	}
	require.Len(t, seen, 531)
}
