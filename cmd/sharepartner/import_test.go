package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestADryRunMakesNoVendor(t *testing.T) {
	c := importCRMExport{Config: testConfig(t), Dir: pgtest.PublicExport(t), Vendor: "Not here yet", Currency: "USD", DryRun: true}
	vendors := func() (n int, found bool) {
		g, err := openGround(t.Context(), c.Config, quietLog())
		require.NoError(t, err)
		defer g.Close()
		require.NoError(t, g.Jobs.Login().QueryRow(t.Context(), `select count(*) from crm.workspace`).Scan(&n))
		_, found, err = identity.NewAdmin(g.Jobs).FindVendor(t.Context(), c.Vendor)
		require.NoError(t, err)
		return n, found
	}

	require.NoError(t, c.Run(t.Context()))

	n, found := vendors()
	require.Zero(t, n, "a dry run changes nothing")
	require.False(t, found)
	c.DryRun = false
	require.NoError(t, c.Run(t.Context()))
	_, found = vendors()
	require.True(t, found)
}
