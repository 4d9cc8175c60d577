package interconnect_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// channel is vendors A and B, partners of A alone, and one that both share.
type channel struct {
	*pgtest.Database
	*interconnect.Service
	a, b, only, both operational.Actor
	manager          uuid.UUID
	partners         []interconnect.NewPartner
	sharedB          uuid.UUID // the connection of B with the shared partner
}

func ptr[T any](v T) *T { return &v }

func newChannel(t *testing.T) channel {
	t.Helper()
	ctx := context.Background()
	c := channel{Database: pgtest.New(t)}
	c.Service = interconnect.New(c.API)
	admin := identity.NewAdmin(c.Jobs)
	for _, v := range []struct {
		actor *operational.Actor
		name  string
	}{{&c.a, "A"}, {&c.b, "B"}} {
		id, err := admin.CreateVendor(ctx, identity.NewVendor{Name: v.name, TimeZone: "Europe/Berlin", FiscalMonth: 4, Currency: "EUR"})
		require.NoError(t, err)
		*v.actor = operational.Actor{Org: id, Side: operational.SideVendor, Role: operational.RoleAdministrator}
	}
	require.NoError(t, c.API.InTx(ctx, c.a, func(tx *postgres.Tx) error {
		staff := []interconnect.NewStaff{{Name: "Mia Manager", Role: operational.RoleChannelManager, ExternalRef: "mia"}}
		if err := interconnect.ProvisionStaff(ctx, tx, staff); err != nil {
			return err
		}
		c.manager = staff[0].MembershipID
		c.partners = []interconnect.NewPartner{
			{Name: "Only A's", PartnerNumber: "1", PersonName: "Olaf", ExternalRef: "olaf", StartedAt: tx.Now, Tier: ptr("Gold"), Region: ptr("East"), ChannelManagerID: &c.manager},
			{Name: "Shared", PartnerNumber: "2", PersonName: "Sue", ExternalRef: "sue", StartedAt: tx.Now.AddDate(-1, 0, 0)},
		}
		return interconnect.ProvisionPartners(ctx, tx, c.partners)
	}))
	c.only = operational.Actor{Org: c.partners[0].OrgID, Side: operational.SidePartner, Role: operational.RoleSeller, Membership: c.partners[0].MembershipID}
	c.both = operational.Actor{Org: c.partners[1].OrgID, Side: operational.SidePartner, Role: operational.RoleSeller, Membership: c.partners[1].MembershipID}
	var err error
	c.sharedB, err = admin.Connect(ctx, identity.NewConnection{Vendor: c.b.Org, Partner: c.both.Org, PartnerNumber: "77", Region: "North"})
	require.NoError(t, err)
	return c
}

func names(items []interconnect.Organisation) (names []string) {
	for _, o := range items {
		names = append(names, o.Name)
	}
	return names
}

func TestEachSeesItsOwnConnectionsOnly(t *testing.T) {
	ctx := context.Background()
	c := newChannel(t)
	for _, see := range []struct {
		actor   operational.Actor
		names   []string
		numbers []string
	}{
		{c.a, []string{"A", "Only A's", "Shared"}, []string{"1", "2"}},
		{c.b, []string{"B", "Shared"}, []string{"77"}},
		{c.only, []string{"A", "Only A's"}, []string{"1"}},
		{c.both, []string{"A", "B", "Shared"}, []string{"2", "77"}},
	} {
		organisations, err := c.Organisations(ctx, see.actor, operational.Query{Page: operational.Page{Count: true}})
		require.NoError(t, err)
		require.Equal(t, see.names, names(organisations.Items))
		require.EqualValues(t, len(see.names), *organisations.Total)
		connections, err := c.Connections(ctx, see.actor, operational.Query{Sort: []operational.Sort{{Field: "partner_number"}}, Page: operational.Page{Count: true}})
		require.NoError(t, err)
		require.Len(t, connections.Items, len(see.numbers))
		require.EqualValues(t, len(see.numbers), *connections.Total)
		for i, n := range see.numbers {
			require.Equal(t, n, connections.Items[i].PartnerNumber)
		}
	}
	_, err := c.Connection(ctx, c.a, c.sharedB)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
	_, random := c.Connection(ctx, c.a, uuid.New())
	require.Equal(t, random.Error(), err.Error(), "not yours and not there are one answer")
	_, err = c.Organisation(ctx, c.a, c.b.Org)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
	_, err = c.Organisation(ctx, c.only, c.both.Org)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err), "partners do not see each other")
}

func TestTheManagerIsTheVendorsAffair(t *testing.T) {
	ctx := context.Background()
	c := newChannel(t)
	seen, err := c.Connection(ctx, c.a, c.partners[0].ConnectionID)
	require.NoError(t, err)
	require.Equal(t, c.manager, *seen.ChannelManagerID)
	require.Equal(t, "Only A's", seen.PartnerName)
	require.Equal(t, "A", seen.VendorName)
	require.Equal(t, "Gold", *seen.Tier)
	seen, err = c.Connection(ctx, c.only, c.partners[0].ConnectionID)
	require.NoError(t, err)
	require.Nil(t, seen.ChannelManagerID)
	require.Contains(t, interconnect.ConnectionListing(operational.SideVendor).Filters, "channel_manager_id")
	require.NotContains(t, interconnect.ConnectionListing(operational.SidePartner).Filters, "channel_manager_id")
	_, err = c.Connections(ctx, c.only, operational.Query{Sort: []operational.Sort{{Field: "channel_manager_id"}}})
	_, unknown := c.Connections(ctx, c.only, operational.Query{Sort: []operational.Sort{{Field: "channel_manager_ix"}}})
	require.Equal(t, operational.KindInvalid, operational.KindOf(err))
	require.Equal(t, operational.KindInvalid, operational.KindOf(unknown))
}

