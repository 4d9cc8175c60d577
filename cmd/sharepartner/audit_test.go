package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
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

// Somebody with the owner's login takes the guard away and rewrites what was decided: the command finds it, names it and
// ends with a fault, and finds nothing where nothing was done.
func TestTheCommandFindsWhatTheOwnerRewrote(t *testing.T) {
	ctx, cfg := t.Context(), testConfig(t)
	g, err := openGround(ctx, cfg, quietLog())
	require.NoError(t, err)
	t.Cleanup(g.Close)
	admin, chain := identity.NewAdmin(g.Jobs), audit.NewChain(g.Jobs)
	orgs := map[string]uuid.UUID{}
	for _, name := range []string{"Honest", "Tampered"} {
		orgs[name], err = admin.CreateVendor(ctx, identity.NewVendor{Name: name, TimeZone: "UTC", FiscalMonth: 1, Currency: "USD"})
		require.NoError(t, err)
		for i, role := range []operational.Role{operational.RoleAdministrator, operational.RoleAnalyst, operational.RoleAnalyst} {
			_, err = admin.AddPerson(ctx, identity.NewPerson{Org: orgs[name], Role: role, Name: "Somebody", Email: fmt.Sprintf("%s%d@example.com", name, i), Password: "a long enough password"})
			require.NoError(t, err)
		}
	}
	_, err = chain.Extend(ctx)
	require.NoError(t, err)
	owner, err := pgx.Connect(ctx, g.ownerURL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = owner.Close(context.Background()) })
	verified := func(anchors string) (string, error) {
		var out bytes.Buffer
		err := (&auditVerify{Config: cfg, Anchors: anchors, out: &out}).Run(ctx)
		return out.String(), err
	}
	rewrite := func(sql string) {
		t.Helper()
		tag, err := owner.Exec(ctx, sql, orgs["Tampered"])
		require.NoError(t, err)
		require.EqualValues(t, 1, tag.RowsAffected(), "nothing was rewritten")
	}
	text, err := verified("")
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(text, "whole   "), text)
	var heads bytes.Buffer
	require.NoError(t, (&auditAnchor{Config: cfg, out: &heads}).Run(ctx))
	kept := filepath.Join(t.TempDir(), "heads")
	require.NoError(t, os.WriteFile(kept, heads.Bytes(), 0o600))
	_, err = owner.Exec(ctx, `update crm.audit_event set details = '{}' where org_id = $1 and seq = 2`, orgs["Tampered"])
	require.ErrorContains(t, err, "only ever added to", "the guard stands in the owner's way too")
	_, err = owner.Exec(ctx, `alter table crm.audit_event disable trigger user`)
	require.NoError(t, err)

	for _, tc := range []struct{ name, do, undo, says string }{
		{
			"another role was given", `update crm.audit_event set details = replace(details::text, 'analyst', 'administrator')::jsonb where org_id = $1 and seq = 2`,
			`update crm.audit_event set details = replace(details::text, 'administrator', 'analyst')::jsonb where org_id = $1 and seq = 2`, "is not what it was when it was linked",
		},
		{
			"it was not said at all", `update crm.audit_event set details = details - 'changes' where org_id = $1 and seq = 3`,
			`update crm.audit_event set details = (select details from crm.audit_event where org_id = $1 and seq = 2) where org_id = $1 and seq = 3`, "Event 3",
		},
		{"one is gone", `delete from crm.audit_event where org_id = $1 and seq = 2`, "", "Event 2 is missing"},
	} {
		rewrite(tc.do)
		text, err = verified("")
		require.ErrorContains(t, err, "1 of 2 chains are broken", tc.name)
		require.Contains(t, text, "broken  Tampered", tc.name)
		require.Contains(t, text, tc.says, tc.name)
		require.Contains(t, text, "whole   Honest", tc.name)
		require.NoError(t, (&auditVerify{Config: cfg, Org: "Honest", out: io.Discard}).Run(ctx), tc.name)
		if tc.undo != "" {
			rewrite(tc.undo)
			_, err = verified("")
			require.NoError(t, err, "%s, and was put back", tc.name)
		}
	}

	// Whoever cuts off the end together with its head is found by a head that was kept elsewhere.
	for _, sql := range []string{
		`delete from crm.audit_event where org_id = $1 and seq = 3`,
		`update crm.audit_chain c set (seq, head) = (select e.seq, e.hash from crm.audit_event e where e.org_id = $1 and e.seq = 1) where c.org_id = $1`,
	} {
		rewrite(sql)
	}
	_, err = verified("")
	require.NoError(t, err, "by itself a chain that was cut is whole")
	text, err = verified(kept)
	require.ErrorContains(t, err, "1 of 2 chains are broken")
	require.Contains(t, text, "whose hash was kept elsewhere")
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
