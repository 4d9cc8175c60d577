package main

import (
	"bytes"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// Rows that were set aside are listed and replayed by command, whether the program runs on the folder or not.
func TestRowsSetAsideByCommand(t *testing.T) {
	cfg := testConfig(t)
	app, err := Start(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
	app.Stop()
	plantLetter(t, cfg)

	listing := func() (found []letter) {
		require.NoError(t, cfg.ask(t.Context(), http.MethodGet, "/dead-letters?state=open&limit=5", &found))
		return found
	}
	away := listing()
	require.Len(t, away, 1)
	require.Equal(t, []string{"open", "crm.product", "4711", "list_price", "NaN cannot be kept"}, []string{away[0].State, away[0].Table, away[0].Key, away[0].Column, away[0].Reason})
	require.NoFileExists(t, controlPath(cfg.Data), "the socket goes with its program")

	var came letterAsItCame
	require.NoError(t, cfg.ask(t.Context(), http.MethodGet, "/dead-letter?id=1", &came))
	var shown bytes.Buffer
	came.print(&shown)
	for _, words := range []string{"list_price: NaN cannot be kept", "record 0/1A", "|as it came|"} {
		require.Contains(t, shown.String(), words)
	}
	require.ErrorContains(t, cfg.ask(t.Context(), http.MethodGet, "/dead-letter?id=99", &came), "no row with number 99")
	var said warehouse.Status
	require.NoError(t, cfg.ask(t.Context(), http.MethodGet, "/status", &said))
	shown.Reset()
	require.NoError(t, printStatus(&shown, said, time.Now()))
	for _, words := range []string{"stopped (the program was stopped)", "first_snapshot", "in step", "not compared yet"} {
		require.Contains(t, shown.String(), words)
	}

	app, err = Start(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	defer app.Stop()
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
	require.Equal(t, away, listing())
	var outcomes []pipelines.Outcome
	require.NoError(t, cfg.ask(t.Context(), http.MethodPost, "/replay?id=1", &outcomes))
	require.Len(t, outcomes, 1)
	var out bytes.Buffer
	require.ErrorContains(t, reportReplay(&out, outcomes), "1 of 1 rows stay aside")
	require.Contains(t, out.String(), "aside   1 crm.product 4711: letter 1 has no description of its table")
	require.NoError(t, cfg.ask(t.Context(), http.MethodPost, "/replay?id=2", &outcomes))
	require.NoError(t, reportReplay(&out, nil))
	require.ErrorContains(t, cfg.ask(t.Context(), http.MethodPost, "/replay?id=x", &outcomes), "no number of a row")
}

func plantLetter(t *testing.T, cfg Config) {
	t.Helper()
	store, err := duckdb.Open(t.Context(), duckdb.Options{Path: filepath.Join(cfg.Data, "warehouse.duckdb"), MemoryLimit: "512MB"})
	require.NoError(t, err)
	at, ok, err := store.Checkpoint(t.Context())
	require.NoError(t, err)
	require.True(t, ok)
	load, err := store.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, load.SetAside(t.Context(), []warehouse.DeadLetter{{CommitLSN: at.LSN, RecordLSN: 26, Raw: []byte("as it came"), Op: warehouse.OpUpdate, Table: "crm.product", Key: "4711", Column: "list_price", Reason: "NaN cannot be kept"}}))
	require.NoError(t, load.Commit(t.Context(), at))
	require.NoError(t, store.Close())
}