func TestConnectionsPage(t *testing.T) {
	ctx := context.Background()
	c := newChannel(t)
	require.NoError(t, c.API.InTx(ctx, c.a, func(tx *postgres.Tx) error {
		var more []interconnect.NewPartner
		for i := range 120 {
			more = append(more, interconnect.NewPartner{Name: fmt.Sprintf("P%03d", i), PartnerNumber: fmt.Sprint(100 + i), PersonName: "P", ExternalRef: fmt.Sprint(i), StartedAt: tx.Now})
		}
		return interconnect.ProvisionPartners(ctx, tx, more)
	}))
	seen := map[uuid.UUID]bool{}
	q := operational.Query{Page: operational.Page{Limit: 50}, Sort: []operational.Sort{{Field: "partner_name"}}}
	pages := 0
	for ; ; pages++ {
		page, err := c.Connections(ctx, c.a, q)
		require.NoError(t, err)
		for _, k := range page.Items {
			require.False(t, seen[k.ID])
			seen[k.ID] = true
		}
		if page.Next == nil {
			break
		}
		q.After = page.Next
	}
	require.Len(t, seen, 122)
	require.Equal(t, 2, pages)
}

func TestTheWorkspaceIsOnesOwn(t *testing.T) {
	ctx := context.Background()
	c := newChannel(t)
	w, err := c.Workspace(ctx, c.a)
	require.NoError(t, err)
	require.Equal(t, interconnect.Workspace{OrgID: c.a.Org, Name: "A", TimeZone: "Europe/Berlin", FiscalMonth: 4, Currency: "EUR", Governs: true, Version: 1}, w)
	p, err := w.Calendar().Period("2018-Q1")
	require.NoError(t, err)
	require.Equal(t, "2017-03-31T22:00:00Z", p.From.UTC().Format(time.RFC3339))
	w, err = c.Workspace(ctx, c.only)
	require.NoError(t, err)
	require.Equal(t, "EUR", w.Currency)
	require.Equal(t, "UTC", w.TimeZone)
}

func TestWhatAnImportMadeIsFoundAgain(t *testing.T) {
	ctx := context.Background()
	c := newChannel(t)
	require.NoError(t, c.API.InTx(ctx, c.a, func(tx *postgres.Tx) error {
		partners, err := interconnect.PartnersKnown(ctx, tx)
		require.NoError(t, err)
		require.Len(t, partners, 2)
		require.Equal(t, interconnect.KnownPartner{
			ExternalRef: "olaf", OrgID: c.partners[0].OrgID, ConnectionID: c.partners[0].ConnectionID, ContactID: c.partners[0].ContactID,
			Name: "Only A's", PartnerNumber: "1", Tier: ptr("Gold"), Region: ptr("East"), Status: "active",
		}, partners[0])
		staff, err := interconnect.StaffKnown(ctx, tx)
		require.NoError(t, err)
		require.Equal(t, []interconnect.KnownStaff{{ExternalRef: "mia", MembershipID: c.manager, Name: "Mia Manager", Role: operational.RoleChannelManager}}, staff)
		return nil
	}))
	require.NoError(t, c.API.InTx(ctx, c.b, func(tx *postgres.Tx) error {
		partners, err := interconnect.PartnersKnown(ctx, tx)
		require.Len(t, partners, 1, "one that no import made is found by its name")
		require.Empty(t, partners[0].ExternalRef)
		require.Equal(t, "Shared", partners[0].Name)
		return err
	}))
}

func TestProvisioningIsTheVendorsAndWholeOrNothing(t *testing.T) {
	ctx := context.Background()
	c := newChannel(t)
	provision := func(actor operational.Actor, p ...interconnect.NewPartner) error {
		return c.API.InTx(ctx, actor, func(tx *postgres.Tx) error { return interconnect.ProvisionPartners(ctx, tx, p) })
	}
	fresh := interconnect.NewPartner{Name: "New", PartnerNumber: "9", PersonName: "N", ExternalRef: "n", StartedAt: time.Now()}
	require.Equal(t, operational.KindForbidden, operational.KindOf(provision(c.only, fresh)), "a partner provisions nobody")

	hijack := fresh
	hijack.OrgID = c.both.Org
	require.Equal(t, operational.KindConflict, operational.KindOf(provision(c.b, hijack)), "an organisation that is here cannot be taken over")
	foreign := fresh
	foreign.ChannelManagerID = &c.manager
	require.Equal(t, operational.KindInvalid, operational.KindOf(provision(c.b, foreign)), "the manager is of another vendor")
	twice := fresh
	twice.Name = "Newer"
	require.Equal(t, operational.KindConflict, operational.KindOf(provision(c.a, fresh, twice)), "one number for two partners")
	listed, err := c.Organisations(ctx, c.a, operational.Query{})
	require.NoError(t, err)
	require.Len(t, listed.Items, 3)

	err = c.API.InTx(ctx, c.a, func(tx *postgres.Tx) error {
		return interconnect.ProvisionStaff(ctx, tx, []interconnect.NewStaff{{Name: "Mallory", Role: operational.RoleAdministrator, ExternalRef: "x"}})
	})
	require.Equal(t, operational.KindForbidden, operational.KindOf(err))
}
