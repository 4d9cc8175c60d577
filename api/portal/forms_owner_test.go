package portal_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// An opportunity goes to somebody else by its page: among the people of the connection, or of the own company.
func TestAnOpportunityIsGivenToSomebodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, path := t.Context(), "/opportunities/"+w.opportunity.ID.String()
	exec := func(sql string, args ...any) {
		t.Helper()
		_, err := w.db.Owner(t).Exec(ctx, sql, args...)
		require.NoError(t, err)
	}
	now := func() opportunities.Opportunity {
		o, err := w.deps.Opportunities.Get(ctx, w.db.WithRights(t, w.leader), w.opportunity.ID)
		require.NoError(t, err)
		return o
	}
	colleague := w.adminOf(t, w.partner)
	exec(`update crm.person set display_name = 'Wanda Nowak' where id = $1`, colleague.Person)
	exec(`update crm.external_contact set display_name = 'Wanda Nowak' where membership_id = $1`, colleague.Membership)
	contact := func(of operational.Actor) (id uuid.UUID) {
		require.NoError(t, w.db.Owner(t).QueryRow(ctx, `select id from crm.external_contact where membership_id = $1 and connection_id = $2`, of.Membership, *w.opportunity.ConnectionID).Scan(&id))
		return id
	}
	other, first := contact(colleague), contact(w.partner)
	v := w.as(t, leaderMail)
	p := v.get(path)
	require.Contains(t, p.options("edit-owner"), "Wanda Nowak")
	require.Equal(t, "Nobody yet", p.options("edit-owner")[0])
	require.Empty(t, p.inputs(path+"/edit", nil).Get("owner"), "nobody has it")
	require.Contains(t, p.sends(path+"/edit", nil).path, "saved=nothing")
	saved := p.sends(path+"/edit", url.Values{"owner": {other.String()}, "reason": {"She knows the port"}})
	require.Contains(t, saved.path, "saved=edit", saved.text())
	require.Equal(t, other, now().Owner.ID)
	require.Contains(t, saved.text(), "Owner Wanda Nowak")
	require.Contains(t, saved.text(), "She knows the port")
	require.Equal(t, other.String(), saved.inputs(path+"/edit", nil).Get("owner"), "who has it is chosen")
	require.NotContains(t, saved.options("edit-owner"), "Nobody yet")

	// Somebody of another company, or who works no more, is nobody to give it to; whoever has it is still named.
	wrong := saved.sends(path+"/edit", url.Values{"owner": {uuid.NewString()}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Contains(t, wrong.text(), "Owner: There is no such person who could own this opportunity.")
	require.Equal(t, other.String(), wrong.inputs(path+"/edit", nil).Get("owner"), "not the first of the list")
	require.Contains(t, saved.sends(path+"/edit", url.Values{"owner": {"Wanda"}}).text(), "Owner: choose a person")
	exec(`update crm.external_contact set status = 'suspended', suspended_by = 'vendor' where id = $1`, other)
	p = v.get(path)
	require.Contains(t, p.options("edit-owner"), "Wanda Nowak")
	require.Contains(t, p.sends(path+"/edit", url.Values{"name": {"Gdynia cranes"}}).path, "saved=edit", "what is not changed is not asked about")
	require.Equal(t, other, now().Owner.ID)

	// Who may read the owner only sees it, and cannot send one; to whom it is hidden there is none.
	field := func(readable, editable string) {
		exec(`update crm.role_object set readable = array_remove(readable, 'owner') || $2::text[], editable = array_remove(editable, 'owner') || $3::text[]
			where org_id = $1 and audience = 'external' and object = 'opportunity'`, w.vendor, readable, editable)
	}
	field("{owner}", "{}")
	partner := w.as(t, partnerMail)
	p = partner.get(path)
	require.False(t, p.inputs(path+"/edit", nil).Has("owner"))
	require.Contains(t, p.text(), "Change Owner Wanda Nowak")
	version := p.inputs(path+"/edit", nil).Get("version")
	require.Equal(t, http.StatusForbidden, partner.post(path+"/edit", url.Values{"version": {version}, "owner": {first.String()}}).status)
	field("{}", "{}")
	p = partner.get(path)
	require.NotContains(t, p.text(), "Wanda Nowak")
	require.Equal(t, http.StatusUnprocessableEntity, partner.post(path+"/edit", url.Values{"version": {version}, "owner": {first.String()}}).status)
	require.Equal(t, http.StatusUnprocessableEntity, partner.post(path+"/edit", url.Values{"version": {version}, "owner_contact_id": {first.String()}}).status)
	field("{owner}", "{owner}")
	require.Contains(t, partner.get(path).sends(path+"/edit", url.Values{"owner": {first.String()}}).path, "saved=edit")
	require.Equal(t, first, now().Owner.ID)

	// The own business goes to members; whoever works with their own records alone has nobody to choose.
	_, err := w.deps.Catalog.CreateProcess(ctx, colleague, catalog.NewProcess{Name: "Own", Default: true, Stages: []catalog.NewStage{{Name: "Begun", Type: catalog.StageActive}, {Name: "Won", Type: catalog.StageWon}, {Name: "Lost", Type: catalog.StageLost}}})
	require.NoError(t, err)
	own, err := w.deps.Opportunities.Create(ctx, w.partner, opportunities.NewOpportunity{Name: "Ours alone"})
	require.NoError(t, err)
	path = "/opportunities/" + own.ID.String()
	p = partner.get(path)
	require.Contains(t, p.sends(path+"/edit", url.Values{"owner": {colleague.Membership.String()}}).path, "saved=edit")
	own, err = w.deps.Opportunities.Get(ctx, w.partner, own.ID)
	require.NoError(t, err)
	require.Equal(t, colleague.Membership, own.Owner.ID)
	partner.get(path).sends(path+"/edit", url.Values{"owner": {w.partner.Membership.String()}})
	exec(`update crm.role_object set visibility = 'private' where org_id = $1 and role_key = 'seller' and object = 'opportunity'`, w.partner.Org)
	require.False(t, partner.get(path).inputs(path+"/edit", nil).Has("owner"))
}
