package interconnect_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// How it goes with connections is told as far as the reader sees their records, and so are the choices by it.
func TestHowItGoesWithConnections(t *testing.T) {
	ctx := t.Context()
	w := newLife(t)
	started := w.now
	w.deal(t, w.A, w.AP1, opportunities.NewOpportunity{Name: "First", VendorNet: new(money("100"))})
	w.now = w.now.Add(interconnect.QuietAfter + 24*time.Hour)
	deal := w.deal(t, w.A, w.AP2, opportunities.NewOpportunity{Name: "Late", VendorNet: new(money("100"))})
	w.exec(t, `update crm.connection set created_at = $1`, started.Add(-time.Hour))
	w.exec(t, `update crm.external_contact set work_email = case when connection_id = $1 then 'nia@one.example' end`, w.AP1)

	ids := func(actor operational.Actor, filters ...operational.Filter) (list []uuid.UUID) {
		t.Helper()
		q := operational.Query{Sort: []operational.Sort{{Field: "partner_name"}}}
		for _, f := range filters {
			q = q.Also(f)
		}
		found, err := w.Standings(ctx, actor, q)
		require.NoError(t, err)
		for _, s := range found.Items {
			list = append(list, s.ID)
		}
		return list
	}
	by := func(health string) operational.Filter {
		f, known := interconnect.Healthy(health, w.now)
		require.True(t, known)
		return f
	}
	vendor := w.as(t, w.A)
	all, err := w.Standings(ctx, vendor, operational.Query{Sort: []operational.Sort{{Field: "last_activity", Desc: true}}})
	require.NoError(t, err)
	require.Equal(t, w.AP2, all.Items[0].ID)
	require.Equal(t, deal.UpdatedAt.UTC(), all.Items[0].LastActivity.UTC())
	require.False(t, all.Items[0].Quiet(w.now))
	require.Zero(t, all.Items[0].Joined)
	require.NotZero(t, all.Items[0].Absent)
	require.Equal(t, w.AP1, all.Items[1].ID)
	require.True(t, all.Items[1].Quiet(w.now))
	require.NotZero(t, all.Items[1].Joined)
	require.Contains(t, ids(vendor, by(interconnect.HealthQuiet)), w.AP1)
	require.NotContains(t, ids(vendor, by(interconnect.HealthQuiet)), w.AP2)
	require.Equal(t, []uuid.UUID{w.AP2}, ids(vendor, by(interconnect.HealthGood)))
	require.Contains(t, ids(vendor, by(interconnect.HealthEmpty)), w.AP2)
	require.NotContains(t, ids(vendor, by(interconnect.HealthEmpty)), w.AP1)
	_, known := interconnect.Healthy("splendid", w.now)
	require.False(t, known)

	// Somebody who sees no records learns nothing of them, nor does who sees those of other partners.
	reading := func(rights *operational.Rights) operational.Actor {
		rights.Own.Capabilities = []operational.Permission{operational.ConnectionsRead}
		vendor.Rights = rights
		return vendor
	}
	blind := reading(&operational.Rights{})
	_, err = w.Standings(ctx, blind, operational.Query{}.Also(by(interconnect.HealthQuiet)))
	requireKind(t, operational.KindInvalid, err)
	require.NotContains(t, interconnect.StandingListing(blind).Filters, "last_activity")
	manager := reading(&operational.Rights{Managed: []uuid.UUID{w.AP2}, Own: operational.RoleRights{Objects: map[operational.Object]operational.ObjectRights{
		operational.ObjectOpportunity: {Read: true, Visibility: operational.VisibilityPrivate, Readable: []string{"name"}},
	}}})
	recent := operational.Filter{Field: "last_activity", Op: "is_null"}
	require.Contains(t, ids(manager, recent), w.AP1)
	require.NotContains(t, ids(manager, recent), w.AP2)
	types := reading(&operational.Rights{Own: operational.RoleRights{Objects: map[operational.Object]operational.ObjectRights{
		operational.ObjectOpportunity: {Read: true, Visibility: operational.VisibilityCompany, Readable: []string{"name"}, RecordTypes: []uuid.UUID{uuid.New()}},
	}}})
	require.NotContains(t, ids(types, recent), w.AP2, "records of no type are in every grant")

	// The partner has its own view of each of its vendors.
	own, err := w.Standings(ctx, w.as(t, w.P1), operational.Query{})
	require.NoError(t, err)
	for _, s := range own.Items {
		require.Equal(t, s.ID == w.AP1, s.LastActivity != nil)
		require.Zero(t, s.Joined)
	}
	mine := w.as(t, w.P1)
	mine.Rights.Own = operational.RoleRights{Objects: map[operational.Object]operational.ObjectRights{
		operational.ObjectOpportunity: {Read: true, Visibility: operational.VisibilityPrivate, Readable: []string{"name"}},
	}}
	require.Contains(t, ids(mine, recent), w.AP1, "what is a colleague's is not told")
	w.deal(t, w.P1, w.AP1, opportunities.NewOpportunity{Name: "Own", VendorNet: new(money("100"))})
	require.NotContains(t, ids(mine, recent), w.AP1)
	_, err = w.Standings(ctx, w.as(t, w.P1), operational.Query{}.Also(by(interconnect.HealthEmpty)))
	requireKind(t, operational.KindInvalid, err)
}
