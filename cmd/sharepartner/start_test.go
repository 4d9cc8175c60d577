package main

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/operational/postgres/local"
)

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestStartSaysThatThePortIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	cfg := testConfig(t)
	cfg.Addr = l.Addr().String()

	_, err = Start(t.Context(), cfg, quietLog())

	require.ErrorContains(t, err, "cannot serve on "+cfg.Addr)
	require.ErrorContains(t, err, "--addr")
	require.NoDirExists(t, cfg.Data, "nothing was made")
}

func TestStartRefusesAFolderInUse(t *testing.T) {
	app := testApp(t)
	cfg := app.cfg

	_, err := Start(t.Context(), cfg, quietLog())

	require.ErrorContains(t, err, "another sharepartner")
	require.ErrorContains(t, err, "--data")
}

func TestSecondStartReusesTheData(t *testing.T) {
	cfg := testConfig(t)
	app, err := Start(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	secret := app.ground.Secret
	app.Stop()

	app, err = Start(t.Context(), cfg, quietLog())

	require.NoError(t, err)
	require.Equal(t, secret, app.ground.Secret)
	app.Stop()
}

func TestStartRefusesDataOfAnotherVersion(t *testing.T) {
	cfg := testConfig(t)
	app, err := Start(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	app.Stop()
	version := filepath.Join(cfg.Data, "postgres", "data", "PG_VERSION")
	require.NoError(t, os.WriteFile(version, []byte("9\n"), 0o600))

	_, err = Start(t.Context(), cfg, quietLog())

	require.ErrorContains(t, err, "9")
	b, err := os.ReadFile(version)
	require.NoError(t, err)
	require.Equal(t, "9", strings.TrimSpace(string(b)), "the folder is untouched")
}

// foreignServer is a server of one's own, as DATABASE_URL names it.
func foreignServer(t *testing.T, settings map[string]string) *local.Server {
	t.Helper()
	server, err := local.Start(t.Context(), local.Options{Dir: t.TempDir(), Settings: settings})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Stop() })
	return server
}

func TestStartRefusesAServerWithoutLogicalLog(t *testing.T) {
	server := foreignServer(t, map[string]string{"wal_level": "replica"})
	cfg := testConfig(t)
	cfg.DatabaseURL = server.URL

	_, err := Start(t.Context(), cfg, quietLog())

	require.ErrorContains(t, err, "wal_level")
	require.ErrorContains(t, err, "logical")
}

func TestOwnerWithoutTheRightToMakeLogins(t *testing.T) {
	server := foreignServer(t, nil)
	cfg := testConfig(t)
	cfg.DatabaseURL = server.URL

	_, err := Start(t.Context(), cfg, quietLog())

	var rights *postgres.MissingRightsError
	require.ErrorAs(t, err, &rights)
	require.Contains(t, rights.SQL, "create role sharepartner_api")

	secret, err := cfg.secret()
	require.NoError(t, err)
	require.NoError(t, postgres.EnsureLogins(t.Context(), server.SuperURL, secret), "an administrator runs the SQL")
	app, err := Start(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	app.Stop()
}
