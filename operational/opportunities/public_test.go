package opportunities_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// external sets what a vendor's standard external role does with opportunities, and gives a partner's actor as of now,
// working in that vendor's connection alone.
func (w *world) external(set string, vendor, partner operational.Actor, connection uuid.UUID) operational.Actor {
	w.t.Helper()
	w.exec(`update crm.role_object set `+set+` where org_id = $1 and role_key = 'dealer_personnel' and audience = 'external' and object = 'opportunity'`, vendor.Org)
	actor := w.db.WithRights(w.t, partner)
	actor.Connection = connection
	return actor
}

// Where a vendor shows all partners' opportunities to all, a partner reads them while it works with that vendor alone,
// without learning whose they are, and changes its own only.
func TestWhatAVendorShowsToAllPartners(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	line := []opportunities.NewLine{{ProductID: w.gtx["A"].ID, Quantity: decimal.NewFromInt(2)}}
	mine := w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "mine", Lines: line})
	theirs := w.create(w.P2, opportunities.NewOpportunity{ConnectionID: &w.AP2, Name: "theirs", CustomerName: "Acme", Lines: line})
	direct := w.create(w.A, opportunities.NewOpportunity{Name: "direct"})
	strange := w.create(w.B, opportunities.NewOpportunity{ConnectionID: &w.BP1, Name: "of another vendor"})
	actor := w.external(`visibility = 'public'`, w.A, w.P1, w.AP1)

	seen, err := w.s.Get(ctx, actor, theirs.ID)
	require.NoError(t, err)
	require.Equal(t, "theirs", seen.Name)
	require.Equal(t, "Acme", seen.CustomerName)
	require.Equal(t, theirs.VendorNet.String(), seen.VendorNet.String())
	require.Equal(t, theirs.Stage, seen.Stage)
	require.Equal(t, w.A.Org, seen.Vendor.ID)
	require.Empty(t, seen.Number)
	require.Nil(t, seen.Partner)
	require.Nil(t, seen.Owner)
	require.Nil(t, seen.ConnectionID)
	require.Empty(t, seen.Lines)
	for _, o := range []opportunities.Opportunity{direct, strange} {
		_, err := w.s.Get(ctx, actor, o.ID)
		require.Equal(t, operational.KindNotFound, kind(err), o.Name)
	}

	page, err := w.s.List(ctx, actor, operational.Query{Page: operational.Page{Count: true}})
	require.NoError(t, err)
	require.EqualValues(t, 2, *page.Total)
	require.Equal(t, []string{"theirs", "mine"}, []string{page.Items[0].Name, page.Items[1].Name})
	seen.Lines = nil
	require.Equal(t, seen, page.Items[0], "a list shows no more than the record itself")
	require.Equal(t, mine.Number, page.Items[1].Number, "its own has everything")
	require.Equal(t, mine.Owner, page.Items[1].Owner)

	listing := w.listing(actor)
	for _, name := range []string{"partner", "owner", "number", "connection", "product", "family", "account"} {
		require.NotContains(t, listing.Filters, name, "it would tell whose they are")
		require.NotContains(t, listing.Sorts, name)
	}
	require.Contains(t, listing.Filters, "customer_name")

	_, err = w.s.Update(ctx, actor, theirs.ID, theirs.Version, opportunities.Update{Name: operational.Set("taken")})
	require.Equal(t, operational.KindForbidden, kind(err), "it is there, and to be read only")
	_, err = w.s.MoveStage(ctx, actor, theirs.ID, theirs.Version, opportunities.MoveStage{StageID: w.stage("A", "Won")})
	require.Equal(t, operational.KindForbidden, kind(err))
	_, err = w.s.History(ctx, actor, theirs.ID)
	require.Equal(t, operational.KindNotFound, kind(err))
	_, err = w.s.Private(ctx, actor, theirs.ID)
	require.Equal(t, operational.KindNotFound, kind(err))
	_, err = w.s.Update(ctx, actor, mine.ID, mine.Version, opportunities.Update{Name: operational.Set("still mine")})
	require.NoError(t, err)

	everywhere := actor
	everywhere.Connection = uuid.Nil
	_, err = w.s.Get(ctx, everywhere, theirs.ID)
	require.Equal(t, operational.KindNotFound, kind(err), "only while it works with that vendor alone")
	elsewhere := actor
	elsewhere.Connection = w.BP1
	_, err = w.s.Get(ctx, elsewhere, theirs.ID)
	require.Equal(t, operational.KindNotFound, kind(err))
}

// The database looks for itself whether a vendor shows its records to all: what the program believed a moment ago opens
// nothing.
func TestThePublicRoleAsksForItself(t *testing.T) {
	w := newWorld(t)
	w.create(w.P2, opportunities.NewOpportunity{ConnectionID: &w.AP2, Name: "theirs"})
	believed := w.external(`visibility = 'public'`, w.A, w.P1, w.AP1)
	count := func() error {
		_, err := w.s.List(t.Context(), believed, operational.Query{})
		return err
	}
	require.NoError(t, count())
	for name, change := range map[string][2]string{
		"not public": {
			`update crm.role_object set visibility = 'company' where org_id = '` + w.A.Org.String() + `' and audience = 'external' and object = 'opportunity'`,
			`update crm.role_object set visibility = 'public' where org_id = '` + w.A.Org.String() + `' and audience = 'external' and object = 'opportunity'`,
		},
		"suspended connection": {`update crm.connection set status = 'suspended' where id = '` + w.AP1.String() + `'`, `update crm.connection set status = 'active' where id = '` + w.AP1.String() + `'`},
		"suspended contact":    {`update crm.external_contact set status = 'suspended' where id = '` + w.ContactAP1.String() + `'`, `update crm.external_contact set status = 'active' where id = '` + w.ContactAP1.String() + `'`},
		"out of scope":         {`update crm.access_scope set mode = 'companies' where vendor_org_id = '` + w.A.Org.String() + `'`, `update crm.access_scope set mode = 'all' where vendor_org_id = '` + w.A.Org.String() + `'`},
	} {
		w.exec(change[0])
		require.Equal(t, operational.KindForbidden, kind(count()), name)
		w.exec(change[1])
		require.NoError(t, count(), name)
	}
	stranger := believed
	stranger.Membership = w.P2.Membership
	_, err := w.s.List(t.Context(), stranger, operational.Query{})
	require.Equal(t, operational.KindForbidden, kind(err), "another's connection")
}
