package portal_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// decide makes decisions of every sort, and gives the connections in the order of their partners' names.
func (w *world) decide(t testing.TB) []interconnect.Connection {
	t.Helper()
	ctx, s := t.Context(), governance.New(w.db.API)
	found, err := w.deps.Interconnect.Connections(ctx, w.leader, operational.Query{Page: operational.Page{Limit: 50}, Sort: []operational.Sort{{Field: "partner_name"}}})
	require.NoError(t, err)
	all := found.Items
	_, err = s.AssignMember(ctx, w.leader, w.analyst.Membership, 1, governance.UpdateMemberAssignment{Role: operational.Set("reviewer"), Regions: operational.Set([]string{"CEE", "UK and Ireland"})})
	require.NoError(t, err)
	boss, err := s.CreateRole(ctx, w.leader, governance.NewRole{Audience: governance.External, Name: "Dealer Boss", CopyOf: "dealer_personnel"})
	require.NoError(t, err)
	role, err := s.Role(ctx, w.leader, "dealer_personnel")
	require.NoError(t, err)
	x := role.Objects[operational.ObjectOpportunity]
	without := func(fields []string) (left []string) {
		for _, f := range fields {
			if f != "vendor_net" {
				left = append(left, f)
			}
		}
		return left
	}
	_, err = s.UpdateRole(ctx, w.leader, role.Key, role.Version, governance.UpdateRole{Objects: map[operational.Object]governance.UpdateRights{
		operational.ObjectOpportunity: {Readable: operational.Set(without(x.Readable)), Editable: operational.Set(without(x.Editable)), Export: operational.Set(false)},
	}})
	require.NoError(t, err)
	_, err = s.AssignConnection(ctx, w.leader, all[1].ID, all[1].Version, governance.UpdateConnectionAssignment{Role: operational.Set(boss.Key), ChannelManagerID: operational.Set(w.analyst.Membership)})
	require.NoError(t, err)
	_, err = s.UpdateAccessScope(ctx, w.leader, 1, governance.UpdateAccessScope{Mode: operational.Set("companies"), ConnectionIDs: operational.Set([]uuid.UUID{all[0].ID, all[1].ID, all[2].ID})})
	require.NoError(t, err)
	_, _, err = w.deps.Identity.CreateKey(ctx, w.leader, identity.NewKey{Name: "Night export", Scopes: []string{"opportunities.read", "audit.read"}})
	require.NoError(t, err)
	return all
}

// What was decided is said in words, with the names of today as far as one may see them.
func TestTheAuditPageSaysWhatWasDecided(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.govern(t)
	all := w.decide(t)
	v := w.as(t, leaderMail)
	said := func(query string, texts ...string) {
		t.Helper()
		page := v.get("/governance/audit?" + query).text()
		for _, text := range texts {
			require.Contains(t, page, text, query)
		}
	}
	said("action=member.assigned", "Mirela Ionescu", "Role: Analyst → Reviewer", "Regions added: CEE, UK and Ireland")
	said("action=role.changed", "Dealer Personnel", "Opportunities, Vendor net amount: edit → hidden", "Opportunities, export: yes → no", "Service Agent")
	said("action=role.created", "Dealer Boss", "Copy of: Dealer Personnel", "Opportunities, read: yes", " more")
	said("action=connection.assigned", all[1].PartnerName, "Role: the default one → Dealer Boss", "Role that holds: Dealer Personnel → Dealer Boss", "Looked after by: none → Mirela Ionescu")
	said("action=access_scope", "Who gets in: everybody → chosen companies", "Companies chosen: ", all[0].PartnerName, "Shut out: ", " and 5 more")
	said("object=api_key", "Night export", "May: Opportunities: read, Read the audit log")
	said("object=layout", "Short form", "Opportunities, Name: not there → required", "Opportunities, Vendor net amount: not there → shown, depending on stage")
	said("object=custom_field", "Asked discount", "Object: Opportunity")
	said("object=record_type", "Renewal")
	said("record=Mirela", "Role: Analyst → Reviewer")
	said("record=Dealer+Boss", "role.created")
	require.Contains(t, v.get(v.get("/governance/audit?action=member.assigned").first("/exports/audit-events")).raw, "role: analyst -> reviewer; region: + cee")

	// Who reads the audit and governs nothing reads decisions without the names of what they do not see.
	_, err := w.db.Owner(t).Exec(t.Context(), `update crm.role set capabilities = '{audit.read}' where org_id = $1 and key = 'reviewer'`, w.vendor)
	require.NoError(t, err)
	auditor := w.as(t, analystMail)
	page := auditor.get("/governance/audit?object=access_scope").text()
	require.Contains(t, page, "Shut out: one of your connections")
	require.NotContains(t, page, all[5].PartnerName)
	page = auditor.get("/governance/audit?object=layout").text()
	require.NotContains(t, page, "Short form")

	// Who is erased is so here too.
	var version int64
	require.NoError(t, w.db.Owner(t).QueryRow(t.Context(), `select version from crm.membership where id = $1`, w.analyst.Membership).Scan(&version))
	require.NoError(t, w.deps.Identity.ErasePerson(t.Context(), w.leader, w.analyst.Membership, version, identity.Erasure{Reason: "requested", Confirm: "Mirela Ionescu"}))
	for _, query := range []string{"action=member.assigned", "action=connection.assigned"} {
		page = v.get("/governance/audit?" + query).text()
		require.NotContains(t, page, "Mirela", query)
		require.Contains(t, page, "Erased person", query)
	}
	require.Contains(t, v.get("/governance/audit?member="+w.leader.Membership.String()+"&action=member.assigned").text(), fmt.Sprintf("Role: %s → %s", "Analyst", "Reviewer"))
}

func TestDecisionsInEveryLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.govern(t)
	w.decide(t)
	w.walk(t, "decisions-", []stop{{"audit", leaderMail, "/governance/audit?member=" + w.leader.Membership.String()}})
}
