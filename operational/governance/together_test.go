package governance_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
)

// Several roles are changed together or not at all, and whom that touches is counted once.
func TestRolesChangeTogether(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.role(t, w.A, governance.External, "One", on(reads("name")))
	b := w.role(t, w.A, governance.External, "Other", on(reads("name")))
	wanted := []governance.RoleChange{{Key: a.Key, Version: a.Version, UpdateRole: on(reads("name", "stage"))}, {Key: b.Key, Version: b.Version - 1, UpdateRole: on(reads("stage"))}}
	_, err := w.s.UpdateRoles(ctx, w.A, wanted)
	kind(t, operational.KindStale, err, "one of two has changed")
	same, err := w.s.Role(ctx, w.A, a.Key)
	require.NoError(t, err)
	require.Equal(t, a, same, "and so the other is as it was")
	joint, err := w.s.PreviewRoles(ctx, w.A, append(wanted, governance.RoleChange{Key: "dealer_personnel", UpdateRole: on(reads("name"))}))
	require.NoError(t, err)
	require.Len(t, joint.Roles, 3)
	require.Equal(t, []governance.FieldRef{{Object: operational.ObjectOpportunity, Field: "stage"}}, joint.Roles[0].Revealed)
	require.Equal(t, joint.Roles[2].People, joint.People)
	require.Equal(t, joint.Roles[2].Partners, joint.Partners)
	wanted[1].Version = b.Version
	changed, err := w.s.UpdateRoles(ctx, w.A, wanted)
	require.NoError(t, err)
	require.Equal(t, []int64{a.Version + 1, b.Version + 1}, []int64{changed[0].Version, changed[1].Version})
}
