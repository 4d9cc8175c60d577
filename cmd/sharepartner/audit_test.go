package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// The commands work beside the running program, which chains what happens within moments; a person who is erased by one
// cannot sign in any more, and the audit stays whole.
func TestTheAuditIsChainedVerifiedAndOutlivesAPerson(t *testing.T) {
	cfg := testConfig(t)
	app, err := Start(t.Context(), cfg, quietLog())
	require.NoError(t, err)
	t.Cleanup(app.Stop)
	admin := identity.NewAdmin(app.ground.Jobs)
	vendor, err := admin.CreateVendor(t.Context(), identity.NewVendor{Name: "Vendor", TimeZone: "UTC", FiscalMonth: 1, Currency: "USD"})
	require.NoError(t, err)
	for name, email := range map[string]string{"Ada Lovelace": "ada@example.com", "Leader": "leader@example.com"} {
		_, err = admin.AddPerson(t.Context(), identity.NewPerson{Org: vendor, Role: operational.RoleChannelLeader, Name: name, Email: email, Password: "a long enough password"})
		require.NoError(t, err)
	}
	newVisitor(t, app, "ada@example.com", "a long enough password")
	chain := audit.NewChain(app.ground.Jobs)
	whole := func(events int64) {
		require.Eventually(t, func() bool {
			heads, err := chain.Heads(t.Context(), &vendor)
			return err == nil && len(heads) == 1 && heads[0].Events >= events
		}, 20*time.Second, 50*time.Millisecond, "chained within moments")
		require.NoError(t, (&auditVerify{Config: cfg, Org: "Vendor"}).Run(t.Context()))
	}
	whole(1)
	require.Error(t, (&personErase{Config: cfg, Email: "ada@example.com", Reason: "requested", Confirm: "Ada"}).Run(t.Context()))
	require.NoError(t, (&personErase{Config: cfg, Email: "ada@example.com", Reason: "requested", Confirm: "Ada Lovelace"}).Run(t.Context()))
	require.Error(t, (&personErase{Config: cfg, Email: "ada@example.com", Reason: "requested", Confirm: "Ada Lovelace"}).Run(t.Context()), "nobody signs in with the address any more")
	whole(3) // opened, closed, erased
	require.NoError(t, (&auditAnchor{Config: cfg}).Run(t.Context()))
	require.ErrorContains(t, (&auditVerify{Config: cfg, Org: "Nobody"}).Run(t.Context()), "there is no organisation")
}

func TestABrokenChainEndsTheCommandWithAFault(t *testing.T) {
	org := uuid.New()
	var out bytes.Buffer
	err := report(&out, []audit.Verified{
		{Anchor: audit.Anchor{Org: org, Name: "Whole", Events: 3, Head: "ab"}, Waiting: 2},
		{Anchor: audit.Anchor{Org: org, Name: "Broken", Events: 3}, Fault: &audit.Fault{Text: "Event 2 is missing."}},
	})
	require.ErrorContains(t, err, "1 of 2 chains are broken")
	require.Contains(t, out.String(), "Event 2 is missing.")
	require.Contains(t, out.String(), "2 to be linked")
	anchors, err := readAnchors([]byte("{\"org_id\":\"" + org.String() + "\",\"events\":3}\n{\"org_id\":\"" + org.String() + "\",\"events\":4}\n"))
	require.NoError(t, err)
	require.Len(t, anchors, 2)
	_, err = readAnchors([]byte("no JSON"))
	require.Error(t, err)
}
