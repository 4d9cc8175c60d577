package main

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// untilFlooded waits until the pipeline stops before too many rows and says so in these words.
func (a *App) untilFlooded(t *testing.T, words string) {
	t.Helper()
	require.Eventually(t, func() bool {
		s, err := a.pipeline.Status(t.Context())
		return err == nil && s.State == "failed" && strings.Contains(s.Detail, words)
	}, time.Minute, 50*time.Millisecond)
}

// lettersIn counts what was set aside, by state.
func (a *App) lettersIn(t *testing.T) map[warehouse.LetterState]int64 {
	t.Helper()
	counts, err := a.store.LetterCounts(t.Context())
	require.NoError(t, err)
	found := map[warehouse.LetterState]int64{}
	for _, c := range counts {
		found[c.State] += c.Count
	}
	return found
}

// The whole way of rows that cannot be kept, by command: too many stop the pipeline, somebody lets them be set aside, and a
// program that has learned to read them replays them; and the same in a first copy, which counts them all.
func TestTooManyRowsByCommand(t *testing.T) {
	cfg := testConfig(t)
	cfg.Aside = 2
	app, err := Start(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	defer func() { app.Stop() }()
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
	owner, err := pgx.Connect(t.Context(), app.ground.ownerURL)
	require.NoError(t, err)
	_, err = owner.Exec(t.Context(), `with o as (insert into crm.organisation (id, name, created_at) values (gen_random_uuid(), 'V', now()) returning id)
		insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at) select gen_random_uuid(), o.id, 'P' || i, 'F', 'NaN', 'EUR', now(), now() from o, generate_series(1, 5) i`)
	require.NoError(t, err)
	require.NoError(t, owner.Close(t.Context()))
	app.untilFlooded(t, "more than 2 rows in a minute cannot be kept: so far 5 in table crm.product (column list_price)")
	require.Empty(t, app.lettersIn(t))
	require.ErrorContains(t, (&allowAsideCommand{Config: cfg}).Run(t.Context()), "say how many more")
	require.NoError(t, (&allowAsideCommand{Config: cfg, Rows: 3}).Run(t.Context()))
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
	require.Equal(t, map[warehouse.LetterState]int64{warehouse.LetterOpen: 5}, app.lettersIn(t))
	require.ErrorContains(t, (&replayCommand{Config: cfg, All: true}).Run(t.Context()), "5 of 5 rows stay aside")

	app.Stop()
	file := filepath.Join(cfg.Data, "warehouse.duckdb")
	teach(t, file)
	app, err = Start(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
	require.NoError(t, (&replayCommand{Config: cfg, ID: 1}).Run(t.Context()))
	require.NoError(t, (&replayCommand{Config: cfg, All: true}).Run(t.Context()))
	require.Equal(t, map[warehouse.LetterState]int64{warehouse.LetterReplayed: 5}, app.lettersIn(t))

	app.Stop()
	require.NoError(t, os.Rename(file, file+".before"))
	app, err = Start(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	app.untilFlooded(t, "in all 5 in table crm.product (column list_price)")
	require.NoError(t, (&allowAsideCommand{Config: cfg, Rows: 3}).Run(t.Context()))
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
	require.Equal(t, map[warehouse.LetterState]int64{warehouse.LetterOpen: 5}, app.lettersIn(t))
}

// teach makes what was set aside readable, as if the program had learned to read it.
func teach(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("duckdb", file)
	require.NoError(t, err)
	for id, came := range rawLetters(t, db) {
		text := bytes.Replace(came, []byte("\x00\x00\x00\x08\x00\x00\x00\x00\xc0\x00\x00\x00"), []byte("\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00"), 1)
		require.NotEqual(t, came, text)
		_, err := db.ExecContext(t.Context(), `UPDATE dead_letter SET raw = ? WHERE id = ?`, text, id)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
}

// rawLetters are what was set aside, as it came.
func rawLetters(t *testing.T, db *sql.DB) map[int64][]byte {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT id, raw FROM dead_letter`)
	require.NoError(t, err)
	defer rows.Close()
	raw := map[int64][]byte{}
	for rows.Next() {
		var id int64
		var came []byte
		require.NoError(t, rows.Scan(&id, &came))
		raw[id] = came
	}
	require.NoError(t, rows.Err())
	return raw
}
