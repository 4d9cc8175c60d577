package interconnect_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// The page on what a vendor sees names no account that its reader does not see in their own company.
func TestTheDisclosureNamesAccountsInSightOnly(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	mine, theirs := uuid.New(), uuid.New()
	w.exec(t, `insert into crm.account (id, org_id, name, name_key, created_at, updated_at) values ($1, $2, 'Customer', 'customer', now(), now()), ($3, $4, 'Customer', 'customer', now(), now())`,
		mine, w.P1.Org, theirs, w.A.Org)
	w.exec(t, `insert into crm.account_link (connection_id, vendor_org_id, partner_org_id, partner_account_id, vendor_account_id, created_at) values ($1, $2, $3, $4, $5, now())`,
		w.AP1, w.A.Org, w.P1.Org, mine, theirs)
	office := w.as(t, w.P1)
	office.Rights = &operational.Rights{Own: operational.RoleRights{Capabilities: []operational.Permission{operational.ConnectionsManage}}}
	names := func(rights operational.ObjectRights) (list []string) {
		office.Rights.Own.Objects = map[operational.Object]operational.ObjectRights{operational.ObjectAccount: rights}
		d, err := w.Disclosure(ctx, office, w.AP1)
		require.NoError(t, err)
		require.EqualValues(t, 1, d.Linked, "how many there are the vendor's side tells")
		for _, a := range d.LinkedAccounts {
			list = append(list, a.Name)
		}
		return list
	}
	company, private := operational.VisibilityCompany, operational.VisibilityPrivate
	require.Equal(t, []string{"Customer"}, names(operational.ObjectRights{Read: true, Visibility: company, Readable: []string{"name"}}))
	require.Empty(t, names(operational.ObjectRights{}), "no right to accounts")
	require.Empty(t, names(operational.ObjectRights{Read: true, Visibility: company, Readable: []string{"country"}}), "a hidden name")
	require.Empty(t, names(operational.ObjectRights{Read: true, Visibility: private, Readable: []string{"name"}}), "another's account")
	w.exec(t, `update crm.account set owner_membership_id = $1 where id = $2`, w.P1.Membership, mine)
	require.Equal(t, []string{"Customer"}, names(operational.ObjectRights{Read: true, Visibility: private, Readable: []string{"name"}}))
}

// Whoever looks after a region cannot count partners to it.
func TestNobodyBringsPartnersIntoTheirOwnRegion(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.exec(t, `insert into crm.membership_region (org_id, membership_id, region) values ($1, $2, 'North')`, w.A.Org, w.A.Membership)
	manager := w.as(t, w.A)
	manager.Rights = &operational.Rights{Own: operational.RoleRights{Capabilities: []operational.Permission{operational.ConnectionsManage}}}
	_, err := w.UpdateConnection(ctx, manager, w.AP1, 1, interconnect.UpdateConnection{Region: operational.Set("North")})
	require.Equal(t, "beyond-own-rights", code(t, err))
	c, err := w.UpdateConnection(ctx, manager, w.AP1, 1, interconnect.UpdateConnection{Region: operational.Set("South")})
	require.NoError(t, err)
	_, err = w.UpdateConnection(ctx, w.as(t, w.A), w.AP1, c.Version, interconnect.UpdateConnection{Region: operational.Set("North")})
	require.NoError(t, err, "an administrator sees all of them anyway")
}
