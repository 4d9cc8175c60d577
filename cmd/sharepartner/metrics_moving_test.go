package main

import (
	"bufio"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// scrape reads all metrics, each by its name and labels as they are written.
func (a *App) scrape(t *testing.T) map[string]float64 {
	t.Helper()
	res, err := http.Get("http://" + a.metricsAddr.String() + "/metrics")
	require.NoError(t, err)
	defer res.Body.Close()
	found := map[string]float64{}
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if name, text, ok := strings.Cut(lines.Text(), " "); ok && strings.HasPrefix(name, "cdc_") {
			value, err := strconv.ParseFloat(text, 64)
			require.NoError(t, err, lines.Text())
			found[name] = value
		}
	}
	require.NoError(t, lines.Err())
	return found
}

// untilScraped scrapes until the metrics are so.
func (a *App) untilScraped(t *testing.T, what string, is func(now map[string]float64) bool) map[string]float64 {
	t.Helper()
	var now map[string]float64
	require.Eventually(t, func() bool {
		now = a.scrape(t)
		return is(now)
	}, 2*time.Minute, 100*time.Millisecond, what)
	return now
}

// Each metric goes with what it measures: while the pipeline follows, while it stands still and Postgres keeps its log, and
// when it has gone on.
func TestEveryMetricMoves(t *testing.T) {
	cfg := testConfig(t)
	cfg.Aside, cfg.MetricsAddr = 2, "127.0.0.1:0"
	app, err := Start(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	defer app.Stop()
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
	owner, err := pgx.Connect(t.Context(), app.ground.ownerURL)
	require.NoError(t, err)
	defer owner.Close(t.Context())
	exec := func(sql string) {
		t.Helper()
		_, err := owner.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	first := app.untilScraped(t, "it follows", func(now map[string]float64) bool {
		return now[`cdc_state{state="streaming"}`] == 1 && now["cdc_slot_active"] == 1
	})
	require.Equal(t, []float64{1, 1, 0, 0}, []float64{first["cdc_up"], first["cdc_resyncs_total"], first["cdc_restarts_total"], first["cdc_dead_letters"]})

	exec(`alter role sharepartner_cdc set logical_decoding_work_mem = '64kB'`) // for the connections that come
	exec(`insert into crm.organisation (id, name, created_at) values ('00000000-0000-7000-8000-000000000001', 'V', now())`)
	const products = `insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at)
		select gen_random_uuid(), '00000000-0000-7000-8000-000000000001', `
	exec(products + `'Bad ' || i, 'F', 'NaN', 'EUR', now(), now() from generate_series(1, 5) i`)
	still := app.untilScraped(t, "it stands still", func(now map[string]float64) bool {
		return now[`cdc_state{state="failed"}`] == 1 && now["cdc_slot_active"] == 0 && now["cdc_restarts_total"] > 0
	})
	require.NotContains(t, still, `cdc_state{state="streaming"}`)
	exec(products + `'Good ' || i, 'F', 1, 'EUR', now(), now() from generate_series(1, 5000) i`)
	app.untilScraped(t, "Postgres keeps more and more", func(now map[string]float64) bool {
		return now["cdc_lag_seconds"] > still["cdc_lag_seconds"] && now["cdc_lag_bytes"] > still["cdc_lag_bytes"] && now["cdc_retained_bytes"] > still["cdc_retained_bytes"] &&
			now["cdc_safe_wal_bytes"] < still["cdc_safe_wal_bytes"]
	})

	require.NoError(t, (&allowAsideCommand{Config: cfg, Rows: 3}).Run(t.Context()))
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
	exec(`update crm.product set list_price = 2 where name like 'Good 1%'`)
	exec(`delete from crm.product where name like 'Good 2%'`)
	exec(`truncate crm.opportunity_line`)
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
	last := app.untilScraped(t, "it has gone on", func(now map[string]float64) bool {
		return now[`cdc_state{state="streaming"}`] == 1 && now["cdc_slot_active"] == 1 && now["cdc_dead_letters"] == 5 && now["cdc_spill_bytes"] > 0 && now["cdc_lag_seconds"] < 60
	})
	for name, more := range map[string]float64{
		`cdc_rows_total{op="insert",table="product"}`: 5000, `cdc_rows_total{op="update",table="product"}`: 1111, `cdc_rows_total{op="delete",table="product"}`: 1111,
		`cdc_rows_total{op="truncate",table="opportunity_line"}`: 1, `cdc_rows_total{op="insert",table="organisation"}`: 1,
	} {
		require.Equal(t, more, last[name]-first[name], name)
	}
	for _, name := range []string{"cdc_batches_total", "cdc_batch_rows_total", "cdc_batch_bytes_total", "cdc_batch_seconds_total", "cdc_commit_seconds_total"} {
		require.Greater(t, last[name], first[name], name)
	}
}
