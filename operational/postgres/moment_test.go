package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestTimesAreReadInUTCWhereverTheMachineIs(t *testing.T) {
	db := pgtest.New(t)
	var at time.Time
	var many []time.Time
	want := time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
	require.NoError(t, db.API.Login().QueryRow(t.Context(), `select $1::timestamptz, array[$1::timestamptz]`, want.In(time.FixedZone("here", 3600))).Scan(&at, &many))
	require.Equal(t, want, at)
	require.Equal(t, []time.Time{want}, many)
	require.Equal(t, "UTC", at.Location().String())
}
