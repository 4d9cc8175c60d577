package governance_test

import (
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
)

func TestANewRoleMayDoNothing(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	r, err := w.s.CreateRole(ctx, w.A, governance.NewRole{Audience: governance.External, Name: "Distributor Admin"})
	require.NoError(t, err)
	require.Equal(t, "distributor_admin", r.Key)
	require.Empty(t, r.Objects)
	require.EqualValues(t, 1, r.Version)
	again, err := w.s.CreateRole(ctx, w.A, governance.NewRole{Audience: governance.Internal, Name: "Distributor admin"})
	require.NoError(t, err, "names are unique for the people they are for")
	require.Equal(t, "distributor_admin_2", again.Key)
	_, err = w.s.CreateRole(ctx, w.A, governance.NewRole{Audience: governance.External, Name: "distributor ADMIN"})
	code(t, "role-name-taken", err)
	for name, in := range map[string]governance.NewRole{
		"no name": {Audience: governance.Internal}, "no audience": {Name: "x"}, "bad key": {Audience: governance.Internal, Name: "x", Key: "X y"},
		"copy of nothing": {Audience: governance.Internal, Name: "x", CopyOf: "nothing"}, "copy of other people's": {Audience: governance.Internal, Name: "x", CopyOf: "dealer_personnel"},
		"copy of everything": {Audience: governance.Internal, Name: "x", CopyOf: "administrator"},
	} {
		_, err := w.s.CreateRole(ctx, w.A, in)
		kind(t, operational.KindInvalid, err, name)
	}
	_, err = w.s.CreateRole(ctx, w.P1, governance.NewRole{Audience: governance.External, Name: "x"})
	kind(t, operational.KindInvalid, err, "a partner governs its own people only")
	for _, name := range []string{"Chef", "Прод", "営業"} {
		_, err = w.s.CreateRole(ctx, w.P1, governance.NewRole{Audience: governance.Internal, Name: name})
		require.NoError(t, err, name)
	}
}

