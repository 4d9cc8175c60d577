package postgres_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// There is one set of logins for a server: a second deployment with a secret of its own would take them from the first.
func TestASecondDeploymentDoesNotTakeTheLoginsOfTheFirst(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := pgtest.Own(t)
	super := connect(t, server.SuperURL)
	database := func(name string) string {
		_, err := super.Exec(ctx, "create database "+name)
		require.NoError(t, err)
		u, err := url.Parse(server.SuperURL)
		require.NoError(t, err)
		u.Path = "/" + name
		return u.String()
	}
	first, second := database("first"), database("second")
	mine, yours := pgtest.Secret, postgres.Secret("the secret of another deployment on this server")
	passwords := func() (all string) {
		require.NoError(t, super.QueryRow(ctx, `select string_agg(rolname || rolpassword, ' ' order by rolname) from pg_authid where rolname like 'sharepartner%'`).Scan(&all))
		return all
	}
	require.NoError(t, postgres.Migrate(ctx, first, mine))
	before := passwords()

	err := postgres.Migrate(ctx, second, yours)

	var other *postgres.OtherSecretError
	require.ErrorAs(t, err, &other)
	require.Equal(t, []string{"first"}, other.Databases)
	for _, says := range []string{"in the database first", "Nothing was changed", "same SHAREPARTNER_SECRET", "a server of its own"} {
		require.ErrorContains(t, err, says)
	}
	require.Equal(t, before, passwords())
	require.NoError(t, postgres.CheckWall(ctx, first, mine), "the first goes on")
	var made bool
	require.NoError(t, connect(t, second).QueryRow(ctx, `select exists (select from pg_namespace where nspname in ('crm', 'sec'))`).Scan(&made))
	require.False(t, made)

	require.NoError(t, postgres.Migrate(ctx, second, mine), "with one secret both can live there")
	require.NoError(t, postgres.CheckWall(ctx, second, mine))
	require.Equal(t, before, passwords(), "what opens is not given anew")
}

func TestAChangedSecretIsSaidNotTaken(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := pgtest.Own(t)
	changed := postgres.Secret("the secret of this deployment after it was changed")
	require.NoError(t, postgres.Migrate(ctx, server.SuperURL, pgtest.Secret))

	err := postgres.Migrate(ctx, server.SuperURL, changed)

	var other *postgres.OtherSecretError
	require.ErrorAs(t, err, &other)
	require.Empty(t, other.Databases)
	require.ErrorContains(t, err, "migrate --print-sql")
	require.NoError(t, postgres.CheckWall(ctx, server.SuperURL, pgtest.Secret))
	_, err = connect(t, server.SuperURL).Exec(ctx, postgres.LoginsSQL(changed))
	require.NoError(t, err, "an administrator decides")
	require.NoError(t, postgres.Migrate(ctx, server.SuperURL, changed))
	require.NoError(t, postgres.CheckWall(ctx, server.SuperURL, changed))
}
