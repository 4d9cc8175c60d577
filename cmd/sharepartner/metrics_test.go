package main

import (
	"errors"
	"io"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// A comparison that cannot be made changes nothing of what the last one found, and says that it is old.
func TestMetricsOfAComparisonThatCannotBeMade(t *testing.T) {
	values := func(c *warehouse.Check) map[string]float64 {
		found := map[string]float64{}
		for _, m := range measures(warehouse.Status{Parity: c}, nil) {
			if len(m.labels) == 1 && m.labels[0] == "metrics" {
				found[regexp.MustCompile(`cdc_\w+`).FindString(m.desc.String())] = m.value
			}
		}
		return found
	}
	red := &warehouse.Check{At: time.Unix(1000, 0), Compared: 9, Differences: 2}
	require.Equal(t, map[string]float64{"cdc_differences": 2, "cdc_compared_timestamp_seconds": 1000, "cdc_comparison_failing": 0}, values(red))
	failed := red.Failed(errors.New("away"), time.Unix(2000, 0))
	require.Equal(t, map[string]float64{"cdc_differences": 2, "cdc_compared_timestamp_seconds": 1000, "cdc_comparison_failing": 1}, values(failed))
	require.Equal(t, time.Unix(2000, 0).UTC(), failed.Failed(errors.New("away"), time.Unix(3000, 0)).FaultSince)
	var none *warehouse.Check
	require.Equal(t, map[string]float64{"cdc_comparison_failing": 1}, values(none.Failed(errors.New("away"), time.Unix(2000, 0))))
}

// Metrics have an address of their own, and only where one is asked for.
func TestMetrics(t *testing.T) {
	cfg := testConfig(t)
	cfg.MetricsAddr = "127.0.0.1:0"
	app, err := Start(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	defer app.Stop()
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
	get := func(address string) (int, string) {
		res, err := http.Get("http://" + address + "/metrics")
		require.NoError(t, err)
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(text)
	}
	var text string
	require.Eventually(t, func() bool {
		var code int
		code, text = get(app.metricsAddr.String())
		require.Equal(t, http.StatusOK, code)
		s, err := app.pipeline.Status(t.Context())
		return err == nil && s.State == "streaming" && s.Slot.Exists
	}, 10*time.Second, 100*time.Millisecond)
	_, text = get(app.metricsAddr.String())
	for _, name := range []string{
		"cdc_up 1", `cdc_state{state="streaming"} 1`, "cdc_lag_seconds", "cdc_lag_bytes", "cdc_retained_bytes", "cdc_safe_wal_bytes", "cdc_spill_bytes", "cdc_slot_active 1", "cdc_batches_total", "cdc_batch_rows_total",
		"cdc_batch_bytes_total", "cdc_batch_seconds_total", "cdc_commit_seconds_total", "cdc_dead_letters 0", "cdc_resyncs_total 1", "cdc_restarts_total 0",
	} {
		require.Contains(t, text, name)
	}
	_, tenants := get(app.Addr())
	require.NotContains(t, tenants, "cdc_", "nothing of it where people come")

	other := testConfig(t)
	other.MetricsAddr = "nowhere"
	require.ErrorContains(t, other.check(), "--metrics-addr")
}
