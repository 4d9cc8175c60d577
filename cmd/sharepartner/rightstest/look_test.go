package rightstest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// TestALookIsWhatBothRolesShow: whoever looks as a role of its company sees what its own role shows and, with what it looks
// after itself, the other one too: row by row and field by field. It may change none of it.
func TestALookIsWhatBothRolesShow(t *testing.T) {
	w := newWorld(t, 12)
	service := opportunities.New(w.API)
	lists := listed(service)
	inSight, hidden := 0, 0
	for range 2 {
		w.shuffle()
		for i, p := range w.people {
			mine := w.WithRights(t, p.Actor)
			for _, colleague := range w.people[i/peopleEach*peopleEach : (i/peopleEach+1)*peopleEach] {
				looks, theirs := p.Actor, mine
				looks.View = w.WithRights(t, colleague.Actor).Rights.Own.Key
				looks.Role = looks.View
				looks = w.WithRights(t, looks)
				rights := *looks.Rights
				rights.Own, theirs.Rights = *rights.View, &rights // as if one had the other role
				own, other := w.decided(mine, lists.knows), w.decided(theirs, lists.knows)
				want := map[string][]string{}
				for id, fields := range own {
					if shown, both := other[id]; both {
						want[id.String()] = inBoth(fields, shown)
					} else {
						hidden++
					}
				}
				got := map[string][]string{}
				for id, fields := range lists.shows(t, looks) {
					got[id.String()] = fields
				}
				require.Equal(t, want, got, "%+v", looks.Rights)
				inSight += len(got)
				r := w.records[0]
				_, err := service.Update(t.Context(), looks, r.ID, r.Version, opportunities.Update{CustomerName: operational.Set("changed")})
				require.Error(t, err, "a look writes nothing")
			}
		}
	}
	require.Greater(t, inSight, 100)
	require.Greater(t, hidden, 100)
}

func inBoth(fields, shown []string) []string {
	var both []string
	for _, f := range fields {
		for _, s := range shown {
			if f == s {
				both = append(both, f)
			}
		}
	}
	return both
}
