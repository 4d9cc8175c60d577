package postgres_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func TestPreflightAcceptsAFittingServer(t *testing.T) {
	var log bytes.Buffer
	require.NoError(t, postgres.Preflight(context.Background(), pgtest.NewURL(t), slog.New(slog.NewTextHandler(&log, nil))))
	require.Empty(t, log.String())
}

func TestPreflightNamesAllThatMustChange(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := pgtest.Own(t, "wal_level", "replica", "max_replication_slots", "1", "max_slot_wal_keep_size", "-1")
	super := connect(t, server.SuperURL)
	for _, sql := range []string{
		`select pg_create_physical_replication_slot('of_somebody_else')`,
		`create database latin encoding 'LATIN1' locale 'C' template template0`,
		`create role weak login password 'weak'`,
	} {
		_, err := super.Exec(ctx, sql)
		require.NoError(t, err)
	}
	cfg := super.Config()
	url := "postgres://weak:weak@" + cfg.Host + ":" + portOf(server.URL) + "/latin?sslmode=disable"
	var log bytes.Buffer
	err := postgres.Preflight(ctx, url, slog.New(slog.NewTextHandler(&log, nil)))
	for _, says := range []string{
		"wal_level is replica", "alter system set wal_level = logical", "restart the server",
		"all 1 replication slots are taken", "encoded as LATIN1", "the login weak may not create anything",
	} {
		require.ErrorContains(t, err, says)
	}
	require.Contains(t, log.String(), "max_slot_wal_keep_size")
}

func TestPreflightWithoutServer(t *testing.T) {
	err := postgres.Preflight(context.Background(), "postgres://x:y@127.0.0.1:1/z?sslmode=disable", slog.New(slog.DiscardHandler))
	require.Equal(t, operational.KindUnavailable, operational.KindOf(err))
	require.NotContains(t, err.Error(), ":y@")
}

// A login that may make no roles changes nothing, and is given what an administrator should run.
func TestMigrateWithTooFewRights(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := pgtest.Own(t)
	super := connect(t, server.SuperURL)
	_, err := super.Exec(ctx, `create role plain login password 'plain'`)
	require.NoError(t, err)
	_, err = super.Exec(ctx, `create database theirs owner plain`)
	require.NoError(t, err)
	url := "postgres://plain:plain@127.0.0.1:" + portOf(server.URL) + "/theirs?sslmode=disable"
	err = postgres.Migrate(ctx, url, pgtest.Secret)
	var missing *postgres.MissingRightsError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, missing.SQL, postgres.LoginsSQL(pgtest.Secret), "the same text each time")
	var made int
	require.NoError(t, super.QueryRow(ctx, `select count(*) from pg_roles where rolname like 'sharepartner\_%' and rolname <> 'sharepartner_owner'`).Scan(&made))
	require.Zero(t, made)

	_, err = super.Exec(ctx, missing.SQL)
	require.NoError(t, err)
	require.NoError(t, postgres.Migrate(ctx, url, pgtest.Secret))
	require.NoError(t, postgres.CheckWall(ctx, url, pgtest.Secret))
}
