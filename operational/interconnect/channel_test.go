package interconnect_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// below lets partner P2 open a channel of its own and gives it a partner there: a company in the middle of two tiers,
// with its two hats, and the newcomer below it.
func (w *life) below(t *testing.T) (up, down, low operational.Actor) {
	t.Helper()
	up = w.as(t, w.P2)
	_, err := w.OpenChannel(t.Context(), up, 1)
	require.NoError(t, err)
	down = up
	down.Side = operational.SideVendor
	down = w.as(t, down)
	issued, err := w.InvitePartner(t.Context(), down, interconnect.NewPartnerInvitation{Email: ptr("nia@low.example"), PartnerName: "Low"})
	require.NoError(t, err)
	session, err := w.Join(t.Context(), tokenOf(t, issued.Link), newcomer("nia@low.example"))
	require.NoError(t, err)
	return w.as(t, up), down, w.as(t, session.Actor)
}

func TestAPartnerOpensAChannelOfItsOwn(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	// What the company has called its own roles stands in nobody's way.
	w.exec(t, `insert into crm.role (org_id, key, audience, name, created_at, updated_at) values ($1, 'analyst_2', 'internal', 'Analyst', now(), now())`, w.P2.Org)
	bound := w.as(t, w.P2)
	bound.Connection = w.AP2
	_, err := w.OpenChannel(ctx, bound, 1)
	require.Equal(t, "bound-to-connection", code(t, err))
	_, err = w.OpenChannel(ctx, w.P2, 7)
	requireKind(t, operational.KindStale, err)
	space, err := w.OpenChannel(ctx, w.P2, 1)
	require.NoError(t, err)
	require.True(t, space.Governs && space.Sells)
	require.EqualValues(t, 2, space.Version)
	for _, again := range []operational.Actor{w.P2, w.A} {
		_, err = w.OpenChannel(ctx, again, 2)
		require.Equal(t, "channel-open", code(t, err))
	}
	var roles, noted, opened int
	w.scan(t, `select count(*) filter (where key in ('administrator', 'channel_leader', 'channel_manager', 'analyst', 'reviewer', 'seller') and audience = 'internal' and built_in)
		+ count(*) filter (where key = 'dealer_personnel' and audience = 'external' and is_default) from crm.role where org_id = $1`, []any{w.P2.Org}, &roles)
	require.Equal(t, 7, roles)
	var name string
	w.scan(t, `select name from crm.role where org_id = $1 and key = 'analyst'`, []any{w.P2.Org}, &name)
	require.Equal(t, "Analyst 2", name, "the company's own Analyst keeps its name")
	w.scan(t, `select count(*) filter (where org_id = $1), count(*) from crm.audit_event where action = 'workspace.channel_opened'`, []any{w.P2.Org}, &noted, &opened)
	require.Equal(t, [2]int{1, 1}, [2]int{noted, opened}, "its vendors do not learn of it")
	var scope string
	w.scan(t, `select mode from crm.access_scope where vendor_org_id = $1`, []any{w.P2.Org}, &scope)
	require.Equal(t, "all", scope)
}

// A role that a company makes never takes the key of one that comes with a workspace, whatever it is called.
func TestTheKeysOfWhatComesWithAWorkspaceAreKept(t *testing.T) {
	w := newLife(t)
	for _, key := range []string{"analyst", "dealer_personnel", "seller", "channel_leader"} {
		_, err := w.Owner(t).Exec(t.Context(), `insert into crm.role (org_id, key, audience, name, created_at, updated_at) values ($1, $2, 'internal', 'Mine', now(), now())`, w.P1.Org, key)
		require.Error(t, err, key)
	}
}

// Both tiers end apart from each other: what the middle did for its vendor goes on as its own, and what it governs stays.
func TestTheEndOfEitherTier(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	up, down, low := w.below(t)
	w.deal(t, up, w.AP2, opportunities.NewOpportunity{Name: "Upwards", VendorNet: ptr(money("1"))})
	w.exec(t, `with p as (insert into crm.sales_process (id, org_id, name, is_default, created_at, updated_at) values (gen_random_uuid(), $1, 'Down', true, now(), now()) returning id)
		insert into crm.stage (id, org_id, process_id, name, position, type) select gen_random_uuid(), $1, p.id, n, i, t from p, (values ('Open', 1, 'active'), ('Yes', 2, 'won')) s (n, i, t)`, down.Org)
	link := low.Rights.Links[0].Connection
	w.deal(t, low, link, opportunities.NewOpportunity{Name: "Downwards", VendorNet: ptr(money("2"))})
	_, err := w.deals.Create(ctx, down, opportunities.NewOpportunity{Name: "Direct", VendorNet: ptr(money("3"))})
	require.NoError(t, err)
	names := func(actor operational.Actor) (all []string) {
		page, err := w.deals.List(ctx, w.as(t, actor), operational.Query{Sort: []operational.Sort{{Field: "name"}}})
		require.NoError(t, err)
		for _, o := range page.Items {
			all = append(all, o.Name)
		}
		return all
	}
	require.Equal(t, []string{"Upwards"}, names(w.A))
	require.Equal(t, []string{"Upwards"}, names(up))
	require.Equal(t, []string{"Direct", "Downwards"}, names(down))
	require.Equal(t, []string{"Downwards"}, names(low))
	// Each hat has its own connections: the other one's is not there to end.
	_, err = w.End(ctx, down, w.AP2, 1, "not with this hat")
	requireKind(t, operational.KindNotFound, err)
	_, err = w.End(ctx, up, link, 1, "not with this hat")
	requireKind(t, operational.KindNotFound, err)
	_, err = w.Suspend(ctx, up, link, 1, "not with this hat")
	require.Error(t, err)
	_, err = w.Disclosure(ctx, down, w.AP2)
	requireKind(t, operational.KindNotFound, err)
	seen, err := w.Disclosure(ctx, up, w.AP2)
	require.NoError(t, err)
	require.EqualValues(t, 1, seen.Opportunities.Open, "what the vendor sees of the middle is what is done for it")

	_, err = w.End(ctx, up, w.AP2, 1, "we part")
	require.NoError(t, err)
	require.Equal(t, []string{"Upwards"}, names(w.A), "frozen")
	require.Equal(t, []string{"Upwards"}, names(up), "goes on as its own business")
	require.Equal(t, []string{"Direct", "Downwards"}, names(down))
	require.Equal(t, []string{"Downwards"}, names(low))
	_, err = w.End(ctx, low, link, 1, "we part too")
	require.NoError(t, err)
	require.Equal(t, []string{"Upwards"}, names(up))
	require.Equal(t, []string{"Direct", "Downwards"}, names(down))
	require.Equal(t, []string{"Downwards"}, names(low), "goes on")
}
