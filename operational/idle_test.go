package operational_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

// A right that does something has a permission that asks for it; one that has none is idle.
func TestRightsThatDoNothing(t *testing.T) {
	asked := map[string]bool{}
	everything := operational.Actor{Org: [16]byte{1}, Side: operational.SideVendor, Rights: operational.Unrestricted()}
	for _, o := range operational.Objects {
		for _, a := range operational.Acts {
			alone := everything
			alone.Rights = &operational.Rights{Own: operational.RoleRights{Objects: map[operational.Object]operational.ObjectRights{o: {
				Read: true, Create: a == operational.ActCreate, Edit: a == operational.ActEdit, Delete: a == operational.ActDelete, Import: a == operational.ActImport,
				Export: a == operational.ActExport, Visibility: operational.VisibilityCompany, Access: "read_write",
			}}}}
			reader := everything
			reader.Rights = &operational.Rights{Own: operational.RoleRights{Objects: map[operational.Object]operational.ObjectRights{o: {Read: true, Visibility: operational.VisibilityCompany, Access: "read_write"}}}}
			asked[string(o)+" "+string(a)] = a == operational.ActRead || len(alone.Permissions()) > len(reader.Permissions())
			require.Equal(t, asked[string(o)+" "+string(a)], operational.Idle(o, a, false) == "", "%s %s", a, o)
		}
	}
	require.NotEmpty(t, operational.Idle(operational.ObjectOpportunity, operational.ActImport, true))
	require.Empty(t, operational.Idle(operational.ObjectOpportunity, operational.ActExport, true))
}
