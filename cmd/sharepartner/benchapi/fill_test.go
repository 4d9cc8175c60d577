package benchapi

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestFillGivesEveryTenantRows(t *testing.T) {
	d := pgtest.New(t)
	channel, err := Fill(t.Context(), d.URL, 20_000)
	require.NoError(t, err)
	require.Len(t, channel.Vendors, 20)
	require.Len(t, channel.Partners, 1000)
}