func TestAChangeSetIsOneChange(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	r, err := w.s.CreateRole(ctx, w.A, governance.NewRole{Audience: governance.External, Name: "Dealer manager", CopyOf: "dealer_personnel"})
	require.NoError(t, err)
	require.NotEmpty(t, r.Objects[operational.ObjectOpportunity].Readable)
	change := on(governance.UpdateRights{
		Readable: operational.Set([]string{"name", "stage", "name"}), Editable: operational.Set([]string{"stage"}),
		Visibility: operational.Set(operational.VisibilityPublic), Access: operational.Set("read"), Export: operational.Set(false),
	})
	change.Name = operational.Set("Dealer boss")
	change.Objects[operational.ObjectProduct] = governance.UpdateRights{Read: operational.Set(false)}
	p, err := w.s.Preview(ctx, w.A, r.Key, change)
	require.NoError(t, err)
	require.EqualValues(t, 0, p.People, "nobody has it yet")
	require.Contains(t, p.Hidden, governance.FieldRef{Object: operational.ObjectOpportunity, Field: "vendor_net"})
	require.Contains(t, p.Differences, governance.Difference{Object: operational.ObjectProduct, Subject: "read", One: "true", Other: "false"})
	changed, err := w.s.UpdateRole(ctx, w.A, r.Key, r.Version, change)
	require.NoError(t, err)
	require.EqualValues(t, r.Version+1, changed.Version)
	require.Equal(t, "Dealer boss", changed.Name)
	require.NotContains(t, changed.Objects, operational.ObjectProduct)
	x := changed.Objects[operational.ObjectOpportunity]
	require.Equal(t, []string{"name", "stage"}, x.Readable)
	require.Equal(t, operational.VisibilityPublic, x.Visibility)
	require.True(t, x.Edit, "what is left out stays")
	same, err := w.s.UpdateRole(ctx, w.A, r.Key, changed.Version, change)
	require.NoError(t, err)
	require.Equal(t, changed.Version, same.Version, "nothing changed")
	_, err = w.s.UpdateRole(ctx, w.A, r.Key, r.Version, change)
	kind(t, operational.KindStale, err, "made for an older version")

	for name, wrong := range map[string]governance.UpdateRole{
		"unknown field":        on(governance.UpdateRights{Readable: operational.Set([]string{"name", "margin"})}),
		"the vendor's own":     on(governance.UpdateRights{Readable: operational.Set([]string{"vendor_account_id"})}),
		"written, not read":    on(governance.UpdateRights{Readable: operational.Set([]string{"name"}), Editable: operational.Set([]string{"stage"})}),
		"nobody writes it":     on(governance.UpdateRights{Readable: operational.Set([]string{"region"}), Editable: operational.Set([]string{"region"})}),
		"unknown type":         on(governance.UpdateRights{RecordTypes: operational.Set([]uuid.UUID{uuid.New()})}),
		"unknown scope":        on(governance.UpdateRights{Visibility: operational.Set(operational.Visibility("world"))}),
		"unknown access":       on(governance.UpdateRights{Access: operational.Set("write")}),
		"an account":           {Objects: map[operational.Object]governance.UpdateRights{operational.ObjectAccount: reads("name")}},
		"no such object":       {Objects: map[operational.Object]governance.UpdateRights{"invoice": reads()}},
		"a capability":         {Capabilities: operational.Set([]operational.Permission{operational.RolesManage})},
		"a name of blanks":     {Name: operational.Set(" ")},
		"no name":              {Name: operational.Opt[string]{Given: true}},
		"a name that is taken": {Name: operational.Set("Dealer Personnel")},
	} {
		_, err := w.s.UpdateRole(ctx, w.A, r.Key, changed.Version, wrong)
		require.Error(t, err, name)
		require.Contains(t, []operational.Kind{operational.KindInvalid, operational.KindConflict}, operational.KindOf(err), "%s: %v", name, err)
		_, err = w.s.Preview(ctx, w.A, r.Key, wrong)
		if name != "a name that is taken" {
			kind(t, operational.KindInvalid, err, name)
		}
	}
	now, err := w.s.Role(ctx, w.A, r.Key)
	require.NoError(t, err)
	require.Equal(t, changed, now, "a change set that fails leaves everything as it was")
	found, err := w.s.Compare(ctx, w.A, "dealer_personnel", r.Key)
	require.NoError(t, err)
	require.Contains(t, found, governance.Difference{Object: operational.ObjectOpportunity, Subject: "visibility", One: "company", Other: "public"})
}

func TestPreviewsCountWhomTheyTouch(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	p, err := w.s.Preview(ctx, w.A, "dealer_personnel", on(governance.UpdateRights{Readable: operational.Set([]string{"name"})}))
	require.NoError(t, err)
	require.EqualValues(t, 2, p.People, "the default role is everybody's who has no other")
	require.EqualValues(t, 2, p.Partners)
	require.Empty(t, p.Revealed)
	r := w.role(t, w.A, governance.External, "Narrow", on(reads("name")))
	key := r.Key
	_, err = w.s.AssignContact(ctx, w.A, w.ContactAP1, 1, governance.UpdateContactAssignment{Role: operational.Set(key)})
	require.NoError(t, err)
	p, err = w.s.Preview(ctx, w.A, key, on(reads("name", "vendor_net")))
	require.NoError(t, err)
	require.EqualValues(t, 1, p.People)
	require.EqualValues(t, 1, p.Partners)
	require.Equal(t, []governance.FieldRef{{Object: operational.ObjectOpportunity, Field: "vendor_net"}}, p.Revealed)
	listed, err := w.s.Roles(ctx, w.A, operational.Query{})
	require.NoError(t, err)
	people := map[string]int64{}
	for _, r := range listed.Items {
		people[r.Key] = r.People
	}
	require.Equal(t, map[string]int64{"administrator": 1, "channel_leader": 0, "channel_manager": 0, "analyst": 0, "reviewer": 0, "dealer_personnel": 1, key: 1}, people)
	listed, err = w.s.Roles(ctx, w.P1, operational.Query{})
	require.NoError(t, err)
	require.Len(t, listed.Items, 2, "nothing of its vendors' roles")
	_, err = w.s.Role(ctx, w.P1, key)
	kind(t, operational.KindNotFound, err, "a vendor's role")
}

