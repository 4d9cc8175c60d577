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
	var people, members int
	require.NoError(t, d.Owner(t).QueryRow(t.Context(), `select (select count(*) from crm.person), (select count(*) from crm.membership)`).Scan(&people, &members))
	require.GreaterOrEqual(t, people, 20_000)
	require.Equal(t, people, members)
}
