package main

import (
	"database/sql"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/cmd/sharepartner/demo"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// A warehouse of another program's form is refused with the command that moves it away. Whoever runs that has all rows
// copied anew, and the old file beside the new one.
func TestAWarehouseOfAnotherFormIsMovedAway(t *testing.T) {
	cfg := testConfig(t)
	app, err := Start(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	_, err = demo.Create(t.Context(), app.demoDeps(), app.Now(), func(float64, string) {})
	require.NoError(t, err)
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
	app.Stop()
	file := filepath.Join(cfg.Data, "warehouse.duckdb")
	db, err := sql.Open("duckdb", file)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `UPDATE schema_version SET version = 1`)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	_, err = Start(t.Context(), cfg, quietLog())
	require.ErrorIs(t, err, duckdb.ErrSchema)
	require.ErrorIs(t, (&statusCommand{Config: cfg}).Run(t.Context()), duckdb.ErrSchema)
	told := regexp.MustCompile(`start again: (mv '.*?' '.*?')\. `).FindStringSubmatch(err.Error())
	require.Len(t, told, 2, err.Error())
	require.NoError(t, exec.CommandContext(t.Context(), "sh", "-c", told[1]).Run())
	require.FileExists(t, file+".v1")

	app, err = Start(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	defer app.Stop()
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
	after, err := app.pipeline.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, "warehouse_emptied", after.LastResync.Reason)
	require.Positive(t, after.LastResync.Rows)
	require.Eventually(t, func() bool { // it follows the log a moment after all is loaded
		err = (&parityCommand{Config: cfg}).Run(t.Context())
		return err == nil
	}, time.Minute, 100*time.Millisecond, "all figures are as Postgres has them")
}
