package interconnect_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

// Nobody learns since when another company is here, which would tell whether it has worked for others before: what the
// other side reads, filters and sorts by is the day of their first connection, before and after its end.
func TestACompanyIsKnownSinceItWasConnected(t *testing.T) {
	ctx, w := t.Context(), newLife(t)
	day := func(n int) time.Time { return time.Date(2020, 1, n, 0, 0, 0, 0, time.UTC) }
	w.exec(t, `update crm.organisation set created_at = $1`, day(1))
	for n, link := range []uuid.UUID{w.AP1, w.AP2, w.BP1, w.BM, w.MR} {
		w.exec(t, `update crm.connection set created_at = $2 where id = $1`, link, day(10+n))
	}
	since := func(actor operational.Actor, who uuid.UUID) time.Time {
		t.Helper()
		o, err := w.Organisation(ctx, actor, who)
		require.NoError(t, err)
		return o.CreatedAt.UTC()
	}
	list := func(actor operational.Actor, op string, at time.Time) (found []uuid.UUID) {
		t.Helper()
		listed, err := w.Organisations(ctx, actor, operational.Query{
			Sort:   []operational.Sort{{Field: "created_at"}},
			Filter: &operational.Filter{Field: "created_at", Op: op, Values: []string{at.Format(time.RFC3339)}},
		})
		require.NoError(t, err)
		for _, o := range listed.Items {
			found = append(found, o.ID)
		}
		return found
	}
	for _, see := range []struct {
		actor operational.Actor
		who   uuid.UUID
		day   int
	}{
		{w.A, w.A.Org, 1},
		{w.A, w.P1.Org, 10},
		{w.A, w.P2.Org, 11},
		{w.B, w.P1.Org, 12},
		{w.P1, w.P1.Org, 1},
		{w.P1, w.A.Org, 10},
		{w.P1, w.B.Org, 12},
		{w.P2, w.A.Org, 11},
		{w.B, w.M.Org, 13},
		{w.M, w.B.Org, 13},
		{w.M, w.M.Org, 1},
		{w.MV, w.R.Org, 14},
		{w.MV, w.M.Org, 1},
		{w.R, w.M.Org, 14},
	} {
		require.Equal(t, day(see.day), since(see.actor, see.who), see)
	}
	require.Equal(t, []uuid.UUID{w.A.Org}, list(w.A, "lt", day(10)), "its own alone is from before")
	require.Equal(t, []uuid.UUID{w.P1.Org, w.P2.Org}, list(w.A, "ge", day(10)))
	require.Equal(t, []uuid.UUID{w.B.Org}, list(w.B, "lt", day(12)))
	require.Equal(t, []uuid.UUID{w.P1.Org, w.A.Org}, list(w.P1, "lt", day(12)))

	// It stays so when they part, and when they meet again.
	_, err := w.End(ctx, w.B, w.BP1, 1, "We part")
	require.NoError(t, err)
	require.Equal(t, day(12), since(w.B, w.P1.Org))
	require.Equal(t, day(12), since(w.P1, w.B.Org))
	require.Equal(t, []uuid.UUID{w.P1.Org}, list(w.B, "eq", day(12)))
	w.exec(t, `insert into crm.connection (id, vendor_org_id, partner_org_id, status, partner_number, created_at, updated_at) values (gen_random_uuid(), $1, $2, 'active', 'again', $3, $3)`, w.B.Org, w.P1.Org, day(20))
	require.Equal(t, day(12), since(w.B, w.P1.Org))

	// What a vendor is told of a partner's people are its contacts, each with its address.
	w.exec(t, `update crm.external_contact set work_email = 'one@partner.example' where connection_id = $1`, w.AP1)
	standing, err := w.Standings(ctx, w.A, operational.Query{})
	require.NoError(t, err)
	contacts, err := w.Contacts(ctx, w.A, operational.Query{})
	require.NoError(t, err)
	known := map[uuid.UUID]int64{}
	for _, c := range contacts.Items {
		if c.WorkEmail != nil {
			known[c.ConnectionID]++
		}
	}
	require.Equal(t, map[uuid.UUID]int64{w.AP1: 1}, known)
	require.Len(t, standing.Items, 2)
	for _, s := range standing.Items {
		require.Equal(t, known[s.ID], s.Joined)
	}
}
