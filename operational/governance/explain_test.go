package governance_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
)

func TestExplainNamesTheRule(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	deal := w.deal(t, w.A, w.P1, w.AP1, w.ContactAP1)
	theirs := w.deal(t, w.A, w.P2, w.AP2, w.ContactAP2)
	ask := func(actor operational.Actor, contact, member, record uuid.UUID, act operational.Act, field string) (governance.Explanation, error) {
		return w.s.Explain(ctx, actor, governance.Question{ContactID: contact, MembershipID: member, Object: operational.ObjectOpportunity, RecordID: record, Act: act, Field: field})
	}
	e, err := ask(w.A, w.ContactAP1, uuid.Nil, deal, operational.ActEdit, "stage")
	require.NoError(t, err)
	require.True(t, e.Allowed, "%+v", e)
	require.True(t, e.OwnCompanyUnsaid)
	require.True(t, slices.ContainsFunc(e.Steps, func(s operational.Step) bool { return s.Outcome == operational.OutcomeUnsaid }))
	e, err = ask(w.A, w.ContactAP1, uuid.Nil, theirs, operational.ActRead, "")
	require.NoError(t, err)
	require.Equal(t, operational.RuleDataScope, e.DecidedBy, "another partner's deal")
	e, err = ask(w.A, w.ContactAP1, uuid.Nil, deal, operational.ActRead, "vendor_account_id")
	require.NoError(t, err)
	require.Equal(t, operational.RuleField, e.DecidedBy)
	r := w.role(t, w.A, governance.External, "Narrow", on(reads("name")))
	_, err = w.s.AssignContact(ctx, w.A, w.ContactAP1, 1, governance.UpdateContactAssignment{Role: operational.Set(r.Key)})
	require.NoError(t, err)
	e, err = ask(w.A, w.ContactAP1, uuid.Nil, deal, operational.ActEdit, "")
	require.NoError(t, err)
	require.Equal(t, operational.RuleRole, e.DecidedBy)
	_, err = w.s.UpdateAccessScope(ctx, w.A, 1, governance.UpdateAccessScope{Mode: operational.Set("contacts"), ContactIDs: operational.Set([]uuid.UUID{})})
	require.NoError(t, err)
	e, err = ask(w.A, w.ContactAP1, uuid.Nil, deal, operational.ActRead, "")
	require.NoError(t, err)
	require.Equal(t, operational.RuleAccess, e.DecidedBy)

	analyst := w.member(t, w.A, "analyst")
	e, err = ask(w.A, uuid.Nil, analyst.Membership, deal, operational.ActEdit, "")
	require.NoError(t, err)
	require.Equal(t, operational.RuleRole, e.DecidedBy)
	require.False(t, e.OwnCompanyUnsaid)
	w.exec(t, `update crm.membership set status = 'suspended' where id = $1`, analyst.Membership)
	e, err = ask(w.A, uuid.Nil, analyst.Membership, deal, operational.ActRead, "")
	require.NoError(t, err)
	require.Equal(t, operational.RuleMember, e.DecidedBy)
	e, err = ask(w.WithRights(t, w.P1), uuid.Nil, w.P1.Membership, deal, operational.ActRead, "")
	require.Error(t, err, "out of the scope the partner does not see it any more")
	require.Empty(t, e.Steps)

	var noted int
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select count(*) from crm.audit_event where action = 'explain.asked' and org_id = $1 and record_id = $2`, w.A.Org, deal).Scan(&noted))
	require.Equal(t, 6, noted)
}

// Whoever asks learns of nobody and of nothing that it does not see.
func TestExplainTellsNothingOfOthers(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	deal := w.deal(t, w.A, w.P1, w.AP1, w.ContactAP1)
	ofB := w.deal(t, w.B, w.P1, w.BP1, w.ContactBP1)
	ofP := w.deal(t, operational.Actor{}, w.P1, uuid.Nil, uuid.Nil)
	ask := func(actor operational.Actor, contact, member, record uuid.UUID) error {
		return second(w.s.Explain(ctx, actor, governance.Question{ContactID: contact, MembershipID: member, Object: operational.ObjectOpportunity, RecordID: record, Act: operational.ActRead}))
	}
	nothing := uuid.New()
	for name, err := range map[string]error{
		"another vendor's record": ask(w.A, w.ContactAP1, uuid.Nil, ofB), "the partner's own business": ask(w.A, w.ContactAP1, uuid.Nil, ofP),
		"no record": ask(w.A, w.ContactAP1, uuid.Nil, nothing), "another vendor's contact": ask(w.A, w.ContactBP1, uuid.Nil, deal),
		"no contact": ask(w.A, nothing, uuid.Nil, deal), "a partner's member": ask(w.A, uuid.Nil, w.P1.Membership, deal), "a vendor's member": ask(w.P1, uuid.Nil, w.A.Membership, deal),
	} {
		kind(t, operational.KindNotFound, err, name)
	}
	require.NoError(t, ask(w.P1, uuid.Nil, w.P1.Membership, ofB))
	require.NoError(t, ask(w.P1, uuid.Nil, w.P1.Membership, ofP))
	kind(t, operational.KindForbidden, ask(w.P1, w.ContactAP1, uuid.Nil, deal), "a partner asks about its own people as such")
	kind(t, operational.KindForbidden, ask(w.member(t, w.A, "analyst"), uuid.Nil, w.A.Membership, deal), "no right to govern")
	kind(t, operational.KindInvalid, ask(w.A, w.ContactAP1, w.A.Membership, deal), "two people")
	_, err := w.s.Explain(ctx, w.A, governance.Question{ContactID: w.ContactAP1, Object: operational.ObjectOpportunity, RecordID: deal, Act: operational.ActRead, Field: "x_nothing"})
	kind(t, operational.KindInvalid, err, "no such field")

	// A governor whose own role hides the record does not learn of it.
	blind := governance.UpdateRole{Capabilities: operational.Set([]operational.Permission{operational.ChannelGovern, operational.RolesManage})}
	r := w.role(t, w.A, governance.Internal, "Blind", blind)
	kind(t, operational.KindNotFound, ask(w.member(t, w.A, r.Key), w.ContactAP1, uuid.Nil, deal), "a record that its own role hides")
}

func TestViewAs(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	r := w.role(t, w.A, governance.External, "Narrow", on(reads("name")))
	_, err := w.s.AssignContact(ctx, w.A, w.ContactAP1, 1, governance.UpdateContactAssignment{Role: operational.Set(r.Key)})
	require.NoError(t, err)
	view, err := w.s.ViewAs(ctx, w.A, w.ContactAP1, "")
	require.NoError(t, err)
	require.Equal(t, w.A.Org, view.Org, "behind the vendor's own wall")
	grants := view.Grants(operational.ObjectOpportunity)
	require.Len(t, grants, 1)
	require.Equal(t, w.AP1, grants[0].Connection)
	require.Equal(t, []operational.Act{operational.ActRead}, grants[0].Acts)
	require.True(t, grants[0].Read.Has("name"))
	require.False(t, grants[0].Read.Has("stage"))
	require.Empty(t, view.Grants(operational.ObjectAccount))
	require.False(t, view.Allowed(operational.RolesManage))
	require.False(t, view.Allowed(operational.OpportunitiesWrite))

	wide := w.role(t, w.A, governance.External, "Wide", on(reads("name", "stage")))
	view, err = w.s.ViewAs(ctx, w.A, w.ContactAP1, wide.Key)
	require.NoError(t, err)
	require.True(t, view.Grants(operational.ObjectOpportunity)[0].Read.Has("stage"), "as if they had that role")
	require.Equal(t, w.AP1, view.Grants(operational.ObjectOpportunity)[0].Connection)
	own := w.role(t, w.A, governance.Internal, "Own", on(reads("name")))
	kind(t, operational.KindNotFound, second(w.s.ViewAs(ctx, w.A, w.ContactAP1, own.Key)), "a role of the own people")
	kind(t, operational.KindNotFound, second(w.s.ViewAs(ctx, w.A, w.ContactAP1, "no_such_role")), "no role")
	for name, err := range map[string]error{
		"another vendor's contact": second(w.s.ViewAs(ctx, w.A, w.ContactBP1, "")), "nobody": second(w.s.ViewAs(ctx, w.A, uuid.New(), "")),
	} {
		kind(t, operational.KindNotFound, err, name)
	}
	kind(t, operational.KindForbidden, second(w.s.ViewAs(ctx, w.P1, w.ContactAP1, "")), "partners view as nobody")
}

// To look as somebody else is no way to see more than oneself.
func TestViewAsShowsNoMoreThanOneReads(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	kinds := []uuid.UUID{uuid.New(), uuid.New()}
	for i, id := range kinds {
		w.exec(t, `insert into crm.record_type (id, org_id, object, name, created_at, updated_at) values ($1, $2, 'opportunity', 'Type ' || $3::int, now(), now())`, id, w.A.Org, i)
	}
	change := on(governance.UpdateRights{
		Read: operational.Set(true), Readable: operational.Set([]string{"name", "stage"}), Visibility: operational.Set(operational.VisibilityPrivate), RecordTypes: operational.Set(kinds[:1]),
	})
	change.Capabilities = operational.Set([]operational.Permission{operational.ChannelGovern})
	governor := w.member(t, w.A, w.role(t, w.A, governance.Internal, "Governor", change).Key)
	view, err := w.s.ViewAs(ctx, governor, w.ContactAP1, "")
	require.NoError(t, err)
	require.Empty(t, view.Grants(operational.ObjectOpportunity), "a partner whom another looks after")
	require.Empty(t, view.Grants(operational.ObjectProduct), "an object that the own role hides")
	w.exec(t, `update crm.connection set channel_manager_id = $1 where id = $2`, governor.Membership, w.AP1)
	view, err = w.s.ViewAs(ctx, w.WithRights(t, governor), w.ContactAP1, "")
	require.NoError(t, err)
	grants := view.Grants(operational.ObjectOpportunity)
	require.Len(t, grants, 1)
	require.Equal(t, []string{"name", "stage"}, grants[0].Read.Names)
	require.True(t, grants[0].HasType(&kinds[0]))
	require.False(t, grants[0].HasType(&kinds[1]))
}
