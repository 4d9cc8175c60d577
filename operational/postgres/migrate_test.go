package postgres_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestMigrateTwiceChangesNothing(t *testing.T) {
	url := pgtest.NewURL(t)
	require.NoError(t, postgres.Migrate(context.Background(), url, pgtest.Secret))
	require.NoError(t, postgres.Migrate(context.Background(), url, pgtest.Secret))
}
