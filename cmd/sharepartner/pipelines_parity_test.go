package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/cmd/sharepartner/demo"
	"github.com/sharepartner/sharepartner/warehouse"
)

// The metrics of the demo channel are the same on both sides, asked by command whether the program runs or not.
func TestParityByCommand(t *testing.T) {
	cfg := testConfig(t)
	app, err := Start(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	_, err = demo.Create(t.Context(), app.demoDeps(), app.Now(), func(float64, string) {})
	require.NoError(t, err)
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
	command := parityCommand{Config: cfg}
	require.NoError(t, command.Run(t.Context()))
	status, err := app.pipeline.Status(t.Context())
	require.NoError(t, err)
	require.Greater(t, status.Parity.Compared, int64(1000))
	require.Zero(t, status.Parity.Differences)
	app.Stop()
	require.NoError(t, command.Run(t.Context()), "nobody runs on the folder")

	var out bytes.Buffer
	require.ErrorContains(t, printParity(&out, warehouse.Check{
		Compared: 7, Differences: 1, Measures: []warehouse.Measure{{Name: "won", Compared: 7, Differences: 1}},
		Found: []warehouse.Difference{{Name: "won", Vendor: "v", Period: "2025-Q1", Key: "EUR", Value: "count", Source: "1", Warehouse: "2"}},
	}), "1 of 7 values differ")
	require.Contains(t, out.String(), "won of vendor v in 2025-Q1, EUR count:")
}
