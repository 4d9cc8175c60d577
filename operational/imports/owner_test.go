package imports

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// Who looks after a deal here goes on doing so when a newer export changes it: exports of direct sales name nobody.
func TestAnImportLeavesWhoLooksAfterDirectSales(t *testing.T) {
	c := newChannel(t)
	deal := func(region string) NewImport {
		return withHistory("H2,,Press 200,,Engaging,2024-02-01,2024-09-30,,"+region+"\n", "")
	}
	c.run(t, deal("West"))
	book := opportunities.New(c.API)
	id := one[uuid.UUID](t, c, `select id from crm.opportunity where external_ref = 'H2'`)
	kept, err := book.Update(t.Context(), c.vendor, id, 1, opportunities.Update{OwnerMemberID: operational.Set(c.vendor.Membership)})
	require.NoError(t, err)
	require.NotNil(t, kept.Owner)
	done := c.run(t, deal("East"))
	require.Empty(t, done.Summary.Quarantined)
	require.Equal(t, 1, done.Summary.Opportunities.Updated)
	now, err := book.Get(t.Context(), c.vendor, id)
	require.NoError(t, err)
	require.Equal(t, "East", now.Region)
	require.Equal(t, kept.Owner, now.Owner)
	require.Equal(t, 2, one[int](t, c, `select count(*) from crm.opportunity_history where opportunity_id = $1 and owner_membership_id = $2`, id, c.vendor.Membership), "by its history too")
}