func TestRolesThatStay(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	code(t, "role-built-in", w.s.DeleteRole(ctx, w.A, "analyst", 1))
	_, err := w.s.UpdateRole(ctx, w.A, "administrator", 1, on(reads("name")))
	code(t, "role-is-everything", err)
	narrow := w.role(t, w.A, governance.External, "Narrow", on(reads("name")))
	_, err = w.s.AssignConnection(ctx, w.A, w.AP1, 1, governance.UpdateConnectionAssignment{Role: operational.Set(narrow.Key)})
	require.NoError(t, err)
	err = w.s.DeleteRole(ctx, w.A, narrow.Key, narrow.Version)
	code(t, "role-in-use", err)
	require.ErrorContains(t, err, "Partner One")
	_, err = w.s.AssignConnection(ctx, w.A, w.AP1, 2, governance.UpdateConnectionAssignment{Role: operational.Opt[string]{Given: true}})
	require.NoError(t, err)
	made, err := w.s.MakeDefault(ctx, w.A, narrow.Key, narrow.Version)
	require.NoError(t, err)
	require.True(t, made.Default)
	code(t, "role-is-default", w.s.DeleteRole(ctx, w.A, narrow.Key, made.Version))
	_, err = w.s.MakeDefault(ctx, w.A, "analyst", 1)
	code(t, "role-is-internal", err)
	rights := w.WithRights(t, w.P1).Rights
	for _, l := range rights.Links {
		if l.Connection == w.AP1 {
			require.EqualValues(t, narrow.Key, l.Role.Key, "the default is everybody's who has no other")
		}
	}
	back, err := w.s.Role(ctx, w.A, "dealer_personnel")
	require.NoError(t, err)
	_, err = w.s.MakeDefault(ctx, w.A, back.Key, back.Version)
	require.NoError(t, err)
	kind(t, operational.KindStale, w.s.DeleteRole(ctx, w.A, narrow.Key, made.Version), "an older version")
	require.NoError(t, w.s.DeleteRole(ctx, w.A, narrow.Key, made.Version+1))
	kind(t, operational.KindNotFound, w.s.DeleteRole(ctx, w.A, narrow.Key, 1), "gone")
	kind(t, operational.KindNotFound, w.s.DeleteRole(ctx, w.B, narrow.Key, 1), "another company's")
}

