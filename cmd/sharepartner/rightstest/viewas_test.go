package rightstest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// TestAViewIsWhatTheVendorGives: a vendor that looks at its channel as one of a partner's people sees what its own side
// gives that person of their connection, row by row and field by field, and may change none of it.
func TestAViewIsWhatTheVendorGives(t *testing.T) {
	w := newWorld(t, 11)
	service, governor := opportunities.New(w.API), governance.New(w.API)
	lists := listed(service)
	views, inSight := 0, 0
	for range 2 {
		w.shuffle()
		for _, p := range w.people {
			for _, l := range w.links {
				contact, known := p.contacts[l.ID]
				if !known || l == w.links[3] { // an ended connection has no contacts any more
					continue
				}
				leader := w.WithRights(t, w.people[slices.IndexFunc(w.people, func(v person) bool { return v.Org == l.Vendor })].Actor)
				view, err := governor.ViewAs(t.Context(), leader, contact, "")
				require.NoError(t, err)
				given := w.WithRights(t, p.Actor)
				given.Connection, given.Rights.Own = l.ID, operational.RoleRights{Key: operational.RoleUnsaid}
				want := w.decided(given, lists.knows)
				for _, r := range w.records {
					if r.facts.Connection != l.ID {
						delete(want, r.ID)
					}
				}
				require.Equal(t, want, lists.shows(t, view), "%+v", view.Rights.As)
				views, inSight = views+1, inSight+len(want)
				r := w.records[0]
				_, err = service.Update(t.Context(), view, r.ID, r.Version, opportunities.Update{CustomerName: operational.Set("changed")})
				require.Error(t, err, "a view writes nothing")
			}
		}
	}
	require.Greater(t, views, 20)
	require.Greater(t, inSight, 100)
}
