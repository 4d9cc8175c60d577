package imports

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/audit"
)

// Each connection that an import writes into has an event of it, and the partner the anchor; an import that changes
// nothing there leaves none.
func TestPartnersKeepAnAnchorOfWhatIsImported(t *testing.T) {
	c := newChannel(t)
	events := `select count(*) || ' ' || coalesce(sum((details -> 'counts' ->> 'opportunities')::int), 0) from crm.audit_event where action = 'connection.imported'`
	c.run(t, NewImport{Files: small(), DryRun: true})
	require.Equal(t, "0 0", one[string](t, c, events), "a trial writes nothing")
	done := c.run(t, NewImport{Files: small()})
	connected := one[string](t, c, `select count(distinct connection_id) || ' ' || count(connection_id) from crm.opportunity`)
	require.Equal(t, connected, one[string](t, c, events))
	require.Equal(t, done.ID.String(), one[string](t, c, `select min(details -> 'ids' ->> 'import_id') from crm.audit_event where action = 'connection.imported'`))
	chain := audit.NewChain(c.Jobs)
	_, err := chain.Extend(t.Context())
	require.NoError(t, err)
	require.Zero(t, one[int](t, c, `select count(*) from crm.audit_event e join crm.connection n on n.id = e.connection_id where e.action = 'connection.imported'
		and not exists (select from crm.audit_event a where a.org_id = n.partner_org_id and a.anchor_of = e.hash)`))
	found, err := chain.Verify(t.Context(), nil)
	require.NoError(t, err)
	for _, v := range found {
		require.Nil(t, v.Fault)
	}
	before := one[string](t, c, events)
	c.run(t, NewImport{Files: small()})
	require.Equal(t, before, one[string](t, c, events), "the same again touches nobody")
}