// Nobody gives rights that they do not have: not to roles, not to people, not to themselves.
func TestNoWayUp(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	capabilities := []operational.Permission{operational.RolesManage, operational.PeopleManage, operational.ChannelGovern}
	narrow := on(governance.UpdateRights{
		Read: operational.Set(true), Edit: operational.Set(true), Readable: operational.Set([]string{"name", "stage"}), Editable: operational.Set([]string{"name"}),
		Visibility: operational.Set(operational.VisibilityPrivate), Access: operational.Set("read_write"), RecordTypes: operational.Set([]uuid.UUID{}),
	})
	narrow.Capabilities = operational.Set(capabilities)
	clerk := w.role(t, w.A, governance.Internal, "Clerk", narrow)
	clara := w.member(t, w.A, clerk.Key)
	beyond := map[string]governance.UpdateRole{
		"a hidden field": on(reads("vendor_net")), "an act": on(governance.UpdateRights{Read: operational.Set(true), Export: operational.Set(true)}),
		"writing":    on(governance.UpdateRights{Read: operational.Set(true), Readable: operational.Set([]string{"stage"}), Editable: operational.Set([]string{"stage"})}),
		"the scope":  on(governance.UpdateRights{Read: operational.Set(true), Visibility: operational.Set(operational.VisibilityCompany)}),
		"all types":  on(governance.UpdateRights{Read: operational.Set(true), RecordTypes: operational.Opt[[]uuid.UUID]{Given: true}}),
		"a product":  {Objects: map[operational.Object]governance.UpdateRights{operational.ObjectProduct: reads("name")}},
		"capability": {Capabilities: operational.Set([]operational.Permission{operational.AuditRead})},
	}
	for name, change := range beyond {
		for _, audience := range []string{governance.Internal, governance.External} {
			r, err := w.s.CreateRole(ctx, clara, governance.NewRole{Audience: audience, Name: name})
			require.NoError(t, err)
			_, err = w.s.UpdateRole(ctx, clara, r.Key, r.Version, change)
			if audience == governance.External && name == "capability" {
				kind(t, operational.KindInvalid, err, name)
				continue
			}
			code(t, "beyond-own-rights", err)
		}
	}
	code(t, "beyond-own-rights", second(w.s.CreateRole(ctx, clara, governance.NewRole{Audience: governance.External, Name: "Copy", CopyOf: "dealer_personnel"})))
	code(t, "beyond-own-rights", second(w.s.UpdateRole(ctx, clara, clerk.Key, clerk.Version, on(reads("name", "stage", "vendor_net")))))
	within := on(governance.UpdateRights{Read: operational.Set(true), Readable: operational.Set([]string{"name"}), RecordTypes: operational.Set([]uuid.UUID{})})
	mine := w.role(t, clara, governance.External, "Within", within)

	code(t, "beyond-own-rights", second(w.s.AssignMember(ctx, clara, clara.Membership, 1, governance.UpdateMemberAssignment{Role: operational.Set("administrator")})))
	code(t, "beyond-own-rights", second(w.s.AssignMember(ctx, clara, clara.Membership, 1, governance.UpdateMemberAssignment{Regions: operational.Set([]string{"West"})})))
	code(t, "beyond-own-rights", second(w.s.AssignConnection(ctx, clara, w.AP1, 1, governance.UpdateConnectionAssignment{ChannelManagerID: operational.Set(clara.Membership)})))
	code(t, "beyond-own-rights", second(w.s.AssignContact(ctx, clara, w.ContactAP1, 1, governance.UpdateContactAssignment{Role: operational.Set("dealer_personnel")})))
	code(t, "person-above-you", second(w.s.AssignMember(ctx, clara, w.A.Membership, 1, governance.UpdateMemberAssignment{Role: operational.Set(clerk.Key)})))
	wide := w.role(t, w.A, governance.External, "Wide", on(reads("vendor_net")))
	code(t, "beyond-own-rights", second(w.s.MakeDefault(ctx, clara, wide.Key, wide.Version)))
	_, err := w.s.AssignContact(ctx, clara, w.ContactAP1, 1, governance.UpdateContactAssignment{Role: operational.Set(mine.Key)})
	require.NoError(t, err)
	code(t, "beyond-own-rights", second(w.s.AssignContact(ctx, clara, w.ContactAP1, 2, governance.UpdateContactAssignment{Role: operational.Opt[string]{Given: true}})))
	// To take away is always allowed.
	_, err = w.s.UpdateRole(ctx, clara, "dealer_personnel", 1, on(governance.UpdateRights{Readable: operational.Set([]string{"name", "vendor_net"}), Editable: operational.Set([]string{})}))
	require.NoError(t, err)

	reader := w.member(t, w.A, "analyst")
	for name, err := range map[string]error{
		"list": second(w.s.Roles(ctx, reader, operational.Query{})), "create": second(w.s.CreateRole(ctx, reader, governance.NewRole{Audience: governance.Internal, Name: "x"})),
		"update": second(w.s.UpdateRole(ctx, reader, clerk.Key, 1, on(reads()))), "preview": second(w.s.Preview(ctx, reader, clerk.Key, on(reads()))),
		"delete": w.s.DeleteRole(ctx, reader, clerk.Key, 1), "assign": second(w.s.AssignMember(ctx, reader, reader.Membership, 1, governance.UpdateMemberAssignment{})),
		"scope": second(w.s.AccessScope(ctx, reader)), "fields": second(w.s.CustomFields(ctx, reader, operational.Query{})), "governed": second(w.s.Governed(ctx, reader)),
	} {
		kind(t, operational.KindForbidden, err, name)
	}
}

