package operational

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// lookers are roles that look, and are looked as.
func lookers() map[string]RoleRights {
	one, other := uuid.MustParse("0193b0c4-0000-7000-8000-000000000001"), uuid.MustParse("0193b0c4-0000-7000-8000-000000000002")
	whole := ObjectRights{Create: true, Read: true, Edit: true, Delete: true, Import: true, Export: true, Visibility: VisibilityCompany, Access: "read_write", Readable: []string{"name", "stage", "x_size"}, Editable: []string{"name"}}
	part := whole
	part.Visibility, part.RecordTypes, part.Readable = VisibilityPrivate, []uuid.UUID{one, other}, []string{"name", "region"}
	blind := whole
	blind.Read, blind.RecordTypes = false, []uuid.UUID{other}
	typed := whole
	typed.RecordTypes = []uuid.UUID{other}
	role := func(key Role, x ObjectRights, may ...Permission) RoleRights {
		return RoleRights{Key: key, Name: string(key), Capabilities: may, Objects: map[Object]ObjectRights{ObjectOpportunity: x, ObjectAccount: x}}
	}
	return map[string]RoleRights{
		"everything": {Key: "everything", Everything: true},
		"whole":      role("whole", whole, AnalyticsRead, PeopleManage, AuditRead),
		"part":       role("part", part, AnalyticsRead, KeysManage),
		"blind":      role("blind", blind, AuditRead),
		"typed":      role("typed", typed),
		"nothing":    {Key: "nothing"},
	}
}

// Whoever looks sees what both roles show, on either side, and changes nothing.
func TestLookingIsWhatBothRolesShow(t *testing.T) {
	link := Link{Connection: uuid.New(), ConnectionStatus: "active", ContactStatus: "active", InScope: true, Role: lookers()["whole"]}
	for _, side := range []Side{SideVendor, SidePartner} {
		for name, own := range lookers() {
			for as, view := range lookers() {
				actor := func(role RoleRights) Actor {
					return Actor{Org: uuid.Max, Side: side, Rights: &Rights{Own: role, Links: []Link{link}}}
				}
				mine, theirs, seen := actor(own), actor(view), actor(own)
				seen.Rights.View, seen.View = &view, view.Key
				seen.Rights = seen.Rights.Looking()
				says := name + " looks as " + as
				require.Equal(t, view.Key, seen.Rights.Own.Key, says)
				require.Equal(t, own.Key, mine.Rights.Own.Key, "what it looks from stays")
				for _, p := range all() {
					_, object := p.Object()
					shows := object || p == SignedIn || p == OrganisationsRead || p == ConnectionsRead || p == AnalyticsRead || p == PipelinesRead || p == AuditRead
					if x := actOf[p]; object {
						shows = x.act == ActRead
					}
					require.Equal(t, shows && mine.Allowed(p) && theirs.Allowed(p), seen.Allowed(p), "%s: %s", says, p)
				}
				for _, o := range Objects {
					for _, c := range []uuid.UUID{uuid.Nil, link.Connection} {
						sameGrant(t, says, o, c, mine, theirs, seen)
					}
				}
			}
		}
	}
}

func sameGrant(t *testing.T, says string, o Object, connection uuid.UUID, mine, theirs, seen Actor) {
	t.Helper()
	a, own := mine.GrantOf(o, connection)
	b, view := theirs.GrantOf(o, connection)
	g, there := seen.GrantOf(o, connection)
	require.Equal(t, own && view, there, "%s: %s", says, o)
	if !there {
		return
	}
	require.Equal(t, []Act{ActRead}, g.Acts, says)
	for _, f := range []string{"name", "stage", "region", "x_size"} {
		require.Equal(t, a.Read.Has(f) && b.Read.Has(f), g.Read.Has(f), "%s: %s.%s", says, o, f)
		require.Error(t, g.Require(ActEdit), says)
	}
	require.Equal(t, a.Visibility == VisibilityPrivate || b.Visibility == VisibilityPrivate, g.Visibility == VisibilityPrivate, "%s: %s", says, o)
	for _, x := range [][]uuid.UUID{a.RecordTypes, b.RecordTypes, {uuid.New()}} {
		for _, id := range x {
			require.Equal(t, a.HasType(&id) && b.HasType(&id), g.HasType(&id), "%s: a type of %s", says, o)
		}
	}
	for _, act := range Acts[2:] {
		require.False(t, Decide(seen, act, o, Facts{Vendor: seen.Org, Partner: seen.Org, Connection: connection}, "").Allowed, "%s: %s", says, act)
	}
}