func second[T any](_ T, err error) error { return err }

// Two changes of one version: one of them is made.
func TestTwoChangesAtOnce(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	r := w.role(t, w.A, governance.External, "Contested", on(reads("name")))
	var wait sync.WaitGroup
	errs := make([]error, 12)
	for i := range errs {
		wait.Go(func() {
			fields := []string{"name", []string{"stage", "region", "tier", "lines"}[i%4]}
			_, errs[i] = w.s.UpdateRole(ctx, w.A, r.Key, r.Version, on(governance.UpdateRights{Readable: operational.Set(fields)}))
		})
	}
	wait.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
			continue
		}
		kind(t, operational.KindStale, err, "the others were made for what is no more")
	}
	require.Equal(t, 1, made)
	now, err := w.s.Role(ctx, w.A, r.Key)
	require.NoError(t, err)
	require.EqualValues(t, r.Version+1, now.Version)
	require.Len(t, now.Objects[operational.ObjectOpportunity].Readable, 2)
}

// A right that would do nothing is given to nobody; a role that has one may keep it, and lose it.
func TestRightsThatDoNothingAreNotGiven(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	for _, try := range []struct {
		audience string
		object   operational.Object
		in       governance.UpdateRights
		field    string
	}{
		{governance.Internal, operational.ObjectOpportunity, governance.UpdateRights{Read: operational.Set(true), Delete: operational.Set(true)}, "objects.opportunity.delete"},
		{governance.Internal, operational.ObjectSalesProcess, governance.UpdateRights{Read: operational.Set(true), Import: operational.Set(true)}, "objects.sales_process.import"},
		{governance.External, operational.ObjectOpportunity, governance.UpdateRights{Read: operational.Set(true), Import: operational.Set(true)}, "objects.opportunity.import"},
		{governance.External, operational.ObjectProduct, governance.UpdateRights{Read: operational.Set(true), Create: operational.Set(true)}, "objects.product.create"},
	} {
		r, err := w.s.CreateRole(ctx, w.A, governance.NewRole{Audience: try.audience, Name: "Role for " + try.field})
		require.NoError(t, err)
		_, err = w.s.UpdateRole(ctx, w.A, r.Key, r.Version, governance.UpdateRole{Objects: map[operational.Object]governance.UpdateRights{try.object: try.in}})
		kind(t, operational.KindInvalid, err, try.field)
		require.ErrorContains(t, err, try.field)
		require.ErrorContains(t, err, "The right would do nothing.")
	}
	r, err := w.s.CreateRole(ctx, w.A, governance.NewRole{Audience: governance.Internal, Name: "Old"})
	require.NoError(t, err)
	w.exec(t, `insert into crm.role_object (org_id, role_key, audience, object, can_read, can_delete, visibility, access) values ($1, $2, 'internal', 'opportunity', true, true, 'company', 'read_write')`, w.A.Org, r.Key)
	r, err = w.s.UpdateRole(ctx, w.A, r.Key, r.Version, governance.UpdateRole{Name: operational.Set("Old still")})
	require.NoError(t, err)
	_, err = w.s.UpdateRole(ctx, w.A, r.Key, r.Version, governance.UpdateRole{Objects: map[operational.Object]governance.UpdateRights{operational.ObjectOpportunity: {Delete: operational.Set(false)}}})
	require.NoError(t, err)
}
